"""What a page on the internet can make a browser send to this server comes to nothing (S3, S13)."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest

from asking import Answer
from house import House, open_house
from pauta.domain.access import Role
from pauta.services.access import LINK, SESSION

OWN = "http://localhost:7311"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with open_house(hosts=("pauta.example",), origins=("https://ui.example",)) as opened:
        yield opened


@pytest.fixture
def cookie(house: House) -> str:
    """The cookie of an administrator's session: what a browser sends along by itself."""
    return f"pauta_session_7311={house.token(Role.ADMIN, kind=SESSION)}"


def pools(house: House) -> int:
    return len(house.ask("GET", "/api/v1/pools", token=house.token(Role.VIEWER)).json["pools"])


# ---- names ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:7311",
        "LOCALHOST",
        "localhost.",
        "127.0.0.1:9",
        "[::1]:7311",
        "pauta.example",
        "pauta.example:443",
    ],
)
def test_the_server_answers_under_its_names(house: House, host: str) -> None:
    assert house.ask("GET", "/health", host=host).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "attacker.example",
        "attacker.example:7311",
        "localhost.attacker.example",
        "pauta.example.attacker.example",
        "127.0.0.1.nip.example",
        "127.0.0.2",
        "0.0.0.0",
        "10.0.0.1",
        "xn--lcalhost-n0a",
        "[::2]",
    ],
)
def test_a_foreign_name_is_421_for_everything(house: House, host: str) -> None:
    token = house.token(Role.ADMIN)
    for path in ("/health", "/login", "/api/v1/pools", "/nothing"):
        answer = house.ask("GET", path, host=host, token=token)
        assert (answer.status, answer.codes) == (421, ["API-006"])


@pytest.mark.parametrize("host", ["", "local host", "localhost:port", "localhost/x", "a@localhost", "[::1", "l\xf6cal"])
def test_what_is_no_name_is_400(house: House, host: str) -> None:
    assert house.ask("GET", "/health", host=host).status == 400


def test_without_a_name_there_is_no_answer(house: House) -> None:
    answer = house.ask("GET", "/health", host=None)
    assert (answer.status, answer.codes) == (400, ["API-010"])


def test_a_forwarded_name_is_not_believed(house: House) -> None:
    assert house.ask("GET", "/health", host="attacker.example", headers={"x-forwarded-host": "localhost"}).status == 421


# ---- forged requests --------------------------------------------------------------------------

FORGED: dict[str, dict[str, str]] = {
    "from another site": {"sec-fetch-site": "cross-site", "origin": "https://attacker.example"},
    "from another site, origin kept back": {"sec-fetch-site": "cross-site"},
    "from another port of this machine": {"sec-fetch-site": "same-site", "origin": "http://localhost:3000"},
    "same site, origin kept back": {"sec-fetch-site": "same-site"},
    "typed by hand": {"sec-fetch-site": "none"},
    "old browser, another site": {"origin": "https://attacker.example"},
    "old browser, another port": {"origin": "http://localhost:3000"},
    "old browser, name within a name": {"origin": "http://localhost:7311.attacker.example"},
    "old browser, sandboxed page": {"origin": "null"},
    "old browser, page of a file": {"origin": "file://"},
    "old browser, nothing said": {},
    "only a referrer": {"referer": OWN + "/"},
    "same origin said twice": {"sec-fetch-site": "same-origin, same-origin"},
    "right site, wrong origin": {"sec-fetch-site": "same-origin", "origin": "https://attacker.example"},
    "another site, our origin": {"sec-fetch-site": "cross-site", "origin": OWN},
    "another port, our origin": {"sec-fetch-site": "same-site", "origin": OWN},
    "a listed page": {"sec-fetch-site": "cross-site", "origin": "https://ui.example"},
}
CHANGES = [
    ("POST", "/api/v1/pools"),
    ("PATCH", "/api/v1/pools/default"),
    ("DELETE", "/api/v1/pools/default"),
    ("PUT", "/api/v1/limits/x"),
    ("POST", "/api/v1/tokens"),
    ("DELETE", "/api/v1/tokens/x"),
    ("POST", "/api/v1/runs"),
    ("POST", "/api/v1/logout"),
]


@pytest.mark.parametrize("method_path", CHANGES, ids=" ".join)
@pytest.mark.parametrize("kind", FORGED)
def test_s3_a_request_that_another_page_forged_is_refused(
    house: House, cookie: str, kind: str, method_path: tuple[str, str]
) -> None:
    answer = house.ask(*method_path, json={}, headers={"cookie": cookie, **FORGED[kind]})
    assert (answer.status, answer.codes) == (403, ["AUT-006"])


def test_s3_there_are_at_least_twenty_forged_requests() -> None:
    assert len(FORGED) * len(CHANGES) >= 20
    assert any(method == "DELETE" for method, _ in CHANGES)


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "same-origin"}, {"origin": OWN}, {"sec-fetch-site": "same-origin", "origin": OWN}]
)
def test_the_servers_own_pages_may(house: House, cookie: str, headers: dict[str, str]) -> None:
    answer = house.ask("DELETE", "/api/v1/tokens/x", headers={"cookie": cookie, **headers})
    assert answer.status == 404


def test_a_token_needs_no_origin_because_no_browser_sends_it_by_itself(house: House) -> None:
    assert house.ask("DELETE", "/api/v1/tokens/x", token=house.token(Role.ADMIN)).status == 404


def test_looking_changes_nothing_wherever_it_comes_from(house: House, cookie: str) -> None:
    before, rows = pools(house), len(house.audit())
    for path in ("/api/v1/pools", "/api/v1/runs", "/api/v1/tokens"):
        assert house.ask("GET", path, headers={"cookie": cookie, "sec-fetch-site": "cross-site"}).status == 200
    assert (pools(house), len(house.audit())) == (before, rows)


