"""Asks a person at the terminal for a value, field by field as its JSON Schema names them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pauta.cli.session import Session
from pauta.domain.problems import InvalidInput

_NOTHING = object()


class Form:
    """The questions about one value.

    Args:
        session: The call.
        schema: What is asked for; None: any JSON value.
        prompt: What the flow says about it.
    """

    def __init__(self, session: Session, schema: Mapping[str, Any] | None, *, prompt: str) -> None:
        self._session = session
        self._schema = schema or {}
        self._prompt = prompt

    def ask(self) -> Any:
        """The value. What does not fit is said and asked again; Ctrl-C or the end of the input gives up.

        Raises:
            KeyboardInterrupt: The person gave up.
        """
        if self._prompt:
            self._session.say(self._prompt, "bold")
        schema = self._schema
        fields = schema.get("properties")
        if not isinstance(fields, Mapping) or not fields:
            return self._one(str(schema.get("title") or self._session.words("answer.whole")), schema, is_needed=True)
        needed = set(schema.get("required", ()))
        answers = {name: self._one(str(name), about, is_needed=name in needed) for name, about in fields.items()}
        return {name: value for name, value in answers.items() if value is not _NOTHING}

    def _one(self, name: str, about: Any, *, is_needed: bool) -> Any:
        from pauta.cli.answer_values import value_of
        from pauta.services.answers_checking import check_answer

        own = self._whole(about if isinstance(about, Mapping) else {})
        while True:
            text = self._read(self._question(name, own, is_needed=is_needed))
            if not text and not is_needed:
                return _NOTHING
            try:
                value = value_of(text, own)
                check_answer(value, own or None)
            except InvalidInput as error:
                for problem in error.problems:
                    self._session.say(f"  ✗ {problem.message(self._session.language)}", "red")
                continue
            return value

    def _whole(self, about: Mapping[str, Any]) -> dict[str, Any]:
        """A field's schema that stands alone: with the definitions to which it refers."""
        found = dict(about)
        reference = found.get("$ref")
        definitions = self._schema.get("$defs", {})
        if isinstance(reference, str) and reference.startswith("#/$defs/"):
            found = {**definitions.get(reference.removeprefix("#/$defs/"), {}), **found}
            found.pop("$ref")
        return {**found, "$defs": definitions} if definitions else found

    def _question(self, name: str, about: Mapping[str, Any], *, is_needed: bool) -> str:
        import msgspec

        words = self._session.words
        parts = [_kind(about)]
        if about.get("description"):
            parts.append(str(about["description"]))
        if not is_needed:
            parts.append(words("answer.optional"))
        label = words("answer.ask", name=name, kind=", ".join(part for part in parts if part))
        label = label.replace(" ()", "")
        if about.get("default") is not None:
            label += " " + words("answer.default", value=msgspec.json.encode(about["default"]).decode())
        return label

    def _read(self, label: str) -> str:
        from pauta.cli.plain_text import one_line

        try:
            return input(f"{one_line(label)}: ").strip()
        except EOFError:
            self._session.say()
            raise KeyboardInterrupt from None


def _kind(about: Mapping[str, Any]) -> str:
    """What sort of value: ``integer``, ``date-time``, ``"a" | "b"``."""
    import msgspec

    if "enum" in about:
        return " | ".join(msgspec.json.encode(option).decode() for option in about["enum"])
    if "anyOf" in about:
        return " | ".join(dict.fromkeys(_kind(each) for each in about["anyOf"] if isinstance(each, Mapping)))
    said = about.get("format") or about.get("type") or ""
    return said if isinstance(said, str) else " | ".join(map(str, said))
