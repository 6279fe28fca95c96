"""Whether an answer is what a flow asked for: JSON Schema, with every fault told in words and with its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, time
from typing import TYPE_CHECKING, Any

import msgspec

from pauta.domain.outputs import INLINE_LIMIT
from pauta.domain.problems import InvalidInput, Place, Problem, StepFault, shorten
from pauta.frames.values import json_bytes, plain

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError

_MOST_FAULTS = 20
_DATE = r"\d{4}-\d{2}-\d{2}"
_CLOCK = r"\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?"
_SIGNS = {
    "minimum": "≥",
    "maximum": "≤",
    "exclusiveMinimum": ">",
    "exclusiveMaximum": "<",
    "pattern": "~",
    "multipleOf": "n ×",
}


def check_answer(value: Any, schema: Mapping[str, Any] | None) -> None:
    """Whether a value fits a schema. Nothing is fetched for that: references outside the schema are not followed.

    Times may come without a zone and without seconds, as the flow's own types take them.

    Raises:
        InvalidInput: FLW-087, one problem for each fault with the place in the answer; when the answer is too
            large; when the schema is none. SCR-022 when JSON cannot hold it.
    """
    try:
        size = len(json_bytes(plain(value, output="answer")))
    except StepFault as unfit:
        raise InvalidInput(unfit.problems) from None
    if size > INLINE_LIMIT:
        raise InvalidInput(Problem("FLW-087", {"size": size, "most": INLINE_LIMIT}, variant="large"))
    if schema is None:
        return
    import jsonschema_rs

    try:
        validator = jsonschema_rs.validator_for(
            dict(schema),
            validate_formats=True,
            formats=_FORMATS,
            # An expression that takes exponential time is refused as none, not run.
            pattern_options=jsonschema_rs.RegexOptions(),
            offline=True,
        )
        faults = [fault for _, fault in zip(range(_MOST_FAULTS), validator.iter_errors(value), strict=False)]
    except (jsonschema_rs.ValidationError, ValueError) as error:
        reason = shorten(str(error).partition("\n")[0], 120)
        raise InvalidInput(Problem("FLW-087", {"reason": reason}, variant="schema")) from None
    if faults:
        raise InvalidInput([problem for fault in faults for problem in _problems(fault, schema)])


def _problems(fault: ValidationError, schema: Mapping[str, Any]) -> list[Problem]:
    facts = fault.kind.as_dict()
    if fault.kind.name == "required":
        return [Problem("FLW-087", variant="missing", place=_place([*fault.instance_path, facts["property"]]))]
    if fault.kind.name == "additionalProperties":
        known = shorten(", ".join(_at(schema, fault.schema_path[:-1]).get("properties", ())) or "-", 200)
        return [
            Problem("FLW-087", {"known": known}, variant="unknown", place=_place([*fault.instance_path, shorten(name)]))
            for name in facts["unexpected"]
        ]
    found = shorten(msgspec.json.encode(fault.instance).decode(), 60)
    return [Problem("FLW-087", {"expected": _expected(fault), "found": found}, place=_place(fault.instance_path))]


def _expected(fault: ValidationError) -> str:
    """What would have been right, in signs and the schema's own words, which both languages share."""
    keyword, facts = fault.kind.name, fault.kind.as_dict()
    if keyword == "type":
        return " | ".join(facts["types"])
    if keyword == "enum":
        return shorten(" | ".join(msgspec.json.encode(option).decode() for option in facts["options"]), 200)
    if keyword in ("anyOf", "oneOf") and "context" in facts:
        inner = [_expected(each) for branch in facts["context"] for each in branch[:1]]
        return shorten(" | ".join(dict.fromkeys(inner)) or keyword, 200)
    given = next(iter(facts.values()), None)
    if keyword == "format":
        return str(given)
    if given is None:
        return keyword
    sign = _SIGNS.get(keyword, keyword)
    return shorten(f"{sign} {given if isinstance(given, str) else msgspec.json.encode(given).decode()}", 200)


def _at(schema: Mapping[str, Any], path: list[str | int]) -> Mapping[str, Any]:
    """The part of a schema that lies there; references on the way are those that pydantic writes."""
    here: Any = schema
    for part in path:
        if isinstance(here, Mapping) and part == "$ref":
            names = str(here["$ref"]).removeprefix("#/").split("/")
            here = schema
            for name in names:
                here = here.get(name, {}) if isinstance(here, Mapping) else {}
            continue
        try:
            here = here[part]
        except (KeyError, IndexError, TypeError):
            return {}
    return here if isinstance(here, Mapping) else {}


def _place(path: list[str | int]) -> Place:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return Place(field=text.removeprefix(".") or "value")


def _is_date_time(text: str) -> bool:
    return _reads(rf"{_DATE}[T ]{_CLOCK}", text, datetime.fromisoformat)


def _is_time(text: str) -> bool:
    return _reads(_CLOCK, text, time.fromisoformat)


def _reads(pattern: str, text: str, read: Callable[[str], object]) -> bool:
    if not re.fullmatch(pattern, text, re.ASCII):
        return False
    try:
        read(text)
    except ValueError:
        return False
    return True


_FORMATS: dict[str, Callable[[str], bool]] = {"date-time": _is_date_time, "time": _is_time}
