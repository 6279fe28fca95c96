"""Calls that cannot succeed are told before a run, at their lines; what may be meant is never called a mistake."""

from __future__ import annotations

import pytest
from flow_texts import errors, fine, only_error, warnings

FLOWS = "from pauta import flow, task\n"


# ---- calls -------------------------------------------------------------------------------------

SUMMARIZE = FLOWS + "@task\ndef summarize(titles, urls, *, limit=5): ...\n"


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("summarize(1, url=2)", 'does not take "url"; did you mean "urls"?'),
        ("summarize(1, 2, 3)", "takes 2 by position, and is given 3"),
        ("summarize(1, 2, titles=3)", 'is given "titles" twice'),
        ("summarize(1)", 'is given no "urls"'),
        ("summarize.submit(1)", 'is given no "urls"'),
        ("summarize.map([1], url=[2])", 'does not take "url"; did you mean "urls"?'),
        ("summarize.with_options(retries=2)(1)", None),
        ("summarize(**{'titles': 1, 'url': 2})", 'does not take "url"'),
        ("summarize(1, 2, wait_for=[3], return_state=True)", None),
        ("summarize(*rows)", None),
        ("summarize(**rows)", None),
        ("summarize(*rows, limit=2)", None),
        ("summarize(*rows, limi=2)", 'does not take "limi"; did you mean "limit"?'),
    ],
)
def test_a_call_of_a_task_is_compared_with_what_it_takes(call, told):
    found = errors(SUMMARIZE + f"@flow\ndef f(rows):\n    return {call}\n")
    if told is None:
        assert found == []
    else:
        assert any(told in line and line.startswith("FLW-057 flows.py line 6") for line in found), found


def test_names_behind_two_stars_are_seen_in_a_variable_that_is_used_once():
    body = "    given = {'title': 1, 'url': 2}\n    return summarize(**given)\n"
    assert len(errors(SUMMARIZE + "@flow\ndef f():\n" + body)) == 4
    changed = "    given = {'title': 1}\n    given['urls'] = given.pop('title')\n    return summarize(**given)\n"
    fine(SUMMARIZE + "@flow\ndef f():\n" + changed)


SCRAPER = """
class Scraper:
    def __init__(self, subreddit):
        self.subreddit = subreddit

    def votes(self, posts):
        return posts

    def all(self, posts):
        return {call}

def use(posts):
    {use}
"""


@pytest.mark.parametrize(
    ("call", "use", "told"),
    [
        ("self.votes(posts, 1)", "pass", "takes 1 by position besides the object itself, and is given 2"),
        ("self.votes()", "pass", 'is given no "posts"'),
        ("0", "Scraper('x').votes(posts, 1)", "and is given 2"),
        ("0", "s = Scraper('x')\n    s.votes(posts, 1)", "and is given 2"),
        ("0", "Scraper()", 'Scraper(subreddit) is given no "subreddit"'),
        ("self.votes(posts)", "s = Scraper('x')\n    s = posts\n    s.votes(posts, 1)", None),
        ("self.votes(posts)", "posts.votes(1, 2, 3)", None),
        ("self.other(posts, 1)", "pass", None),
    ],
)
def test_a_call_of_a_method_is_compared_with_what_it_takes(call, use, told):
    found = errors(SCRAPER.format(call=call, use=use))
    assert found == [] if told is None else [told in line for line in found] == [True], found


@pytest.mark.parametrize(
    "source",
    [
        "import functools\ndef deco(f): return f\n@deco\ndef f(x): ...\nf(1, 2)\n",
        "if True:\n    def f(x): ...\nelse:\n    def f(x, y): ...\nf(1, 2)\n",
        "def f(x): ...\ndef f(x, y): ...\nf(1, 2)\n",
        "def f(x): ...\ndef g():\n    global f\n    f = max\nf(1, 2)\n",
        "def f(x): ...\ndef g(f):\n    f(1, 2)\n",
        "def f(x): ...\ndef g():\n    f = max\n    f(1, 2)\n",
        "class A:\n    def f(self, x): ...\n    f = property(f)\n    def g(self):\n        self.f(1, 2)\n",
        "class A(B):  # noqa\n    def f(self, x): ...\n    def g(self):\n        self.f()\n",
        "class A:\n    def f(self): raise NotImplementedError\n    def g(self):\n        self.f(1)\n",
        "class A:\n    def f(self): return 1\n    def g(self): self.f(1)\nclass B(A):\n    def f(self, x): ...\n",
        "class A:\n    def __init__(self): self.f = max\n    def f(self): ...\n    def g(self): self.f(1, 2)\n",
        "class M(type):\n    def __call__(cls, *a): ...\nclass A(metaclass=M):\n    def __init__(self): ...\nA(1)\n",
        "class A:\n    def __new__(cls, *a): ...\n    def __init__(self): ...\nA(1)\n",
        "class A:\n    @staticmethod\n    def f(x): ...\n    @classmethod\n    def h(cls, x): ...\n    def g(self):\n"
        "        self.f(1)\n        self.h(1)\n",
        "def f(x): ...\ntry:\n    f(1, 2)\nexcept TypeError:\n    f(1)\n",
        "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: int\nA(1)\n",
        "def f(a, /, b=1, *c, d=2, **e): ...\nf(1, 2, 3, d=4, g=5, a=6)\n",
    ],
)
def test_a_call_that_may_fit_is_no_mistake(source):
    assert errors(source) == []


