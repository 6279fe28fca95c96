"""Plays the walk of a README in a fresh folder, and can write what was printed into the page anew.

    python tests/examples/readme_walk.py        # both READMEs, after the output of a command has changed

Blocks marked ``file=PATH`` are written, of blocks marked ``walk`` each line that begins with ``$`` is executed, in the
page's order. The mark ``edit=FILE:OLD:NEW`` changes a file before that. A command of a block marked ``stays`` goes on
running until the page ends. The lines under a command are its whole output, except where a line ``...`` stands for any
lines.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = {"README.md": "en", "README.pt-BR.md": "pt"}
FENCE = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RUN_ID = re.compile(r"\b1[0-9a-hjkmnp-tv-z]{15}\b")
VARIES = [  # what differs from one time to the next, and from one machine to the next
    (re.compile(r"\d+([.,]\d+)? ?(ms|s|min|h)\b"), "TIME"),
    (re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?(\.\d+)?(\+00:00|Z)?|\b\d\d:\d\d(:\d\d)?\b"), "DATE"),
    (re.compile(r"\b0[.,]\d{2,}\b"), "SCORE"),
    (re.compile(r"\d+([.,]\d+)? [kM]i?B\b"), "SIZE"),
    (re.compile(r"Pauta \d+\.\d+\.\d+\w*"), "VERSION"),
    (re.compile(r"http://127\.0\.0\.1:\d+"), "SERVER"),
]


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, its marks, its text and where the text begins in the page."""

    language: str
    marks: dict[str, str]
    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Played:
    """A command of the page with what the page shows under it and what it printed. The text is at `start`."""

    command: str
    shown: str
    printed: str
    start: int


def blocks(page: str) -> list[Block]:
    """All fenced blocks of a page."""
    found = []
    for match in FENCE.finditer(page):
        marks = dict(word.partition("=")[::2] for word in match[2].split())
        found.append(Block(match[1], marks, match[3], match.start(3)))
    return found


def play(page: str, folder: Path, *, language: str) -> Iterator[Played]:
    """Play the walk in `folder/machines`, where the data must be."""
    with ExitStack() as running:
        yield from _played(page, folder, language=language, running=running)


def _played(page: str, folder: Path, *, language: str, running: ExitStack) -> Iterator[Played]:
    ids: dict[str, str] = {}
    for block in blocks(page):
        if "file" in block.marks:
            (folder / block.marks["file"]).write_text(block.text)
        if "walk" not in block.marks:
            continue
        if "edit" in block.marks:
            name, old, new = block.marks["edit"].split(":")
            file = folder / "machines" / name
            assert old in file.read_text()
            file.write_text(file.read_text().replace(old, new))
        for command, shown, start in _commands(block):
            if "stays" in block.marks:
                printed = running.enter_context(_left_running(command, folder / "machines", shown, language=language))
                yield Played(command, shown, printed, start)
                continue
            printed = _execute(_renamed(command, ids), folder / "machines", language=language)
            # The runs of the page and those of now are the same ones, in the order in which they turn up.
            for of_page, of_now in zip(RUN_ID.findall(shown), RUN_ID.findall(printed), strict=False):
                ids.setdefault(of_page, of_now)
            yield Played(command, shown, _renamed(printed, {now: page for page, now in ids.items()}), start)


def _renamed(text: str, names: dict[str, str]) -> str:
    return RUN_ID.sub(lambda found: names.get(found[0], found[0]), text)


def demo(pages: Iterable[str], folder: Path) -> Iterator[tuple[str, str]]:
    """Run the demonstration in `folder`; for each page what it shows of it and what is printed in its language."""
    example = folder / "examples" / "vehicle_failures"
    shutil.copytree(ROOT / "examples" / "vehicle_failures", example, ignore=shutil.ignore_patterns("data", ".pauta"))
    subprocess.run([sys.executable, example / "generate.py"], check=True)
    _execute("pauta run examples/vehicle_failures/pipeline.json", folder, language="en")
    for page in pages:
        shown = next(block.text for block in blocks((ROOT / page).read_text()) if "demo" in block.marks)
        printed = _execute("pauta show latest", folder, language=PAGES[page])
        ids = dict(zip(RUN_ID.findall(printed), RUN_ID.findall(shown), strict=False))
        yield shown, _renamed(printed, ids).replace(str(folder), "~/pauta")


