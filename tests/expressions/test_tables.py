"""The golden tables: what comes out of each expression, as Python and as a type, or as errors."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from tests.expressions.support import compile_text

TABLES = sorted(Path(__file__).parent.glob("*.txt"))


def source_of(line: str) -> str:
    """What stands before ` => `; a lambda's arrow stands inside of the braces."""
    if "}} => " in line:
        return line[: line.index("}} => ") + 2]
    return line if line.endswith("}}") else line.split(" => ", 1)[0]


def table_line(line: str) -> str:
    source = source_of(line).replace("\\n", "\n") if "{{" not in line else source_of(line)
    return compile_text(source).line()


@pytest.mark.parametrize("table", TABLES, ids=lambda path: str(path.stem))
def test_table_is_what_comes_out(table: Path, update_golden: bool) -> None:
    wanted = table.read_text(encoding="utf-8").splitlines()
    given = [table_line(line) if line.strip() and not line.startswith("#") else line for line in wanted]
    if wanted == given:
        return
    if update_golden:
        table.write_text("\n".join(given) + "\n", encoding="utf-8")
        print(f"rewrote {table}")
        return
    difference = "\n".join(difflib.unified_diff(wanted, given, "wanted", "given", lineterm="", n=0))
    pytest.fail(f"{difference}\naccept with: pytest {table.parent / 'test_tables.py'} --update-golden", pytrace=False)
