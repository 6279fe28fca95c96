"""B10 to B12 and B20: scripts are found, read and understood without being run."""

from __future__ import annotations

import gc
import threading
import time
from pathlib import Path

import pytest
from blake3 import blake3
from recipe_texts import pipeline, step

from pauta.authoring.locate import find_script
from pauta.authoring.scripts import ReadScript, read_script, read_scripts
from pauta.domain.problems import InvalidInput
from pauta.domain.scripts import Parameter

PLAIN = "def execute(df):\n    return df\n"


def write(root: Path, **files: str) -> Path:
    """Files by name: ``steps__a`` is ``steps/a.py``."""
    for name, text in files.items():
        path = root / (name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def read(root: Path, source: str | bytes, name: str = "treina_modelo.py") -> ReadScript:
    path = root / name
    path.write_bytes(source if isinstance(source, bytes) else source.encode())
    return read_script(path, root=root)


def refusal(root: Path, source: str | bytes) -> list[str]:
    with pytest.raises(InvalidInput) as refused:
        read(root, source)
    return [problem.line() for problem in refused.value.problems]


# ---- where scripts are -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("/app/app/pipeline/steps/modelo/a.py", "modelo/a.py"),
        ("modelo/a.py", "modelo/a.py"),
        ("./modelo/../modelo/a.py", "modelo/a.py"),
        ("C:\\app\\steps\\b.py", "b.py"),
        ("/elsewhere/b.py", "b.py"),
    ],
)
def test_a_script_is_found_by_the_longest_existing_ending_of_its_path(tmp_path, written, found):
    write(tmp_path, modelo__a=PLAIN, a=PLAIN, b=PLAIN)
    assert find_script(written, root=tmp_path) == tmp_path / found


def test_a_path_written_inside_the_folder_means_just_that_file(tmp_path):
    write(tmp_path, a=PLAIN)
    assert find_script(str(tmp_path / "a.py"), root=tmp_path) == tmp_path / "a.py"
    with pytest.raises(InvalidInput, match=r"SCR-002 .*nearest: a\.py"):
        find_script(str(tmp_path / "other" / "a.py"), root=tmp_path)


@pytest.mark.parametrize("written", ["../outside.py", "steps/../../outside.py", "..\\outside.py"])
def test_B10_a_path_that_climbs_out_is_outside(tmp_path, written):
    root = write(tmp_path / "scripts", a=PLAIN)
    write(tmp_path, outside=PLAIN)
    with pytest.raises(InvalidInput) as refused:
        find_script(written, root=root, step="x")
    assert refused.value.problems[0].line() == f'SCR-001 step "x": script "{written}" is outside the project\'s scripts'


def test_B10_an_existing_file_elsewhere_is_outside(tmp_path):
    root = write(tmp_path / "scripts", a=PLAIN)
    write(tmp_path, outside=PLAIN)
    with pytest.raises(InvalidInput, match=r'SCR-001 step "x": script ".*is outside'):
        find_script(str(tmp_path / "outside.py"), root=root, step="x")


def test_B10_a_link_out_of_the_folder_is_outside(tmp_path):
    root = write(tmp_path / "scripts", a=PLAIN)
    write(tmp_path, outside=PLAIN)
    (root / "inside.py").symlink_to(tmp_path / "outside.py")
    (root / "folder").symlink_to(tmp_path)
    for written in ("inside.py", "folder/outside.py"):
        with pytest.raises(InvalidInput, match="SCR-001"):
            find_script(written, root=root)


def test_a_link_within_the_folder_and_a_link_to_the_folder_are_fine(tmp_path):
    root = write(tmp_path / "scripts", a=PLAIN)
    (root / "b.py").symlink_to(root / "a.py")
    (tmp_path / "link").symlink_to(root)
    path = find_script("b.py", root=tmp_path / "link")
    assert read_script(path, root=tmp_path / "link").script.path == "b.py"


def test_B10_a_missing_script_is_answered_with_the_nearest(tmp_path):
    write(tmp_path, modelo__treina_modelo=PLAIN, modelo__junta=PLAIN)
    with pytest.raises(InvalidInput) as refused:
        find_script("modelo/treino_modelo.py", root=tmp_path, step="x")
    (problem,) = refused.value.problems
    assert problem.message().startswith('step "x": script "modelo/treino_modelo.py" not found in ')
    assert problem.message().endswith("; nearest: modelo/treina_modelo.py")


@pytest.mark.parametrize("written", ["", ".", "/", "x" * 5000, "a\0b.py", "modelo", "///", "~root/a.py", "a.py/"])
def test_B10_no_path_leads_to_anything_but_a_script(tmp_path, written):
    write(tmp_path, modelo__a=PLAIN)
    with pytest.raises(InvalidInput, match="SCR-002"):
        find_script(written, root=tmp_path)


# ---- bytes -------------------------------------------------------------------------------------


