"""The tools that an editor gives to a model, as those of `agent`.

Goes in: a list of names and objects, such as the providers' own `{name, description, input_schema}` and
`{type: function, function: {name, ...}}`. Comes out: a list of functions, workflows and servers. A tool that says no
more than its name is the function of that name in `lib/tools.py`. What it takes is read from the function, unless the
tool has a schema of its own.
"""

from __future__ import annotations

import re
from typing import Any

from catalyst.diagnostics import Located
from catalyst.spec.tree import LocatedMap, key_span_at
from catalyst.spec.visual.report import At, milliseconds
from catalyst.spec.visual.step import Step

_FUNCTION = re.compile(r"lib(\.\w+)+:\w+")
_PLAIN = ("name", "description", "token", "only", "mcp")
_SCHEMAS = ("input_schema", "inputSchema", "parameters", "schema")


def tools_of(raw: Any, step: Step, name: str) -> list[Any]:
    """The tools; what is none is reported."""
    if not isinstance(raw, list):
        step.report.error("E153", f"`{name}` must be an array", step.span_of(name))
        return []
    return [_tool(each, step, name) for each in raw]


def _tool(raw: Any, step: Step, name: str) -> Any:
    if isinstance(raw, Located):
        return At(_by_name(raw, step), raw.span)
    if not isinstance(raw, LocatedMap):
        step.report.error("E153", f"a tool of `{name}` is a name or an object", step.span_of(name))
        return {}
    if raw.get("type") == "function" and isinstance(raw.get("function"), LocatedMap):
        return _tool(raw["function"], step, name)
    known = (*_PLAIN, *_SCHEMAS, "type", "function", "workflow", "timeout", "strict")
    step.report.known_keys(raw, known, f"a tool of `{name}`")
    if raw.get("strict"):
        message = f"`strict` of a tool of `{step.node.key}` has no effect: arguments are held against the schema anyway"
        step.report.warning("W150", message, key_span_at(raw, ["strict"], raw.span))
    made: dict[str, Any] = {key: At(raw[key], raw.value_spans[key]) for key in _PLAIN if raw.get(key) is not None}
    made |= _schema(raw)
    made |= _doer(raw, step, name)
    limit = step.report.number_in(raw, "timeout", f"`timeout` of a tool of `{name}`")
    if limit is not None:
        made["timeout"] = At(milliseconds(limit), raw.value_spans["timeout"])
    return At(made, raw.span)


def _schema(raw: LocatedMap) -> dict[str, Any]:
    """The arguments as the editor tells them to the model, under whichever name its provider has for them."""
    key = next((key for key in _SCHEMAS if raw.get(key) is not None), None)
    return {} if key is None else {"schema": At(raw[key], raw.value_spans[key])}


def _doer(raw: LocatedMap, step: Step, name: str) -> dict[str, Any]:
    """What a tool calls."""
    if raw.get("mcp") is not None:
        return {}
    for key in ("workflow", "function"):
        if isinstance(raw.get(key), Located):
            return _by_name(raw[key], step)
    label = raw.get("name")
    if not isinstance(label, Located):
        step.report.error("E157", f"a tool of `{name}` of `{step.node.key}` needs a `name`", raw.span)
        return {}
    return _by_name(label, step)


def _by_name(label: Located, step: Step) -> dict[str, Any]:
    """A workflow of the file, a function below `lib/`, or the function of that name in `lib/tools.py`."""
    if label in step.around.workflows:
        return {"workflow": At(step.around.workflows[label], label.span)}
    if label.endswith((".yaml", ".yml", ".json")):
        return {"workflow": label}
    return {"function": label if _FUNCTION.fullmatch(label) else At(f"lib.tools:{label}", label.span)}
