"""Node types of the editor that compute: fields, lists, paths, hashes, scores, and code of the user's own."""

from __future__ import annotations

import re
from typing import Any

from catalyst.diagnostics import Located
from catalyst.spec.tree import LocatedList, LocatedMap
from catalyst.spec.visual.code import Code, code, grouped, renamed, text_of, value_code
from catalyst.spec.visual.pycode import function_file
from catalyst.spec.visual.report import At
from catalyst.spec.visual.step import Draft, Step, unwrapped


def _set(value: Any) -> Draft:
    return Draft("set", {"value": value})


def edit_fields(step: Step) -> Draft:
    """`set`; with mode merge the fields are laid over what came in."""
    mode = step.choice("mode", {"merge": "merge", "replace": "replace", "set": "replace"}, "merge")
    fields = _fields(step)
    if mode == "replace":
        return _set(fields)
    return _set(step.made(code(grouped(step.incoming()), " | merge(", value_code(fields.value), ")"), fields.span))


def _fields(step: Step) -> At:
    name, raw = step.raw("fields", "values")
    if isinstance(raw, LocatedMap):
        return step.need(name)
    if not isinstance(raw, LocatedList):
        (
            step.missing("fields")
            if raw is None
            else step.report.error("E153", "`fields` must be an object", step.span_of(name))
        )
        return At(LocatedMap(step.span), step.span)
    tree = LocatedMap(raw.span)
    for item in raw:
        key = item.get("name") if isinstance(item, LocatedMap) else None
        if isinstance(item, LocatedMap) and isinstance(key, Located):
            tree.put(key, step.translated(item.get("value")), item.value_spans.get("value", item.span))
        else:
            step.report.error("E153", "a field is `{name, value}`", raw.span)
    return At(tree, raw.span)


def _items(step: Step) -> Code:
    given = step.code("items", "array", "input")
    return grouped(given if given else step.incoming())


_ELEMENT = {"item": code("entry"), "it": code("entry")}


def _per_item(step: Step, filter_name: str) -> Draft:
    items = _items(step)
    name, _ = step.raw("expression")
    body = renamed(step.need_code("expression"), {}, _ELEMENT)
    return _set(step.made(code(items, f" | {filter_name}(entry => ", body, ")"), step.span_of(name)))


def map_array(step: Step) -> Draft:
    """`items | map(...)`; the item is called `item` in the expression."""
    step.left_out("parallel")
    return _per_item(step, "map")


def filter_array(step: Step) -> Draft:
    """`items | filter(...)`."""
    return _per_item(step, "filter")


_TOTAL = {**_ELEMENT, "acc": code("total"), "accumulator": code("total")}


def reduce_array(step: Step) -> Draft:
    """`items | reduce(...)`; the value so far is called `acc` in the expression, the item `item`."""
    items = _items(step)
    name, _ = step.raw("expression")
    body = renamed(step.need_code("expression"), {}, _TOTAL)
    start = step.need_code("initial", "initialValue")
    return _set(step.made(code(items, " | reduce(", start, ", (total, entry) => ", body, ")"), step.span_of(name)))


def split_array(step: Step) -> Draft:
    """`items | batch(n)`; with an overlap, slices that begin `n - overlap` items after each other."""
    items = _items(step)
    size, overlap = step.need_code("batchSize", "size"), step.code("overlap")
    if not overlap or text_of(overlap) == "0":
        return _set(step.made(code(items, " | batch(", size, ")")))
    length = code("(", items, " | length)")
    # The last slice reaches the end; one that held nothing but the overlap would be left over.
    more = code(length, " - ", grouped(overlap), " if ", length, " > ", grouped(overlap))
    end = code(more, " else 1 if ", length, " > 0 else 0")
    starts = code("range(0, ", end, ", ", grouped(size), " - ", grouped(overlap), ")")
    return _set(step.made(code(starts, " | map(start => ", items, "[start:start + ", grouped(size), "])")))


_PLAIN_PATH = re.compile(r"[A-Za-z_]\w*(?:\[-?\d+\])*(?:\.[A-Za-z_]\w*(?:\[-?\d+\])*)*", re.ASCII)


def json_transform(step: Step) -> Draft:
    """An expression for a plain path, whose missing steps give none; `jmespath` for other JMESPath."""
    language = step.choice("language", {"jsonata": "JSONata", "jmespath": "JMESPath"}, "JSONata")
    name, raw = step.raw("expression")
    text = unwrapped(raw)
    items = step.code("input", "data")
    start = grouped(items if items else step.incoming())
    if not isinstance(text, Located):
        step.missing(name)
        return _set(None)
    lead = re.match(r"\s*(?:\$\.|\$$)?", text)
    path = text[lead.end() if lead is not None else 0 :].strip()
    if path and not _PLAIN_PATH.fullmatch(path):
        if language == "JMESPath":
            return Draft("jmespath", {"data": step.made(start), "expression": text})
        _refuse_jsonata(step, text)
        return _set(None)
    steps = re.sub(r"\[", "?[", "".join(f"?.{part}" for part in path.split("."))) if path else ""
    return _set(step.made(code(start, steps), text.span))


