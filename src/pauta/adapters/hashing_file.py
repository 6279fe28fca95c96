"""A file that is hashed while it is written: small pieces gathered, large ones hashed and written side by side."""

from __future__ import annotations

import os
import threading
from queue import SimpleQueue
from typing import Any

from blake3 import blake3

_GATHER = 256 * 1024
_PIECE = 4 * 1024 * 1024


class HashingFile:
    """Writes to a descriptor and keeps the BLAKE3 hash of all that was written.

    Args:
        descriptor: Open for writing; it stays the caller's.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._hasher = blake3()
        self._held = bytearray()

    def write(self, data: bytes | memoryview) -> int:
        """Append bytes. They may be changed after the call returns."""
        size = len(data) if isinstance(data, bytes) else data.nbytes
        if size < _GATHER:
            self._held += data
            if len(self._held) >= _GATHER:
                self._flush()
            return size
        self._flush()
        self._write_beside(memoryview(data).cast("B"))
        return size

    def finish(self) -> str:
        """Write what is held back; the hash in hexadecimal digits."""
        self._flush()
        return str(self._hasher.hexdigest())

    def _flush(self) -> None:
        if self._held:
            held, self._held = self._held, bytearray()
            self._hasher.update(held)
            self._write_all(memoryview(held))

    def _write_beside(self, data: memoryview) -> None:
        """Write in this thread while another one hashes: both pass over the memory once, at the same time."""
        if len(data) <= _PIECE:
            self._hasher.update(data)
            self._write_all(data)
            return
        pieces: SimpleQueue[Any] = SimpleQueue()
        beside = threading.Thread(target=self._hash_pieces, args=(pieces,), daemon=True)
        beside.start()
        try:
            for start in range(0, len(data), _PIECE):
                piece = data[start : start + _PIECE]
                pieces.put(piece)
                self._write_all(piece)
        finally:
            pieces.put(None)
            beside.join()

    def _hash_pieces(self, pieces: SimpleQueue[Any]) -> None:
        while (piece := pieces.get()) is not None:
            self._hasher.update(piece)

    def _write_all(self, data: memoryview) -> None:
        done = 0
        while done < len(data):
            done += os.write(self._descriptor, data[done:])
