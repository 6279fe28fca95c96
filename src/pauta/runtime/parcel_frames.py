"""What is stored as an object of its own: frames, arrays, models; and the scalars of pandas and NumPy.

``$series``   ``[library, object, name]``: a pandas or polars Series, stored as a frame of one column
``$numpy``    ``[dtype, number]``: a date or a duration of NumPy
``$pandas``   ``["Timestamp", number, unit, zone]``, ``["Timedelta", number, unit]``, ``["NaT"]``, ``["NA"]``
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import AsyncGeneratorType, CoroutineType, GeneratorType
from typing import Any

from blake3 import blake3

from pauta.domain.ids import Address
from pauta.domain.problems import StepFault
from pauta.frames.encode import Encoded, encode
from pauta.runtime.parcel_tags import Refused, Tagger

SERIES, NUMPY, PANDAS = "$series", "$numpy", "$pandas"
_COLUMN = "value"
_LAZY: Mapping[type[Any], str] = dict.fromkeys(
    (GeneratorType, AsyncGeneratorType, CoroutineType, map, filter, zip, enumerate, reversed), "lazy"
)


def checked(value: Any, *, name: str) -> Encoded:
    """A frame, array or model, ready to be stored.

    Raises:
        Refused: It is none, or one that cannot come back exactly.
    """
    try:
        return encode(value, name=name)
    except StepFault as fault:
        problem = fault.problems[0]
        nothing_known = problem.code == "SCR-022" and problem.variant == "returned"
        raise Refused(value, _LAZY.get(type(value), ""), None if nothing_known else fault) from None


def collected(value: Any) -> Any:
    """The value, a lazy frame worked out."""
    polars = sys.modules.get("polars")
    return value.collect() if polars is not None and isinstance(value, polars.LazyFrame) else value


def address_of(encoded: Encoded) -> Address:
    """Under which address this would be stored."""
    hashing = _Hashing()
    encoded.write(hashing)
    return Address(hashing.hash.hexdigest())


class _Hashing:
    """Takes bytes and keeps only their hash."""

    def __init__(self) -> None:
        self.hash = blake3()

    def write(self, data: bytes | memoryview) -> int:
        self.hash.update(data)
        return len(data)


def as_frame(value: Any) -> tuple[str, Any, Any] | None:
    """Library, frame and name of a Series; None for everything else."""
    pandas, polars = sys.modules.get("pandas"), sys.modules.get("polars")
    if pandas is not None and isinstance(value, pandas.Series):
        return "pandas", value.to_frame(_COLUMN), value.name
    if polars is not None and isinstance(value, polars.Series):
        return "polars", value.alias(_COLUMN).to_frame(), value.name
    return None


def as_series(library: str, frame: Any, name: Any) -> Any:
    """The Series again."""
    series = frame[_COLUMN]
    return series.rename(name) if library == "pandas" else series.alias(name)


def write_scalar(value: Any, tagger: Tagger) -> Any:
    """A scalar of NumPy or pandas; NotImplemented for everything else."""
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    if numpy is not None and isinstance(value, numpy.generic):
        return _write_numpy(value, tagger)
    if pandas is None:
        return NotImplemented
    if value is pandas.NaT or value is pandas.NA:
        return tagger.tag(PANDAS, ["NaT" if value is pandas.NaT else "NA"])
    if isinstance(value, pandas.Timestamp):
        zone = None if value.tzinfo is None else tagger.write(value.to_pydatetime(warn=False))
        number = int(value.asm8.view("i8"))
        return tagger.tag(PANDAS, ["Timestamp", number, value.unit, zone and zone["$datetime"][1]])
    if isinstance(value, pandas.Timedelta):
        return tagger.tag(PANDAS, ["Timedelta", int(value.asm8.view("i8")), value.unit])
    return NotImplemented


def read_numpy(content: Any) -> Any:
    """A date or duration of NumPy."""
    import numpy

    dtype, number = content
    kind = numpy.dtype(dtype)
    if kind.kind not in "mM":
        raise ValueError(dtype)
    return numpy.int64(number).view(kind)


def read_pandas(content: Any) -> Any:
    """A scalar of pandas."""
    import numpy
    import pandas

    from pauta.runtime.parcel_tags import zone_of

    match content:
        case ["NaT"]:
            return pandas.NaT
        case ["NA"]:
            return pandas.NA
        case ["Timedelta", int(number), str(unit)]:
            return pandas.Timedelta(numpy.int64(number).view(f"m8[{unit}]"))
        case ["Timestamp", int(number), str(unit), zone]:
            moment = pandas.Timestamp(numpy.int64(number).view(f"M8[{unit}]"))
            return moment if zone is None else moment.tz_localize("UTC").tz_convert(zone_of(zone))
    raise ValueError("no scalar of pandas")


def _write_numpy(value: Any, tagger: Tagger) -> Any:
    kind = value.dtype.kind
    if kind in "biuf" and value.itemsize <= 8:
        return tagger.write(value.item())
    if kind == "c" and value.itemsize <= 16:
        return tagger.write(complex(value))
    if kind in "mM":
        return tagger.tag(NUMPY, [value.dtype.str, int(value.view("i8"))])
    if kind in "US":
        return tagger.write(value.item())
    raise Refused(value)
