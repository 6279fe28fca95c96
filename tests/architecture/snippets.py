"""Runs the marked snippets of a Markdown page, in order, in one fresh folder.

A fenced block takes part when the words after its language say so:

- ``file=PATH``: the block's text is written to that file of the folder;
- ``runs``: a ``python`` block is executed; of a ``console`` block each line that begins with ``$`` is executed
  by a shell, and the lines under it must appear in its output in this order (``...`` stands for any lines, ``…``
  within a line for any characters; spaces count as one);
- ``exit=N``: the commands of the block end with this code instead of 0.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```\s*$", re.MULTILINE | re.DOTALL)
LONGEST_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, the marks after it, its text, and the line where it begins."""

    language: str
    marks: dict[str, str]
    text: str
    line: int

    @property
    def takes_part(self) -> bool:
        """Whether the block is run or written."""
        return bool(self.marks.keys() & {"runs", "file"})


def blocks(page: str) -> list[Block]:
    """All fenced blocks of a page."""
    found = []
    for match in FENCE.finditer(page):
        marks = dict(word.partition("=")[::2] for word in match[2].split())
        found.append(Block(match[1], marks, match[3], page.count("\n", 0, match.start()) + 1))
    return found


def commands(text: str) -> list[tuple[str, list[str]]]:
    """The commands of a console block, each with the lines expected under it."""
    found: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found and found[-1][0].endswith("\\"):
            found[-1] = (found[-1][0] + "\n" + line, [])
        elif found:
            found[-1][1].append(line)
    return found


def missing_line(expected: list[str], output: str) -> str | None:
    """The first expected line that the output does not show in its place, or None."""
    rest = [" ".join(line.split()) for line in output.splitlines()]
    for line in expected:
        words = " ".join(line.split())
        if not words or words in {"...", "…"}:
            continue
        pattern = re.compile(re.escape(words).replace("…", ".*"))
        while rest and not pattern.fullmatch(rest[0]):
            rest.pop(0)
        if not rest:
            return line
        rest.pop(0)
    return None


def run_page(page: Path, folder: Path) -> int:
    """Run a page's marked blocks in `folder`; the number of blocks that took part.

    Raises:
        AssertionError: A block failed or printed something else; the message names page and line.
    """
    taken = [block for block in blocks(page.read_text()) if block.takes_part]
    for block in taken:
        where = f"{page.name}, line {block.line}"
        if "file" in block.marks:
            target = folder / block.marks["file"]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text)
        elif block.language == "python":
            done = _execute([sys.executable, "-c", block.text], folder)
            assert done.returncode == 0, f"{where}:\n{done.stdout}"
        else:
            _run_console(block, folder, where)
    return len(taken)


def _run_console(block: Block, folder: Path, where: str) -> None:
    for command, expected in commands(block.text):
        done = _execute(["sh", "-c", command], folder)
        wanted = int(block.marks.get("exit", "0"))
        assert done.returncode == wanted, f"{where}: `{command}` ended with {done.returncode}:\n{done.stdout}"
        missing = missing_line(expected, done.stdout)
        assert missing is None, f"{where}: `{command}` did not print {missing!r}:\n{done.stdout}"


def _execute(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    env = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(folder),
        "COLUMNS": "120",
        "LANG": "C.UTF-8",
        "NO_COLOR": "1",
    }
    return subprocess.run(
        command,
        cwd=folder,
        env=env,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=LONGEST_SECONDS,
    )
