"""Publishes pipelines: a document with its scripts becomes a numbered version that never changes."""

from __future__ import annotations

from msgspec.structs import replace

from pauta.domain.pipelines import Activation, PipelineHead, PipelineVersion
from pauta.domain.problems import Conflict, InvalidInput, Problem, Scalar, shorten
from pauta.ports.store import Transaction
from pauta.services.accept_terms import text_problems
from pauta.services.behalf import Behalf
from pauta.services.control import Control
from pauta.services.publish_checks import Sent, inspect
from pauta.services.publish_diff import text_difference
from pauta.services.published import digest_of, find_head, find_version
from pauta.services.view_pipelines import ActivationView, PublishedView, activation_view

_RACES = 50


def publish(
    control: Control,
    sent: Sent,
    *,
    behalf: Behalf,
    note: str = "",
    activate: bool = True,
    based_on: int | None = None,
) -> PublishedView:
    """Publish a document with its scripts.

    The same bytes are the same version: nothing new is made of them.

    Args:
        control: The server's hold of the project.
        sent: Document and scripts.
        behalf: Who publishes.
        note: What to say about it.
        activate: Whether it is what runs from now on when no version is named.
        based_on: The version that was edited: when it is not the newest any more, nothing is published (B21).

    Raises:
        InvalidInput: With every problem of document and scripts.
        Conflict: SCR-040 when `based_on` is not the newest version, with what changed since.
        StoreFault: It could not be kept.
    """
    _check_text("note", note)
    inspected = inspect(sent)
    name = inspected.pipeline.name
    behalf.allow(name)
    # Objects before rows: no row ever refers to what is not stored for good (P22).
    document = control.objects.put(sent.document).address
    scripts = {path: control.objects.put(source).address for path, source in inspected.scripts.items()}
    control.objects.sync([document, *scripts.values()])
    wanted = PipelineVersion(
        name=name,
        version=0,
        digest=digest_of(document, file=sent.file, scripts=scripts),
        document=document,
        file=sent.file,
        scripts=scripts,
        published_at=control.now(),
        published_by=behalf.name,
        note=note,
    )
    for _ in range(_RACES):
        with control.store.transaction(durable=True) as tx:
            newest = _newest(tx, name)
            same = tx.pipelines.by_digest(name, wanted.digest)
            stale = based_on is not None and based_on != newest and (same is None or same.version != newest)
            version = same or replace(wanted, version=newest + 1)
            if not stale and (same is not None or tx.pipelines.add(version)):
                activation = Activation(name, version.version, wanted.published_at, behalf.name, note)
                active = _make_active(tx, activation, version) if activate else _is_active(tx, version)
                behalf.note(
                    tx,
                    "pipeline.publish",
                    name,
                    version=version.version,
                    digest=version.digest,
                    identical=same is not None,
                    activated=activate,
                )
                return PublishedView(name, version.version, same is not None, active, version.digest)
        if stale and based_on is not None:
            raise _stale(control, name, based_on=based_on, current=newest)
    raise Conflict(Problem("PIP-004", {"pipeline": shorten(name)}))


def activate(control: Control, name: str, version: int, *, behalf: Behalf, why: str = "") -> ActivationView:
    """Make a version the one that runs when none is named. Older activations stay on record.

    Raises:
        NotFound: PIP-001, PIP-002.
        InvalidInput: DEP-010.
    """
    _check_text("why", why)
    with control.store.transaction(durable=True) as tx:
        head = find_head(tx, name)
        behalf.allow(name)
        find_version(tx, name, version)
        activation = Activation(name, version, control.now(), behalf.name, why)
        tx.pipelines.activate(activation)
        behalf.note(tx, "pipeline.activate", name, version=version, before=head.active or None, why=why)
    return activation_view(activation)


def _check_text(field: str, text: str) -> None:
    if problems := text_problems(field, text):
        raise InvalidInput(problems)


def _newest(tx: Transaction, name: str) -> int:
    head = tx.pipelines.head(name)
    return head.newest if head is not None else 0


def _is_active(tx: Transaction, version: PipelineVersion) -> bool:
    head: PipelineHead | None = tx.pipelines.head(version.name)
    return head is not None and head.active == version.version


def _make_active(tx: Transaction, activation: Activation, version: PipelineVersion) -> bool:
    if not _is_active(tx, version):
        tx.pipelines.activate(activation)
    return True


def _stale(control: Control, name: str, *, based_on: int, current: int) -> Conflict:
    values: dict[str, Scalar] = {"based_on": based_on, "current": current}
    with control.store.transaction() as tx:
        before, after = tx.pipelines.get(name, based_on), tx.pipelines.get(name, current)
    if before is None or after is None:
        return Conflict(Problem("SCR-040", values, variant="gone"))
    values["diff"] = text_difference(before, after, control.objects)
    return Conflict(Problem("SCR-040", values))
