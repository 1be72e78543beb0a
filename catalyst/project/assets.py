"""Where the files of `templates/` are: beside the package in a checkout, inside it in an installed wheel.

Goes in: nothing. Comes out: the folder, and its runtime modules by name. The wheel carries the folder as
`catalyst/_templates`; an editable install and a checkout have it next to `catalyst/`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from catalyst.diagnostics import CompilerBug

_PACKAGE = Path(__file__).resolve().parent.parent


@cache
def templates_dir() -> Path:
    """The folder with `runtime/`, `project/` and `starters/`. Raises `CompilerBug` when the installation lacks it."""
    for folder in (_PACKAGE / "_templates", _PACKAGE.parent / "templates"):
        if (folder / "runtime").is_dir():
            return folder
    raise CompilerBug("the installation is incomplete: the templates folder is missing")


@cache
def runtime_names() -> frozenset[str]:
    """The names of all runtime modules, without `.py`."""
    return frozenset(path.stem for path in (templates_dir() / "runtime").glob("*.py"))


@cache
def runtime_source(name: str) -> str:
    """The text of one runtime module. Raises `CompilerBug` for a name that does not exist."""
    if name not in runtime_names():
        raise CompilerBug(f"there is no runtime module `{name}`")
    return (templates_dir() / "runtime" / f"{name}.py").read_bytes().decode("utf-8")


@cache
def fake_source(name: str) -> str:
    """The text of a module that emitted tests share. Raises `CompilerBug` for a name that does not exist."""
    try:
        return (templates_dir() / "tests" / f"{name}.py").read_bytes().decode("utf-8")
    except OSError as error:
        raise CompilerBug(f"there is no fake `{name}`") from error