def test_a_call_of_a_function_of_a_local_module_names_its_place():
    assert only_error("import lib\nlib.f(1, 2)\n", lib="\n\ndef f(x): ...\n") == (
        "FLW-057 flows.py line 2, column 1: f(x) takes 1 by position, and is given 2 (lib.py:3)"
    )


# ---- flows and tasks ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("t()", 'task "t" is called while the file is loaded'),
        ("rows = t.submit()", 'task "t" is called while the file is loaded'),
        ("def g(x=t()): ...", 'task "t" is called while the file is loaded'),
        ("class A:\n    x = t()", 'task "t" is called while the file is loaded'),
        ("f()", 'flow "f" is called while the file is loaded'),
        ("f.serve(name='x')", 'flow "f" is called while the file is loaded'),
        ("f.from_source(source='.').deploy(name='x')", 'flow "f" is called while the file is loaded'),
    ],
)
def test_what_runs_while_the_file_is_loaded_is_an_error(line, told):
    assert told in only_error(FLOWS + f"@task\ndef t(): ...\n@flow\ndef f(): ...\n{line}\n")


@pytest.mark.parametrize(
    "line",
    [
        'if __name__ == "__main__":\n    f()\n    f.serve(name="x")',
        "t.fn()",
        "g = t.with_options(retries=2)",
        "def g(x=lambda: t()): ...",
        "@flow\ndef g():\n    def h(x=t()): ...\n    return h",
    ],
)
def test_what_runs_later_is_no_mistake(line):
    fine(FLOWS + f"@task\ndef t(): ...\n@flow\ndef f(): ...\n{line}\n")


def test_every_generator_among_flows_and_tasks_is_told():
    assert only_error(FLOWS + "@task\ndef t():\n    yield 1\n").startswith(
        'FLW-053 flows.py line 4, column 5: task "t"'
    )
    assert only_error(FLOWS + "@task\nasync def t():\n    yield 1\n").startswith("FLW-053")


def test_an_option_that_does_not_exist_is_an_error():
    assert only_error(FLOWS + "@flow(retires=2)\ndef f(): ...\n") == (
        'FLW-001 flows.py line 2, column 15: @flow has no option "retires"; did you mean "retries"?'
    )
    assert "FLW-001" in only_error(FLOWS + "@flow(effects=True)\ndef f(): ...\n")


def test_a_task_that_is_defined_twice_is_told():
    (line,) = warnings(FLOWS + "@task\ndef t(): ...\n@task\ndef t(x): ...\n")
    assert line.startswith('FLW-060 flows.py line 3, column 1: task "t" is defined again on line 5')


# ---- slips -------------------------------------------------------------------------------------


def test_a_text_whose_braces_nobody_fills_in_is_told():
    source = (
        "def post(x):\n    try:\n        x()\n    except Exception as e:\n        return {'status': 'error {e}'}\n"
        "    raise ValueError('no {x}')\n"
    )
    assert warnings(source) == [
        'FLW-060 flows.py line 5, column 27: this text holds "{e}" but is not formatted: it stays as it is written',
        'FLW-060 flows.py line 6, column 22: this text holds "{x}" but is not formatted: it stays as it is written',
    ]


@pytest.mark.parametrize(
    "source",
    [
        "def f(x):\n    return f'{x}'\n",
        "def f(x):\n    return '{x}'.format(x=x)\n",
        "def f(x):\n    text = '{x}'\n    return text.format(x=x)\n",
        "def f(x):\n    return '{{x}} {other}'\n",
        "def f(app):\n    @app.get('/items/{item}')\n    def g(item):\n        return item\n",
        "import re\ndef f(x):\n    return re.sub('{x}', x, '')\n",
        'def f(x):\n    """Gives {x}."""\n    return x\n',
    ],
)
def test_a_text_with_braces_that_is_meant_so_is_left_alone(source):
    fine(source)


def test_a_format_that_must_fail_is_told():
    assert "cannot be formatted" in warnings("print('%s %s' % (1,))\n")[0]
    assert "cannot be formatted" in warnings("print('{} {}'.format(1))\n")[0]


def test_a_misspelt_parameter_of_a_dataframe_s_method_is_told():
    assert warnings("def execute(df):\n    df.to_csv('a.csv', indxe=False)\n") == [
        'FLW-057 flows.py line 2, column 24: "to_csv" has no parameter "indxe"; did you mean "index"?'
    ]
    source = "import pandas as pd\ndef execute(rows):\n    df = pd.read_csv('a.csv')\n    return df.append(rows)\n"
    assert warnings(source) == ['FLW-057 flows.py line 4, column 12: DataFrames have no method "append" any more']
    fine("def execute(rows):\n    rows.append(1)\n    rows.to_csv('a', separator=';')\n")


def test_all_mistakes_are_told_at_once_in_the_order_of_lines():
    source = FLOWS + "@task\ndef t(x): ...\n@flow\ndef f():\n    nothing()\n    t()\n    y = y + 1\n"
    assert [line.split(":")[0] for line in errors(source)] == [
        "FLW-054 flows.py line 6, column 5",
        "FLW-057 flows.py line 7, column 5",
        "FLW-055 flows.py line 8, column 9",
    ]


def test_a_file_that_is_nested_too_deeply_to_be_looked_at_is_let_through():
    fine("x = " + " + ".join(["1"] * 3000) + "\n")
