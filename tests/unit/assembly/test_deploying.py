"""Deployments made as they are wanted: what is published, what changes, what stays, what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flow_repository import FLOW, repository, write
from house import Clock, control_over
from pauta.adapters.api_client import ApiClient
from pauta.assembly.deploying import Deployed, Deployer, Wanted
from pauta.assembly.deploying_words import starting, told
from pauta.assembly.deployment_terms import terms_of
from pauta.assembly.flow_material import drift_since, material_of_flow
from pauta.assembly.own_records import IndoorConnection
from pauta.authoring.schedule_arguments import schedules_of
from pauta.domain.problems import InvalidInput, PautaError
from pauta.domain.settings import Settings
from pauta.server.indoors import Indoors
from pauta.server.routes.all import all_routes
from pauta.services.control import Control
from pauta.storage.memory import MemoryStore

ENTRY = "flows.py:full_flow"


class Place:
    """A project in memory, and a folder with a flow in it."""

    def __init__(self, folder: Path, control: Control) -> None:
        self.folder = folder
        self.control = control
        self.client = ApiClient.over(
            IndoorConnection(Indoors(control, Settings(), routes=all_routes(), language="en"), folder=folder)
        )
        write(folder / "flows")

    def deploy(self, name: str = "d", *, source: str = "flows", dry_run: bool = False, **said: Any) -> Deployed:
        terms = terms_of(said)
        material = material_of_flow(source, ENTRY, ref=None, base=self.folder, client=self.client)
        wanted = Wanted(
            name, terms.fields, material=material, pinned=True, schedules=terms.schedules, only_these=True,
            paused=terms.paused, note=terms.note, strict=True,
        )  # fmt: skip
        return Deployer(self.client, dry_run=dry_run).apply(wanted)

    def edit(self, text: str, name: str = "words.py") -> None:
        (self.folder / "flows" / name).write_text(text)

    @property
    def deployment(self) -> dict[str, Any]:
        return self.client.deployments.get("d")

    @property
    def schedules(self) -> dict[str, dict[str, Any]]:
        return {row["name"]: row for row in self.client.schedules.all("d")}


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Place]:
    store = MemoryStore()
    yield Place(tmp_path, control_over(store, Clock()))
    store.close()


def whats(deployed: Deployed) -> list[str]:
    return [change.what for change in deployed.changes]


def refused(act: Any) -> list[str]:
    with pytest.raises(PautaError) as caught:
        act()
    return [problem.code for problem in caught.value.problems]


def test_a_flow_is_published_with_what_it_imports_and_nothing_else(at: Place) -> None:
    made = at.deploy()
    assert whats(made) == ["published", "created"]
    version = at.client.pipelines.version("full_flow", 1)
    assert [script.path for script in version.scripts] == ["flows.py", "words.py"]
    assert (at.deployment["pipeline"], at.deployment["pipeline_version"]) == ("full_flow", 1)
    assert at.deployment["source"] == {"kind": "folder", "address": "flows", "entrypoint": ENTRY}


def test_the_same_deployed_twice_changes_nothing_and_says_so(at: Place) -> None:
    said = {"cron": "0 */2 * * *", "parameters": {"times": 2}, "tags": ["a"], "description": "x", "paused": True}
    at.deploy(**said)
    before, rows = at.deployment, at.schedules
    again = at.deploy(**said)
    assert again.is_same
    assert (at.deployment, at.schedules) == (before, rows)
    english, portuguese = (list(told(again, language=language)) for language in ("en", "pt"))
    assert english[0] == "Nothing has changed: deployment d runs version 1 of full_flow."
    assert portuguese[0].startswith("Nada mudou")


def test_what_changed_is_named_with_the_files(at: Place) -> None:
    at.deploy()
    at.edit("from more import loud\n\ndef shout(text):\n    return loud(text)\n")
    at.edit("def loud(text):\n    return text\n", "more.py")
    made = at.deploy(parameters={"times": 3})
    assert whats(made) == ["published", "changed"]
    assert (made.drift.changed, made.drift.added, made.drift.removed) == (("words.py",), ("more.py",), ())
    lines = list(told(made, language="en"))
    assert "  changed: words.py" in lines
    assert "  new: more.py" in lines
    assert "Deployment d was changed: parameters, pipeline_version 1 → 2." in lines


def test_a_deployment_runs_what_was_deployed_whatever_is_published_since(at: Place) -> None:
    at.deploy()
    at.edit("def shout(text):\n    return ''\n")
    at.deploy("other")
    assert at.deployment["pipeline_version"] == 1
    assert at.client.deployments.get("other")["pipeline_version"] == 2
    assert at.client.pipelines.get("full_flow")["active"] == 2


def test_a_dry_run_tells_and_leaves_everything_as_it_is(at: Place) -> None:
    assert whats(at.deploy(dry_run=True, cron="* * * * *")) == ["would_publish", "created", "schedule_created"]
    assert refused(lambda: at.deployment) == ["DEP-001"]
    at.deploy()
    at.edit("def shout(text):\n    return ''\n")
    assert whats(at.deploy(dry_run=True)) == ["would_publish", "would_run_new_version"]
    assert at.client.pipelines.get("full_flow")["newest"] == 1


def test_schedules_come_change_and_go_but_those_that_people_made_stay(at: Place) -> None:
    at.deploy(cron=["0 6 * * *", "0 18 * * *"])
    at.client.schedules.create("d", {"name": "mine", "timing": {"kind": "cron", "text": "0 0 * * *"}})
    made = at.deploy(cron="0 7 * * *", timezone="America/Sao_Paulo")
    assert whats(made) == ["schedule_changed", "schedule_removed"]
    assert set(at.schedules) == {"schedule", "mine"}
    assert at.schedules["schedule"]["timing"]["zone"] == "America/Sao_Paulo"
    assert "0 6 * * * (UTC) → 0 7 * * * (America/Sao_Paulo)" in "\n".join(told(made, language="en"))
    at.deploy()
    assert set(at.schedules) == {"schedule", "mine"}, "nothing said of schedules leaves them alone"
    at.deploy(schedules=[])
    assert set(at.schedules) == {"mine"}


def test_a_schedule_may_rest_from_the_beginning(at: Place) -> None:
    at.deploy(schedules=[{"cron": "0 6 * * *", "active": False, "parameters": {"times": 5}}])
    assert at.schedules["schedule"]["state"] == "paused"
    assert at.schedules["schedule"]["parameters"] == {"times": 5}


def test_the_next_firings_are_told_by_the_clock_of_their_zone(at: Place) -> None:
    made = at.deploy(cron="0 */2 * * *")
    assert [local for _, local in made.next] == ["2026-03-09 14:00 UTC", "2026-03-09 16:00 UTC", "2026-03-09 18:00 UTC"]
    assert "Next: 2026-03-09 14:00 UTC" in "\n".join(told(made, language="en"))


def test_a_pool_that_is_not_there_is_refused_before_anything_is_published(at: Place) -> None:
    with pytest.raises(InvalidInput) as caught:
        at.deploy(work_pool_name="my-pool")
    (problem,) = caught.value.problems
    assert problem.code == "FLW-079"
    assert "`pauta work-pool create --type process my-pool`" in problem.remedy()
    assert at.client.pipelines.all() == []
    at.client.places.create_pool({"name": "my-pool"})
    made = at.deploy(work_pool_name="my-pool")
    assert "`pauta worker start -p my-pool`" in "\n".join(starting(made, language="en", folder=None))


def test_a_bad_timing_or_parameter_leaves_no_half_deployment_behind(at: Place) -> None:
    assert refused(lambda: at.deploy(cron="61 * * * *")) == ["SCH-001"]
    assert at.client.pipelines.all() == []
    assert refused(lambda: at.deploy(parameters={"times": "many"})) == ["PRM-001"]
    assert at.client.pipelines.get("full_flow")["active"] is None
    at.edit(FLOW.replace('text: str = "hello"', "text: str"), "flows.py")
    assert refused(lambda: at.deploy(cron="* * * * *")) == ["PRM-001"], "a schedule has to give what is required"
    assert at.client.deployments.all() == []


def test_a_name_that_belongs_to_another_flow_is_not_taken(at: Place) -> None:
    at.deploy()
    at.edit(FLOW.replace("@flow", '@flow(name="other")'), "flows.py")
    assert refused(at.deploy) == ["FLW-078"]
    assert [row["name"] for row in at.client.pipelines.all()] == ["full_flow"]


def test_a_source_that_changed_since_is_found_out(at: Place) -> None:
    at.deploy()
    assert not drift_since(at.deployment, base=at.folder, client=at.client)[0]
    at.edit("def shout(text):\n    return ''\n")
    drift, version = drift_since(at.deployment, base=at.folder, client=at.client)
    assert (drift.changed, version) == (("words.py",), 1)
    at.deploy()
    assert not drift_since(at.deployment, base=at.folder, client=at.client)[0]


def test_a_deployment_without_a_source_cannot_be_checked(at: Place) -> None:
    at.deploy()
    at.client.deployments.create({"name": "plain", "pipeline": "full_flow", "pipeline_version": 1})
    plain = at.client.deployments.get("plain")
    assert refused(lambda: drift_since(plain, base=at.folder, client=at.client)) == ["FLW-077"]


def test_a_repository_is_pinned_to_its_commit_which_stands_in_the_records(at: Place) -> None:
    made = repository(at.folder / "repo")
    first = made.git("rev-parse", "HEAD")
    at.deploy(source="repo.git#main")
    assert at.deployment["source"] == {
        "kind": "git", "address": "repo.git", "ref": "main", "revision": first, "entrypoint": ENTRY,
    }  # fmt: skip
    assert at.client.pipelines.versions("full_flow")[0]["note"] == f"repo.git @ {first}"
    second = made.commit({"words.py": "def shout(text):\n    return ''\n"})
    drift, _ = drift_since(at.deployment, base=at.folder, client=at.client)
    assert drift.changed == ("words.py",)
    at.deploy(source="repo.git#main")
    assert at.deployment["source"]["revision"] == second


def test_a_flow_of_a_published_version_is_deployed_from_there(at: Place) -> None:
    at.deploy()
    at.edit("def shout(text):\n    return ''\n")
    at.deploy()
    made = at.deploy("old", source="store://full_flow@1")
    assert made.version == 1
    assert whats(made) == ["created"]
    assert refused(lambda: at.deploy("older", source="store://full_flow@9")) == ["PIP-002"]
    assert refused(lambda: at.deploy("older", source="store://nothing")) == ["PIP-001"]


def test_what_is_wrong_with_the_flow_is_told_with_its_file_and_line(at: Place) -> None:
    at.edit("def shout(text:\n", "words.py")
    with pytest.raises(InvalidInput) as caught:
        at.deploy()
    assert caught.value.problems[0].code == "SCR-010"
    assert "words.py" in str(caught.value)


def test_a_function_that_is_no_flow_is_refused(at: Place) -> None:
    with pytest.raises(InvalidInput) as caught:
        material_of_flow("flows", "words.py:shout", ref=None, base=at.folder, client=at.client)
    assert (caught.value.problems[0].code, caught.value.problems[0].variant) == ("FLW-071", "no_flow")


# ---- what is said of a deployment


def test_all_that_cannot_be_meant_is_told_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        terms_of({"corn": "x", "parameters": 3, "image": "a:b", "cron": "x", "interval": 3, "job_variables": {"a": 1}})
    variants = sorted((problem.code, problem.variant) for problem in caught.value.problems)
    assert variants == [
        ("FLW-080", "together"), ("FLW-081", "image"), ("FLW-081", "job_variables"), ("FLW-081", "near"),
        ("FLW-081", "value"),
    ]  # fmt: skip


def test_what_has_no_effect_is_accepted_and_said() -> None:
    assert terms_of({"build": False, "push": False, "image": None, "ignore_warnings": True}).ignored == ()
    assert terms_of({"build": True, "work_queue_name": "x"}).ignored == ("build", "work_queue_name")


def test_two_names_of_a_pool_are_one_too_many() -> None:
    assert terms_of({"work_pool": "a"}).fields == {"pool": "a"}
    with pytest.raises(InvalidInput):
        terms_of({"work_pool": "a", "work_pool_name": "b"})


def test_terms_become_fields_of_the_deployment() -> None:
    terms = terms_of({"concurrency_limit": 2, "tags": {"b", "a"}, "priority": -1, "version": "v9", "cron": "* * * * *"})
    assert terms.fields == {"limit": 2, "tags": ["a", "b"], "priority": -1}
    assert terms.note == "v9"
    assert terms.schedules == schedules_of(cron="* * * * *")


def test_every_change_made_indoors_leaves_its_row(at: Place) -> None:
    at.deploy(cron="* * * * *")
    with at.control.store.transaction() as tx:
        rows = [(row.actor, row.action) for row in tx.audit.read()]
    assert [action for _, action in rows] == [
        "pipeline.publish", "deployment.create", "pipeline.activate", "schedule.create",
    ]  # fmt: skip
    assert {actor for actor, _ in rows} == {"commands of this machine (here)"}
