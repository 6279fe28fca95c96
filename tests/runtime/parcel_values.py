"""Compares values with what comes back of them."""

from __future__ import annotations

import math
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from pauta.runtime.parcels import StoredParcels


def there_and_back(parcels: StoredParcels, value: Any, hint: Any = None) -> Any:
    """The value as a later attempt of the flow gets it, in another process."""
    packed = parcels.pack(value, name="f", hint=hint)
    return StoredParcels(parcels._objects_of).unpack(packed.arguments, hint=hint)


def same(one: Any, other: Any) -> bool:
    """Equal in value and type, at every depth, NaN included."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return (math.isnan(one) and math.isnan(other)) or (
            one == other and math.copysign(1, one) == math.copysign(1, other)
        )
    if isinstance(one, complex):
        return same([one.real, one.imag], [other.real, other.imag])
    if isinstance(one, dict):
        return len(one) == len(other) and all(
            same(a, b) and same(one[a], other[b]) for a, b in zip(one, other, strict=True)
        )
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, Decimal):
        return str(one) == str(other)
    if isinstance(one, datetime | time):
        return one == other and one.fold == other.fold and str(one.tzinfo) == str(other.tzinfo)
    return bool(one == other)
