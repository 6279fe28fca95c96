"""Which names are allowed, and why not when one is refused."""

from __future__ import annotations

import re
from collections.abc import Callable

from pauta.domain.problems import Scalar, shorten

MAX_NAME = 200
MAX_PATH = 4096

# Written with escapes that Python and the schema's dialect (ECMA-262) both understand.
_CONTROL = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"
_BIDI = r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_BLANK = r" \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\ufeff"
_EDGES = rf"[^{_BLANK}](?:[\s\S]*[^{_BLANK}])?$"

NAME_PATTERN = rf"^(?![\s\S]*(?:\.\.|[/{_CONTROL}{_BIDI}]))(?!\.$){_EDGES}"
"""A name of a step, frame, model or parameter: at most `MAX_NAME` characters, no path, nothing invisible."""

PATH_PATTERN = rf"^(?![\s\S]*[{_CONTROL}{_BIDI}]){_EDGES}"
"""A path as a document may give it: at most `MAX_PATH` characters. Where it may lead is checked elsewhere."""

matches_name: Callable[[str], object] = re.compile(NAME_PATTERN).match
matches_path: Callable[[str], object] = re.compile(PATH_PATTERN).match

_with_entry = re.compile(r"(.+\.py):([^/\\:]+)", re.DOTALL | re.IGNORECASE).fullmatch


def split_entry(file_path: str) -> tuple[str, str]:
    """``flows.py:full_flow`` as the file and its function; the function is empty when none is named.

    Only what follows ``.py:`` and is no path is a function: drives and schemes (``C:\\flows.py``,
    ``gridfs://flows.py``) belong to the file.
    """
    match = _with_entry(file_path)
    return (match[1], match[2]) if match else (file_path, "")


_only_blank = re.compile(rf"[\s{_BLANK}]*").fullmatch
_blank_edge = re.compile(rf"^[{_BLANK}]|[{_BLANK}]$").search
_control = re.compile(f"[{_CONTROL}]").search
_bidi = re.compile(f"[{_BIDI}]").search


def why_refused(text: str, *, limit: int, is_path: bool) -> tuple[str, dict[str, Scalar]]:
    """The variant of RCP-009 for a name or path that its pattern or limit refuses, and its values."""
    found = f'"{shorten(text)}"'
    if len(text) > limit:
        return "long", {"length": len(text), "limit": limit}
    if _only_blank(text):
        return ("blank" if text else "empty"), {}
    for variant, search in (("control", _control), ("bidi", _bidi)):
        match = search(text)
        if match:
            return variant, {"found": found, "character": f"U+{ord(match.group()):04X}"}
    if _blank_edge(text):
        return "edge", {"found": found}
    if not is_path and "/" in text:
        return "slash", {"found": found}
    return "dots", {"found": found}
