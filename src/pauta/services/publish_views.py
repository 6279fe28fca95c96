"""Looks into published pipelines: versions, documents, scripts and who uses them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pauta.authoring.source import encoding_of
from pauta.domain.ids import Address
from pauta.domain.pipelines import PipelineHead, PipelineVersion
from pauta.domain.problems import NotFound, Problem, Scalar, shorten
from pauta.ports.store import Transaction
from pauta.services.control import Control
from pauta.services.publish_checks import input_views, step_views
from pauta.services.publish_diff import difference, text_of_script
from pauta.services.published import checked_document, find_head, find_version
from pauta.services.view_pipelines import (
    ActivationList,
    PipelineLine,
    PipelineList,
    PipelineView,
    ScriptForm,
    ScriptLine,
    ScriptList,
    ScriptRef,
    ScriptText,
    ScriptUse,
    ScriptView,
    VersionDifference,
    VersionList,
    VersionView,
    activation_view,
    parameter_view,
    version_line,
)


def list_pipelines(control: Control) -> PipelineList:
    """All pipelines, by name."""
    with control.store.transaction() as tx:
        found = [(head, tx.pipelines.get(head.name, head.newest)) for head in tx.pipelines.heads()]
    return PipelineList(
        tuple(
            PipelineLine(h.name, h.active or None, h.newest, newest.published_at, newest.published_by)
            for h, newest in found
            if newest is not None
        )
    )


def view_pipeline(control: Control, name: str) -> PipelineView:
    """A pipeline with its versions.

    Raises:
        NotFound: PIP-001.
    """
    with control.store.transaction() as tx:
        head = find_head(tx, name)
        versions = tx.pipelines.versions(name)
        deployments = tuple(d.name for d in tx.deployments.all() if d.pipeline == name)
    return PipelineView(
        name=name,
        active=head.active or None,
        newest=head.newest,
        versions=tuple(version_line(v, active=head.active) for v in versions),
        deployments=deployments,
    )


def list_versions(control: Control, name: str) -> VersionList:
    """All versions, newest first.

    Raises:
        NotFound: PIP-001.
    """
    with control.store.transaction() as tx:
        head = find_head(tx, name)
        versions = tx.pipelines.versions(name)
    return VersionList(name, tuple(version_line(v, active=head.active) for v in versions))


def view_version(control: Control, name: str, number: int) -> VersionView:
    """A version with its document.

    Raises:
        NotFound: PIP-001, PIP-002.
        StoreFault: OBJ-001, OBJ-002 when its document is lost or damaged.
    """
    with control.store.transaction() as tx:
        head = find_head(tx, name)
        version = find_version(tx, name, number)
    text = control.objects.read(version.document)
    pipeline, required = checked_document(version, control.objects)
    return VersionView(
        name=name,
        version=version.version,
        digest=version.digest,
        file=version.file,
        document=text.decode("utf-8-sig"),
        scripts=tuple(ScriptRef(path, address) for path, address in sorted(version.scripts.items())),
        steps=step_views(pipeline),
        inputs=input_views(pipeline),
        required_inputs=required,
        parameters=tuple(parameter_view(spec) for spec in pipeline.parameters.values()),
        published_at=version.published_at,
        published_by=version.published_by,
        note=version.note,
        active=version.version == head.active,
    )


def view_script_of(control: Control, name: str, number: int, path: str) -> ScriptText:
    """A script of a version.

    Raises:
        NotFound: PIP-001, PIP-002, PIP-005.
    """
    with control.store.transaction() as tx:
        version = find_version(tx, name, number)
    address = version.scripts.get(path)
    if address is None:
        values: dict[str, Scalar] = {"pipeline": shorten(name), "version": number, "script": shorten(path)}
        raise NotFound(Problem("PIP-005", values, variant="version"))
    source = control.objects.read(address)
    return ScriptText(path, address, text_of_script(source, file=path), encoding_of(source))


def list_activations(control: Control, name: str) -> ActivationList:
    """A pipeline's activations, newest first.

    Raises:
        NotFound: PIP-001.
    """
    with control.store.transaction() as tx:
        find_head(tx, name)
        found = tx.pipelines.activations(name)
    return ActivationList(name, tuple(activation_view(a) for a in found))


def compare_versions(control: Control, name: str, a: int, b: int) -> VersionDifference:
    """How version `b` differs from version `a`.

    Raises:
        NotFound: PIP-001, PIP-002.
    """
    with control.store.transaction() as tx:
        before, after = find_version(tx, name, a), find_version(tx, name, b)
    return difference(before, after, control.objects)


# ---- scripts over all pipelines -------------------------------------------------------------------


@dataclass(slots=True)
class _Form:
    """One form of a script: the versions that have it, by pipeline."""

    first: PipelineVersion
    versions: dict[str, list[int]] = field(default_factory=dict)


def list_scripts(control: Control) -> ScriptList:
    """All scripts of all versions, by path."""
    with control.store.transaction() as tx:
        forms, _ = _forms(tx)
    lines = []
    for path, found in sorted(forms.items()):
        pipelines = tuple(sorted({name for form in found.values() for name in form.versions}))
        lines.append(ScriptLine(path, len(found), pipelines, max(f.first.published_at for f in found.values())))
    return ScriptList(tuple(lines))


def view_script(control: Control, path: str) -> ScriptView:
    """A script with every form it had, and the pipelines that use it.

    Raises:
        NotFound: PIP-005.
    """
    with control.store.transaction() as tx:
        forms, active = _forms(tx)
    found = forms.get(path)
    if not found:
        raise NotFound(Problem("PIP-005", {"script": shorten(path)}))
    newest = sorted(found.items(), key=lambda pair: pair[1].first.published_at, reverse=True)
    text = text_of_script(control.objects.read(newest[0][0]), file=path)
    return ScriptView(path, text, tuple(ScriptForm(a, f.first.published_at, _uses(f, active)) for a, f in newest))


def _uses(form: _Form, active: Mapping[str, int]) -> tuple[ScriptUse, ...]:
    return tuple(
        ScriptUse(name, tuple(sorted(versions, reverse=True)), active[name] in versions)
        for name, versions in sorted(form.versions.items())
    )


def _forms(tx: Transaction) -> tuple[dict[str, dict[Address, _Form]], dict[str, int]]:
    """Every script by path and address, and the active version of each pipeline."""
    heads = tx.pipelines.heads()
    forms: dict[str, dict[Address, _Form]] = {}
    for version in _oldest_first(tx, heads):
        for path, address in version.scripts.items():
            form = forms.setdefault(path, {}).setdefault(address, _Form(version))
            if version.published_at < form.first.published_at:
                form.first = version
            form.versions.setdefault(version.name, []).append(version.version)
    return forms, {head.name: head.active for head in heads}


def _oldest_first(tx: Transaction, heads: list[PipelineHead]) -> Iterator[PipelineVersion]:
    for head in heads:
        yield from reversed(tx.pipelines.versions(head.name))
