"""``pauta token``: credentials of people, programs and workers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, TextIO

import typer

from pauta.cli.listing import Column, Row, done, local_time, show_list, when
from pauta.cli.served import command, noun, served
from pauta.cli.session import session_of
from pauta.domain.access import Role
from pauta.domain.problems import InvalidInput, Problem, shorten

app = noun()

Name = Annotated[str, typer.Argument(metavar="NAME", help="arg.token_name", show_default=False)]
Id = Annotated[str, typer.Argument(metavar="ID", help="arg.token", show_default=False)]
RoleOption = Annotated[str, typer.Option("--role", metavar="ROLE", help="opt.role")]
LinkRole = Annotated[str, typer.Option("--role", metavar="ROLE", help="opt.role")]
Pools = Annotated[list[str] | None, typer.Option("--pool", metavar="NAME", help="opt.token_pool")]
Pipelines = Annotated[list[str] | None, typer.Option("--pipeline", metavar="NAME", help="opt.token_pipeline")]
All = Annotated[bool, typer.Option("--all", help="opt.all_tokens")]
To = Annotated[str | None, typer.Option("--to", metavar="FILE", help="opt.token_to")]
Expires = Annotated[str | None, typer.Option("--expires", metavar="TIME", help="opt.expires")]

COLUMNS = (
    Column("head.name", "name"),
    Column("head.role", "role", keep=True),
    Column("head.kind", lambda row, _: row.get("kind") if row.get("kind") != "token" else None),
    Column("head.scope", lambda row, _: [*(row.get("pools") or ()), *(row.get("pipelines") or ())]),
    Column("head.expires", when("expires_at", digits=10)),
    Column("head.used", when("last_used_at", digits=10)),
    Column("head.state", lambda row, session: session.words("token.revoked") if row.get("revoked_at") else ""),
    Column("head.id", "id", keep=True),
)


@command(app, "create")
def create(
    context: typer.Context,
    name: Name,
    role: RoleOption,
    pools: Pools = None,
    pipelines: Pipelines = None,
    expires: Expires = None,
    to: To = None,
) -> int:
    """Make a token; its text is shown once."""
    session = session_of(context)
    _check_role(role)
    body = {"name": name, "role": role, "pools": list(pools or ()), "pipelines": list(pipelines or ())}
    if expires is not None:
        body["expires_at"] = end_of(expires, option="--expires")
    with served(context) as remote, _new_file(to) as file:
        made = remote.client.house.create_token({k: v for k, v in body.items() if v})
        if file is not None:
            file.write(made.pop("text") + "\n")
    if session.as_json:
        session.answer(made)
        return 0
    if to is not None:
        session.say(session.words("token.written", name=name, role=role, file=to))
        return 0
    session.say(session.words("token.made", name=name, role=role))
    session.say()
    session.say(f"  {made['text']}")
    session.say()
    session.say(session.words("token.once"), "dim")
    if body.get("expires_at"):
        session.say(session.words("token.ends", time=local_time(body["expires_at"])), "dim")
    return 0


@contextmanager
def _new_file(path: str | None) -> Iterator[TextIO | None]:
    """A new file that only its owner can read; it goes again when the block fails.

    Raises:
        InvalidInput: CLI-009 when it exists, CLI-005 when its folder does not.
    """
    if path is None:
        yield None
        return
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise InvalidInput(Problem("CLI-009", {"file": shorten(path)}, variant="secret")) from None
    except OSError:
        raise InvalidInput(Problem("CLI-005", {"file": shorten(Path(path).parent)}, variant="folder")) from None
    try:
        with os.fdopen(descriptor, "w") as file:
            yield file
    except BaseException:
        os.unlink(path)
        raise


@command(app, "link")
def link(context: typer.Context, role: LinkRole = "admin") -> int:
    """Make a link that signs a browser in, once."""
    session = session_of(context)
    _check_role(role)
    with served(context) as remote:
        made = remote.client.house.create_token({"name": "link", "role": role, "kind": "link"})
        address = f"{remote.client.url}{made['text']}"
    if session.as_json:
        session.answer({**made, "url": address})
        return 0
    # The address alone, so that a shell can take it.
    typer.echo(address)
    session.aside(session.words("token.link"))
    return 0


def _check_role(role: str) -> None:
    roles = [str(known) for known in Role]
    if role not in roles:
        values = {"name": "--role", "found": f'"{shorten(role)}"', "expected": ", ".join(roles)}
        raise InvalidInput(Problem("CLI-001", values, variant="value"))


@command(app, "list")
def list_(context: typer.Context, everything: All = False) -> int:
    """List tokens that are worth something, or all."""
    from pauta.assembly.reaching import now

    session = session_of(context)
    with served(context) as remote:
        found = remote.client.house.tokens()
    at = now()
    shown = found if everything or session.as_json else [row for row in found if _counts(row, at)]
    show_list(shown, COLUMNS, session, none="token.none")
    return 0


def _counts(row: Row, now: datetime) -> bool:
    ends = row.get("expires_at")
    return not row.get("revoked_at") and (ends is None or datetime.fromisoformat(ends) > now)


@command(app, "revoke")
def revoke(context: typer.Context, token: Id) -> int:
    """Make a token worthless."""
    with served(context) as remote:
        remote.client.house.revoke_token(token)
    return done(session_of(context), {"revoked": token}, "token.is_revoked", token=token)


def end_of(text: str, *, option: str) -> str:
    """A point in time as ISO text: one that is given, or so long from now (``30d``, ``12h``).

    Raises:
        InvalidInput: CLI-001 when it is neither.
    """
    from pauta.assembly.reaching import now
    from pauta.domain.quantities import duration_of

    length = duration_of(text)
    if length is not None and length > timedelta(0):
        return (now() + length).isoformat()
    try:
        return datetime.fromisoformat(text).astimezone().isoformat()
    except ValueError:
        values = {"name": option, "found": f'"{shorten(text)}"', "expected": "30d, 12h, 2027-01-31, 2027-01-31T12:00"}
        raise InvalidInput(Problem("CLI-001", values, variant="value")) from None
