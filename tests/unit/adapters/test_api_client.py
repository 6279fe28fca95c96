"""The client of a server: what it sends, what becomes of each kind of answer."""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from answering_server import AnsweringServer, Told, answering

from pauta import __version__
from pauta.adapters.api_client import ApiClient, answers
from pauta.adapters.api_problems import Unreachable
from pauta.domain.problems import Conflict, InvalidInput, NotFound, PautaError, Place, StoreFault

PROBLEM = {
    "code": "POL-001",
    "message": "não existe o pool gpu",
    "remedy": "`pauta work-pool list` mostra a lista",
    "file": None,
    "line": None,
    "column": None,
    "field": "name",
    "traceback": None,
}
ASKED = {"run": "r1", "state": "pending", "identical": False}


@pytest.fixture
def server() -> Iterator[AnsweringServer]:
    with answering() as running:
        yield running


@pytest.fixture
def client(server: AnsweringServer) -> Iterator[ApiClient]:
    with ApiClient(server.url, "pauta_token", "pt") as made:
        yield made


def problems(server: AnsweringServer, status: int) -> None:
    server.tell("GET /api/v1/pools/gpu", Told(status, {"problems": [PROBLEM], "request": "q1"}))


def test_a_request_carries_token_language_and_version(server: AnsweringServer, client: ApiClient) -> None:
    server.tell("GET /api/v1/pools", Told(body={"pools": [{"name": "gpu"}]}))
    assert client.places.pools() == [{"name": "gpu"}]
    headers = server.asked[0].headers
    assert headers["authorization"] == "Bearer pauta_token"
    assert headers["accept-language"] == "pt"
    assert headers["user-agent"] == f"pauta/{__version__}"


def test_a_connection_is_kept_from_request_to_request(server: AnsweringServer, client: ApiClient) -> None:
    server.tell("GET /api/v1/pools", Told(body={"pools": []}))
    problems(server, 404)
    for _ in range(3):
        client.places.pools()
        with pytest.raises(NotFound):
            client.places.pool("gpu")
    assert len({asked.connection for asked in server.asked}) == 1


@pytest.mark.parametrize(("status", "kind"), [(404, NotFound), (409, Conflict), (422, InvalidInput), (503, StoreFault)])
def test_problems_of_an_answer_are_the_errors_that_a_project_raises(
    server: AnsweringServer, client: ApiClient, status: int, kind: type[PautaError]
) -> None:
    problems(server, status)
    with pytest.raises(kind) as caught:
        client.places.pool("gpu")
    problem = caught.value.problems[0]
    assert problem.code == "POL-001"
    assert problem.message("en") == problem.message("pt") == "não existe o pool gpu"
    assert problem.remedy("pt") == "`pauta work-pool list` mostra a lista"
    assert problem.place == Place(field="name")
    assert problem.as_json("pt") == PROBLEM


@pytest.mark.parametrize("status", [400, 401, 403, 413, 429])
def test_a_refusal_is_told_in_the_servers_words(server: AnsweringServer, client: ApiClient, status: int) -> None:
    problems(server, status)
    with pytest.raises(PautaError, match="não existe o pool gpu"):
        client.places.pool("gpu")


def test_an_error_inside_the_server_is_told_with_its_number(server: AnsweringServer, client: ApiClient) -> None:
    server.tell("GET /api/v1/pools", Told(500, {"problems": [], "request": "q77"}))
    with pytest.raises(StoreFault) as caught:
        client.places.pools()
    assert caught.value.problems[0].code == "API-105"
    assert "q77" in str(caught.value)


@pytest.mark.parametrize(
    "told",
    [
        Told(404, b"<html>nginx</html>", {"Content-Type": "text/html"}),
        Told(404, {"detail": "Not Found"}),
        Told(302, b"", {"Location": "http://elsewhere.example/"}),
    ],
)
def test_what_is_no_pauta_is_said_so_and_no_redirect_takes_the_token_elsewhere(
    server: AnsweringServer, client: ApiClient, told: Told
) -> None:
    server.tell("GET /api/v1/pools", told)
    with pytest.raises(Unreachable) as caught:
        client.places.pools()
    assert caught.value.problems[0].code == "API-102"
    assert len(server.asked) == 1


@pytest.mark.parametrize("body", [b"<html>", b"[1, 2]", b'{"run": 7}'])
def test_an_answer_of_another_shape_is_a_problem_and_no_crash(
    server: AnsweringServer, client: ApiClient, body: bytes
) -> None:
    server.tell("GET /api/v1/runs/find", Told(body=body))
    with pytest.raises(Unreachable) as caught:
        client.runs.find("latest")
    assert caught.value.problems[0].code == "API-109"


