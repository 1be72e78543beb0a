"""The compiler as a library: a flow or a folder of flows goes in, the files of a project and all findings come out.

`compile_flow` touches no disk and never raises for a wrong flow; `compile_path` and `compile_project` read the disk
and do the rest the same way. Who gives a place to keep things (`Kept`) gets the same result sooner after a small
change. The passes, in order: `spec` reads, `linking` brings flows together, `graph` resolves
and types, `codegen` writes Python, `project` formats it, adds the files around it and verifies every module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from catalyst.assemble import assemble, source_map
from catalyst.collector import collecting_seldom
from catalyst.diagnostics import CompilerBug, Diagnostic, Span
from catalyst.graph.model import Workflow
from catalyst.linking.flows import Linked, Linker
from catalyst.rebuild.again import build_again
from catalyst.rebuild.record import Asked, Reads, Record, make_record, record_from_text, record_to_text
from catalyst.spec.flow import load_project
from catalyst.spec.model import FlowSettings, ProjectFile
from catalyst.spec.source import decode_source

Read = Callable[[str], "str | None"]
"""Gives the text of another file of the project by its path relative to the flow; None when there is none."""


class Kept(Protocol):
    """A place where one build leaves something for the next one of the same flow by the same compiler."""

    def load(self) -> str | None:
        """What was saved last, letter by letter; None when there is nothing, or nothing that can be trusted."""

    def save(self, text: str) -> None:
        """Keep a text, if that is possible."""


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
    flows: tuple[str, ...] = ()
    """Names of the flows. `workflows` are not at hand when most of the result was kept from the last build."""

    @property
    def ok(self) -> bool:
        """Whether there are no errors."""
        return not any(item.severity == "error" for item in self.diagnostics)


@collecting_seldom()
def compile_flow(
    source: str,
    *,
    filename: str = "flow.yaml",
    read: Read | None = None,
    no_code: bool = False,
    kept: Kept | None = None,
) -> Result:
    """Compile one flow from its text. Touches no disk: other files come from `read`, when it is given.

    `no_code` refuses flows that bring Python of their own. Raises CompilerBug for our own mistakes, nothing for the
    flow's. With `kept` most of the result may come from there, and is the same.
    """
    asked = Asked("", (filename,), None, no_code)
    again = _again(kept, asked, {filename: source}, read)
    if again is not None:
        return again
    reads = Reads(read) if read is not None else None
    linker = Linker(reads)
    units = linker.add_file(filename, source)
    linked = linker.build_all()
    name = units[0].name if units else "flow"
    settings = units[0].flow.settings if units and units[0].flow is not None else FlowSettings.model_validate({})
    description = str(units[0].flow.description or "") if units and units[0].flow is not None else ""
    return _keep(kept, asked, linked, reads, _finish(name, description, linked, settings, no_code=no_code))


@collecting_seldom()
def compile_project(path: str | Path, *, no_code: bool = False, kept: Kept | None = None) -> Result:
    """Compile a folder with a `catalyst.yaml` and `flows/*.yaml` into one project."""
    folder = Path(path)
    source, found = _read_file(folder / PROJECT_FILE, PROJECT_FILE)
    if source is None:
        return Result(folder.name, {}, found)
    names = _flow_files(folder)
    texts = {name: _read_file(folder / name, name) for name in names}
    right = {name: text for name, (text, problems) in texts.items() if text is not None and not problems}
    folder_name = _identifier(folder.resolve().name)
    asked = Asked(folder_name, tuple(names), source, no_code)
    reads = Reads(_reader(folder))
    again = _again(kept, asked, right, reads) if len(right) == len(names) else None
    if again is not None:
        return again
    loaded = load_project(source, PROJECT_FILE)
    linker = Linker(reads, loaded.project)
    linker.linked.sources[PROJECT_FILE] = source
    linker.linked.found.extend(loaded.diagnostics)
    if not names:
        message = f"the folder `{FLOWS_FOLDER}` beside `{PROJECT_FILE}` holds no flows"
        linker.linked.found.error(
            "E510", message, Span.start_of(PROJECT_FILE), help="add a file such as flows/hello.yaml"
        )
    for name, (text, problems) in texts.items():
        linker.linked.found.extend(problems)
        if text is not None:
            linker.add_file(name, text)
    project = loaded.project if loaded.project is not None else ProjectFile.model_validate({})
    name = str(project.name) if project.name is not None else folder_name
    linked = linker.build_all()
    finished = _finish(name, str(project.description or ""), linked, project.settings, no_code=no_code)
    return _keep(kept, asked, linked, reads, finished)


def compile_path(path: str | Path, *, no_code: bool = False, kept: Kept | None = None) -> Result:
    """Compile a flow file or a project folder. What cannot be read is a finding, not an exception."""
    place = Path(path)
    if place.is_dir():
        return compile_project(place, no_code=no_code, kept=kept)
    source, found = _read_file(place, place.name)
    if source is None:
        return Result(place.stem, {}, found)
    return compile_flow(source, filename=place.name, read=_reader(place.parent), no_code=no_code, kept=kept)


def _again(kept: Kept | None, asked: Asked, texts: Mapping[str, str], read: Read | None) -> Result | None:
    """The result of a build again, if it can be told from what the last one has left."""
    text = kept.load() if kept is not None else None
    record = record_from_text(text) if text is not None else None
    again = build_again(record, asked, texts, read) if record is not None else None
    if kept is None or again is None:
        return None
    if again.is_new:
        _save(kept, again.record)
    sources = {PROJECT_FILE: asked.project} if asked.project is not None else {}
    sources |= {flow.file: flow.source for flow in again.record.flows}
    files = dict(again.record.files)
    flows = tuple(flow.name for flow in again.record.flows)
    return Result(again.record.name, files, [], (), sources, source_map(files), flows)


def _keep(kept: Kept | None, asked: Asked, linked: Linked, reads: Reads | None, result: Result) -> Result:
    """Leave something for the next build, unless there is anything to be said about this one."""
    if kept is not None and result.files and not result.diagnostics:
        record = make_record(asked, result.name, linked, result.files, reads)
        if record is not None:
            _save(kept, record)
    return result


def _save(kept: Kept, record: Record) -> None:
    text = record_to_text(record)
    if text is not None:
        kept.save(text)


def _finish(name: str, description: str, linked: Linked, settings: FlowSettings, *, no_code: bool) -> Result:
    brought = sorted(linked.libraries) + [line for flow in linked.workflows for line in flow.requirements]
    if no_code and brought:
        for unit in linked.units:
            message = "this flow brings Python of its own: " + ", ".join(brought)
            linked.found.error(
                "E511", message, Span.start_of(unit.file), help="build without --no-code once you have read it"
            )
    diagnostics = linked.found.sorted()
    workflows = tuple(linked.workflows)
    flows = tuple(workflow.name for workflow in workflows)
    if linked.found.has_errors:
        return Result(name, {}, diagnostics, workflows, linked.sources, flows=flows)
    files = assemble(name, description, linked, _plain(settings))
    return Result(name, files, diagnostics, workflows, linked.sources, source_map(files), flows)


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


__all__ = ["CompilerBug", "Kept", "Result", "compile_flow", "compile_path", "compile_project"]
