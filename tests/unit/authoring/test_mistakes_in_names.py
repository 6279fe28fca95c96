"""Names that cannot exist are told before a run, at their lines; what may be meant is never called a mistake."""

from __future__ import annotations

import pytest
from flow_texts import checked, errors, fine, only_error, warnings

FLOWS = "from pauta import flow, task\n"


# ---- names -------------------------------------------------------------------------------------


def test_a_name_that_nothing_defines_is_an_error_with_the_nearest():
    source = "def execute(df):\n    sumarization = df\n    return summarization\n"
    assert only_error(source) == (
        'FLW-054 flows.py line 3, column 12: "summarization" is defined nowhere; did you mean "sumarization"?'
    )


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("json", "import json"),
        ("pd", "import pandas as pd"),
        ("httpx", "import httpx"),
        ("Completed", "from pauta import Completed"),
        ("datetime", "from datetime import datetime"),
    ],
)
def test_a_name_that_was_not_imported_is_an_error_with_the_import(name, line):
    (problem,) = checked(f"def execute(df):\n    return {name}(df)\n").errors
    assert problem.code == "FLW-054"
    assert problem.remedy().endswith(line)


def test_a_failure_that_is_caught_is_a_mistake_all_the_same():
    source = "def execute(df):\n    try:\n        return Done(df)\n    except Exception as e:\n        print(e)\n"
    assert only_error(source).startswith('FLW-054 flows.py line 3, column 16: "Done" is defined nowhere')


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    text = unicode\nexcept NameError:\n    text = str\n",
        "import sys\nif sys.version_info < (3,):\n    long = 1\nelse:\n    long = int\nprint(long)\n",
        "from os.path import *\nprint(join('a', 'b'))\n",
        "def f():\n    global made\n    made = 1\ndef g():\n    return made\n",
        "class A:\n    x = 1\n    y = [x for _ in range(3)]\n    def f(self) -> 'A':\n        return self\n",
        "rows = [y for x in [[1]] for y in x if (n := len(x))]\nprint(n, rows)\n",
        "import os.path\nprint(os.path, __file__, __name__, __doc__)\n",
        "def f(x):\n    match x:\n        case {'a': a, **rest}:\n            return a, rest\n        case [b, *c]:\n"
        "            return b, c\n",
        "def f(*args, **kwargs):\n    return lambda x, *y: (args, kwargs, x, y)\n",
        "try:\n    pass\nexcept (OSError, ValueError) as error:\n    print(error)\n",
        "def f():\n    n = 0\n    def g():\n        nonlocal n\n        n += 1\n    return g, n\n",
        "from __future__ import annotations\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import x\n"
        "def f(a: x.Y) -> x.Z: ...\n",
        "for i in range(3):\n    if i:\n        print(before)\n    before = i\n",
        "def f(rows):\n    while rows:\n        if rows[0]:\n            print(last)\n        last = rows.pop()\n",
        "print(undefined)  # noqa: F821\n",
    ],
)
def test_what_python_can_run_is_no_mistake(source):
    fine(source)


@pytest.mark.parametrize(
    "source",
    [
        "globals()['made'] = 1\nprint(made)\n",
        "exec('made = 1')\nprint(made)\n",
        "import builtins\nbuiltins.made = 1\nprint(made)\n",
        "import sys\nsetattr(sys.modules[__name__], 'made', 1)\nprint(made)\n",
        "import sys\nif sys.version_info < (3,):\n    made()\n",
        "from __future__ import annotations\ndef f(x: Made): ...\n",
    ],
)
def test_a_name_that_may_be_made_while_the_file_runs_is_only_doubtful(source):
    assert errors(source) == []
    assert len(warnings(source)) == 1


# ---- variables without a value -----------------------------------------------------------------


