"""What the tests of publishing and submitting send to a server."""

from __future__ import annotations

from typing import Any

from looking import Answer, Client

from pauta.services.control import Control

SCRIPT = "def execute(alpha=1):\n    return {'alpha': alpha}\n"
DOCUMENT = """{
  "model_name": "p",
  "parameters": {"alpha": {"type": "number", "default": 1}},
  "prediction_steps": [
    {"name": "a", "file_path": "a.py", "output": "x", "kwargs": {"alpha": {"param": "alpha"}}}
  ]
}
"""
TAKING = """{"model_name": "t", "prediction_steps": [{"name": "a", "file_path": "a.py", "dataframes": ["sales"]}]}"""


def publication(document: str = DOCUMENT, script: str = SCRIPT, **more: Any) -> dict[str, Any]:
    return {"file": "p.json", "document": document, "scripts": {"a.py": script}, **more}


def published(client: Client, **more: Any) -> Any:
    """A pipeline, published: its name is ``p``."""
    answer = client("POST", "/pipelines", body=publication(**more))
    assert answer.status == 201, answer.body
    return answer.json


def refused(answer: Answer, status: int, *codes: str) -> None:
    assert (answer.status, answer.codes) == (status, list(codes)), answer.body


def audited(control: Control) -> list[tuple[str, str]]:
    """Actions and targets of the audit log."""
    with control.store.transaction() as tx:
        return [(row.action, row.target) for row in tx.audit.read()]
