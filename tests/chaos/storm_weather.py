"""Takes a project through a storm, lets it end what it accepted, and holds everything against the promises."""

from __future__ import annotations

import random  # noqa: TID251 - seeded, and the seed is printed
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from statistics import median

from storm_flow_oracle import faulty_flow, left_over
from storm_flows import NAME as STORY
from storm_flows import begun_in, calls_noted
from storm_oracle import Told, claims_after, faulty_objects, faulty_run, missing_objects, nanoseconds, told_of
from storm_pipelines import PIPELINES, Start, starts_in
from storm_world import Wish, World, all_runs
from storms import Storm

CLIENTS = 3
END_SECONDS = 120.0
CLAIMED_WITHIN_SECONDS = 10.0


def weather(
    world: World, make_storm: Callable[[World], Storm], *, runs: int, pipelines: Sequence[str] = tuple(PIPELINES)
) -> None:
    """Have a world go through a storm, and find out what it broke: that is in its `faults`."""
    with world.standing():
        storm = make_storm(world)
        print(f"seed {storm.seed}: {storm.deeds} deeds, {runs} runs; CHAOS_SEED={storm.seed} repeats it")
        wishes = wishes_of(runs, seed=storm.seed, pipelines=pipelines)
        with world.watched(), world.answered():
            began = time.monotonic()
            people = world.submitting(
                wishes, threads=CLIENTS, before=lambda wish: storm.wait_for(wish.number * storm.deeds // runs)
            )
            storm.rage()
            stormed = time.monotonic() - began
            for person in people:
                person.join()
            resumed = world.bring_to_end(seconds=END_SECONDS)
            told = look_at(world, wishes)
        print(figures(storm, told, resumed=resumed, stormed=stormed))
        look_back(world, storm, told)
        world.end()
    world.faults.extend(faulty_objects(world.project / ".pauta" / "objects"))


def wishes_of(count: int, *, seed: int, pipelines: Sequence[str]) -> list[Wish]:
    """Runs of these pipelines, quick and slow ones."""
    chance = random.Random(seed)
    return [Wish(n, chance.choice(pipelines), round(chance.uniform(0.0, 0.6), 2)) for n in range(count)]


def look_at(world: World, wishes: list[Wish]) -> dict[int, Told]:
    """What is on record of every run, held against an undisturbed run of the same."""
    with world.client() as client:
        recorded = [line["run"] for line in all_runs(client)]
        world.faults.extend(left_over(all_runs(client, children=True)))
        told = {number: told_of(client, run) for number, run in world.accepted.items()}
    if sorted(recorded) != sorted(world.accepted.values()):
        world.faults.append(f"P1: {len(recorded)} runs on record, {len(world.accepted)} were accepted")
    starts, calls = starts_in(world.ledger), begun_in(calls_noted(world.ledger))
    quiet = [Wish(wish.number, wish.pipeline, 0.0) for wish in wishes]
    clean = undisturbed(world, quiet)
    for number, each in sorted(told.items()):
        if each.view["pipeline"] == STORY:
            world.faults.extend(faulty_flow(each, calls[each.view["run"]], clean[number]))
        else:
            world.faults.extend(faulty_run(each, starts, clean[number]))
        world.faults.extend(missing_objects(each, world.project / ".pauta" / "objects"))
    world.faults.extend(strange_lines(starts, {*recorded}, world))
    return told


def undisturbed(world: World, wishes: list[Wish]) -> dict[int, Mapping[str, str]]:
    """Addresses of what each run gives when nobody is killed, by the wish's number."""
    with world.client() as client:
        runs = {wish.number: client.ask("POST", "/runs", wish.body)["run"] for wish in wishes}
        world.bring_to_end(seconds=END_SECONDS)
        return {number: told_of(client, run).addresses for number, run in runs.items()}


def strange_lines(starts: Mapping[tuple[str, str], list[Start]], stormy: set[str], world: World) -> list[str]:
    """Bodies that began for runs that nobody was told of."""
    unknown = {run for run, _ in starts} - stormy
    return [f"P1: bodies of unknown runs began: {unknown}"] if unknown else []


def look_back(world: World, storm: Storm, told: Mapping[int, Told]) -> None:
    """How soon stages were claimed again after a server had been killed (P7)."""
    attempts = [
        (nanoseconds(a["started_at"]), nanoseconds(a["ended_at"])) for each in told.values() for a in each.attempts
    ]
    deaths = [deed.at_ns for deed in storm.done if deed.kind == "server"]
    waits = claims_after(deaths, world.ups, attempts)
    for what, seconds in zip(("its death", "its return"), zip(*waits, strict=True), strict=False):
        print(f"claimed after {what}, {len(waits)} times: median {median(seconds):.2f} s, most {max(seconds):.2f} s")
    late = [since for _, since in waits if since > CLAIMED_WITHIN_SECONDS]
    world.faults.extend(f"P7: nothing was claimed for {seconds:.1f} s after a server was back" for seconds in late)
    print(f"answers: {dict(world.counts)}")


def figures(storm: Storm, told: Mapping[int, Told], *, resumed: int, stormed: float) -> str:
    """What the storm was like."""
    outcomes = Counter(a["outcome"] for each in told.values() for a in each.attempts)
    return (
        f"{len(storm.done)} deeds in {stormed:.0f} s: {storm.counts}; {len(told)} runs, attempts {dict(outcomes)}, "
        f"{resumed} resumed"
    )
