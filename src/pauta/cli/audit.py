"""``pauta audit``: who did what, and whether that record was tampered with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pauta.cli.listing import Column, Row, show_list, text_of, when, who
from pauta.cli.served import alone, served
from pauta.cli.session import Session, session_of

if TYPE_CHECKING:
    from pauta.adapters.api_house import HouseApi

Verify = Annotated[bool, typer.Option("--verify", help="opt.verify")]
After = Annotated[int | None, typer.Option("--after", metavar="N", help="opt.audit_after")]
Limit = Annotated[int, typer.Option("--limit", "-n", metavar="N", help="opt.audit_limit")]


def _target(row: Row, session: Session) -> object:
    details = {name: value for name, value in (row.get("details") or {}).items() if name != "request"}
    return f"{row.get('target', '')}  {text_of(details, session)}".strip()


COLUMNS = (
    Column("head.number", "seq", right=True),
    Column("head.time", when("at"), keep=True),
    Column("head.by", who("actor")),
    Column("head.action", "action"),
    Column("head.target", _target),
)


def audit(context: typer.Context, verify: Verify = False, after: After = None, limit: Limit = 50) -> int:
    """Show the audit log, or check it."""
    session = session_of(context)
    with served(context) as remote:
        if verify:
            return _show_verdict(remote.client.house.verify_audit(), session)
        most = min(limit, 500)
        begin = after if after is not None else max(0, _newest(remote.client.house) - most)
        found = remote.client.house.audit(after=begin, limit=most)
    show_list(found, COLUMNS, session, none="audit.none")
    return 0


def _newest(house: HouseApi) -> int:
    """Number of the newest line. Numbers have no gaps: it is found by asking whether there is one behind a number."""
    low, high = 0, 500
    while house.audit(after=high, limit=1):
        low, high = high, high * 2
    while low < high:
        middle = (low + high) // 2
        if house.audit(after=middle, limit=1):
            low = middle + 1
        else:
            high = middle
    return low


def _show_verdict(verdict: Row, session: Session) -> int:
    """The three verdicts, and exit code 1 when one is bad."""
    content, order = verdict.get("content") or (), verdict.get("order") or ()
    is_good = not content and not order and verdict.get("complete", True) is True
    if session.as_json:
        session.answer(dict(verdict))
        return 0 if is_good else 1
    words = session.words
    if is_good:
        session.say(words("audit.good", rows=words.number(int(verdict.get("rows", 0)))), "green")
        return 0
    if content:
        session.say(words("audit.content", rows=text_of(list(content)[:20], session)), "red")
    if order:
        session.say(words("audit.order", rows=text_of(list(order)[:20], session)), "red")
    if verdict.get("complete") is False:
        session.say(words("audit.cut"), "red")
    return 1


app = alone(audit)
