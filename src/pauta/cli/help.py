"""Help texts: drawn plainly and fast, in the caller's language."""

from __future__ import annotations

import os
import shutil
import textwrap
from typing import Any

from typer.core import TyperCommand, TyperGroup

from pauta.cli.coercion import read_plainly
from pauta.cli.later import LATER, load
from pauta.cli.session import session_of
from pauta.cli.unknown import unknown_command
from pauta.cli.words import Words

GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("help.group.begin", ("init", "check", "plan", "run", "submit")),
    ("help.group.look", ("runs", "show", "logs", "frames", "frame", "diff", "wait", "status")),
    ("help.group.people", ("waiting", "answer", "approve", "reject")),
    ("help.group.again", ("rerun", "replay", "cancel")),
    ("help.group.itself", ("pipeline", "script", "deployment", "deploy", "schedule", "trigger")),
    ("help.group.where", ("server", "worker", "work-pool", "limit")),
    ("help.group.house", ("token", "audit", "config", "db", "store", "gc", "retention", "schema")),
)

EXAMPLES: dict[str, tuple[str, ...]] = {
    "pauta": ("pauta init demo", "pauta run --project demo", "pauta --lang pt run --help"),
    "init": ("pauta init", "pauta init demo"),
    "check": ("pauta check pipeline.json --scripts scripts",),
    "plan": ("pauta plan", "pauta plan pipeline.json --param alpha=0.2"),
    "run": (
        "pauta run",
        "pauta run pipeline.json --input df_falhas=falhas.csv --param alpha=0.2",
        "pauta run pipeline.json --only training --json",
        "pauta run --resume latest",
    ),
    "runs": ("pauta runs --limit 5", "pauta runs --state failed"),
    "logs": ("pauta logs latest --step treina_modelo",),
    "frame": ("pauta frame latest df_merged --rows 5", "pauta frame latest df_merged --to df_merged.csv"),
    "rerun": ("pauta rerun latest --from treina_modelo",),
    "replay": ("pauta replay latest treina_modelo --pdb",),
    "store.check": ("pauta store check", "pauta store check --url s3://bucket/pauta"),
    "store.migrate": ("pauta store migrate --to s3://bucket/pauta",),
    "gc": ("pauta gc --dry-run", "pauta gc --keep-runs 20 --yes"),
    "waiting": ("pauta waiting", "pauta waiting latest"),
    "answer": (
        "pauta answer latest",
        """pauta answer latest '{"limit": 12, "mode": "fast"}'""",
        "pauta answer latest settings --value-file settings.json",
    ),
    "approve": ('pauta approve latest --comment "checked by hand"',),
    "reject": ('pauta reject latest --comment "two titles are the same"',),
    "submit": (
        "pauta submit principal -p alpha=0.2",
        "pauta submit --deployment nightly --key 2027-01-31",
        "pauta wait $(pauta submit principal)",
    ),
    "wait": ("pauta wait latest --timeout 10m",),
    "server": ("pauta server", "pauta server --port 7400 --no-worker"),
    "worker.start": (
        "pauta worker start --pool gpu --server https://pauta.example",
        "pauta worker start -p my-pool --type process",
    ),
    "work-pool.create": (
        "pauta work-pool create --type process my-pool",
        "pauta work-pool create --type celery gpu --queue training_queue",
    ),
    "limit.set": ("pauta limit set oracle 2", "pauta limit set api 5 --per 1s"),
    "pipeline.publish": ('pauta pipeline publish pipeline.json --note "more epochs"',),
    "pipeline.scripts": ("pauta pipeline scripts principal --script treina_modelo.py",),
    "deployment.create": (
        "pauta deployment create nightly --pipeline principal -p alpha=0.2 --pool gpu",
        "pauta deployment create weekly --pipeline principal --limit 1",
    ),
    "deployment.run": ("pauta deployment run nightly -p alpha=0.2 --watch",),
    "deployment.check": ("pauta deployment check nightly",),
    "deploy": ("pauta deploy --dry-run", "pauta deploy nightly"),
    "schedule.create": (
        'pauta schedule create nightly early --cron "0 6 * * 1-5" --zone Europe/Lisbon',
        "pauta schedule create nightly often --every 15m --jitter 1m",
    ),
    "schedule.preview": ('pauta schedule preview --cron "30 1 * * *" --zone Europe/Lisbon --count 5',),
    "trigger.create": (
        'pauta trigger create nightly new --folder incoming --pattern "*.csv"',
        "pauta trigger create report then --after nightly",
    ),
    "token.create": (
        "pauta token create ana --role operator --expires 90d",
        "pauta token create gpu-1 --role worker --pool gpu",
    ),
    "audit": ("pauta audit --verify",),
}


