"""Compiles what a command names, with file names as the reader can open them from where they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from catalyst.commands.problems import CommandProblem
from catalyst.commands.targets import PROJECT_FILE, flow_target
from catalyst.diagnostics import Diagnostic, did_you_mean, listing

if TYPE_CHECKING:
    from catalyst.api import Kept, Result
    from catalyst.graph.model import Workflow

FLOWS_FOLDER = "flows"


def compile_shown(flow: Path, *, no_code: bool = False, in_project: bool = False, kept: Kept | None = None) -> Result:
    """Compile a flow file or a project folder; findings name files by their path from the current folder.

    `kept` is where the build leaves something for the next one.
    With `in_project` a file in the `flows` folder of a project is compiled with its project, whose types it may use.
    Raises `CommandProblem` when there is no such file.
    """
    flow_target(flow)
    from catalyst.api import compile_path  # noqa: PLC0415 - only when there is something to compile

    project = project_of(flow) if in_project else None
    target = project if project is not None else flow
    result = compile_path(target, no_code=no_code, kept=kept)
    folder = target if target.is_dir() else target.parent
    found = [_at(item, folder) for item in result.diagnostics]
    sources = {str(folder / name): text for name, text in result.sources.items()}
    return replace(result, diagnostics=found, sources=sources)


def choose(workflows: Sequence[Workflow], name: str | None, flow: Path, *, first: bool = False) -> Workflow:
    """The workflow of that name; without a name the only one, or the file's own (which comes first).

    Raises `CommandProblem` when there is no such workflow, or several to choose from.
    """
    names = [workflow.name for workflow in workflows]
    if name is not None:
        if name not in names:
            advice = did_you_mean(name, names) or f"there are: {listing(names)}"
            raise CommandProblem(f"`{flow}` has no flow `{name}`", help=advice)
        return workflows[names.index(name)]
    names_of_file = (flow.name, f"{flow.absolute().parent.name}/{flow.name}")
    own = [workflow for workflow in workflows if workflow.file in names_of_file]
    candidates = own if own and not flow.is_dir() else list(workflows)
    if len(candidates) == 1 or (first and candidates):
        return candidates[0]
    raise CommandProblem(f"`{flow}` holds several flows", help=f"choose one with --flow: {listing(names)}")


def project_of(flow: Path) -> Path | None:
    """The folder of the project that a flow file belongs to, or None for a flow of its own."""
    folder = flow.parent if flow.parent.name else flow.absolute().parent
    if flow.is_dir() or folder.name != FLOWS_FOLDER or not (folder.parent / PROJECT_FILE).is_file():
        return None
    return folder.parent


def _at(diagnostic: Diagnostic, folder: Path) -> Diagnostic:
    return replace(diagnostic, span=replace(diagnostic.span, file=str(folder / diagnostic.file)))
