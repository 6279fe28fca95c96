"""How people write where a flow is: what is understood, what of it is kept, what is refused."""

from __future__ import annotations

import pytest

from pauta.authoring.source_address import Entrypoint, SourceAddress, read_entrypoint, read_source
from pauta.domain.problems import InvalidInput


def refused(text: str, ref: str | None = None) -> tuple[str, str]:
    with pytest.raises(InvalidInput) as caught:
        read_source(text, ref=ref)
    return caught.value.problems[0].code, caught.value.problems[0].variant


@pytest.mark.parametrize(
    ("text", "kind", "address", "ref"),
    [
        (".", "folder", ".", ""),
        ("./orchestrator", "folder", "./orchestrator", ""),
        ("/srv/flows#2", "folder", "/srv/flows#2", ""),
        ("https://example.org/ana/flows.git", "git", "https://example.org/ana/flows.git", ""),
        ("https://example.org/ana/flows", "git", "https://example.org/ana/flows", ""),
        ("https://example.org/ana/flows.git#v1.2", "git", "https://example.org/ana/flows.git", "v1.2"),
        ("ssh://git@example.org/ana/flows.git#feature/x", "git", "ssh://git@example.org/ana/flows.git", "feature/x"),
        ("git@example.org:ana/flows.git", "git", "git@example.org:ana/flows.git", ""),
        ("git@example.org:ana/flows.git#main", "git", "git@example.org:ana/flows.git", "main"),
        ("/srv/flows.git#main", "git", "/srv/flows.git", "main"),
        ("./flows.git", "git", "./flows.git", ""),
        ("file:///srv/flows.git", "git", "/srv/flows.git", ""),
        ("s3://bucket", "s3", "s3://bucket", ""),
        ("s3://bucket/team/flows/", "s3", "s3://bucket/team/flows", ""),
        ("store://full_flow", "store", "full_flow", ""),
        ("store://full_flow@3", "store", "full_flow", "3"),
        ("store://full_flow@v3", "store", "full_flow", "3"),
    ],
)
def test_a_source_is_recognised(text: str, kind: str, address: str, ref: str) -> None:
    assert read_source(text) == SourceAddress(kind, address, ref)


def test_a_ref_may_be_said_beside_a_repository() -> None:
    assert read_source("/srv/flows.git", ref="main").ref == "main"
    assert refused("./flows", ref="main") == ("FLW-070", "stray_ref")
    assert refused("s3://bucket/x", ref="main") == ("FLW-070", "stray_ref")


@pytest.mark.parametrize(
    "text", ["", "  ", "ftp://example.org/x", "s3://", "store://", "--upload-pack=x", "https://", "a\0b"]
)
def test_what_is_no_source_is_refused(text: str) -> None:
    assert refused(text) == ("FLW-070", "")


@pytest.mark.parametrize("ref", ["--upload-pack=x", "a b", "a;b", "-x", "a:b"])
def test_what_cannot_be_a_ref_is_refused(ref: str) -> None:
    assert refused("/srv/flows.git", ref=ref) == ("FLW-070", "ref")


def test_a_password_is_used_but_never_shown() -> None:
    address = read_source("https://ana:s3cret@example.org/flows.git#main")
    assert address.secret == "ana:s3cret"
    assert str(address) == "https://example.org/flows.git#main"
    assert "s3cret" not in repr(address)
    with pytest.raises(InvalidInput) as caught:
        read_source("ftp://ana:s3cret@example.org/flows")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "path", "flow"),
    [
        ("./orchestration_tools.py:full_flow", "orchestration_tools.py", "full_flow"),
        ("orchestrator/tools.py:full_flow", "orchestrator/tools.py", "full_flow"),
        ("orchestrator\\tools.py:full_flow", "orchestrator/tools.py", "full_flow"),
    ],
)
def test_an_entrypoint_is_a_file_and_a_function(text: str, path: str, flow: str) -> None:
    assert read_entrypoint(text) == Entrypoint(path, flow)


@pytest.mark.parametrize("text", ["", "tools.py", "tools:full_flow", "tools.py:", ":f", "tools.py:a.b", "tools.txt:f"])
def test_what_is_no_entrypoint_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_entrypoint(text)
    assert caught.value.problems[0].code == "FLW-071"
    assert "flows.py:full_flow" in caught.value.problems[0].message()
