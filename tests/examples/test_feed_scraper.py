"""The feed scraper runs whole: called directly, by the command, and by schedule on a worker of its pool."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from example_files import EXAMPLES
from example_project import Project
from feed_scraper_services import Services, services

FLOW = EXAMPLES / "feed_scraper" / "orchestrator" / "orchestration_tools.py"
POSTS = 60
TASKS = ["fetch_data", "fetch_titles", "fetch_urls", "fetch_authors", "fetch_votes", "summarize"]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Services]:
    """The feed and the back end."""
    with services(tmp_path / "summarization.csv", posts=POSTS) as both:
        yield both


@pytest.fixture
def tools(example: Callable[[str], ModuleType]) -> ModuleType:
    """The example's tasks and flows."""
    return example("feed_scraper/orchestrator/orchestration_tools.py")


def expected_rows(example: Callable[[str], ModuleType], posts: int = POSTS, seed: int = 1) -> list[dict[str, str]]:
    """What the back end's file must hold: written down from the posts themselves, without the flow."""
    made = example("feed_scraper/feed/made_posts.py").make_posts(seed, "redditdev", posts)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for post in made:
        url = f"https://www.reddit.com{post['permalink']}"
        writer.writerow([post["title"], url, post["author"], post.get("ups"), post.get("downs")])
    columns = ("title", "url", "author", "upvotes", "downvotes")
    return list(csv.DictReader(io.StringIO(text.getvalue(), newline=""), columns))


def test_each_task_is_a_function_that_can_be_called_alone(tools: ModuleType) -> None:
    post = {"title": "T", "permalink": "/r/x/comments/1/t/", "author": None, "ups": 3}
    assert tools.fetch_titles.fn([post]) == ["T"]
    assert tools.fetch_authors.fn([post]) == ["[deleted]"]
    assert tools.fetch_urls.fn([post]) == ["https://www.reddit.com/r/x/comments/1/t/"]
    assert tools.fetch_votes.fn([post]) == [{"upvotes": 3, "downvotes": None}]
    two = tools.summarize.fn(titles=["T", "T"], urls=["u", "v"], authors=["a", "b"], votes=[{}, {}])
    assert list(two) == ["u", "v"]
    with pytest.raises(ValueError, match="zip"):
        tools.summarize.fn(titles=["T"], urls=[], authors=[], votes=[])


def test_the_flow_called_directly_fills_the_file_and_then_adds_nothing(
    tools: ModuleType, running: Services, example: Callable[[str], ModuleType]
) -> None:
    def run() -> Any:
        return tools.full_flow("redditdev", 100, running.feed, running.backend, return_state=True)

    first = run()
    assert (first.is_completed(), first.message) == (True, "New posts added")
    assert running.rows() == expected_rows(example)
    before = running.csv.read_bytes()
    second = run()
    assert (second.is_completed(), second.message) == (True, "There was nothing new")
    assert running.csv.read_bytes() == before


def test_the_command_fills_the_file_and_a_second_run_adds_nothing(
    project: Project, running: Services, example: Callable[[str], ModuleType]
) -> None:
    first = project.run(f"{FLOW}:full_flow", *running.parameters)
    assert first["state"] == "completed"
    assert running.rows() == expected_rows(example)
    titles = [row["title"] for row in running.rows()]
    assert len(titles) > len(set(titles))

    before = running.csv.read_bytes()
    second = project.run(f"{FLOW}:full_flow", *running.parameters)
    assert second["state"] == "completed"
    assert running.csv.read_bytes() == before


def test_new_posts_of_the_feed_are_added_behind_the_old_ones(
    project: Project, tmp_path: Path, example: Callable[[str], ModuleType]
) -> None:
    for posts in (20, 25):
        with services(tmp_path / "summarization.csv", posts=posts) as running:
            project.run(f"{FLOW}:full_flow", *running.parameters)
            rows = running.rows()
    older, newer = expected_rows(example, 20), expected_rows(example, 25)
    assert rows == [*older, *newer[:5]]


def test_a_feed_that_refuses_twice_is_asked_again(project: Project, tmp_path: Path) -> None:
    with services(tmp_path / "summarization.csv", posts=5, refusals=2) as running:
        run = project.run(f"{FLOW}:full_flow", *running.parameters)
        assert run["state"] == "completed"
        assert len(running.rows()) == 5


def test_what_the_back_end_says_when_it_refuses_is_why_the_run_failed(project: Project, running: Services) -> None:
    running.csv.with_name("summarization.csv.new").mkdir()
    out = project.pauta("run", f"{FLOW}:full_flow", *running.parameters, "--json", code=1)
    run = json.loads(out)
    assert run["state"] == "failed"
    assert "No new post was added due to: error: [Errno 21]" in out
