"""compose.yaml and its image are what the deployment page says: read here, as no container can run in tests."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from pauta.assembly.settings import load_settings
from pauta.domain.settings import Settings
from pauta.services.starting import is_loopback

ROOT = Path(__file__).resolve().parents[2]
CONTAINER = ROOT / "deploy" / "container"
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {"server", "tokens", "worker-1", "worker-2", "celery"}
WORKERS = {"worker-1", "worker-2", "celery"}
SECRETS = {"POSTGRES_PASSWORD", "REDIS_PASSWORD", "S3_SECRET_KEY"}
VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(?:(:?[-?+])([^}]*))?\}")


def text_of(value: object) -> str:
    return yaml.safe_dump(value)


def started_after(name: str) -> dict[str, str]:
    """What must be how before a service starts."""
    return {other: rule["condition"] for other, rule in SERVICES[name].get("depends_on", {}).items()}


def environment(name: str) -> dict[str, str]:
    """A service's variables, with a value for every secret."""
    given = {**dict.fromkeys(SECRETS, "made-up")}
    found = SERVICES[name].get("environment", {})
    return {key: VARIABLE.sub(lambda m: given.get(m[1], m[3] or ""), str(text)) for key, text in found.items()}


def test_the_services_are_these() -> None:
    assert set(SERVICES) == OURS | {"postgres", "redis", "s3"}
    assert SERVICES["s3"]["profiles"] == ["s3"]
    assert all("profiles" not in service for name, service in SERVICES.items() if name != "s3")


def test_each_starts_when_what_it_needs_is_healthy() -> None:
    assert started_after("server") == {"postgres": "service_healthy", "redis": "service_healthy"}
    assert started_after("tokens") == {"server": "service_healthy"}
    for worker in WORKERS:
        assert started_after(worker) == {
            "server": "service_healthy",
            "tokens": "service_completed_successfully",
        }
    assert not started_after("postgres") | started_after("redis") | started_after("s3")


def test_what_others_wait_for_says_when_it_is_healthy() -> None:
    for name in ("server", "postgres", "redis", "s3"):
        check = SERVICES[name]["healthcheck"]
        assert check["test"]
        assert check["interval"]
    for name in OURS - {"server"}:
        assert SERVICES[name]["healthcheck"] == {"disable": True}, "the image's check is for a server"


def test_the_healthcheck_asks_the_public_route_and_nothing_else() -> None:
    command = " ".join(SERVICES["server"]["healthcheck"]["test"])
    assert "http://127.0.0.1:7311/health" in command
    assert "http://127.0.0.1:7311/health" in (CONTAINER / "Dockerfile").read_text()


def test_nothing_is_published_but_the_server_on_this_machine() -> None:
    assert {name for name, service in SERVICES.items() if service.get("ports")} == {"server"}
    assert SERVICES["server"]["ports"] == ["127.0.0.1:${PAUTA_PORT:-7311}:7311"]
    assert all("expose" not in service for service in SERVICES.values())
    assert all(service.get("network_mode") in (None, "service:server") for service in SERVICES.values())


def test_workers_reach_the_server_and_no_database() -> None:
    assert {n for n, s in SERVICES.items() if "records" in s.get("networks", ())} == {"server", "postgres"}
    assert {n for n, s in SERVICES.items() if "broker" in s.get("networks", ())} == {"server", "redis", "celery"}
    assert all(COMPOSE["networks"][name] == {"internal": True} for name in ("records", "broker", "objects"))
    for worker in WORKERS:
        assert "POSTGRES" not in text_of(SERVICES[worker])
        assert not any("project:" in volume for volume in SERVICES[worker]["volumes"])


def test_no_password_has_a_default() -> None:
    used = VARIABLE.findall((ROOT / "compose.yaml").read_text())
    assert {name for name, _, _ in used} >= SECRETS
    for name, sign, default in used:
        if name == "S3_SECRET_KEY":  # asked for only with the profile: the service itself refuses
            assert (sign, default) == (":-", "")
        elif name in SECRETS:
            assert sign == ":?", f"{name} must be given"
        else:
            assert not re.search("PASSWORD|SECRET|TOKEN|KEY", name), f"{name}: a secret that this test does not know"
    assert 'test -n "$$AWS_SECRET_ACCESS_KEY"' in text_of(SERVICES["s3"]["command"]).replace("\n", " ")


