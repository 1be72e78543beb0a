"""`catalyst check`: exit codes, what is printed where, and files that are no flows at all."""

import os
import re
from pathlib import Path

import pytest

from .conftest import GREET, Catalyst, Done


def test_a_good_flow(catalyst: Catalyst, greet: Path) -> None:
    done = catalyst("check", "greet.yaml")
    assert (done.code, done.out, done.err) == (0, "", "greet.yaml: nothing is wrong\n")


def test_all_errors_as_text(catalyst: Catalyst, wrong: Path) -> None:
    done = catalyst("check", "wrong.yaml")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error[E202]: `input` has no field `nam`\n  --> wrong.yaml:5:56\n  |\n5 |   hello:")
    assert "did you mean `hello`?" in done.err
    assert done.err.endswith("\n2 errors\n")


def test_all_errors_as_json(catalyst: Catalyst, wrong: Path) -> None:
    done = catalyst("check", "wrong.yaml", "--format", "json")
    assert (done.code, done.err) == (1, "")
    assert done.data["ok"] is False
    first = done.data["diagnostics"][0]
    assert first == {
        "code": "E202",
        "severity": "error",
        "message": "`input` has no field `nam`",
        "file": "wrong.yaml",
        "line": 5,
        "column": 56,
        "end_line": 5,
        "end_column": 59,
        "help": first["help"],
        "label": "did you mean `name`?",
    }


def test_several_flows_at_once(catalyst: Catalyst, greet: Path, wrong: Path) -> None:
    done = catalyst("check", "greet.yaml", "wrong.yaml", "--format", "json")
    assert done.code == 1
    assert done.data["flows"] == [{"path": "greet.yaml", "ok": True}, {"path": "wrong.yaml", "ok": False}]


def test_files_are_named_as_they_can_be_opened(catalyst: Catalyst, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "flow.yaml").write_text(GREET.replace("input.name", "input.nam"))
    done = catalyst("check", "sub/flow.yaml")
    assert f"--> {Path('sub/flow.yaml')}:5:56" in done.err
    assert "5 |   hello" in done.err


def test_warnings_fail_only_when_asked(catalyst: Catalyst, tmp_path: Path) -> None:
    flow = GREET.replace("Hello {{ input.name }}", "Hello").replace("{text:", "{type: llm, with: {system:")
    flow = """\
catalyst: 1
name: risky
input: {wish: string}
secrets: [OPENAI_API_KEY]
nodes:
  answer: {type: llm, with: {provider: openai, model: m, system: "You like {{ input.wish }}", prompt: Go on}}
output: {text: "{{ nodes.answer.output.text }}"}
"""
    (tmp_path / "risky.yaml").write_text(flow)
    relaxed, strict = catalyst("check", "risky.yaml"), catalyst("check", "risky.yaml", "--strict")
    assert relaxed.code == 0
    assert relaxed.err.startswith("warning[W401]")
    assert relaxed.err.endswith("\n1 warning\n")
    assert strict.code == 1
    assert strict.err.startswith("error[W401]")


NASTY = {
    "empty": b"",
    "binary": bytes(range(256)) * 20,
    "utf16": GREET.encode("utf-16"),
    "truncated": GREET.encode()[:90],
    "list": b"- a\n- b\n",
    "tabs": b"catalyst: 1\n\tname: x\n",
    "deep": b"a: " + b"[" * 20_000,
    "huge": b"# " + b"x" * 30_000_000,
    "escapes": b'catalyst: 1\nname: x\nnodes: {"\\e[31mred": {type: set, with: {value: 1}}}\n',
    "surrogate": b'catalyst: 1\nname: "\\ud800"\n',
    "json": b'{"workflows": 3}',
}


@pytest.mark.parametrize("name", sorted(NASTY))
def test_files_that_are_no_flows(catalyst: Catalyst, tmp_path: Path, name: str) -> None:
    path = tmp_path / ("bad.json" if name == "json" else "bad.yaml")
    path.write_bytes(NASTY[name])
    for command in ("check", "build", "run", "graph"):
        done = catalyst(command, path.name)
        assert done.code == 1, (command, done.err[-500:])
        assert re.search(r"error\[E\d{3}\]", done.err)
        assert "\x1b" not in done.err
    assert sorted(place.name for place in tmp_path.iterdir()) == [path.name]


@pytest.mark.parametrize("text", [b"\xef\xbb\xbf" + GREET.encode(), GREET.replace("\n", "\r\n").encode()])
def test_a_byte_order_mark_and_windows_line_ends_are_fine(catalyst: Catalyst, tmp_path: Path, text: bytes) -> None:
    (tmp_path / "flow.yaml").write_bytes(text)
    assert catalyst("check", "flow.yaml").code == 0


def test_a_file_that_cannot_be_read(catalyst: Catalyst, greet: Path) -> None:
    greet.chmod(0)
    if os.access(greet, os.R_OK):
        pytest.skip("this user may read everything")
    done = catalyst("check", "greet.yaml")
    assert done.code == 1
    assert "error[E512]" in done.err


def says(done: Done, message: str, advice: str) -> None:
    assert done.code == 2
    assert done.out == ""
    assert done.err == f"error: {message}\n  = help: {advice}\n"


def test_a_file_that_is_not_there(catalyst: Catalyst, greet: Path) -> None:
    says(catalyst("check", "gret.yaml"), "there is no `gret.yaml`", "did you mean `greet.yaml`?")
    says(catalyst("build", "other.yaml"), "there is no `other.yaml`", "`.` holds: greet.yaml")
    says(catalyst("run", "no/x.yaml"), "there is no `no/x.yaml`", "there is no folder `no` either")


def test_a_folder_that_is_no_project(catalyst: Catalyst, greet: Path, tmp_path: Path) -> None:
    done = catalyst("check", tmp_path)
    assert done.code == 2
    assert "is a folder without a `catalyst.yaml`" in done.err
    assert "name one of its flows: greet.yaml" in done.err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_what_is_neither_file_nor_folder(catalyst: Catalyst, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    done = catalyst("check", "pipe.yaml")
    assert (done.code, done.err) == (2, "error: `pipe.yaml` is not a file\n")


def test_wrong_command_lines(catalyst: Catalyst, greet: Path) -> None:
    for arguments in (
        ["check"],
        ["nope"],
        ["check", "greet.yaml", "--nope"],
        ["build", "greet.yaml", "--format", "xml"],
    ):
        done = catalyst(*arguments)
        assert (done.code, done.out) == (2, "")
        assert "--help" in done.err
    assert catalyst("build", "greet.yaml", "--force", "--keep").code == 2


def test_colours_only_where_they_are_wanted(catalyst: Catalyst, wrong: Path) -> None:
    assert "\x1b[" in catalyst("check", "wrong.yaml", FORCE_COLOR="1").err
    assert "\x1b[" not in catalyst("check", "wrong.yaml", FORCE_COLOR="1", NO_COLOR="1").err
    assert "\x1b[" not in catalyst("check", "wrong.yaml").err


def test_the_version_and_the_help(catalyst: Catalyst) -> None:
    assert re.fullmatch(r"catalyst \d+\.\d+\S*\n", catalyst("--version").out)
    done = catalyst("--help")
    assert done.code == 0
    assert "verify" in done.out
