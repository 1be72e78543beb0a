"""Node types of the editor that steer: conditions, loops, branches, retries, early answers."""

from __future__ import annotations

from typing import Any

from catalyst.diagnostics import Located
from catalyst.spec.tree import LocatedList, LocatedMap
from catalyst.spec.visual.code import Code, as_boolean, code, grouped, references, value_code
from catalyst.spec.visual.report import At
from catalyst.spec.visual.step import Draft, Step, is_wrapped


def condition(step: Step) -> Draft:
    """`set` to true or false; what its handles lead to asks for the value."""
    for name in ("trueTarget", "falseTarget"):
        step.raw(name)
    name, _ = step.raw("expression", "condition")
    return Draft("set", {"value": step.made(as_boolean(step.need_code("expression", "condition")), step.span_of(name))})


def switch(step: Step) -> Draft:
    """`set` to the name of the handle that is taken."""
    subject = step.code("expression", "value")
    name, cases = step.raw("cases")
    if not isinstance(step.raw("default")[1], str):
        step.left_out("default")
    parts: list[str | Code] = []
    if not isinstance(cases, LocatedList):
        step.missing(name)
        cases = LocatedList(step.span)
    for index, case in enumerate(cases):
        parts += [f"'case{index}' if ", _case_test(step, subject, case), " else "]
    return Draft("set", {"value": step.made(code(*parts, "'default'"), step.span_of(name))})


_CASE_CONDITIONS = ("condition", "expression", "when")


def _case_test(step: Step, subject: Code | None, case: Any) -> Code:
    if isinstance(case, LocatedMap) and not is_wrapped(case):
        for key in _CASE_CONDITIONS:
            if key in case:
                return grouped(as_boolean(step.code_of(case[key])))
        case = case.get("value")
    if not subject:
        step.missing("expression")
        return code("false")
    return code(grouped(subject), " == ", value_code(step.translated(case)))


def switch_handles(config: LocatedMap) -> dict[str, str]:
    """What an edge may call the handles of a switch -> `case0`, `case1`, ..., `default`."""
    cases = config.get("cases")
    found = {"default": "default"}
    for index, case in enumerate(cases if isinstance(cases, LocatedList) else ()):
        found[f"case{index}"] = f"case{index}"
        names = [case.get(key) for key in ("id", "label", "name", "value")] if isinstance(case, LocatedMap) else [case]
        for name in names:
            if isinstance(name, str):
                found.setdefault(name, f"case{index}")
    default = config.get("default")
    return found | ({default: "default"} if isinstance(default, str) and default not in found else {})


def loop(step: Step) -> Draft:
    """`map` over the items with the loop's body."""
    keys: dict[str, Any] = {"over": step.made(step.need_code("items"), step.span_of("items"))}
    for name, key, usual in (("itemVariable", "as", "item"), ("indexVariable", "index_as", "index")):
        given = step.text(name)
        if given is not None and given != usual:
            keys[key] = given
    keys |= _concurrency(step)
    if step.has("batchSize"):
        keys["batch"] = step.value("batchSize")
    if step.flag("continueOnError"):
        keys["on_item_error"] = At("skip", step.span_of("continueOnError"))
    keys["do"] = _body(step, "body")
    return Draft("map", None, keys)


def _concurrency(step: Step) -> dict[str, Any]:
    names = ("maxConcurrent", "maxConcurrency", "concurrency")
    limit = step.value(*names)
    if not step.flag("parallel"):
        step.left_out(*names)
        return {}
    return {"concurrency": limit if limit is not None else At(8, step.span_of("parallel"))}


def _body(step: Step, name: str) -> LocatedMap:
    step.raw(name)
    if step.body is None:
        step.missing(name)
        return LocatedMap(step.span)
    return step.body


def parallel(step: Step) -> Draft:
    """`parallel` with one branch for each child."""
    mode = step.choice("mode", {"all": "all", "race": "race", "allSettled": "settled", "stream": "stream"}, "all")
    children = _body(step, "children")
    step.left_out("maxConcurrency")
    strategy = step.choice("failureStrategy", {"failFast": "all", "fail-fast": "all", "continue": "settled"}, "all")
    if strategy != "all" and mode != "settled":
        step.refuse("failureStrategy", "use `mode: allSettled`, which tells for each branch whether it failed")
    branches: dict[Any, Any] = {}
    for members in _connected(children):
        branch = LocatedMap(children.span)
        for key in members:
            branch.put(key, children[key], children.value_spans[key])
        branches[members[0]] = branch
    keys: dict[str, Any] = {"mode": At(mode, step.span_of("mode"))} if mode != "all" else {}
    limit = step.duration("timeout")
    keys |= {"timeout": limit} if limit is not None else {}
    return Draft("parallel", None, keys | {"branches": branches})


