"""How two versions of a pipeline differ: unified diffs of the document and of each script."""

from __future__ import annotations

import difflib

from pauta.authoring.source import decode_source
from pauta.domain.ids import Address
from pauta.domain.pipelines import PipelineVersion
from pauta.domain.problems import InvalidInput
from pauta.ports.objects import Objects
from pauta.services.view_pipelines import VersionDifference

_LONGEST_IN_MESSAGE = 8_000


def difference(a: PipelineVersion, b: PipelineVersion, objects: Objects) -> VersionDifference:
    """How `b` differs from `a`."""
    scripts = {
        path: text
        for path in sorted({*a.scripts, *b.scripts})
        if (text := _difference(path, a.scripts.get(path), b.scripts.get(path), objects, versions=(a, b)))
    }
    return VersionDifference(
        name=a.name,
        a=a.version,
        b=b.version,
        document=_difference(b.file, a.document, b.document, objects, versions=(a, b)),
        scripts=scripts,
        added=tuple(sorted(set(b.scripts) - set(a.scripts))),
        removed=tuple(sorted(set(a.scripts) - set(b.scripts))),
    )


def text_difference(a: PipelineVersion, b: PipelineVersion, objects: Objects) -> str:
    """The same as one text, cut where it grows too long for a message."""
    found = difference(a, b, objects)
    text = "".join([found.document, *found.scripts.values()])
    if len(text) <= _LONGEST_IN_MESSAGE:
        return text
    return text[:_LONGEST_IN_MESSAGE] + "\n…"


def text_of_script(source: bytes, *, file: str) -> str:
    """A script's text as its coding line says it is written; bytes that do not fit are shown as �."""
    try:
        return decode_source(source, file=file)
    except InvalidInput:
        return source.decode(errors="replace")


def _difference(
    path: str,
    a: Address | None,
    b: Address | None,
    objects: Objects,
    *,
    versions: tuple[PipelineVersion, PipelineVersion],
) -> str:
    if a == b:
        return ""
    before, after = (
        text_of_script(objects.read(side), file=path).splitlines(keepends=True) if side is not None else []
        for side in (a, b)
    )
    labels = f"{path} v{versions[0].version}", f"{path} v{versions[1].version}"
    # A last line without an end would run into the next line of the diff.
    lines = difflib.unified_diff(before, after, *labels)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
