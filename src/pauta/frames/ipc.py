"""Arrow IPC files, laid out so that they can be mapped: every buffer starts at a multiple of 64 bytes.

pyarrow writes the messages; its buffers lie at multiples of 8. Here the messages are taken as they come, with
their buffers by reference, and put at aligned places: only offsets and lengths in the metadata change.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

ALIGNMENT = 64
_MAGIC = b"ARROW1"
_CONTINUATION = b"\xff\xff\xff\xff"
_ZEROS = bytes(ALIGNMENT)
_JOIN_BELOW = 256 * 1024
_COPY_BELOW = 16 * 1024
_DICTIONARY_BATCH, _RECORD_BATCH = 2, 3


class Sink(Protocol):
    """Takes bytes in order."""

    def write(self, data: bytes | memoryview) -> Any:
        """Take the next bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Pieces:
    """The bytes of a file, as parts that may be the caller's own buffers."""

    size: int
    parts: tuple[Any, ...]

    def write(self, sink: Sink) -> None:
        """Write all parts; a small file in one piece."""
        if self.size <= _JOIN_BELOW:
            sink.write(b"".join(self.parts))
            return
        for part in self.parts:
            sink.write(part if isinstance(part, bytes) else memoryview(part))


@dataclass(slots=True)
class _Message:
    """One message as pyarrow wrote it: where, its metadata, and its body's buffers without their padding."""

    offset: int
    metadata: bytearray
    body: list[Any]


@dataclass(frozen=True, slots=True)
class _Placed:
    offset: int
    metadata_length: int
    body_length: int


def lay_out(schema: Any, batches: Sequence[Any]) -> Pieces:
    """The IPC file with these record batches.

    Args:
        schema: Their `pyarrow.Schema`.
        batches: `pyarrow.RecordBatch`es.
    """
    if len(batches) == 1 and batches[0].nbytes <= _COPY_BELOW:
        frame = _frame_of(schema.serialize().to_pybytes())
        if frame.plain:
            message, _ = _split([bytes(8), batches[0].serialize().to_pybytes(), bytes(8)])
            return _assembled([_moved(frame.opening), _moved(message[0], frame.batch_at)], bytearray(frame.footer))
    return _assembled(*_split(_recorded(schema, batches)))


@dataclass(frozen=True, slots=True)
class _Frame:
    """What is the same in all files of one schema: kept, because a small file is mostly that.

    Attributes:
        plain: There are no dictionaries, so a file is the schema, one record batch, and the footer.
        opening: The schema's message.
        batch_at: Where pyarrow puts the record batch.
        footer: The footer of a file with one record batch.
    """

    plain: bool
    opening: _Message
    batch_at: int
    footer: bytes


@lru_cache(maxsize=64)
def _frame_of(serialized: bytes) -> _Frame:
    import pyarrow as pa

    schema = pa.ipc.read_schema(pa.py_buffer(serialized))
    try:
        empty = pa.RecordBatch.from_pylist([], schema=schema)
    except pa.ArrowNotImplementedError:  # dictionaries of structs
        return _Frame(False, _Message(0, bytearray(), []), 0, b"")
    messages, footer = _split(_recorded(schema, [empty]))
    return _Frame(len(messages) == 2, messages[0], messages[-1].offset, bytes(footer))


def _moved(message: _Message, offset: int | None = None) -> _Message:
    """A copy of the message that may be changed, perhaps at another offset."""
    at = message.offset if offset is None else offset
    return _Message(at, bytearray(message.metadata), message.body)


