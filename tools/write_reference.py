"""Writes the pages of docs/reference that are generated from the code. A test fails when one is stale."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterable, Mapping
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
    "FLW": "flows and tasks",
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


def flows_page() -> str:
    """What flows and tasks can be told, and the names that go with them, from their docstrings."""
    import pauta
    from pauta.flows import future, given, options

    lines = [
        "# Flows and tasks",
        "",
        "Every option and every name that `pauta` offers for flows. [Your first flow](../tutorial/first-flow.md) shows",
        "how they go together.",
        "",
        "<!-- Written by `make docs` from the code. -->",
    ]
    of_tasks, of_flows = _section(options.TaskOptions, "Attributes"), _section(options.FlowOptions, "Attributes")
    both = [name for name in options.FlowOptions._fields if name in options.TaskOptions._fields]
    said = {**of_tasks, **of_flows}
    for title, names in (
        ("Options of a flow and of a task", both),
        ("Options of a task alone", [name for name in options.TaskOptions._fields if name not in both]),
        ("Options of a flow alone", [name for name in options.FlowOptions._fields if name not in both]),
    ):
        lines += ["", f"## {title}", "", "| option | meaning |", "|---|---|"]
        lines += [f"| `{name}` | {_cell(said[name])} |" for name in names]
    spelt = ", ".join(f"`{alias}` for `{name}`" for alias, name in options.ALIASES.items())
    lines += ["", f"Other spellings: {spelt}. Durations are seconds or a `timedelta`.", "", "## Tasks"]
    lines += _methods(pauta.Task, ("__call__", "submit", "map", "with_options"))
    lines += ["", "## Futures"]
    lines += _methods(future.Future, ("result", "state", "wait", "done"))
    lines += ["", "## Flows"]
    lines += _methods(pauta.Flow, ("__call__", "with_options", "from_source", "deploy", "serve"))
    lines += ["", "What `deploy` and `serve` take besides the name:", "", "| option | meaning |", "|---|---|"]
    lines += [f"| `{name}` | {_cell(text)} |" for name, text in _section(given.DeployGiven, "Attributes").items()]
    functions = [name for name in pauta.__all__ if name.islower() and not name.startswith("_")]
    lines += ["", "## Functions"]
    for name in functions:
        if name not in ("flow", "task"):
            lines += _described(f"### `{name}{_signature(getattr(pauta, name))}`", getattr(pauta, name))
    states = [name for name in pauta.__all__ if name in _STATES]
    lines += ["", "## States", "", "| state | meaning |", "|---|---|"]
    lines += [f"| `{name}(message, data)` | {_first_line(getattr(pauta, name))} |" for name in states]
    lines += _methods(pauta.State, [name for name in vars(pauta.State) if name.startswith("is_") or name == "result"])
    return "\n".join(lines).replace("``", "`") + "\n"


_STATES = ("Cancelled", "Completed", "Crashed", "Failed", "Paused", "Pending", "Running", "Scheduled")


def _methods(owner: type, names: Iterable[str]) -> list[str]:
    lines: list[str] = []
    for name in names:
        method = vars(owner)[name]
        inner = getattr(method, "__func__", method)
        signature = "" if isinstance(method, property) else _signature(inner)
        shown = "(…)" if name == "__call__" else f".{name}{signature}"
        lines += _described(f"### `{owner.__name__.lower()}{shown}`", inner)
    return lines


def _signature(function: Any) -> str:
    """The parameters of a function, without annotations, which say more to a checker than to a reader."""
    shown = []
    star = False
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name in ("self", "cls"):
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not star:
            shown.append("*")
            star = True
        star = star or parameter.kind is parameter.VAR_POSITIONAL
        mark = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        default = "" if parameter.default is parameter.empty else f"={parameter.default!r}"
        shown.append(f"{mark}{parameter.name}{default}")
    return f"({', '.join(shown)})"


def _described(title: str, thing: Any) -> list[str]:
    """A heading, what the docstring says first, its arguments and what it raises."""
    summary = inspect.cleandoc(thing.__doc__).partition("\n\n")
    rest = re.split(r"\n\n?(?=(?:Args|Raises|Attributes|Returns):\n)", summary[2], maxsplit=1)[0].strip()
    is_prose = bool(rest) and not re.match(r"(Args|Raises|Attributes|Returns):", rest)
    lines = ["", title, "", " ".join(summary[0].split())]
    lines += ["", rest] if is_prose else []
    arguments = {**_section(thing, "Args"), **_section(thing, "Attributes")}
    lines += ["", *(f"- `{name}`: {text}" for name, text in arguments.items())] if arguments else []
    raised = _section(thing, "Raises")
    lines += ["", *(f"- raises `{name}`: {text}" for name, text in raised.items())] if raised else []
    return lines


def _section(thing: Any, name: str) -> dict[str, str]:
    """The entries of a section of a docstring, each with its text on one line."""
    found = re.search(rf"^{name}:\n((?:[ ]{{4}}.*\n?|\n)*)", inspect.cleandoc(thing.__doc__), re.MULTILINE)
    entries: dict[str, str] = {}
    for entry in re.split(r"^    (?=\S)", found[1] if found else "", flags=re.MULTILINE):
        names, colon, text = entry.partition(":")
        if colon:
            entries.update({one.strip(): " ".join(text.split()) for one in names.split(",")})
    return entries


def _first_line(thing: Any) -> str:
    return " ".join(inspect.cleandoc(thing.__doc__).partition("\n\n")[0].split())


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


PAGES: dict[str, Callable[[], str]] = {
    "commands.md": commands_page,
    "flows.md": flows_page,
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
