"""Text from outside made harmless for a terminal: no colour codes, no cursor moves, no hidden reordering."""

from __future__ import annotations

import json
import math
import re
from typing import Any

_SEQUENCES = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\|$)"  # operating system commands: titles, links, clipboard
    r"|\x1b[PX^_].*?(?:\x1b\\|$)"  # device control strings and the like
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours, cursor moves
    r"|\x1b[ -/]*[0-~]",  # two-character commands
    re.DOTALL,
)
_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_CONTROLS = re.compile(rf"[\x00-\x08\x0b-\x1f\x7f-\x9f{_BIDI}\ud800-\udfff]")
_NOT_IN_JSON = re.compile(rf"[\x7f-\x9f\u2028\u2029{_BIDI}\ud800-\udfff]")


def clean(text: object) -> str:
    """The text without control codes; line ends and tabs stay."""
    return _CONTROLS.sub("", _SEQUENCES.sub("", str(text).replace("\r\n", "\n")))


def one_line(text: object) -> str:
    """The text on one line, for cells and bars."""
    return " ".join(clean(text).split())


def as_json(value: Any) -> str:
    """Indented JSON that is valid everywhere: numbers that JSON lacks become null, control codes escapes."""
    text = json.dumps(_finite(value), ensure_ascii=False, indent=2, default=str)
    return _NOT_IN_JSON.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value
