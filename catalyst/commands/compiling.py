"""Compiles what a command names, with file names as the reader can open them from where they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from catalyst.commands.problems import CommandProblem
from catalyst.commands.targets import flow_target
from catalyst.diagnostics import Diagnostic, did_you_mean, listing

if TYPE_CHECKING:
    from catalyst.api import Result
    from catalyst.graph.model import Workflow


def compile_shown(flow: Path, *, no_code: bool = False) -> Result:
    """Compile a flow file or a project folder; findings name files by their path from the current folder.

    Raises `CommandProblem` when there is no such file.
    """
    flow_target(flow)
    from catalyst.api import compile_path  # noqa: PLC0415 - only when there is something to compile

    result = compile_path(flow, no_code=no_code)
    folder = flow if flow.is_dir() else flow.parent
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
    own = [workflow for workflow in workflows if workflow.file == flow.name]
    candidates = own if own and not flow.is_dir() else list(workflows)
    if len(candidates) == 1 or (first and candidates):
        return candidates[0]
    raise CommandProblem(f"`{flow}` holds several flows", help=f"choose one with --flow: {listing(names)}")


def _at(diagnostic: Diagnostic, folder: Path) -> Diagnostic:
    return replace(diagnostic, span=replace(diagnostic.span, file=str(folder / diagnostic.file)))
