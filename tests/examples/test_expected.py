"""What comes out of every example stands beside it in `expected/`, so that it can be read without building it.

`app/runtime/` and the fakes of the tests are left out: they are the same in every project.
"""

from __future__ import annotations

import difflib
import shutil
from pathlib import Path

import pytest

from catalyst.api import compile_path
from catalyst.diagnostics import render
from tests.emitted import write_files
from tests.test_golden import compared

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(folder for folder in (ROOT / "examples").iterdir() if folder.is_dir())


def source_of(folder: Path) -> Path:
    """What is compiled: the folder when it is a project, else its flow."""
    return folder if (folder / "catalyst.yaml").exists() else next(iter(sorted(folder.glob("flow.*"))))


@pytest.mark.parametrize("folder", EXAMPLES, ids=[folder.name for folder in EXAMPLES])
def test_expected(folder: Path, update_golden: bool) -> None:
    result = compile_path(source_of(folder))
    assert not result.diagnostics, "\n".join(render(item, result.sources.get(item.file)) for item in result.diagnostics)
    made = {path: text for path, text in result.files.items() if compared(path)}
    place = folder / "expected"
    kept = {path.relative_to(place).as_posix(): path.read_text("utf-8") for path in place.rglob("*") if path.is_file()}
    differing = sorted(path for path in {*made, *kept} if made.get(path) != kept.get(path))
    if differing and update_golden:
        shutil.rmtree(place, ignore_errors=True)
        write_files(made, place)
        print(f"rewrote {folder.name}: {', '.join(differing)}")
        return
    if differing:
        path = differing[0]
        lines = difflib.unified_diff(
            kept.get(path, "").splitlines(), made.get(path, "").splitlines(), f"expected/{path}", f"made/{path}", "", ""
        )
        accept = f"pytest tests/examples/test_expected.py -k {folder.name} --update-golden"
        pytest.fail("\n".join([*lines, f"differing: {', '.join(differing)}", f"to accept: {accept}"]), pytrace=False)
