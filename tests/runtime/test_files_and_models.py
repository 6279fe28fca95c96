"""Files that steps leave in their working folder, and the models that are made of them."""

from __future__ import annotations

from step_driver import Driver, Outcome

from pauta.domain.ids import Address
from pauta.domain.outputs import FileRef, Kind, Output
from pauta.runtime.models import models_in

HEAD = "import numpy as np\nimport pandas as pd\n"
PLUS = "def execute(out):\n    return {'n': out['n'] + 1}\n"
FRAME = "import pandas as pd\ndef execute():\n    return pd.DataFrame({'a': [1, 2, 3], 'b': ['x', 'y', 'z']})\n"


def value(outcome: Outcome, no: int = 0) -> object:
    output = outcome.finished[no].output
    assert output is not None
    return output.value


TRAIN = """
def execute():
    with open("./pipeline/model.h5", "wb") as file:
        file.write(b"weights")
    return {"model_name": "GRU", "type_model": "Main Model", "metrics": {"accuracy": 0.5, "note": "x"}}
"""


def test_files_are_kept_and_make_a_model_with_the_metrics(driver: Driver) -> None:
    script = driver.script("train.py", TRAIN)
    finished = driver.run(driver.start(), driver.step(0, script), model_path="./pipeline/models/principal").finished[0]
    (file,) = finished.files
    assert (file.path, file.size) == ("pipeline/model.h5", 7)
    (model,) = finished.models
    assert (model.name, model.type, model.metrics, model.files) == ("GRU", "Main Model", {"accuracy": 0.5}, (file,))


def test_one_model_for_each_fault_group_gets_its_own_files(driver: Driver) -> None:
    outcome = driver.try_script(
        """
        def execute():
            result = {}
            for group in (1, 14):
                with open(f"S_GROUP_ID_{group}.h5", "w") as file:
                    file.write(str(group))
                result[f"S_GROUP_ID_{group}"] = {"model_name": f"S_GROUP_ID_{group}", "metrics": {"f1_score": group}}
            open("notes.txt", "w").close()
            return result
        """
    )
    models = outcome.finished[0].models
    assert [(m.name, dict(m.metrics)) for m in models] == [
        ("S_GROUP_ID_1", {"f1_score": 1.0}),
        ("S_GROUP_ID_14", {"f1_score": 14.0}),
    ]
    assert [sorted(f.path for f in m.files) for m in models] == [
        ["S_GROUP_ID_1.h5", "notes.txt"],
        ["S_GROUP_ID_14.h5", "notes.txt"],
    ]


def test_a_fitted_model_is_recorded_under_the_outputs_name() -> None:
    class LinearRegression:
        pass

    output = Output(Kind.MODEL, Address("ab" * 32), 10, "skops", "sklearn.linear_model.LinearRegression")
    (model,) = models_in(LinearRegression(), output=output, gives="trained", metrics={"r2": 0.25}, files=())
    assert (model.name, model.type, model.metrics) == ("trained", "LinearRegression", {"r2": 0.25})
    assert model.files == (FileRef("trained.skops", output.address, 10),)


def test_the_folder_holds_what_earlier_steps_left_and_nothing_else(driver: Driver) -> None:
    write = driver.script(
        "write.py",
        "import os\ndef execute(name):\n    os.mkdir(name)\n    open(f'{name}/f', 'w').write(name)\n    return 1\n",
    )
    look = driver.script(
        "look.py",
        """
        import glob, os
        def execute():
            found = sorted(glob.glob("**", recursive=True))
            open("a/f", "a").write("+")
            os.unlink("b/f")
            return {"found": found, "a": open("a/f").read()}
        """,
    )
    process = driver.start()
    steps = [driver.step(0, write, kwargs={"name": "a"}), driver.step(1, write, kwargs={"name": "b"})]
    outcome = driver.run(process, *steps, driver.step(2, look), driver.step(3, look))
    assert value(outcome, 2) == {"found": ["a", "a/f", "b", "b/f"], "a": "a+"}
    # What the step before changed is seen as changed; what it removed was another step's and is there again.
    assert value(outcome, 3) == {"found": ["a", "a/f", "b", "b/f"], "a": "a++"}
    assert [f.path for f in outcome.finished[2].files] == ["a/f"]
    elsewhere = driver.run(
        driver.start(), driver.step(9, look, files=(*outcome.finished[0].files, *outcome.finished[1].files))
    )
    assert value(elsewhere, 9) == {"found": ["a", "a/f", "b", "b/f"], "a": "a+"}
    assert set(elsewhere.finished[9].inputs) == {"file:a/f", "file:b/f"}
    # Another stage in the same process starts with an empty folder again.
    empty = driver.script("empty.py", "import os\ndef execute():\n    return {'found': os.listdir()}\n")
    assert value(driver.run(process, driver.step(4, empty)), 4) == {"found": []}


def test_files_of_a_failed_step_are_kept_too(driver: Driver) -> None:
    outcome = driver.try_script("def execute():\n    open('half.csv', 'w').write('x')\n    raise ValueError\n")
    assert [f.path for f in outcome.failed.files] == ["half.csv"]
    assert outcome.problem == "SCR-021 script0.py line 3: ValueError"


def test_links_and_pipes_in_the_folder_are_passed_over(driver: Driver) -> None:
    text = "import os\ndef execute():\n    os.symlink('/etc/passwd', 'link')\n    os.mkfifo('fifo')\n    return 1\n"
    assert driver.try_script(text).finished[0].files == ()
