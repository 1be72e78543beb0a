"""Proves that no module of a project evaluates text.

Goes in: one emitted module before it is written, or a whole project on disk. Comes out: `Violation`s, none when all is
well. Emitted code keeps to a closed list of imports and reaches nothing by name; code of the author (`lib/`, tests) may
import what it likes, and whatever in it could evaluate text is named. Nothing is imported or run.
"""

from __future__ import annotations

import ast
import io
import os
import tokenize
import warnings
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from catalyst.project.evaluators import EMITTED_IMPORTS, RUNTIME_ALLOWANCES
from catalyst.project.paths import read_nofollow
from catalyst.project.suspects import Rules, Violation, find_suspects

__all__ = ["EMITTED_IMPORTS", "Violation", "is_project", "verify_module", "verify_project", "verify_tree"]

_LARGEST = 16 * 1024 * 1024
_PYTHON = (".py", ".pyw")
_COMPILED = (".so", ".pyd", ".pyc", ".pyo", ".pth", ".pyx", ".dylib", ".dll")
_CACHES = frozenset({"__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".git", ".hg"})


def verify_module(path: str, source: str) -> list[Violation]:
    """What is wrong with a module, in file order. `path` is relative to the project, with `/`."""
    return _verify_text(path, source, _rules(path))


def verify_tree(path: str, tree: ast.Module) -> list[Violation]:
    """The same for a module that was parsed before; the tree is left as it is."""
    return find_suspects(path, tree, _rules(path))


def is_project(folder: Path) -> bool:
    """Whether a folder looks like a project that was built."""
    return (folder / "app").is_dir()


def verify_project(folder: Path) -> list[Violation]:
    """What is wrong with any Python file of a project on disk, in order of path and line. Raises `OSError`.

    Whoever asks knows with `is_project` that there is something to look at.
    """
    found: list[Violation] = []
    for place in _files(folder):
        found += _verify_file(place, place.relative_to(folder).as_posix())
    return sorted(found)


def _verify_file(place: Path, path: str) -> list[Violation]:
    if place.is_symlink():
        return [Violation(path, 1, "is a symbolic link; what it leads to is not part of the project")]
    suffix = place.suffix.lower()
    if suffix in _COMPILED:
        return [Violation(path, 1, "is compiled code, or starts code; nobody can read what it does")]
    if suffix not in _PYTHON:
        return []
    if place.stat().st_size > _LARGEST:
        return [Violation(path, 1, "is too large to be looked at")]
    source = _decoded(read_nofollow(place))
    if source is None:
        return [Violation(path, 1, "is not UTF-8, or says that it is not")]
    return verify_module(path, source)


def _rules(path: str) -> Rules:
    """The closed list for what stands in `app`; anything that evaluates no text for `lib` and tests."""
    return Rules(EMITTED_IMPORTS, _allowances(path)) if path.startswith("app/") else Rules()


def _allowances(path: str) -> frozenset[str]:
    place = PurePosixPath(path)
    if place.parent == PurePosixPath("app/runtime"):
        return RUNTIME_ALLOWANCES.get(place.stem, frozenset())
    return frozenset()


def _verify_text(path: str, source: str, rules: Rules) -> list[Violation]:
    try:
        with warnings.catch_warnings():
            # An odd escape in the author's code is not ours to print.
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
        return find_suspects(path, tree, rules)
    except SyntaxError as error:
        return [Violation(path, error.lineno or 1, "is not valid Python")]
    except (ValueError, RecursionError, MemoryError):
        return [Violation(path, 1, "cannot be read as Python")]


def _decoded(content: bytes) -> str | None:
    """The text of a Python file; None when it asks for another encoding, in which code can look like a comment."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        return content.decode("utf-8-sig") if encoding in ("utf-8", "utf-8-sig") else None
    except (SyntaxError, UnicodeDecodeError):
        return None


def _files(folder: Path) -> Iterator[Path]:
    """All files and links below a folder, sorted, without caches, repositories and virtual environments."""
    for root, folders, names in os.walk(folder):
        here = Path(root)
        links = [name for name in folders if (here / name).is_symlink()]
        folders[:] = sorted(
            name
            for name in folders
            if name not in _CACHES and name not in links and not _is_environment(here / name, folder)
        )
        yield from (here / name for name in sorted([*names, *links]))


def _is_environment(place: Path, project: Path) -> bool:
    """A virtual environment at the top of the project; further down it would be code that can be imported."""
    return place.parent == project and place.name not in ("app", "lib", "tests") and (place / "pyvenv.cfg").is_file()
