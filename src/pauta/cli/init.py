"""``pauta init``: a small project that runs at once, in the caller's language."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pauta.cli.scaffold_data import failures_csv, measurements_csv
from pauta.cli.session import Session, session_of
from pauta.domain.problems import InvalidInput, Problem, shorten

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

Folder = Annotated[str, typer.Argument(metavar="FOLDER", help="arg.folder", show_default=False)]


def init(context: typer.Context, folder: Folder = ".") -> int:
    """Make a project."""
    session = session_of(context)
    target = Path(folder).expanduser()
    files = scaffold(session.language)
    existing = [name for name in files if (target / name).exists()]
    if existing:
        raise InvalidInput([Problem("CLI-007", {"file": shorten(target / name)}) for name in existing])
    if target.exists() and not target.is_dir():
        raise InvalidInput(Problem("CLI-007", {"file": shorten(target)}))
    for name, text in files.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    if session.as_json:
        session.answer({"folder": str(target.resolve()), "files": list(files)})
    else:
        _tell(target, list(files), session)
    return 0


def scaffold(language: str) -> dict[str, str]:
    """The files of a new project: path → text."""
    from importlib import resources

    root = resources.files("pauta.cli").joinpath("scaffold", language)
    files = {"pauta.toml": _read(root.joinpath("pauta.toml.txt"))}
    files["pipeline.json"] = _read(root.joinpath("pipeline.json.txt"))
    scripts = sorted(root.joinpath("scripts").iterdir(), key=lambda entry: entry.name)
    files |= {f"scripts/{entry.name.removesuffix('.txt')}": _read(entry) for entry in scripts}
    if language == "pt":
        files["dados/resultados.csv"] = measurements_csv(language)
        files["dados/falhas.csv"] = failures_csv(language)
    else:
        files["data/measurements.csv"] = measurements_csv(language)
        files["data/failures.csv"] = failures_csv(language)
    files[".gitignore"] = _read(root.joinpath("gitignore.txt"))
    return files


def _read(entry: Traversable) -> str:
    return entry.read_text(encoding="utf-8")


def _tell(target: Path, names: list[str], session: Session) -> None:
    import shlex

    words = session.words
    session.say(words("init.done", folder=target.resolve()))
    for name in names:
        session.say(f"  {name}", "dim")
    project = "" if target.resolve() == Path.cwd() else f" --project {shlex.quote(str(target))}"
    session.say()
    session.say(words("next.title"), "bold")
    for command, about in (("plan", "next.plan"), ("run", "next.run")):
        session.say(f"  {f'pauta {command}{project}':<34}{words(about)}")
