"""Raw output cut into lines (T18, P27), without processes."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise

import pytest

from pauta.adapters.process_output import LINE_LIMIT, STEP_LIMIT, Cutter, StepBudget
from pauta.ports.launcher import Printed

MARK = b"\x1e0123456789abcdef "


def cutter(budget: StepBudget | None = None) -> Cutter:
    return Cutter("stdout", mark=MARK, budget=budget or StepBudget())


def begin(step: int) -> bytes:
    return MARK + b"%d\n" % step


END = begin(-1)


def cut(data: bytes, *, size: int = 1 << 16, own: Cutter | None = None) -> list[Printed]:
    own = own or cutter()
    lines = []
    for start in range(0, len(data), size):
        lines.extend(own.feed(data[start : start + size], 1.0))
    return [*lines, *own.finish(2.0)]


def texts(lines: list[Printed]) -> list[tuple[int | None, str]]:
    return [(line.step, line.text) for line in lines if not line.progress]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_lines_and_marks_are_found_however_the_bytes_are_cut(size: int) -> None:
    data = b"before\n" + begin(4) + "olá\nhalf".encode() + END + b"between\n" + begin(5) + b"x\r\ny\n\nz" + END
    assert texts(cut(data, size=size)) == [
        (None, "before"),
        (4, "olá"),
        (4, "half"),
        (None, "between"),
        (5, "x"),
        (5, "y"),
        (5, ""),
        (5, "z"),
    ]


def test_a_mark_ends_the_step_before_it() -> None:
    own = cutter()
    cut(begin(1) + b"a\n" + begin(2) + b"b\n" + END, own=own)
    assert own.ended == {1: 1, 2: 1}


def test_another_token_is_text() -> None:
    forged = b"\x1efedcba9876543210 7\n"
    assert texts(cut(begin(1) + forged + END)) == [(1, "\x1efedcba9876543210 7")]


def test_what_is_not_utf8_is_shown_as_such_and_nul_is_made_visible() -> None:
    assert texts(cut(begin(1) + b"a\xffb\0c\n" + END)) == [(1, "a\ufffdb␀c")]


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_a_redrawn_bar_is_progress_and_leaves_its_last_state(size: int) -> None:
    data = begin(1) + b"\r 10%" + b"\r 50%" + b"\r100%\nnext\n" + END
    lines = cut(data, size=size)
    assert texts(lines) == [(1, "100%"), (1, "next")]


def test_a_bar_is_told_while_it_is_drawn_but_once_a_look() -> None:
    own = cutter()
    list(own.feed(begin(1), 1.0))
    told = list(own.feed(b"".join(b"\r%3d%%" % n for n in range(50)), 1.0))
    assert [(line.text, line.progress) for line in told] == [(" 49%", True)]
    assert list(own.feed(b"", 1.0)) == []


def test_a_long_line_keeps_its_beginning_and_says_what_is_missing() -> None:
    lines = texts(cut(begin(1) + b"x" * (LINE_LIMIT + 1234) + b"\nnext\n" + END))
    assert lines[0][1] == "x" * LINE_LIMIT + " [… 1,234 bytes left out]"
    assert lines[1:] == [(1, "next")]


def test_up_to_the_limit_every_line_is_kept() -> None:
    line = b"0123456789" * 10 + b"\n"
    count = (STEP_LIMIT - 1) // len(line)
    lines = texts(cut(begin(1) + line * count + END))
    assert len(lines) == count


def test_beyond_the_limit_head_and_tail_are_kept_and_the_rest_is_counted() -> None:
    limit = 1 << 20
    count = 30_000
    data = b"".join(b"line %8d %s\n" % (n, b"." * 50) for n in range(count))
    own = cutter(StepBudget(step_limit=limit, tail_limit=1 << 18))
    lines = [text for _, text in texts(cut(begin(1) + data + END, own=own))]
    (gap,) = (i for i, text in enumerate(lines) if "bytes left out" in text)
    numbers = [int(text.split()[1]) for i, text in enumerate(lines) if i != gap]
    assert numbers[0] == 0
    assert numbers[-1] == count - 1
    assert sum(b - a != 1 for a, b in pairwise(numbers)) == 1
    kept = sum(len(text) + 1 for i, text in enumerate(lines) if i != gap)
    left_out = int(lines[gap].split()[1].replace(",", ""))
    assert 0.99 * limit < kept <= limit
    assert abs(kept + left_out - len(data)) < 200


def test_a_flood_on_one_output_spares_the_other() -> None:
    budget = StepBudget()
    out, err = cutter(budget), Cutter("stderr", mark=MARK, budget=budget)
    list(out.feed(begin(1), 1.0))
    list(err.feed(begin(1), 1.0))
    flood = b"y" * 999 + b"\n"
    for _ in range(15_000):
        list(out.feed(flood, 1.0))
    said = list(err.feed(b"the one line that matters\n" + END, 1.0))
    assert "the one line that matters" in [line.text for line in said]


def test_the_next_step_has_its_own_limit() -> None:
    own = cutter()
    cut(begin(1) + b"z" * 99 + b"\n", own=own)
    flood = (b"z" * 99 + b"\n") * 150_000
    list(own.feed(begin(1) + flood + END, 1.0))
    assert [line.text for line in own.feed(begin(2) + b"fresh\n" + END, 1.0)] == ["fresh"]


@pytest.mark.parametrize("chunk", [b"x" * 65536, b"y\n" * 32768, b"\r10%" * 16384])
def test_memory_stays_flat_under_a_flood(chunk: bytes) -> None:
    own = cutter(StepBudget(step_limit=1 << 19, tail_limit=1 << 17))
    list(own.feed(begin(1), 1.0))
    for _ in range(20):
        for _line in own.feed(chunk, 1.0):
            pass
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for _ in range(40):
        for _line in own.feed(chunk, 1.0):
            pass
    now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert now - before < 2 * 1024 * 1024
    assert peak - before < 8 * 1024 * 1024
