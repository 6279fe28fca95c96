"""Objects of the user's own classes within values: they come back when the annotation names them, and only then."""

from __future__ import annotations

import dataclasses
import enum
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pandas as pd
import pydantic
import pytest
from parcel_values import there_and_back

from pauta.domain.problems import StoreFault
from pauta.flows.states import Completed, Failed, State, problem_of
from pauta.runtime.parcels import StoredParcels

LISBON = ZoneInfo("Europe/Lisbon")

# ---- classes ----------------------------------------------------------------------------------


class Colour(enum.Enum):
    RED = 1
    GREEN = object()


class Word(enum.StrEnum):
    HELLO = "hello"


class Right(enum.Flag):
    READ = enum.auto()
    WRITE = enum.auto()


@dataclasses.dataclass(frozen=True, slots=True)
class Author:
    name: str
    since: date = date(2026, 1, 1)


@dataclasses.dataclass
class Post:
    title: str
    author: Author | None = None
    rows: pd.DataFrame | None = None
    made: list[str] = dataclasses.field(default_factory=list)

    def __post_init__(self) -> None:
        self.made.append("once")


class Point(NamedTuple):
    x: int
    y: int


class Model(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")
    number: int = pydantic.Field(alias="n")
    when: datetime | None = None
    colour: Colour = Colour.RED
    _secret: int = pydantic.PrivateAttr(default=1)


CLASSES = [
    (Colour.GREEN, Colour),
    ([Colour.RED], list[Colour]),
    (Word.HELLO, Word),
    (Right.READ | Right.WRITE, Right),
    (Author("ana"), Author),
    ({"a": (Author("ana"),)}, dict[str, tuple[Author, ...]]),
    (Post("t", Author("ana")), Post | None),
    (Point(1, 2), Point),
    (Model(n=1, when=datetime(2026, 1, 1, tzinfo=LISBON), more=(1, 2)), Model),
    ({"k": Model(n=2)}, {"k": Model, "other": int}),
]


@pytest.mark.parametrize(("value", "hint"), CLASSES)
def test_objects_come_back_when_the_annotation_names_their_class(parcels: StoredParcels, value: Any, hint: Any) -> None:
    again = there_and_back(parcels, value, hint)
    assert again == value
    assert type(again) is type(value)
    assert parcels.pack(value, name="f", hint=hint).live == value
    assert parcels.digest(again) == parcels.digest(value)


def test_a_class_is_made_again_without_running_its_constructor(parcels: StoredParcels) -> None:
    assert there_and_back(parcels, Post("t"), Post).made == ["once"]


def test_a_model_keeps_what_was_set_and_what_is_private(parcels: StoredParcels) -> None:
    model = Model(n=1)
    model._secret = 5
    again = there_and_back(parcels, model, Model)
    assert again._secret == 5
    assert again.model_fields_set == {"number"}


def test_no_class_is_made_that_the_annotation_does_not_name(parcels: StoredParcels) -> None:
    stored = parcels.pack(Author("ana"), name="f", hint=Author).arguments
    for hint in (None, int, Post.__base__, list[Colour]):
        with pytest.raises(StoreFault, match="names no class Author"):
            parcels.unpack(stored, hint=hint)


def test_a_class_whose_fields_have_changed_is_not_filled_with_the_old_ones(parcels: StoredParcels) -> None:
    stored = parcels.pack(Author("ana"), name="f", hint=Author).arguments

    @dataclasses.dataclass
    class Other:
        name: str

    Other.__qualname__ = "Author"
    with pytest.raises(StoreFault, match="Author has other fields"):
        parcels.unpack(stored, hint=Other)


def test_a_member_of_an_enumeration_of_texts_is_a_text_without_an_annotation(parcels: StoredParcels) -> None:
    live = parcels.pack([Word.HELLO], name="f").live
    assert live == ["hello"]
    assert type(live[0]) is str


def test_states_come_back_with_the_problem_in_place_of_an_exception(parcels: StoredParcels) -> None:
    try:
        raise ValueError("no new post")
    except ValueError as error:
        failed: State[Any] = Failed("it failed", error)
    fine, again = there_and_back(parcels, (Completed("ok", (1, 2)), failed))
    assert fine == Completed("ok", (1, 2))
    assert (again.is_failed(), again.message, again.data) == (True, "it failed", None)
    assert "no new post" in problem_of(again).message()
