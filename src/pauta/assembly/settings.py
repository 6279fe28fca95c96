"""Reads the settings once: flags before environment before ``pauta.toml`` before defaults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct, ValidationError, field

from pauta.assembly.settings_environment import PREFIX, read_environment, unknown_variables, variable_of, variables
from pauta.assembly.settings_file import NAME, locate, read_file
from pauta.assembly.settings_names import TABLES, converted, names, setting, unfit
from pauta.assembly.settings_secrets import is_literal, named_variable, open_to_all, resolve, shown
from pauta.domain.problems import InvalidInput, NotFound, Place, Problem, shorten
from pauta.domain.settings import SettingLine, Settings

_FEW = 12


class Given(Struct, frozen=True):
    """A value that somebody gave to a setting.

    Attributes:
        source: ``flag``, ``environment`` or ``file``.
        where: The flag, the variable, or the place in the file.
        value: What was given, a secret as it may be shown.
    """

    source: str
    where: str
    value: Any


class Loaded(Struct, frozen=True):
    """The settings as they are in force.

    Attributes:
        settings: Their values, secrets included: never to be shown whole.
        sources: Setting → who gave it a value, the one in force first. Defaults are not in it.
    """

    settings: Settings
    sources: Mapping[str, tuple[Given, ...]]

    def lines(self) -> list[SettingLine]:
        """Every setting with its value and source; secrets are not shown."""
        return [self.line(name) for name in names()]

    def line(self, name: str) -> SettingLine:
        """One setting with its value and source.

        Raises:
            NotFound: CFG-007.
        """
        if name not in names():
            raise _no_setting(name)
        given = self.sources.get(name)
        if not given:
            return SettingLine(name, setting(name).default, "default")
        first, *rest = given
        return SettingLine(
            name, first.value, first.source, first.where, tuple((g.source, g.where, g.value) for g in rest)
        )


class _Gathered(Struct):
    """What was found on the way, in order of precedence."""

    values: dict[str, Any] = field(default_factory=dict)
    given: dict[str, list[Given]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def load_settings(folder: Path, *, environ: Mapping[str, str], flags: Mapping[str, Any] | None = None) -> Loaded:
    """Read the settings of a project.

    Args:
        folder: The project's folder; its ``pauta.toml`` need not exist.
        environ: The environment.
        flags: Full name of a setting → value that a command was given for it; None: not given.

    Raises:
        InvalidInput: With all problems: CFG-001 unknown, CFG-002 unfit, CFG-003 no TOML, CFG-004 open secret,
            CFG-005 missing secret, CFG-006 half of a pair.
    """
    path = folder / NAME
    gathered = _Gathered()
    try:
        in_file, text = read_file(path)
    except InvalidInput as error:
        gathered.problems.extend(error.problems)
        in_file, text = {}, ""
    for name, value in (flags or {}).items():
        if value is not None:
            _take(gathered, name, value, source="flag", where=f"--{name.rpartition('.')[2].replace('_', '-')}")
    for name, variable, value in read_environment(environ):
        _take(gathered, name, value, source="environment", where=variable)
    for name, value in in_file.items():
        _take_from_file(gathered, name, value, path=path, text=text)
    named = frozenset(filter(None, map(named_variable, gathered.values.values())))
    gathered.problems.extend(_unknown_variable(v) for v in unknown_variables(environ, named=named))
    _reveal(gathered, folder=folder, path=path, environ=environ)
    gathered.problems.extend(_odd(gathered.values))
    if gathered.problems:
        raise InvalidInput(gathered.problems)
    return Loaded(_made(gathered.values), {name: tuple(given) for name, given in gathered.given.items()})


def _take(gathered: _Gathered, name: str, value: Any, *, source: str, where: str, place: Place | None = None) -> None:
    """Keep a value, if it fits and nothing with more to say was there before."""
    declared = setting(name)
    try:
        fit = converted(declared, value, from_text=source == "environment")
    except ValidationError:
        gathered.problems.append(_at(unfit(declared, value), place, where))
        return
    gathered.values.setdefault(name, fit)
    visible = shown(fit, is_address=name.endswith("url")) if declared.is_secret else fit
    gathered.given.setdefault(name, []).append(Given(source, where, visible))


def _at(problem: Problem, place: Place | None, where: str) -> Problem:
    return Problem(problem.code, problem.values, problem.variant, place or Place(where))


def _take_from_file(gathered: _Gathered, name: str, value: Any, *, path: Path, text: str) -> None:
    line, column = locate(name, text) or (None, None)
    place = Place(str(path), line, column)
    if name in names():
        where = f"{NAME}:{line}" if line else NAME
        _take(gathered, name, value, source="file", where=where, place=place)
    elif name in TABLES:
        if value != {}:  # an empty table says nothing
            values = {"name": name, "found": shorten(value)}
            gathered.problems.append(Problem("CFG-002", values, variant="table", place=place))
    else:
        table, _, own = name.rpartition(".")
        if table and table not in TABLES:
            at = locate(table, text)
            place = Place(str(path), *at) if at else place
        problem = _unknown_in_file(table, own, place)
        if problem not in gathered.problems:  # of an unknown table once
            gathered.problems.append(problem)


def _unknown_in_file(table: str, own: str, place: Place) -> Problem:
    """CFG-001 with the name that was meant: of another table, or the nearest of the same one."""
    from pauta.authoring.nearest import nearest

    top = [*(name for name in names() if "." not in name), *TABLES]
    if table and table not in TABLES:
        return _unknown(table, nearest(table, TABLES), list(TABLES), place)
    known = list(TABLES[table].__struct_fields__) if table else top
    moved = [name for name in names() if name.endswith(f".{own}")]
    return _unknown(own, moved[:1] or nearest(own, known) or nearest(own, names()), known, place)


def _unknown(name: str, near: list[str], known: list[str], place: Place) -> Problem:
    if near:
        return Problem("CFG-001", {"name": shorten(name), "nearest": near[0]}, place=place)
    return Problem("CFG-001", {"name": shorten(name), "known": ", ".join(known)}, variant="alone", place=place)


def _unknown_variable(variable: str) -> Problem:
    from pauta.authoring.nearest import nearest

    place = Place(variable)
    near = nearest(variable, variables(), cutoff=0.5)
    if near:
        return _unknown(variable, near, [], place)
    table = variable.removeprefix(PREFIX).partition("_")[0].lower()
    of_table = [variable_of(name) for name in names() if name.startswith(f"{table}.")]
    return _unknown(variable, [], of_table or [f"{PREFIX}{name.upper()}_…" for name in TABLES], place)


def _reveal(gathered: _Gathered, *, folder: Path, path: Path, environ: Mapping[str, str]) -> None:
    """Put secrets in the place of what names them."""
    for name, value in gathered.values.items():
        if not isinstance(value, str) or not setting(name).is_secret:
            continue
        if gathered.given[name][0].source == "file" and is_literal(value, is_address=name.endswith("url")):
            problem = open_to_all(path, literal=name)
            if problem is not None:
                gathered.problems.append(problem)
        found = resolve(name, value, folder=folder, look_up=environ.get)
        if isinstance(found, Problem):
            gathered.problems.append(found)
        else:
            gathered.values[name] = found


def _odd(values: Mapping[str, Any]) -> Iterator[Problem]:
    """What does not fit together, or is not what it should be although its type is right."""
    for first, second in (("server.tls_certificate", "server.tls_key"), ("server.tls_key", "server.tls_certificate")):
        if values.get(first) is not None and values.get(second) is None:
            yield Problem("CFG-006", {"first": first, "second": second})
    networks = values.get("server.webhook_networks", ())
    if networks:
        import ipaddress

        for text in networks:
            try:
                ipaddress.ip_network(text)
            except ValueError:
                values_of_it = {"name": "server.webhook_networks", "found": f'"{shorten(text)}"'}
                yield Problem("CFG-002", values_of_it, variant="networks")


def _made(values: Mapping[str, Any]) -> Settings:
    own: dict[str, Any] = {}
    tables: dict[str, dict[str, Any]] = {}
    for full_name, value in values.items():
        table, _, name = full_name.rpartition(".")
        (tables.setdefault(table, {}) if table else own)[name] = value
    own |= {table: TABLES[table](**given) for table, given in tables.items()}
    return Settings(**own)


def _no_setting(name: str) -> NotFound:
    from pauta.authoring.nearest import nearest

    near = nearest(name, names(), cutoff=0.5) or [n for n in names() if n.endswith(f".{name}")][:1]
    if near:
        return NotFound(Problem("CFG-007", {"name": shorten(name), "nearest": near[0]}, variant="near"))
    return NotFound(Problem("CFG-007", {"name": shorten(name)}))
