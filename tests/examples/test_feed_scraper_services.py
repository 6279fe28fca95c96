"""The back end of the feed scraper keeps each post once, and the feed's stand-in has the quirks of a real one."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from feed_scraper_services import answering, get, post, serving

HEADER = "title,url,author,upvotes,downvotes"


def a_post(title: str = "Hello", author: str = "ana", **votes: int | None) -> dict[str, Any]:
    return {"title": title, "author": author, "votes": votes}


@pytest.fixture
def csv_file(tmp_path: Path) -> Path:
    return tmp_path / "summarization.csv"


@pytest.fixture
def backend(example: Callable[[str], ModuleType], csv_file: Path) -> Iterator[str]:
    with answering(example("feed_scraper/backend/app.py").create_app(csv_file)) as address:
        yield address


@pytest.fixture
def file(example: Callable[[str], ModuleType], csv_file: Path) -> Any:
    return example("feed_scraper/backend/posts_file.py").PostsFile(csv_file)


def test_the_back_end_gives_back_what_it_was_given(backend: str, csv_file: Path) -> None:
    assert get(f"{backend}/get") == {"df": []}
    posts = {
        "https://x.test/1": a_post('Commas, "quotes"\nand a line break\r\n', "[deleted]", upvotes=3, downvotes=0),
        "https://x.test/2": a_post("数据 🚀 ção", "дмитрий", upvotes=None),
    }
    assert post(f"{backend}/post", posts) == (200, {"status": "success", "added": 2, "known": 0})
    first, second = get(f"{backend}/get")["df"]
    assert first["title"] == 'Commas, "quotes"\nand a line break\r\n'
    assert first == {**first, "url": "https://x.test/1", "author": "[deleted]", "upvotes": 3, "downvotes": 0}
    assert second == {
        "title": "数据 🚀 ção", "url": "https://x.test/2", "author": "дмитрий", "upvotes": None, "downvotes": None
    }  # fmt: skip
    assert csv_file.read_text(encoding="utf-8").splitlines()[0] == HEADER


def test_a_post_that_is_known_is_not_added_again_and_titles_may_repeat(backend: str) -> None:
    posts = {f"https://x.test/{number}": a_post("Weekly questions") for number in range(3)}
    assert post(f"{backend}/post", posts)[1] == {"status": "success", "added": 3, "known": 0}
    assert post(f"{backend}/post", posts)[1] == {"status": "success", "added": 0, "known": 3}
    assert [row["title"] for row in get(f"{backend}/get")["df"]] == ["Weekly questions"] * 3


def test_what_was_added_is_there_after_a_new_start(backend: str, csv_file: Path) -> None:
    post(f"{backend}/post", {"https://x.test/1": a_post()})
    with serving("backend/app.py", "/get", "--csv", csv_file) as again:  # as its README starts it
        assert [row["url"] for row in get(f"{again}/get")["df"]] == ["https://x.test/1"]


def test_posts_that_come_at_the_same_time_by_two_processes_all_stay_and_none_comes_twice(
    backend: str, csv_file: Path
) -> None:
    def send(number: int, address: str) -> int:
        shared, own = "https://x.test/shared", f"https://x.test/{number}"
        status, answer = post(f"{address}/post", {shared: a_post(), own: a_post(str(number))})
        assert status == 200
        return int(answer["added"])

    with serving("backend/app.py", "/get", "--csv", csv_file) as other, ThreadPoolExecutor(16) as people:
        added = list(people.map(send, range(40), [backend, other] * 20))
    urls = [row["url"] for row in get(f"{backend}/get")["df"]]
    assert len(urls) == len(set(urls)) == sum(added) == 41


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"items": [a_post()]}, "error: expected each post under its address; at items: "),
        ({"Hello": a_post()}, "error: expected each post under its address; at Hello: "),
        ({"https://x.test/1": {"title": "T", "votes": {}}}, "at https://x.test/1.author: Field required"),
        ({"https://x.test/1": a_post(upvotes="many")}, "at https://x.test/1.votes.upvotes: "),  # type: ignore[arg-type]
        ({"https://x.test/1": a_post(likes=3)}, "at https://x.test/1.votes.likes: "),
        ([], "at the top: "),
        (b"{", "JSON"),
    ],
)
def test_what_is_no_post_is_refused_with_its_place_and_nothing_is_written(
    body: Any, said: str, backend: str, csv_file: Path
) -> None:
    status, answer = post(f"{backend}/post", body)
    assert status == 422
    assert said in answer["status"]
    assert "{" not in answer["status"]
    assert not csv_file.exists()


def test_a_disk_that_refuses_is_told_and_what_was_there_stays(backend: str, csv_file: Path) -> None:
    post(f"{backend}/post", {"https://x.test/1": a_post()})
    before = csv_file.read_bytes()
    csv_file.with_name("summarization.csv.new").mkdir()  # where the new file would be made
    status, answer = post(f"{backend}/post", {"https://x.test/2": a_post()})
    assert status == 500
    assert answer["status"].startswith("error: [Errno ")
    assert "summarization.csv.new" in answer["status"]
    assert csv_file.read_bytes() == before


def test_a_file_is_replaced_as_a_whole(file: Any, csv_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.add({"https://x.test/1": {"title": "T", "author": "a", "upvotes": 1, "downvotes": 0}})
    before = csv_file.read_bytes()

    def power_cut(descriptor: int) -> None:
        assert stat.S_ISREG(os.fstat(descriptor).st_mode)
        raise OSError("power cut")

    monkeypatch.setattr(os, "fsync", power_cut)
    with pytest.raises(OSError, match="power cut"):
        file.add({"https://x.test/2": {"title": "T", "author": "a", "upvotes": 1, "downvotes": 0}})
    assert csv_file.read_bytes() == before


@pytest.fixture
def made(example: Callable[[str], ModuleType]) -> ModuleType:
    return example("feed_scraper/feed/made_posts.py")


def test_the_same_seed_gives_the_same_posts_and_new_ones_come_before_the_old(made: ModuleType) -> None:
    assert made.make_posts(1, "redditdev", 9) == made.make_posts(1, "redditdev", 9)
    assert made.make_posts(2, "redditdev", 9) != made.make_posts(1, "redditdev", 9)
    assert made.make_posts(1, "redditdev", 12)[3:] == made.make_posts(1, "redditdev", 9)


def test_made_posts_have_the_quirks_of_real_ones(made: ModuleType) -> None:
    posts = made.make_posts(1, "redditdev", 60)
    titles = [post["title"] for post in posts]
    assert max(Counter(titles).values()) > 1
    assert any("," in title for title in titles)
    assert any("\n" in title for title in titles)
    assert any(not title.isascii() for title in titles)
    assert any(post["author"] == "[deleted]" for post in posts)
    assert any("ups" not in post for post in posts)
    assert any(post.get("ups", 0) is None for post in posts)
    assert len({post["permalink"] for post in posts}) == len({post["name"] for post in posts}) == 60


def test_the_feed_gives_its_posts_page_by_page_and_each_once(example: Callable[[str], ModuleType]) -> None:
    reader = example("feed_scraper/orchestrator/api_tool.py")
    with serving("feed/app.py", "/docs", "--posts", "230") as address:
        posts = reader.Feed(address).newest("redditdev", 1000)
        assert len(posts) == len({post["name"] for post in posts}) == 230
        assert reader.Feed(address).newest("redditdev", 120) == posts[:120]
        one = get(f"{address}/r/redditdev.json?limit=2")
    assert one["kind"] == "Listing"
    assert [child["kind"] for child in one["data"]["children"]] == ["t3", "t3"]
    assert one["data"]["after"] == posts[1]["name"]


def test_a_feed_that_refuses_is_told_with_its_address(example: Callable[[str], ModuleType]) -> None:
    reader = example("feed_scraper/orchestrator/api_tool.py")
    with answering(example("feed_scraper/feed/app.py").create_app(refusals=1)) as address:
        with pytest.raises(reader.FeedError, match=rf"{address}/r/x\.json\?limit=5 answered 429"):
            reader.Feed(address).newest("x", 5)
        assert len(reader.Feed(address).newest("x", 5)) == 5
    with pytest.raises(reader.FeedError, match=r"cannot be reached: .*refused"):
        reader.Feed(address).newest("x", 5)
