"""Makes the pipeline of a document whose values were checked one by one, and checks what takes several of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from pauta.authoring.fields import PARTS, STEP
from pauta.authoring.findings import Findings
from pauta.authoring.names import split_entry
from pauta.authoring.nearest import nearest
from pauta.authoring.nodes import BROKEN, Node, Path, SourceText, StepPlaces, field_of
from pauta.authoring.parameters import referred, type_of, value_fault
from pauta.authoring.shapes import INVALID
from pauta.domain.pipeline import (
    InputSpec,
    OnFailure,
    ParameterSpec,
    Part,
    Pipeline,
    RetryPolicy,
    Step,
    StepPolicy,
)
from pauta.domain.problems import shorten

_POLICY_KEYS = frozenset({"retries", "timeout", "cache", "memory", "env", "on_failure"})
_DEFAULT_POLICY = StepPolicy()


def check_together(root: Node, checked: Mapping[str, Any], findings: Findings) -> dict[str, ParameterSpec]:
    """Complain about what no single value shows, and give the declared parameters.

    Equal step names, keyword arguments given twice, references to parameters that are not declared, defaults
    that their own declaration refuses, a document without steps.
    """
    parameters = _parameters(root, checked.get("parameters"), findings)
    declared = _member(root, "parameters")
    names = list(declared.data) if declared is not None and isinstance(declared.data, dict) else []
    seen: dict[str, Path] = {}
    any_step = False
    for path, step in step_nodes(root):
        any_step = True
        _check_name(path, step, seen, findings)
        _check_keywords(path, step, names, findings)
    if not any_step and all(isinstance(checked.get(part, ()), tuple) for part in PARTS):
        findings.add("RCP-003", root.at, variant="no_steps")
    return parameters


def step_nodes(root: Node) -> Iterator[tuple[Path, Node]]:
    """Every step of the document with its path, in the document's order of parts."""
    for part in PARTS:
        steps = _member(root, part)
        if steps is not None and isinstance(steps.data, list):
            for index, step in enumerate(steps.data):
                yield ((None, part), index), step


def build(root: Node, checked: Mapping[str, Any], *, parameters: Mapping[str, ParameterSpec], source: SourceText) -> (
    Pipeline
):  # fmt: skip
    """The pipeline of a document without a problem."""
    steps: list[Step] = []
    min_rows: dict[str, int] = {}
    values = [value for part in PARTS for value in checked.get(part, ())]
    for (path, node), value in zip(step_nodes(root), values, strict=True):
        step = _step(path, node, value, source)
        steps.append(step)
        if "min_rows" in value and step.output is not None:
            min_rows[step.output] = value["min_rows"]
    return Pipeline(
        name=checked["model_name"],
        steps=tuple(steps),
        model_path=checked.get("model_path"),
        inputs=_inputs(root, checked.get("inputs", {}), source),
        declares_inputs="inputs" in checked,
        parameters=dict(parameters),
        file=source.file,
        min_rows=min_rows,
    )


def _member(node: Node, key: str) -> Node | None:
    if not isinstance(node.data, dict):
        return None
    member = node.data.get(key)
    return member if isinstance(member, Node) else None


def _check_name(path: Path, step: Node, seen: dict[str, Path], findings: Findings) -> None:
    node = _member(step, "name")
    if node is None or not isinstance(node.data, str) or not node.data.strip():
        return
    first = seen.setdefault(node.data, path)
    if first is path or first is None or path is None:
        return
    same_part = first[0] == path[0]
    second = f"[{path[1]}]" if same_part else field_of(path)
    values = {"name": shorten(node.data), "first": field_of(first), "second": second}
    findings.add("RCP-005", node.at, path=(path, "name"), **values)


def _check_keywords(path: Path, step: Node, parameters: list[str], findings: Findings) -> None:
    kwargs, frames, name = _member(step, "kwargs"), _member(step, "dataframes"), _member(step, "name")
    if kwargs is None or not isinstance(kwargs.data, dict) or kwargs.keys is None:
        return
    shown = shorten(name.data) if name is not None and isinstance(name.data, str) else field_of(path)
    taken = {n.data for n in frames.data if isinstance(n.data, str)} if frames and isinstance(frames.data, list) else ()
    for key, node in kwargs.data.items():
        inner = ((path, "kwargs"), key)
        if key in taken:
            values = {"step": shown, "name": shorten(key)}
            findings.add("RCP-003", kwargs.keys[key], path=inner, variant="twice", **values)
        _check_references(node, inner, parameters, step=shown, findings=findings)


def _check_references(node: Node, path: Path, parameters: list[str], *, step: str, findings: Findings) -> None:
    """Complain about each ``{"param": name}``, at any depth, whose parameter is not declared."""
    data = node.data
    if isinstance(data, list):
        for index, item in enumerate(data):
            _check_references(item, (path, index), parameters, step=step, findings=findings)
    elif isinstance(data, dict):
        name = referred({key: item.data for key, item in data.items()}) if len(data) == 1 else None
        if name is None:
            for key, item in data.items():
                _check_references(item, (path, key), parameters, step=step, findings=findings)
        elif name not in parameters:
            near = nearest(name, parameters) if findings.room else []
            values = {"step": step, "name": shorten(name)} | ({"suggestion": near[0]} if near else {})
            variant = "parameter_near" if near else "parameter"
            findings.add("RCP-006", data["param"].at, path=(path, "param"), variant=variant, **values)


