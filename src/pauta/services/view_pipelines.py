"""What the API shows of published pipelines, their versions and scripts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from pauta.domain.pipeline import ParameterSpec
from pauta.domain.pipelines import Activation, PipelineVersion
from pauta.domain.problems import Scalar


class PipelineLine(Struct, frozen=True):
    """A pipeline in a list. `active` is the version that runs when none is asked for, None when there is none."""

    name: str
    active: int | None
    newest: int
    published_at: datetime
    published_by: str


class PipelineList(Struct, frozen=True):
    """All pipelines, by name."""

    pipelines: tuple[PipelineLine, ...]


class InputView(Struct, frozen=True):
    """A frame that a pipeline takes in. `source`: the document says where its data is."""

    name: str
    source: str | None
    schema: Mapping[str, str]
    min_rows: int


class ParameterView(Struct, frozen=True):
    """A parameter that a pipeline declares. A secret shows no default."""

    name: str
    type: str
    required: bool
    default: Any
    minimum: float | None
    maximum: float | None
    choices: tuple[Any, ...]
    secret: bool


class PlannedStepView(Struct, frozen=True):
    """A step as its document has it."""

    name: str
    part: str
    script: str
    dataframes: tuple[str, ...]
    output: str | None


class VersionLine(Struct, frozen=True):
    """A version in a list."""

    version: int
    digest: str
    published_at: datetime
    published_by: str
    note: str
    active: bool


class VersionList(Struct, frozen=True):
    """All versions of a pipeline, newest first."""

    name: str
    versions: tuple[VersionLine, ...]


class ScriptRef(Struct, frozen=True):
    """A script or module of a version, and the address of its bytes."""

    path: str
    address: str


class VersionView(Struct, frozen=True):
    """A version: its document as it was published, and what is in it."""

    name: str
    version: int
    digest: str
    file: str
    document: str
    scripts: tuple[ScriptRef, ...]
    steps: tuple[PlannedStepView, ...]
    inputs: tuple[InputView, ...]
    required_inputs: tuple[str, ...]
    parameters: tuple[ParameterView, ...]
    published_at: datetime
    published_by: str
    note: str
    active: bool


class PipelineView(Struct, frozen=True):
    """A pipeline: its newest and active versions, and the deployments that run it."""

    name: str
    active: int | None
    newest: int
    versions: tuple[VersionLine, ...]
    deployments: tuple[str, ...]


class PublishedView(Struct, frozen=True):
    """The answer to publishing. `identical`: the same bytes were published before, as this version."""

    name: str
    version: int
    identical: bool
    active: bool
    digest: str


class CheckView(Struct, frozen=True):
    """What was found in a document and its scripts. Steps, inputs and parameters are empty when it cannot be read."""

    problems: tuple[Mapping[str, Scalar], ...]
    name: str | None = None
    steps: tuple[PlannedStepView, ...] = ()
    inputs: tuple[InputView, ...] = ()
    required_inputs: tuple[str, ...] = ()
    parameters: tuple[ParameterView, ...] = ()


class ActivationView(Struct, frozen=True):
    """From `at` on, `version` was the active one."""

    version: int
    at: datetime
    by: str
    why: str


class ActivationList(Struct, frozen=True):
    """A pipeline's activations, newest first."""

    name: str
    activations: tuple[ActivationView, ...]


class ScriptText(Struct, frozen=True):
    """A script's text. `encoding` is what its bytes are written in."""

    path: str
    address: str
    text: str
    encoding: str


class VersionDifference(Struct, frozen=True):
    """How two versions differ: unified diffs, empty where nothing differs; a script that is new or gone is whole."""

    name: str
    a: int
    b: int
    document: str
    scripts: Mapping[str, str]
    added: tuple[str, ...]
    removed: tuple[str, ...]


class ScriptUse(Struct, frozen=True):
    """A pipeline's versions that have a script in this form. `active`: the active version is one of them."""

    pipeline: str
    versions: tuple[int, ...]
    active: bool


class ScriptForm(Struct, frozen=True):
    """One form that a script had, by the address of its bytes."""

    address: str
    first_published_at: datetime
    uses: tuple[ScriptUse, ...]


class ScriptLine(Struct, frozen=True):
    """A script in a list: by path, over all pipelines."""

    path: str
    forms: int
    pipelines: tuple[str, ...]
    changed_at: datetime


class ScriptList(Struct, frozen=True):
    """All scripts, by path."""

    scripts: tuple[ScriptLine, ...]


class ScriptView(Struct, frozen=True):
    """A script with all forms it ever had, newest first, and the newest text."""

    path: str
    text: str
    forms: tuple[ScriptForm, ...]


def version_line(version: PipelineVersion, *, active: int) -> VersionLine:
    """A version in a list."""
    return VersionLine(
        version=version.version,
        digest=version.digest,
        published_at=version.published_at,
        published_by=version.published_by,
        note=version.note,
        active=version.version == active,
    )


def activation_view(activation: Activation) -> ActivationView:
    """An activation as it is shown."""
    return ActivationView(activation.version, activation.at, activation.by, activation.why)


def parameter_view(spec: ParameterSpec) -> ParameterView:
    """A parameter as it is shown."""
    return ParameterView(
        name=spec.name,
        type=spec.type,
        required=spec.required,
        default=None if spec.secret else spec.default,
        minimum=spec.minimum,
        maximum=spec.maximum,
        choices=tuple(spec.choices),
        secret=spec.secret,
    )
