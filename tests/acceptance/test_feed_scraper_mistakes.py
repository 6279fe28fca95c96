"""Every mistake for which the published feed scraper could not finish once, made in the example that can.

Each case changes the example in one place. What Pauta then says must lead there: to the file and to the line.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pauta.cli.app import app

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "feed_scraper"
TOOLS = "orchestrator/orchestration_tools.py"
READER = "orchestrator/api_tool.py"
POSTS = [
    {"title": "Weekly questions", "permalink": "/r/x/comments/1/a/", "author": "ana", "ups": 3, "downs": 0},
    {"title": "Weekly questions", "permalink": "/r/x/comments/2/a/", "author": None},
]


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake and what is said of it.

    Attributes:
        changes: What of the example's file is replaced by what.
        at: The line that must be named begins with this.
        code: Of the problem.
        says: What its text holds.
        file: Where the mistake is made, and told.
        is_warning: It may be meant, so the flow runs all the same.
    """

    changes: tuple[tuple[str, str], ...]
    at: str
    code: str
    says: tuple[str, ...]
    file: str = TOOLS
    is_warning: bool = False

    def make(self, folder: Path) -> int:
        """Make it in the example in this folder; the number of the line that must be named."""
        path = folder / self.file
        text = path.read_text()
        for old, new in self.changes:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        path.write_text(text)
        (line,) = (number for number, line in enumerate(text.splitlines(), 1) if line.startswith(self.at))
        return line


BY_TITLE = """
    with urlopen(urljoin(backend, "/get"), timeout=10) as answer:
        known = {post["url"] for post in json.load(answer)["df"]}
"""
OWN_CSV = """
@task
def keep(posts: dict[str, Any]) -> pd.DataFrame:
    df = pd.DataFrame(list(posts.values()))
    {line}
    return df


"""


def in_a_task(line: str) -> tuple[tuple[str, str], ...]:
    """A further task with this line, which `scrape_flow` calls."""
    return (
        ("from api_tool import Feed, Posts\n", "import pandas as pd\nfrom api_tool import Feed, Posts\n"),
        (
            "@flow(log_prints=True)\ndef scrape_flow(",
            OWN_CSV.format(line=line).lstrip() + "@flow(log_prints=True)\ndef scrape_flow(",
        ),
        ("    return summarize(\n", "    keep({})\n    return summarize(\n"),
    )


