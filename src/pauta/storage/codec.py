"""How values become columns: times as microseconds, structured values as JSON text.

JSON has no word for numbers that are not finite, but metrics may well be: there they are written as text.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec

from pauta.domain.outputs import FileRef, ModelRecord, Output
from pauta.domain.plan import Plan
from pauta.domain.problems import Problem
from pauta.domain.runs import LogLine, RunOptions
from pauta.storage.faults import fault

PROFILE_LIMIT = 256 * 1024
"""Most bytes of JSON for one frame's profile and preview."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_encode = msgspec.json.Encoder().encode
_any = msgspec.json.Decoder(dict[str, Any]).decode
_metrics = msgspec.json.Decoder(dict[str, float | str]).decode
_output = msgspec.json.Decoder(Output).decode
_outputs = msgspec.json.Decoder(dict[str, Output]).decode
_objects = msgspec.json.Decoder(tuple[Output, ...]).decode
_files = msgspec.json.Decoder(tuple[FileRef, ...]).decode
_problem = msgspec.json.Decoder(Problem).decode
_options = msgspec.json.Decoder(RunOptions).decode
_addresses = msgspec.json.Decoder(dict[str, str]).decode
_names = msgspec.json.Decoder(tuple[str, ...]).decode
_lines = msgspec.json.Decoder(list[tuple[int, str, str, str, str]]).decode


def to_micros(at: datetime | None) -> int | None:
    """A time as microseconds since 1970."""
    return None if at is None else (at - _EPOCH) // _MICROSECOND


def from_micros(micros: int | None) -> datetime | None:
    """Microseconds since 1970 as an aware time in UTC."""
    return None if micros is None else _EPOCH + micros * _MICROSECOND


def micros(at: datetime) -> int:
    """As `to_micros`, for a time that is there."""
    return (at - _EPOCH) // _MICROSECOND


def moment(number: int) -> datetime:
    """As `from_micros`, for a time that is there."""
    return _EPOCH + number * _MICROSECOND


def to_json(value: object) -> str:
    """A value as JSON text.

    Raises:
        StoreFault: DB-012 when it has no JSON form.
    """
    try:
        return _encode(value).decode()
    except UnicodeEncodeError:
        # Text that was decoded from foreign bytes may hold halves of characters, which no database takes.
        return _encode(_whole(msgspec.to_builtins(value))).decode()
    except (TypeError, ValueError, OverflowError, msgspec.MsgspecError) as error:
        raise fault("DB-012", detail=str(error)) from error


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {_whole(k): _whole(v) for k, v in value.items()}
    return [_whole(v) for v in value] if isinstance(value, list | tuple) else value


def from_mapping(value: Any) -> str | None:
    """A mapping or sequence as JSON text, None when it is empty."""
    return to_json(value) if value else None


def to_mapping(text: str | None) -> dict[str, Any]:
    """The mapping that `from_mapping` wrote."""
    return _any(text) if text else {}


def from_metrics(metrics: Mapping[str, float]) -> str | None:
    """Metrics as JSON text; NaN and the infinities as text."""
    return to_json(_tellable(metrics)) if metrics else None


def to_metrics(text: str | None) -> dict[str, float]:
    """The metrics that `from_metrics` wrote."""
    return _numbers(_metrics(text)) if text else {}


def _tellable(metrics: Mapping[str, float]) -> Mapping[str, float | str]:
    if all(map(math.isfinite, metrics.values())):
        return metrics
    return {name: value if math.isfinite(value) else str(value) for name, value in metrics.items()}


def _numbers(metrics: Mapping[str, float | str]) -> dict[str, float]:
    return {name: float(value) for name, value in metrics.items()}


class _StoredModel(msgspec.Struct):
    """A model record whose metrics may be text where JSON has no number."""

    name: str
    type: str
    metrics: Mapping[str, float | str]
    files: tuple[FileRef, ...]


_stored_models = msgspec.json.Decoder(tuple[_StoredModel, ...]).decode


def from_models(models: Sequence[ModelRecord]) -> str | None:
    """Model records as JSON text."""
    if not models:
        return None
    return to_json([_StoredModel(m.name, m.type, _tellable(m.metrics), m.files) for m in models])


def to_models(text: str | None) -> tuple[ModelRecord, ...]:
    """The model records that `from_models` wrote."""
    if not text:
        return ()
    return tuple(ModelRecord(m.name, m.type, _numbers(m.metrics), m.files) for m in _stored_models(text))


def to_output(text: str | None) -> Output | None:
    """The output that `to_json` wrote."""
    return _output(text) if text else None


def to_outputs(text: str | None) -> dict[str, Output]:
    """Outputs by name."""
    return _outputs(text) if text else {}


def to_objects(text: str | None) -> tuple[Output, ...]:
    """Outputs in order."""
    return _objects(text) if text else ()


def to_files(text: str | None) -> tuple[FileRef, ...]:
    """File references."""
    return _files(text) if text else ()


def to_problem(text: str | None) -> Problem | None:
    """The problem that `to_json` wrote."""
    return _problem(text) if text else None


def to_options(text: str | None) -> RunOptions:
    """How a run was asked for."""
    return _options(text) if text else RunOptions()


def to_names(text: str | None) -> tuple[str, ...]:
    """The names that `from_mapping` wrote."""
    return _names(text) if text else ()


def to_addresses(text: str) -> dict[str, str]:
    """Addresses by name."""
    return _addresses(text)


@lru_cache(maxsize=8)
def to_plan(text: str) -> Plan:
    """The plan that `to_json` wrote.

    The newest few are kept: a run's plan is read several times, the next run mostly has the same, and reading
    one of thousands of steps takes longer than running some of them.
    """
    return msgspec.json.decode(text, type=Plan)


def from_lines(lines: Sequence[LogLine]) -> str:
    """Log lines as JSON text."""
    return to_json([(micros(line.at), line.level, line.text, line.stream, line.logger) for line in lines])


def to_lines(text: str) -> tuple[LogLine, ...]:
    """The log lines that `from_lines` wrote."""
    return tuple(LogLine(moment(at), *rest) for at, *rest in _lines(text))


def profile_text(profile: Mapping[str, Any]) -> str:
    """A frame's profile as JSON text.

    Raises:
        StoreFault: DB-012 when it is larger than `PROFILE_LIMIT`.
    """
    text = to_json(profile)
    if len(text.encode()) > PROFILE_LIMIT:
        raise fault("DB-012", "large", size=len(text.encode()), limit=PROFILE_LIMIT)
    return text
