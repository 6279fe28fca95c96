"""Requests that no client library would send, byte by byte over a socket (B69): refused, never 5xx, never a hang."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
import uvicorn

from house import House, open_house
from pauta.domain.access import Role

PATIENCE_SECONDS = 20.0


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with open_house() as opened:
        yield opened


@pytest.fixture(scope="module")
def port(house: House) -> Iterator[int]:
    """A server on a free port of this machine."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(house.app, log_config=None, lifespan="off", proxy_headers=False, server_header=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not server.started:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join(PATIENCE_SECONDS)
    listening.close()


@pytest.fixture(scope="module")
def head(house: House) -> bytes:
    token = house.token(Role.ADMIN)
    return (
        b"POST /api/v1/tokens HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        b"Authorization: Bearer " + token.encode() + b"\r\nContent-Type: application/json\r\n"
    )


def statuses(port: int, raw: bytes, *, hang_up: bool = False) -> list[int]:
    """Status of every answer to these bytes, until the server has closed; we close first where it waits for more."""
    found = b""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as line:
        with suppress(ConnectionError):  # refused before all was sent: the answer is there to be read
            line.sendall(raw)
        if hang_up:
            with suppress(OSError):  # closed by the server already
                line.shutdown(socket.SHUT_WR)
        with suppress(ConnectionError):
            while piece := line.recv(65_536):
                found += piece
    return [int(part[:3]) for part in found.split(b"HTTP/1.1 ")[1:]]


BODY = b'{"name":"a","role":"viewer"}'
BAD = {
    "chunk without size": b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n" + BODY + b"\r\n0\r\n\r\n",
    "chunk of negative size": b"Transfer-Encoding: chunked\r\n\r\n-1\r\n" + BODY + b"\r\n0\r\n\r\n",
    "chunk larger than said": b"Transfer-Encoding: chunked\r\n\r\n2\r\n" + BODY + b"\r\n0\r\n\r\n",
    "chunk of endless size": b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\n",
    "chunks that stop": b"Transfer-Encoding: chunked\r\n\r\n1c\r\n" + BODY,
    "length and chunks": b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": b"Content-Length: 3\r\nContent-Length: 28\r\n\r\n" + BODY,
    "length that is none": b"Content-Length: abc\r\n\r\n" + BODY,
    "negative length": b"Content-Length: -28\r\n\r\n" + BODY,
    "length with a sign": b"Content-Length: +28\r\n\r\n" + BODY,
    "less than said": b"Content-Length: 9999\r\n\r\n" + BODY,
    "unknown transfer": b"Transfer-Encoding: gzip, chunked\r\n\r\n" + BODY,
    "space before the colon": b"Content-Length : 28\r\n\r\n" + BODY,
    "end of text in a header": b"X-A: b\x00c\r\nContent-Length: 28\r\n\r\n" + BODY,
    "header of 64 KiB": b"X-A: " + b"a" * 65_536 + b"\r\nContent-Length: 28\r\n\r\n" + BODY,
    "header of 40 KiB": b"X-A: " + b"a" * 40_960 + b"\r\nContent-Length: 28\r\n\r\n" + BODY,
    "header without end": b"X-A: " + b"a" * 300_000,
    "two hosts": b"Host: attacker.example\r\nContent-Length: 28\r\n\r\n" + BODY,
    "gzip": b"Content-Encoding: gzip\r\nContent-Length: 28\r\n\r\n" + BODY,
    "2 MiB": b"Content-Length: 2097152\r\n\r\n" + b" " * 2_097_152,
    "2 MiB in chunks": b"Transfer-Encoding: chunked\r\n\r\n"
    + (b"10000\r\n" + b" " * 65_536 + b"\r\n") * 32
    + b"0\r\n\r\n",
}

INCOMPLETE = {"chunks that stop", "less than said", "header without end"}


@pytest.mark.parametrize("name", BAD)
def test_b69_what_no_client_sends_is_refused(house: House, port: int, head: bytes, name: str) -> None:
    before = len(house.audit())
    found = statuses(port, head + BAD[name], hang_up=name in INCOMPLETE)
    assert found or name in INCOMPLETE
    assert all(400 <= status < 500 for status in found), found
    assert len(house.audit()) == before


@pytest.mark.parametrize(
    "line",
    [
        b"GET",
        b"GET /",
        b"GET / HTTP/9.9",
        b"GET http://attacker.example/health HTTP/1.1",
        b"GET /%zz HTTP/1.1",
        b"GET /\xff\xfe HTTP/1.1",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1",
        b"G\x00T / HTTP/1.1",
        b"PRI * HTTP/2.0",
        b"\x16\x03\x01\x02\x00\x01\x00",
    ],
)
def test_b69_a_request_line_that_is_none_is_refused(port: int, line: bytes) -> None:
    assert all(400 <= s < 500 for s in statuses(port, line + b"\r\nHost: localhost\r\nConnection: close\r\n\r\n"))


def test_a_proper_request_over_the_same_wire_is_answered(port: int, head: bytes) -> None:
    assert statuses(port, head + b"Content-Length: 28\r\n\r\n" + BODY) == [201]
    chunked = b"Transfer-Encoding: chunked\r\n\r\n1c\r\n" + BODY + b"\r\n0\r\n\r\n"
    assert statuses(port, head + chunked) == [201]
