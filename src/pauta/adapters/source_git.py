"""A git repository as a flow's source: one commit of it, read without ever being checked out.

The repository is fetched into an empty one of ours and its files are read out of git's own store. So nothing of it
can run: no hook, no filter, no submodule, and no file is written that could be mistaken for one of ours.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pauta.authoring.source_address import SourceAddress
from pauta.domain.problems import InvalidInput, Problem, Scalar, shorten
from pauta.ports.flow_source import MOST_BYTES, MOST_FILES, Fetched

SECONDS = 120.0
"""So long one call of git may take."""

_COMMIT = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?").fullmatch
_SHORT = re.compile(r"[0-9a-f]{4,64}").fullmatch
_PLAIN_FILES = (b"100644", b"100755")
_KEPT = (
    "PATH", "HOME", "USER", "LANG", "SSH_AUTH_SOCK", "TMPDIR", "XDG_CONFIG_HOME", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "GIT_SSL_CAINFO",
)  # fmt: skip
_ALWAYS = (
    "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "submodule.recurse=false",
    "-c", "fetch.recurseSubmodules=false", "-c", "protocol.ext.allow=never", "-c", "gc.auto=0",
    "-c", "maintenance.auto=false", "-c", "advice.detachedHead=false",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Entry:
    path: str
    object: bytes
    size: int


class GitSource:
    """One branch, tag or commit of a repository; its usual branch when none is named.

    Args:
        address: The repository.
        environment: This process's own; git gets what it needs of it.
        seconds: So long one call of git may take.
    """

    def __init__(self, address: SourceAddress, *, environment: Mapping[str, str], seconds: float = SECONDS) -> None:
        self._address = address
        self._seconds = seconds
        self._environment = {name: environment[name] for name in _KEPT if name in environment} | {
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "true",
            "SSH_ASKPASS": "true",
            "GIT_SSH_COMMAND": "ssh -o BatchMode=yes -o ConnectTimeout=20",
            "LC_ALL": "C",
        }
        if address.secret:
            # Not among the arguments, which every user of the machine can list.
            scheme, _, rest = address.address.partition("://")
            self._environment |= {
                "GIT_CONFIG_COUNT": "1",
                "GIT_CONFIG_KEY_0": f"url.{scheme}://{address.secret}@{rest}.insteadOf",
                "GIT_CONFIG_VALUE_0": address.address,
            }

    def fetch(self) -> Fetched:
        """See `FlowSource`. The revision is the commit's hash.

        Raises:
            InvalidInput: FLW-072 when git is not there, does not answer in time, or cannot get it; FLW-075.
        """
        with tempfile.TemporaryDirectory(prefix="pauta-git-") as folder:
            store = Path(folder)
            self._git(store, "init", "--quiet", "--bare", "--template=", ".")
            commit = self._commit(store)
            entries = self._entries(store, commit)
            return Fetched(dict(self._files(store, entries)), revision=commit)

    def _commit(self, store: Path) -> str:
        """Fetch what is named, alone if the repository gives it alone; its commit."""
        ref, where = self._address.ref, self._address.address
        narrow = ("fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules")
        if self._tried(store, *narrow, "--", where, ref or "HEAD") is None:
            return self._named(store, "FETCH_HEAD")
        # The beginning of a commit's hash: it is found only among all commits.
        if _SHORT(ref):
            wide = ("fetch", "--quiet", "--tags", "--no-recurse-submodules")
            self._git(store, *wide, "--", where, "+refs/*:refs/fetched/*")
            return self._named(store, ref)
        self._git(store, "ls-remote", "--quiet", "--", where, "HEAD")
        raise self._wrong("ref", ref=shorten(ref or "HEAD"))

    def _named(self, store: Path, name: str) -> str:
        try:
            found = self._git(store, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        except InvalidInput:
            raise self._wrong("ref", ref=shorten(name)) from None
        commit = found.strip()
        if not _COMMIT(commit):
            raise self._wrong("ref", ref=shorten(name))
        return commit.decode()

    def _entries(self, store: Path, commit: str) -> list[_Entry]:
        listed = self._git(store, "ls-tree", "-r", "-l", "-z", "--full-tree", commit)
        found = []
        for line in listed.split(b"\0"):
            head, _, path = line.partition(b"\t")
            if not path.endswith(b".py"):
                continue
            mode, kind, name, size = head.split()
            if kind == b"blob" and mode in _PLAIN_FILES:
                found.append(_Entry(path.decode("utf-8", "replace"), name, int(size)))
        total = sum(entry.size for entry in found)
        if len(found) > MOST_FILES or total > MOST_BYTES:
            raise too_much(str(self._address), files=len(found), size=total)
        return found

    def _files(self, store: Path, entries: list[_Entry]) -> Iterator[tuple[str, bytes]]:
        wanted = b"".join(entry.object + b"\n" for entry in entries)
        answer = self._git(store, "cat-file", "--batch=%(objectsize)", given=wanted)
        at = 0
        for entry in entries:
            end = answer.index(b"\n", at)
            size = int(answer[at:end])
            yield entry.path, answer[end + 1 : end + 1 + size]
            at = end + size + 2

    def _tried(self, store: Path, *words: str) -> InvalidInput | None:
        try:
            self._git(store, *words)
        except InvalidInput as fault:
            if fault.problems[0].variant != "":
                raise
            return fault
        return None

    def _git(self, store: Path, *words: str, given: bytes = b"") -> bytes:
        command: list[Any] = ["git", *_ALWAYS, *words]
        try:
            done = subprocess.run(
                command, cwd=store, env=self._environment, input=given, capture_output=True, timeout=self._seconds,
                check=False, start_new_session=True,
            )  # fmt: skip
        except FileNotFoundError:
            raise self._wrong("missing") from None
        except subprocess.TimeoutExpired:
            raise self._wrong("slow", seconds=f"{self._seconds:g}") from None
        if done.returncode:
            raise self._wrong("", detail=self._clean(done.stderr))
        return done.stdout

    def _clean(self, said: bytes) -> str:
        """What git said last, without what it was trusted with."""
        text = said.decode("utf-8", "replace").strip()
        for secret in {self._address.secret, self._address.secret.partition(":")[2]} - {""}:
            text = text.replace(secret, "***")
        lines = [line for line in text.splitlines() if line.strip()] or ["git"]
        told = [line for line in lines if line.startswith(("fatal:", "error:", "remote:"))] or lines
        return shorten(" ".join(told[:3]), 300)

    def _wrong(self, variant: str, **values: Scalar) -> InvalidInput:
        return InvalidInput(Problem("FLW-072", {"source": shorten(self._address, 200), **values}, variant=variant))


def too_much(source: str, *, files: int, size: int) -> InvalidInput:
    """FLW-075: a source holds more than is taken."""
    values: dict[str, Scalar] = {
        "source": shorten(source, 200),
        "files": files,
        "megabytes": round(size / 2**20, 1),
        "most_files": MOST_FILES,
        "most_megabytes": MOST_BYTES // 2**20,
    }
    return InvalidInput(Problem("FLW-075", values))


def environment_of_this_process() -> Mapping[str, str]:
    """What `GitSource` chooses from."""
    return os.environ
