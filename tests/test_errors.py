"""What a person reads about a wrong flow: `errors/<case>.yaml` and, beside it, `<case>.txt` with every word of it."""

import difflib
from pathlib import Path

import pytest

from catalyst.api import compile_path
from tests.emitted import findings

ERRORS = Path(__file__).parent / "errors"


def cases() -> list[str]:
    return sorted(path.stem for path in ERRORS.glob("*.yaml"))


@pytest.mark.parametrize("case", cases())
def test_error(case: str, update_golden: bool) -> None:
    result = compile_path(ERRORS / f"{case}.yaml")
    assert not result.ok, "this flow is not wrong"
    assert not result.files
    made = findings(result) + "\n"
    place = ERRORS / f"{case}.txt"
    wanted = place.read_text(encoding="utf-8") if place.is_file() else ""
    if made == wanted:
        return
    if update_golden:
        place.write_text(made, encoding="utf-8")
        print(f"rewrote {place.name}")
        return
    difference = difflib.unified_diff(wanted.splitlines(), made.splitlines(), place.name, "made", "", "")
    accept = f"\nto accept: pytest tests/test_errors.py -k {case} --update-golden"
    pytest.fail("\n".join(difference) + accept, pytrace=False)


@pytest.mark.parametrize("case", cases())
def test_places_are_in_the_file(case: str) -> None:
    """Line and column name a character of the file, or the place just behind one."""
    path = ERRORS / f"{case}.yaml"
    lines = path.read_bytes().decode("utf-8-sig", "replace").replace("\r\n", "\n").split("\n")
    for finding in compile_path(path).diagnostics:
        assert 1 <= finding.line <= len(lines)
        assert 1 <= finding.column <= len(lines[finding.line - 1]) + 1, finding
        assert (finding.end_line, finding.end_column) >= (finding.line, finding.column)
