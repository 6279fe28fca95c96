"""Where flows come from: a folder, a git repository, a bucket. What is read, what is not, and what is said when not."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from flow_repository import FILES, Repository, repository, write
from pauta.adapters import source_git, source_s3
from pauta.adapters.source_folder import FolderSource
from pauta.adapters.source_git import GitSource
from pauta.adapters.source_s3 import S3Source
from pauta.authoring.source_address import SourceAddress, read_source
from pauta.domain.problems import InvalidInput, Problem
from pauta.ports.flow_source import Fetched, FlowSource
from servers import NoServer
from servers_s3 import S3Server, s3_server

PYTHON = {name: text.encode() for name, text in FILES.items() if name.endswith(".py")}


def git(text: str, *, seconds: float = 60.0, **environment: str) -> GitSource:
    return GitSource(read_source(text), environment={**os.environ, **environment}, seconds=seconds)


def refused(source: FlowSource) -> Problem:
    """The one problem with which a source is refused."""
    with pytest.raises(InvalidInput) as caught:
        source.fetch()
    (problem,) = caught.value.problems
    return problem


def files_of(fetched: Fetched) -> Mapping[str, bytes]:
    assert isinstance(fetched.root, Mapping)
    return fetched.root


# ---- a folder


def test_a_folder_is_read_where_it_lies(tmp_path: Path) -> None:
    write(tmp_path)
    assert FolderSource(tmp_path).fetch() == Fetched(tmp_path)


def test_a_folder_that_is_none_is_told_apart_from_a_file(tmp_path: Path) -> None:
    write(tmp_path)
    assert refused(FolderSource(tmp_path / "nowhere")).variant == "folder"
    told = refused(FolderSource(tmp_path / "flows.py"))
    assert "is a file" in told.message()
    assert "entrypoint" in told.remedy()


# ---- a git repository


@pytest.fixture
def made(tmp_path: Path) -> Repository:
    return repository(tmp_path / "flows")


def test_a_repository_gives_the_python_files_of_a_commit_and_its_name(made: Repository) -> None:
    fetched = git(str(made.bare)).fetch()
    assert files_of(fetched) == PYTHON
    assert fetched.revision == made.git("rev-parse", "HEAD")


@pytest.mark.parametrize("named", ["branch", "tag", "commit", "short commit"])
def test_a_branch_a_tag_or_a_commit_may_be_named(made: Repository, named: str) -> None:
    made.git("branch", "old")
    made.git("tag", "v1")
    first = made.git("rev-parse", "HEAD")
    newest = made.commit({"words.py": "def shout(text):\n    return text\n"})
    ref = {"branch": "old", "tag": "v1", "commit": first, "short commit": first[:9]}[named]
    fetched = git(f"{made.bare}#{ref}").fetch()
    assert fetched.revision == first != newest
    assert files_of(fetched)["words.py"] == PYTHON["words.py"]


def test_nothing_of_a_repository_is_run_or_followed(made: Repository, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    for place in (made.bare / "hooks", made.folder / "hooks"):
        place.mkdir(exist_ok=True)
        for hook in ("post-checkout", "post-merge", "reference-transaction", "pre-receive", "update"):
            (place / hook).write_text(f"#!/bin/sh\ntouch {seen}\n")
            (place / hook).chmod(0o755)
    (made.folder / "out.py").symlink_to("/etc/passwd")
    (made.folder / ".gitattributes").write_text("*.py filter=evil\n")
    made.git("config", "filter.evil.smudge", f"touch {seen}")
    made.git("add", "--all")
    made.git("-c", "core.hooksPath=/dev/null", "commit", "--quiet", "-m", "evil")
    fetched = git(f"{made.folder}/.git").fetch()
    assert "out.py" not in files_of(fetched)
    assert not seen.exists()


def test_a_submodule_is_not_fetched(made: Repository, tmp_path: Path) -> None:
    other = repository(tmp_path / "other")
    made.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other.bare), "sub")
    made.commit({})
    assert not [path for path in files_of(git(str(made.bare)).fetch()) if path.startswith("sub/")]


def test_a_ref_that_is_not_there_is_named(made: Repository) -> None:
    told = refused(git(f"{made.bare}#nowhere"))
    assert (told.code, told.variant) == ("FLW-072", "ref")
    assert '"nowhere"' in told.message()
    assert refused(git(f"{made.bare}#0123abcd")).variant == "ref"


def test_a_repository_that_is_not_there_is_told_with_what_git_says(tmp_path: Path) -> None:
    told = refused(git(str(tmp_path / "none.git")))
    assert told.code == "FLW-072"
    assert "does not exist" in told.message() or "not appear to be a git repository" in told.message()
    assert "credential helper" in told.remedy()


def test_git_has_only_so_much_time_and_asks_nobody(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\n[ "$GIT_TERMINAL_PROMPT" = 0 ] && sleep 30\n')
    program.chmod(0o755)
    told = refused(git("https://example.org/x.git", seconds=0.3, PATH=f"{program.parent}:{os.environ['PATH']}"))
    assert told.variant == "slow"
    assert "0.3 seconds" in told.message()


def test_where_git_is_not_installed_that_is_said(tmp_path: Path) -> None:
    told = refused(git("https://example.org/x.git", PATH=str(tmp_path)))
    assert told.variant == "missing"
    assert "Install git" in told.remedy()


def test_a_password_is_neither_shown_nor_among_the_arguments(tmp_path: Path) -> None:
    program, log = tmp_path / "bin" / "git", tmp_path / "log"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\necho "$@" >> {log}\nenv | grep -c s3cret >> {log}.env\n'
        'case "$*" in *fetch*) echo "fatal: no https://ana:s3cret@example.org" >&2; exit 1;; esac\n'
    )
    program.chmod(0o755)
    address = "https://ana:s3cret@example.org/flows.git"
    source = git(address, PATH=f"{program.parent}:{os.environ['PATH']}")
    told = refused(source)
    assert "s3cret" not in told.message() + told.remedy() + repr(read_source(address))
    assert "s3cret" not in log.read_text()
    assert "1" in Path(f"{log}.env").read_text(), "git is told the password in its environment"
    assert read_source(address).address == "https://example.org/flows.git"


def test_a_repository_with_too_much_in_it_is_refused(made: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_git, "MOST_FILES", 2)
    told = refused(git(str(made.bare)))
    assert told.code == "FLW-075"
    assert "3 Python files" in told.message()


def test_a_commit_is_fetched_by_url_as_from_a_server(made: Repository) -> None:
    fetched = GitSource(SourceAddress("git", f"file://{made.bare}"), environment=os.environ).fetch()
    assert files_of(fetched) == PYTHON


# ---- a bucket


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    try:
        running = s3_server("flows")
        server = running.__enter__()
    except NoServer as why:
        if os.environ.get("CI"):
            pytest.fail(f"CI needs an S3 server: {why}")
        pytest.skip(str(why))
    server.put("flows", {f"team/{name}": text.encode() for name, text in FILES.items()})
    server.put("flows", {"team/deep/er.py": b"x = 1\n", "teamwork.py": b"", "papers/a.txt": b"a"})
    try:
        yield server
    finally:
        running.__exit__(None, None, None)


def bucket(server: S3Server, text: str, **environment: str) -> S3Source:
    return S3Source(read_source(text), environment={**server.environment, **environment})


def test_a_bucket_gives_the_python_files_below_a_prefix(s3: S3Server) -> None:
    assert files_of(bucket(s3, "s3://flows/team").fetch()) == {**PYTHON, "deep/er.py": b"x = 1\n"}
    assert files_of(bucket(s3, "s3://flows/team/").fetch()) == {**PYTHON, "deep/er.py": b"x = 1\n"}
    assert "team/flows.py" in files_of(bucket(s3, "s3://flows").fetch())


def test_a_prefix_without_python_a_bucket_that_is_not_there_and_a_wrong_key_are_told_apart(s3: S3Server) -> None:
    assert refused(bucket(s3, "s3://flows/papers")).variant == "empty"
    assert "404" in refused(bucket(s3, "s3://no-such-bucket/team")).message()
    told = refused(bucket(s3, "s3://flows/team", AWS_SECRET_ACCESS_KEY="wrong"))
    assert "403" in told.message()
    assert "wrong" not in told.message()
    assert "AWS_SECRET_ACCESS_KEY" in told.remedy()


def test_a_bucket_with_too_much_in_it_is_refused(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_s3, "MOST_BYTES", 10)
    assert refused(bucket(s3, "s3://flows/team")).code == "FLW-075"


def test_without_the_extra_a_bucket_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "obstore", None)
    told = refused(S3Source(read_source("s3://flows/team"), environment={}))
    assert told.remedy() == "pip install 'pauta[s3]'"