def test_a_variable_that_hides_a_task_is_told_with_both_lines():
    source = FLOWS + "@task\ndef items_to_post(x): ...\n@flow\ndef post():\n    items_to_post = items_to_post(1)\n"
    assert only_error(source) == (
        'FLW-055 flows.py line 6, column 21: "items_to_post" has no value yet on this line: line 6 assigns to it, '
        'which makes it a variable of "post" and hides the task of that name (line 3)'
    )


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    print(x)\n    x = 1\n",
        "def f():\n    x += 1\n    x = 2\n",
        "def f():\n    for i in rows:\n        print(i)\n    rows = [1]\n",
        "print(x)\nx = 1\n",
        "def f(a):\n    if a:\n        print(x)\n    else:\n        x = 1\n    x = 2\n",
        "def f():\n    import os\n    def g():\n        y()\n        y = 1\n    return os, g\n",
    ],
)
def test_a_variable_that_is_read_before_any_assignment_is_an_error(source):
    assert only_error(source).startswith("FLW-055")


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    def g():\n        return x\n    x = 1\n    return g\n",
        "def f():\n    g = lambda: x\n    x = 1\n    return g\n",
        "def f(a):\n    if a:\n        x = 1\n    print(x)\n",
        "def f():\n    try:\n        print(x)\n    except UnboundLocalError:\n        x = 1\n",
        "def f():\n    x: int\n    x = 1\n    return x\n",
        "def f():\n    if 'x' in locals():\n        print(x)\n    x = 1\n",
        "def f():\n    with open('a') as x, open(x.name) as y:\n        return y\n",
        "def f():\n    x = y = 1\n    del x\n    x = y\n    return x\n",
        "def init():\n    global x\n    x = 1\ninit()\nprint(x)\nx = 2\n",
        "def f():\n    return [x for x in range(3)]\n    x = 1\n",
        "id = id(1)\n",
    ],
)
def test_a_variable_that_may_have_a_value_is_no_mistake(source):
    assert errors(source) == []


# ---- imports -----------------------------------------------------------------------------------


def test_a_module_that_is_not_installed_is_told_but_may_be_there_where_it_runs():
    assert errors("import pandsa\nimport nowhere_at_all\n") == []
    assert warnings("import pandsa\nimport nowhere_at_all\n") == [
        'FLW-056 flows.py line 1, column 8: there is no module "pandsa" here; did you mean "pandas"?',
        'FLW-056 flows.py line 2, column 8: there is no module "nowhere_at_all" here',
    ]
    assert checked("import nowhere_at_all\n", here=False).warnings == []
    fine("try:\n    import nowhere_at_all\nexcept ImportError:\n    nowhere_at_all = None\n")


def test_a_name_that_a_local_module_lacks_is_an_error():
    helpers = "def fetch_titles(): ...\ndef fetch_urls(): ...\n"
    assert only_error("from helpers import fetch_title\n", helpers=helpers) == (
        'FLW-056 flows.py line 1, column 21: "helpers.py" has no "fetch_title"; did you mean "fetch_titles"?'
    )
    assert only_error("import helpers\nhelpers.fetch_tiles()\n", helpers=helpers).startswith(
        'FLW-056 flows.py line 2, column 1: "helpers.py" has no "fetch_tiles"'
    )


@pytest.mark.parametrize(
    "helpers",
    [
        "def __getattr__(name): ...\n",
        "from os import *\n",
        "globals().update(other=1)\n",
        "if True:\n    other = 1\n",
        "def f():\n    global other\n    other = 1\nf()\n",
    ],
)
def test_a_local_module_that_may_have_the_name_is_left_alone(helpers):
    fine("from helpers import other\nimport helpers\nprint(helpers.other)\n", helpers=helpers)


def test_modules_of_a_package_are_found():
    modules = {"lib__INIT": "", "lib__a": "from . import b\nfrom .b import x\n", "lib__b": "x = 1\n"}
    fine("import lib.a\nfrom lib import b\nfrom lib.a import x, b as c\nprint(lib.a, b.x, x, c)\n", **modules)


def test_mistakes_in_local_modules_are_told_at_their_places():
    assert only_error("import helpers\n", helpers="def f():\n    return nothing\n").startswith(
        "FLW-054 helpers.py line 2"
    )


def test_what_pauta_does_not_have_is_an_error():
    assert only_error("from pauta import flwo\n").startswith(
        'FLW-056 flows.py line 1, column 19: "pauta" has no "flwo"; did you mean "flow"?'
    )


def test_imports_of_prefect_are_told_with_what_to_write_instead():
    (first, second, third) = checked("from prefect import flow, task\nfrom prefect.states import Completed\n").errors
    assert [problem.remedy() for problem in (first, second, third)] == [
        "Write: from pauta import flow",
        "Write: from pauta import task",
        "Write: from pauta import Completed",
    ]
    assert (first.place.line, third.place.line) == (1, 2)
