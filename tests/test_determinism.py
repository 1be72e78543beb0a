"""The same flow gives the same bytes: under any hash seed, and on every supported Python."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

_BUILD_ALL = """
import hashlib, json, sys
from pathlib import Path
from catalyst.api import compile_path

hashes = {}
for folder in sorted(Path(sys.argv[1]).iterdir()):
    names = [name for name in ("flow.yaml", "flow.json", "catalyst.yaml") if (folder / name).is_file()]
    if not names:
        continue
    result = compile_path(folder if names[0] == "catalyst.yaml" else folder / names[0])
    assert result.ok, folder
    text = json.dumps(list(result.files.items()))
    hashes[folder.name] = hashlib.sha256(text.encode()).hexdigest()
print(json.dumps(hashes))
"""


def hashes_of(python: str, seed: str, folder: Path) -> dict[str, str]:
    """A hash of every golden case's files, in their order, as another process makes them."""
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [python, "-c", _BUILD_ALL, str(folder)], env=environment, capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def wanted() -> dict[str, str]:
    return hashes_of(sys.executable, "1", ROOT / "tests" / "golden")


def test_hash_seed_makes_no_difference(wanted: dict[str, str]) -> None:
    assert wanted
    assert hashes_of(sys.executable, "4242", ROOT / "tests" / "golden") == wanted


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_python_makes_no_difference(version: str, wanted: dict[str, str]) -> None:
    python = _interpreter(version)
    if python is None:
        pytest.skip(f"no Python {version} here that has what catalyst needs")
    assert hashes_of(python, "0", ROOT / "tests" / "golden") == wanted


def _interpreter(version: str) -> str | None:
    """A Python of that version that can import the compiler; None when there is none."""
    named = os.environ.get(f"CATALYST_PYTHON_{version.replace('.', '_')}")
    for python in filter(None, (named, f"python{version}")):
        check = (
            f"import sys, black, jinja2, catalyst.api; sys.exit(sys.version_info[:2] != ({version.replace('.', ', ')}))"
        )
        try:
            done = subprocess.run([python, "-c", check], cwd=ROOT, capture_output=True, check=False)
        except OSError:
            continue
        if done.returncode == 0:
            return python
    return None