OTHER_NAMES = {
    "ls": "list",
    "inspect": "show",
    "delete": "remove",
    "set-concurrency-limit": "set-limit",
    "pool": "work-pool",
}
"""Words under which commands are known elsewhere: they are understood, help shows ours."""


class PautaCommand(TyperCommand):
    """A command whose help is in the caller's language."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        read_plainly(self.params)

    def get_help_option(self, ctx: Any) -> Any:
        """The option that asks for the help."""
        return _read_plainly(super().get_help_option(ctx))

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Draw the help of one command."""
        words = session_of(ctx).words
        shown = [p for p in self.params if not getattr(p, "hidden", False)]
        arguments = [p for p in shown if p.param_type_name == "argument"]
        options = [p for p in shown if p.param_type_name == "option"]
        usage = " ".join([ctx.command_path, *(_argument(p, words) for p in arguments), f"[{words('meta.OPTIONS')}]"])
        name = path_of(ctx)
        page = [f"{_bold(words('help.usage'))}: {usage}", "", *_paragraph(words(f"cmd.{name}"))]
        if words.has(f"cmd.{name}.more"):
            page += ["", *_paragraph(words(f"cmd.{name}.more"))]
        page += _section(words("help.arguments"), [(meta(p, words), _about(p, words)) for p in arguments])
        page += _section(words("help.options"), [(_option(p, words), _about(p, words)) for p in options])
        page += _everywhere(words) + _examples(name, words)
        formatter.write("\n".join(page) + "\n")


class HelpfulGroup(TyperGroup):
    """The whole program's help: commands by what they are for."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        read_plainly(self.params)

    def get_help_option(self, ctx: Any) -> Any:
        """The option that asks for the help."""
        return _read_plainly(super().get_help_option(ctx))

    def knows(self, name: str) -> bool:
        """Whether there is such a command, loaded or not."""
        return name in self.commands or name in LATER

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a name; one that is loaded later is loaded now."""
        if cmd_name not in self.commands and cmd_name in LATER:
            self.commands[cmd_name] = load(cmd_name)
        return super().get_command(ctx, cmd_name)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Draw the help of the program."""
        words = session_of(ctx).words
        usage = f"{ctx.command_path} {words('meta.COMMAND')} [{words('meta.OPTIONS')}]"
        page = [f"{_bold(words('help.usage'))}: {usage}", "", *_paragraph(words("cmd.pauta"))]
        for title, names in GROUPS:
            page += _section(words(title), [(n, words(f"cmd.{n}")) for n in names if self.knows(n)])
        page += _section(words("help.options"), [("--version", words("help.opt.version"))])
        page += _everywhere(words) + _examples("pauta", words)
        formatter.write("\n".join(page) + "\n")


class NounGroup(TyperGroup):
    """The commands about one thing: ``pauta schedule list``. Without a further word it shows its help."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words after the noun."""
        return super().parse_args(ctx, args or ["--help"])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that a word names."""
        if args and args[0] not in self.commands and OTHER_NAMES.get(args[0]) in self.commands:
            args = [OTHER_NAMES[args[0]], *args[1:]]
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            known = [f"{self.name} {name}" for name in self.commands]
            raise unknown_command(f"{self.name} {args[0]}", known)
        return super().resolve_command(ctx, args)

    def get_help_option(self, ctx: Any) -> Any:
        """The option that asks for the help."""
        return _read_plainly(super().get_help_option(ctx))

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Draw the help of the noun."""
        words = session_of(ctx).words
        name = path_of(ctx)
        usage = f"{ctx.command_path} {words('meta.COMMAND')} [{words('meta.OPTIONS')}]"
        page = [f"{_bold(words('help.usage'))}: {usage}", "", *_paragraph(words(f"cmd.{name}"))]
        if words.has(f"cmd.{name}.more"):
            page += ["", *_paragraph(words(f"cmd.{name}.more"))]
        page += _section(words("help.commands"), [(n, words(f"cmd.{name}.{n}")) for n in self.commands])
        page += _everywhere(words) + _examples(name, words)
        formatter.write("\n".join(page) + "\n")


