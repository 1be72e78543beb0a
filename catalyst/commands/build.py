"""`catalyst build`: a flow or a folder of flows becomes a project on disk."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from catalyst.commands import report
from catalyst.commands.compiling import compile_shown, project_of
from catalyst.commands.console import progress, put_json, say
from catalyst.commands.keeping import kept_for
from catalyst.commands.problems import FINE, FLOW_IS_WRONG
from catalyst.commands.targets import default_output, flow_target

if TYPE_CHECKING:
    from catalyst.api import Result
    from catalyst.project.write import Policy, WriteReport

_SHOWN = 8
_DIFF_LINES = 40


def build(
    flow: Path, output: Path | None, *, policy: Policy, no_code: bool, strict: bool, as_json: bool, keeps: bool
) -> int:
    """Compile and write; nothing is written when the flow is wrong. Gives the exit code.

    `keeps`: whether the build may use what the last one has left, and leave something for the next one.
    """
    flow_target(flow)
    with progress(f"building {flow} ..."):
        result = compile_shown(flow, no_code=no_code, kept=kept_for(flow, wanted=keeps))
        found = report.strictly(result.diagnostics, strict)
        folder = output if output is not None else default_output(flow, result.name)
        written = None if report.has_errors(found) else write(result, folder, policy)
    everything = (*found, *(written.diagnostics if written is not None else ()))
    if as_json:
        put_json(report.document(everything, output=folder.as_posix(), **_lists(written)))
    else:
        report.show(everything, result.sources)
        if written is not None and not written.ok:
            _say_differences(written)
        project = project_of(flow)
        if project is not None and not result.ok:
            say(f"  = help: this flow is part of the project `{project}`; build that folder")
        if written is not None and written.ok:
            _say_written(written, folder)
    return FINE if written is not None and written.ok else FLOW_IS_WRONG


def write(result: Result, folder: Path, policy: Policy) -> WriteReport:
    """Put a compiled project into a folder."""
    from catalyst.project.write import write_project  # noqa: PLC0415 - start-up time

    return write_project(result.files, folder, policy=policy, flows=result.flows, source_map=result.source_map)


def _lists(written: WriteReport | None) -> Mapping[str, object]:
    """What happened to the files, for machines; empty lists when nothing was written."""
    if written is None or not written.ok:
        edited = list(written.edited) if written is not None else []
        diffs = dict(written.diffs) if written is not None else {}
        return {"created": [], "updated": [], "unchanged": [], "removed": [], "edited": edited, "diffs": diffs}
    return {
        "created": list(written.created),
        "updated": list(written.updated),
        "unchanged": list(written.unchanged),
        "removed": list(written.removed),
        "edited": list(written.edited),
        "diffs": dict(written.diffs),
    }


def _say_differences(written: WriteReport) -> None:
    """What would change in the files that were edited since they were built."""
    for diff in written.diffs.values():
        lines = diff.splitlines()
        say()
        for line in lines[:_DIFF_LINES]:
            say(f"  {line}")
        if len(lines) > _DIFF_LINES:
            say(f"  ... {len(lines) - _DIFF_LINES} more lines")


def _say_written(written: WriteReport, folder: Path) -> None:
    say_changes(written, folder)
    shown = os.path.relpath(folder) if folder.is_absolute() and Path.cwd() in folder.parents else folder
    say("Start it:")
    say(f"  cd {shlex.quote(str(shown))} && pip install -r requirements.txt && python -m app", "bold")


def say_changes(written: WriteReport, folder: Path) -> None:
    """One line on what changed, and the names of the files where they are few."""
    changes = [("created", written.created), ("updated", written.updated), ("removed", written.removed)]
    counts = [f"{len(paths)} {what}" for what, paths in changes if paths]
    counts += [f"{len(written.unchanged)} unchanged"] if written.unchanged else []
    say(f"{folder}: {', '.join(counts) or 'nothing to do'}", "green")
    for what, paths in changes[1:]:
        for path in paths[:_SHOWN]:
            say(f"  {what} {path}")
        if len(paths) > _SHOWN:
            say(f"  ... and {len(paths) - _SHOWN} more")
    for path in written.edited:
        what = "your edits were written over" if path in written.updated else "kept as you edited it"
        say(f"  {path}: {what}", "yellow")
