"""Pipeline documents, in JSON or YAML, become pipelines."""

from __future__ import annotations

from pathlib import Path

from pauta.authoring.build import build, check_together
from pauta.authoring.fields import PARTS, PIPELINE
from pauta.authoring.findings import Findings, Stop
from pauta.authoring.json_reader import read_json
from pauta.authoring.nodes import MAX_BYTES, MAX_STEPS, Node, SourceText
from pauta.domain.pipeline import Pipeline
from pauta.domain.problems import InvalidInput, Place, Problem

_BOM = b"\xef\xbb\xbf"
_YAML_ENDINGS = (".yaml", ".yml")


def read_document(path: Path, *, file: str) -> bytes:
    """The bytes of a document, never more than one beyond the limit.

    Args:
        path: Where it is.
        file: How messages name it.

    Raises:
        InvalidInput: RCP-011 when it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            text = stream.read(MAX_BYTES + 1)
            if len(text) > MAX_BYTES:
                raise InvalidInput(_too_big(max(path.stat().st_size, len(text)), file))
            return text
    except OSError as error:
        values = {"reason": error.strerror or type(error).__name__}
        raise InvalidInput(Problem("RCP-011", values, place=Place(file=file))) from error


def parse_document(text: bytes, *, file: str) -> Pipeline:
    """The pipeline that a document describes.

    Args:
        text: The document, UTF-8. JSON or YAML: by the ending of ``file``, else by the first character.
        file: The document's path, as messages name it.

    Raises:
        InvalidInput: With every problem of the document in its order (the first 100, then how many there
            are): RCP-001 syntax, 002 unknown key, 003 missing or of the wrong kind, 004 key twice, 005 step
            name twice, 006 parameter not declared, 008 limits, 009 names.
    """
    if len(text) > MAX_BYTES:
        raise InvalidInput(_too_big(len(text), file))
    findings = Findings(SourceText(_decode(text, file), file))
    try:
        root = _read(findings)
        _check_size(root, findings)
    except Stop:
        findings.raise_if_any()
        raise
    checked = PIPELINE.check(root, None, findings)
    parameters = check_together(root, checked, findings) if isinstance(checked, dict) else {}
    findings.raise_if_any()
    return build(root, checked, parameters=parameters, source=findings.source)


def _too_big(size: int, file: str) -> Problem:
    return Problem("RCP-008", {"found": size, "limit": MAX_BYTES}, variant="size", place=Place(file=file))


def _decode(text: bytes, file: str) -> str:
    body = text.removeprefix(_BOM)
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        before = SourceText(body[: error.start].decode("utf-8"), file)
        place = before.place(len(before.text))
        values = {"byte": f"0x{body[error.start]:02x}"}
        raise InvalidInput(Problem("RCP-001", values, variant="bytes", place=place)) from error


def _read(findings: Findings) -> Node:
    file = findings.source.file.lower()
    if file.endswith(_YAML_ENDINGS) or not (file.endswith(".json") or _looks_like_json(findings.source.text)):
        from pauta.authoring.yaml_reader import read_yaml  # most documents are JSON

        return read_yaml(findings)
    return read_json(findings)


def _looks_like_json(text: str) -> bool:
    return text.lstrip()[:1] in ("{", "[")


def _check_size(root: Node, findings: Findings) -> None:
    """Stop before thousands of steps are looked at one by one."""
    if not isinstance(root.data, dict):
        return
    lists = [root.data[part] for part in PARTS if part in root.data]
    steps = sum(len(node.data) for node in lists if isinstance(node.data, list))
    if steps > MAX_STEPS:
        findings.add("RCP-008", root.at, variant="steps", found=steps, limit=MAX_STEPS)
        raise Stop
