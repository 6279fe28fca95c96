"""S15: a secret's value is shown in no form, at no place, however the text was cut."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import html
import json
import re
import shlex
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pauta.domain import wire
from pauta.domain.ids import Address
from pauta.domain.outputs import FileRef, Kind, ModelRecord, Output
from pauta.domain.problems import Place, Problem
from pauta.ports.launcher import Happening, Printed, Reported
from pauta.services.masking import MASK, MaskedLines, Masker, masker_of
from pauta.services.secrets import mark, values_in

SECRETS = (
    "hunter2",
    "AKIAIOSFODNN7EXAMPLE",
    "p@ss/w0rd",
    "with space and 'quote'",
    'dollar$ "double" `tick` \\back',
    "ünïcödé-maçã",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "a+b=c&d;e|f<g>h",
    "line one of it\nline two of it",
    "emoji🍎secret",
)
ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64 of name and value": lambda s: base64.b64encode(f"u:{s}".encode()).decode(),
    "base64 within a text": lambda s: base64.b64encode(f"user={s}&rest".encode()).decode(),
    "base64 with one before": lambda s: base64.b64encode(f"x{s}yz".encode()).decode(),
    "base64 for addresses": lambda s: base64.urlsafe_b64encode(f"??{s}>>".encode()).decode(),
    "base64 without padding": lambda s: base64.urlsafe_b64encode(s.encode()).decode().rstrip("="),
    "hex": lambda s: s.encode().hex(),
    "capital hex": lambda s: s.encode().hex().upper(),
    "hex with colons": lambda s: s.encode().hex(":"),
    "hexlify": lambda s: str(binascii.hexlify(s.encode(), " ")),
    "quoted for addresses": lambda s: quote(s, safe=""),
    "quoted path": quote,
    "quoted with plus": quote_plus,
    "form": lambda s: urlencode({"token": s}),
    "small percent": lambda s: re.sub("%..", lambda m: m[0].lower(), quote(s, safe="")),
    "twice quoted": lambda s: quote(quote(s, safe=""), safe=""),
    "JSON": json.dumps,
    "JSON with letters": lambda s: json.dumps(s, ensure_ascii=False),
    "JSON in JSON": lambda s: json.dumps({"a": json.dumps({"b": s})}),
    "JSON with slashes": lambda s: json.dumps(s).replace("/", "\\/"),
    "repr": repr,
    "ascii": ascii,
    "repr of bytes": lambda s: repr(s.encode()),
    "repr of a dict": lambda s: repr({"password": s}),
    "shell": shlex.quote,
    "shell in double quotes": lambda s: '"' + "".join(f"\\{c}" if c in '$`"\\' else c for c in s) + '"',
    "HTML": html.escape,
    "HTML without quotes": lambda s: html.escape(s, quote=False),
    "SQL": lambda s: "'" + s.replace("'", "''") + "'",
}
ADDRESS = Address("ab" * 32)


def in_every_place(text: str) -> dict[str, Any]:
    """The text at every place where a process can put one."""
    file = FileRef(f"out/{text}.csv", ADDRESS, 1)
    output = Output(Kind.VALUE, ADDRESS, 9, "json", value={"a": [text, {text: 1}]}, inline=True)
    finished = wire.StepFinished(
        1, 1, 0, 0.1, 1.0, output, {f"in_{text}": ADDRESS}, (file,), (ModelRecord(text, text, {text: 1.0}, (file,)),),
        metrics={text: 1.0}, profile={"preview": [[text, 1], [None, f"…{text}…"]], "columns": [{"name": text}]},
    )  # fmt: skip
    problem = Problem(
        "SCR-020", {"text": text, "n": 1}, "", Place(text, 1, 2, text), traceback=f"Traceback\n  {text}\n"
    )
    return {
        "printed": Printed(0, "stdout", f"token is {text}, keep it", 1.0),
        "drawn over": Printed(0, "stderr", f"50% {text}", 1.0, progress=True),
        "logged": Reported(wire.Logged(0, 1.0, "INFO", f"got {text}", logger=text)),
        "measured": Reported(wire.Measured(0, f"loss_{text}", 0.5)),
        "progressed": Reported(wire.Progressed(0, 1.0, None, text)),
        "failed": Reported(wire.StepFailed(1, 1, 0, 0.1, 1.0, problem, (file,))),
        "finished": Reported(finished),
    }


def masked(masker: Masker, happening: Happening) -> Happening:
    """What happened as it may be recorded and shown."""
    if isinstance(happening, Printed):
        lines = MaskedLines(masker)
        return dataclasses.replace(happening, text=lines.mask(happening.text, is_kept=not happening.progress))
    if isinstance(happening, Reported):
        return Reported(masker.mask_value(happening.report))
    return happening


def shown(value: Any) -> str:
    """All texts within a value, as they are."""
    if isinstance(value, Reported):
        return shown(value.report)
    if isinstance(value, Printed):
        return value.text
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return "\x00".join(shown(part) for pair in value.items() for part in pair)
    if isinstance(value, list | tuple):
        return "\x00".join(map(shown, value))
    if isinstance(value, Problem):
        return shown([value.values, str(value.place), value.traceback])
    if hasattr(value, "__struct_fields__"):
        return shown([getattr(value, name) for name in value.__struct_fields__])
    return str(value)


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_s15_no_encoding_of_a_secret_gets_through_at_any_place(encoding: str, secret: str) -> None:
    masker = Masker((secret,))
    text = ENCODINGS[encoding](secret)
    for place, happening in in_every_place(text).items():
        found = shown(masked(masker, happening))
        assert text not in found, place
        assert secret not in found, place
        assert MASK in found, place


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("encoding", ["plain", "base64", "hex", "quoted for addresses", "JSON"])
def test_s15_a_secret_that_goes_on_in_the_next_line_is_masked_in_both(encoding: str, secret: str) -> None:
    text = ENCODINGS[encoding](secret).strip('"')
    for cut in range(4, len(text)):
        lines = MaskedLines(Masker((secret,)))
        joined = lines.mask(f"key: {text[:cut]}") + lines.mask(f"{text[cut:]} and more")
        assert text[:cut] not in joined
        if "\n" not in secret:
            # Cut right before its end, a base64 text leaves a letter with less than a byte of the secret.
            assert re.fullmatch(r"key: (\*\*\*)+([\w+/]?=*)? and more", joined)


def test_s15_a_secret_wrapped_over_many_lines_is_masked_in_each() -> None:
    secret = "".join(f"part{i:02d}-" for i in range(40))
    encoded = base64.encodebytes(secret.encode()).decode().splitlines()
    assert len(encoded) > 3
    lines = MaskedLines(Masker((secret,)))
    assert {lines.mask(line) for line in encoded} == {MASK}
    assert lines.mask("all is well") == "all is well"


def test_s15_lines_of_a_key_are_masked_one_by_one() -> None:
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\nEFAASCBKcwggSjAgEAAoIBAQ\n-----END KEY-----\n"
    lines = MaskedLines(Masker((key,)))
    assert {lines.mask(line) for line in key.splitlines()} == {MASK}


@pytest.mark.parametrize(
    "text",
    [
        "value hunter2hun…",
        "value hunter2hun...",
        "value …ter2hunter2 went",
        "value ...unter2hunter2 went",
        "value hunter2hun [… 5,000 bytes left out]",
        "'hunte...nter2'",
    ],
)
def test_s15_the_piece_of_a_secret_beside_a_cut_is_masked(text: str) -> None:
    masked = Masker(("hunter2hunter2",)).mask_text(text)
    assert "unte" not in masked
    assert "nter" not in masked


def test_s15_the_end_of_a_secret_after_what_was_left_out_is_masked() -> None:
    lines = MaskedLines(Masker(("hunter2hunter2",)))
    assert lines.mask("[… 1,234 bytes left out …]") == "[… 1,234 bytes left out …]"
    assert lines.mask("er2hunter2 was it") == f"{MASK} was it"


def test_s15_secrets_that_overlap_leave_nothing_between_them() -> None:
    assert Masker(("abcdefgh", "efghijkl")).mask_text("<abcdefghijkl>") == f"<{MASK}>"


def test_s15_the_password_of_an_address_is_a_secret_by_itself() -> None:
    masker = Masker(("postgresql://user:s3cr%2Fet@host/db",))
    assert masker.mask_text("password s3cr/et, as s3cr%2Fet") == f"password {MASK}, as {MASK}"


def test_s15_a_number_that_is_a_secret_is_masked_in_json_and_counts_stay() -> None:
    masker = Masker(("12345678", "4321"))
    assert masker.mask_value({"pin": 12345678, "rows": 4321, "share": 0.5}) == {"pin": MASK, "rows": 4321, "share": 0.5}


def test_a_value_of_less_than_four_characters_is_not_masked() -> None:
    masker = Masker(("abc", ""))
    assert not masker
    assert masker.mask_text("abc") == "abc"


def test_without_secrets_everything_is_the_same_object() -> None:
    masker = masker_of(())
    assert not masker
    for happening in in_every_place("hunter2").values():
        assert masker.mask_value(happening) is happening


def test_what_holds_no_secret_stays_as_it_is() -> None:
    masker = Masker(("not-in-there",))
    for happening in in_every_place("hunter2").values():
        assert masked(masker, happening) == happening


def test_the_values_to_hide_are_those_that_a_step_is_given() -> None:
    kwargs = {"a": 1, "b": {"c": [mark("env:TOKEN")]}, "d": mark("env:OTHER"), "e": mark("env:EMPTY")}
    assert values_in(kwargs, {"TOKEN": "t", "OTHER": "o", "EMPTY": "", "MORE": "m"}.get) == ("o", "t")


@given(
    secret=st.text(min_size=4, max_size=40),
    before=st.text(max_size=20),
    after=st.text(max_size=20),
)
def test_s15_no_text_shows_a_secret(secret: str, before: str, after: str) -> None:
    masked = Masker((secret,)).mask_text(before + secret + after)
    rest = (before + after).replace(MASK, "")
    if secret not in rest and MASK not in secret and "*" not in secret:
        assert secret not in masked