def test_each_password_is_a_variable_and_never_a_literal() -> None:
    for name, service in SERVICES.items():
        for key, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|AUTH", key):
                assert VARIABLE.fullmatch(value), f"{name}: {key}"
            if "://" in str(value) and "@" in str(value):
                assert re.search(r":\$\{\w+:\?\}@", value), f"{name}: {key}"
            if key.endswith("TOKEN"):
                assert value.startswith("file:/tokens/"), f"{name}: {key}"


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_nothing_can_be_written_but_volumes_and_nobody_gains_rights(name: str) -> None:
    assert SERVICES[name]["read_only"] is True
    assert SERVICES[name]["security_opt"] == ["no-new-privileges:true"]
    assert not SERVICES[name].get("privileged")
    assert "docker.sock" not in text_of(SERVICES[name])
    if name in OURS:
        assert SERVICES[name]["cap_drop"] == ["ALL"]
    for volume in SERVICES[name].get("volumes", ()):
        assert volume.split(":")[0] in COMPOSE["volumes"], "named volumes, no folder of the machine"


@pytest.mark.parametrize("name", sorted(OURS - {"tokens"}))
def test_our_variables_are_settings_that_a_start_accepts(name: str, tmp_path: Path) -> None:
    given = environment(name)
    for key, value in given.items():
        if value.startswith("file:/tokens/"):
            file = tmp_path / "token"
            file.touch(mode=0o600)
            file.write_text("pauta_x")
            given[key] = f"file:{file}"
    settings: Settings = load_settings(tmp_path, environ=given).settings
    if name == "server":
        server = settings.server
        assert not is_loopback(server.host)
        assert server.behind_proxy
        assert set(server.hosts) == {"server", "localhost"}
        assert settings.database.url is not None
    else:
        assert settings.worker.server == "http://server:7311"
        assert settings.worker.token is not None


def test_the_image_is_hash_locked_and_runs_as_nobody_special() -> None:
    lines = (CONTAINER / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
    stages = [line for line in lines if line.startswith("FROM ")]
    assert [stage.split()[1] for stage in stages] == ["python:3.12-slim"] * 2
    for line in lines:
        for command in line.split("&&"):
            if re.search(r"\bpip (install|wheel)\b", command):
                assert "--require-hashes" in command or "--no-index" in command, command
    assert [line for line in lines if line.startswith("USER ")] == ["USER 10001:10001"]
    assert any(line.startswith("HEALTHCHECK ") for line in lines)
    assert 'CMD ["pauta", "server"]' in lines
    copied = {
        word for line in lines if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]
    }
    for path in copied - {"--chmod=755"}:
        assert (ROOT / path).exists(), path


def test_nothing_but_what_the_image_needs_is_sent_to_its_build() -> None:
    lines = (CONTAINER / "Dockerfile.dockerignore").read_text().splitlines()
    assert lines[1] == "*", "all is left out but what follows"
    assert {line[1:] for line in lines if line.startswith("!")} == {
        "LICENSE",
        "README.md",
        "deploy/container/make-tokens.sh",
        "pyproject.toml",
        "requirements/*.lock",
        "src",
    }


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def test_beside_a_server_set_up_so_the_tokens_are_made_once(tmp_path: Path) -> None:
    project, tokens, port = tmp_path / "project", tmp_path / "tokens", free_port()
    project.mkdir()
    tokens.mkdir()
    given = {k: v for k, v in environment("server").items() if not k.endswith("_URL")}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environ = {"PATH": path, "HOME": str(tmp_path), **given, "PAUTA_SERVER_PORT": str(port)}
    command = [shutil.which("pauta", path=path) or "pauta", *SERVICES["server"]["command"][1:]]
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=project, env=environ, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 30
        while not (project / ".pauta" / "server.json").exists():
            assert server.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < deadline, (tmp_path / "log").read_text()
            time.sleep(0.05)
        for _ in range(2):
            made = subprocess.run(
                [CONTAINER / "make-tokens.sh", tokens], cwd=project, env={"PATH": path}, capture_output=True, text=True
            )
            assert made.returncode == 0, made.stderr
        assert made.stdout == "", "the second time there is nothing to make"
        assert {file.name for file in tokens.iterdir()} == WORKERS
        for worker in WORKERS:
            assert environment(worker)["PAUTA_WORKER_TOKEN"] == f"file:/tokens/{worker}"
            assert (tokens / worker).stat().st_mode & 0o777 == 0o600
        listed = subprocess.run(
            [command[0], "token", "list"], cwd=project, env={"PATH": path}, capture_output=True, text=True
        )
        assert {line.split()[0] for line in listed.stdout.splitlines() if " worker " in line} == WORKERS
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)
