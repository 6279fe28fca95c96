"""Store a value and open it again, as two processes do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pauta.adapters.folder_objects import FolderObjects
from pauta.domain.outputs import Output
from pauta.domain.problems import PautaError
from pauta.frames.decode import open_output
from pauta.frames.encode import encode


def store(value: Any, folder: Path) -> tuple[Path, Output]:
    """The stored file and its record."""
    encoded = encode(value, name="df")
    objects = FolderObjects(folder)
    with objects.writing() as writing:
        encoded.write(writing)
        stored = writing.finish()
    assert stored.size == encoded.size
    path = objects.path(stored.address)
    objects.close()
    return path, encoded.output(stored.address)


def round_trip(value: Any, folder: Path, want: str | None = None) -> Any:
    """The value as the next process gets it."""
    path, output = store(value, folder)
    return open_output(path, output, want=want)


def address(value: Any, folder: Path) -> str:
    """The content address of a value."""
    return store(value, folder)[1].address


def refusal(value: Any, *, step: str = "") -> str:
    """The line with which a value is refused."""
    with pytest.raises(PautaError) as refused:
        encode(value, name="df", step=step)
    assert all("{" not in problem.message("pt") for problem in refused.value.problems)
    return str(refused.value)
