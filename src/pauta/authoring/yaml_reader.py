"""Reads YAML and remembers where everything stood.

The parser's events are turned into nodes here, not by its own loader: so nothing is built that exceeds the
limits, an alias is never copied, two equal keys are seen, and no tag can make an object.

Scalars mean what they mean in YAML 1.2: ``no`` and ``on`` are text, ``1e-5`` is a number. A number with a
leading zero stays text, because it is most likely an identifier.
"""

from __future__ import annotations

import re
from typing import Any

from pauta.authoring.findings import Findings, Stop
from pauta.authoring.json_reader import number_of
from pauta.authoring.nodes import BROKEN, MAX_DEPTH, MAX_VALUES, Node, Path
from pauta.domain.problems import Scalar, shorten

_WORDS: dict[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_WHOLE = re.compile(r"[-+]?(?:0|[1-9][0-9]*)").fullmatch
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+").fullmatch
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?").fullmatch
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)").fullmatch
_UNREADABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_STANDARD = "tag:yaml.org,2002:"


def read_yaml(findings: Findings) -> Node:
    """The root value of the document.

    Raises:
        Stop: When reading cannot go on; why is in the findings.
    """
    import yaml  # costs more than all the rest of this room: only who writes YAML pays for it

    text = findings.source.text
    unreadable = _UNREADABLE.search(text)
    if unreadable:
        found = f"U+{ord(unreadable.group()):04X}"
        findings.add("RCP-001", unreadable.start(), variant="control", found=found)
        raise Stop
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    composer = _Composer(findings)
    try:
        for event in yaml.parse(text, Loader=loader):
            composer.take(type(event).__name__, event)
    except yaml.MarkedYAMLError as error:
        _complain(findings, error)
    return composer.root


def _complain(findings: Findings, error: Any) -> None:
    """Say in our words, or the parser's, what it stumbled over."""
    mark = error.problem_mark or error.context_mark
    at = mark.index if mark else 0
    problem = str(error.problem or error)
    if "end of stream" in problem and error.context_mark and "scalar" in str(error.context):
        findings.add("RCP-001", error.context_mark.index, variant="open")
    elif findings.source.text[at : at + 1] == "\t":
        findings.add("RCP-001", at, variant="tab")
    else:
        findings.add("RCP-001", at, variant="yaml", reason=shorten(problem, 200))
    raise Stop


class _Open:
    """A list or an object whose end has not come yet."""

    __slots__ = ("anchor", "height", "key", "key_at", "merges", "node", "path", "size")

    def __init__(self, node: Node, path: Path, anchor: str | None) -> None:
        self.node = node
        self.path = path
        self.anchor = anchor
        self.key: Any = None  # a key whose value has not come yet
        self.key_at = -1
        self.merges: list[tuple[int, Node]] = []
        self.size = 1
        self.height = 1


