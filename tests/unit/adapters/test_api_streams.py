"""Live streams: read while they come, resumed where they broke off, over when they say so."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from answering_server import AnsweringServer, Told, answering, stream
from hypothesis import given
from hypothesis import strategies as st

from pauta.adapters import api_streams
from pauta.adapters.api_client import ApiClient
from pauta.adapters.api_streams import Happening, read_events
from pauta.domain.problems import NotFound

LIVE = "GET /api/v1/runs/r1/logs/live"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[AnsweringServer]:
    monkeypatch.setattr(api_streams, "_FIRST_PAUSE", 0.001)
    with answering() as running:
        yield running


@pytest.fixture
def client(server: AnsweringServer) -> Iterator[ApiClient]:
    with ApiClient(server.url) as made:
        yield made


def event(number: int, data: str = "x") -> bytes:
    return f"id: {number}\nevent: line\ndata: {data}\n\n".encode()


END = b"event: end\ndata: {}\n\n"


def test_events_come_in_order_until_the_last_word(server: AnsweringServer, client: ApiClient) -> None:
    server.tell(LIVE, stream(b": alive\n\n", event(1, "a"), event(2, "b"), END))
    found = list(client.runs.live_logs("r1"))
    assert found == [Happening("1", "line", "a"), Happening("2", "line", "b")]
    assert server.asked[0].headers["accept"] == "text/event-stream"


@pytest.mark.parametrize("clean", [True, False])
def test_a_stream_that_breaks_off_goes_on_after_the_last_whole_event(
    server: AnsweringServer, client: ApiClient, clean: bool
) -> None:
    server.tell(LIVE, stream(event(1), event(2), b"id: 3\nda", end=clean), stream(event(3), END))
    assert [h.id for h in client.runs.live_logs("r1")] == ["1", "2", "3"]
    assert [a.headers.get("last-event-id") for a in server.asked] == [None, "2"]


def test_a_reader_who_knows_all_is_told_so(server: AnsweringServer, client: ApiClient) -> None:
    server.tell(LIVE, stream(event(1)), Told(204))
    assert [h.id for h in client.runs.live_logs("r1")] == ["1"]


def test_what_a_server_refuses_is_raised_at_once(server: AnsweringServer, client: ApiClient) -> None:
    server.tell(LIVE, Told(404, {"problems": [{"code": "RUN-001", "message": "no run"}]}))
    with pytest.raises(NotFound):
        list(client.runs.live_logs("r1"))
    assert len(server.asked) == 1


def test_a_server_that_stays_away_is_given_up(
    server: AnsweringServer, client: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_streams, "_LONGEST_PAUSE", 0.002)
    server.tell(LIVE, stream(event(1), end=False), Told(502, b"bad gateway"))
    reading = iter(client.runs.live_logs("r1"))
    assert next(reading).id == "1"
    with pytest.raises(api_streams.Unreachable):
        list(reading)
    assert len(server.asked) == 1 + api_streams._MOST_TRIES - 1


def test_a_reader_can_be_stopped_from_another_thread(server: AnsweringServer, client: ApiClient) -> None:
    waiting = threading.Event()

    def hold(handler: object) -> None:
        stream(event(1), end=False).write(handler)  # type: ignore[misc]
        waiting.wait(10)

    server.tell(LIVE, Told(write=hold))
    live = client.runs.live_logs("r1")
    seen: list[str] = []
    arrived = threading.Event()

    def read() -> None:
        for happening in live:
            seen.append(happening.id)
            arrived.set()

    reader = threading.Thread(target=read)
    reader.start()
    assert arrived.wait(10)
    live.close()
    reader.join(timeout=10)
    waiting.set()
    assert not reader.is_alive()
    assert seen == ["1"]


@given(
    st.lists(st.tuples(st.integers(0, 99), st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0")))),
    st.data(),
)
def test_events_are_the_same_however_the_bytes_are_cut(events: list[tuple[int, str]], data: st.DataObject) -> None:
    whole = b"".join(f"id: {n}\r\ndata: {text}\r\n\r\n".encode() for n, text in events)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert [(int(h.id), h.data) for h in read_events(iter(pieces))] == events


def test_several_lines_of_data_are_one_text() -> None:
    assert [h.data for h in read_events(iter([b"data: a\ndata:\ndata:  b\nretry: 9\n\n"]))] == ["a\n\n b"]
