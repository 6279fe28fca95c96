"""Reads listings of a feed that answers as Reddit does. Plain Python: it knows nothing of flows."""

from __future__ import annotations

import json
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urljoin
from urllib.request import Request, urlopen

PAGE = 100  # the most that the feed gives at once
PROGRAM = "pauta-example-feed-scraper/1.0"  # the feed wants to know who asks


class FeedError(Exception):
    """The feed did not answer with a listing."""


class Feed:
    """A feed at an address.

    Args:
        address: Where it is, such as ``http://127.0.0.1:9002``.
        timeout: Seconds to wait for each answer.
    """

    def __init__(self, address: str, *, timeout: float = 10) -> None:
        self.address = address
        self.timeout = timeout

    def newest(self, subreddit: str, limit: int) -> list[dict[str, Any]]:
        """The newest posts of a subreddit, newest first: page after page, until there are `limit` or no more.

        Raises:
            FeedError: It cannot be reached, refuses, or answers with something else than a listing.
        """
        posts: list[dict[str, Any]] = []
        after = None
        while len(posts) < limit:
            page = self._page(subreddit, min(PAGE, limit - len(posts)), after)
            posts += [child["data"] for child in page["children"]]
            after = page.get("after")
            if after is None or not page["children"]:
                break
        return posts

    def _page(self, subreddit: str, limit: int, after: str | None) -> dict[str, Any]:
        asked = {"limit": limit} | ({"after": after} if after else {})
        url = urljoin(self.address, f"/r/{quote(subreddit, safe='')}.json?{urlencode(asked)}")
        try:
            with urlopen(Request(url, headers={"User-Agent": PROGRAM}), timeout=self.timeout) as answer:
                page = json.load(answer)["data"]
                page["children"]
        except HTTPError as refusal:
            raise FeedError(f"{url} answered {refusal.code} {refusal.reason}") from refusal
        except URLError as error:
            raise FeedError(f"{url} cannot be reached: {error.reason}") from error
        except (ValueError, KeyError, TypeError) as error:
            raise FeedError(f"{url} answered with no listing") from error
        return page


class Posts:
    """What is taken out of posts. Each list has one entry a post, in the posts' order."""

    def __init__(self, data: list[dict[str, Any]]) -> None:
        self.data = data

    def titles(self) -> list[str]:
        """What they are called. Two posts may have the same title."""
        return [post["title"] for post in self.data]

    def authors(self) -> list[str]:
        """Who wrote them; ``[deleted]`` when nobody is to know any more."""
        return [post.get("author") or "[deleted]" for post in self.data]

    def urls(self) -> list[str]:
        """Where they are discussed. This address holds the post's id, so that no two posts share it."""
        return [urljoin("https://www.reddit.com", post["permalink"]) for post in self.data]

    def votes(self) -> list[dict[str, int | None]]:
        """How often they were voted up and down; None when the feed does not tell."""
        return [{"upvotes": post.get("ups"), "downvotes": post.get("downs")} for post in self.data]
