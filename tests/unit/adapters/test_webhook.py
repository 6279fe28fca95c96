"""S8: webhooks go to public addresses, are signed, and cannot be led elsewhere."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import pytest

from pauta.adapters import webhook
from pauta.adapters.webhook import Webhook
from pauta.services.notify import NotDelivered, Undeliverable
from pauta.services.notify_letters import Letter

LETTER = Letter("run-failed-1", "title", "text", json.dumps({"a": 1}).encode(), "key", datetime(2026, 1, 2, tzinfo=UTC))
LOOPBACK = ("127.0.0.0/8", "::1/128")

FORBIDDEN = (
    "127.0.0.1", "127.1", "127.0.1", "127.255.255.254", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1",
    "017700000001", "0", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.254",
    "192.168.0.1", "192.168.255.255", "169.254.0.1", "169.254.169.254", "0xa9fea9fe", "2852039166",
    "100.64.0.1", "100.100.100.200", "192.0.0.192", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.1",
    "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "168.63.129.16",
    "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:169.254.169.254]", "[::127.0.0.1]",
    "[64:ff9b::7f00:1]", "[64:ff9b::a9fe:a9fe]", "[2002:7f00:1::]", "[2002:c0a8:1::1]", "[2001::1]", "[fc00::1]",
    "[fd00:ec2::254]", "[fe80::1]", "[fec0::1]", "[ff02::1]", "[2001:db8::1]", "[100::1]",
    "127.0.0.1.", "①②⑦.0.0.1", "127。0。0。1", "\uff11\uff12\uff17.0.0.1", "localhost", "LOCALHOST.",
)  # fmt: skip
ODD = (
    "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "javascript:alert(1)", "//example.com/",
    "http://", "http:///path", "example.com", "", "http://user@example.com/", "http://user:pw@example.com/",
    "http://example.com@127.0.0.1/", "http://example.com:99999/", "http://example.com:port/", "http://[::1/",
    "http://ex ample.com/", "http://a..b/", f"http://{'a' * 64}.com/", "http://127.0.0.1:80\\@example.com/",
)  # fmt: skip


@pytest.fixture
def no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing may be connected to."""

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError(f"connected to {args}")

    monkeypatch.setattr(webhook.socket, "create_connection", refuse)


@pytest.mark.usefixtures("no_connection")
@pytest.mark.parametrize("host", FORBIDDEN)
def test_s8_no_inner_address_is_connected_to_in_whatever_form(host: str) -> None:
    with pytest.raises(NotDelivered, match="CFG-020") as caught:
        Webhook().deliver(f"http://{host}/hook", LETTER)
    if "is no public address" not in str(caught.value):
        assert "the name is not known" in str(caught.value) or "form" in str(caught.value)


@pytest.mark.usefixtures("no_connection")
@pytest.mark.parametrize("address", ODD)
def test_s8_addresses_of_an_odd_form_are_refused_for_good_and_not_repeated(address: str) -> None:
    with pytest.raises(NotDelivered) as caught:
        Webhook(look_up=lambda host, port: [host]).deliver(address, LETTER)
    assert "pw" not in str(caught.value)


@pytest.mark.usefixtures("no_connection")
def test_s8_a_name_that_leads_inside_is_refused_even_beside_a_public_address() -> None:
    with pytest.raises(Undeliverable, match=r"10\.0\.0\.5 is no public address"):
        Webhook(look_up=lambda host, port: ["93.184.215.14", "10.0.0.5"]).deliver("https://example.com/", LETTER)


def test_s8_a_name_is_looked_up_once_and_the_address_found_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([["93.184.215.14"], ["127.0.0.1"]])
    connected: list[object] = []

    def connect(address: object, timeout: float) -> socket.socket:
        connected.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(webhook.socket, "create_connection", connect)
    with pytest.raises(NotDelivered, match="Connection refused"):
        Webhook(look_up=lambda host, port: next(answers)).deliver("http://rebinding.example:8080/", LETTER)
    assert connected == [("93.184.215.14", 8080)]
    assert next(answers) == ["127.0.0.1"]


