"""Notices when files change, by looking at them a few times a second.

Looking costs microseconds for the few files of a flow and works on every file system, network ones too.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from catalyst.commands.targets import FLOW_SUFFIXES, PROJECT_FILE

Stamp = tuple[int, int, int]
_MOST = 5_000
"""Files that are looked at; a folder with more is no folder of flows."""


def watched(flow: Path, sources: Iterable[str]) -> dict[str, Stamp]:
    """Path -> stamp of every file that the flow is made of, or could be: flows beside it, `lib/`, what was read."""
    folder = flow if flow.is_dir() else flow.parent
    places = [flow, folder / PROJECT_FILE, *map(Path, sources), *_flows(folder), *_flows(folder / "flows")]
    places += _python(folder / "lib")
    return {str(place): stamp for place in places[:_MOST] if (stamp := _stamp(place)) is not None}


def _stamp(place: Path) -> Stamp | None:
    """What changes when a file is written or replaced; None for what is not there."""
    try:
        found = place.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _flows(folder: Path) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            yield from [Path(entry.path) for entry in entries if entry.name.endswith(FLOW_SUFFIXES)]
    except OSError:
        return


def _python(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__"]
        yield from (Path(root) / name for name in names if name.endswith(".py"))
