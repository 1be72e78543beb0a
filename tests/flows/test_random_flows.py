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
"""How many flows are given to mypy and ruff."""


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


@pytest.fixture(scope="module")
def emitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workflows of many random flows as one project, with the settings of tools that emitted projects have."""
    root = tmp_path_factory.mktemp("random")
    workflows = root / "app" / "workflows"
    workflows.mkdir(parents=True)
    (root / "app" / "runtime").symlink_to(RUNTIME)
    for folder in (workflows, root / "app"):
        (folder / "__init__.py").write_text("")
    for seed in range(FIRST, FIRST + TYPED):
        for path, text in build(random_case(seed)).files.items():
            if path == "pyproject.toml" or (path.startswith("app/workflows/") and not path.endswith("__init__.py")):
                (root / path).write_text(text, encoding="utf-8")
    return root


@pytest.mark.parametrize("tool", ["mypy --strict -p app.workflows", "ruff check --no-cache --quiet app/workflows"])
def test_emitted_code_passes(tool: str, emitted: Path) -> None:
    command = [sys.executable, "-m", *tool.split()]
    checked = subprocess.run(command, cwd=emitted, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout[-6000:]
