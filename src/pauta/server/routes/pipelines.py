"""Pipelines to publish and to look at: versions, documents, scripts, activations."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

from fastapi import Query
from msgspec import Struct, field

from pauta.domain.access import Permission
from pauta.domain.problems import InvalidInput, NotFound, Place, Problem, Scalar, shorten
from pauta.server.caller import AuditDep, CallerDep, ControlDep, LanguageDep
from pauta.server.routing import Routes
from pauta.services import publish, publish_views
from pauta.services.behalf import Behalf
from pauta.services.publish_checks import Sent, check_view
from pauta.services.view_pipelines import (
    ActivationList,
    ActivationView,
    CheckView,
    PipelineList,
    PipelineView,
    PublishedView,
    ScriptList,
    ScriptText,
    ScriptView,
    VersionDifference,
    VersionList,
    VersionView,
)

ROUTES = Routes("", tag="pipelines")

_DIGITS = 9
Older = Annotated[int, Query(ge=1, le=10**_DIGITS, description="The version that is compared with.")]
Newer = Annotated[int, Query(ge=1, le=10**_DIGITS, description="The version that is compared.")]


class Bytes(Struct, frozen=True, forbid_unknown_fields=True):
    """A script that is not written in UTF-8: its bytes in Base64."""

    base64: str


class Document(Struct, frozen=True, forbid_unknown_fields=True):
    """A document with its scripts.

    Attributes:
        file: The document's file name; its ending tells JSON from YAML.
        document: Its text.
        scripts: Path relative to the document → text of the script. Files that no step uses are left out.
    """

    file: str
    document: str
    scripts: dict[str, str | Bytes] = field(default_factory=dict)


class Publication(Document, frozen=True, forbid_unknown_fields=True):
    """A document with its scripts, to be published.

    Attributes:
        note: What to say about it.
        activate: Whether it is what runs from now on.
        based_on: The version that was edited: when it is not the newest any more, nothing is published.
    """

    note: str = ""
    activate: bool = True
    based_on: int | None = None


class Choice(Struct, frozen=True, forbid_unknown_fields=True):
    """A version to make active, and why."""

    version: int
    why: str = ""


@ROUTES.add("GET", "/pipelines", permission=Permission.READ, answers=PipelineList, summary="List pipelines")
def list_pipelines(control: ControlDep) -> PipelineList:
    """By name."""
    return publish_views.list_pipelines(control)


@ROUTES.add(
    "POST",
    "/pipelines",
    permission=Permission.EDIT,
    answers=PublishedView,
    status=201,
    summary="Publish a pipeline",
)
def publish_pipeline(body: Publication, control: ControlDep, caller: CallerDep, audit: AuditDep) -> PublishedView:
    """Check a document with its scripts, without running them, and keep them as a new version.

    The same bytes are the same version (`identical`). 409 with what changed when `based_on` is not the newest.
    """
    return publish.publish(
        control,
        _sent(body),
        behalf=Behalf(caller.actor, caller.need, audit.note),
        note=body.note,
        activate=body.activate,
        based_on=body.based_on,
    )


@ROUTES.add("POST", "/pipelines/check", permission=Permission.READ, answers=CheckView, summary="Check a pipeline")
def check_pipeline(body: Publication, language: LanguageDep) -> CheckView:
    """What publishing it would find. Nothing is kept."""
    return check_view(_sent(body), language=language)


@ROUTES.add("GET", "/pipelines/{name}", permission=Permission.READ, answers=PipelineView, summary="Show a pipeline")
def view_pipeline(control: ControlDep, name: str) -> PipelineView:
    """Its versions, newest first, and the deployments that run it."""
    return publish_views.view_pipeline(control, name)


@ROUTES.add(
    "GET", "/pipelines/{name}/versions", permission=Permission.READ, answers=VersionList, summary="List its versions"
)
def list_versions(control: ControlDep, name: str) -> VersionList:
    """Newest first."""
    return publish_views.list_versions(control, name)


@ROUTES.add(
    "GET",
    "/pipelines/{name}/versions/{version}",
    permission=Permission.READ,
    answers=VersionView,
    summary="Show a version",
)
def view_version(control: ControlDep, name: str, version: str) -> VersionView:
    """Its document as it was published, its scripts, steps, inputs and parameters."""
    return publish_views.view_version(control, name, _number(name, version))


@ROUTES.add(
    "GET",
    "/pipelines/{name}/versions/{version}/scripts/{path:path}",
    permission=Permission.READ,
    answers=ScriptText,
    summary="Show a script of a version",
)
def view_script_of_version(control: ControlDep, name: str, version: str, path: str) -> ScriptText:
    """Its text as it was published."""
    return publish_views.view_script_of(control, name, _number(name, version), path)


@ROUTES.add(
    "POST",
    "/pipelines/{name}/activate",
    permission=Permission.EDIT,
    answers=ActivationView,
    summary="Activate a version",
)
def activate_version(
    body: Choice, control: ControlDep, caller: CallerDep, audit: AuditDep, name: str
) -> ActivationView:
    """From now on it runs when no version is named. An older one may be made active again."""
    behalf = Behalf(caller.actor, caller.need, audit.note)
    return publish.activate(control, name, body.version, behalf=behalf, why=body.why)


@ROUTES.add(
    "GET",
    "/pipelines/{name}/activations",
    permission=Permission.READ,
    answers=ActivationList,
    summary="List its activations",
)
def list_activations(control: ControlDep, name: str) -> ActivationList:
    """Newest first: which version was active when, by whose decision."""
    return publish_views.list_activations(control, name)


@ROUTES.add(
    "GET",
    "/pipelines/{name}/diff",
    permission=Permission.READ,
    answers=VersionDifference,
    summary="Compare two versions",
)
def compare_versions(control: ControlDep, name: str, a: Older, b: Newer) -> VersionDifference:
    """Unified diffs of the document and of each script."""
    return publish_views.compare_versions(control, name, a, b)


@ROUTES.add("GET", "/scripts", permission=Permission.READ, answers=ScriptList, summary="List scripts")
def list_scripts(control: ControlDep) -> ScriptList:
    """Over all pipelines, by path."""
    return publish_views.list_scripts(control)


@ROUTES.add("GET", "/scripts/{path:path}", permission=Permission.READ, answers=ScriptView, summary="Show a script")
def view_script(control: ControlDep, path: str) -> ScriptView:
    """Every form it had, newest first, and the pipelines that use each."""
    return publish_views.view_script(control, path)


def _sent(body: Document) -> Sent:
    problems: list[Problem] = []
    scripts: dict[str, bytes] = {}
    for path, source in body.scripts.items():
        try:
            scripts[path] = _bytes(source)
        except (binascii.Error, ValueError) as error:
            place = Place(field=f"scripts.{shorten(path)}")
            problems.append(Problem("PIP-009", {"reason": shorten(error)}, place=place))
    if problems:
        raise InvalidInput(problems)
    return Sent(body.file, _encoded(body.document), scripts)


def _bytes(source: str | Bytes) -> bytes:
    return base64.b64decode(source.base64, validate=True) if isinstance(source, Bytes) else _encoded(source)


def _encoded(text: str) -> bytes:
    """Halves of characters are kept as they are, so that reading the text names their place."""
    return text.encode("utf-8", "surrogatepass")


def _number(name: str, text: str) -> int:
    """A version's number as it stands in a path. What cannot be one is as unknown as any other (B65)."""
    if text.isascii() and text.isdecimal() and len(text) <= _DIGITS:
        return int(text)
    values: dict[str, Scalar] = {"pipeline": shorten(name), "version": shorten(text), "newest": "?"}
    raise NotFound(Problem("PIP-002", values))
