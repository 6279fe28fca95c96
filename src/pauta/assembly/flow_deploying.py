"""From a flow to a deployment: `Flow.from_source`, `Flow.deploy`, `Flow.to_deployment` and `serve` come here."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pauta.assembly.deployment_terms import Terms, terms_of
from pauta.authoring.source_address import read_entrypoint, read_source
from pauta.domain.languages import from_environment
from pauta.domain.problems import InvalidInput, PautaError, Place, Problem, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pauta.adapters.api_client import ApiClient
    from pauta.assembly.deploying import Deployed, Wanted


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
    from pauta.assembly.flow_serving import serve_deployed

    wanted = _to_serve(flows, name, terms)
    with _remedies_shown():
        made = deploy_all([(item.flow, item.name, terms_of(item.terms)) for item in wanted], hints=False)
        serve_deployed(project_folder(wanted[0].flow), made)


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
