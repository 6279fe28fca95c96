"""Plays a page that needs several terminals at once, as a person would who follows it word by word.

Fenced blocks take part when the words after their language say so:

- ``saved=PATH``: the block's text is written to that file of the home folder;
- ``terminal=NAME``: of a ``console`` block each line that begins with ``$`` is typed into the terminal of that name,
  which keeps its folder and its environment from block to block; the lines under it must appear in what is printed,
  as in `snippets`; a line ``^C`` ends what runs there;
- ``stays``: the block's last command goes on running; the next block follows as soon as its lines have appeared;
- ``exit=N``: the commands of the block end with this code instead of 0;
- ``elsewhere``: the block is read, not played: it brings software to the machine.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType, TracebackType

import psutil

_PATIENCE_SECONDS = 60.0
_END = "@@ended@@"


class Terminal:
    """A shell that keeps its folder and its environment."""

    def __init__(self, environment: Mapping[str, str], home: Path) -> None:
        self._shell = subprocess.Popen(
            ["sh"], cwd=home, env=dict(environment), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        self._printed = ""

    def type(self, command: str) -> None:
        """Type a command and press return."""
        assert self._shell.stdin is not None
        self._printed = ""
        self._shell.stdin.write(f"{command}\nprintf '\\n{_END}%s\\n' $?\n".encode())
        self._shell.stdin.flush()

    def shown(self, is_enough: Callable[[str], bool]) -> str:
        """What the last command has printed, as soon as it is enough or nothing more comes."""
        assert self._shell.stdout is not None
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not is_enough(self._printed):
            ready, _, _ = select.select([self._shell.stdout], [], [], max(0.0, deadline - time.monotonic()))
            more = os.read(self._shell.stdout.fileno(), 65_536) if ready else b""
            if not more:
                break
            self._printed += more.decode(errors="replace")
        return self._printed

    def finished(self) -> tuple[str, int]:
        """Wait for the end of the last command; what it printed and its exit code."""
        printed, ended, code = self.shown(lambda text: _END in text and text.endswith("\n")).rpartition(_END)
        assert ended, f"nothing ended within {_PATIENCE_SECONDS:g} s:\n{code}"
        return printed, int(code)

    def interrupt(self) -> None:
        """Press Ctrl-C: what runs in the foreground ends; what it started is its own affair."""
        shell = psutil.Process(self._shell.pid)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not (running := shell.children()) and time.monotonic() < deadline:
            time.sleep(0.01)
        for child in running:
            child.send_signal(signal.SIGINT)
        self.finished()

    def close(self) -> None:
        """Close the window, and see to it that nothing stays behind."""
        left = psutil.Process(self._shell.pid).children(recursive=True)
        for process in left:
            if process.is_running():
                process.terminate()
        _, alive = psutil.wait_procs(left, timeout=20)
        for process in alive:
            process.kill()
        self._shell.kill()
        self._shell.communicate()


class Desk:
    """The terminals of a person who follows a page; `spoken` turns what the page says into what holds here."""

    def __init__(
        self, snippets: ModuleType, home: Path, environment: Mapping[str, str], spoken: Callable[[str], str]
    ) -> None:
        self._snippets = snippets
        self._home = home
        self._environment = environment
        self._spoken = spoken
        self._terminals: dict[str, Terminal] = {}

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for terminal in reversed(self._terminals.values()):
            terminal.close()

    def follow(self, page: Path, *, tell: Callable[[str], object] = lambda line: None) -> int:
        """Follow a page; the number of commands that were typed.

        Args:
            page: The page.
            tell: Gets each command and what it printed.

        Raises:
            AssertionError: A command ended otherwise or printed something else than the page shows.
        """
        typed = 0
        for block in self._snippets.blocks(page.read_text()):
            if "saved" in block.marks:
                target = self._home / block.marks["saved"]
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(self._spoken(block.text))
            elif "terminal" in block.marks and "elsewhere" not in block.marks:
                typed += self._type(block, f"{page.name}, line {block.line}", tell)
        return typed

    def _type(self, block: object, where: str, tell: Callable[[str], object]) -> int:
        marks, text = block.marks, block.text  # type: ignore[attr-defined]
        name = marks["terminal"]
        if name not in self._terminals:
            self._terminals[name] = Terminal(self._environment, self._home)
        terminal = self._terminals[name]
        if text.strip() == "^C":
            terminal.interrupt()
            return 0
        commands = self._snippets.commands(self._spoken(text))
        for number, (command, expected) in enumerate(commands, 1):
            terminal.type(command)
            if "stays" in marks and number == len(commands):
                printed, code = terminal.shown(lambda so_far, e=expected: self._has(e, so_far)), 0
                assert _END not in printed, f"{where}: `{command}` ended:\n{printed}"
            else:
                printed, code = terminal.finished()
            tell(f"$ {command}\n{printed}")
            assert code == int(marks.get("exit", "0")), f"{where}: `{command}` ended with {code}:\n{printed}"
            missing = self._snippets.missing_line(expected, printed)
            assert missing is None, f"{where}: `{command}` did not print {missing!r}:\n{printed}"
        return len(commands)

    def _has(self, expected: list[str], printed: str) -> bool:
        return _END in printed or self._snippets.missing_line(expected, printed) is None
