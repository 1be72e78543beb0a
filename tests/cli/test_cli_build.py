"""`catalyst build` and `catalyst verify`."""

import shlex
from pathlib import Path

from .conftest import GREET, Catalyst

PYTHON = """\
catalyst: 1
name: scored
nodes:
  score: {type: python, with: {function: "lib.scoring:score"}}
output: {score: "{{ nodes.score.output }}"}
"""


def test_the_default_folder_stands_beside_the_flow(catalyst: Catalyst, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "any.yaml").write_text(GREET)
    done = catalyst("build", "sub/any.yaml")
    assert done.code == 0
    assert (tmp_path / "sub" / "greet" / "app" / "main.py").is_file()
    assert "cd sub/greet && pip install -r requirements.txt && python -m app" in done.err
    assert done.out == ""


def test_a_report_for_machines(catalyst: Catalyst, greet: Path, tmp_path: Path) -> None:
    first = catalyst("build", "greet.yaml", "-o", "out", "--format", "json").data
    assert first["ok"] is True
    assert first["output"] == "out"
    assert "app/main.py" in first["created"]
    again = catalyst("build", "greet.yaml", "-o", "out", "--format", "json").data
    assert again["created"] == again["updated"] == []
    assert sorted(again["unchanged"]) == sorted(first["created"])
    greet.write_text(GREET.replace("Hello", "Good morning"))
    changed = catalyst("build", "greet.yaml", "-o", "out", "--format", "json").data
    assert changed["updated"] == ["app/workflows/greet.py"]


def test_a_wrong_flow_writes_nothing(catalyst: Catalyst, wrong: Path, tmp_path: Path) -> None:
    done = catalyst("build", "wrong.yaml", "--format", "json")
    assert done.code == 1
    assert (done.data["ok"], done.data["created"]) == (False, [])
    assert [place.name for place in tmp_path.iterdir()] == ["wrong.yaml"]


def test_edits_are_named_kept_or_written_over(catalyst: Catalyst, greet: Path, tmp_path: Path) -> None:
    catalyst("build", "greet.yaml")
    edited = tmp_path / "greet" / "app" / "main.py"
    original = edited.read_text()
    edited.write_text(original + "# mine\n")
    asked = catalyst("build", "greet.yaml", "--format", "json")
    assert asked.code == 1
    assert asked.data["edited"] == ["app/main.py"]
    assert asked.data["diagnostics"][0]["code"] == "E502"
    assert "-# mine" in catalyst("build", "greet.yaml").err
    assert catalyst("build", "greet.yaml", "--keep").code == 0
    assert edited.read_text().endswith("# mine\n")
    assert "your edits were written over" in catalyst("build", "greet.yaml", "--force").err
    assert edited.read_text() == original


def test_the_difference_is_shown_below_the_findings(catalyst: Catalyst, greet: Path, tmp_path: Path) -> None:
    catalyst("build", greet)
    edited = tmp_path / "greet" / "app" / "main.py"
    edited.write_text(edited.read_text() + "# mine\n")
    done = catalyst("build", greet)
    assert done.code == 1
    assert "  --- app/main.py (yours)\n  +++ app/main.py (built)\n" in done.err
    assert done.err.rstrip().endswith("-# mine")
    data = catalyst("build", greet, "--format", "json").data
    assert data["diffs"]["app/main.py"].endswith("-# mine")
    assert "mine" not in data["diagnostics"][0]["help"]


def test_the_next_command_can_be_pasted(catalyst: Catalyst, greet: Path, tmp_path: Path) -> None:
    done = catalyst("build", greet, "-o", tmp_path / "a folder; 'odd'")
    last = done.err.splitlines()[-1]
    assert shlex.split(last)[:3] == ["cd", "a folder; 'odd'", "&&"]


def test_a_folder_that_is_not_ours(catalyst: Catalyst, greet: Path, tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "thesis.txt").write_text("years of work")
    done = catalyst("build", "greet.yaml", "-o", "theirs", "--force")
    assert done.code == 1
    assert "error[E501]" in done.err
    assert [place.name for place in (tmp_path / "theirs").iterdir()] == ["thesis.txt"]
    assert catalyst("build", "greet.yaml", "-o", "greet.yaml").code == 1


def test_flows_that_bring_code_can_be_refused(catalyst: Catalyst, tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "scoring.py").write_text(
        '"""Scores."""\n\n\ndef score() -> int:\n    """One."""\n    return 1\n'
    )
    (tmp_path / "scored.yaml").write_text(PYTHON)
    done = catalyst("build", "scored.yaml", "--no-code")
    assert done.code == 1
    assert "error[E511]" in done.err
    assert catalyst("build", "scored.yaml").code == 0
    assert catalyst("verify", "scored").code == 0


def test_verify_names_what_could_evaluate_text(catalyst: Catalyst, greet: Path, tmp_path: Path) -> None:
    catalyst("build", "greet.yaml")
    assert catalyst("verify", "greet").code == 0
    with (tmp_path / "greet" / "app" / "workflows" / "greet.py").open("a") as module:
        module.write("\n\neval('1')\n")
    line = len((tmp_path / "greet" / "app" / "workflows" / "greet.py").read_text().splitlines())
    done = catalyst("verify", "greet")
    assert done.code == 1
    assert done.out.startswith(f"app/workflows/greet.py:{line}: ")
    found = catalyst("verify", "greet", "--format", "json").data
    assert found["ok"] is False
    assert found["violations"][0]["line"] == line
    assert catalyst("verify", "greet.yaml").code == 2
    assert catalyst("verify", "nothing").code == 2


def test_verify_of_a_folder_that_is_no_project(catalyst: Catalyst, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "fine.py").write_text("x = 1\n")
    done = catalyst("verify", "other")
    assert (done.code, done.out) == (1, "")
    assert "`other` is not a built project" in done.err
    assert "could evaluate text" not in done.err
    assert catalyst("verify", "other", "--format", "json").data == {"ok": False, "built": False, "violations": []}
    (tmp_path / "other" / "wrong.py").write_text("eval('1')\n")
    done = catalyst("verify", "other")
    assert done.code == 1
    assert done.out.startswith("wrong.py:1: ")
