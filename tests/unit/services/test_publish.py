"""Publishing: what is checked, what is the same, what is stale, what is kept."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from publishing_world import World, codes_of, pipeline, problems_of, sent, taking, world

from pauta.domain.ids import Address
from pauta.domain.problems import Conflict, InvalidInput, NotFound
from pauta.ports.objects import Stored
from pauta.services import publish_views
from pauta.services.access import Forbidden
from pauta.services.behalf import Behalf
from pauta.services.publish import activate, publish
from pauta.services.publish_checks import MOST_SCRIPTS, Sent, check_view


@pytest.fixture
def at(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        yield made


def test_the_first_version_is_number_one_and_active(at: World) -> None:
    published = at.publish()
    assert (published.name, published.version, published.identical, published.active) == ("p", 1, False, True)
    assert at.actions == ["pipeline.publish"]


def test_the_same_bytes_are_the_same_version(at: World) -> None:
    at.publish()
    again = at.publish()
    assert (again.version, again.identical) == (1, True)
    assert len(publish_views.list_versions(at.control, "p").versions) == 1


def test_a_script_that_no_step_uses_makes_no_version(at: World) -> None:
    at.publish(scripts={"a.py": b"def execute():\n    pass\n"})
    again = at.publish(scripts={"a.py": b"def execute():\n    pass\n", "notes/other.py": b"1"})
    assert again.identical
    assert [s.path for s in publish_views.view_version(at.control, "p", 1).scripts] == ["a.py"]


def test_a_module_that_a_script_imports_is_part_of_the_version(at: World) -> None:
    scripts = {"a.py": b"from lib import helper\ndef execute():\n    pass\n", "lib/helper.py": b"X = 1\n"}
    at.publish(scripts=scripts)
    assert not at.publish(scripts=scripts | {"lib/helper.py": b"X = 2\n"}).identical
    shown = publish_views.view_version(at.control, "p", 2)
    assert [s.path for s in shown.scripts] == ["a.py", "lib/helper.py"]


def test_a_file_of_the_servers_own_disk_is_no_script(at: World) -> None:
    own = at.control.folder / "a.py"
    own.write_text("def execute(): pass\n")
    assert codes_of(lambda: at.publish(scripts={}), InvalidInput) == ["SCR-002"]
    document = pipeline(prediction_steps=[{"name": "a", "file_path": str(own)}])
    assert codes_of(lambda: at.publish(document, scripts={}), InvalidInput) == ["SCR-002"], "nor told apart"


def test_an_older_form_published_again_becomes_active_again(at: World) -> None:
    at.publish()
    at.publish(scripts={"a.py": b"def execute():\n    return 2\n"})
    at.publish()
    assert publish_views.view_pipeline(at.control, "p").active == 1
    assert [a.version for a in publish_views.list_activations(at.control, "p").activations] == [1, 2, 1]


def test_a_version_may_be_published_without_becoming_active(at: World) -> None:
    at.publish()
    second = at.publish(scripts={"a.py": b"def execute():\n    return 2\n"}, activate=False)
    assert not second.active
    assert publish_views.view_pipeline(at.control, "p").active == 1


def test_b21_a_stale_base_is_refused_with_what_changed_meanwhile(at: World) -> None:
    at.publish(scripts={"a.py": b"def execute():\n    return 1\n"})
    at.publish(scripts={"a.py": b"def execute():\n    return 2\n"})
    mine = {"a.py": b"def execute():\n    return 3\n"}
    problem = problems_of(lambda: at.publish(scripts=mine, based_on=1), Conflict)[0]
    assert problem.line() == "SCR-040 based on v1, current is v2"
    assert "-    return 1\n+    return 2\n" in problem.remedy()
    assert at.publish(scripts=mine, based_on=2).version == 3


def test_b21_a_base_that_never_was_is_refused(at: World) -> None:
    at.publish()
    other = {"a.py": b"def execute():\n    return 3\n"}
    assert codes_of(lambda: at.publish(scripts=other, based_on=7), Conflict) == ["SCR-040"]


def test_a_stale_base_with_the_newest_bytes_is_no_conflict(at: World) -> None:
    at.publish(scripts={"a.py": b"def execute():\n    return 1\n"})
    at.publish(scripts={"a.py": b"def execute():\n    return 2\n"})
    assert at.publish(scripts={"a.py": b"def execute():\n    return 2\n"}, based_on=1).identical
    older = {"a.py": b"def execute():\n    return 1\n"}
    assert codes_of(lambda: at.publish(scripts=older, based_on=1), Conflict) == ["SCR-040"]


def test_b11_a_syntax_error_names_script_line_and_column_and_makes_no_version(at: World) -> None:
    broken = {"a.py": b"def execute():\n    return (1\n"}
    problem = problems_of(lambda: at.publish(scripts=broken), InvalidInput)[0]
    assert problem.code == "SCR-010"
    assert problem.place is not None
    assert (problem.place.file, problem.place.line) == ("a.py", 2)
    assert codes_of(lambda: publish_views.view_pipeline(at.control, "p"), NotFound) == ["PIP-001"]


def test_b12_a_script_without_execute_names_what_was_found(at: World) -> None:
    problem = problems_of(lambda: at.publish(scripts={"a.py": b"def executa(): pass\ndef main(): pass\n"}))[0]
    assert problem.line() == 'SCR-011 a.py: no function "execute" (found: executa, main)'


def test_b13_a_value_that_the_recipe_does_not_give_is_named(at: World) -> None:
    problem = problems_of(lambda: at.publish(scripts={"a.py": b"def execute(alvo): pass\n"}))[0]
    assert problem.code == "SCR-012"
    assert problem.place is not None
    assert problem.place.file == "p.json"


def test_nothing_of_a_script_is_run(at: World, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    at.publish(scripts={"a.py": f"open({str(mark)!r}, 'w')\ndef execute(): pass\n".encode()})
    assert not mark.exists()


def test_the_predict_steps_are_checked_too(at: World) -> None:
    document = pipeline(predict_steps=[{"name": "b", "file_path": "b.py"}])
    assert codes_of(lambda: at.publish(document, scripts={"a.py": b"def execute(): pass"})) == ["SCR-002"]


def test_b8_a_document_beyond_the_limit_is_refused(at: World) -> None:
    big = Sent("p.json", b" " * 2**20 + b"{}", {})
    assert codes_of(lambda: publish(at.control, big, behalf=at.me), InvalidInput) == ["RCP-008"]


def test_b8_a_script_beyond_the_limit_is_refused(at: World) -> None:
    big = b"def execute(): pass\n#" + b" " * 8 * 2**20
    assert codes_of(lambda: at.publish(scripts={"a.py": big}), InvalidInput) == ["SCR-004"]


def test_too_many_scripts_are_refused(at: World) -> None:
    many = {f"s{i}.py": b"" for i in range(MOST_SCRIPTS + 1)}
    assert codes_of(lambda: at.publish(scripts=many), InvalidInput) == ["PIP-007"]


@pytest.mark.parametrize(
    "path",
    [
        "../a.py",
        "/etc/passwd",
        "a/../b.py",
        "./a.py",
        "a//b.py",
        "",
        "a/",
        "a\\b.py",
        "a\0.py",
        "a\n.py",
        "\ud800.py",
        "x" * 201,
        "/".join(["x" * 100] * 6),
        "..",
        ".",
        "a/..",
        "\u202ea.py",
    ],
)
def test_s7_a_path_that_could_lead_elsewhere_is_refused(at: World, path: str) -> None:
    assert codes_of(lambda: at.publish(scripts={path: b"1"}), InvalidInput) == ["PIP-006"]


def test_a_path_that_is_a_file_and_a_folder_is_refused(at: World) -> None:
    assert codes_of(lambda: at.publish(scripts={"a": b"", "a/b.py": b""}), InvalidInput) == ["PIP-006"]


@pytest.mark.parametrize(
    "file", ["p.txt", "../p.json", "a/p.json", "p", "", "p\0.json", "a\\p.json", "x" * 300 + ".json"]
)
def test_a_document_has_a_plain_name_that_tells_its_format(at: World, file: str) -> None:
    wanted = sent(pipeline(), file=file)
    assert codes_of(lambda: publish(at.control, wanted, behalf=at.me), InvalidInput) == ["PIP-008"]


def test_yaml_is_published_as_it_was_written(at: World) -> None:
    text = b"# mine\nmodel_name: p\nprediction_steps:\n- {name: a, file_path: a.py}\n"
    publish(at.control, Sent("p.yaml", text, {"a.py": b"def execute(): pass"}), behalf=at.me)
    assert publish_views.view_version(at.control, "p", 1).document.encode() == text


def test_whoever_may_not_edit_the_pipeline_publishes_nothing(at: World) -> None:
    def refuse(pipeline: str) -> None:
        raise Forbidden(problems_of(lambda: activate(at.control, "?", 1, behalf=at.me))[0])

    with pytest.raises(Forbidden):
        at.publish(behalf=Behalf("x", allow=refuse))
    assert publish_views.list_pipelines(at.control).pipelines == ()


def test_p22_objects_are_synced_before_the_row_is_written(at: World, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    objects, store = at.control.objects, at.control.store
    put, sync, begin = objects.put, objects.sync, store.transaction

    def noted_put(data: bytes | memoryview) -> Stored:
        order.append("put")
        return put(data)

    def noted_sync(addresses: Sequence[Address]) -> None:
        order.append(f"sync {len(addresses)}")
        sync(addresses)

    def noted_begin(durable: bool = False) -> Any:
        order.append(f"row {durable}")
        return begin(durable=durable)

    monkeypatch.setattr(objects, "put", noted_put)
    monkeypatch.setattr(objects, "sync", noted_sync)
    monkeypatch.setattr(store, "transaction", noted_begin)
    at.publish()
    assert order == ["put", "put", "sync 2", "row True"]


def test_publishers_that_race_get_distinct_numbers_without_gaps(at: World) -> None:
    start = threading.Barrier(12)
    versions: list[int] = []

    def one(number: int) -> None:
        start.wait()
        scripts = {"a.py": f"def execute():\n    return {number}\n".encode()}
        versions.append(at.publish(scripts=scripts).version)

    threads = [threading.Thread(target=one, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(versions) == list(range(1, 13))


def test_of_publishers_on_the_same_base_one_wins(at: World) -> None:
    at.publish()
    start = threading.Barrier(8)
    outcomes: list[str] = []

    def one(number: int) -> None:
        start.wait()
        try:
            at.publish(scripts={"a.py": f"def execute():\n    return {number}\n".encode()}, based_on=1)
            outcomes.append("made")
        except Conflict as error:
            outcomes.append(error.problems[0].code)

    threads = [threading.Thread(target=one, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["SCR-040"] * 7 + ["made"]


def test_activating_an_older_version_is_a_new_line_of_history(at: World) -> None:
    at.publish()
    at.publish(scripts={"a.py": b"def execute():\n    return 2\n"})
    activate(at.control, "p", 1, behalf=at.me, why="two is worse")
    found = publish_views.list_activations(at.control, "p").activations
    assert [(a.version, a.why) for a in found] == [(1, "two is worse"), (2, ""), (1, "")]
    assert at.actions[-1] == "pipeline.activate"


def test_b65_what_is_not_there_cannot_be_looked_at(at: World) -> None:
    at.publish()
    look = publish_views
    assert codes_of(lambda: look.view_version(at.control, "p", 2), NotFound) == ["PIP-002"]
    assert codes_of(lambda: look.view_version(at.control, "p", 2**70), NotFound) == ["PIP-002"]
    assert codes_of(lambda: look.view_version(at.control, "p", -1), NotFound) == ["PIP-002"]
    assert codes_of(lambda: look.view_pipeline(at.control, "q\0"), NotFound) == ["PIP-001"]
    assert codes_of(lambda: look.view_script_of(at.control, "p", 1, "../a.py"), NotFound) == ["PIP-005"]
    assert codes_of(lambda: look.view_script(at.control, "b.py"), NotFound) == ["PIP-005"]
    assert codes_of(lambda: activate(at.control, "p", 9, behalf=at.me), NotFound) == ["PIP-002"]


def test_a_diff_shows_document_and_scripts_that_changed_came_or_went(at: World) -> None:
    at.publish(scripts={"a.py": b"import old\ndef execute():\n    return 1", "old.py": b"X = 1\n"})
    at.publish(
        pipeline(prediction_steps=[{"name": "b", "file_path": "a.py"}]),
        scripts={"a.py": b"import new\ndef execute():\n    return 1", "new.py": b"X = 2\n"},
    )
    found = publish_views.compare_versions(at.control, "p", 1, 2)
    assert set(found.scripts) == {"a.py", "old.py", "new.py"}
    assert (found.added, found.removed) == (("new.py",), ("old.py",))
    assert "-import old\n+import new\n" in found.scripts["a.py"]
    assert "-X = 1\n" in found.scripts["old.py"]
    assert found.document.startswith("--- p.json v1\n+++ p.json v2\n")
    same = publish_views.compare_versions(at.control, "p", 2, 2)
    assert (same.document, same.scripts) == ("", {})


def test_scripts_are_listed_over_all_pipelines_with_their_users(at: World) -> None:
    at.publish(pipeline("p"))
    at.publish(pipeline("q"))
    at.passes(hours=1)
    at.publish(pipeline("q"), scripts={"a.py": b"def execute():\n    return 2\n"})
    assert [(s.path, s.forms, s.pipelines) for s in publish_views.list_scripts(at.control).scripts] == [
        ("a.py", 2, ("p", "q"))
    ]
    shown = publish_views.view_script(at.control, "a.py")
    assert shown.text == "def execute():\n    return 2\n"
    assert [[(u.pipeline, u.versions, u.active) for u in form.uses] for form in shown.forms] == [
        [("q", (2,), True)],
        [("p", (1,), True), ("q", (1,), False)],
    ]


def test_checking_tells_problems_and_what_the_document_declares(at: World) -> None:
    document = taking("sales", parameters={"key": {"secret": True}, "alpha": {"type": "number", "default": 0.1}})
    view = check_view(sent(document), language="en")
    assert view.problems == ()
    assert view.required_inputs == ("sales",)
    assert [(p.name, p.required, p.default) for p in view.parameters] == [("key", True, None), ("alpha", False, 0.1)]
    bad = check_view(sent(document, {}), language="pt")
    assert [problem["code"] for problem in bad.problems] == ["SCR-002"]
    assert check_view(Sent("p.json", b"{", {}), language="en").problems[0]["code"] == "RCP-001"


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)


@settings(max_examples=60, deadline=None)
@given(note=TEXTS, comment=TEXTS, name=st.sampled_from(["p", "Zé do pipeline", "模型"]), yaml=st.booleans())
def test_any_published_document_and_script_give_back_the_same_bytes(
    tmp_path_factory: pytest.TempPathFactory, note: str, comment: str, name: str, yaml: bool
) -> None:
    with world(tmp_path_factory.mktemp("w")) as at:
        line = comment.replace("\r", " ").replace("\n", " ").replace("\f", " ")
        indent = len(note) % 4 or None
        document = json.dumps(pipeline(name), indent=indent, ensure_ascii=False).encode()
        if yaml:
            document = b"# " + line.encode("ascii", "ignore").strip() + b"\n" + document
        script = f"# {line}\ndef execute():\n    return {comment!r}\n".encode()
        wanted = Sent("d.yaml" if yaml else "d.json", document, {"a.py": script})
        try:
            published = publish(at.control, wanted, behalf=at.me)
        except InvalidInput:
            return  # not everything is a document; what is refused is kept nowhere
        shown = publish_views.view_version(at.control, name, published.version)
        assert shown.document.encode() == document
        assert at.control.objects.read(shown.scripts[0].address) == script  # type: ignore[arg-type]
        assert publish_views.view_script_of(at.control, name, 1, "a.py").text.encode() == script


def test_a_script_in_another_encoding_is_kept_byte_for_byte_and_shown_as_text(at: World) -> None:
    source = "# -*- coding: latin-1 -*-\ndef execute():\n    return 'ação'\n".encode("latin-1")
    at.publish(scripts={"a.py": base64.b64decode(base64.b64encode(source))})
    shown = publish_views.view_script_of(at.control, "p", 1, "a.py")
    assert "ação" in shown.text
    assert at.control.objects.read(shown.address) == source  # type: ignore[arg-type]
    assert shown.encoding == "latin-1"