def test_B20_latin_1_without_a_coding_line_is_refused_with_byte_and_line(tmp_path):
    (line,) = refusal(tmp_path, b"a = 1\n\n\nb = '\xe7'\n")
    assert line == (
        "SCR-003 treina_modelo.py line 4: byte 0xe7 at line 4: not UTF-8; "
        'save as UTF-8 or add "# -*- coding: latin-1 -*-"'
    )


def test_B20_a_coding_line_and_a_byte_order_mark_are_honoured(tmp_path):
    assert read(tmp_path, "# -*- coding: latin-1 -*-\nx = 'ç'\n".encode("latin-1") + PLAIN.encode()).script.name
    assert read(tmp_path, b"#!/usr/bin/env python\n# vim: set fileencoding=cp1252 :\nx = '\x80'\n" + PLAIN.encode())
    assert read(tmp_path, b"\xef\xbb\xbf" + PLAIN.encode()).source.startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (PLAIN.encode("utf-16"), "line 1: byte 0xff at line 1: this is UTF-16; save as UTF-8"),
        (b"a = 1\nb = '\0'\n", "line 2: byte 0x00 at line 2: a script holds text only"),
        (b"# coding: nonesuch\n", 'line 1: unknown encoding "nonesuch"'),
        (b"# coding: rot13\n", 'line 1: unknown encoding "rot13"'),
        (
            b"# coding: ascii\nx = '\xe7'\n",
            "line 2: byte 0xe7 at line 2: not ascii, which the script says it is written in",
        ),
    ],
)
def test_B20_bytes_that_are_no_script_are_refused(tmp_path, source, expected):
    assert refusal(tmp_path, source) == [f"SCR-003 treina_modelo.py {expected}"]


# ---- syntax and execute ------------------------------------------------------------------------


def test_B11_a_syntax_error_is_named_with_line_and_column(tmp_path):
    (line,) = refusal(tmp_path, PLAIN + "\n" * 28 + "model.fit(x, = y)\n")
    assert line == "SCR-010 treina_modelo.py line 31, column 14: invalid syntax"
    (line,) = refusal(tmp_path, "ç = 'é'; metrics = {\n")
    assert line == "SCR-010 treina_modelo.py line 1, column 20: '{' was never closed"


def test_B11_what_only_the_compiler_sees_is_a_syntax_error_too(tmp_path):
    assert refusal(tmp_path, "return 5\n") == ["SCR-010 treina_modelo.py line 1, column 1: 'return' outside function"]
    assert refusal(tmp_path, "-" * 100_000 + "1") == ["SCR-010 treina_modelo.py: nested too deeply for Python"]


def test_B12_a_script_without_execute_is_refused_with_what_was_found(tmp_path):
    source = "def executa(df): pass\n\nif True:\n    def main(): pass\n"
    assert refusal(tmp_path, source) == ['SCR-011 treina_modelo.py: no function "execute" (found: executa, main)']
    assert refusal(tmp_path, "") == ['SCR-011 treina_modelo.py: no function "execute"']


def test_B12_an_async_or_uncallable_execute_is_refused(tmp_path):
    assert refusal(tmp_path, "async def execute(df): pass") == [
        'SCR-011 treina_modelo.py line 1, column 1: function "execute" is async, which is not supported'
    ]
    assert refusal(tmp_path, "execute = 5") == [
        'SCR-011 treina_modelo.py line 1, column 11: "execute" is 5, not a function'
    ]


def test_B12_nothing_of_the_script_is_run(tmp_path):
    read(tmp_path, f"open({str(tmp_path / 'ran')!r}, 'w')\n" + PLAIN)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("source", "names", "is_open"),
    [
        ("def execute(df, alpha=1, *, beta, gamma=2): pass", ["df!", "alpha", "beta!", "gamma"], False),
        ("def execute(df, *args, **kwargs): pass", ["df!"], True),
        ("execute = lambda df, alpha=1: df", ["df!", "alpha"], False),
        ("def run(df): pass\nexecute = run", ["df!"], False),
        ("from helpers import execute", [], True),
        ("from helpers import run as execute", [], True),
        ("from helpers import *", [], True),
        ("execute = make()", [], True),
        ("class execute: pass", [], True),
        ("try:\n  from fast import execute\nexcept ImportError:\n  def execute(df): pass", ["df!"], False),
        ("def execute(df=None, /, alpha=1): pass", ["alpha"], False),
    ],
)
def test_what_execute_takes_is_seen_in_its_definition(tmp_path, source, names, is_open):
    signature = read(tmp_path, source).script.signature
    assert [p.name + "!" * p.required for p in signature.parameters] == names
    assert signature.open is is_open


def test_annotations_are_kept_as_written(tmp_path):
    source = "import polars as pl\ndef execute(a: pl.DataFrame, b: 'pd.DataFrame', c=1) -> None: pass"
    signature = read(tmp_path, source).script.signature
    assert signature.parameters[:2] == (Parameter("a", True, "pl.DataFrame"), Parameter("b", True, "pd.DataFrame"))
    assert signature.line == 2