@pytest.mark.parametrize("name", ["example.com", "bücher.example", "93.184.215.14", "[2606:2800:21f:cb07::1]"])
def test_s8_a_public_address_may_be_connected_to(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        webhook.socket, "create_connection", lambda *a, **k: (_ for _ in ()).throw(OSError(1, "reached"))
    )
    found = {"example.com": "93.184.215.14", "xn--bcher-kva.example": "93.184.215.15"}
    with pytest.raises(NotDelivered, match="reached"):
        Webhook(look_up=lambda host, port: [found.get(host, host)]).deliver(f"http://{name}/", LETTER)


@pytest.mark.parametrize("host", ["10.1.2.3", "[::ffff:10.1.2.3]", "[64:ff9b::a01:203]"])
def test_s8_a_network_that_the_administrator_names_may_be_connected_to(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        webhook.socket, "create_connection", lambda *a, **k: (_ for _ in ()).throw(OSError(1, "reached"))
    )
    with pytest.raises(NotDelivered, match="reached"):
        Webhook(networks=("10.1.0.0/16",)).deliver(f"http://{host}/", LETTER)
    with pytest.raises(Undeliverable):
        Webhook(networks=("10.1.0.0/16",)).deliver("http://10.2.0.1/", LETTER)


Answer = Callable[[socket.socket], None]


@contextmanager
def receiver(answer: Answer) -> Iterator[tuple[str, list[bytes]]]:
    """A server that takes one request and answers like this; its address and what it was sent."""
    received: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                data = connection.recv(65536)
                while b"\r\n\r\n" not in data or len(data.partition(b"\r\n\r\n")[2]) < len(LETTER.body):
                    data += connection.recv(65536)
                received.append(data)
                with suppress(OSError):  # the other side hangs up when it has enough
                    answer(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/hook?a=b", received
        thread.join(10)
        assert not thread.is_alive()


def test_a_webhook_is_a_signed_post() -> None:
    with receiver(lambda c: c.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")) as (address, received):
        Webhook(networks=LOOPBACK).deliver(address, LETTER)
    head, _, body = received[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines[1:])
    assert lines[0] == "POST /hook?a=b HTTP/1.1"
    assert body == LETTER.body
    assert headers["Host"] == address.split("/")[2]
    assert headers["Pauta-Notice"] == LETTER.id
    seconds, signature = (part.partition("=")[2] for part in headers["Pauta-Signature"].split(","))
    assert int(seconds) == int(LETTER.at.timestamp())
    assert signature == hmac.new(b"key", f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\n\r\n", NotDelivered, "HTTP 302"),
        (b"HTTP/1.1 500 Oh\r\n\r\n", NotDelivered, "HTTP 500"),
        (b"HTTP/1.1 410 Gone\r\n\r\n", Undeliverable, "HTTP 410"),
        (b"SSH-2.0-OpenSSH\r\n", NotDelivered, "the answer is no HTTP"),
        (b"x" * 200_000, NotDelivered, "the answer is no HTTP"),
        (b"", NotDelivered, "the answer is no HTTP"),
    ],
)
def test_what_is_not_answered_with_success_is_not_delivered(answer: bytes, kind: type[Exception], said: str) -> None:
    with receiver(lambda c: c.sendall(answer)) as (address, _), pytest.raises(NotDelivered, match=said) as caught:
        Webhook(networks=LOOPBACK).deliver(address, LETTER)
    assert type(caught.value) is kind


def test_s8_an_answer_that_drips_ends_with_the_time_allowed() -> None:
    def drip(connection: socket.socket) -> None:
        for _ in range(100):
            connection.sendall(b"H")
            threading.Event().wait(0.02)

    began = time.monotonic()
    with receiver(drip) as (address, _), pytest.raises(NotDelivered, match="no answer in time"):
        Webhook(networks=LOOPBACK, seconds=0.3).deliver(address, LETTER)
    assert time.monotonic() - began < 5


def test_the_machines_resolver_is_asked() -> None:
    found: Sequence[str] = webhook.look_up("localhost", 80)
    assert "127.0.0.1" in found or "::1" in found