def _refuse_jsonata(step: Step, text: Located) -> None:
    message = (
        f"`{step.node.key}` holds JSONata that is more than a path, which would have to be interpreted at run time"
    )
    help_text = (
        "write it as JMESPath (`language: jmespath`), as expressions in an `editFields` node, or as a `pythonFunction`"
    )
    step.report.error("E156", message, text.span, help=help_text)


def crypto_generate(step: Step) -> Draft:
    """`uuid()`, a hash, or for a password a `python` function that becomes a file of the project."""
    kind = step.text("type")
    name, options = step.raw("options")
    settings = step.translated(options) if isinstance(options, LocatedMap) else {}
    known = {"uuid": (), "hash": ("algorithm", "value", "input", "data"), "password": _PASSWORD}
    if kind in known and isinstance(options, LocatedMap):
        step.report.known_keys(options, known[kind], f"`{name}` of `{step.node.key}`")
    if kind == "uuid":
        return _set(step.made(code("uuid()")))
    if kind == "hash":
        algorithm = str(settings.get("algorithm", "sha256")).lower().replace("-", "")
        if algorithm not in ("sha256", "sha1", "md5"):
            step.report.error("E157", f"there is no hash `{algorithm}`", step.span_of(name), help="sha256, sha1 or md5")
        given = next((settings[key] for key in ("value", "input", "data") if key in settings), None)
        value = step.code("value", "input", "data") or (value_code(given) if given is not None else step.incoming())
        return _set(step.made(code(grouped(value), f" | {algorithm}")))
    if kind == "password":
        return _password(step, options)
    what = f"`type: {kind}`" if kind else "a node without `type`"
    message = f"{what} of `{step.node.key}` ({step.node.type}) has no equivalent yet"
    step.report.error("E155", message, step.span_of("type"), help="uuid, hash and password have one")
    return _set(None)


_PASSWORD = ("length", "symbols", "includeSymbols")
_GENERATOR = '''"""Code of the node `{node}`."""

import secrets
import string

ALPHABET = {alphabet}


def {node}() -> str:
    """A new password of {length} random characters."""
    return "".join(secrets.choice(ALPHABET) for _ in range({length}))
'''


def _password(step: Step, options: Any) -> Draft:
    """`python`; the function that makes passwords becomes a file of the project."""
    given = options if isinstance(options, LocatedMap) else LocatedMap(step.span)
    length = step.report.number_in(given, "length", "`length`")
    if length is not None and not (length == int(length) and 8 <= length <= 1024):
        step.report.error("E157", "`length` must be a whole number from 8 to 1024", given.value_spans["length"])
        length = None
    symbols = any(given.get(name) is True for name in ("symbols", "includeSymbols"))
    letters = "string.ascii_letters + string.digits"
    text = _GENERATOR.format(
        node=step.node.id,
        alphabet=f"{letters} + string.punctuation" if symbols else letters,
        length=int(length) if length is not None else 20,
    )
    module = step.module
    return Draft("python", {"function": f"lib.{module}:{step.node.id}"}, files={f"lib/{module}.py": text})


_EXECUTION = {
    "id": "id",
    "executionId": "id",
    "workflow": "workflow",
    "workflowId": "workflow",
    "workflowName": "workflow",
    "startedAt": "started_at",
    "startTime": "started_at",
    "timestamp": "started_at",
}


def execution_data(step: Step) -> Draft:
    """What is known of the run, or what a node before it keeps there under the name; setting is `set`."""
    name = step.text("key")
    if _is_set(step):
        return _kept(step, name, "key")
    kept = step.kept(name) if name is not None else None
    if kept is not None:
        return _set(step.made(kept, step.span_of("key")))
    if name is None or name not in _EXECUTION:
        known = ", ".join(sorted(_EXECUTION))
        message = f"the run has no value `{name}`, and no node before this one sets it"
        step.report.error("E157", message, step.span_of("key"), help=f"known: {known}")
        return _set(None)
    return _set(step.made(code(f"execution.{_EXECUTION[name]}"), name.span))


def global_variable(step: Step) -> Draft:
    """A constant of the file, or what a node before it sets in this run; setting is `set`."""
    name = step.text("variable", "key", "name")
    if _is_set(step):
        return _kept(step, name, "variable")
    if name is None:
        step.missing("variable")
        return _set(None)
    return _set(step.made(step.kept(name) or code("vars.", name), name.span))


def _kept(step: Step, name: Located | None, setting: str) -> Draft:
    """A value that nodes after this one read under a name. It is this run's: no run sees those of another."""
    if name is None:
        step.missing(setting)
    else:
        step.keep(name)
    return _set(step.need("value"))


