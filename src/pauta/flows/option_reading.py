"""Options as they are written at a decorator, read into `TaskOptions` and `FlowOptions`, all faults at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from pauta.flows.options import ALIASES, FlowOptions, TaskOptions

Options = TypeVar("Options", TaskOptions, FlowOptions)

MAX_RETRIES = 1_000
MAX_SECONDS = 100 * 365 * 86_400
MAX_MEMORY = 2**60
MAX_NAME = 200
_MOST_OF_LIMIT = 100
_WITHIN_LIMIT = dict.fromkeys(map(ord, "._:-"), "x")

_PREFECT: Mapping[str, str] = {
    "cache_policy": "cache=True",
    "cache_key_fn": "cache=lambda arguments: ...",
    "cache_expiration": "cache_for=timedelta(...)",
    "cache_result_in_memory": "",
    "refresh_cache": "",
    "persist_result": "",
    "result_storage": "",
    "result_storage_key": "",
    "result_serializer": "result=...",
    "task_runner": "max_workers=...",
    "flow_run_name": "tags=[...]",
    "task_run_name": "tags=[...]",
    "retry_jitter_factor": "retry_jitter=...",
    "retry_condition_fn": "",
    "validate_parameters": "validate=...",
    "on_cancellation": "on_failure=...",
    "on_crashed": "on_failure=...",
    "on_running": "",
    "on_rollback": "",
    "on_commit": "",
    "viz_return_value": "",
    "asset_deps": "",
}
"""Options of Prefect → what says the same here; empty where nothing does or nothing needs to."""


class Wrong(Exception):
    """A value that an option cannot have. `expected` is the variant of FLW-002 that says what it can."""

    def __init__(self, expected: str) -> None:
        super().__init__(expected)
        self.expected = expected


def read_options(base: Options, given: Mapping[str, Any]) -> Options:
    """Options with what was given in place of their former values.

    Raises:
        InvalidInput: FLW-001 for each name that is no option, FLW-002 for each value that one cannot have,
            FLW-003 for options that contradict each other; with the place of the decorator.
    """
    read: dict[str, Any] = {}
    faults: list[tuple[str, str, dict[str, Any]]] = []
    for written, value in given.items():
        option = ALIASES.get(written, written)
        if option not in base._fields:
            faults.append(_unknown(written, base))
        elif option != written and option in given:
            faults.append(("FLW-003", "twice", {"option": option, "other": written}))
        else:
            try:
                read[option] = _READERS[option](value)
            except Wrong as wrong:
                faults.append(("FLW-002", wrong.expected, {"option": written, "found": _found(value)}))
    result = base._replace(**read)
    if isinstance(result, TaskOptions):
        faults += _contradictions(result)
    if faults:
        _refuse(faults)
    return result


def _unknown(written: str, base: TaskOptions | FlowOptions) -> tuple[str, str, dict[str, Any]]:
    what = "task" if isinstance(base, TaskOptions) else "flow"
    values = {"option": written, "what": what, "known": ", ".join(base._fields)}
    if written in TaskOptions._fields:
        return "FLW-001", "of_tasks", values
    if written in FlowOptions._fields:
        return "FLW-001", "of_flows", values
    if written in _PREFECT:
        instead = _PREFECT[written]
        fits = instead.partition("=")[0] in base._fields
        return "FLW-001", "prefect" if fits else "prefect_none", {**values, "instead": instead}
    near = _nearest(written, [*base._fields, *ALIASES])
    return "FLW-001", "near" if near else "", {**values, "nearest": near}


def _nearest(name: str, known: list[str]) -> str:
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, known, n=1)), "")


def _contradictions(options: TaskOptions) -> list[tuple[str, str, dict[str, Any]]]:
    faults = []
    if options.cache and options.effects:
        faults.append(("FLW-003", "cached_effects", {"option": "cache", "other": "effects"}))
    if options.cache_for is not None and not options.cache:
        faults.append(("FLW-003", "not_cached", {"option": "cache_for", "other": "cache"}))
    if options.memory is not None and not options.is_apart:
        faults.append(("FLW-003", "not_apart", {"option": "memory", "other": "executor"}))
    return faults


def _refuse(faults: Iterable[tuple[str, str, dict[str, Any]]]) -> None:
    from pauta.domain.problems import InvalidInput, Problem
    from pauta.flows.places import calling_place

    place = calling_place()
    raise InvalidInput([Problem(code, values, variant=variant, place=place) for code, variant, values in faults])


def _found(value: Any) -> str:
    from pauta.domain.problems import shorten

    try:
        return shorten(repr(value))
    except Exception:
        return f"<{type(value).__name__}>"


# ---- one reader for each kind of value ------------------------------------------------------------


def _name(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_NAME or not value.isprintable():
        raise Wrong("name")
    return value


def _text(value: Any) -> str:
    if value is not None and not isinstance(value, str):
        raise Wrong("text")
    return value or ""


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Wrong("flag")
    return value


def _retries(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_RETRIES:
        raise Wrong("retries")
    return value


def _workers(value: Any) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_RETRIES):
        raise Wrong("workers")
    return value


def _share(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise Wrong("share")
    return float(value)


def seconds_of(value: Any) -> float | None:
    """The seconds of a number or a `timedelta`, from 0 to a hundred years; None when it is neither."""
    if isinstance(value, bool):
        return None
    if not isinstance(value, int | float):
        total = getattr(value, "total_seconds", None)
        value = total() if callable(total) else None
    return float(value) if value is not None and 0 <= value <= MAX_SECONDS else None


def _duration(value: Any) -> float | None:
    seconds = seconds_of(value)
    if value is not None and not seconds:
        raise Wrong("duration")
    return seconds


def _delay(value: Any) -> Any:
    if callable(value):
        return value
    if value is None:
        return ()
    waits = [seconds_of(wait) for wait in (value if isinstance(value, list | tuple) else (value,))]
    if None in waits or len(waits) > MAX_RETRIES:
        raise Wrong("delay")
    return tuple(wait for wait in waits if wait is not None)


def _names(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    several = isinstance(value, Iterable) and not isinstance(value, str | Mapping)
    names = tuple(value) if several else (value,)
    if not all(isinstance(n, str) and 0 < len(n) <= MAX_NAME and n.isprintable() for n in names):
        raise Wrong("names")
    return tuple(dict.fromkeys(sorted(names) if isinstance(value, set | frozenset) else names))


def _limits(value: Any) -> tuple[str, ...]:
    """Names under which something can be limited: those that `pauta limit set` takes."""
    names = _names(value)
    if not all(_is_limit(name) for name in names):
        raise Wrong("limit")
    return names


def _is_limit(name: str) -> bool:
    plain = name.isascii() and len(name) <= _MOST_OF_LIMIT and name[0].isalnum()
    return plain and name.translate(_WITHIN_LIMIT).isalnum() and not name.startswith(("pool:", "deployment:"))


def _hooks(value: Any) -> tuple[Callable[..., Any], ...]:
    hooks = () if value is None else tuple(value) if isinstance(value, list | tuple) else (value,)
    if not all(callable(hook) for hook in hooks):
        raise Wrong("hooks")
    return hooks


def _cache(value: Any) -> Any:
    if not isinstance(value, bool) and (not callable(value) or isinstance(value, type)):
        raise Wrong("cache")
    return value


def _executor(value: Any) -> Any:
    if not isinstance(value, str) or value not in ("thread", "process"):
        raise Wrong("executor")
    return value


def _pool(value: Any) -> str:
    return "" if value is None else _name(value)


def _memory(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, str):
        from pauta.domain.quantities import bytes_of

        value = bytes_of(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_MEMORY:
        raise Wrong("memory")
    return value


def _result(value: Any) -> Any:
    if value is None:
        return None
    from pauta.flows.results import is_result_type

    if not is_result_type(value):
        raise Wrong("result")
    return value


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "name": _name,
    "description": _text,
    "version": _text,
    "retries": _retries,
    "retry_delay": _delay,
    "retry_jitter": _share,
    "timeout": _duration,
    "cache": _cache,
    "cache_for": _duration,
    "tags": _names,
    "log_prints": _flag,
    "on_failure": _hooks,
    "on_completion": _hooks,
    "effects": _flag,
    "limit": _limits,
    "pool": _pool,
    "executor": _executor,
    "memory": _memory,
    "result": _result,
    "max_workers": _workers,
    "validate": _flag,
}
