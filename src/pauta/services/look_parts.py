"""What flows give that is more than one frame: its parts by name, and the whole as people read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pauta.domain.outputs import Kind, Output

_PLAIN = "json"
_ITEMS = frozenset({"$tuple", "$set", "$frozenset"})
_WITH_TEXT_FIRST = frozenset({"$datetime", "$time", "$path", "$pandas"})


def parts_of(name: str, objects: Sequence[Output]) -> Iterator[tuple[str, Output]]:
    """The stored objects of a value, named ``result.1``, ``result.2`` …"""
    for number, output in enumerate(objects, start=1):
        yield f"{name}.{number}", output


def readable(name: str, output: Output, objects: Sequence[Output]) -> Any:
    """A small value as JSON without tags; where a frame stands in it, its name and size.

    Args:
        name: Of the value.
        output: The value.
        objects: What it refers to.
    """
    if output.format == _PLAIN:
        return output.value
    texts = [_said(part, of) for part, of in parts_of(name, objects)]
    return _untagged(output.value, texts)


def _said(name: str, output: Output) -> str:
    if output.kind is not Kind.FRAME:
        return f"<{name}: {output.kind.value} {output.format}>"
    return f"<{name}: {output.rows or 0} × {len(output.columns)}>"


def _untagged(tree: Any, objects: Sequence[str]) -> Any:
    if isinstance(tree, list):
        return [_untagged(item, objects) for item in tree]
    if not isinstance(tree, dict):
        return tree
    tag = next(iter(tree)) if len(tree) == 1 else ""
    if not tag.startswith("$"):
        return {key: _untagged(item, objects) for key, item in tree.items()}
    return _of_tag(tag, tree[tag], objects)


def _of_tag(tag: str, content: Any, objects: Sequence[str]) -> Any:
    match content:
        case int(at) | [_, int(at), _] if tag in ("$object", "$series"):
            return objects[at] if at < len(objects) else tag
        case [str(), fields] if tag == "$of":
            return _untagged(fields, objects)
        case list(pairs) if tag == "$dict":
            items = [(_untagged(key, objects), _untagged(item, objects)) for key, item in pairs]
            named = all(isinstance(key, str) for key, _ in items)
            return dict(items) if named else [list(item) for item in items]
        case list(items) if tag in _ITEMS:
            return [_untagged(item, objects) for item in items]
        case [str(text), *_] if tag in _WITH_TEXT_FIRST:
            return text
    return _untagged(content, objects)
