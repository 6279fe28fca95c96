"""Posts a signed message to a web address, and to public ones only unless the administrator says otherwise (S8).

The name is looked up once and the connection goes to the address found, so that no second answer of a name
server can lead elsewhere. Redirects are not followed, and of the answer nothing but its status is read.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from pauta.domain.problems import Problem
from pauta.services.notify import NotDelivered, Undeliverable
from pauta.services.notify_letters import Letter

SECONDS = 5.0
MOST_BYTES = 64 * 1024

Found = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
LookUp = Callable[[str, int], Sequence[str]]

_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})(?: |\r|$)")
# Addresses of a cloud's own services that count as public by their number.
_UNICAST = ipaddress.ip_network("2000::/3")  # all that is given out of IPv6
_INNER = tuple(ipaddress.ip_network(text) for text in ("168.63.129.16/32", "100.64.0.0/10", "192.0.0.0/24"))
# Networks of IPv6 addresses that hold one of IPv4, and where in them it stands (bits from the right).
_HOLDING = ((ipaddress.ip_network("64:ff9b::/96"), 0), (ipaddress.ip_network("2002::/16"), 80))
_GONE = 410


@dataclass(frozen=True, slots=True)
class _Target:
    secure: bool
    host: str
    port: int
    path: str

    @property
    def name(self) -> str:
        """As the ``Host`` header has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"


def look_up(host: str, port: int) -> Sequence[str]:
    """The addresses of a name, as the machine's resolver gives them."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


class Webhook:
    """Delivers by POST. Safe to use from several threads."""

    def __init__(self, *, networks: Sequence[str] = (), look_up: LookUp = look_up, seconds: float = SECONDS) -> None:
        """Make a postman.

        Args:
            networks: Inner networks that it may go to (``server.webhook_networks``).
            look_up: Gives the addresses of a name.
            seconds: How long one delivery may take from the connection on.
        """
        self._networks = tuple(ipaddress.ip_network(text) for text in networks)
        self._look_up = look_up
        self._seconds = seconds

    def deliver(self, address: str, letter: Letter) -> None:
        """See `Postman`. Delivered is what was answered with a status from 200 to 299."""
        target = _target(address)
        found = self._address(target)
        deadline = time.monotonic() + self._seconds
        try:
            status = _post(target, str(found), _request(target, letter), deadline)
        except (OSError, ValueError) as error:
            detail = "no answer in time" if isinstance(error, TimeoutError) else (_plain(error))
            raise _undelivered(target, detail) from error
        if 200 <= status < 300:
            return
        raise _undelivered(target, f"HTTP {status}", for_good=status == _GONE)

    def _address(self, target: _Target) -> Found:
        """The one address to connect to. One that is not allowed among several refuses them all."""
        try:
            texts = self._look_up(target.host, target.port)
            found = [ipaddress.ip_address(text.partition("%")[0]) for text in texts]
        except (OSError, ValueError, UnicodeError) as error:
            raise _undelivered(target, "the name is not known") from error
        if not found:
            raise _undelivered(target, "the name is not known")
        for one in found:
            if not self._is_allowed(one):
                values = {"address": target.host, "found": str(one)}
                raise Undeliverable(Problem("CFG-020", values, variant="inside"))
        return found[0]

    def _is_allowed(self, found: Found) -> bool:
        found = _innermost(found)
        if any(found in network for network in self._networks if network.version == found.version):
            return True
        if any(found in network for network in _INNER if network.version == found.version):
            return False
        if found.version == 6 and found not in _UNICAST:
            return False
        return found.is_global and not (found.is_multicast or found.is_reserved or found.is_unspecified)


def _innermost(found: Found) -> Found:
    """The IPv4 address that an IPv6 address stands for, or the address itself."""
    if isinstance(found, ipaddress.IPv4Address):
        return found
    if found.ipv4_mapped is not None:
        return found.ipv4_mapped
    for network, shift in _HOLDING:
        if found in network:
            return ipaddress.IPv4Address((int(found) >> shift) & 0xFFFFFFFF)
    return found


def _target(address: str) -> _Target:
    """Take an address apart.

    Raises:
        Undeliverable: CFG-020, without the address in it: it may hold a password.
    """
    try:
        parts = urlsplit(address)
        port = parts.port
        host = parts.hostname or ""
        if ":" not in host:  # not IPv6
            host = host.rstrip(".").encode("idna").decode("ascii")
    except (ValueError, UnicodeError) as error:
        raise Undeliverable(Problem("CFG-020", {"address": "webhook"}, variant="form")) from error
    if parts.scheme not in ("http", "https"):
        raise Undeliverable(Problem("CFG-020", {"address": f"{parts.scheme[:20]}:"}, variant="scheme"))
    if not host or parts.username is not None or parts.password is not None or not host.isascii():
        raise Undeliverable(Problem("CFG-020", {"address": "webhook"}, variant="form"))
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = f"?{quote(parts.query, safe='/%:@!$&()*+,;=~-._?')}" if parts.query else ""
    secure = parts.scheme == "https"
    return _Target(secure, host, port or (443 if secure else 80), path + query)


def _request(target: _Target, letter: Letter) -> bytes:
    seconds = str(int(letter.at.timestamp()))
    signature = hmac.new(letter.key.encode(), f"{seconds}.".encode() + letter.body, hashlib.sha256).hexdigest()
    head = (
        f"POST {target.path} HTTP/1.1\r\n"
        f"Host: {target.name}\r\n"
        "Content-Type: application/json\r\n"
        f"Content-Length: {len(letter.body)}\r\n"
        f"Pauta-Notice: {letter.id}\r\n"
        f"Pauta-Signature: t={seconds},v1={signature}\r\n"
        "User-Agent: pauta\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode("ascii") + letter.body


def _post(target: _Target, found: str, request: bytes, deadline: float) -> int:
    """Send, and give the status of the answer. Every wait ends at the deadline."""
    with socket.create_connection((found, target.port), timeout=_left(deadline)) as plain:
        if not target.secure:
            return _exchange(plain, request, deadline)
        plain.settimeout(_left(deadline))
        with ssl.create_default_context().wrap_socket(plain, server_hostname=target.host) as covered:
            return _exchange(covered, request, deadline)


def _exchange(connection: socket.socket, request: bytes, deadline: float) -> int:
    connection.settimeout(_left(deadline))
    connection.sendall(request)
    answer = b""
    while b"\n" not in answer:
        connection.settimeout(_left(deadline))
        piece = connection.recv(4096)
        answer += piece
        if not piece or len(answer) > MOST_BYTES:
            break
    status = _STATUS.match(answer)
    if status is None:
        raise ValueError("the answer is no HTTP")
    return int(status[1])


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _plain(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else str(error)) or type(error).__name__


def _undelivered(target: _Target, detail: str, *, for_good: bool = False) -> NotDelivered:
    problem = Problem("CFG-020", {"address": target.host, "detail": detail})
    return Undeliverable(problem) if for_good else NotDelivered(problem)