class _Composer:
    """Makes nodes of events."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.root = Node(None, 0)
        self.documents = 0
        self.values = 0
        self.open: list[_Open] = []
        self.anchors: dict[str, tuple[Node, int, int] | None] = {}

    def take(self, kind: str, event: Any) -> None:
        """One event of the parser."""
        if kind == "ScalarEvent":
            self.scalar(event)
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            self.begin(event, is_object=kind == "MappingStartEvent")
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            self.end()
        elif kind == "AliasEvent":
            self.alias(event)
        elif kind == "DocumentStartEvent":
            self.documents += 1
            if self.documents > 1:
                self.fail("RCP-001", event.start_mark.index, "documents")

    def fail(self, code: str, at: int, variant: str, **values: Scalar) -> None:
        self.findings.add(code, at, path=None, variant=variant, **values)
        raise Stop

    def count(self, more: int, at: int) -> None:
        self.values += more
        if self.values > MAX_VALUES:
            self.fail("RCP-008", at, "values", limit=MAX_VALUES)

    def path(self) -> Path:
        """Where the next value will stand."""
        if not self.open:
            return None
        top = self.open[-1]
        return (top.path, top.key if top.node.keys is not None else len(top.node.data))

    def expects_key(self) -> bool:
        return bool(self.open) and self.open[-1].node.keys is not None and self.open[-1].key_at < 0

    def scalar(self, event: Any) -> None:
        at = event.start_mark.index
        if self.expects_key():
            top = self.open[-1]
            top.key, top.key_at = self.key(event, at), at
            if event.anchor:
                self.anchors[event.anchor] = (Node(event.value, at), 1, 0)
            return
        self.count(1, at)
        self.put(Node(self.scalar_value(event, at), at), size=1, height=0, anchor=event.anchor)

    def key(self, event: Any, at: int) -> Any:
        if event.value == "<<" and event.implicit[0]:
            return _MERGE
        if event.tag not in (None, "!", _STANDARD + "str") and not event.implicit[0]:
            self.findings.add("RCP-001", at, variant="tag", found=shorten(event.tag))
        return self.whole_text(event.value, at)

    def whole_text(self, text: str, at: int) -> Any:
        """The text, unless an escape left half a character in it; two halves are joined."""
        half = _SURROGATE.search(text)
        if not half:
            return text
        try:
            return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
        except UnicodeDecodeError:
            self.findings.add("RCP-001", at, variant="surrogate", found=f"\\u{ord(half.group()):04x}")
            return BROKEN

    def scalar_value(self, event: Any, at: int) -> Any:
        tag, text = event.tag, event.value
        if tag not in (None, "!"):
            if tag == _STANDARD + "str":
                return self.whole_text(text, at)
            self.findings.add("RCP-001", at, path=self.path(), variant="tag", found=shorten(tag))
            return BROKEN
        if not event.implicit[0]:
            return self.whole_text(text, at)
        if text in _WORDS:
            return _WORDS[text]
        return self.number_or_text(text, at)

    def number_or_text(self, text: str, at: int) -> Any:
        number: int | float | None
        if _WHOLE(text):
            number = number_of(text, whole=True)
        elif _BASED(text):
            number = number_of(str(int(text, 0)), whole=True) if len(text) <= 24 else None
        elif _NOT_FINITE(text):
            number = None
        elif _FLOAT(text):
            number = number_of(text, whole=False)
        else:
            return self.whole_text(text, at)
        if number is None:
            self.findings.add("RCP-001", at, path=self.path(), variant="number", found=shorten(text, 30))
            return BROKEN
        return number

    def begin(self, event: Any, *, is_object: bool) -> None:
        at = event.start_mark.index
        if self.expects_key():
            self.fail("RCP-001", at, "complex_key")
        if event.tag not in (None, "!", _STANDARD + ("map" if is_object else "seq")):
            self.findings.add("RCP-001", at, path=self.path(), variant="tag", found=shorten(event.tag))
        if len(self.open) >= MAX_DEPTH:
            self.fail("RCP-008", at, "depth", limit=MAX_DEPTH)
        self.count(1, at)
        node = Node({}, at, {}) if is_object else Node([], at)
        self.open.append(_Open(node, self.path(), event.anchor))
        if event.anchor:
            self.anchors[event.anchor] = None

    def end(self) -> None:
        done = self.open.pop()
        for at, base in done.merges:
            self.merge(done, base, at)
        self.put(done.node, size=done.size, height=done.height, anchor=done.anchor)

    def alias(self, event: Any) -> None:
        at, name = event.start_mark.index, event.anchor
        if name not in self.anchors:
            self.fail("RCP-001", at, "alias", found=shorten(name))
        known = self.anchors[name]
        if known is None:
            self.fail("RCP-001", at, "self", found=shorten(name))
            return
        node, size, height = known
        if self.expects_key():
            if not isinstance(node.data, str):
                self.fail("RCP-001", at, "complex_key")
            self.open[-1].key, self.open[-1].key_at = node.data, at
            return
        if len(self.open) + height > MAX_DEPTH:
            self.fail("RCP-008", at, "depth", limit=MAX_DEPTH)
        self.count(size, at)
        self.put(Node(node.data, at, node.keys), size=size, height=height, anchor=None)

    def put(self, node: Node, *, size: int, height: int, anchor: str | None) -> None:
        """Put a complete value into what is open."""
        if anchor:
            self.anchors[anchor] = (node, size, height)
        if not self.open:
            self.root = node
            return
        top = self.open[-1]
        top.size += size
        top.height = max(top.height, height + 1)
        if top.node.keys is None:
            top.node.data.append(node)
            return
        key, key_at = top.key, top.key_at
        top.key, top.key_at = None, -1
        if key is _MERGE:
            self.remember_merge(top, node)
        elif key in top.node.data:
            first, _ = self.findings.source.where(top.node.keys[key])
            self.findings.add("RCP-004", key_at, path=(top.path, key), key=shorten(key), first=first)
        elif key is not BROKEN:
            top.node.data[key] = node
            top.node.keys[key] = key_at

    def remember_merge(self, top: _Open, node: Node) -> None:
        bases = node.data if isinstance(node.data, list) else [node]
        for base in bases:
            if base.keys is None:
                self.fail("RCP-001", base.at, "merge")
            top.merges.append((node.at, base))

    def merge(self, done: _Open, base: Node, at: int) -> None:
        """Take over what the object itself does not say."""
        self.count(len(base.data), at)
        keys, base_keys = done.node.keys or {}, base.keys or {}
        for key, node in base.data.items():
            if key not in done.node.data:
                done.node.data[key] = node
                keys[key] = base_keys[key]


_MERGE = object()
