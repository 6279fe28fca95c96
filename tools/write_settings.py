"""Writes docs/reference/settings.md from the settings' declarations. A test fails when it is stale."""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "settings.md"


def settings_page() -> str:
    """Every setting with its meaning, form, default and variable."""
    from pauta.assembly.settings_environment import SHORT, variable_of
    from pauta.assembly.settings_names import TABLES, setting
    from pauta.domain.settings import Settings

    lines = [
        "# Settings",
        "",
        "A setting comes from an option of a command, else from an environment variable, else from `pauta.toml` in",
        "the project's folder, else it has its default. `pauta config` shows every setting with its value and where",
        "it comes from. [How to configure](../how-to/configure.md) has examples.",
        "",
        "<!-- Written by `make docs` from the code. -->",
        "",
        "An unknown setting or a misspelt `PAUTA_` variable stops the start, with the nearest name. In a variable a",
        'list has commas between its members, and `none` lifts the bound of a number; in the file that is `"none"`.',
        "A secret is never shown; it may be written `env:NAME` or `file:PATH`.",
    ]
    top = [name for name in Settings.__struct_fields__ if name not in TABLES]
    sections: list[tuple[str, Any, list[str]]] = [("", Settings, top)]
    sections += [(table, struct, list(struct.__struct_fields__)) for table, struct in TABLES.items()]
    for table, struct, names in sections:
        about = described(struct)
        lines += ["", f"## `[{table}]`" if table else "## At the top"]
        if table:
            lines += ["", first_words(struct)]
        lines += ["", "| setting | form | default | meaning |", "|---|---|---|---|"]
        for name in names:
            declared = setting(f"{table}.{name}" if table else name)
            lines.append(f"| `{name}` | {form(declared)} | {default(declared.default)} | {linked(about[name])} |")
        lines += ["", f"In the environment: `{variable_of(f'{table}.…' if table else names[0])}`."]
    lines += ["", "## Shorter variables", "", "| variable | setting |", "|---|---|"]
    lines += [f"| `{variable}` | `{name}` |" for variable, name in SHORT.items()]
    return "\n".join(lines) + "\n"


def described(struct: type) -> dict[str, str]:
    """What the struct's text says of each of its settings."""
    _, _, listed = inspect.cleandoc(struct.__doc__ or "").partition("Attributes:\n")
    found: dict[str, str] = {}
    name = ""
    for line in listed.splitlines():
        if begun := re.match(r" {4}(\w+): (.*)", line):
            name, found[begun[1]] = begun[1], begun[2]
        elif name and line.strip():
            found[name] += " " + line.strip()
    return found


def first_words(struct: type) -> str:
    """The first paragraph of the struct's text."""
    return linked(" ".join(inspect.cleandoc(struct.__doc__ or "").split("\n\n")[0].split()))


def linked(text: str) -> str:
    """Names of other settings as code, in one kind of quotes."""
    return re.sub(r"`{1,2}([^`]+)`{1,2}", r"`\1`", text)


def form(declared: Any) -> str:
    """What a value must be, in words."""
    if declared.choices:
        return " or ".join(f"`{word}`" for word in declared.choices)
    words = {bool: "`true` or `false`", int: "whole number", float: "number", tuple: "list of texts"}
    text = words.get(declared.base, "secret" if declared.is_secret else "text")
    bounds = declared.bounds
    if bounds is None:
        return text
    if bounds.gt is not None:
        text += f" above {bounds.gt}"
    elif bounds.ge:
        text += f" from {bounds.ge}"
    return text + (f" up to {bounds.le}" if bounds.le is not None else "")


def default(value: Any) -> str:
    """A default as it would stand in the file."""
    if value is None or value == ():
        return ""
    if isinstance(value, bool):
        return "`true`" if value else "`false`"
    if isinstance(value, tuple):
        return "`[" + ", ".join(f'"{part}"' for part in value) + "]`"
    if isinstance(value, str):
        return f'`"{value}"`'
    return f"`{value:_}`" if isinstance(value, int) and value >= 100_000 else f"`{value:g}`"


def main() -> int:
    """Write the page; tell whether it changed."""
    text = settings_page()
    if not PAGE.exists() or PAGE.read_text() != text:
        PAGE.write_text(text)
        sys.stdout.write("written: docs/reference/settings.md\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