def _recorded(schema: Any, batches: Sequence[Any]) -> list[Any]:
    """The file as pyarrow writes it, in the pieces that it writes, with the batches' own buffers."""
    import pyarrow as pa

    recorder = _Recorder()
    with pa.ipc.new_file(pa.PythonFile(recorder, "w"), schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return recorder.written


def _assembled(messages: Sequence[_Message], footer: bytearray) -> Pieces:
    parts: list[Any] = [_MAGIC + b"\0\0"]
    position = 8
    placed: dict[int, _Placed] = {}
    for message in messages:
        where = _place(message, position, parts)
        placed[message.offset] = where
        position += where.metadata_length + where.body_length
    _move_blocks(footer, placed)
    tail = _CONTINUATION + b"\0\0\0\0" + bytes(footer) + struct.pack("<i", len(footer)) + _MAGIC
    parts.append(tail)
    return Pieces(position + len(tail), tuple(parts))


class _Recorder:
    """What pyarrow writes, by reference."""

    def __init__(self) -> None:
        self.written: list[Any] = []
        self.position = 0
        self.closed = False

    def write(self, data: Any) -> int:
        self.written.append(data)
        self.position += len(data)
        return len(data)

    def tell(self) -> int:
        return self.position

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing to let go of."""

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False


def _split(written: Sequence[Any]) -> tuple[list[_Message], bytearray]:
    """Take the stream apart: its messages, and the footer's flatbuffer."""
    pieces = _Unread(written)
    pieces.take(8)
    messages: list[_Message] = []
    while True:
        offset = pieces.position
        pieces.take(4)
        (size,) = struct.unpack("<i", pieces.take(4))
        if size == 0:
            break
        metadata = bytearray(pieces.take(size))
        messages.append(_Message(offset, metadata, list(pieces.bodies(metadata))))
    rest = pieces.rest()
    return messages, bytearray(rest[: -4 - len(_MAGIC)])


class _Unread:
    """The written pieces, read one after the other."""

    def __init__(self, written: Sequence[Any]) -> None:
        self._written = written
        self._next = 0
        self._held: Any = b""
        self._used = 0
        self.position = 0

    def take(self, size: int) -> Any:
        """The next bytes."""
        while len(self._held) - self._used < size:
            self._held = self._held[self._used :] + bytes(self._written[self._next])
            self._used = 0
            self._next += 1
        start = self._used
        self._used += size
        self.position += size
        return self._held[start : self._used]

    def bodies(self, metadata: bytearray) -> Iterator[Any]:
        """The buffers of the body that follows this metadata; padding is passed over."""
        passed = 0
        for offset, length in _buffers(metadata):
            if length == 0:
                continue
            if offset > passed:
                self.take(offset - passed)
            if self._used < len(self._held) or len(self._written[self._next]) != length:
                buffer = self.take(length)
            else:
                buffer = self._written[self._next]
                self._next += 1
                self.position += length
            passed = offset + length
            yield buffer
        self.take(_body_length(metadata) - passed)

    def rest(self) -> bytes:
        """All that was not taken."""
        return bytes(self._held[self._used :]) + b"".join(bytes(p) for p in self._written[self._next :])


def _place(message: _Message, position: int, parts: list[Any]) -> _Placed:
    """Append the message to `parts` with its body aligned, its metadata saying so."""
    table = _batch_table(message.metadata)
    body_length = 0
    if table is not None:
        start, count = _vector(message.metadata, table, 2)
        for i in range(count):
            at = start + 16 * i
            (length,) = struct.unpack_from("<q", message.metadata, at + 8)
            struct.pack_into("<q", message.metadata, at, body_length)
            body_length += _round_up(length)
        field = _field(message.metadata, _root(message.metadata), 3)
        if field:
            struct.pack_into("<q", message.metadata, field, body_length)
    used = len(message.metadata) + 8
    padding = _round_up(position + used) - position - used
    parts.append(_CONTINUATION + struct.pack("<i", len(message.metadata) + padding) + message.metadata + bytes(padding))
    for buffer in message.body:
        parts.append(buffer)
        short = -len(buffer) % ALIGNMENT
        if short:
            parts.append(_ZEROS[:short])
    return _Placed(position, used + padding, body_length)


def _move_blocks(footer: bytearray, placed: dict[int, _Placed]) -> None:
    """Let the footer's blocks point at the messages' new places."""
    for field in (2, 3):
        start, count = _vector(footer, _root(footer), field)
        for i in range(count):
            at = start + 24 * i
            (offset,) = struct.unpack_from("<q", footer, at)
            where = placed[offset]
            struct.pack_into("<qixxxxq", footer, at, where.offset, where.metadata_length, where.body_length)


def _round_up(size: int) -> int:
    return (size + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT


# ---- just enough of flatbuffers: a table's fields are found through its vtable --------------------


def _root(data: bytes | bytearray) -> int:
    return int(struct.unpack_from("<I", data, 0)[0])


def _field(data: bytes | bytearray, table: int, number: int) -> int:
    """Where a table's field lies, 0 when it is absent."""
    vtable = table - struct.unpack_from("<i", data, table)[0]
    (size,) = struct.unpack_from("<H", data, vtable)
    entry = 4 + 2 * number
    offset = struct.unpack_from("<H", data, vtable + entry)[0] if entry < size else 0
    return table + offset if offset else 0


def _vector(data: bytes | bytearray, table: int, number: int) -> tuple[int, int]:
    """Where a vector field's elements begin, and how many there are."""
    field = _field(data, table, number)
    if not field:
        return 0, 0
    start = field + struct.unpack_from("<I", data, field)[0]
    return start + 4, struct.unpack_from("<I", data, start)[0]


def _batch_table(metadata: bytes | bytearray) -> int | None:
    """Where a message's RecordBatch table lies; None for a schema."""
    root = _root(metadata)
    kind = metadata[_field(metadata, root, 1)]
    field = _field(metadata, root, 2)
    header = field + struct.unpack_from("<I", metadata, field)[0]
    if kind == _RECORD_BATCH:
        return int(header)
    if kind == _DICTIONARY_BATCH:
        data = _field(metadata, header, 1)
        return int(data + struct.unpack_from("<I", metadata, data)[0])
    return None


def _buffers(metadata: bytes | bytearray) -> Iterator[tuple[int, int]]:
    table = _batch_table(metadata)
    if table is None:
        return
    start, count = _vector(metadata, table, 2)
    for i in range(count):
        yield struct.unpack_from("<qq", metadata, start + 16 * i)


def _body_length(metadata: bytes | bytearray) -> int:
    field = _field(metadata, _root(metadata), 3)
    return int(struct.unpack_from("<q", metadata, field)[0]) if field else 0
