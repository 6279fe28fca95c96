"""Flows and tasks are found in a file, whatever way they were decorated, and understood without being run."""

from __future__ import annotations

import pytest
from flow_texts import flow, found_in, made_of, refused


@pytest.mark.parametrize(
    "source",
    [
        "from pauta import flow\n@flow\ndef f(): ...",
        "from pauta import flow\n@flow()\ndef f(): ...",
        "from pauta import flow as pipeline\n@pipeline(retries=1)\ndef f(): ...",
        "import pauta\n@pauta.flow\ndef f(): ...",
        "import pauta as p\n@p.flow(name='f')\nasync def f(): ...",
        "from pauta import *\n@flow\ndef f(): ...",
        "from pauta import flow\ndef f_(): ...\nf = flow(name='f')(f_)",
        "from pauta import flow\ndef f_(): ...\nf = flow(f_, name='f')",
        "from pauta import flow\nours = flow(log_prints=True)\n@ours\ndef f(): ...",
        "from functools import partial\nfrom pauta import flow\nours = partial(flow, retries=1)\n@ours()\ndef f(): ...",
        "from pauta import flow\n@flow\ndef g(): ...\nf = g.with_options(name='f')",
        "from pauta import flow\nif True:\n    @flow\n    def f(): ...",
        "from pauta import flow\ntry:\n    import x\nfinally:\n    @flow\n    def f(): ...",
    ],
)
def test_a_flow_is_found_whatever_way_it_was_decorated(source):
    found = flow(source)
    assert (found.function, found.kind) == ("f", "flow")


def test_a_flow_is_found_through_local_modules():
    modules = {
        "lib__ours": "from pauta import flow as our_flow",
        "lib__flows": "from .ours import our_flow\n@our_flow(name='Full')\ndef full(): ...",
    }
    found = flow("from lib.flows import full as f", **modules)
    assert (found.name, found.function, found.file, found.line) == ("Full", "f", "lib/flows.py", 3)


def test_flows_and_tasks_of_a_file_come_in_its_order_and_imported_ones_are_not_among_them():
    source = """
        from pauta import flow, task
        from lib import other

        def plain(): ...

        @task
        def fetch(): ...

        @flow
        def full(): ...

        class Scraper:
            @task
            def inner(self): ...
    """
    found = found_in(source, lib="from pauta import flow\n@flow\ndef other(): ...")
    assert [(one.function, one.kind, one.line) for one in found] == [("fetch", "task", 8), ("full", "flow", 11)]


def test_decorators_of_others_are_no_flows():
    assert found_in("from prefab import flow\n@flow\ndef f(): ...") == []
    assert found_in("from pauta import flow\ndef flow(fn): return fn\n@flow\ndef f(): ...") == []


def test_options_that_are_written_as_values_are_seen_and_the_others_named():
    source = """
        import os
        from datetime import timedelta
        from pauta import flow
        from settings import RETRIES
        WAITS = [1, 10, 60]

        @flow(name="Full flow", retries=RETRIES, retry_delay=WAITS, timeout=timedelta(minutes=5),
              tags=["a", "b"], description="All of it", memory=os.environ["MEMORY"])
        def f(): ...
    """
    found = flow(source, settings="RETRIES = 3")
    assert found.options == {
        "name": "Full flow", "retries": 3, "retry_delay": [1, 10, 60], "timeout": 300.0, "tags": ["a", "b"],
        "description": "All of it",
    }  # fmt: skip
    assert found.unseen == {"memory": 9}
    assert (found.name, found.description) == ("Full flow", "All of it")


def test_a_constant_that_changes_is_not_seen():
    assert flow("from pauta import flow\nN = 1\nN = 2\n@flow(retries=N)\ndef f(): ...").options == {}
    assert flow("from pauta import flow\nif x:\n    N = 1\n@flow(retries=N)\ndef f(): ...").options == {}


def test_options_given_later_come_before_earlier_ones():
    source = "from pauta import flow\n@flow(retries=1, timeout=5)\ndef g(): ...\nf = g.with_options(retries=4)"
    assert flow(source).options == {"retries": 4, "timeout": 5}


def test_parameters_are_seen_with_annotation_default_and_line():
    source = '''
        from pauta import flow
        @flow
        def f(subreddit: str, /, limit: "int" = 25, *rest, deep=False, when: "date", **more):
            """Scrapes.

            And posts.
            """
    '''
    found = flow(source)
    shown = [(p.name, p.annotation, p.required, p.default) for p in found.parameters]
    assert shown == [("limit", "int", False, 25), ("deep", "", False, False), ("when", "date", True, None)]
    assert (found.open, found.positional) == (True, ("subreddit",))
    assert found.description == "Scrapes.\n\nAnd posts."


def test_a_function_that_is_not_there_is_answered_with_the_nearest():
    source = "from pauta import flow\n@flow\ndef full_flow(): ...\ndef helper(): ..."
    assert refused(source, "full_flw") == [
        'FLW-050 flows.py: no function "full_flw"; did you mean "full_flow"? (found: full_flow, helper)'
    ]
    assert refused("x = 1", "f") == ['FLW-050 flows.py: no function "f", nor any other function']
    assert refused("f = [1]", "f") == ['FLW-050 flows.py line 1, column 5: "f" is [1], not a function']


def test_what_cannot_be_seen_is_said_to_be_so():
    assert refused("from elsewhere import f") == [
        'FLW-050 flows.py: what "f" takes cannot be seen without running the file'
    ]


def test_of_a_file_with_one_flow_that_is_meant_and_of_several_they_are_listed():
    one = "from pauta import flow, task\n@task\ndef t(): ...\n@flow\ndef f(): ..."
    assert made_of(one, "").pipeline.name == "f"
    two = refused(one + "\n@flow\ndef g(): ...", "")
    assert two == ["FLW-051 flows.py: there are several flows: f, g"]


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("from pauta import task\n@task\ndef t(): ...", "there is no flow; it has these tasks: t"),
        ("def run(): ...\ndef stop(): ...", "there is no flow; it has these functions: run, stop"),
        ("x = 1", "there is no flow, nor any function"),
    ],
)
def test_a_file_without_a_flow_says_what_it_has(source, told):
    assert refused(source, "") == [f"FLW-051 flows.py: {told}"]


def test_a_generator_is_no_flow():
    body = "    def inner():\n        yield 1\n    for x in inner():\n        yield x"
    source = f"from pauta import flow\n@flow\ndef f():\n{body}"
    assert refused(source) == [
        'FLW-053 flows.py line 7, column 9: flow "f" is a generator: calling it would run none of its body'
    ]
    flow("from pauta import flow\n@flow\ndef f():\n    return [x for x in (y for y in range(3))]")


def test_a_flow_may_be_async_and_a_plain_function_not():
    assert flow("from pauta import flow\n@flow\nasync def f(): ...").is_async
    assert refused("async def f(): ...") == [
        'SCR-011 flows.py line 1, column 1: function "f" is async, which only a flow or a task may be'
    ]


def test_a_syntax_error_is_told_at_its_line():
    assert refused("from pauta import flow\n@flow\ndef f(:\n    pass")[0].startswith("SCR-010 flows.py line 3")