# ---- other origins ----------------------------------------------------------------------------


def cors_of(answer: Answer) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control")}


@pytest.mark.parametrize("origin", ["https://attacker.example", "null", OWN, "https://ui.example.attacker.example"])
def test_no_origin_is_let_in_that_is_not_listed(house: House, origin: str) -> None:
    token = house.token(Role.VIEWER)
    preflight = {"origin": origin, "access-control-request-method": "DELETE"}
    assert cors_of(house.ask("GET", "/api/v1/pools", token=token, headers={"origin": origin})) == {}
    answer = house.ask("OPTIONS", "/api/v1/pools", headers=preflight)
    assert (answer.status, cors_of(answer)) == (405, {})


def test_a_listed_origin_may_ask_with_a_token_and_never_with_cookies(house: House) -> None:
    origin = {"origin": "https://ui.example"}
    preflight = house.ask("OPTIONS", "/api/v1/pools", headers={**origin, "access-control-request-method": "DELETE"})
    assert preflight.status == 204
    assert "authorization" in preflight.headers["access-control-allow-headers"].lower()
    answer = house.ask("GET", "/api/v1/pools", token=house.token(Role.VIEWER), headers=origin)
    for found in (preflight, answer):
        assert found.headers["access-control-allow-origin"] == "https://ui.example"
        assert found.headers["vary"] == "Origin"
        assert "access-control-allow-credentials" not in found.headers


def test_without_listed_origins_there_are_no_such_headers_at_all() -> None:
    with open_house() as plain:
        answer = plain.ask("GET", "/health", headers={"origin": "https://ui.example"})
        assert cors_of(answer) == {}


# ---- signing in -------------------------------------------------------------------------------


def signed_in(house: House, code: str, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return house.ask("POST", "/login", body=urlencode({"code": code}).encode(), headers={"content-type": FORM, **named})


def test_a_link_is_changed_for_a_cookie_that_scripts_do_not_see(house: House) -> None:
    code = house.token(Role.ADMIN, kind=LINK, name="ana")
    answer = signed_in(house, code, origin=OWN, sec_fetch_site="same-origin")
    assert answer.status == 200
    name, value = answer.headers["set-cookie"].split(";")[0].split("=")
    rest = answer.headers["set-cookie"].lower()
    assert name == "pauta_session_7311"
    assert "httponly" in rest
    assert "samesite=strict" in rest
    assert "max-age=43200" in rest
    me = house.ask("GET", "/api/v1/me", headers={"cookie": f"other=1; {name}={value}; more=2"}).json
    assert (me["name"], me["role"], me["kind"]) == ("ana", "admin", "session")
    assert house.audit()[-1].action == "session.begin"
    assert value not in repr(house.audit())


def test_a_link_works_once(house: House) -> None:
    code = house.token(Role.ADMIN, kind=LINK)
    assert signed_in(house, code).status == 200
    again = signed_in(house, code)
    assert (again.status, "AUT-008" in again.text) == (401, True)
    assert "set-cookie" not in again.headers


def test_opening_a_link_does_not_use_it_up(house: House) -> None:
    code = house.token(Role.ADMIN, kind=LINK)
    for _ in range(3):
        assert house.ask("GET", f"/login?code={code}").status == 200
    assert signed_in(house, code).status == 200


def test_the_cookie_is_for_encrypted_connections_where_there_are_such() -> None:
    with open_house(behind_proxy=True) as behind:
        assert "secure" in signed_in(behind, behind.token(kind=LINK)).headers["set-cookie"].lower()


@pytest.mark.parametrize("kind", ["from another site", "same site, origin kept back", "old browser, another site"])
def test_another_page_cannot_sign_somebody_in(house: House, kind: str) -> None:
    code = house.token(Role.ADMIN, kind=LINK)
    headers = {name.replace("-", "_"): value for name, value in FORGED[kind].items()}
    assert signed_in(house, code, **headers).status == 403


def test_a_session_ends_when_its_owner_says_so(house: House, cookie: str) -> None:
    own = {"cookie": cookie, "sec-fetch-site": "same-origin"}
    assert house.ask("POST", "/api/v1/logout", headers=own).status == 204
    assert house.ask("GET", "/api/v1/me", headers=own).status == 401


class Seen(HTMLParser):
    """Elements and attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.extend(attrs)


PAYLOADS = [
    '"><script>alert(1)</script>',
    "'><img src=x onerror=alert(1)>",
    '" onfocus=alert(1) autofocus x="',
    "</title><svg onload=alert(1)>",
    "javascript:alert(1)",
    "&quot;&gt;&lt;script&gt;",
    "{{7*7}}${7*7}",
    "\u202e<b>",
    "<style>*{background:url(//x)}</style>",
    "-->]]><script>",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_s13_what_the_page_echoes_stays_text(house: House, payload: str) -> None:
    answer = house.ask("GET", "/login?" + urlencode({"code": payload}))
    plain = house.ask("GET", "/login?code=x")
    page, usual = Seen(answer.text), Seen(plain.text)
    assert page.tags == usual.tags
    assert [name for name, _ in page.attributes] == [name for name, _ in usual.attributes]
    assert ("value", payload) in page.attributes


def test_s13_the_page_has_no_script_and_takes_none(house: House) -> None:
    answer = house.ask("GET", "/login")
    policy = answer.headers["content-security-policy"]
    assert "script" not in answer.text
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_the_page_speaks_portuguese(house: House) -> None:
    assert "Entrar" in house.ask("GET", "/login", headers={"accept-language": "pt-BR"}).text
