"""Which names the server answers to, and whether a browser's request comes from its own pages (S3).

A page on the internet can make its own name point to 127.0.0.1 (DNS rebinding); its requests then carry that
name as Host, and are refused.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?")


def host_name(header: str) -> str | None:
    """The name in a Host header, in lower case and without port; None when it is none."""
    match = _HOST.fullmatch(header)
    if match is None:
        return None
    return (match.group(1) or match.group(2)).lower().rstrip(".")


def answered_names(host: str, hosts: Sequence[str]) -> frozenset[str]:
    """Names under which a server that listens on `host` answers: loopback ones, its own, those of the settings."""
    names = {name for h in hosts if (name := host_name(h))}
    if not is_any(host):
        names.add(host.lower())
    return LOOPBACK | names


def is_any(host: str) -> bool:
    """Whether this is the address that stands for all of a machine's."""
    return host in ("", "*", "0.0.0.0", "::")  # noqa: S104 compared, not bound


def same_origin(headers: dict[bytes, bytes]) -> bool:
    """Whether a browser says that its request comes from this server's own pages; silence is no.

    `Sec-Fetch-Site` cannot be set by a page; where a browser does not send it, Origin must name our host.
    """
    site = headers.get(b"sec-fetch-site")
    if site is not None and site != b"same-origin":
        return False
    origin = headers.get(b"origin")
    if origin is None:
        return site == b"same-origin"
    _, found, rest = origin.decode("latin-1").partition("://")
    return bool(found) and rest.lower() == headers.get(b"host", b"").decode("latin-1").lower()


def peer_of(headers: dict[bytes, bytes], peer: str, *, trusted: Sequence[str]) -> str:
    """Whom a request comes from: of the addresses that it was forwarded for, the last that is no trusted proxy.

    `X-Forwarded-For` is believed from trusted proxies alone: anybody can write it.
    """
    if not trusted or not _is_among(peer, trusted):
        return peer
    for part in reversed(headers.get(b"x-forwarded-for", b"").decode("latin-1").split(",")):
        address = part.strip()
        if not address:
            continue
        peer = address
        if not _is_among(address, trusted):
            break
    return peer


def network_of(peer: str) -> str:
    """What limits count by: an IPv4 address, or the /64 network of an IPv6 one, of which a host has all addresses."""
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return peer
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return peer


def _is_among(peer: str, trusted: Sequence[str]) -> bool:
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return peer in trusted
    for entry in trusted:
        try:
            if address in ipaddress.ip_network(entry, strict=False):
                return True
        except ValueError:
            continue
    return False
