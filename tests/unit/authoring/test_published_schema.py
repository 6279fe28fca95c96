"""The schema that editors use is the parser's own table."""

from __future__ import annotations

import json
from pathlib import Path

from jsonschema import Draft202012Validator
from recipe_texts import SEED, document, step

from pauta.authoring.fields import PIPELINE, STEP
from pauta.authoring.schema import json_schema, published

MORE = [document(step("a", ["x", "x"])), document(step("a", timeout=0)), document(step("a", timeout="0s"))]
PUBLISHED = Path(__file__).parents[3] / "docs" / "reference" / "pipeline.schema.json"


def test_the_published_schema_is_up_to_date():
    assert PUBLISHED.read_text(encoding="utf-8") == published(), (
        "write it anew: python -m pauta.authoring.schema > docs/reference/pipeline.schema.json"
    )


def test_the_schema_is_a_schema_and_takes_the_seed():
    Draft202012Validator.check_schema(json_schema())
    Draft202012Validator(json_schema()).validate(json.loads(SEED))


def test_the_schema_refuses_what_the_parser_refuses_as_such():
    validator = Draft202012Validator(json_schema())
    for bad in (document(), document(step("a", gives="x", output="y")), document(step(" a")), b"[]", *MORE):
        assert not validator.is_valid(json.loads(bad))


def test_every_key_has_a_description():
    for record in (PIPELINE, STEP):
        assert all(field.description.endswith(".") for field in record.fields)
        assert all("description" in properties for properties in record.schema()["properties"].values())