def test_a_server_that_is_not_there_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with ApiClient(url) as client, pytest.raises(Unreachable) as caught:
            client.places.pools()
        assert not answers(url)
    assert caught.value.problems[0].code == "API-101"
    assert url in str(caught.value)
    assert "refused" in str(caught.value).lower()


def test_a_host_that_does_not_exist_is_named() -> None:
    with ApiClient("http://nowhere.invalid:7311") as client, pytest.raises(Unreachable, match="API-101"):
        client.places.pools()


def test_a_server_that_stays_silent_is_given_up(server: AnsweringServer, client: ApiClient) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(1)
        with ApiClient(f"http://127.0.0.1:{silent.getsockname()[1]}") as waiting:
            with pytest.raises(Unreachable) as caught:
                waiting.connection.ask("POST", "/runs", dict, body={}, patience=0.2)
            assert answers(waiting.url, patience=0.2), "slow is not gone"
    assert caught.value.problems[0].code == "API-103"


@pytest.mark.parametrize("url", ["", "127.0.0.1:7311", "ftp://x", "http://", "http://x/api/v1", "http://x?y"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match="API-107"):
        ApiClient(url)


def test_a_request_that_changes_something_is_never_sent_twice(server: AnsweringServer, client: ApiClient) -> None:
    def hang_up(handler: Any) -> None:
        handler.close_connection = True

    server.tell("POST /api/v1/runs", Told(write=hang_up))
    with pytest.raises(Unreachable):
        client.runs.submit({"pipeline": "p"})
    assert len(server.asked) == 1


def test_a_question_is_asked_again_when_a_kept_connection_was_closed(
    server: AnsweringServer, client: ApiClient
) -> None:
    def hang_up(handler: Any) -> None:
        handler.close_connection = True

    server.tell("GET /api/v1/pools", Told(write=hang_up), Told(body={"pools": []}))
    assert client.places.pools() == []
    assert len(server.asked) == 2


def test_a_run_is_submitted_with_its_key(server: AnsweringServer, client: ApiClient) -> None:
    server.tell("POST /api/v1/runs", Told(202, ASKED))
    asked = client.runs.submit({"pipeline": "p", "parameters": {"alpha": 0.1}}, key="k 1")
    assert (asked.run, asked.state, asked.identical) == ("r1", "pending", False)
    assert server.asked[0].headers["idempotency-key"] == "k 1"
    assert server.asked[0].json == {"pipeline": "p", "parameters": {"alpha": 0.1}}


def test_names_are_quoted_in_paths_and_lists_repeat_in_queries(server: AnsweringServer, client: ApiClient) -> None:
    server.tell("GET /api/v1/deployments/a%2F..%2Fb%20%C3%A7", Told(body={"name": "x"}))
    server.tell("GET /api/v1/runs", Told(body={"runs": [], "next": None}))
    assert client.deployments.get("a/../b ç") == {"name": "x"}
    client.runs.page(limit=9_999, states=("failed", "held"))
    assert server.asked[1].path == "/api/v1/runs?limit=500&state=failed&state=held"


def test_a_removal_answers_nothing(server: AnsweringServer, client: ApiClient) -> None:
    server.tell("DELETE /api/v1/pools/gpu", Told(204))
    client.places.remove_pool("gpu")
    assert server.calls("DELETE /api/v1/pools/gpu")


def test_a_file_is_uploaded_as_it_is(server: AnsweringServer, client: ApiClient, tmp_path: Path) -> None:
    view = {"name": "sales", "address": "ab" * 32, "rows": 2, "columns": [], "size": 9}
    server.tell("POST /api/v1/frames", Told(201, view))
    file = tmp_path / "sales.CSV"
    file.write_bytes(b"a,b\n1,2\n")
    assert client.runs.upload("sales", file).address == "ab" * 32
    assert server.asked[0].body == b"a,b\n1,2\n"
    assert server.asked[0].path == "/api/v1/frames?name=sales&format=csv"
    with pytest.raises(InvalidInput, match="CLI-008"):
        client.runs.upload("sales", tmp_path / "sales.xlsx")


def test_a_frame_is_downloaded_as_it_comes(server: AnsweringServer, client: ApiClient) -> None:
    data = bytes(range(256)) * 4_000
    server.tell("GET /api/v1/runs/r1/frames/df/data", Told(body=data))
    file = io.BytesIO()
    client.runs.download("r1", "df", file, form="csv", raw=True)
    assert file.getvalue() == data
    assert server.asked[0].path.endswith("?format=csv&raw=true")
