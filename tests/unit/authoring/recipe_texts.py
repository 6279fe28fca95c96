"""Pipeline documents for the tests of this folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pauta.authoring.document import parse_document
from pauta.domain.pipeline import Pipeline
from pauta.domain.problems import InvalidInput

SEED = (Path(__file__).parent / "seed_000.json").read_bytes()
"""The pipeline of the first seed document, byte for byte."""


def step(name: str, takes: list[str] | None = None, gives: str | None = None, **more: Any) -> dict[str, Any]:
    """A step of a document."""
    out: dict[str, Any] = {"name": name, "file_path": f"steps/{name}.py", "dataframes": takes or []}
    if gives is not None:
        out["output_dataframe"] = gives
    return out | more


def document(*prediction: dict[str, Any], **sections: Any) -> bytes:
    """A document with these prediction steps, one key a line."""
    body = {"model_name": "principal", "prediction_steps": list(prediction), **sections}
    return json.dumps(body, indent=2, ensure_ascii=False).encode()


def pipeline(*prediction: dict[str, Any], **sections: Any) -> Pipeline:
    """The pipeline of such a document."""
    return parse_document(document(*prediction, **sections), file="recipe.json")


def complaints(text: bytes | str, file: str = "recipe.json") -> list[str]:
    """The lines that a document is refused with."""
    with pytest.raises(InvalidInput) as refused:
        parse_document(text if isinstance(text, bytes) else text.encode(), file=file)
    return [problem.line() for problem in refused.value.problems]
