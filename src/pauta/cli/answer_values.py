"""Values of answers from their text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pauta.domain.problems import InvalidInput, Problem, shorten


def value_of(text: str, schema: Mapping[str, Any] | None, *, is_file: bool = False) -> Any:
    """The value that a text means: JSON; where a text is asked for, the text itself.

    Args:
        text: As typed, or the content of a file.
        schema: What is asked for; None: anything.
        is_file: It is a file's content, which is JSON and nothing else.

    Raises:
        InvalidInput: FLW-087 when it is neither.
    """
    import msgspec

    types = _types(schema)
    if types == {"string"} and not is_file and not text.startswith('"'):
        return text
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError) as error:
        if not is_file and (not types or "string" in types):
            return text
        raise InvalidInput(Problem("FLW-087", {"reason": shorten(error)}, variant="json")) from None


def _types(schema: Mapping[str, Any] | None) -> set[str]:
    """The types that a schema allows at its top, as far as it says so; empty: any."""
    if schema is None:
        return set()
    said = schema.get("type")
    if isinstance(said, str):
        return {said}
    if isinstance(said, Sequence):
        return set(said)
    branches = [_types(each) for each in schema.get("anyOf", ()) if isinstance(each, Mapping)]
    return set().union(*branches) if branches and all(branches) else set()
