"""Runs the real command in a folder of its own."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
GREET = """\
catalyst: 1
name: greet
input: {name: string}
nodes:
  hello: {type: template, with: {text: "Hello {{ input.name }}"}}
output: {text: "{{ nodes.hello.output }}"}
"""
CACHE = tempfile.TemporaryDirectory(prefix="catalyst-cache-")
"""Where builds are kept; not in the cache of who runs the tests."""
WRONG = GREET.replace("input.name", "input.nam").replace("nodes.hello", "nodes.helo")


def executable() -> list[str]:
    """The installed command where there is one, else the package of this checkout."""
    installed = Path(sys.executable).with_name("catalyst")
    return [str(installed)] if installed.exists() else [sys.executable, "-m", "catalyst"]


def environment(**more: str) -> dict[str, str]:
    """The variables of a child: no colours, no settings of this machine, this checkout first."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "XDG_CACHE_HOME": CACHE.name, **more}


def without(package: str, folder: Path) -> str:
    """A PYTHONPATH with which a package seems not to be installed."""
    hidden = folder / "hidden"
    hidden.mkdir(exist_ok=True)
    (hidden / "sitecustomize.py").write_text(
        "import importlib.util as util\nfound = util.find_spec\n"
        f"util.find_spec = lambda name, *more: None if name == {package!r} else found(name, *more)\n"
    )
    return f"{hidden}{os.pathsep}{environment()['PYTHONPATH']}"


@dataclass(frozen=True)
class Done:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)


Catalyst = Callable[..., Done]


@pytest.fixture
def catalyst(tmp_path: Path) -> Catalyst:
    """Run `catalyst ARGUMENTS` in the test's folder."""

    def call(*arguments: str | Path, given: str = "", **variables: str) -> Done:
        done = subprocess.run(
            [*executable(), *map(str, arguments)],
            cwd=tmp_path,
            env=environment(**variables),
            input=given.encode(),
            capture_output=True,
            check=False,
            timeout=120,
        )
        found = Done(done.returncode, done.stdout.decode(), done.stderr.decode())
        assert "Traceback" not in found.out + found.err
        return found

    return call


@pytest.fixture
def greet(tmp_path: Path) -> Path:
    """A flow file without mistakes."""
    path = tmp_path / "greet.yaml"
    path.write_text(GREET)
    return path


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    """A flow file with two mistakes."""
    path = tmp_path / "wrong.yaml"
    path.write_text(WRONG)
    return path
