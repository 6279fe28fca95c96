"""Settings: who has the last word, what is refused, and what is said about it (B74)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from pauta.assembly.settings import Loaded, load_settings
from pauta.assembly.settings_environment import OTHERS, variable_of, variables
from pauta.assembly.settings_file import locate
from pauta.assembly.settings_names import names, setting
from pauta.domain.problems import InvalidInput, NotFound
from pauta.domain.settings import Settings

ROOT = Path(__file__).resolve().parents[3]


def load(folder: Path, text: str = "", *, flags: dict[str, Any] | None = None, **environ: str) -> Loaded:
    """The settings of a folder with this ``pauta.toml``, in this environment."""
    path = folder / "pauta.toml"
    path.write_text(text)
    path.chmod(0o600)
    return load_settings(folder, environ=environ, flags=flags)


def refused(folder: Path, text: str = "", **environ: str) -> list[str]:
    """What is said of settings that are refused, without the folder."""
    with pytest.raises(InvalidInput) as caught:
        load(folder, text, **environ)
    return [problem.line().replace(f"{folder}/", "") for problem in caught.value.problems]


def test_without_file_and_variables_everything_has_its_default(tmp_path: Path) -> None:
    loaded = load_settings(tmp_path, environ={"HOME": "/x", "PAUTA_LANG": "pt"})
    assert loaded.settings == Settings()
    assert {line.source for line in loaded.lines()} == {"default"}


def test_a_flag_comes_before_the_environment_before_the_file_before_the_default(tmp_path: Path) -> None:
    text = "[server]\nport = 1\nhost = 'a'\ndrain_seconds = 7\n"
    variables = {"PAUTA_SERVER_PORT": "2", "PAUTA_SERVER_HOST": "b"}
    loaded = load(tmp_path, text, flags={"server.port": 3, "server.host": None}, **variables)
    server = loaded.settings.server
    assert (server.port, server.host, server.drain_seconds, server.behind_proxy) == (3, "b", 7.0, False)
    line = loaded.line("server.port")
    assert (line.value, line.source, line.where) == (3, "flag", "--port")
    assert line.over == (("environment", "PAUTA_SERVER_PORT", 2), ("file", "pauta.toml:2", 1))


@pytest.mark.parametrize("name", names())
def test_every_setting_can_be_given_in_the_environment_and_in_the_file(name: str, tmp_path: Path) -> None:
    declared = setting(name)
    samples = {
        bool: ("true", "true", True),
        int: ("7", "7", 7),
        float: ("2.5", "2.5", 2.5),
        tuple: ("a,b", '["a", "b"]'),
    }
    variable, toml, *value = samples.get(declared.base, ("pt", '"pt"', "pt"))
    if name == "server.webhook_networks":
        variable, toml, value = "10.0.0.0/8", '["10.0.0.0/8"]', [("10.0.0.0/8",)]
    wanted = value[0] if value else ("a", "b")
    pair = {"server.tls_key": "server.tls_certificate", "server.tls_certificate": "server.tls_key"}.get(name)
    more = {variable_of(pair): "x"} if pair else {}
    table, _, own = name.rpartition(".")
    text = f"[{table}]\n{own} = {toml}\n" if table else f"{own} = {toml}\n"
    for loaded in (load(tmp_path, "", **{variable_of(name): variable}, **more), load(tmp_path, text, **more)):
        found: Any = loaded.settings
        for part in name.split("."):
            found = getattr(found, part)
        assert found == wanted
        assert type(found) is type(wanted)


def test_short_names_stand_for_what_a_command_elsewhere_needs(tmp_path: Path) -> None:
    worker = load(tmp_path, PAUTA_API_URL="https://a", PAUTA_TOKEN="t").settings.worker
    assert (worker.server, worker.token) == ("https://a", "t")
    worker = load(tmp_path, PAUTA_API_URL="https://a", PAUTA_WORKER_SERVER="https://b").settings.worker
    assert worker.server == "https://b"


def test_an_empty_variable_says_nothing(tmp_path: Path) -> None:
    assert load(tmp_path, PAUTA_SERVER_PORT="", PAUTA_DATABASE_URL="").settings == Settings()


def test_none_lifts_the_bound_of_a_number(tmp_path: Path) -> None:
    retention = load(tmp_path, "[retention]\nrun_days = 'none'\n", PAUTA_RETENTION_LOG_DAYS="none").settings.retention
    assert (retention.run_days, retention.log_days) == (None, None)


def test_b74_a_misspelt_setting_is_told_with_its_place_and_the_nearest_name(tmp_path: Path) -> None:
    said = refused(tmp_path, "# comment\n\n[queue]\n  lease_secs = 30\n")
    assert said == ['CFG-001 pauta.toml line 4, column 3: unknown setting "lease_secs"; did you mean "lease_seconds"?']


def test_b74_a_misspelt_variable_is_told_with_the_nearest(tmp_path: Path) -> None:
    assert refused(tmp_path, PAUTA_QUEUE_LEASE_SECS="3") == [
        'CFG-001 PAUTA_QUEUE_LEASE_SECS: unknown setting "PAUTA_QUEUE_LEASE_SECS"; '
        'did you mean "PAUTA_QUEUE_LEASE_SECONDS"?'
    ]
    assert "PAUTA_SERVER_PORT" in refused(tmp_path, PAUTA_SERVR_PORT="3")[0]


def test_b74_all_problems_are_told_at_once(tmp_path: Path) -> None:
    text = "languag = 'en'\n[que]\na = 1\n[server]\nport = 99999\nhosts = 'a'\ntls_key = 'k'\nworker = 1\n"
    said = refused(tmp_path, text, PAUTA_SERVER_BEHIND_PROXY="maybe", PAUTA_WORKER_SLOTS="-1")
    assert said == [
        'CFG-002 PAUTA_SERVER_BEHIND_PROXY: setting "server.behind_proxy": found "maybe", expected true or false',
        'CFG-002 PAUTA_WORKER_SLOTS: setting "worker.slots": found "-1", expected a whole number of at least 0',
        'CFG-001 pauta.toml line 1, column 1: unknown setting "languag"; did you mean "language"?',
        'CFG-001 pauta.toml line 2, column 2: unknown setting "que"; did you mean "queue"?',
        'CFG-002 pauta.toml line 5, column 1: setting "server.port": found 99999, '
        "expected a whole number from 0 to 65535",
        'CFG-002 pauta.toml line 6, column 1: setting "server.hosts": found "a", expected a list of texts',
        'CFG-002 pauta.toml line 8, column 1: setting "server.worker": found 1, expected true or false',
        'CFG-006 settings "server.tls_key" and "server.tls_certificate" go together: only "server.tls_key" is set',
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[queue\n", "CFG-003 pauta.toml line 1, column 7: "),
        ("a = 'x", "CFG-003 pauta.toml line 1"),
        ("server = 3", 'CFG-002 pauta.toml line 1, column 1: setting "server": found 3, expected a table'),
        ("queue = { lease_secs = 3 }", "CFG-001 pauta.toml line 1, column 11: unknown setting"),
        ("queue.lease_secs = 3", "CFG-001 pauta.toml line 1, column 1: unknown setting"),
        ("port = 80", 'unknown setting "port"; did you mean "server.port"?'),
        ("[server]\nlease_seconds = 80", 'unknown setting "lease_seconds"; did you mean "queue.lease_seconds"?'),
        ("[server]\nzzzzzzz = 80", 'unknown setting "zzzzzzz"; known: host, port'),
        ("[queue]\nlease_seconds = nan", "expected a number above 0, at most 604800"),
        ("[queue]\nlease_seconds = inf", "expected a number above 0, at most 604800"),
        ("[queue]\nlease_seconds = '30'", 'found "30", expected a number above 0'),
        ("language = 'fr'", 'found "fr", expected one of en, pt'),
        ("[server]\nwebhook_networks = ['10.0.0.0/33']", "expected networks such as 10.1.0.0/16"),
        ("[database]\nurl = 5", 'setting "database.url": found ***, expected a text'),
    ],
)
def test_b74_what_is_wrong_in_the_file_is_told(text: str, said: str, tmp_path: Path) -> None:
    assert said in refused(tmp_path, text)[0]


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "pauta.toml").write_bytes(b"a = '\xff'")
    with pytest.raises(InvalidInput, match="CFG-003"):
        load_settings(tmp_path, environ={})


def test_variables_that_kubernetes_makes_for_a_service_of_our_name_are_none_of_ours(tmp_path: Path) -> None:
    made = {
        "PAUTA_SERVICE_HOST": "10.0.0.11",
        "PAUTA_SERVICE_PORT": "7311",
        "PAUTA_SERVICE_PORT_HTTP": "7311",
        "PAUTA_PORT": "tcp://10.0.0.11:7311",
        "PAUTA_PORT_7311_TCP": "tcp://10.0.0.11:7311",
        "PAUTA_PORT_7311_TCP_PROTO": "tcp",
        "PAUTA_PORT_7311_TCP_PORT": "7311",
        "PAUTA_PORT_7311_TCP_ADDR": "10.0.0.11",
        "PAUTA_SERVER_PORT": "tcp://10.0.0.11:7311",  # of a service called pauta-server
        "PAUTA_SERVER_SERVICE_HOST": "fd00::1",
    }
    assert load(tmp_path, **made).settings == Settings()


def test_variables_that_the_program_uses_are_known() -> None:
    places = [
        *(ROOT / "src").rglob("*.py"),
        *(ROOT / "tools").glob("*"),
        *(ROOT / "benchmarks").glob("*.py"),
        ROOT / "Makefile",
    ]
    used = {v for path in places if path.is_file() for v in re.findall(r"\bPAUTA_[A-Z_]*[A-Z]\b", path.read_text())}
    assert used - variables().keys() - OTHERS == set()


def test_a_secret_comes_from_a_variable_or_a_file_that_nobody_else_reads(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("s3cret\n")
    (tmp_path / "token").chmod(0o600)
    text = "[worker]\ntoken = 'file:token'\n[database]\nurl = 'env:PAUTA_MY_DATABASE'\n"
    loaded = load(tmp_path, text, PAUTA_MY_DATABASE="postgresql://u:pw@h/db")
    assert loaded.settings.worker.token == "s3cret"
    assert loaded.settings.database.url == "postgresql://u:pw@h/db"
    assert loaded.line("worker.token").value == "file:token"
    assert loaded.line("database.url").value == "env:PAUTA_MY_DATABASE"


def test_b74_a_secret_file_that_everybody_reads_is_refused(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("s3cret")
    (tmp_path / "token").chmod(0o644)
    said = refused(tmp_path, "[worker]\ntoken = 'file:token'\n")
    assert said == ["CFG-004 token holds a secret, and everybody on this machine can read it (mode 644)"]


def test_b74_a_secret_written_into_a_settings_file_that_everybody_reads_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pauta.toml").write_text("[database]\nurl = 'postgresql://u:pw@h/db'\n")
    (tmp_path / "pauta.toml").chmod(0o644)
    with pytest.raises(InvalidInput, match="CFG-004") as caught:
        load_settings(tmp_path, environ={})
    assert "pw" not in str(caught.value)
    (tmp_path / "pauta.toml").write_text("[database]\nurl = 'postgresql://localhost/db'\n")
    assert load_settings(tmp_path, environ={}).settings.database.url == "postgresql://localhost/db"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("env:NOT_THERE", 'CFG-005 setting "worker.token": the environment variable NOT_THERE is not set'),
        ("file:nowhere", 'CFG-005 setting "worker.token": the file nowhere cannot be read: No such file or directory'),
        ("file:empty", 'CFG-005 setting "worker.token": the file empty cannot be read: empty'),
    ],
)
def test_a_secret_that_is_not_there_is_told(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "empty").touch(mode=0o600)
    assert refused(tmp_path, f"[worker]\ntoken = '{text}'\n") == [said]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://u:hunter2@h:5432/db?sslmode=require", "postgresql://***@h:5432/db?sslmode=require"),
        ("postgresql://u:hun/ter2@h/db", "***"),
        ("postgresql://u:hunter2@h:port/db", "***"),
        ("postgresql://h/db?password=hunter2", "***"),
        ("host=h password=hunter2", "***"),
        ("redis://:hunter2@h:6379/0", "redis://***@h:6379/0"),
        ("postgresql://h/db", "postgresql://h/db"),
    ],
)
def test_s15_a_secret_address_is_shown_without_its_password(url: str, shown: str, tmp_path: Path) -> None:
    loaded = load(tmp_path, PAUTA_DATABASE_URL=url, PAUTA_TOKEN="hunter2")
    assert loaded.line("database.url").value == shown
    assert "hunter2" not in str([line.as_json() for line in loaded.lines()])


def test_there_is_no_line_for_a_setting_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r'"queue\.lease"; did you mean "queue\.lease_seconds"'):
        load(tmp_path).line("queue.lease")


def test_a_name_within_a_text_of_several_lines_is_not_taken_for_the_setting() -> None:
    text = 'a = """\n[queue]\nlease_seconds = 1\n"""\n[queue]\nlease_seconds = 2\n'
    assert locate("queue.lease_seconds", text) == (6, 1)
