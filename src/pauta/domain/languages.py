"""Which language a command speaks: ``--lang``, then PAUTA_LANG, then the locale."""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = ("en", "pt")


def language_of(text: str) -> str | None:
    """The language that a locale such as ``pt_BR.UTF-8`` names, or None when it is neither of ours."""
    head = text.strip().lower().replace("-", "_").split(".")[0].split("_")[0]
    return head if head in LANGUAGES else None


def from_environment(environ: Mapping[str, str]) -> str:
    """The language of PAUTA_LANG, or else of the locale as POSIX orders it; English when neither says."""
    own = language_of(environ.get("PAUTA_LANG", ""))
    if own:
        return own
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = environ.get(name)
        if value:
            return language_of(value) or "en"
    return "en"
