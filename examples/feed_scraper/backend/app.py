"""The back end: ``GET /get`` gives all posts, ``POST /post`` adds those that are new.

python backend/app.py --csv summarization.csv --port 9001
"""

import argparse
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from posts_file import PostsFile
from pydantic import BaseModel, ConfigDict, StringConstraints

Address = Annotated[str, StringConstraints(pattern=r"^https?://\S+$")]


class Votes(BaseModel):
    model_config = ConfigDict(extra="forbid")
    upvotes: int | None = None
    downvotes: int | None = None


class Post(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: str
    author: str
    votes: Votes


def create_app(csv: Path) -> FastAPI:
    """The back end on this file."""
    app = FastAPI(title="Posts")
    file = PostsFile(csv)

    @app.get("/get")
    def get_posts() -> dict[str, list[dict[str, Any]]]:
        return {"df": file.read()}

    @app.post("/post")
    def add_posts(posts: dict[Address, Post]) -> dict[str, str | int]:
        rows = {url: {"title": post.title, "author": post.author, **dict(post.votes)} for url, post in posts.items()}
        added = file.add(rows)
        return {"status": "success", "added": added, "known": len(rows) - added}

    @app.exception_handler(RequestValidationError)
    def refuse(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"] if part not in ("body", "[key]"))
        text = f"error: expected each post under its address; at {place or 'the top'}: {first['msg']}"
        return JSONResponse({"status": text}, status_code=422)

    @app.exception_handler(OSError)
    def admit(request: Request, error: OSError) -> JSONResponse:
        return JSONResponse({"status": f"error: {error}"}, status_code=500)

    return app


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Serves the posts in a CSV file.")
    parser.add_argument("--csv", type=Path, default=Path("summarization.csv"))
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9001)
    given = parser.parse_args()
    uvicorn.run(create_app(given.csv), host=given.host, port=given.port)
