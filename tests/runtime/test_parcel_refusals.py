"""What cannot be stored is refused with its place and a remedy; what is damaged is said to be so."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import pandas as pd
import pytest

from pauta.domain.calls import Arguments
from pauta.domain.problems import StepFault, StoreFault
from pauta.runtime.parcels import StoredParcels


@dataclasses.dataclass
class Author:
    name: str


@dataclasses.dataclass
class Post:
    title: str
    made: list[Any] = dataclasses.field(default_factory=list)


class Point(NamedTuple):
    x: int
    y: int


# ---- what cannot be stored --------------------------------------------------------------------


def endless() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


REFUSED = [
    ({"a": [1, 2, (i for i in "ab")]}, 'f["a"][2] is of type generator'),
    ([Author("ana")], "f[0] is of type Author, which the annotation does not name"),
    (object(), "f is of type object"),
    ({1: {"x": print}}, 'f[1]["x"] is of type builtin_function_or_method'),
    ((endless(),), "is nested too deeply, or contains itself"),
    ({"t": Point(1, 2)}, 'f["t"] is of type Point'),
    (ValueError("no"), "f is of type ValueError"),
]


@pytest.mark.parametrize(("value", "said"), REFUSED, ids=[said for _, said in REFUSED])
def test_what_cannot_be_kept_is_refused_with_its_place_and_a_remedy(
    parcels: StoredParcels, value: Any, said: str
) -> None:
    with pytest.raises(StepFault) as refused:
        parcels.pack(value, name="f")
    (problem,) = refused.value.problems
    assert problem.code == "FLW-020"
    assert said in problem.message()
    assert problem.remedy()
    assert problem.remedy("pt") != problem.remedy("en")


def test_the_place_leads_through_the_fields_of_objects(parcels: StoredParcels) -> None:
    with pytest.raises(StepFault, match=r"f\[0\]\.made\[1\] is of type object"):
        parcels.pack([Post("t", made=["", object()])], name="f", hint=Post)


def test_a_frame_that_cannot_be_kept_says_where_it_lies_and_which_cell_it_is(parcels: StoredParcels) -> None:
    with pytest.raises(StepFault) as refused:
        parcels.pack({"x": (pd.DataFrame({"a": [1, object()]}),)}, name="f")
    (problem,) = refused.value.problems
    assert problem.code == "SCR-022"
    assert problem.place is not None
    assert problem.place.field == 'f["x"][0]'


@pytest.mark.parametrize("value", [{"$nonsense": 1}, {"$uuid": "zz"}, {"$of": ["Author", {}]}, {"$object": 7}])
def test_damaged_records_are_said_to_be_so(parcels: StoredParcels, value: Any) -> None:
    stored = parcels.pack(UUID(int=1), name="f").arguments
    with pytest.raises(StoreFault) as refused:
        parcels.unpack(Arguments(msgspec.structs.replace(stored.value, value=value)))
    assert refused.value.problems[0].code == "DAT-020"
