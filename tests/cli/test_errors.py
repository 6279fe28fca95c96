"""Mistakes at the keyboard, problems with a place, and errors of our own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from answers import Answer
from fake_project import FakeProject

from pauta.cli.source_lines import window
from pauta.domain.problems import InvalidInput, Place, Problem

Call = Callable[..., Answer]


@pytest.mark.parametrize(
    ("words", "pieces"),
    [
        (("rnu",), ("CLI-001", '"run"')),
        (("zzzzzz",), ("CLI-001", "pauta --help")),
        (("run", "--no-cash"), ("CLI-001", "--no-cache")),
        (("run", "--qqqqqq"), ("CLI-001", "`pauta run` has no option --qqqqqq")),
        (("show",), ("CLI-001", "`pauta show` needs RUN")),
        (("show", "a", "b"), ("CLI-001", "no further argument: b")),
        (("run", "--slots", "many"), ("CLI-001", "--slots", '"many"')),
        (("run", "--slots", "0"), ("CLI-001", '"0"')),
        (("gc", "--older-than", "nan"), ("CLI-001", '"nan"')),
        (("run", "--slots"), ("CLI-001", "--slots needs a value")),
        (("run", "--lang", "xx"), ("CLI-001", "--lang", "en, pt")),
        (("runs", "--lang"), ("CLI-001", "--lang needs a value")),
    ],
)
def test_a_mistake_at_the_keyboard_is_exit_code_2_with_a_hint(
    project: FakeProject, call: Call, words: tuple[str, ...], pieces: tuple[str, ...]
) -> None:
    answer = call(*words)
    assert answer.code == 2
    assert answer.out == ""
    text = " ".join(answer.err.split())
    for piece in pieces:
        assert piece in text
    as_json = call(*words, "--json")
    assert as_json.code == 2
    assert as_json.json["error"]["code"] == "CLI-001"
    assert "Usage" not in as_json.err


def test_mistakes_are_told_in_portuguese_too(project: FakeProject, call: Call) -> None:
    assert "precisa de EXECUÇÃO" in call("show", "--lang", "pt").err
    assert "quis dizer --no-cache?" in call("run", "--no-cash", PAUTA_LANG="pt_BR").err


DOCUMENT = '{\n  "name": "x",\n\t"dataframes": ["df_falha"]\n}\n'


def test_a_problem_with_a_place_shows_the_line_with_a_caret_under_the_column(
    project: FakeProject, call: Call, tmp_path: Path
) -> None:
    (tmp_path / "pipeline.json").write_text(DOCUMENT)
    places = [
        Place("pipeline.json", 3, 17, "steps[0].dataframes[0]"),
        Place("pipeline.json", 2, 3),
        Place("x.py", 9, 1),
    ]
    project.fault = InvalidInput([Problem("RCP-006", {}, place=place) for place in places])
    answer = call("check")
    assert answer.code == 2
    lines = answer.err.splitlines()
    shown = next(i for i, line in enumerate(lines) if "df_falha" in line)
    assert lines[shown + 1].index("^") == lines[shown].index('"df_falha"')
    second = next(i for i, line in enumerate(lines) if '"name"' in line)
    assert lines[second + 1].index("^") == lines[second].index('"name"')
    assert "pipeline.json, line 3, column 17: steps[0].dataframes[0]" in answer.err
    assert "3 problems" in answer.err
    assert "linha 3, coluna 17" in call("check", "--lang", "pt").err


def test_the_first_hundred_of_many_problems_are_shown_with_the_total(project: FakeProject, call: Call) -> None:
    project.fault = InvalidInput([Problem("RCP-002", {}) for _ in range(250)])
    answer = call("check")
    assert answer.err.count("✗ RCP-002") == 100
    assert "250 problems" in answer.err
    assert len(call("check", "--json").json["problems"]) == 250


@pytest.mark.parametrize(
    ("line", "column", "shown", "under"),
    [
        ("    abc", 5, "abc", "a"),
        ("\tabc", 2, "abc", "a"),
        ("abc", 99, "abc", None),
        ("x" * 200 + "HERE" + "y" * 200, 201, None, "H"),
        ("a\x1b[31mb", 1, "a [31mb", "a"),
    ],
)
def test_the_caret_stays_under_its_character(line: str, column: int, shown: str | None, under: str | None) -> None:
    text, caret = window(line, column, 40)
    assert len(text) <= 40
    assert shown is None or text == shown
    assert caret is not None
    assert under is None or text[caret] == under


def test_a_caret_counts_wide_characters_as_two_cells(project: FakeProject, call: Call, tmp_path: Path) -> None:
    (tmp_path / "pipeline.json").write_text("日本語x\n", encoding="utf-8")
    project.fault = InvalidInput(Problem("RCP-001", {}, place=Place("pipeline.json", 1, 4)))
    lines = call("check").err.splitlines()
    shown = next(i for i, line in enumerate(lines) if "日本語x" in line)
    assert lines[shown + 1].index("^") == lines[shown].index("日") + 6


def test_control_codes_in_a_problem_do_not_reach_the_terminal(project: FakeProject, call: Call) -> None:
    values = {"found": "\x1b[2J\x9b31mevil\x07"}
    project.fault = InvalidInput(Problem("CLI-002", values, place=Place("\x1b]0;x\x07p.json", 1, 1, "\x1b[1mf")))
    answer = call("check")
    assert "evil" in answer.err
    assert not {"\x1b", "\x9b", "\x07"} & set(answer.err)
    assert not {"\x9b", "\x07"} & set(call("check", "--json").out)


def test_an_error_of_our_own_is_told_without_a_traceback(project: FakeProject, call: Call) -> None:
    project.fault = RuntimeError("boom")
    answer = call("runs")
    assert answer.code == 1
    assert "CLI-900" in answer.err
    assert "RuntimeError: boom" in answer.err
    assert "Traceback" not in answer.err
    assert call("runs", "--json").json["error"]["code"] == "CLI-900"
    with pytest.raises(RuntimeError, match="boom"):
        call("runs", PAUTA_DEBUG="1")


def test_a_problem_stays_a_problem_while_debugging(project: FakeProject, call: Call) -> None:
    assert call("show", "zzz", PAUTA_DEBUG="1").code == 2


def test_ctrl_c_outside_a_run_ends_quietly(project: FakeProject, call: Call) -> None:
    project.fault = KeyboardInterrupt()
    answer = call("runs")
    assert answer.code == 130
    assert "CLI-901" in answer.err


def test_json_holds_no_numbers_that_json_lacks(project: FakeProject, call: Call) -> None:
    project.profiled = {"mean": float("nan"), "max": float("inf"), "text": "\ud800"}
    answer = call("frame", "latest", "df_merged", "--json")
    assert "NaN" not in answer.out
    assert answer.json["profile"] == {"mean": None, "max": None, "text": "\ud800"}


def test_asking_for_help_loads_none_of_the_heavy_packages() -> None:
    code = (
        "import sys\nfrom pauta.cli.app import main\nsys.argv = ['pauta', *sys.argv[1:]]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'pydantic', 'sqlalchemy', 'pandas', 'pyarrow', 'rich', 'asyncio', 'msgspec', 'yaml'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
    )
    for words in (["--help"], ["run", "--help"], ["--version"], ["--lang", "pt", "frame", "--help"]):
        done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
        assert done.stderr.strip() == "[]"
        assert done.stdout.strip()


def test_a_reader_that_leaves_early_ends_nothing_with_a_complaint() -> None:
    code = (
        "import sys\nsys.path.insert(0, sys.argv.pop(1))\nfrom contextlib import nullcontext\n"
        "from fake_project import FakeProject, run_view, RUN\nimport pauta.assembly\n"
        "fake = FakeProject(known={RUN: run_view(steps=run_view().steps * 50)})\n"
        "pauta.assembly.open_project = lambda *_, **__: nullcontext(fake)\n"
        "from pauta.cli.app import main\nsys.argv[0] = 'pauta'\nmain()\n"
    )
    for words, ending in ((["show", "latest"], 0), (["show", "latest", "--json"], 1)):
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(Path(__file__).parent), *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        complaint = process.stderr.read()
        process.stderr.close()
        assert (process.wait(timeout=30), complaint) == (ending, "")
