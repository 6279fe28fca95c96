"""Did you mean …? Names that a misspelt one may stand for."""

from __future__ import annotations

from collections.abc import Iterable

_FEW = 60


def nearest(name: str, candidates: Iterable[str], *, count: int = 1, cutoff: float = 0.6) -> list[str]:
    """The candidates most like a name, best first; none when nothing is like it.

    Thousands of candidates are first thinned out by common beginnings and ends, which is quick.
    """
    from difflib import get_close_matches  # only when something was misspelt

    some = [c for c in dict.fromkeys(candidates) if c != name]
    if len(some) > _FEW:
        some = sorted(some, key=lambda c: -_shared(name, c))[:_FEW]
    return get_close_matches(name[:200], [c[:200] for c in some], n=count, cutoff=cutoff)


def _shared(a: str, b: str) -> int:
    """How many letters two names share at their beginning and end, less what one is longer."""
    longest = min(len(a), len(b))
    head = next((i for i in range(longest) if a[i] != b[i]), longest)
    tail = next((i for i in range(longest - head) if a[-1 - i] != b[-1 - i]), longest - head)
    return 2 * (head + tail) - abs(len(a) - len(b))


def likely_slips(unknown: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """Unknown names that are a known one with a slip of the finger.

    Only slips that are hardly ever meant count: another case or separator, one letter too many or too few,
    two neighbouring letters swapped. Another digit or letter is not one: ``x_train`` is not ``y_train``.

    Returns:
        Unknown name → the known name it is like.
    """
    names = set(unknown)
    loose = {_plain(name): name for name in names}
    shorter = {variant: name for name in names for variant in _one_less(name)}
    swapped = {variant: name for name in names for variant in _swapped(name)}
    slips: dict[str, str] = {}
    for name in known:
        hits = [loose.get(_plain(name)), shorter.get(name), swapped.get(name)]
        hits += [variant for variant in _one_less(name) if variant in names]
        for hit in hits:
            if hit is not None and hit != name:
                slips.setdefault(hit, name)
    return slips


def _plain(name: str) -> str:
    return name.casefold().replace("-", "").replace("_", "").replace(" ", "").replace(".", "")


def _one_less(name: str) -> list[str]:
    """The name without one of its letters; short and very long names are left alone."""
    if not 5 <= len(name) <= 64:
        return []
    return [name[:i] + name[i + 1 :] for i, letter in enumerate(name) if letter.isalpha()]


def _swapped(name: str) -> list[str]:
    if not 5 <= len(name) <= 64:
        return []
    return [
        name[:i] + name[i + 1] + name[i] + name[i + 2 :]
        for i in range(len(name) - 1)
        if name[i] != name[i + 1] and name[i].isalpha() and name[i + 1].isalpha()
    ]
