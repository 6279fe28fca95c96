"""Every mistake of the first scraper that was published, as far as it can be seen without running it.

It could not finish once. Each of its mistakes stands here as it was written, and is told with file and line.
"""

from __future__ import annotations

from flow_texts import checked, errors, found_in, warnings

from pauta.domain.problems import Problem

SCRAPER = """\
from pauta import flow, task


class RedditScraper:
    def __init__(self, subreddit="redditdev"):
        self.subreddit = subreddit

    def scrape_data(self):
        return httpx.get(f"https://www.reddit.com/r/{self.subreddit}.json").json()

    def scrape_votes(self, posts):
        return [post["votes"] for post in posts]


@task
def fetch_data(subreddit="redditdev"):
    return RedditScraper(subreddit).scrape_data()


@task
def fetch_votes(posts):
    scraper = RedditScraper()
    return scraper.scrape_votes(posts, scraper.subreddit)


@task
def summarize(data):
    sumarization = dict(data)
    return summarization


@task
def items_to_post(summary):
    return list(summary)


@task
def post_items(items):
    try:
        httpx.post("http://localhost:9001/post", json={"items": items})
        return Completed(message="New posts added")
    except Exception as e:
        return Failed(message="No new post was added due to: {e}")


@flow(log_prints=True)
def scrape_flow():
    data = fetch_data()
    votes = fetch_votes(data)
    return summarize(**{"titles": data, "urls": data, "authors": data, "votes": votes})


@flow(log_prints=True)
def post_flow(summary):
    items_to_post = items_to_post(summary)
    return post_items(items_to_post)


@flow(log_prints=True)
def full_flow():
    return post_flow(scrape_flow())
"""

API = """\
import pandas as pd
from fastapi import FastAPI

app = FastAPI()


@app.post("/post")
def post(items: dict):
    try:
        df = pd.read_csv("./sumarization.csv")
        df = df.append(items, ignore_index=True)
        df.to_csv("./sumarization.csv", indxe=False)
        return {"status": "success"}
    except Exception as e:
        return {"status": "error {e}"}
"""


def at(line: int, code: str, *, source: str = SCRAPER) -> list[Problem]:
    """What is told of a line under a code."""
    found = checked(source)
    return [p for p in (*found.errors, *found.warnings) if p.place and p.place.line == line and p.code == code]


def line_of(text: str, source: str = SCRAPER, *, nth: int = 0) -> int:
    """The line on which a text stands."""
    return [number for number, line in enumerate(source.splitlines(), 1) if text in line][nth]


def test_its_flows_and_tasks_are_seen_all_the_same():
    assert [one.function for one in found_in(SCRAPER) if one.kind == "flow"] == [
        "scrape_flow",
        "post_flow",
        "full_flow",
    ]


def test_summarize_is_called_with_four_names_that_it_does_not_have():
    told = [p.values["name"] for p in at(line_of("summarize(**"), "FLW-057")]
    assert told == ["data", "titles", "urls", "authors", "votes"]


def test_two_arguments_are_given_to_a_method_of_one():
    (told,) = at(line_of("scrape_votes(posts, scraper"), "FLW-057")
    assert told.message() == (
        "RedditScraper.scrape_votes(posts) takes 1 by position besides the object itself, and is given 2 (flows.py:11)"
    )


def test_a_method_of_its_own_is_given_too_many_arguments():
    source = SCRAPER.replace(
        '        return [post["votes"] for post in posts]\n',
        "        return posts\n\n    def all(self, posts):\n        return self.scrape_votes(posts, self.subreddit)\n",
    )
    assert len(at(line_of("self.scrape_votes(posts,", source), "FLW-057", source=source)) == 1


def test_httpx_is_never_imported():
    for nth, line in enumerate((9, 40)):
        assert line_of("httpx.", nth=nth) == line
        (told,) = at(line, "FLW-054")
        assert (told.message(), told.remedy()) == ('"httpx" is defined nowhere', "import httpx")


def test_completed_and_failed_are_never_imported():
    for name in ("Completed", "Failed"):
        (told,) = at(line_of(f"return {name}("), "FLW-054")
        assert told.remedy().endswith(f"from pauta import {name}")


def test_a_local_variable_hides_the_task_of_its_name():
    (told,) = at(line_of("items_to_post = items_to_post("), "FLW-055")
    assert "hides the task of that name (line 33)" in told.message()
    assert told.message("pt").endswith("esconde a tarefa de mesmo nome (linha 33)")


def test_sumarization_is_misspelt():
    (told,) = at(line_of("return summarization"), "FLW-054")
    assert told.message().endswith('did you mean "sumarization"?')


def test_a_message_is_never_formatted():
    (told,) = at(line_of("due to: {e}"), "FLW-060")
    assert told.remedy() == 'Put an "f" before the quotes.'


def test_the_back_end_s_mistakes_are_told_too():
    assert errors(API) == []
    assert [line.partition(": ")[2] for line in warnings(API)] == [
        'DataFrames have no method "append" any more',
        '"to_csv" has no parameter "indxe"; did you mean "index"?',
        'this text holds "{e}" but is not formatted: it stays as it is written',
    ]


def test_its_imports_are_told_with_what_to_write_instead():
    (told,) = [p for p in checked("from prefect import flow\n").errors if p.code == "FLW-058"]
    assert (str(told.place), told.remedy()) == ("flows.py line 1, column 21", "Write: from pauta import flow")


def test_all_of_them_are_told_at_once():
    lines = [int(p.place.line or 0) for p in checked(SCRAPER).errors if p.place]
    assert lines == sorted(lines)
    assert {9, 23, 29, 40, 41, 43, 50, 55} <= set(lines)


def test_the_scraper_as_it_was_meant_has_nothing_to_be_told():
    mended = (
        SCRAPER.replace(
            "from pauta import flow, task", "import httpx\n\nfrom pauta import Completed, Failed, flow, task"
        )
        .replace("scrape_votes(posts, scraper.subreddit)", "scrape_votes(posts)")
        .replace("return summarization", "return sumarization")
        .replace("items_to_post = items_to_post(summary)", "items = items_to_post(summary)")
        .replace("post_items(items_to_post)", "post_items(items)")
        .replace('summarize(**{"titles": data, "urls": data, "authors": data, "votes": votes})', "summarize(votes)")
        .replace('"No new post', 'f"No new post')
    )
    assert errors(mended) == []
    assert [line for line in warnings(mended) if '"httpx"' not in line] == []
