"""``pauta script``: every form that a script had, and who uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import to_builtins

from pauta.cli.listing import Column, Row, show_list, when
from pauta.cli.served import command, noun, served
from pauta.cli.session import Session, session_of
from pauta.cli.texts import draw_code, draw_diff
from pauta.domain.problems import NotFound, Problem, shorten

if TYPE_CHECKING:
    from pauta.assembly.remote_project import RemoteProject
    from pauta.services.view_pipelines import ScriptForm, ScriptView

app = noun()

Path_ = Annotated[str, typer.Argument(metavar="PATH", help="arg.script", show_default=False)]
Form = Annotated[str | None, typer.Argument(metavar="FORM", help="arg.form", show_default=False)]
OtherForm = Annotated[str | None, typer.Argument(metavar="OTHER_FORM", help="arg.other_form", show_default=False)]
FormOption = Annotated[str | None, typer.Option("--form", metavar="FORM", help="opt.form")]

_SHOWN_DIGITS = 12


def _uses(row: Row, session: Session) -> object:
    return [f"{use['pipeline']} {', '.join(map(str, use['versions']))}" for use in row["uses"]]


SCRIPTS = (
    Column("head.script", "path"),
    Column("head.forms", "forms", right=True),
    Column("head.pipelines", "pipelines"),
    Column("head.changed", when("changed_at"), keep=True),
)
FORMS = (
    Column("head.form", lambda row, _: row["address"][:_SHOWN_DIGITS], keep=True),
    Column("head.published", when("first_published_at"), keep=True),
    Column("head.used_by", _uses),
)


@command(app, "list")
def list_(context: typer.Context) -> int:
    """List scripts of all pipelines."""
    with served(context) as remote:
        found = remote.client.pipelines.scripts()
    show_list(found, SCRIPTS, session_of(context), none="script.none")
    return 0


@command(app, "show")
def show(context: typer.Context, path: Path_, form: FormOption = None) -> int:
    """Show a script: its forms, who uses them, and the text."""
    session = session_of(context)
    with served(context) as remote:
        found = remote.client.pipelines.uses(path)
        text = found.text if form is None else _text(remote, found, _form(found, form))
    if session.as_json:
        session.answer({**to_builtins(found), "text": text})
        return 0
    show_list(to_builtins(found.forms), FORMS, session, none="script.none")
    session.say()
    draw_code(text, file=path, session=session)
    return 0


@command(app, "diff")
def diff(context: typer.Context, path: Path_, form: Form = None, other: OtherForm = None) -> int:
    """How two forms of a script differ; without them: the newest and the one before."""
    from difflib import unified_diff

    session = session_of(context)
    with served(context) as remote:
        found = remote.client.pipelines.uses(path)
        b = _form(found, other) if other is not None else found.forms[0]
        a = _form(found, form) if form is not None else found.forms[min(1, len(found.forms) - 1)]
        before, after = (_text(remote, found, one).splitlines(keepends=True) for one in (a, b))
    labels = (f"{path} {a.address[:_SHOWN_DIGITS]}", f"{path} {b.address[:_SHOWN_DIGITS]}")
    text = "".join(unified_diff(before, after, *labels))
    if session.as_json:
        session.answer({"path": path, "a": a.address, "b": b.address, "diff": text})
    elif text:
        draw_diff(text, session)
    else:
        session.say(session.words("script.same"))
    return 0


def _form(found: ScriptView, wanted: str) -> ScriptForm:
    """The one form whose address begins so.

    Raises:
        NotFound: API-113.
    """
    fits = [form for form in found.forms if form.address.startswith(wanted)]
    if len(fits) != 1:
        known = ", ".join(form.address[:_SHOWN_DIGITS] for form in found.forms[:8])
        values = {"script": shorten(found.path), "form": shorten(wanted), "known": known}
        raise NotFound(Problem("API-113", values))
    return fits[0]


def _text(remote: RemoteProject, found: ScriptView, form: ScriptForm) -> str:
    use = form.uses[0]
    return remote.client.pipelines.script(use.pipeline, use.versions[0], found.path)
