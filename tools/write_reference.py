"""Writes the pages of docs/reference that are generated from the code. A test fails when one is stale."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

REFERENCE = Path(__file__).resolve().parents[1] / "docs" / "reference"

FAMILIES = {
    "API": "reaching a server, and what it takes",
    "ASK": "asking for runs",
    "ATT": "attempts",
    "AUT": "who may do what",
    "CEL": "Celery",
    "CFG": "settings",
    "CLI": "the command line",
    "CSV": "input files",
    "DAT": "data",
    "DB": "the database",
    "DEP": "deployments",
    "DPL": "deployments in pauta.toml",
    "E": "the machine",
    "FRM": "frames",
    "IDM": "requests that are repeated",
    "LCH": "starting processes",
    "MOD": "models",
    "OBJ": "stored objects",
    "PIP": "published pipelines",
    "POL": "work pools, limits, workers",
    "PRM": "parameters",
    "RCP": "pipeline documents",
    "RUN": "runs",
    "SCH": "schedules",
    "SCR": "scripts",
    "SRV": "starting a server",
    "STO": "the store of runs",
    "TRG": "triggers",
    "UPL": "uploads",
}


def problems_page() -> str:
    """Every code with its texts in both languages."""
    from pauta.domain.messages import MESSAGES

    lines = [
        "# Problems",
        "",
        "Every problem has a stable code, a place where there is one, a text and, where it helps, a remedy.",
        "Words in braces are filled in. The texts are English or Portuguese by the language of your terminal.",
        "",
        "<!-- Written by `make docs` from the code. -->",
    ]
    family = ""
    for key in sorted(MESSAGES):
        code, _, variant = key.partition(".")
        if code.partition("-")[0] != family:
            family = code.partition("-")[0]
            lines += ["", f"## {family}: {FAMILIES.get(family, 'other')}"]
        message = MESSAGES[key]
        lines += ["", f"**`{code}`**" + (f" ({variant.replace('_', ' ')})" if variant else ""), ""]
        for flag, text in (("en", message.en), ("pt", message.pt)):
            lines.append(f"- {flag}: {_escape(text.what)}")
            if text.remedy:
                lines.append(f"  → {_escape(text.remedy)}")
    return "\n".join(lines) + "\n"


def _escape(text: str) -> str:
    return text.replace("<", "&lt;").replace("*", "\\*").replace("\n", " ")


def states_page() -> str:
    """The states of runs and stages and their moves, drawn from the engine's tables."""
    from pauta.domain.states import FINAL_RUNS, FINAL_STAGES
    from pauta.engine.transitions import RUN_TRANSITIONS, TRANSITIONS

    lines = [
        "# States",
        "",
        "Drawn from the two tables in `engine/transitions.py`, which are all that decides. An event that comes too",
        "late, or from an attempt that no longer counts, is refused and changes nothing; it is not drawn.",
        "",
        "<!-- Written by `make docs` from the code. -->",
        "",
        "## A stage",
        "",
        "The unit that is queued and leased: a chain of steps in one process.",
        "",
        *_diagram(TRANSITIONS, FINAL_STAGES),
        "",
        "## A run",
        "",
        *_diagram(RUN_TRANSITIONS, FINAL_RUNS),
        "",
        "A final state is never left. Running something again makes a new run that refers to the old one.",
    ]
    return "\n".join(lines) + "\n"


