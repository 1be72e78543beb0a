"""A bug of Catalyst says that it is one; interruptions and closed pipes are quiet."""

import subprocess
import sys
from pathlib import Path

import pytest

from catalyst.commands.guard import guarded
from catalyst.commands.problems import CommandProblem
from catalyst.diagnostics import CompilerBug, Span

from .conftest import ROOT, environment, executable


def broken() -> int:
    raise CompilerBug("no such step", Span("flow.yaml", 12, 3, 12, 9))


def test_a_bug_names_its_place_and_keeps_the_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert guarded(broken) == 70
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: this is a bug of Catalyst, not of your flow\n")
    assert "  --> flow.yaml:12:3\n" in printed.err
    assert "Traceback" not in printed.err
    (kept,) = tmp_path.glob("catalyst-bug-*.txt")
    assert str(kept) in printed.err
    assert "in broken" in kept.read_text()


def test_the_traceback_is_shown_when_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("CATALYST_TRACEBACK", "1")
    guarded(broken)
    assert "Traceback" in capsys.readouterr().err


def raiser(error: BaseException) -> int:
    raise error


def test_each_ending_has_its_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(lambda: 0) == 0
    assert guarded(lambda: raiser(KeyboardInterrupt())) == 130
    assert capsys.readouterr().err == ""
    assert guarded(lambda: raiser(CommandProblem("no", help="try yes"))) == 2
    assert capsys.readouterr().err == "error: no\n  = help: try yes\n"


@pytest.mark.parametrize("arguments", [["schema"], ["--version"], ["build", "--help"]])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device")
def test_a_full_disk_is_no_bug(arguments: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*executable(), *arguments], stdout=full, stderr=subprocess.PIPE, cwd=ROOT, env=environment(), check=False
        )
    assert done.returncode == 2
    assert done.stderr.startswith(b"error: the output cannot be written: ")


def test_a_closed_pipe_is_quiet() -> None:
    command = subprocess.Popen(
        [*executable(), "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, env=environment()
    )
    assert command.stdout is not None
    assert command.stderr is not None
    command.stdout.close()
    complaint = command.stderr.read()
    command.stderr.close()
    assert command.wait(60) == 141
    assert complaint == b""


def test_what_waits_for_the_end_of_the_process_still_runs() -> None:
    """A command ends the process at once, but not before those who have asked to be told."""
    program = "import atexit, sys; from catalyst.__main__ import run; atexit.register(print, 'told'); run()"
    for arguments, code in ((["--version"], 0), (["build", "nowhere.yaml"], 2)):
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments],
            capture_output=True,
            cwd=ROOT,
            env=environment(),
            check=False,
        )
        assert done.returncode == code
        assert done.stdout.endswith(b"told\n")
