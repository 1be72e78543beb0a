"""`catalyst run`: the output on standard output, everything else on standard error."""

from pathlib import Path

import pytest

from catalyst.commands.env_file import read_env_file
from catalyst.commands.problems import CommandProblem

from .conftest import Catalyst

TALKATIVE = """\
catalyst: 1
name: talkative
input: {number: integer}
nodes:
  said: {type: log, with: {message: "number {{ input.number }}"}}
  double: {type: python, with: {function: "lib.double:double", args: {number: "{{ input.number }}"}}}
output: {double: "{{ nodes.double.output }}"}
"""
DOUBLE = '''\
"""Doubles."""


def double(number: int) -> int:
    """Twice the number."""
    print("printed by the author's own code")
    return 2 * number
'''
ENDINGS = """\
catalyst: 1
name: endings
input: {how: string}
env: {PLACE: ~}
secrets: [TOKEN]
nodes:
  route:
    type: switch
    cases:
      - when: "{{ input.how == 'raise' }}"
        do: {no: {type: raise, with: {status: 409, title: Taken, detail: Somebody was quicker}}}
      - when: "{{ input.how == 'respond' }}"
        do: {yes: {type: respond, with: {status: 202, body: {place: "{{ env.PLACE }}"}}}}
output: {place: "{{ env.PLACE }}"}
"""


@pytest.fixture
def talkative(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "double.py").write_text(DOUBLE)
    (tmp_path / "flow.yaml").write_text(TALKATIVE)


@pytest.mark.usefixtures("talkative")
def test_only_the_output_is_on_standard_output(catalyst: Catalyst, tmp_path: Path) -> None:
    done = catalyst("run", "flow.yaml", "--input", '{"number": 4}', "--trace")
    assert done.code == 0
    assert done.data == {"double": 8}
    assert "printed by the author's own code" in done.err
    timed = {line.split()[0] for line in done.err.splitlines() if line.strip()}
    assert {"said", "double", "total"} <= timed
    assert '"message": "number 4"' in done.err
    assert "double" in done.err.splitlines()[-2]
    assert "total" in done.err.splitlines()[-1]
    assert sorted(place.name for place in tmp_path.iterdir()) == ["flow.yaml", "lib"]


@pytest.mark.usefixtures("greet")
def test_input_from_a_file_and_from_standard_input(catalyst: Catalyst, tmp_path: Path) -> None:
    (tmp_path / "input.json").write_text('{"name": "Ada"}')
    assert catalyst("run", "greet.yaml", "-i", "@input.json").data == {"text": "Hello Ada"}
    assert catalyst("run", "greet.yaml", "-i", "-", given='{"name": "Bo ✓"}').data == {"text": "Hello Bo ✓"}
    assert catalyst("run", "greet.yaml", "-i", "@-", given='{"name": "Bo"}').data == {"text": "Hello Bo"}


@pytest.mark.usefixtures("greet")
def test_wrong_input(catalyst: Catalyst) -> None:
    done = catalyst("run", "greet.yaml", "--input", '{"name": 5, "nam": 1}')
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: The input is not valid (422)\n  name: ")
    assert "  nam: " in done.err
    assert '"status": 422' in done.err
    for given in ("{", "@missing.json", "[" * 100_000):
        assert catalyst("run", "greet.yaml", "--input", "-" if len(given) > 99 else given, given=given).code == 2


def test_settings_and_endings(catalyst: Catalyst, tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text(ENDINGS)
    (tmp_path / ".env").write_text("PLACE=from a file\nTOKEN=t0ken\n")
    missing = catalyst("run", "flow.yaml", "--input", '{"how": "plain"}')
    assert missing.code == 1
    assert missing.err.startswith("error: missing settings: PLACE, TOKEN\n")
    files = ["--env-file", ".env"]
    assert catalyst("run", "flow.yaml", *files, "-i", '{"how": "plain"}').data == {"place": "from a file"}
    answered = catalyst("run", "flow.yaml", *files, "-i", '{"how": "respond"}')
    assert (answered.code, answered.data) == (0, {"place": "from a file"})
    assert "answered with status 202" in answered.err
    failed = catalyst("run", "flow.yaml", *files, "-i", '{"how": "raise"}')
    assert (failed.code, failed.out) == (1, "")
    assert failed.err.startswith("error: Taken (409; no, flow.yaml:")
    assert "Somebody was quicker" in failed.err


def test_env_files(tmp_path: Path) -> None:
    path = tmp_path / "settings.env"
    path.write_text("# comment\n\nA=1\nexport B = two # words\nC=\"x # y\\n\"\nD='$HOME'\nE=\n")
    assert read_env_file(path) == {"A": "1", "B": "two", "C": "x # y\n", "D": "$HOME", "E": ""}
    path.write_text("A=1\nsecret stuff\n")
    with pytest.raises(CommandProblem) as caught:
        read_env_file(path)
    assert str(caught.value) == f"{path}:2: this is not NAME=value"
