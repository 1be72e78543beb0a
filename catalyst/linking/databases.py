"""Flows that ask the same database agree on its tables, in whichever folders they and their `schema.sql` are."""

from __future__ import annotations

from collections.abc import Iterable

from catalyst.diagnostics import Diagnostics
from catalyst.graph.model import Workflow, all_steps


def check_tables(workflows: Iterable[Workflow], found: Diagnostics) -> None:
    """Report the first `sql` node of each flow whose `schema.sql` makes a table in other words than one before."""
    asking = [flow for flow in workflows if any(step.type.name == "sql" for step in all_steps(flow.body))]
    if len(asking) > 1:
        _compare(asking, found)


def _compare(workflows: Iterable[Workflow], found: Diagnostics) -> None:
    from catalyst.nodes.sql.schema import made_otherwise, read_schema  # noqa: PLC0415 - few flows ask a database
    from catalyst.nodes.types.sql import SCHEMA_FILE, SqlParams  # noqa: PLC0415

    seen: dict[str, dict[str, str]] = {}
    for workflow in workflows:
        for step in all_steps(workflow.body):
            text = step.files.get(SCHEMA_FILE)
            if not isinstance(step.params, SqlParams) or text is None:
                continue
            files = seen.setdefault(step.params.connection, {})
            if text in files:
                continue
            for other, flow in files.items():
                if table := made_otherwise(read_schema(other), read_schema(text)):
                    message = f"the `{SCHEMA_FILE}` of this flow makes `{table}` in other words than that of `{flow}`"
                    wish = f"keep one `{SCHEMA_FILE}` beside catalyst.yaml, or give one of them another `connection`"
                    found.error("E443", message, step.span, help=wish)
            files[text] = workflow.name
