"""Which failed calls are made again: those of a body that itself failed and is tried again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from msgspec.structs import replace

from pauta.domain.calls import Call, CallState


def asked_again(below: Callable[[int | None], Iterable[Call]], body: int | None) -> Iterator[Call]:
    """The failed calls that were made in a body, as they are when the body is tried again.

    Those in bodies within it that did not complete are among them. A body that completed has caught the failures in
    it; they stay what it rests on.

    Args:
        below: Gives the calls that were made in the body of a call; None: in the flow itself.
        body: The call whose body failed; None: the flow.
    """
    todo = [body]
    while todo:
        for call in list(below(todo.pop())):
            if call.state is not CallState.COMPLETED:
                todo.append(call.no)
            if call.state is CallState.FAILED:
                yield replace(call, state=CallState.PENDING)


def had_ended(call: Call) -> bool:
    """Whether a call that is to be made came to an end before: what follows may be another way than on record."""
    return call.state is CallState.CANCELLED or (call.state is CallState.PENDING and call.ended_at is not None)
