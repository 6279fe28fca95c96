"""From a flow to a deployment: `Flow.from_source`, `Flow.deploy`, `Flow.to_deployment` and `serve` come here."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pauta.authoring.schedule_arguments import WantedSchedule, schedules_of
from pauta.authoring.source_address import read_entrypoint, read_source
from pauta.domain.languages import from_environment
from pauta.domain.problems import InvalidInput, PautaError, Place, Problem, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pauta.adapters.api_client import ApiClient
    from pauta.assembly.deploying import Deployed, Wanted

_TIMES = ("cron", "interval", "rrule", "schedule", "schedules", "timezone")
_POOLS = ("work_pool_name", "work_pool", "pool")
_WITHOUT_EFFECT = (
    "build", "push", "work_queue_name", "enforce_parameter_schema", "print_next_steps", "ignore_warnings",
    "entrypoint_type", "print_starting_message", "pause_on_shutdown", "webserver", "triggers", "sla",
)  # fmt: skip
_SAID_ALOUD = ("build", "push", "work_queue_name", "triggers", "sla", "webserver")
_KNOWN = (
    *_TIMES, *_POOLS, "parameters", "tags", "description", "version", "concurrency_limit", "limit", "paused",
    "priority", "notifications", "job_variables", "image", *_WITHOUT_EFFECT,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SourcedFlow:
    """A flow by where its file is. The file is read when the flow is deployed, and never imported for it.

    Attributes:
        source: A folder, a git repository, a bucket or ``store://pipeline@version``.
        entrypoint: ``file.py:function``, relative to the source.
        ref: Branch, tag or commit of a repository.
    """

    source: str
    entrypoint: str
    ref: str | None = None

    def deploy(self, name: str, **terms: Any) -> str:
        """Deploy it; see `deploy`."""
        return deploy(self, name, **terms)

    def to_deployment(self, name: str, **terms: Any) -> ToDeploy:
        """What `serve` takes."""
        return to_deployment(self, name, **terms)

    def serve(self, name: str | None = None, **terms: Any) -> None:
        """Deploy it and serve; see `serve`."""
        serve(self, name, **terms)


@dataclass(frozen=True, slots=True)
class ToDeploy:
    """A flow with the terms on which it is to be deployed: made by `to_deployment`, taken by `serve`."""

    flow: Any
    name: str
    terms: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Terms:
    """What was said of a deployment.

    Attributes:
        fields: Of the deployment.
        ignored: Names of arguments that mean nothing here.
    """

    fields: Mapping[str, Any]
    schedules: tuple[WantedSchedule, ...] | None
    paused: bool
    note: str
    ignored: tuple[str, ...]


def from_source(source: str | os.PathLike[str], entrypoint: str, ref: str | None = None) -> SourcedFlow:
    """A flow by where its file is, instead of by what was imported here.

    Args:
        source: ``./folder``, ``https://host/repository.git#main``, ``git@host:repository.git``,
            ``/path/repository.git``, ``s3://bucket/prefix`` or ``store://pipeline@version``.
        entrypoint: ``./file.py:function``, relative to the source.
        ref: Branch, tag or commit of a repository.

    Raises:
        InvalidInput: FLW-070, FLW-071 when they are written otherwise. What is there is looked at by `deploy`.
    """
    text = os.fspath(source)
    read_source(text, ref=ref)
    read_entrypoint(entrypoint)
    return SourcedFlow(text, entrypoint, ref)


def to_deployment(flow: Any, name: str, **terms: Any) -> ToDeploy:
    """A flow with the terms of its deployment, for `serve`.

    Raises:
        InvalidInput: FLW-080, FLW-081.
    """
    terms_of(terms)
    return ToDeploy(flow, name, terms)


def deploy(flow: Any, name: str, **terms: Any) -> str:
    """Publish a flow and make, or change, a deployment of it.

    It goes to the project's server when one runs or is named by PAUTA_API_URL, else into the project's own records.
    What was published is what runs, whatever becomes of the files. The same deployed twice changes nothing.

    Args:
        flow: A flow, or what `from_source` gave.
        name: Of the deployment, unique in the project.
        terms: ``work_pool_name``; one of ``cron``, ``interval``, ``rrule``, ``schedule`` and ``schedules``, with
            ``timezone`` (UTC); ``parameters``, ``tags``, ``description``, ``version`` (a remark),
            ``concurrency_limit`` or ``limit`` (stages at a time), ``paused``, ``priority``, ``notifications``.
            ``build`` and ``push`` have no effect.

    Returns:
        The deployment's name.

    Raises:
        InvalidInput: FLW-070 to FLW-081; with every problem of the flow's file.
        Conflict: FLW-078 when the name belongs to a deployment of another flow.
        PautaError: The server refuses it or is not there; the records cannot be opened.
    """
    given = terms_of(terms)
    with _remedies_shown():
        deploy_all([(flow, name, given)])
    return name


def serve(*flows: Any, name: str | None = None, **terms: Any) -> None:
    """Deploy flows, then fire and run them in this process until Ctrl-C or TERM.

    When a server runs for the project, this process is a worker of it; otherwise it is the server.

    Args:
        flows: A flow, perhaps followed by a name; or what `to_deployment` gave.
        name: Of the deployment; the flow's own when there is none.
        terms: As `deploy` takes them; a flow that is served is not in a work pool unless one is named.

    Raises:
        InvalidInput: FLW-083, FLW-084; as `deploy`.
    """
    from pauta.assembly.flow_serving import serve_all

    wanted = _to_serve(flows, name, terms)
    with _remedies_shown():
        serve_all([(item.flow, item.name, terms_of(item.terms)) for item in wanted])


def deploy_all(wanted: Sequence[tuple[Any, str, Terms]], *, hints: bool = True) -> list[Deployed]:
    """Deploy several, and tell of each on standard output.

    Args:
        wanted: Flow, name and terms of each.
        hints: Also tell what has to be started for them to run.
    """
    from pauta.assembly.deploying import Deployer
    from pauta.assembly.deploying_words import starting, told, word
    from pauta.assembly.reaching import reach_or_open

    language, say = from_environment(os.environ), _say
    folder = project_folder(wanted[0][0])
    made = []
    with reach_or_open(folder, language=language, say=_aside) as project:
        own = str(folder) if project.is_own else None
        for flow, name, terms in wanted:
            deployed = Deployer(project.client).apply(_wanted(flow, name, terms, base=folder, client=project.client))
            for line in told(deployed, language=language):
                say(line)
            for line in starting(deployed, language=language, folder=own) if hints else ():
                say(line)
            if terms.ignored:
                say(word("ignored", language, names=", ".join(terms.ignored)))
            made.append(deployed)
    return made


def terms_of(said: Mapping[str, Any]) -> Terms:
    """What was said, checked as far as it can be without looking anywhere.

    Raises:
        InvalidInput: FLW-080, FLW-081, all that apply.
    """
    problems = [_stranger(name) for name in said if name not in _KNOWN]
    pools = {name: said[name] for name in _POOLS if said.get(name) is not None}
    if len(pools) > 1:
        first, second = list(pools)[:2]
        problems.append(Problem("FLW-081", {"first": first, "second": second}, variant="both"))
    pool = shorten(next(iter(pools.values()), "default"))
    for name in ("image", "job_variables"):
        if said.get(name):
            values = {"pool": pool, "image": shorten(said[name])} if name == "image" else {"pool": pool}
            problems.append(Problem("FLW-081", values, name, place=Place(field=name)))
    fields: dict[str, Any] = {"pool": next(iter(pools.values()))} if pools else {}
    fields |= _fields(said, problems)
    schedules = None
    try:
        schedules = schedules_of(**{name: said.get(name) for name in _TIMES})
    except InvalidInput as error:
        problems += error.problems
    if problems:
        raise InvalidInput(problems)
    ignored = tuple(name for name in _SAID_ALOUD if said.get(name))
    return Terms(fields, schedules, bool(said.get("paused")), str(said.get("version") or ""), ignored)


def _fields(said: Mapping[str, Any], problems: list[Problem]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, kind, to, expected in (
        ("parameters", Mapping, "parameters", '{"subreddit": "redditdev"}'),
        ("description", str, "description", '"…"'),
        ("priority", int, "priority", "-1, 0, 10"),
        ("concurrency_limit", int, "limit", "1, 2, 3"),
        ("limit", int, "limit", "1, 2, 3"),
        ("notifications", list | tuple, "notifications", "[…]"),
        ("tags", list | tuple | set | frozenset, "tags", '["nightly"]'),
    ):
        value = said.get(name)
        if value is None:
            continue
        if not isinstance(value, kind) or isinstance(value, bool):
            values = {"name": name, "found": shorten(repr(value)), "expected": expected}
            problems.append(Problem("FLW-081", values, "value", place=Place(field=name)))
        elif value or name not in ("tags", "description"):
            found[to] = sorted(value) if isinstance(value, set | frozenset) else value
    for name in ("tags", "notifications"):
        if isinstance(found.get(name), tuple):
            found[name] = list(found[name])
    return found


def _stranger(name: str) -> Problem:
    near = get_close_matches(name, _KNOWN, n=1, cutoff=0.6)
    if near:
        return Problem("FLW-081", {"name": shorten(name), "nearest": near[0]}, "near", place=Place(field=name))
    known = [known for known in _KNOWN if known not in _WITHOUT_EFFECT]
    return Problem("FLW-081", {"name": shorten(name), "known": ", ".join(known)}, place=Place(field=name))


def _wanted(flow: Any, name: str, terms: Terms, *, base: Path, client: ApiClient) -> Wanted:
    from pauta.assembly.deploying import Wanted
    from pauta.assembly.flow_material import material_of_flow

    source, entrypoint, ref = where(flow)
    material = material_of_flow(source, entrypoint, ref=ref, base=base, client=client)
    return Wanted(
        name=name,
        fields=terms.fields,
        material=material,
        pinned=True,
        schedules=terms.schedules,
        only_these=True,
        paused=terms.paused,
        note=terms.note,
        strict=True,
    )


def where(flow: Any) -> tuple[str, str, str | None]:
    """Source, entrypoint and ref of a flow; a folder by its whole path.

    Raises:
        InvalidInput: FLW-074 when it was not made in a file.
    """
    if isinstance(flow, SourcedFlow):
        address = read_source(flow.source, ref=flow.ref)
        if address.kind == "folder":
            return str(Path(address.address).resolve()), flow.entrypoint, None
        if address.kind == "git" and Path(address.address).exists():
            return f"{Path(address.address).resolve()}", flow.entrypoint, address.ref or None
        return flow.source, flow.entrypoint, flow.ref
    function = inspect.unwrap(getattr(flow, "fn", flow))
    file = file_of(function)
    name = str(getattr(function, "__qualname__", "flow"))
    if file is None:
        raise InvalidInput(Problem("FLW-074", {"flow": shorten(name.rpartition(".")[2])}))
    if "." in name:
        values = {"flow": shorten(name.rpartition(".")[2]), "found": shorten(name)}
        place = Place(file=str(file), line=function.__code__.co_firstlineno)
        raise InvalidInput(Problem("FLW-074", values, variant="inner", place=place))
    root = _root_of(file, function)
    return str(root), f"{file.relative_to(root).as_posix()}:{name}", None


def file_of(function: Callable[..., Any]) -> Path | None:
    """The Python file that a function was read from; None for one of a prompt or a notebook."""
    try:
        found = inspect.getsourcefile(function)
    except TypeError:
        return None
    file = Path(found) if found else None
    return file.resolve() if file is not None and file.suffix == ".py" and file.is_file() else None


def _root_of(file: Path, function: Callable[..., Any]) -> Path:
    """The folder that imports of the file start from: what it was found in when it was imported."""
    module = function.__module__
    if module == "__main__":
        spec = getattr(sys.modules.get("__main__"), "__spec__", None)
        module = spec.name if spec is not None else ""
    parts = module.split(".")
    if parts[-1] != file.stem and file.name == "__init__.py":
        parts.append("__init__")
    ending = file.with_suffix("").parts[-len(parts) :]
    return file.parents[len(parts) - 1] if ending == tuple(parts) else file.parent


def project_folder(flow: Any) -> Path:
    """The nearest folder with a ``pauta.toml``: upwards from here, else from the flow's file; else this one."""
    here = Path.cwd()
    starts = [here]
    if not isinstance(flow, SourcedFlow):
        file = file_of(inspect.unwrap(getattr(flow, "fn", flow)))
        starts += [file.parent] if file is not None else []
    for start in starts:
        for folder in (start, *start.parents):
            if (folder / "pauta.toml").is_file():
                return folder
    return here


def _to_serve(flows: Sequence[Any], name: str | None, terms: Mapping[str, Any]) -> list[ToDeploy]:
    items = list(flows)
    if len(items) > 1 and (items[1] is None or isinstance(items[1], str)):
        name = name or items[1]
        del items[1]
    if not items:
        raise InvalidInput(Problem("FLW-084"))
    return [item if isinstance(item, ToDeploy) else ToDeploy(item, name or _name_of(item), terms) for item in items]


def _name_of(flow: Any) -> str:
    if isinstance(flow, SourcedFlow):
        return read_entrypoint(flow.entrypoint).flow
    return str(getattr(flow, "name", None) or getattr(flow, "__name__", "flow"))


@contextmanager
def _remedies_shown() -> Iterator[None]:
    """What to do about a problem, below the traceback in which Python shows it."""
    language = from_environment(os.environ)
    try:
        yield
    except PautaError as error:
        for remedy in dict.fromkeys(problem.remedy(language) for problem in error.problems):
            if remedy:
                error.add_note(f"→ {remedy}")
        raise


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _aside(line: str) -> None:
    sys.stderr.write(f"{line}\n")
