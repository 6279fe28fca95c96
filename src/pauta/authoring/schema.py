"""The JSON Schema of pipeline documents, made of the table that the parser checks by.

``python -m pauta.authoring.schema`` prints it as it is published in ``docs/reference/pipeline.schema.json``.
"""

from __future__ import annotations

import sys
from json import dumps
from typing import Any

from pauta.authoring.fields import PIPELINE

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """The schema (2020-12). It accepts what the parser's check of single values accepts, no more and no less."""
    description = "A pipeline of scripts for Pauta. Lists of steps are executed in the order that their frames ask for."
    return {"$schema": DIALECT, "description": description, **PIPELINE.schema()}


def published() -> str:
    """The schema as it is published."""
    return dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(published())
