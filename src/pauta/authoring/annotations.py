"""What an annotation asks of a parameter, in the words of a pipeline document.

What cannot be said in those words is ``any``: when the flow is called its arguments are validated in full.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from pauta.authoring.bindings import FUNCTIONS
from pauta.authoring.code import Code, Defined, Outside
from pauta.authoring.literals import Unseen, is_json, literal
from pauta.authoring.parameters import type_of

_MOST_STEPS = 10
_TYPES = {
    "int": "integer", "float": "number", "str": "text", "bool": "boolean", "list": "list", "tuple": "list",
    "set": "list", "frozenset": "list", "dict": "object", "datetime.date": "date", "pathlib.Path": "text",
    "pathlib.PurePath": "text", "pathlib.PurePosixPath": "text", "uuid.UUID": "text", "bytes": "text",
    "pydantic.BaseModel": "object", "typing.TypedDict": "object", "typing_extensions.TypedDict": "object",
    "pydantic.EmailStr": "text", "pydantic.HttpUrl": "text", "pydantic.AnyUrl": "text", "pydantic.AnyHttpUrl": "text",
    "pydantic.FilePath": "text", "pydantic.DirectoryPath": "text", "pydantic.PositiveInt": "integer",
    "pydantic.NonNegativeInt": "integer", "pydantic.PositiveFloat": "number", "pydantic.NonNegativeFloat": "number",
    "pydantic.StrictInt": "integer", "pydantic.StrictStr": "text", "pydantic.StrictBool": "boolean",
    "pydantic.StrictFloat": "number", "collections.OrderedDict": "object", "collections.defaultdict": "object",
}  # fmt: skip
_LISTS = frozenset({"List", "Sequence", "MutableSequence", "Iterable", "Collection", "Tuple", "Set", "FrozenSet"})
_OBJECTS = frozenset({"Dict", "Mapping", "MutableMapping", "DefaultDict", "OrderedDict"})
_GENERIC_HOMES = frozenset({"typing", "collections.abc", "typing_extensions"})
_SECRETS = frozenset({"pydantic.SecretStr", "pydantic.SecretBytes", "pauta.Secret"})
_FRAME_HOMES = frozenset({"pandas", "polars", "pyarrow", "pandera", "geopandas"})
_FRAMES = frozenset({"DataFrame", "LazyFrame", "Table", "GeoDataFrame"})
_ENUMS = frozenset({"enum.Enum", "enum.StrEnum", "enum.IntEnum"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What an annotation asks for.

    Attributes:
        type: As `domain.pipeline.ParameterSpec` has it.
        optional: None is as good.
        choices: The values allowed; empty: all.
        minimum, maximum: Limits of a number.
        secret: It is given by the name of an environment variable.
        frame: It is a DataFrame.
    """

    type: str = "any"
    optional: bool = False
    choices: tuple[Any, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    secret: bool = False
    frame: bool = False


_ANY = Asked()


def asked_by(code: Code, file: PurePosixPath, annotation: ast.expr | None) -> Asked:
    """What an annotation asks for; its names are those of the file."""
    return _Reading(code, file).of(annotation, _MOST_STEPS)


def member_value(code: Code, file: PurePosixPath, expression: ast.expr) -> Any:
    """The value of an enumeration's member, as ``Colour.RED``.

    Raises:
        Unseen: It is something else.
    """
    found = code.meaning(file, expression.value) if isinstance(expression, ast.Attribute) else None
    node = found.binding.value if isinstance(found, Defined) else None
    if (
        not isinstance(found, Defined)
        or not isinstance(node, ast.ClassDef)
        or not isinstance(expression, ast.Attribute)
    ):
        raise Unseen
    bases = {base.name for base in (code.meaning(found.file, one) for one in node.bases) if isinstance(base, Outside)}
    members = _Reading(code, found.file).members(node, bases) if bases & _ENUMS else None
    if members is None or expression.attr not in members:
        raise Unseen
    return members[expression.attr]


class _Reading:
    def __init__(self, code: Code, file: PurePosixPath) -> None:
        self._code = code
        self._file = file

    def of(self, annotation: ast.AST | None, left: int) -> Asked:
        if annotation is None or left <= 0:
            return _ANY
        match annotation:
            case ast.Constant(value=str(text)):
                return self.of(_parsed(text), left - 1)
            case ast.Constant(value=None):
                return Asked(optional=True)
            case ast.BinOp(op=ast.BitOr()):
                return self._union(list(_alternatives(annotation)), left)
            case ast.Subscript(value=outer, slice=inner):
                return self._subscript(outer, inner, left)
        return self._named(annotation, left)

    def _named(self, annotation: ast.AST, left: int) -> Asked:
        match self._code.meaning(self._file, annotation):
            case Outside(name):
                return _of_package(name)
            case Defined(file, _, binding):
                inner = _Reading(self._code, file)
                if isinstance(binding.value, ast.ClassDef):
                    return inner._class(binding.value, left)
                if binding.value is not None and not isinstance(binding.value, FUNCTIONS):
                    return inner._alias(binding.value, left)
        return _ANY

    def _alias(self, value: ast.AST, left: int) -> Asked:
        """``Rows = list[dict]``, ``KNR = NewType("KNR", str)``."""
        if isinstance(value, ast.Call):
            if self._code.meaning(self._file, value.func) == Outside("typing.NewType") and len(value.args) == 2:
                return self.of(value.args[1], left - 1)
            return _ANY
        return self.of(value, left - 1)

    def _subscript(self, outer: ast.expr, inner: ast.expr, left: int) -> Asked:
        found = self._code.meaning(self._file, outer)
        home, _, name = found.name.rpartition(".") if isinstance(found, Outside) else ("", "", "")
        if home in ("typing", "typing_extensions"):
            parts = list(inner.elts) if isinstance(inner, ast.Tuple) else [inner]
            match name:
                case "Optional":
                    return replace(self.of(inner, left - 1), optional=True)
                case "Union":
                    return self._union(parts, left)
                case "Literal":
                    return self._choices(parts)
                case "Annotated":
                    return self._annotated(parts, left)
        return self._named(outer, left)

    def _union(self, parts: list[ast.expr], left: int) -> Asked:
        asked = [self.of(part, left - 1) for part in parts if not _is_none(part)]
        optional = len(asked) < len(parts)
        if len(asked) == 1:
            return replace(asked[0], optional=optional or asked[0].optional)
        return Asked(optional=optional, frame=bool(asked) and all(one.frame for one in asked))

    def _choices(self, parts: list[ast.expr]) -> Asked:
        try:
            values = [literal(self._code, self._file, part) for part in parts]
        except Unseen:
            return _ANY
        choices = tuple(value for value in values if value is not None)
        if not all(is_json(value) for value in choices):
            return _ANY
        return Asked(_type_of(choices), choices=choices, optional=len(choices) < len(values))

    def _annotated(self, parts: list[ast.expr], left: int) -> Asked:
        asked = self.of(parts[0], left - 1)
        if asked.type not in ("integer", "number"):
            return asked
        for part in parts[1:]:
            for keyword in part.keywords if isinstance(part, ast.Call) else ():
                if keyword.arg in ("ge", "le"):
                    asked = self._limited(asked, keyword)
        return asked

    def _limited(self, asked: Asked, keyword: ast.keyword) -> Asked:
        try:
            limit = literal(self._code, self._file, keyword.value)
        except Unseen:
            return asked
        if isinstance(limit, bool) or not isinstance(limit, int | float):
            return asked
        return replace(asked, minimum=limit) if keyword.arg == "ge" else replace(asked, maximum=limit)

    def _class(self, node: ast.ClassDef, left: int) -> Asked:
        for decorator in node.decorator_list:
            target = decorator.func if isinstance(decorator, ast.Call) else decorator
            found = self._code.meaning(self._file, target)
            if found in (Outside("dataclasses.dataclass"), Outside("pydantic.dataclasses.dataclass")):
                return Asked("object")
        bases = [self._code.meaning(self._file, base) for base in node.bases]
        names = {base.name for base in bases if isinstance(base, Outside)}
        if names & _ENUMS:
            return self._enum(node, names)
        asked = [self._named(base, left - 1) for base in node.bases]
        return asked[0] if asked and asked[0].type == "object" else _ANY

    def _enum(self, node: ast.ClassDef, bases: set[str]) -> Asked:
        found = self.members(node, bases)
        values = tuple((found or {}).values())
        fits = values and all(is_json(value) and not isinstance(value, list | dict) for value in values)
        return Asked(_type_of(values), choices=values) if fits else _ANY

    def members(self, node: ast.ClassDef, bases: set[str]) -> dict[str, Any] | None:
        """The values of an enumeration by name; None when not all of them can be seen."""
        values: dict[str, Any] = {}
        for statement in node.body:
            target = statement.targets[0] if isinstance(statement, ast.Assign) else None
            if not isinstance(statement, ast.Assign) or not isinstance(target, ast.Name):
                continue
            try:
                values[target.id] = literal(self._code, self._file, statement.value)
            except Unseen:
                auto = isinstance(statement.value, ast.Call) and not statement.value.args
                if not (auto and "enum.StrEnum" in bases):
                    return None
                values[target.id] = target.id.lower()
        return values


def _of_package(name: str) -> Asked:
    home, _, last = name.rpartition(".")
    if name in _SECRETS:
        return Asked("text", secret=True)
    if last in _FRAMES and home.partition(".")[0] in _FRAME_HOMES:
        return Asked(frame=True)
    if home in _GENERIC_HOMES:
        return Asked("list" if last in _LISTS else "object" if last in _OBJECTS else _TYPES.get(name, "any"))
    return Asked(_TYPES.get(name, "any"))


def _type_of(choices: tuple[Any, ...]) -> str:
    kinds = {"integer" if type(value) is int else type_of(value) for value in choices}
    if len(kinds) == 1 and kinds <= {"text", "integer", "number", "boolean"}:
        return kinds.pop()
    return "text" if kinds and kinds <= {"text", "date"} else "any"


def _alternatives(annotation: ast.expr) -> Iterator[ast.expr]:
    if isinstance(annotation, ast.BinOp) and isinstance(annotation.op, ast.BitOr):
        yield from _alternatives(annotation.left)
        yield from _alternatives(annotation.right)
    else:
        yield annotation


def _is_none(part: ast.expr) -> bool:
    return isinstance(part, ast.Constant) and part.value is None


def _parsed(text: str) -> ast.expr | None:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
