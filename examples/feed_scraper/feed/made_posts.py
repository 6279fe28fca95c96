"""Makes up posts that have the shape, and the quirks, of real ones. The same seed gives the same posts."""

from __future__ import annotations

import re
from typing import Any
from zlib import crc32

import numpy as np

TITLES = (
    "How do I read more than 1,000 comments, in order?",
    'The API says "too many requests", what now?',
    "Rate limits,\nonce more",
    "Weekly questions",  # comes back every week, under the same title
    "Weekly questions",
    "Mudança na autenticação: o que fazer, então?",
    "数据 API 的变化 🚀",
    "=SUM(A1:A3) in a title",
    "A backslash \\ and a tab\tin one title",
    "' OR 1=1; --",
)
AUTHORS = ("ana_dev", "bruno-42", "carlos", "дмитрий", "[deleted]", "automoderator")
FIRST_POST = 1_700_000_000  # seconds since 1970
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def make_posts(seed: int, subreddit: str, count: int) -> list[dict[str, Any]]:
    """Posts of a subreddit, newest first. More of them begin with newer ones: the older stay what they are."""
    return [_post(seed, subreddit, number) for number in reversed(range(count))]


def _post(seed: int, subreddit: str, number: int) -> dict[str, Any]:
    chance = np.random.default_rng([seed, crc32(subreddit.encode()), number])
    name = _base36(FIRST_POST + seed * 1_000_000 + number)
    title = TITLES[chance.integers(len(TITLES))]
    slug = re.sub(r"[^a-z0-9]+", "_", title.lower())[:50].strip("_")
    votes: dict[str, Any] = {"ups": int(chance.integers(500)), "downs": 0}
    if number % 7 == 3:
        votes = {"ups": None, "downs": None}  # votes are hidden while a post is young
    elif number % 7 == 5:
        votes = {}
    return {
        "id": name,
        "name": f"t3_{name}",
        "subreddit": subreddit,
        "title": title,
        "author": AUTHORS[chance.integers(len(AUTHORS))],
        "permalink": f"/r/{subreddit}/comments/{name}/{slug}/",
        "url": "https://example.com/the-same-for-many-posts",
        "selftext": "",
        "is_self": False,
        "over_18": False,
        "num_comments": int(chance.integers(90)),
        "created_utc": float(FIRST_POST + 3600 * number),
        **votes,
    }


def _base36(number: int) -> str:
    text = ""
    while number:
        number, rest = divmod(number, 36)
        text = DIGITS[rest] + text
    return text
