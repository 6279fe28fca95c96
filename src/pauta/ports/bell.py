"""Wake-ups. A bell is a hint: whoever hears none and looks for himself now and then is late, never wrong."""

from __future__ import annotations

from typing import Protocol


class Bell(Protocol):
    """Rings and waits. Subjects are short texts such as ``pool:default`` or ``run:ID``."""

    def ring(self, subject: str) -> None:
        """Wake whoever waits for this subject, in this process and, where the bell reaches that far, in others.

        Never raises and never blocks for long.
        """
        ...

    def wait(self, subject: str, *, seen: int, timeout: float) -> int:
        """Wait until the subject was rung since the count `seen`, at most `timeout` seconds.

        Returns:
            The present count, to be given as `seen` the next time. 0 asks for the present count at once.
        """
        ...

    def close(self) -> None:
        """Let go of what it holds; waiters return."""
        ...