def _diagram(moves: Mapping[tuple[str, type], frozenset[str]], final: frozenset[str]) -> list[str]:
    """A state diagram: one arrow for each pair of states, with the events that lead along it."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for (state, event), reached in moves.items():
        for after in reached:
            arrows.setdefault((str(state), str(after)), []).append(_spaced(event.__name__))
    states = {state for arrow in arrows for state in arrow}
    lines = ["```mermaid", "stateDiagram-v2"]
    lines += [f"    {a} --> {b}: {' / '.join(sorted(events))}" for (a, b), events in sorted(arrows.items())]
    lines += [f"    {state} --> [*]" for state in sorted(map(str, final)) if state in states]
    return [*lines, "```"]


def _spaced(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower()


def document_page() -> str:
    """Every key of a pipeline document, from the table that the checker works by."""
    from pauta.authoring import fields

    lines = [
        "# Pipeline document",
        "",
        "JSON or YAML, the same keys in both. Unknown keys and keys given twice are refused. `pauta schema` prints the",
        "JSON Schema, so that an editor completes and checks while you type.",
        "",
        "<!-- Written by `make docs` from the code. -->",
    ]
    records = (
        ("The document", fields.PIPELINE),
        ("A step", fields.STEP),
        ("`retries` of a step, when it is not just a number", fields.RETRIES),
        ("An input, when it is not just a path", fields.INPUT),
        ("A parameter, when it is not just its default", fields.PARAMETER),
    )
    for title, record in records:
        lines += ["", f"## {title}", "", "| key | value | meaning |", "|---|---|---|"]
        for field in record.fields:
            name = f"`{field.name}`" + (f" or `{field.alias}`" if field.alias else "")
            name += " (required)" if field.required else ""
            lines.append(f"| {name} | {_kind(field.shape)} | {field.description} |")
    return "\n".join(lines) + "\n"


def _kind(shape: Any) -> str:
    """What a value must be, in words."""
    return _KINDS.get(type(shape).__name__, lambda _: "text")(shape)


def _number(shape: Any) -> str:
    limits = [f"from {shape.minimum:g}"] if shape.minimum is not None else []
    limits += [f"to {shape.maximum:,.0f}"] if shape.maximum is not None and shape.maximum <= 1e6 else []
    return " ".join(["whole number" if shape.whole else "number", *limits])


def _list(shape: Any) -> str:
    kind = _kind(shape.item)
    several = {"text": "texts", "any JSON value": "JSON values", "object, see below": "objects, see below"}
    return f"list of {several.get(kind, kind)}"


_KINDS: dict[str, Callable[[Any], str]] = {
    "Name": lambda shape: "path" if shape.is_path else "text",
    "Number": _number,
    "Duration": lambda _: "seconds, or text such as `90s`, `1h30m`, `2d`",
    "Memory": lambda _: "bytes, or text such as `500MB`, `2GiB`",
    "Boolean": lambda _: "`true` or `false`",
    "Choice": lambda shape: ", ".join(f"`{word}`" for word in shape.words),
    "ListOf": _list,
    "MapOf": lambda shape: f"object: name → {_kind(shape.value)}",
    "OneOf": lambda shape: " or ".join(dict.fromkeys(_kind(one) for one in shape.shapes)),
    "Record": lambda _: "object, see below",
    "Anything": lambda _: "any JSON value",
}


def commands_page() -> str:
    """The help of every command."""
    from typer.testing import CliRunner

    from pauta.cli.app import app
    from pauta.cli.help import GROUPS
    from pauta.cli.later import LATER, load

    runner = CliRunner(env={"COLUMNS": "100", "LANG": "C.UTF-8", "NO_COLOR": "1"})
    lines = [
        "# Commands",
        "",
        "What `--help` says. With `--lang pt`, or in a Portuguese terminal, every command speaks Portuguese.",
        "Exit codes: 0 completed, 1 failed, 2 invalid input.",
        "",
        "<!-- Written by `make docs` from the code. -->",
    ]
    for name in ("", *(name for _, names in GROUPS for name in names)):
        below = getattr(load(name), "commands", ()) if name in LATER else ()
        for words in ([name] if name else [], *([name, command] for command in below)):
            text = runner.invoke(app, [*words, "--help"], prog_name="pauta").stdout.rstrip()
            # What every command takes is told once.
            text = _EVERYWHERE.sub("", text) if words else text
            lines += ["", " ".join(["##" if len(words) < 2 else "###", "pauta", *words]), "", "```text", text, "```"]
    return "\n".join(lines) + "\n"


_EVERYWHERE = re.compile(r"\n\nWith every command\n(?: .*\n?)*(?<!\n)")


PAGES: dict[str, Callable[[], str]] = {
    "commands.md": commands_page,
    "pipeline-document.md": document_page,
    "problems.md": problems_page,
    "states.md": states_page,
}


def main() -> int:
    """Write all pages; tell which changed."""
    for page, make in PAGES.items():
        path, text = REFERENCE / page, make()
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            sys.stdout.write(f"written: docs/reference/{page}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
