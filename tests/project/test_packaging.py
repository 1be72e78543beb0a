"""The wheel holds the templates, all of them and nothing else, and works without the checkout."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Runs in the fresh environment: formats, picks, renders, verifies and writes with what the wheel brought.
PROGRAM = """
import sys
from pathlib import Path
import catalyst
from catalyst.project.assets import templates_dir
from catalyst.project.format import format_module
from catalyst.project.runtime import runtime_files, third_party
from catalyst.project.scaffold import ProjectFacts, scaffold_files
from catalyst.project.verify import verify_project
from catalyst.project.write import write_project

assert Path(catalyst.__file__).is_relative_to(sys.prefix), catalyst.__file__
assert templates_dir() == Path(catalyst.__file__).parent / "_templates"
files = scaffold_files(ProjectFacts("greet", requirements=tuple(third_party(["context"]))))
files |= runtime_files(["context"]) | {"app/main.py": format_module("x=1")}
assert write_project(files, Path(sys.argv[1])).ok
assert verify_project(Path(sys.argv[1])) == []
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel, built from the source distribution as an index would."""
    folder = tmp_path_factory.mktemp("dist")
    _python("-m", "hatchling", "build", "-t", "sdist", "-d", str(folder))
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        archive.extractall(folder / "unpacked")  # made a moment ago, by us
    source = next((folder / "unpacked").iterdir())
    _python("-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), cwd=source)
    return folder


def _python(*arguments: str, cwd: Path = ROOT, python: str = sys.executable) -> str:
    done = subprocess.run([python, *arguments], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_holds_the_templates_and_nothing_else(built: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "templates"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    wanted = {path for path in listed.stdout.splitlines() if (ROOT / path).is_file()}
    names = zipfile.ZipFile(next(built.glob("*.whl"))).namelist()
    shipped = {name.replace("catalyst/_templates/", "templates/", 1) for name in names if "/_templates/" in name}
    assert shipped == wanted
    assert not [name for name in names if not name.startswith(("catalyst/", "catalyst-"))]


def test_the_installed_wheel_builds(built: Path, tmp_path: Path) -> None:
    environment = tmp_path / "venv"
    venv.create(environment, with_pip=True)
    python = str(environment / "bin" / "python")
    # The packages that Catalyst needs come from the environment that runs the tests.
    site = Path(_python("-c", "import sysconfig; print(sysconfig.get_path('purelib'))", python=python).strip())
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    _python("-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(next(built.glob("*.whl"))), python=python)
    _python("-c", PROGRAM, str(tmp_path / "out"), cwd=tmp_path, python=python)
    assert (tmp_path / "out" / "app" / "runtime" / "context.py").is_file()