def test_B13_parameters_that_can_only_be_given_by_position_are_refused(tmp_path):
    assert refusal(tmp_path, "ç = 1; execute = lambda a, b, /, c: a") == [
        f"SCR-012 treina_modelo.py line 1, column {column}: "
        f'execute(a, b, /, c): "{name}" can only be given by position, but frames and kwargs are given by name'
        for name, column in (("a", 25), ("b", 28))
    ]


# ---- modules and versions ----------------------------------------------------------------------


def test_modules_beside_the_script_and_in_the_folder_are_read_with_it(tmp_path):
    write(
        tmp_path,
        steps__a="import beside\nfrom lib.text import clean\nfrom . import near\n" + PLAIN,
        steps__beside="def f():\n    import shared\n",
        steps__near="",
        shared="import steps.a",
        lib__init="",
        lib__text="from .deep import *\nfrom . import other",
        lib__deep="",
        lib__other="",
        beside="wrong",
        unused="",
    )
    (tmp_path / "lib" / "init.py").rename(tmp_path / "lib" / "__init__.py")
    found = read_script(tmp_path / "steps" / "a.py", root=tmp_path)
    assert list(found.modules) == [
        "lib/__init__.py", "lib/deep.py", "lib/other.py", "lib/text.py",
        "shared.py", "steps/beside.py", "steps/near.py",
    ]  # fmt: skip
    assert found.script.modules["shared.py"] == blake3(b"import steps.a").hexdigest()
    assert found.script.source == blake3(found.source).hexdigest()
    assert (found.script.name, found.script.path) == ("a.py", "steps/a.py")


def test_a_file_named_like_the_standard_library_or_a_missing_package_is_not_taken_for_it(tmp_path):
    write(tmp_path, random="", json="", a="import random, json.decoder, pandas, nowhere.at_all\n" + PLAIN)
    assert read_script(tmp_path / "a.py", root=tmp_path).modules == {}


def test_imports_never_lead_out_of_the_folder(tmp_path):
    root = write(tmp_path / "scripts", a="from .. import outside\nfrom ... import secret\n" + PLAIN)
    write(tmp_path, outside="")
    assert read_script(root / "a.py", root=root).modules == {}
    (root / "linked.py").symlink_to(tmp_path / "outside.py")
    write(root, a="import linked\n" + PLAIN)
    with pytest.raises(InvalidInput, match=r"SCR-001 linked\.py"):
        read_script(root / "a.py", root=root)


def test_the_version_follows_the_bytes_of_script_and_modules(tmp_path):
    write(tmp_path, a="import b\n" + PLAIN, b="x = 1")
    first = read_script(tmp_path / "a.py", root=tmp_path).script.version
    assert read_script(tmp_path / "a.py", root=tmp_path).script.version == first
    write(tmp_path, b="x = 2")
    second = read_script(tmp_path / "a.py", root=tmp_path).script.version
    write(tmp_path, b="x = 1", c="y = 1")
    assert read_script(tmp_path / "a.py", root=tmp_path).script.version == first != second


def test_B21_the_same_bytes_are_the_same_version_wherever_they_lie(tmp_path):
    write(tmp_path, a=PLAIN, old__a=PLAIN)
    versions = {read_script(tmp_path / name, root=tmp_path).script.version for name in ("a.py", "old/a.py")}
    assert len(versions) == 1


def test_B11_a_module_with_a_syntax_error_is_named(tmp_path):
    write(tmp_path, a="import b\n" + PLAIN, b="x = (")
    with pytest.raises(InvalidInput, match=r"SCR-010 b\.py line 1, column 5: '\(' was never closed"):
        read_script(tmp_path / "a.py", root=tmp_path)


def test_the_scripts_of_a_pipeline_are_read_with_all_their_problems(tmp_path):
    write(tmp_path, steps__a=PLAIN, steps__b="x = (", steps__c="def main(): pass")
    again = step("again") | {"file_path": "steps/b.py"}
    steps = pipeline(step("a"), step("b"), again, step("c"), step("d")).steps
    scripts, problems = read_scripts(steps, root=tmp_path)
    assert list(scripts) == ["a"]
    assert [problem.code for problem in problems] == ["SCR-010", "SCR-011", "SCR-002"]
    assert problems[2].place == steps[4].places["file_path"]


def test_several_threads_read_scripts_at_once(tmp_path):
    source = "def execute(df):\n    return " + " + ".join(["(df * df)"] * 200) + "\n"
    errors = []

    def read_often(depth: int) -> None:
        if depth:
            return read_often(depth - 1)
        try:
            for _ in range(10):
                read(tmp_path, source, f"{threading.get_ident()}.py")
        except SystemError as error:
            errors.append(error)

    def give_way(phase: str, info: object) -> None:
        time.sleep(0)  # a collection of garbage may let another thread go on in the middle of parsing

    threshold = gc.get_threshold()
    gc.set_threshold(50)
    gc.callbacks.append(give_way)
    try:
        threads = [threading.Thread(target=read_often, args=(10 * n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        gc.callbacks.remove(give_way)
        gc.set_threshold(*threshold)
    assert errors == []