SEEN_BEFOREHAND = {
    "summarize called with names that it does not have": Mistake(
        (
            (
                "    titles: list[str], urls: list[str], authors: list[str], votes: list[dict[str, int | None]]\n",
                "    data: dict[str, Any]\n",
            ),
            ("    posts = zip(titles, urls, authors, votes, strict=True)\n", '    posts = zip(*data["posts"])\n'),
        ),
        at="    return summarize(",
        code="FLW-057",
        says=('summarize(data) is given no "data"',),
    ),
    "two arguments to a method that takes one": Mistake(
        (
            (
                '        return [{"upvotes": post.get("ups"), "downvotes": post.get("downs")} for post in self.data]\n',
                '        ups, downs = self._all("ups", {}), self._all("downs")\n'
                '        return [{"upvotes": up, "downvotes": down} for up, down in zip(ups, downs)]\n\n'
                "    def _all(self, key: str) -> list[Any]:\n"
                "        return [post.get(key) for post in self.data]\n",
            ),
        ),
        at="        ups, downs = self._all(",
        code="FLW-057",
        says=("_all",),
        file=READER,
    ),
    "httpx never imported": Mistake(
        ((BY_TITLE, '\n    known = {post["url"] for post in httpx.get(urljoin(backend, "/get")).json()["df"]}\n'),),
        at="    known = ",
        code="FLW-054",
        says=('"httpx"',),
    ),
    "Completed never imported": Mistake(
        (("import Completed, Failed, State, flow, task", "import Failed, State, flow, task"),),
        at='        return Completed("There was',
        code="FLW-054",
        says=('"Completed"', "from pauta import Completed"),
    ),
    "Failed never imported": Mistake(
        (("import Completed, Failed, State, flow, task", "import Completed, State, flow, task"),),
        at='        return Failed(f"No new post was added due to: {json',
        code="FLW-054",
        says=('"Failed"', "from pauta import Failed"),
    ),
    "a local variable that hides the task": Mistake(
        (
            (
                "    items = items_to_post(summary, backend)\n    return post_items(items, ",
                "    items_to_post = items_to_post(summary, backend)\n    return post_items(items_to_post, ",
            ),
        ),
        at="    items_to_post = ",
        code="FLW-055",
        says=("items_to_post", "task", "post_flow"),
    ),
    "a name misspelt": Mistake(
        (
            (
                "for url, post in summary.items() if url not in known",
                "for url, post in sumary.items() if url not in known",
            ),
        ),
        at="    return {url: post for url, post in sumary",
        code="FLW-054",
        says=('"sumary"', 'did you mean "summary"?'),
    ),
    "DataFrame.append": Mistake(
        in_a_task("df = df.append(df)"),
        at="    df = df.append(",
        code="FLW-057",
        says=('"append"', "pd.concat"),
        is_warning=True,
    ),
    "an argument of pandas misspelt": Mistake(
        in_a_task('df.to_csv("summarization.csv", indxe=False)'),
        at="    df.to_csv(",
        code="FLW-057",
        says=('"indxe"', 'did you mean "index"?'),
        is_warning=True,
    ),
    "the text of an error that is never formatted": Mistake(
        (
            (
                'return Failed(f"No new post was added due to: {e}")',
                'return Failed("No new post was added due to: {e}")',
            ),
        ),
        at='        return Failed("No',
        code="FLW-060",
        says=('"{e}"', 'Put an "f" before the quotes.'),
        is_warning=True,
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The example, in a folder where mistakes may be made."""
    copy = tmp_path / "feed_scraper"
    shutil.copytree(EXAMPLE, copy, ignore=shutil.ignore_patterns("__pycache__", ".pauta", "*.csv*"))
    return copy


def pauta(folder: Path, *words: str) -> tuple[int, Any]:
    """The exit code and the JSON value of a command in the example's folder, called within this process."""
    unset = dict.fromkeys(name for name in os.environ if name.startswith("PAUTA_"))
    with chdir(folder):
        done = CliRunner().invoke(app, [*words, "--json"], env={**unset, "PAUTA_LANG": "en"})
    return done.exit_code, json.loads(done.stdout)


@contextmanager
def services(*, answer: tuple[int, Any] = (200, {"status": "success", "added": 2})) -> Iterator[list[Any]]:
    """The feed and the back end at one address: its parameters for a run, then what was posted to it.

    Args:
        answer: How the back end answers to ``POST /post``.
    """
    told: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            children = [{"kind": "t3", "data": post} for post in POSTS]
            self._say(200, {"df": []} if self.path == "/get" else {"data": {"children": children, "after": None}})

        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self._say(*answer)

        def log_message(self, *said: Any) -> None: ...

        def _say(self, status: int, value: Any) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(value).encode())

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        told += at(f"http://127.0.0.1:{server.server_port}")
        try:
            yield told
        finally:
            server.shutdown()
            thread.join()


def at(address: str) -> list[str]:
    """The options that send a run to the feed and the back end at this address."""
    return ["--param", f"feed={address}", "--param", f"backend={address}"]


def run(folder: Path, *options: str) -> tuple[int, Any]:
    """The exit code and the outcome of a run of the example in this folder."""
    return pauta(folder, "run", f"{TOOLS}:full_flow", *options)


@pytest.mark.parametrize("name", SEEN_BEFOREHAND)
def test_a_mistake_is_told_with_file_and_line_before_anything_runs(name: str, folder: Path) -> None:
    mistake = SEEN_BEFOREHAND[name]
    line = mistake.make(folder)
    code, said = pauta(folder, "check", f"{TOOLS}:full_flow")
    assert code == (0 if mistake.is_warning else 2)
    told = said["warnings"] if mistake.is_warning else said["problems"]
    (problem,) = (one for one in told if one["line"] == line)
    assert (problem["code"], problem["file"]) == (mistake.code, mistake.file)
    text = f"{problem['message']} {problem['remedy']}"
    assert [piece for piece in mistake.says if piece not in text] == [], text


def test_the_example_itself_has_no_mistake(folder: Path) -> None:
    code, said = pauta(folder, "check", f"{TOOLS}:full_flow")
    assert (code, said["problems"], said["warnings"]) == (0, [], [])


SEEN_WHEN_IT_RUNS = {
    "names for summarize that only turn up when it runs": Mistake(
        (
            (
                "    return summarize(\n"
                "        titles=fetch_titles(data), urls=fetch_urls(data), authors=fetch_authors(data), "
                "votes=fetch_votes(data)\n    )\n",
                '    lists = {f"{name}s": [] for name in ("title", "url", "author", "vote")}\n'
                "    return summarize(**lists)\n",
            ),
            ("    titles: list[str], urls", "    data: list[str], urls"),
            ("posts = zip(titles, urls", "posts = zip(data, urls"),
        ),
        at="    return summarize(**lists)",
        code="FLW-005",
        says=("summarize", "titles", "data"),
    ),
    "DataFrame.append": Mistake(
        in_a_task("df = df.append(df)"), at="    df = df.append(", code="SCR-021", says=("AttributeError", "append")
    ),
    "an argument of pandas misspelt": Mistake(
        in_a_task('df.to_csv("summarization.csv", indxe=False)'),
        at="    df.to_csv(",
        code="SCR-021",
        says=("TypeError", "indxe"),
    ),
}


@pytest.mark.parametrize("name", SEEN_WHEN_IT_RUNS)
def test_a_mistake_that_shows_when_it_runs_is_told_with_file_and_line(name: str, folder: Path) -> None:
    mistake = SEEN_WHEN_IT_RUNS[name]
    line = mistake.make(folder)
    with services() as options:
        code, said = run(folder, *options)
    assert (code, said["state"]) == (1, "failed")
    problem = said["error"]
    assert (problem["code"], problem["file"], problem["line"]) == (mistake.code, mistake.file, line)
    assert [piece for piece in mistake.says if piece not in problem["message"]] == [], problem["message"]


def test_posts_in_a_form_that_the_back_end_does_not_take_are_told_in_its_words_with_the_line(folder: Path) -> None:
    line = Mistake(
        (("data=json.dumps(items).encode()", 'data=json.dumps({"items": list(items.values())}).encode()'),),
        at='        return Failed(f"No new post was added due to: {json',
        code="",
        says=(),
    ).make(folder)
    refusal = {"status": "error: expected each post under its address; at items: Input should be an object"}
    with services(answer=(422, refusal)) as options:
        code, said = run(folder, *options[:4])
        assert list(options[4]) == ["items"]
    assert (code, said["state"]) == (1, "failed")
    text = f"No new post was added due to: {refusal['status']}"
    assert said["error"]["message"] == f'task "post_items" is Failed: {text}'
    assert (said["error"]["code"], said["error"]["file"], said["error"]["line"]) == ("FLW-010", TOOLS, line)


def test_an_address_that_nobody_answers_at_is_told_with_the_line_that_asked(folder: Path) -> None:
    line = Mistake((("@task(retries=3, retry_delay=[1, 2, 4])\ndef items", "@task\ndef items"),), "    with", "", ())
    number = line.make(folder)
    with socket.create_server(("127.0.0.1", 0)) as free:
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}"
    with services() as options:
        code, said = run(folder, *options[:2], *at(nobody)[2:])
    assert (code, said["state"]) == (1, "failed")
    assert (said["error"]["file"], said["error"]["line"]) == (TOOLS, number)
    assert "Connection refused" in said["error"]["message"]
    assert said["parameters"]["backend"] == nobody


def test_a_raw_data_frame_that_a_task_gives_back_is_no_mistake(folder: Path) -> None:
    mistake = Mistake(in_a_task("df = pd.concat([df, df])"), "    df = pd.concat", "", ())
    mistake.make(folder)
    with services() as options:
        code, said = run(folder, *options)
    assert (code, said["state"]) == (0, "completed")
    assert call(said, "keep")["gave"]["kind"] == "frame"


def test_titles_as_keys_lose_a_post_and_what_each_task_gave_shows_where(folder: Path) -> None:
    Mistake(
        (('    return {url: {"title"', '    return {title: {"title"'),),
        at="    return {title",
        code="",
        says=(),
    ).make(folder)
    with services() as options:
        _, said = run(folder, *options[:4])
    assert len(call(said, "fetch_titles")["gave"]["value"]) == 2
    assert len(call(said, "summarize")["gave"]["value"]) == 1


def call(said: Any, name: str) -> Any:
    """The call of this task in a run."""
    (found,) = (one for one in said["calls"] if one["name"] == name)
    return found
