"""Scrapes a subreddit and posts what is new to the back end: tasks, two flows, and a flow of these flows."""

from __future__ import annotations

import json
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urljoin
from urllib.request import Request, urlopen

from api_tool import Feed, Posts

from pauta import Completed, Failed, State, flow, task

FEED = "http://127.0.0.1:9002"
BACKEND = "http://127.0.0.1:9001"


@task(retries=3, retry_delay=[1, 2, 4])
def fetch_data(subreddit: str, limit: int, feed: str) -> list[dict[str, Any]]:
    return Feed(feed).newest(subreddit, limit)


@task
def fetch_titles(data: list[dict[str, Any]]) -> list[str]:
    return Posts(data).titles()


@task
def fetch_authors(data: list[dict[str, Any]]) -> list[str]:
    return Posts(data).authors()


@task
def fetch_urls(data: list[dict[str, Any]]) -> list[str]:
    return Posts(data).urls()


@task
def fetch_votes(data: list[dict[str, Any]]) -> list[dict[str, int | None]]:
    return Posts(data).votes()


@task
def summarize(
    titles: list[str], urls: list[str], authors: list[str], votes: list[dict[str, int | None]]
) -> dict[str, dict[str, Any]]:
    """Each post under its address: titles repeat, addresses do not."""
    posts = zip(titles, urls, authors, votes, strict=True)
    return {url: {"title": title, "author": author, "votes": vote} for title, url, author, vote in posts}


@flow(log_prints=True)
def scrape_flow(subreddit: str = "redditdev", limit: int = 100, feed: str = FEED) -> dict[str, dict[str, Any]]:
    data = fetch_data(subreddit, limit, feed)
    print(f"{len(data)} posts in r/{subreddit}")
    return summarize(
        titles=fetch_titles(data), urls=fetch_urls(data), authors=fetch_authors(data), votes=fetch_votes(data)
    )


@task(retries=3, retry_delay=[1, 2, 4])
def items_to_post(summary: dict[str, dict[str, Any]], backend: str) -> dict[str, dict[str, Any]]:
    """The posts that the back end does not have."""
    with urlopen(urljoin(backend, "/get"), timeout=10) as answer:
        known = {post["url"] for post in json.load(answer)["df"]}
    return {url: post for url, post in summary.items() if url not in known}


@task(effects=True)
def post_items(items: dict[str, dict[str, Any]], backend: str) -> State:
    """Send them. The state that comes back decides how the flow ends."""
    if not items:
        return Completed("There was nothing new")
    request = Request(
        urljoin(backend, "/post"), data=json.dumps(items).encode(), headers={"Content-Type": "application/json"}
    )
    try:
        with urlopen(request, timeout=30) as answer:
            added = json.load(answer)["added"]
    except HTTPError as e:
        return Failed(f"No new post was added due to: {json.load(e)['status']}")
    except OSError as e:
        return Failed(f"No new post was added due to: {e}")
    print(f"{added} new posts")
    return Completed("New posts added")


@flow(log_prints=True)
def post_flow(summary: dict[str, dict[str, Any]], backend: str = BACKEND) -> State:
    items = items_to_post(summary, backend)
    return post_items(items, backend, return_state=True)


@flow(log_prints=True)
def full_flow(subreddit: str = "redditdev", limit: int = 100, feed: str = FEED, backend: str = BACKEND) -> State:
    summary = scrape_flow(subreddit, limit, feed)
    return post_flow(summary, backend, return_state=True)
