"""Projects whose objects are in a bucket, in MongoDB or in another folder: what a user would see."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from served_project import ServedProject, eventually

from depots import KINDS, close_places, new_place, open_place, s3
from servers_mongo import mongo_server

CHAIN = (
    '{"model_name": "chain", "prediction_steps": ['
    '{"name": "one", "file_path": "one.py", "output_dataframe": "a"},'
    '{"name": "two", "file_path": "two.py", "dataframes": ["a"], "output_dataframe": "b"}]}'
)


def project_at(url: str, folder: Path) -> ServedProject:
    made = ServedProject(folder, {"PAUTA_STORE_URL": url, **(s3().environment if url.startswith("s3:") else {})})
    made.write()
    return made


@pytest.fixture(params=KINDS)
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServedProject]:
    made = project_at(new_place(request.param, tmp_path), tmp_path / "project")
    yield made
    if made.server is not None:
        made.stop()
    close_places()


def lose_the_folder(project: ServedProject) -> None:
    """As on another machine."""
    for folder in (project.folder / ".pauta" / "objects").glob("??"):
        shutil.rmtree(folder)


def test_a_run_goes_on_from_what_is_elsewhere_when_the_folder_is_lost(project: ServedProject) -> None:
    assert project.pauta("run", "pipeline.json").code == 0
    lose_the_folder(project)
    assert project.pauta("db", "check", "--json").json["missing"] == 0
    assert project.pauta("frame", "latest", "doubled", "--to", "out.csv").code == 0
    assert (project.folder / "out.csv").read_text() == '"n"\n2\n4\n6\n'
    lose_the_folder(project)
    again = project.pauta("run", "pipeline.json", "--param", "factor=3", "--json")
    assert again.code == 0, again.err
    assert [(step["name"], step["cached"]) for step in again.json["steps"]] == [("double", True), ("total", False)]
    lose_the_folder(project)
    assert project.pauta("replay", "latest", "double").code == 0


def test_a_server_keeps_what_it_makes_elsewhere_and_takes_it_from_there(project: ServedProject) -> None:
    project.start()
    assert project.pauta("pipeline", "publish", "pipeline.json").code == 0
    assert project.pauta("run", "pipeline.json").code == 0
    depot = open_place(project.environment["PAUTA_STORE_URL"])
    there = {info.address for info in depot.contents()}
    lose_the_folder(project)
    assert project.pauta("run", "pipeline.json", "--param", "factor=3").code == 0
    assert project.pauta("gc", "--yes").code == 0
    assert there <= {info.address for info in depot.contents()}


def test_nothing_is_on_record_that_is_not_elsewhere(project: ServedProject) -> None:
    (project.folder / "one.py").write_text(
        "import pandas as pd\n\n\ndef execute():\n    return pd.DataFrame({'x': range(50_000)})\n"
    )
    (project.folder / "two.py").write_text("def execute(a):\n    raise ValueError('here it ends')\n")
    (project.folder / "chain.json").write_text(CHAIN)
    assert project.pauta("run", "chain.json").code == 1
    lose_the_folder(project)
    found = project.pauta("db", "check", "--json").json
    assert found["objects"] == 3
    assert found["missing"] == 0


@pytest.mark.parametrize(
    ("url", "code"),
    [("ftp://host/x", "OBJ-008"), ("s3://", "OBJ-008"), ("gridfs://host", "OBJ-008"), ("file://host/x", "OBJ-008")],
)
def test_an_address_that_is_none_stops_commands_and_the_server(tmp_path: Path, url: str, code: str) -> None:
    project = ServedProject(tmp_path / "project", {"PAUTA_STORE_URL": url})
    project.write()
    for words in (["run", "pipeline.json"], ["server", "--port", "0"]):
        told = project.pauta(*words)
        assert told.code == 1
        assert code in told.err


def test_a_password_in_the_address_shows_nowhere(tmp_path: Path) -> None:
    url = "gridfs://ana:s3cret@127.0.0.1:1/db?serverSelectionTimeoutMS=200"
    project = ServedProject(tmp_path / "project", {"PAUTA_STORE_URL": url})
    project.write()
    told = [project.pauta("run", "pipeline.json"), project.pauta("config"), project.pauta("server", "--port", "0")]
    assert "OBJ-006" in told[0].err
    assert not any("s3cret" in answer.out + answer.err for answer in told)


def test_a_store_that_vanishes_while_a_command_runs_loses_nothing(tmp_path: Path) -> None:
    with mongo_server() as server:
        url = f"{server.url('db')}?serverSelectionTimeoutMS=500"
        project = project_at(url, tmp_path / "project")
        ready, go = tmp_path / "ready", tmp_path / "go"
        (project.folder / "one.py").write_text(
            "import pathlib, time\n\nimport pandas as pd\n\n\ndef execute():\n"
            f"    pathlib.Path({str(ready)!r}).touch()\n"
            f"    while not pathlib.Path({str(go)!r}).exists():\n        time.sleep(0.02)\n"
            "    return pd.DataFrame({'x': range(50_000)})\n"
        )
        (project.folder / "two.py").write_text("def execute(a):\n    return int(a['x'].sum())\n")
        (project.folder / "chain.json").write_text(CHAIN)
        running = project.begin("run", "chain.json")
        eventually(ready.exists)
        server.kill()
        go.touch()
        _, told = running.communicate(timeout=60)
        assert running.returncode == 1
        assert "OBJ-006" in told
        server.start()
        resumed = project.pauta("run", "--resume", "latest")
        assert resumed.code == 0, resumed.err
        lose_the_folder(project)
        assert project.pauta("db", "check", "--json").json["missing"] == 0


def test_a_server_whose_store_vanishes_goes_on_when_it_is_back(tmp_path: Path) -> None:
    with mongo_server() as server:
        project = project_at(f"{server.url('db')}?serverSelectionTimeoutMS=500", tmp_path / "project")
        project.start()
        try:
            ready, go = tmp_path / "ready", tmp_path / "go"
            (project.folder / "double.py").write_text(
                f"import pathlib, time\n\n\ndef execute(numbers):\n    pathlib.Path({str(ready)!r}).touch()\n"
                f"    while not pathlib.Path({str(go)!r}).exists():\n        time.sleep(0.02)\n"
                "    return numbers.assign(n=numbers['n'] * 2)\n"
            )
            assert project.pauta("pipeline", "publish", "pipeline.json").code == 0
            assert project.pauta("submit", "sums").code == 0
            eventually(ready.exists)
            server.kill()
            go.touch()
            eventually(lambda: "OBJ-006" in (project.folder / "server.log").read_text())
            server.start()
            assert project.pauta("wait", "latest").code == 0
        finally:
            project.stop()