def path_of(ctx: Any) -> str:
    """The words of a command after ``pauta``, with dots between: ``schedule.list``."""
    return ".".join(ctx.command_path.split()[1:])


def meta(parameter: Any, words: Words) -> str:
    """The placeholder of a parameter's value, in the caller's language."""
    name = parameter.metavar or str(parameter.name).upper()
    return words(f"meta.{name}") if words.has(f"meta.{name}") else name


def _read_plainly(option: Any) -> Any:
    if option is not None:
        read_plainly([option])
    return option


def _argument(parameter: Any, words: Words) -> str:
    return meta(parameter, words) if parameter.required else f"[{meta(parameter, words)}]"


def _option(parameter: Any, words: Words) -> str:
    names = ", ".join(parameter.opts)
    return names if parameter.is_flag else f"{names} {meta(parameter, words)}"


def _about(parameter: Any, words: Words) -> str:
    parts = [words(parameter.help)] if parameter.help else []
    if parameter.param_type_name == "option":
        if getattr(parameter, "multiple", False):
            parts.append(words("help.repeat"))
        elif parameter.required:
            parts.append(words("help.required"))
        elif isinstance(parameter.default, (int, str)) and not isinstance(parameter.default, bool):
            parts.append(words("help.default", value=parameter.default))
    return " ".join(parts)


def _everywhere(words: Words) -> list[str]:
    rows = [
        ("--json", words("help.opt.json")),
        (f"--lang {words('meta.LANG')}", words("help.opt.lang")),
        (f"--project {words('meta.DIR')}", words("help.opt.project")),
        ("--help", words("help.opt.help")),
    ]
    return _section(words("help.everywhere"), rows)


def _examples(name: str, words: Words) -> list[str]:
    lines = EXAMPLES.get(name, ())
    return ["", _bold(words("help.examples")), *(f"  {line}" for line in lines)] if lines else []


def _width() -> int:
    return max(50, min(100, shutil.get_terminal_size((80, 24)).columns))


def _paragraph(text: str) -> list[str]:
    return textwrap.wrap(text, _width())


def _section(title: str, rows: list[tuple[str, str]]) -> list[str]:
    if not rows:
        return []
    lines = ["", _bold(title)]
    column = min(26, max(len(name) for name, _ in rows) + 4)
    for name, about in rows:
        wrapped = textwrap.wrap(about, _width() - column) or [""]
        head = f"  {name}"
        if len(head) + 2 > column:
            lines += [head, " " * column + wrapped[0]]
        else:
            lines.append(head.ljust(column) + wrapped[0])
        lines += [" " * column + line for line in wrapped[1:]]
    return [line.rstrip() for line in lines]


def _bold(text: str) -> str:
    return text if os.environ.get("NO_COLOR") else f"\x1b[1m{text}\x1b[0m"
