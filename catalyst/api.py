"""The compiler as a library: a flow or a folder of flows goes in, the files of a project and all findings come out.

`compile_flow` touches no disk and never raises for a wrong flow; `compile_path` and `compile_project` read the disk
and do the rest the same way. The passes, in order: `spec` reads, `linking` brings flows together, `graph` resolves
and types, `codegen` writes Python, `project` formats it, adds the files around it and verifies every module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from catalyst.assemble import assemble, source_map
from catalyst.collector import collecting_seldom
from catalyst.diagnostics import CompilerBug, Diagnostic, Span
from catalyst.graph.model import Workflow
from catalyst.linking.flows import Linked, Linker
from catalyst.spec.flow import load_project
from catalyst.spec.model import FlowSettings, ProjectFile
from catalyst.spec.source import decode_source

Read = Callable[[str], "str | None"]
"""Gives the text of another file of the project by its path relative to the flow; None when there is none."""

PROJECT_FILE = "catalyst.yaml"
FLOWS_FOLDER = "flows"
_SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a compilation. `files` is empty when there are errors."""

    name: str
    files: dict[str, str]
    diagnostics: list[Diagnostic]
    workflows: tuple[Workflow, ...] = ()
    sources: dict[str, str] = field(default_factory=dict)
    """Text of every file that was read, by the name it has in diagnostics."""
    source_map: dict[str, dict[int, str]] = field(default_factory=dict)
    """Emitted file -> code line -> flow line."""

    @property
    def ok(self) -> bool:
        """Whether there are no errors."""
        return not any(item.severity == "error" for item in self.diagnostics)


@collecting_seldom()
def compile_flow(
    source: str, *, filename: str = "flow.yaml", read: Read | None = None, no_code: bool = False
) -> Result:
    """Compile one flow from its text. Touches no disk: other files come from `read`, when it is given.

    `no_code` refuses flows that bring Python of their own. Raises CompilerBug for our own mistakes, nothing for the
    flow's.
    """
    linker = Linker(read)
    units = linker.add_file(filename, source)
    linked = linker.build_all()
    name = units[0].name if units else "flow"
    settings = units[0].flow.settings if units and units[0].flow is not None else FlowSettings.model_validate({})
    description = str(units[0].flow.description or "") if units and units[0].flow is not None else ""
    return _finish(name, description, linked, settings, no_code=no_code)


@collecting_seldom()
def compile_project(path: str | Path, *, no_code: bool = False) -> Result:
    """Compile a folder with a `catalyst.yaml` and `flows/*.yaml` into one project."""
    folder = Path(path)
    source, found = _read_file(folder / PROJECT_FILE, PROJECT_FILE)
    if source is None:
        return Result(folder.name, {}, found)
    read = _reader(folder)
    loaded = load_project(source, PROJECT_FILE)
    linker = Linker(read, loaded.project)
    linker.linked.sources[PROJECT_FILE] = source
    linker.linked.found.extend(loaded.diagnostics)
    names = _flow_files(folder)
    if not names:
        message = f"the folder `{FLOWS_FOLDER}` beside `{PROJECT_FILE}` holds no flows"
        linker.linked.found.error(
            "E510", message, Span.start_of(PROJECT_FILE), help="add a file such as flows/hello.yaml"
        )
    for name in names:
        text, problems = _read_file(folder / name, name)
        linker.linked.found.extend(problems)
        if text is not None:
            linker.add_file(name, text)
    project = loaded.project if loaded.project is not None else ProjectFile.model_validate({})
    name = str(project.name) if project.name is not None else _identifier(folder.resolve().name)
    return _finish(name, str(project.description or ""), linker.build_all(), project.settings, no_code=no_code)


def compile_path(path: str | Path, *, no_code: bool = False) -> Result:
    """Compile a flow file or a project folder. What cannot be read is a finding, not an exception."""
    place = Path(path)
    if place.is_dir():
        return compile_project(place, no_code=no_code)
    source, found = _read_file(place, place.name)
    if source is None:
        return Result(place.stem, {}, found)
    return compile_flow(source, filename=place.name, read=_reader(place.parent), no_code=no_code)


def _finish(name: str, description: str, linked: Linked, settings: FlowSettings, *, no_code: bool) -> Result:
    brought = sorted(linked.libraries) + [line for flow in linked.workflows for line in flow.requirements]
    if no_code and brought:
        for unit in linked.units:
            message = "this flow brings Python of its own: " + ", ".join(brought)
            linked.found.error(
                "E511", message, Span.start_of(unit.file), help="build without --no-code once you have read it"
            )
    diagnostics = linked.found.sorted()
    if linked.found.has_errors:
        return Result(name, {}, diagnostics, tuple(linked.workflows), linked.sources)
    files = assemble(name, description, linked, _plain(settings))
    return Result(name, files, diagnostics, tuple(linked.workflows), linked.sources, source_map(files))


def _plain(settings: FlowSettings) -> Mapping[str, Any]:
    """The settings that the app is written from."""
    return {
        "concurrency": settings.concurrency,
        "max_body": settings.max_body,
        "trace": settings.trace,
        "docs": settings.docs,
        "fast_path": settings.fast_path,
        "cors": settings.cors.model_dump() if settings.cors is not None else None,
    }


def _reader(folder: Path) -> Read:
    """Reads files below a folder; what leads out of it, through links too, is not there."""
    root = folder.resolve()

    def read(relative: str) -> str | None:
        try:
            path = (root / relative).resolve()
            if not path.is_relative_to(root) or not path.is_file():
                return None
            text, _ = decode_source(path.read_bytes(), relative)
        except (OSError, ValueError):
            return None
        return text

    return read


def _read_file(path: Path, shown: str) -> tuple[str | None, list[Diagnostic]]:
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for
            raise OSError(0, "it is not a file")
        return decode_source(path.read_bytes(), shown)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it cannot be read"
        return None, [Diagnostic("E512", "error", f"`{path}` cannot be read: {reason.lower()}", Span.start_of(shown))]


def _flow_files(folder: Path) -> list[str]:
    flows = folder / FLOWS_FOLDER
    try:
        names = sorted(entry.name for entry in flows.iterdir() if entry.is_file() and entry.suffix in _SUFFIXES)
    except OSError:
        return []
    return [f"{FLOWS_FOLDER}/{name}" for name in names]


def _identifier(text: str) -> str:
    name = "".join(char if char.isascii() and char.isalnum() else "_" for char in text).strip("_").lower()
    return name if name and not name[0].isdigit() else f"project_{name}".rstrip("_")


__all__ = ["CompilerBug", "Result", "compile_flow", "compile_path", "compile_project"]
