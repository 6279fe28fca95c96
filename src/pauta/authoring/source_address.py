"""How people write where a flow's files are, and what of that may be recorded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from pauta.domain.problems import InvalidInput, Place, Problem, shorten

FOLDER, GIT, S3, STORE = "folder", "git", "s3", "store"
KINDS = (FOLDER, GIT, S3, STORE)

_SCP = re.compile(r"[A-Za-z0-9][\w.-]*@[\w.-]+:(?!//)\S+", re.ASCII).fullmatch
_STORED = re.compile(r"store://(?P<name>[^@#]+)(?:@v?(?P<version>[1-9][0-9]{0,8}))?").fullmatch
_BUCKET = re.compile(r"s3://(?P<bucket>[A-Za-z0-9][A-Za-z0-9._-]{1,254})(?:/(?P<prefix>[^#]*))?").fullmatch
_REF = re.compile(r"[A-Za-z0-9_][\w./+@-]{0,249}", re.ASCII).fullmatch
_ENTRY = re.compile(r"(?P<path>[^:\0]*[^:\0/])(?::(?P<flow>[A-Za-z_]\w*))").fullmatch
_WEB = ("http", "https", "ssh", "git")


@dataclass(frozen=True, slots=True)
class SourceAddress:
    """Where a flow's files are.

    Attributes:
        kind: One of `KINDS`.
        address: A folder; the address of a repository, never with a password; ``s3://bucket/prefix``; the name of a
            pipeline.
        ref: Branch, tag or commit of a repository; the version of a pipeline. Empty: its usual one.
        secret: The ``user:password`` that an address was written with: to be used, not to be kept or shown.
    """

    kind: str
    address: str
    ref: str = ""
    secret: str = ""

    def __str__(self) -> str:
        if self.kind == STORE:
            return f"store://{self.address}" + (f"@{self.ref}" if self.ref else "")
        return f"{self.address}#{self.ref}" if self.ref else self.address

    def __repr__(self) -> str:
        return f"SourceAddress({self.kind!r}, {str(self)!r})"


@dataclass(frozen=True, slots=True)
class Entrypoint:
    """A flow's place in its source: the file, and the name of the function in it."""

    path: str
    flow: str

    def __str__(self) -> str:
        return f"{self.path}:{self.flow}"


def read_entrypoint(text: str) -> Entrypoint:
    """``./orchestrator/tools.py:full_flow`` as file and function.

    Raises:
        InvalidInput: FLW-071.
    """
    found = _ENTRY(text.strip())
    if found is None or not found["path"].endswith(".py"):
        raise InvalidInput(Problem("FLW-071", {"found": shorten(text)}, place=Place(field="entrypoint")))
    path = found["path"].replace("\\", "/")
    return Entrypoint(path.removeprefix("./"), found["flow"])


def read_source(text: str, *, ref: str | None = None) -> SourceAddress:
    """What somebody wrote as a source.

    Args:
        text: ``./folder``, ``https://host/repository.git#main``, ``git@host:repository.git``,
            ``/path/repository.git``, ``s3://bucket/prefix`` or ``store://pipeline@version``.
        ref: Branch, tag or commit, when it is said beside.

    Raises:
        InvalidInput: FLW-070.
    """
    text = text.strip()
    plain, _, inside = text.partition("#")
    address = _recognised(text, plain)
    chosen = ref or inside
    if address.kind == GIT:
        if chosen and not _REF(chosen):
            raise InvalidInput(Problem("FLW-070", {"found": shorten(chosen)}, "ref", place=Place(field="ref")))
        return SourceAddress(GIT, address.address, chosen, address.secret)
    if ref or (chosen and address.kind != FOLDER):
        values = {"found": shorten(chosen), "source": shorten(str(address))}
        raise InvalidInput(Problem("FLW-070", values, "stray_ref", place=Place(field="ref")))
    return address


def _recognised(text: str, plain: str) -> SourceAddress:
    scheme = text.partition("://")[0].lower() if "://" in text else ""
    if scheme == "s3" and (bucket := _BUCKET(text)):
        prefix = (bucket["prefix"] or "").strip("/")
        return SourceAddress(S3, f"s3://{bucket['bucket']}/{prefix}".rstrip("/"))
    if scheme == "store" and (stored := _STORED(text)):
        return SourceAddress(STORE, stored["name"], stored["version"] or "")
    if scheme in _WEB:
        return _web(plain, scheme)
    if scheme == "file":
        return _recognised_path(text.partition("://")[2])
    if scheme or not text or text.startswith("-") or not text.isprintable():
        raise InvalidInput(Problem("FLW-070", {"found": _hidden(text)}, place=Place(field="source")))
    if _SCP(plain):
        return SourceAddress(GIT, plain)
    return _recognised_path(text)


def _recognised_path(text: str) -> SourceAddress:
    plain = text.partition("#")[0]
    return SourceAddress(GIT, plain) if plain.rstrip("/").endswith(".git") else SourceAddress(FOLDER, text)


def _web(plain: str, scheme: str) -> SourceAddress:
    parts = urlsplit(plain)
    if not parts.hostname:
        raise InvalidInput(Problem("FLW-070", {"found": _hidden(plain)}, place=Place(field="source")))
    who, at, host = parts.netloc.rpartition("@")
    if at and (":" in who or scheme in ("http", "https")):
        clean = urlunsplit((scheme, host, parts.path, parts.query, ""))
        return SourceAddress(GIT, clean, secret=who)
    return SourceAddress(GIT, urlunsplit((scheme, parts.netloc, parts.path, parts.query, "")))


def _hidden(text: str) -> str:
    """As written, but for what stands before an ``@``: it may be a password."""
    return shorten(re.sub(r"//[^/@]*@", "//***@", text))
