"""Signing in with a browser: a one-time link shows a form, the form changes the code for a session's cookie.

The pages have no script and take none; what they echo is escaped. The code is changed by a POST, not by opening
the link, so that programs that look at links beforehand do not use it up.
"""

from __future__ import annotations

import base64
import hashlib
import html
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import Depends, Request
from fastapi.responses import Response

from pauta.domain.problems import Problem
from pauta.domain.settings import Settings
from pauta.server.bodies import check_type
from pauta.server.caller import visit_of
from pauta.server.door import Door
from pauta.server.hosts import same_origin
from pauta.services.access import SESSION_LIVES, Forbidden

FORM = "application/x-www-form-urlencoded"
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1rem}"
    "input{font:inherit;width:100%;box-sizing:border-box;padding:.4rem}"
    "button{font:inherit;margin-top:.8rem;padding:.4rem 1.2rem}.bad{color:#b00020}"
)
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
_WORDS = {
    "en": {
        "title": "Sign in to Pauta",
        "code": "Code of the link",
        "go": "Sign in",
        "done": "You are signed in as {name}. You may close this page.",
    },
    "pt": {
        "title": "Entrar no Pauta",
        "code": "Código do link",
        "go": "Entrar",
        "done": "Você entrou como {name}. Pode fechar esta página.",
    },
}


async def _code(request: Request) -> str:
    """The form's code. Refuses a form that another site has sent, and too many wrong codes.

    A program that is no browser says nothing of sites, and signs in nobody but itself.

    Raises:
        Forbidden: AUT-006 when a browser tells of another site.
        Refused: 429 AUT-007.
    """
    headers = visit_of(request).headers
    if (b"origin" in headers or b"sec-fetch-site" in headers) and not same_origin(headers):
        raise Forbidden(Problem("AUT-006"))
    check_type(headers, FORM)
    door: Door = request.app.state.door
    door.guess(visit_of(request).peer)
    fields = parse_qs((await request.body()).decode("utf-8", "replace"))
    return fields.get("code", [""])[0].strip()


CodeDep = Annotated[str, Depends(_code)]


def form(language: str, *, code: str = "", problem: Problem | None = None, status: int = 200) -> Response:
    """The page with the form, the link's code in it."""
    words = _WORDS[language]
    said = f'<p class="bad">{html.escape(problem.line(language))}</p>' if problem else ""
    remedy = f"<p>{html.escape(problem.remedy(language))}</p>" if problem else ""
    return _page(
        language,
        f'{said}{remedy}<form method="post" action="/login" autocomplete="off">'
        f'<label>{words["code"]}<input name="code" required value="{html.escape(code, quote=True)}"></label>'
        f"<button>{words['go']}</button></form>",
        status=status,
    )


def signed_in(language: str, *, name: str) -> Response:
    """The page after signing in."""
    said = _WORDS[language]["done"].format(name=html.escape(name))
    return _page(language, f"<p>{said}</p>", status=200)


def with_session(response: Response, text: str, *, cookie: str, settings: Settings) -> Response:
    """The response, with the session's cookie: out of reach for scripts, sent to our own pages only."""
    response.set_cookie(
        cookie,
        text,
        max_age=int(SESSION_LIVES.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=bool(settings.server.tls_certificate) or settings.server.behind_proxy,
    )
    return response


def _page(language: str, body: str, *, status: int) -> Response:
    title = _WORDS[language]["title"]
    text = (
        f'<!doctype html><html lang="{"pt-BR" if language == "pt" else "en"}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title><style>{_STYLE}</style></head>'
        f"<body><h1>{title}</h1>{body}</body></html>"
    )
    return Response(
        text, status_code=status, media_type="text/html; charset=utf-8", headers={"content-security-policy": _POLICY}
    )
