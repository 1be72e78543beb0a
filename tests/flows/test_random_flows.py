"""Random flows: emitted code must do what the plain reference does, call for call and moment for moment.

`CATALYST_FLOWS=5000 pytest tests/flows` runs more, `CATALYST_FLOWS_FROM=20000` others. A seed that fails is made
small by `python -m tests.flows.shrink SEED`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.flows.generate import random_case
from tests.flows.harness import RUNTIME, build, differences

FLOWS = int(os.environ.get("CATALYST_FLOWS", "160"))
FIRST = int(os.environ.get("CATALYST_FLOWS_FROM", "0"))
BLOCK = 20
TYPED = 40
"""How many flows are given to mypy."""


@pytest.mark.parametrize("start", range(FIRST, FIRST + FLOWS, BLOCK))
def test_emitted_code_does_what_the_reference_does(start: int) -> None:
    wrong: dict[int, object] = {}
    refused = 0
    for seed in range(start, min(start + BLOCK, FIRST + FLOWS)):
        case = random_case(seed)
        try:
            result = build(case)
            found = differences(case, result) if result.ok else []
        except Exception as error:
            found = [repr(error)]
        else:
            refused += not result.ok
        if found:
            wrong[seed] = found[:3]
    assert wrong == {}
    assert refused <= BLOCK / 2, "most random flows are to compile"


def test_refused_flows_are_told_what_is_wrong() -> None:
    seen = 0
    for seed in range(FIRST, FIRST + 40):
        case = random_case(seed)
        errors = [each for each in build(case).diagnostics if each.severity == "error"]
        seen += bool(errors)
        for each in errors:
            assert each.code in {"E204", "E205", "E206", "E401"}, (seed, each)
            assert each.span.line > 1
    assert seen, "some flows read what may be missing"


def test_emitted_code_passes_mypy(tmp_path: Path) -> None:
    workflows = tmp_path / "app" / "workflows"
    workflows.mkdir(parents=True)
    (tmp_path / "app" / "runtime").symlink_to(RUNTIME)
    for folder in (workflows, tmp_path / "app"):
        (folder / "__init__.py").write_text("")
    for seed in range(FIRST, FIRST + TYPED):
        for path, text in build(random_case(seed)).files.items():
            if path.startswith("app/workflows/") and not path.endswith("__init__.py"):
                (tmp_path / path).write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "-p", "app.workflows"]
    checked = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout[-6000:]