def same(shown: str, printed: str) -> bool:
    """Whether the page shows what was printed, but for what varies and for lines left out by ``...``."""
    parts = [re.escape(_settled(part)) for part in re.split(r"^\.\.\.\n", shown, flags=re.MULTILINE)]
    return re.fullmatch(r"(?:.*\n)*?".join(parts), _settled(printed)) is not None


def _settled(text: str) -> str:
    for pattern, word in VARIES:
        text = pattern.sub(word, text)
    text = re.sub(r"[─━]+", "─", text)  # rules of tables are as wide as what varies
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return "".join(line + "\n" for line in lines if line)


def _commands(block: Block) -> Iterator[tuple[str, str, int]]:
    for match in re.finditer(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block.text, re.MULTILINE):
        yield match[1], match[2], block.start + match.start(2)


def _environment(folder: Path, language: str) -> dict[str, str]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    env = {"PATH": path, "HOME": str(folder), "COLUMNS": "100", "LANG": "C.UTF-8", "PAUTA_LANG": language}
    env["PAUTA_SERVER_PORT"] = "0"  # two pages may be played at a time
    if "PYTHONPATH" in os.environ:
        env["PYTHONPATH"] = os.environ["PYTHONPATH"]
    return env


@contextmanager
def _left_running(command: str, folder: Path, shown: str, *, language: str) -> Iterator[str]:
    """Start a command; what it has printed once that is what the page shows, or when patience ends."""
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(
            ["sh", "-c", f"exec {command}"],
            cwd=folder,
            env=_environment(folder, language),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            deadline = time.monotonic() + 60
            while not same(shown, printed := os.pread(out.fileno(), 1 << 20, 0).decode()):
                if process.poll() is not None or time.monotonic() > deadline:
                    break
                time.sleep(0.05)
            yield printed
        finally:
            process.terminate()
            process.wait(60)


def _execute(command: str, folder: Path, *, language: str) -> str:
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env=_environment(folder, language),
        text=True,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
    )
    assert done.returncode == 0, f"`{command}` ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    text = done.stdout.replace(str(folder), "…/machines") if folder.name == "machines" else done.stdout
    return "".join(line.rstrip() + "\n" for line in text.splitlines())


def make_data(folder: Path) -> None:
    """The folder of the walk with its data."""
    (folder / "machines").mkdir()
    generator = ROOT / "examples" / "machine_failure" / "generate.py"
    subprocess.run([sys.executable, generator, "--out", folder / "machines" / "machines.csv"], check=True)


def write_anew(page: Path, *, language: str) -> None:
    """Replace what the page shows under each command, unless it leaves out lines and still fits."""
    text = page.read_text()
    with tempfile.TemporaryDirectory() as name:
        make_data(Path(name))
        played = list(play(text, Path(name), language=language))
    for one in reversed(played):
        if not ("...\n" in one.shown and same(one.shown, one.printed)):
            text = text[: one.start] + one.printed + text[one.start + len(one.shown) :]
    page.write_text(text)


def write_demo_anew() -> None:
    """Replace what the pages show of the demonstration."""
    with tempfile.TemporaryDirectory() as name:
        for page, (shown, printed) in zip(PAGES, demo(PAGES, Path(name)), strict=True):
            text = (ROOT / page).read_text()
            (ROOT / page).write_text(text.replace(shown, printed))


if __name__ == "__main__":
    for page_name, spoken in PAGES.items():
        write_anew(ROOT / page_name, language=spoken)
    write_demo_anew()
