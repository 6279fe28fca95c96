"""Arguments and options that several commands take."""

from __future__ import annotations

from typing import Annotated

import typer

Document = Annotated[str | None, typer.Argument(metavar="DOCUMENT", help="arg.document", show_default=False)]
Scripts = Annotated[str | None, typer.Option("--scripts", metavar="DIR", help="opt.scripts")]
Inputs = Annotated[list[str] | None, typer.Option("--input", metavar="name=file", help="opt.input")]
Parameters = Annotated[list[str] | None, typer.Option("--param", "-p", metavar="name=value", help="opt.param")]
Only = Annotated[str | None, typer.Option("--only", metavar="PART", help="opt.only")]
NoCache = Annotated[bool, typer.Option("--no-cache", help="opt.no_cache")]
Slots = Annotated[int | None, typer.Option("--slots", metavar="N", help="opt.slots")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="opt.quiet")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="opt.verbose")]
Run = Annotated[str, typer.Argument(metavar="RUN", help="arg.run", show_default=False)]