def _connected(children: LocatedMap) -> list[list[Located]]:
    """The children, those that read or need each other together, in file order."""
    groups: list[list[Located]] = []
    for key in children:
        located = key if isinstance(key, Located) else Located(key, children.span)
        linked = [*references(children[key]), *(children[key].get("needs") or ())]
        joined = [group for group in groups if any(member in linked for member in group)]
        merged = [*(member for group in joined for member in group), located]
        groups = [group for group in groups if group not in joined] + [merged]
    return groups


def error_handler(step: Step) -> Draft:
    """`try` around its children; without children it tells whether what came in had failed."""
    fallback = step.value("fallback", "fallbackValue")
    name, types = step.raw("errorTypes")
    kinds = error_kinds(types)
    step.raw("children")
    if step.body is None:
        if kinds:
            message = f"`{name}` of `{step.node.key}` needs the nodes that may fail in `children`"
            step.report.error("E157", message, step.span_of(name))
        return Draft("set", {"value": step.made(_succeeded(step))})
    if not kinds:
        # With `on_error` others can ask how it ended, which is what its handles do.
        return Draft("try", None, {"do": step.body, "on_error": {"default": fallback}})
    handler = {
        "errors": At(kinds, step.span_of(name)),
        "do": {f"{step.node.id}_fallback": {"type": "set", "with": {"value": fallback}}},
    }
    return Draft("try", None, {"do": step.body, "catch": [handler]})


def error_kinds(types: Any) -> list[Any]:
    """The kinds of errors that `errorTypes` names; none means all of them."""
    return [kind for kind in types if kind not in ("all", "*")] if isinstance(types, LocatedList) else []


def _succeeded(step: Step) -> Code:
    if not step.direct:
        step.report.error("E157", f"`{step.node.key}` needs an edge from the node that may fail", step.node.key.span)
        return code("true")
    parts: list[str | Code] = []
    for source in step.direct:
        parts += [" and "] if parts else []
        parts.append(f"nodes.{source}.error is none")
    return code(*parts)


def early_return(step: Step) -> Draft:
    """`respond`, with its condition as guard."""
    name, raw = step.raw("response", "body", "value")
    with_: dict[str, Any] = {}
    keys = {"status": "status", "statusCode": "status", "headers": "headers", "body": "body"}
    if isinstance(raw, LocatedMap) and not is_wrapped(raw) and "body" in raw and set(raw) <= set(keys):
        shaped = step.translated(raw)
        with_ = {keys[key]: At(value, raw.value_spans[key]) for key, value in shaped.items()}
    elif raw is not None:
        with_["body"] = step.value(name)
    for spelling in ("statusCode", "status"):
        if step.has(spelling):
            with_["status"] = step.value(spelling)
    guard = step.code("condition")
    return Draft("respond", with_, guard=guard)


def aggregate(step: Step) -> Draft:
    """`set` that joins the outputs of the nodes that ran."""
    strategy = step.choice("strategy", {"merge": "merge", "concat": "concat", "first": "first"}, "merge")
    step.left_out("timeout")
    if not step.sources:
        step.report.error("E157", f"`{step.node.key}` needs edges from the nodes that it joins", step.node.key.span)
        return Draft("set", {"value": None})
    parts: list[str | Code] = []
    for index, source in enumerate(step.sources):
        empty = "[]" if strategy == "concat" else "{}"
        read: Code = source.output
        if source.maybe and strategy != "first":
            read = code("(", read, f" ?? {empty})")
        if strategy == "merge":
            parts += [" | merge(", read, ")"] if index else [read]
        else:
            joint = " + " if strategy == "concat" else " ?? "
            parts += [joint, read] if index else [read]
    return Draft("set", {"value": step.made(code(*parts))})


def raw_node(step: Step) -> Draft:
    """A node of the flow language word for word: what a converted YAML file needs and the editor has no type for."""
    config = step.node.config
    for key in config:
        step.raw(key)
    kind = config.get("type")
    if not isinstance(kind, Located):
        step.missing("type")
        kind = Located("set", step.span)
    keys = {key: At(value, config.value_spans[key]) for key, value in config.items() if key not in ("type", "with")}
    return Draft(kind, config.get("with"), keys)
