"""Posts in a CSV file. A post is known by its address, and is added once."""

from __future__ import annotations

import csv
import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

COLUMNS = ("title", "url", "author", "upvotes", "downvotes")
NUMBERS = ("upvotes", "downvotes")


class PostsFile:
    """A CSV file with the columns `COLUMNS`; a number that is not known is an empty field.

    Several threads and processes may add at the same time. A reader always finds a whole file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> list[dict[str, Any]]:
        """All posts, in the order in which they were added."""
        if not self.path.exists():
            return []
        with self.path.open(newline="", encoding="utf-8") as file:
            posts: list[dict[str, Any]] = list(csv.DictReader(file))
        for post in posts:
            post.update({name: int(post[name]) if post[name] else None for name in NUMBERS})
        return posts

    def add(self, posts: Mapping[str, Mapping[str, Any]]) -> int:
        """Add those of the posts that are not there; how many these were.

        Args:
            posts: Each post (title, author, upvotes, downvotes) under its address.
        """
        with self._alone():
            there = self.read()
            known = {post["url"] for post in there}
            new = [{**post, "url": url} for url, post in posts.items() if url not in known]
            if new:
                self._write([*there, *new])
        return len(new)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        # The lock has a file of its own: the CSV file is replaced while it is held.
        with self.path.with_name(f"{self.path.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _write(self, posts: list[dict[str, Any]]) -> None:
        staged = self.path.with_name(f"{self.path.name}.new")
        with staged.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(posts)
            file.flush()
            os.fsync(file.fileno())
        staged.replace(self.path)
