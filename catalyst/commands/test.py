"""`catalyst test`: runs the tests of a built project."""

from __future__ import annotations

import importlib.util
import os
import shlex
import subprocess
import sys
from pathlib import Path

from catalyst.commands.problems import FINE, FLOW_IS_WRONG, CommandProblem
from catalyst.commands.run import end
from catalyst.commands.targets import existing_folder

_NO_TESTS = 5
"""What pytest says when it found nothing to run."""


def test(folder: Path, arguments: list[str]) -> int:
    """Run pytest in the project with this Python; gives the exit code, 1 when a test fails."""
    if not (existing_folder(folder) / "tests").is_dir():
        advice = "name the folder that `catalyst build` made"
        raise CommandProblem(f"`{folder}` has no tests", help=advice)
    if importlib.util.find_spec("pytest") is None:
        advice = f"pip install -e {shlex.quote(f'{folder}[dev]')} brings what the project's tests need"
        raise CommandProblem("the package `pytest` is not installed", help=advice)
    command = [sys.executable, "-m", "pytest", *(arguments or ["-q"])]
    variables = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    child = subprocess.Popen(command, cwd=folder, env=variables)  # noqa: S603 - pytest, with the user's own options
    try:
        code = child.wait()
    except KeyboardInterrupt:
        end(child)
        raise
    return FINE if code in (0, _NO_TESTS) else FLOW_IS_WRONG