def _is_set(step: Step) -> bool:
    operations = {"get": "get", "read": "get", "set": "set", "write": "set"}
    return step.choice("operation", operations, "set" if step.has("value") else "get") == "set"


def confidence_score(step: Step) -> Draft:
    """The weighted sum of what came in, divided by the weights when `normalize` is set."""
    name, weights = step.raw("weights")
    scores = step.code("scores", "input")
    source = grouped(scores if scores else step.incoming())
    if not isinstance(weights, LocatedMap) or not weights or not all(_is_number(value) for value in weights.values()):
        message = f"`weights` of `{step.node.key}` must be an object of names and numbers"
        step.report.error("E157", message, step.span_of(name), help="for anything else write a `pythonFunction`")
        return _set(None)
    parts: list[str | Code] = []
    for key, weight in weights.items():
        member = f".{key}" if re.fullmatch(r"[A-Za-z_]\w*", key, re.ASCII) else f"['{key}']"
        parts += [" + "] if parts else []
        parts += [source, f"{member} * {weight!r}"]
    total = sum(weights.values())
    if step.flag("normalize") and total:
        return _set(step.made(code("(", *parts, f") / {total!r}"), weights.span))
    return _set(step.made(code(*parts), weights.span))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def result_dedup(step: Step) -> Draft:
    """`dedupe` by one key or several; the strategy says which one of equal items stays."""
    with_: dict[str, Any] = {"items": step.made(_items(step))}
    key = step.value("key", "keys", "by")
    if key is not None:
        with_["by"] = key
    keep = step.choice("strategy", {"first": "first", "keepFirst": "first", "last": "last", "keepLast": "last"}, "")
    if keep:
        with_["keep"] = At(keep, step.span_of("strategy"))
    return Draft("dedupe", with_)


def validate(step: Step) -> Draft:
    """`validate` against a JSON Schema, or a type such as `array<integer>`; the handles are `valid` and `invalid`.

    What comes after it gets what came in; the data as it was checked is `nodes.<id>.output.data`.
    """
    name, schema = step.raw("schema", "type")
    data = step.value("data", "input")
    with_: dict[str, Any] = {"data": data if data is not None else step.made(step.incoming())}
    if schema is None:
        step.missing("schema")
    else:
        # A schema is data: what looks like an expression in it is part of a pattern.
        with_["schema" if isinstance(schema, LocatedMap) else "type"] = At(schema, step.span_of(name))
    with_["on_invalid"] = "result"
    _, strict = step.raw("strict")
    if strict is False and isinstance(schema, LocatedMap):
        message = f"`strict: false` of `{step.node.key}` has no effect: a JSON Schema never turns text into numbers"
        step.report.warning("W150", message, step.span_of("strict"))
    elif strict is not None and not isinstance(schema, LocatedMap):
        with_["strict"] = At(step.flag("strict"), step.span_of("strict"))
    return Draft("validate", with_)


def conference_context(step: Step) -> Draft:
    """`python`: a function of your own, `context` in `lib/conference.py`, which knows where your events are kept."""
    settings = {"user_id": ("userId",), "event_id": ("eventId",), "enrich": ("enrich",)}
    given = {name: step.value(*spellings) for name, spellings in settings.items()}
    args = {name: value for name, value in given.items() if value is not None}
    return Draft("python", {"function": "lib.conference:context"} | ({"args": args} if args else {}))


def python_function(step: Step) -> Draft:
    """`python`; the code becomes a file of the project."""
    source = step.text("code")
    if source is None:
        step.missing("code")
        return Draft("python", {"function": "lib.missing:missing"})
    name, imports = step.raw("imports")
    lines = [str(line) for line in imports] if isinstance(imports, LocatedList) else []
    if imports is not None and not isinstance(imports, LocatedList):
        step.report.error("E153", "`imports` must be an array", step.span_of(name))
    made = function_file(source, str(step.node.id), lines, is_async=step.flag("async"))
    if isinstance(made, str):
        step.report.error("E156", f"the code of `{step.node.key}` is not Python: {made}", source.span)
        return Draft("python", {"function": "lib.missing:missing"})
    given = step.value("args", "inputs")
    known = given.value if given is not None and isinstance(given.value, LocatedMap) else {}
    args: dict[str, Any] = {}
    for parameter in made.parameters:
        if parameter.name in known:
            args[parameter.name] = known[parameter.name]
        elif not parameter.optional:
            args[parameter.name] = step.made(step.incoming())
    args |= {key: value for key, value in known.items() if key not in args}
    module = step.module
    with_: dict[str, Any] = {"function": At(f"lib.{module}:{made.name}", source.span)} | (
        {"args": args} if args else {}
    )
    return Draft("python", with_, files={f"lib/{module}.py": made.text})
