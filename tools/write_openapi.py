"""Writes the description of the API, from which clients are generated, and the page that lists its routes.

``--check`` writes nothing and fails when they are stale.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pauta import __version__
from pauta.server.openapi import describe
from pauta.server.routes.all import all_routes
from pauta.server.routing import GuardedRoute

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"
_HEAD = """# The API

Everything a server can be asked to do. Paths start at the server's address; `openapi.json` beside this page is
the whole description, with every schema, and a running server gives its own at `/api/v1/openapi.json`.

A request carries `Authorization: Bearer TOKEN`. The *permission* says which roles may use a route:
`read` all but workers, `operate` operators and up, `edit` editors, `approve` approvers, `admin` admins, `work`
workers alone; with `signed` the body's signature is the credential.

Errors are `{"problems": [...], "request": id}`, each problem with `code`, `message`, `remedy` and its place, in the
language of `Accept-Language` (`en` or `pt`).

"""
"""What the page says before its tables."""


def pages() -> dict[str, str]:
    """The generated files by name."""
    routes = [GuardedRoute(route, guard=_nobody) for subject in all_routes() for route in subject.routes]
    document = describe(routes, version=__version__)
    return {"openapi.json": json.dumps(document, indent=1, ensure_ascii=False) + "\n", "api.md": page(document)}


def _nobody(*_: object) -> None:
    """These routes are only described."""


def page(document: Mapping[str, Any]) -> str:
    """All routes in tables, one for each subject."""
    subjects: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            line = f"| `{method.upper()} {path}` | {operation['x-permission']} | {operation['summary']} |"
            subjects.setdefault(operation["tags"][0], []).append(line)
    parts = [
        f"## {subject.capitalize()}\n\n| route | permission | |\n|---|---|---|\n" + "\n".join(lines) + "\n"
        for subject, lines in sorted(subjects.items())
    ]
    return _HEAD + "\n".join(parts)


def main() -> int:
    """Write or check the files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    stale = [name for name, text in pages().items() if _read(name) != text]
    for name in stale:
        if check:
            sys.stderr.write(f"docs/reference/{name} is stale: python tools/write_openapi.py\n")
        else:
            (REFERENCE / name).write_text(pages()[name], encoding="utf-8")
    return 1 if stale and check else 0


def _read(name: str) -> str:
    path = REFERENCE / name
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
