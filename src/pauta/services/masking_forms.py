"""The forms in which a secret's value can turn up in text: encoded, quoted, escaped, or only in part."""

from __future__ import annotations

import base64
import html
import json
import re
import shlex
from collections.abc import Iterator
from urllib.parse import quote, quote_plus, urlsplit

LEAST = 4
"""Shorter values are not masked: they turn up everywhere, and masking them would tell where."""

_LONG_LINE = 8
_HEX_SEPARATORS = (":", " ", "\\x", "%", "-", ", ", "0x", ", 0x", " 0x")
_SHELL_SPECIAL = re.compile(r"([^\w@%+=:,./-])", re.ASCII)


def values_to_mask(value: str) -> Iterator[str]:
    """The value, and what of it is a secret by itself: the lines of a long one, the password of an address."""
    yield value
    if value.strip() != value:
        yield value.strip()
    lines = [line.strip() for line in value.splitlines()]
    if len(lines) > 1:
        yield from (line for line in lines if len(line) >= _LONG_LINE)
    try:
        password = urlsplit(value).password
    except ValueError:
        password = None
    if password:
        from urllib.parse import unquote

        yield password
        yield unquote(password)


def forms_of(value: str) -> dict[str, bool]:
    """The texts by which a value can be found: form → whether it is part of a base64 text.

    The first and last letters of a base64 text can carry bits of what stands beside the value, so that a form
    is only what is certain; a neighbouring letter on each side belongs to it too.
    """
    data = value.encode("utf-8", "surrogatepass")
    forms = dict.fromkeys(_texts(value, data), False)
    forms |= dict.fromkeys(_base64(data), True)
    return {form: is_base64 for form, is_base64 in forms.items() if len(form) >= LEAST}


def _texts(value: str, data: bytes) -> Iterator[str]:
    yield value
    yield from _cased(_percent_encoded(value))
    yield from _cased(_escaped(value, data))
    yield from _for_shells(value)
    yield html.escape(value, quote=False)
    yield html.escape(value)
    yield html.escape(value).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
    for text in (data.hex(), *(data.hex("\n").replace("\n", mark) for mark in _HEX_SEPARATORS)):
        yield text
        yield text.upper().replace("X", "x") if "x" in text else text.upper()


def _percent_encoded(value: str) -> Iterator[str]:
    for safe in ("", "/", "!'()*-._~", "!#$%&'()*+,/:;=?@[]~"):
        once = quote(value, safe=safe, errors="surrogatepass")
        yield once
        yield quote(once, safe="")
    yield quote_plus(value, errors="surrogatepass")


def _escaped(value: str, data: bytes) -> Iterator[str]:
    """As JSON, Python and C write it between quotes."""
    for ascii_only in (True, False):
        once = json.dumps(value, ensure_ascii=ascii_only)[1:-1]
        yield once
        yield once.replace("/", "\\/")
        yield json.dumps(once, ensure_ascii=ascii_only)[1:-1]
    for text in (repr(value), ascii(value), repr(data)[1:]):
        yield text[1:-1]
    yield value.replace("\\", "\\\\").replace("'", "\\'")
    yield value.replace("'", "''")
    yield value.replace('"', '""')


def _for_shells(value: str) -> Iterator[str]:
    """Between single and double quotes, and with a backslash before what a shell would read."""
    yield shlex.quote(value)[1:-1] if shlex.quote(value) != value else value
    yield value.replace("'", "'\\''")
    yield re.sub(r"([$`\"\\!])", r"\\\1", value)
    yield re.sub(r"([$`\"\\])", r"\\\1", value)
    yield _SHELL_SPECIAL.sub(r"\\\1", value)


def _cased(texts: Iterator[str]) -> Iterator[str]:
    """With the digits of percent and ``\\u`` escapes in small and in capital letters."""
    for text in texts:
        yield text
        yield re.sub(r"%[0-9A-F]{2}", lambda m: m[0].lower(), text)
        yield re.sub(r"(\\[ux])([0-9a-f]+)", lambda m: m[1] + m[2].upper(), text)


def _base64(data: bytes) -> Iterator[str]:
    for offset in range(3):
        text = base64.b64encode(bytes(offset) + data).decode()
        certain = text[-(-offset * 8 // 6) : (offset + len(data)) * 8 // 6]
        yield certain
        yield certain.replace("+", "-").replace("/", "_")
