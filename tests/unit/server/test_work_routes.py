"""The routes of workers elsewhere: who may, what is claimed once, what is refused (S21, B66, P13, P22)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from blake3 import blake3

from asking import Answer, Asking
from pauta.domain.access import Role
from pauta.domain.deploying import WorkerState
from pauta.domain.outputs import Kind, Output
from pauta.domain.settings import QueueSettings
from pauta.domain.work import Lease
from work_site import Site

CHAIN = {"a": "def execute():\n    return 1\n", "b": "def execute(a):\n    return a + 1\n"}
STEPS = ({"name": "a", "output": "a"}, {"name": "b", "dataframes": ["a"], "output": "b"})
NONCE = "0123456789abcdef"


class Teller:
    """A worker that speaks to the routes by hand."""

    def __init__(self, site: Site, ask: Asking, *, pools: tuple[str, ...] = ("default",), nonce: str = NONCE) -> None:
        self.site, self.ask, self.pools = site, ask, pools
        self.token = site.token(pools=pools)
        self.number = 0
        self.owner = self.post("register", nonce=nonce, name="w", pools=list(pools)).json["owner"]

    def post(self, verb: str, **body: Any) -> Answer:
        return self.ask("POST", f"/api/v1/work/{verb}", json=body, token=self.token)

    def claim(self, **more: Any) -> Any:
        if "number" not in more:
            self.number += 1
        body = {"owner": self.owner, "number": self.number, "room": 10, **more}
        answer = self.post("claim", **body)
        assert answer.status == 200, answer.text
        return answer.json["recorded"]

    def report(self, run: str, *heard: Any, number: int | None = None) -> Answer:
        if number is None:
            self.number += 1
        items = [msgspec.to_builtins(h) if isinstance(h, msgspec.Struct) else h for h in heard]
        return self.post("report", owner=self.owner, number=number or self.number, run=run, heard=items)

    def renew(self, *held: Lease) -> Any:
        answer = self.post("renew", owner=self.owner, held=[msgspec.to_builtins(lease) for lease in held])
        assert answer.status == 200, answer.text
        return answer.json

    def fetch(self, address: str, grant: str) -> Answer:
        path, headers = f"/api/v1/work/objects/{address}", {"pauta-grant": grant}
        return self.ask("GET", path, token=self.token, headers=headers)

    def send(self, address: str, data: bytes, grant: str) -> Answer:
        path = f"/api/v1/work/objects/{address}"
        headers = {"pauta-grant": grant, "content-type": "application/octet-stream"}
        return self.ask("PUT", path, body=data, token=self.token, headers=headers)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path / "server")
    yield made
    made.close()


@pytest.fixture
def ask(site: Site) -> Iterator[Asking]:
    with Asking(site.app) as asking:
        yield asking


@pytest.fixture
def teller(site: Site, ask: Asking) -> Teller:
    return Teller(site, ask)


def started(step: int, *, fence: int = 1, stage: int = 0) -> dict[str, Any]:
    return {"t": "started", "stage": stage, "fence": fence, "step": step, "at": 1_700_000_000.5}


def finished(step: int, output: Output | None, *, fence: int = 1, stage: int = 0) -> dict[str, Any]:
    told = msgspec.to_builtins(output)
    more = {"seconds": 0.1, "at": 1_700_000_001.0, "output": told, "inputs": {}}
    return {"t": "finished", "stage": stage, "fence": fence, "step": step, **more}


def lines(step: int, text: str, *, fence: int = 1) -> dict[str, Any]:
    line = {"at": "2026-01-01T00:00:00Z", "level": "INFO", "text": text}
    return {"t": "lines", "step": step, "fence": fence, "lines": [line]}


def small(value: int) -> Output:
    data = str(value).encode()
    return Output(Kind.VALUE, blake3(data).hexdigest(), len(data), format="json", value=value, inline=True)


# ---- who may ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.WORKER])
def test_nobody_but_a_worker_works(site: Site, ask: Asking, role: Role) -> None:
    body = {"nonce": NONCE, "name": "w", "pools": ["default"]}
    answer = ask("POST", "/api/v1/work/register", json=body, token=site.token(role))
    assert (answer.status, answer.codes) == (403, ["AUT-004"])


def test_a_worker_names_only_the_pools_of_its_token(site: Site, ask: Asking) -> None:
    body = {"nonce": NONCE, "name": "w", "pools": ["default", "gpu"]}
    answer = ask("POST", "/api/v1/work/register", json=body, token=site.token())
    assert (answer.status, answer.codes) == (403, ["AUT-005"])


def test_an_owner_belongs_to_the_token_that_registered_it(site: Site, ask: Asking, teller: Teller) -> None:
    other = Teller(site, ask)
    assert other.owner != teller.owner  # the same nonce under another token is another worker
    answer = other.post("claim", owner=teller.owner, number=1, room=1)
    assert (answer.status, answer.codes) == (404, ["ATT-011"])


def test_registering_again_is_the_same_worker(site: Site, teller: Teller) -> None:
    again = teller.post("register", nonce=NONCE, name="w", pools=["default"])
    assert again.json["owner"] == teller.owner
    with site.control.store.transaction() as tx:
        assert len(tx.workers.all()) == 1


def test_a_worker_gets_no_stage_of_other_pools_and_reads_nothing_of_them(
    site: Site, ask: Asking, teller: Teller
) -> None:
    run = site.submit(CHAIN, *STEPS, pool="gpu")
    assert teller.claim() == []
    answer = teller.post("claim", owner=teller.owner, number=9, room=1, run=run)
    assert (answer.status, answer.codes) == (404, ["RUN-001"])
    assert teller.report(run).codes == ["RUN-001"]
    gpu = Teller(site, ask, pools=("gpu",))
    (recorded,) = gpu.claim()
    order = recorded["assignments"][0]
    script = next(iter(order["scripts"].values()))
    assert teller.fetch(script, order["grant"]).codes == ["AUT-005"]
    assert gpu.fetch(script, order["grant"]).status == 200


# ---- claiming --------------------------------------------------------------------------------------


def test_a_claim_asked_again_under_its_number_gives_the_same_stages(site: Site, teller: Teller) -> None:
    site.submit(CHAIN, *STEPS)
    first = teller.claim()
    assert teller.claim(number=teller.number) == first
    assert teller.claim() == []
    assert teller.claim(number=1) == []  # out of date: it was answered, or the next would not have been asked


def test_a_claim_that_waits_is_answered_when_a_limit_on_how_often_lets_the_next_begin(
    site: Site, teller: Teller
) -> None:
    with site.control.store.transaction() as tx:
        tx.pools.set_limit("pool:default", 1, period_seconds=0.4)
    for _ in range(2):
        site.submit(CHAIN, STEPS[0])
    began = time.monotonic()
    assert len(teller.claim()) == 1
    assert teller.claim() == []
    assert len(teller.claim(wait_seconds=10.0)) == 1
    assert 0.35 < time.monotonic() - began < 5.0


def test_an_older_claim_that_comes_late_takes_nothing(site: Site, teller: Teller) -> None:
    assert teller.claim(number=7) == []
    site.submit(CHAIN, *STEPS)
    assert teller.claim(number=6) == []
    assert len(teller.claim(number=7)) == 1


def test_what_a_worker_holds_without_knowing_it_is_free_at_its_second_heartbeat(tmp_path: Path) -> None:
    site = Site(tmp_path / "server", queue=QueueSettings(lease_seconds=30.0, heartbeat_seconds=1e-6))
    try:
        with Asking(site.app) as ask:
            teller = Teller(site, ask)
            run = site.submit(CHAIN, *STEPS)
            teller.claim()
            teller.renew()
            assert site.stages(run)[0].owner == teller.owner
            teller.renew()
            assert site.stages(run)[0].owner is None
            assert site.stages(run)[0].deaths == 0
            assert teller.claim()[0]["assignments"][0]["order"]["fence"] == 2
    finally:
        site.close()


def test_a_draining_worker_is_told_so_and_gets_nothing(site: Site, teller: Teller) -> None:
    site.submit(CHAIN, *STEPS)
    with site.control.store.transaction() as tx:
        worker = tx.workers.get(teller.owner)
        assert worker is not None
        tx.workers.put(msgspec.structs.replace(worker, state=WorkerState.DRAINING))
    answer = teller.post("claim", owner=teller.owner, number=1, room=1, wait_seconds=20)
    assert answer.json == {"recorded": [], "draining": True}
    assert teller.renew()["draining"] is True


def test_leaving_frees_what_is_held(site: Site, teller: Teller) -> None:
    run = site.submit(CHAIN, *STEPS)
    teller.claim()
    assert teller.post("leave", owner=teller.owner).json == {"released": 1}
    assert site.stages(run)[0].state.value == "ready"
    assert teller.post("claim", owner=teller.owner, number=2, room=1).codes == ["ATT-011"]


# ---- reporting -------------------------------------------------------------------------------------


def test_a_report_sent_twice_counts_once(site: Site, teller: Teller) -> None:
    run = site.submit(CHAIN, *STEPS)
    teller.claim()
    heard = [lines(0, "hello"), started(0), finished(0, small(1))]
    first = teller.report(run, *heard, number=100)
    assert teller.report(run, *heard, number=100).json == first.json
    assert site.lines(run) == ["hello"]
    assert site.steps(run)[0].attempts == 1
    assert site.events(run, "late_result") == []


def test_a_report_repeated_after_a_restart_is_known_from_the_records(tmp_path: Path) -> None:
    site = Site(tmp_path / "server")
    with Asking(site.app) as ask:
        teller = Teller(site, ask)
        run = site.submit(CHAIN, *STEPS)
        teller.claim()
        heard = [
            started(0),
            finished(0, small(1)),
            started(1),
            finished(1, small(2)),
            {"t": "stage_done", "stage": 0, "fence": 1},
        ]
        assert teller.report(run, *heard, number=100).json["over"] is True
    site.close()
    again = Site(tmp_path / "server")
    try:
        with Asking(again.app) as ask:
            teller.ask = ask
            answer = teller.report(run, *heard, number=100)
            assert (answer.status, answer.json["refused"]) == (200, [])
            assert again.events(run, "late_result") == []
            assert [s.attempts for s in again.steps(run)] == [1, 1]
    finally:
        again.close()


def test_the_report_of_a_replaced_attempt_is_refused_and_leaves_a_trace(
    site: Site, ask: Asking, teller: Teller
) -> None:
    run = site.submit(CHAIN, *STEPS)
    (recorded,) = teller.claim()
    grant = recorded["assignments"][0]["grant"]
    stage = site.stages(run)[0]
    assert site.control.desk.expire(run, 0, fence=1, stamp=stage.lease_until)
    other = Teller(site, ask, nonce="fedcba9876543210")
    other.claim()
    answer = teller.report(run, started(0), finished(0, small(5)))
    assert (answer.status, answer.json["refused"]) == (200, [0, 0])
    assert len(site.events(run, "late_result")) == 2
    assert site.steps(run)[0].output is None
    assert teller.renew(Lease(run, 0, 1))["renewal"]["lost"] == [{"run": run, "stage": 0, "fence": 1}]
    old = teller.fetch("0" * 64, grant)
    assert (old.status, old.codes) == (409, ["ATT-001"])  # B66
    assert "attempt 1 was replaced by 2 at" in old.json["problems"][0]["message"]
    assert "result discarded" in old.json["problems"][0]["message"]


def test_nobody_reports_or_renews_for_another_worker(site: Site, ask: Asking, teller: Teller) -> None:
    run = site.submit(CHAIN, *STEPS)
    teller.claim()
    thief = Teller(site, ask, nonce="fedcba9876543210")
    answer = thief.report(run, started(0))
    assert (answer.status, answer.codes) == (409, ["ATT-002"])
    answer = thief.report(run, lines(0, "not mine"))
    assert answer.codes == ["ATT-002"]
    before = site.stages(run)[0].lease_until
    assert thief.renew(Lease(run, 0, 1))["renewal"]["lost"] == [{"run": run, "stage": 0, "fence": 1}]
    assert site.stages(run)[0].lease_until == before
    assert site.events(run, "late_result") == []


@pytest.mark.parametrize(
    "heard",
    [
        started(7),
        started(0, stage=7),
        started(-1),
        started(2**80),
        {"t": "stage_done", "stage": 2**80, "fence": 1},
        lines(99, "x"),
    ],
    ids=["step", "stage", "negative", "huge step", "huge stage", "line"],
)
def test_a_report_of_what_the_run_does_not_have_is_no_error_of_ours(site: Site, teller: Teller, heard: Any) -> None:
    run = site.submit(CHAIN, *STEPS)
    teller.claim()
    answer = teller.report(run, heard)
    assert (answer.status, answer.codes) in ((422, ["ATT-005"]), (422, ["API-001"]))


def test_a_step_of_another_stage_cannot_be_finished(site: Site, teller: Teller) -> None:
    apart = {"a": CHAIN["a"], "x": "def execute():\n    return 2\n"}
    run = site.submit(apart, {"name": "a", "output": "a"}, {"name": "x", "output": "x"})
    teller.claim(room=1)
    assert teller.report(run, finished(1, small(9))).codes == ["ATT-005"]


# ---- objects ---------------------------------------------------------------------------------------


def test_nothing_is_put_on_record_that_is_not_in_the_store(site: Site, teller: Teller) -> None:
    run = site.submit(CHAIN, *STEPS)
    (recorded,) = teller.claim()
    grant = recorded["assignments"][0]["grant"]
    data = b"bytes of a model"
    address = blake3(data).hexdigest()
    output = Output(Kind.VALUE, address, len(data), format="json")
    answer = teller.report(run, finished(0, output), number=50)
    assert (answer.status, answer.codes) == (409, ["ATT-003"])
    assert teller.send(address, data, grant).json == {"address": address, "size": len(data)}
    assert teller.report(run, finished(0, output), number=50).status == 200
    assert site.steps(run)[0].state.value == "completed"


def test_a_reference_that_is_no_address_is_refused(site: Site, teller: Teller) -> None:
    run = site.submit(CHAIN, *STEPS)
    teller.claim()
    output = Output(Kind.VALUE, "../../etc/passwd", 5, format="json")
    answer = teller.report(run, finished(0, output))
    assert (answer.status, answer.codes) == (422, ["OBJ-004"])


def test_bytes_that_do_not_hash_to_their_name_are_refused(site: Site, teller: Teller) -> None:
    site.submit(CHAIN, *STEPS)
    (recorded,) = teller.claim()
    answer = teller.send("0" * 64, b"something", recorded["assignments"][0]["grant"])
    assert (answer.status, answer.codes) == (422, ["ATT-006"])
    assert not site.control.objects.exists("0" * 64)


def test_an_attempt_fetches_what_it_takes_and_nothing_else(site: Site, teller: Teller) -> None:
    run = site.submit(CHAIN, *STEPS)
    secret = site.control.objects.put(b"somebody else's").address
    (recorded,) = teller.claim()
    order = recorded["assignments"][0]
    source = order["scripts"]["a.py"]
    assert teller.fetch(source, order["grant"]).body == CHAIN["a"].encode()
    assert teller.fetch(secret, order["grant"]).codes == ["ATT-004"]
    assert teller.fetch("f" * 64, order["grant"]).codes == ["ATT-004"]
    assert teller.fetch(source, order["grant"][:-2] + "xx").codes == ["AUT-005"]
    assert teller.fetch("../passwd", order["grant"]).status in (404, 422)
    teller.report(
        run, {"t": "died", "stage": 0, "fence": 1, "step": None, "cause": "released", "problem": {"code": "X"}}
    )
    assert teller.fetch(source, order["grant"]).codes == ["ATT-001"]