def _parameters(root: Node, checked: Any, findings: Findings) -> dict[str, ParameterSpec]:
    section = _member(root, "parameters")
    if section is None or section.keys is None or not isinstance(checked, dict):
        return {}
    specs: dict[str, ParameterSpec] = {}
    for name, value in checked.items():
        node = section.data[name]
        path: Path = ((None, "parameters"), name)
        described = isinstance(node.data, dict)
        if described and any(item is INVALID for item in value.values()):
            continue
        if not described and _holds_broken(node):
            continue
        place = findings.source.place(section.keys[name], field_of(path))
        spec = _described(name, value, place) if described else _by_default(name, node.plain(), place)
        specs[name] = spec
        _check_parameter(spec, node, path, findings)
    return specs


def _holds_broken(node: Node) -> bool:
    if isinstance(node.data, list):
        return any(_holds_broken(item) for item in node.data)
    return node.data is BROKEN


def _by_default(name: str, default: Any, place: Any) -> ParameterSpec:
    return ParameterSpec(name, type=type_of(default), default=default, required=False, place=place)


def _described(name: str, value: Mapping[str, Any], place: Any) -> ParameterSpec:
    has_default = "default" in value
    kind = value.get("type") or (type_of(value["default"]) if has_default and not value.get("choices") else "any")
    return ParameterSpec(
        name=name,
        type=kind,
        default=value.get("default"),
        required=value.get("required", not has_default),
        minimum=value.get("minimum"),
        maximum=value.get("maximum"),
        choices=tuple(value.get("choices", ())),
        secret=value.get("secret", False),
        place=place,
    )


def _check_parameter(spec: ParameterSpec, node: Node, path: Path, findings: Findings) -> None:
    if spec.minimum is not None and spec.maximum is not None and spec.minimum > spec.maximum:
        at = node.data["minimum"].at
        values = {"minimum": spec.minimum, "maximum": spec.maximum}
        findings.add("RCP-003", at, path=(path, "minimum"), variant="bounds", **values)
    default = node if not isinstance(node.data, dict) else _member(node, "default")
    if default is None or (spec.default is None and not spec.required):
        return
    fault = value_fault(spec, spec.default)
    if fault:
        inner = path if default is node else (path, "default")
        findings.add("RCP-003", default.at, path=inner, variant=fault[0], **fault[1])


def _inputs(root: Node, checked: Mapping[str, Any], source: SourceText) -> dict[str, InputSpec]:
    section = _member(root, "inputs")
    if section is None or section.keys is None:
        return {}
    specs = {}
    for name, value in checked.items():
        fields = value if isinstance(value, dict) else {"source": value}
        specs[name] = InputSpec(
            name=name,
            source=fields.get("source"),
            schema=fields.get("schema", {}),
            min_rows=fields.get("min_rows", 0),
            place=source.place(section.keys[name], field_of(((None, "inputs"), name))),
        )
    return specs


def _step(path: Path, node: Node, value: Mapping[str, Any], source: SourceText) -> Step:
    assert path is not None  # noqa: S101  (steps never are the root)
    after = value.get("after", ())
    field = field_of(path)
    file_path, entry = split_entry(value["file_path"])
    return Step(
        name=value["name"],
        part=Part(path[0][1]),
        file_path=file_path,
        dataframes=value.get("dataframes", ()),
        output=value.get("output_dataframe"),
        kwargs=value.get("kwargs", {}),
        after=(after,) if isinstance(after, str) else after,
        policy=_policy(value) if _POLICY_KEYS & value.keys() else _DEFAULT_POLICY,
        place=source.place(node.at, field),
        places=StepPlaces(node, source=source, field=field, main_names=STEP.main_names),
        entry=entry,
    )


def _policy(value: Mapping[str, Any]) -> StepPolicy:
    return StepPolicy(
        retries=_retries(value.get("retries", 0)),
        timeout=value.get("timeout"),
        cache=value.get("cache", True),
        memory_bytes=value.get("memory"),
        env=value.get("env", {}),
        on_failure=OnFailure(value.get("on_failure", "stop")),
    )


def _retries(value: int | Mapping[str, Any]) -> RetryPolicy:
    if isinstance(value, int):
        return RetryPolicy(times=value)
    default = RetryPolicy()
    delay: timedelta = value.get("delay", default.delay)
    return RetryPolicy(
        times=value["times"],
        delay=delay,
        factor=value.get("factor", default.factor),
        maximum=value.get("maximum", max(default.maximum, delay)),
        jitter=value.get("jitter", default.jitter),
    )
