"""From a flow to a deployment that runs by schedule, as a person does it: scripts, commands, a server, workers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from served_project import PATIENCE_SECONDS, Answer, ServedProject, eventually

from flow_repository import FLOW, WORDS, repository

DEPLOY = """\
from pauta import flow

flow.from_source(source="{source}", entrypoint="./flows.py:full_flow").deploy(
    name="parent-scrape-post-deployment", work_pool_name="my-pool", schedule={{"cron": "0 */2 * * *"}}, build=False
)
"""
SERVED = """\
from pauta import flow


@flow
def tick(n: int = 1):
    return n


if __name__ == "__main__":
    tick.serve("ticking", interval=1)
"""
SIDE_EFFECT = "\n\nopen('imported', 'w').close()\n"


class FlowProject(ServedProject):
    """A project folder with a flow and nothing else."""

    def write(self) -> None:
        (self.folder / "orchestrator").mkdir(parents=True)
        (self.folder / "pauta.toml").write_text("")
        (self.folder / "orchestrator" / "flows.py").write_text(FLOW + SIDE_EFFECT)
        (self.folder / "orchestrator" / "words.py").write_text(WORDS)
        (self.folder / "create_deployment.py").write_text(DEPLOY.format(source="./orchestrator"))

    def python(self, *words: str) -> Answer:
        """Run a script as a person does."""
        done = subprocess.run(
            [sys.executable, *words], cwd=self.folder, env=self._environment(), capture_output=True, text=True,
            timeout=PATIENCE_SECONDS, check=False,
        )  # fmt: skip
        return Answer(done.returncode, done.stdout, done.stderr)

    def script(self, name: str) -> subprocess.Popen[str]:
        """Start a script and go on."""
        return subprocess.Popen(
            [sys.executable, name], cwd=self.folder, env=self._environment(), stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Iterator[FlowProject]:
    made = FlowProject(tmp_path / "project", environment={"PAUTA_SERVER_PORT": "0"})
    made.write()
    try:
        yield made
    finally:
        if made.server is not None:
            made.stop()


def interrupted(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """End a process as Ctrl-C does."""
    process.send_signal(signal.SIGINT)
    try:
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return process.returncode, out, err


def test_a_flow_is_deployed_scheduled_and_run_by_a_worker_of_its_pool(project: FlowProject) -> None:
    refused = project.python("create_deployment.py")
    assert refused.code == 1
    assert "FLW-079" in refused.err
    assert "→ `pauta work-pool create --type process my-pool` makes it." in refused.err
    assert project.pauta("work-pool", "create", "--type", "process", "my-pool").code == 0
    made = project.python("create_deployment.py")
    assert made.code == 0, made.err
    assert "Version 1 of full_flow was published" in made.out
    assert "`pauta server` in" in made.out
    assert "`pauta worker start -p my-pool`" in made.out
    assert not list(project.folder.rglob("imported")), "deploying never runs the flow's file"
    project.start()
    again = project.python("create_deployment.py")
    assert again.out.startswith("Nothing has changed: deployment parent-scrape-post-deployment runs version 1")
    assert "`pauta server`" not in again.out, "one runs now"
    worker = project.begin("worker", "start", "-p", "my-pool", "--type", "process")
    watched = project.pauta("deployment", "run", "parent-scrape-post-deployment", "-p", "times=2", "--watch", "--json")
    assert watched.code == 0, watched.err
    assert watched.json["state"] == "completed"
    code, _, err = interrupted(worker)
    assert code == 0, err
    tokens = project.pauta("token", "list", "--json").json
    assert [bool(row["revoked_at"]) for row in tokens if row["role"] == "worker"] == [True], "what was lent is back"


def test_a_source_that_changed_is_told_until_it_is_deployed_again(project: FlowProject) -> None:
    project.pauta("work-pool", "create", "my-pool")
    project.python("create_deployment.py")
    name = "parent-scrape-post-deployment"
    same = project.pauta("deployment", "check", name)
    assert same.code == 0, same.err
    assert "Nothing has changed: orchestrator holds" in same.out
    (project.folder / "orchestrator" / "words.py").write_text("def shout(text):\n    return text\n")
    english, portuguese = (project.pauta("deployment", "check", name, "--lang", one) for one in ("en", "pt"))
    assert english.code == 2
    assert "FLW-076" in english.err
    assert "changed: words.py" in " ".join(english.err.split())
    assert "mudaram: words.py" in " ".join(portuguese.err.split())
    assert project.python("create_deployment.py").code == 0
    assert project.pauta("deployment", "check", name).code == 0


def test_pauta_toml_deploys_flows_from_a_folder_and_a_repository(project: FlowProject) -> None:
    made = repository(project.folder / "repo")
    (project.folder / "pauta.toml").write_text(
        '[deployment.own]\nflow = "orchestrator/flows.py:full_flow"\ncron = "0 6 * * *"\ntimezone = "Europe/Lisbon"\n'
        'parameters = { times = 2 }\ntags = ["nightly"]\n\n'
        '[[deployments]]\nname = "cloned"\nentrypoint = "flows.py:full_flow"\nsource = "./repo.git#main"\n'
        'work_pool = { name = "default" }\nschedules = [{ interval = 900 }]\n'
    )
    assert "would do" in project.pauta("deploy", "--dry-run").out
    assert project.pauta("deployment", "list", "--json").json == []
    first = project.pauta("deploy", "--json")
    assert first.code == 0, first.err
    assert [(row["name"], row["what"]) for row in first.json] == [
        ("own", "published"), ("own", "created"), ("own", "schedule_created"),
        ("cloned", "published"), ("cloned", "created"), ("cloned", "schedule_created"),
    ]  # fmt: skip
    assert {row["what"] for row in project.pauta("deploy", "--json").json} == {"same"}
    commit = made.commit({"words.py": "def shout(text):\n    return ''\n"})
    dry = project.pauta("deploy", "cloned", "--dry-run")
    assert "~words.py" in dry.out
    assert "FLW-076" in dry.out
    changed = {row["what"]: row["fields"] for row in project.pauta("deploy", "cloned", "--json").json}
    assert changed == {"published": ["~words.py"], "changed": ["pipeline_version", "source"]}
    assert project.pauta("deployment", "show", "cloned", "--json").json["source"]["revision"] == commit


def test_a_flow_that_is_served_is_its_own_server(project: FlowProject) -> None:
    (project.folder / "served.py").write_text(SERVED)
    serving = project.script("served.py")
    eventually(lambda: project._answers() or serving.poll() is not None)
    eventually(lambda: _completed(project) >= 2)
    code, out, err = interrupted(serving)
    assert code == 0, err
    assert 'Its schedule "schedule" was made: 1 s (UTC).' in out
    assert "Serving ticking (Ctrl-C ends it)" in err
    assert not (project.folder / ".pauta" / "server.json").exists()


def test_a_flow_that_is_served_beside_a_server_is_a_worker_of_it(project: FlowProject) -> None:
    (project.folder / "served.py").write_text(SERVED)
    project.start("--no-worker")
    serving = project.script("served.py")
    eventually(lambda: serving.poll() is not None or _completed(project) >= 1)
    code, _, err = interrupted(serving)
    assert code == 0, err
    assert "This process works for http://127.0.0.1:" in err


def test_a_worker_is_refused_where_it_would_never_get_work(project: FlowProject) -> None:
    project.start()
    project.pauta("work-pool", "create", "--type", "celery", "gpu")
    shown = project.pauta("work-pool", "inspect", "gpu", "--json").json
    assert shown["queue"] == "gpu", "a queue has the pool's name unless another is given"
    for words, code in (
        (("-p", "gpu"), "FLW-082"),
        (("-p", "default", "--type", "celery"), "FLW-082"),
        (("-p", "default", "--type", "docker"), "CLI-001"),
        (("-p", "nowhere"), "POL-001"),
    ):
        assert project.pauta("worker", "start", *words, "--json").json["error"]["code"] == code


def test_commands_are_known_by_the_names_they_have_elsewhere(project: FlowProject) -> None:
    assert project.pauta("work-pool", "create", "a").code == 0
    assert [row["name"] for row in project.pauta("pool", "ls", "--json").json] == ["a", "default"]
    assert project.pauta("work-pool", "set-concurrency-limit", "a", "3").code == 0
    assert project.pauta("work-pool", "inspect", "a", "--json").json["limit"] == 3
    assert project.pauta("work-pool", "delete", "a").code == 0
    assert project.pauta("deployment", "ls", "--json").json == []
    assert project.pauta("ls", "--json").json["error"]["code"] == "CLI-001"


def test_a_flow_of_no_file_or_of_a_function_is_refused(project: FlowProject) -> None:
    inner = "from pauta import flow\n\ndef make():\n    @flow\n    def f(): pass\n    return f\n\nmake().deploy('f')\n"
    (project.folder / "inner.py").write_text(inner)
    told = project.python("inner.py")
    assert "FLW-074" in told.err
    assert "inner.py line" in told.err
    prompt = project.python("-c", "from pauta import flow\n@flow\ndef f(): pass\nf.deploy('f')")
    assert "FLW-074" in prompt.err or "FLW-" in prompt.err
    assert "from_source" in prompt.err


def _completed(project: FlowProject) -> int:
    answer = project.pauta("runs", "--state", "completed", "--json")
    return len(json.loads(answer.out)) if answer.code == 0 else 0
