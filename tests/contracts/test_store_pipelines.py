"""Published pipelines, on every store."""

from __future__ import annotations

from typing import Any

from pauta.domain.ids import Address
from pauta.domain.pipelines import Activation, PipelineHead, PipelineVersion
from pauta.ports.store import Store
from store_samples import NOON, ODD_TEXT, SECOND, address


def version(number: int = 1, **changes: Any) -> PipelineVersion:
    given: dict[str, Any] = {
        "name": "p", "version": number, "digest": f"d{number}", "document": address(number), "file": "p.yaml",
        "scripts": {ODD_TEXT: address(100 + number)}, "published_at": NOON, "published_by": "ana é",
        "note": ODD_TEXT, **changes,
    }  # fmt: skip
    return PipelineVersion(**given)


def test_every_field_of_a_version_comes_back(store: Store) -> None:
    made = version()
    with store.transaction() as tx:
        assert tx.pipelines.add(made)
    with store.transaction() as tx:
        assert tx.pipelines.get("p", 1) == made
        assert tx.pipelines.by_digest("p", "d1") == made
        assert tx.pipelines.versions("p") == [made]
        assert tx.pipelines.get("p", 2) is None
        assert tx.pipelines.by_digest("q", "d1") is None
        assert tx.pipelines.versions("q") == []


def test_a_number_or_a_digest_is_given_once_for_each_name(store: Store) -> None:
    with store.transaction() as tx:
        assert tx.pipelines.add(version(1))
        assert not tx.pipelines.add(version(1, digest="other"))
        assert not tx.pipelines.add(version(2, digest="d1"))
        assert tx.pipelines.add(version(2))
        assert tx.pipelines.add(version(1, name="q"))
    with store.transaction() as tx:
        assert [v.version for v in tx.pipelines.versions("p")] == [2, 1]


def test_the_active_version_is_the_one_activated_last(store: Store) -> None:
    lines = [Activation("p", number, NOON - number * SECOND, "ana", ODD_TEXT) for number in (2, 1)]
    with store.transaction() as tx:
        for made in (version(1, name="q"), version(1), version(2), version(3)):
            assert tx.pipelines.add(made)
        assert tx.pipelines.head("p") == PipelineHead("p", 0, 3)
        for line in lines:
            tx.pipelines.activate(line)
    with store.transaction() as tx:
        assert tx.pipelines.activations("p") == lines[::-1]
        assert tx.pipelines.activations("q") == []
        assert tx.pipelines.head("p") == PipelineHead("p", 1, 3)
        assert tx.pipelines.head("nothing") is None
        assert tx.pipelines.heads() == [PipelineHead("p", 1, 3), PipelineHead("q", 0, 1)]


def test_p24_what_a_version_is_made_of_counts_as_referenced(store: Store) -> None:
    with store.transaction() as tx:
        assert tx.pipelines.add(version(1, scripts={"a.py": address(5), "b.py": address(6)}))
        referenced: set[Address] = set(tx.objects.referenced())
    assert referenced == {address(1), address(5), address(6)}
