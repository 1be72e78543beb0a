"""`catalyst check`: says everything that is wrong with flows, and writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from catalyst.commands import report
from catalyst.commands.compiling import compile_shown
from catalyst.commands.console import progress, put_json, say
from catalyst.commands.problems import FINE, FLOW_IS_WRONG
from catalyst.commands.targets import flow_target


def check(flows: Sequence[Path], *, strict: bool, no_code: bool, as_json: bool) -> int:
    """Compile each flow file or project folder and report the findings; gives the exit code."""
    for flow in flows:
        flow_target(flow)
    ok = True
    documents = []
    for flow in flows:
        with progress(f"checking {flow} ..."):
            result = compile_shown(flow, no_code=no_code, in_project=True)
        found = report.strictly(result.diagnostics, strict)
        ok = ok and not report.has_errors(found)
        documents.append((str(flow), found))
        if not as_json:
            report.show(found, result.sources)
            if not found:
                say(f"{flow}: nothing is wrong", "green")
    if as_json:
        everything = [item for _, found in documents for item in found]
        listed = [{"path": path, "ok": not report.has_errors(found)} for path, found in documents]
        put_json(report.document(everything, flows=listed))
    return FINE if ok else FLOW_IS_WRONG
