"""`catalyst graph`: a flow as a picture or as text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from catalyst.commands import report
from catalyst.commands.compiling import choose, compile_shown
from catalyst.commands.console import json_text, put, say
from catalyst.commands.problems import FINE, FLOW_IS_WRONG
from catalyst.commands.targets import write_text

if TYPE_CHECKING:
    from catalyst.graph.model import Workflow

Format = Literal["mermaid", "svg", "text", "json"]


def graph(flow: Path, output: Path | None, *, form: Format, name: str | None) -> int:
    """Draw the flow; gives the exit code."""
    result = compile_shown(flow, in_project=True)
    report.show(result.diagnostics, result.sources)
    if not result.ok:
        return FLOW_IS_WRONG
    text = draw(choose(result.workflows, name, flow, first=True), form)
    if output is None:
        put(text.rstrip("\n"))
    else:
        write_text(output, text)
        say(f"wrote {output}", "green")
    return FINE


def draw(workflow: Workflow, form: Format) -> str:
    """The workflow in one of the formats, ending with a line break."""
    from catalyst.graph.dump import dump  # noqa: PLC0415 - start-up time
    from catalyst.graph.mermaid import to_mermaid  # noqa: PLC0415
    from catalyst.graph.picture import as_data, picture_of  # noqa: PLC0415
    from catalyst.graph.svg import to_svg  # noqa: PLC0415

    match form:
        case "mermaid":
            return to_mermaid(picture_of(workflow))
        case "svg":
            return to_svg(picture_of(workflow))
        case "json":
            return json_text(as_data(workflow)) + "\n"
        case "text":
            return dump(workflow)
