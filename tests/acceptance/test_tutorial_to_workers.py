"""The tutorial from a run to two workers is followed, with real servers, as its reader would."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from terminals import Desk

from servers import NoServer, PostgresServer, postgres, postgres_binaries
from servers_redis import RedisServer, redis_binaries, redis_server

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "tutorial" / "from-a-run-to-two-workers.md"
SERVED = (  # in this order: the first starts the server
    "serve", "publish", "add-workers", "watch-a-run", "give-access", "read-the-api", "trigger", "deploy",
)  # fmt: skip


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def missing(why: NoServer) -> None:
    if os.environ.get("CI"):
        pytest.fail(f"CI needs this server: {why}")
    pytest.skip(str(why))


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[PostgresServer, int]]:
    port = free_port()
    monkeypatch.setenv("PGPORT", str(port))  # where the fixture itself looks for it
    try:
        with postgres("listen_addresses=127.0.0.1", f"port={port}") as server:
            yield server, port
    except NoServer as why:
        missing(why)


@pytest.fixture
def broker() -> Iterator[RedisServer]:
    try:
        with redis_server(next(iter(redis_binaries()), "valkey")) as server:
            yield server
    except NoServer as why:
        missing(why)


def the_snippets() -> ModuleType:
    spec = importlib.util.spec_from_file_location("snippets", ROOT / "tests" / "architecture" / "snippets.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_tutorial_from_a_run_to_two_workers_can_be_followed(
    database: tuple[PostgresServer, int], broker: RedisServer, tmp_path: Path
) -> None:
    server, database_port = database
    port = free_port()
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{postgres_binaries()}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "COLUMNS": "80",
        "PAUTA_SERVER_PORT": str(port),
    }

    def spoken(text: str) -> str:
        return (
            text.replace("127.0.0.1:7311", f"127.0.0.1:{port}")
            .replace("127.0.0.1:5432", f"127.0.0.1:{database_port}")
            .replace("127.0.0.1:6379", f"127.0.0.1:{broker.port}")
            .replace("sudo -u postgres psql", f"psql -h {server.folder} -p {database_port} -U {server.user} postgres")
        )

    with Desk(the_snippets(), tmp_path, environment, spoken) as desk:
        assert desk.follow(PAGE, tell=print) > 20


def test_the_pages_about_a_server_can_be_followed_one_after_the_other(tmp_path: Path) -> None:
    port = free_port()
    environment = {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "COLUMNS": "100",
        "PAUTA_SERVER_PORT": str(port),
    }
    subprocess.run(
        [Path(sys.executable).with_name("pauta"), "init", "plant"], cwd=tmp_path, env=environment, check=True
    )
    with Desk(the_snippets(), tmp_path, environment, lambda text: text.replace(":7311", f":{port}")) as desk:
        for name in SERVED:
            assert desk.follow(ROOT / "docs" / "how-to" / f"{name}.md", tell=print), name


def test_every_page_with_terminals_is_followed() -> None:
    pages = {page for page in (ROOT / "docs").rglob("*.md") if " terminal=" in page.read_text()}
    names = (*SERVED, "deploy-a-flow", "mix-flows-and-documents", "run-tasks-elsewhere", "wait-for-a-person")
    assert pages == {PAGE, *(ROOT / "docs" / "how-to" / f"{name}.md" for name in names)}


def followed(page: str, home: Path) -> int:
    (home / "page.md").write_text(page)
    with Desk(the_snippets(), home, {"PATH": os.environ["PATH"]}, str) as desk:
        return desk.follow(home / "page.md")


def test_a_terminal_keeps_folder_and_environment_and_what_stays_ends_by_ctrl_c(tmp_path: Path) -> None:
    page = (
        "```console terminal=1\n$ mkdir a && cd a\n$ X=kept\n```\n"
        "```console terminal=2 stays\n$ echo begun; sleep 600\nbegun\n```\n"
        "```console terminal=2\n^C\n```\n"
        "```console terminal=2 exit=3\n$ (exit 3)\n```\n"
        "```console terminal=1\n$ echo $X in $(basename $PWD)\nkept in a\n```\n"
    )
    assert followed(page, tmp_path) == 5


def test_a_page_that_shows_something_else_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="did not print 'two'"):
        followed("```console terminal=1\n$ echo one\ntwo\n```\n", tmp_path)
    with pytest.raises(AssertionError, match="`false` ended"):
        followed("```console terminal=1 stays\n$ false\nnever\n```\n", tmp_path)
