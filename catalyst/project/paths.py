"""Which paths may be written, and reading without following links.

Goes in: paths of emitted files. Comes out: `ForeignPath` for whatever would leave the output folder or cannot exist on
every system; file contents read without following a symbolic link.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path

_PART = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.-]{0,100}")
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")
_OWN = ".catalyst"

NOFOLLOW = 0 if sys.platform == "win32" else os.O_NOFOLLOW
"""Open flag that refuses symbolic links, where the system has it."""


class ForeignPath(Exception):
    """A place that is not ours to write; carries the code, the path and what to try."""

    def __init__(self, code: str, path: str, message: str, help: str) -> None:
        super().__init__(message)
        self.code = code
        self.path = path
        self.help = help


def is_inside(path: str) -> bool:
    """Whether a relative path with `/` stays in its folder, on every system, and out of `.catalyst` and `.git`."""
    parts = path.split("/")
    return parts[0].lower() not in (_OWN, ".git") and all(
        _PART.fullmatch(part) and not part.endswith(".") and not _RESERVED.fullmatch(part) for part in parts
    )


def check_names(paths: Iterable[str]) -> None:
    """Raises `ForeignPath` for the first path that leaves the folder (E505) or meets another one (E506).

    Names meet when they differ in case only, and when one is a folder of the other.
    """
    seen: dict[str, str] = {}
    for path in sorted(paths):
        if not is_inside(path):
            raise ForeignPath(
                "E505", path, f"`{path}` is not a path inside the output folder", "rename what it is made from"
            )
        other = seen.setdefault(path.casefold(), path)
        if other != path:
            raise ForeignPath(
                "E506", path, f"`{path}` and `{other}` are one file on some systems", "rename one of them"
            )
    folded = {parent: path for path in seen.values() for parent in _parents(path.casefold())}
    for key, path in sorted(seen.items()):
        if key in folded:
            raise ForeignPath(
                "E506", path, f"`{path}` is a file and the folder of `{folded[key]}`", "rename one of them"
            )
    _check_folders(seen.values())


def _check_folders(paths: Iterable[str]) -> None:
    folders: dict[str, str] = {}
    for path in paths:
        for folder in _parents(path):
            other = folders.setdefault(folder.casefold(), folder)
            if other != folder:
                message = f"the folders `{folder}` and `{other}` are one on some systems"
                raise ForeignPath("E506", path, message, "rename one of them")


def _parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def lookup(place: Path) -> os.stat_result | None:
    """What stands at a place, links not followed; None when there is nothing."""
    try:
        return os.lstat(place)
    except FileNotFoundError:
        return None


def read_nofollow(place: Path) -> bytes:
    """The bytes of a regular file; raises `OSError` for a link that took its place meanwhile."""
    descriptor = os.open(place, os.O_RDONLY | NOFOLLOW)
    with os.fdopen(descriptor, "rb") as file:
        return file.read()
