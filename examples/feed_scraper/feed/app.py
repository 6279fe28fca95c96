"""A stand-in for the feed: it answers as Reddit does, with posts that are made up.

python feed/app.py --port 9002 --posts 60 --seed 1
"""

import argparse
from typing import Annotated, Any

import uvicorn
from fastapi import FastAPI, HTTPException, Query
from made_posts import make_posts


def create_app(*, seed: int = 1, posts: int = 60, refusals: int = 0) -> FastAPI:
    """The feed.

    Args:
        seed: Which posts are made up.
        posts: How many each subreddit has.
        refusals: How many requests it refuses at first, as a feed does that is asked too often.
    """
    app = FastAPI(title="Feed")
    left = refusals

    @app.get("/r/{subreddit}.json")
    def listing(
        subreddit: str, limit: Annotated[int, Query(ge=1, le=100)] = 25, after: str | None = None
    ) -> dict[str, Any]:
        nonlocal left
        if left > 0:
            left -= 1
            raise HTTPException(429, "too many requests")
        there = make_posts(seed, subreddit, posts)
        names = [post["name"] for post in there]
        if after is not None and after not in names:
            page, rest = [], []
        else:
            begin = 0 if after is None else names.index(after) + 1
            page, rest = there[begin : begin + limit], there[begin + limit :]
        return {
            "kind": "Listing",
            "data": {
                "after": page[-1]["name"] if rest else None,
                "before": None,
                "dist": len(page),
                "children": [{"kind": "t3", "data": post} for post in page],
            },
        }

    return app


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Serves made up posts as Reddit would.")
    parser.add_argument("--port", type=int, default=9002)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--posts", type=int, default=60)
    parser.add_argument("--refusals", type=int, default=0)
    given = parser.parse_args()
    app = create_app(seed=given.seed, posts=given.posts, refusals=given.refusals)
    uvicorn.run(app, host="127.0.0.1", port=given.port)
