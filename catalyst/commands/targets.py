"""The flow or folder that a command is about: found, or missed with a word on what is near; and where output goes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from catalyst.commands.problems import CommandProblem
from catalyst.diagnostics import listing, suggest

PROJECT_FILE = "catalyst.yaml"
FLOW_SUFFIXES = (".yaml", ".yml", ".json")
_NEAR = 200
"""Entries of a folder that are looked at for suggestions."""


def existing(path: Path) -> Path:
    """The path when there is something there. Raises `CommandProblem` with what is near otherwise."""
    try:
        if path.exists():
            return path
    except OSError as error:
        raise CommandProblem(f"`{path}` cannot be read: {reason(error)}") from None
    raise CommandProblem(f"there is no `{path}`", help=_suggestion(path))


def flow_target(path: Path) -> Path:
    """The path when it may be a flow: a file, or a folder with a `catalyst.yaml`. Raises `CommandProblem` otherwise."""
    existing(path)
    if path.is_file():
        return path
    if not path.is_dir():
        raise CommandProblem(f"`{path}` is not a file")
    if not (path / PROJECT_FILE).is_file():
        flows = sorted(_flows_near(path))
        advice = f"name one of its flows: {listing(flows)}" if flows else "name a flow file"
        raise CommandProblem(f"`{path}` is a folder without a `{PROJECT_FILE}`", help=advice)
    return path


def existing_folder(path: Path) -> Path:
    """The path when it is a folder; raises `CommandProblem` otherwise."""
    if not existing(path).is_dir():
        raise CommandProblem(f"`{path}` is not a folder")
    return path


def default_output(flow: Path, name: str) -> Path:
    """Where a build goes unless told: a folder named after the flow, beside the flow file or the project file."""
    return (flow if flow.is_dir() else flow.parent) / (name or "project")


def write_text(path: Path, text: str) -> None:
    """Write a file that the user named. Raises `CommandProblem` when that cannot be done."""
    try:
        path.write_bytes(text.encode("utf-8"))
    except OSError as error:
        raise CommandProblem(f"`{path}` cannot be written: {reason(error)}") from None


def reason(error: OSError) -> str:
    """Why the system refused, in lower case."""
    return (error.strerror or type(error).__name__).lower()


def _suggestion(path: Path) -> str:
    """A file with nearly that name, else the flows that are there."""
    nearby = sorted(_flows_near(path.parent))
    # Without what is behind the dot, which makes all flows look alike.
    stems = {Path(name).stem: name for name in reversed(nearby)}
    close = suggest(path.stem, stems)
    if close is not None:
        return f"did you mean `{path.parent / stems[close]}`?"
    if nearby:
        return f"`{path.parent}` holds: {listing(nearby)}"
    if path.parent.is_dir():
        return f"`{path.parent}` holds no flow; `catalyst new NAME` makes a project to start from"
    return f"there is no folder `{path.parent}` either"


def _flows_near(folder: Path) -> Iterator[str]:
    """Names of flow files and of project folders in a folder."""
    try:
        for number, place in enumerate(sorted(folder.iterdir())):
            if number >= _NEAR:
                return
            wanted = place / PROJECT_FILE if place.is_dir() else place
            if wanted.suffix in FLOW_SUFFIXES and wanted.is_file():
                yield place.name
    except OSError:
        return
