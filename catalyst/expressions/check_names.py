"""What the names at the root of a path mean: `input`, `nodes.<id>.output`, `vars`, `env`, `secrets`, locals.

Goes in: the beginning of a path as written. Comes out: a `Ref` with its type, or an error with the right spelling.
"""

from __future__ import annotations

import re
from dataclasses import replace

from catalyst.diagnostics import did_you_mean, listing, suggest
from catalyst.expressions.checker import Checker
from catalyst.expressions.functions import FUNCTIONS
from catalyst.expressions.tree import Expr, Get, Index, Literal_, Name, Ref
from catalyst.expressions.types import (
    ANY,
    DATETIME,
    FLOAT,
    INT,
    STR,
    FieldType,
    NoneType,
    NullableType,
    ObjectType,
    SecretType,
    StrType,
    Type,
    nullable,
)

PROBLEM = ObjectType(
    name="errors.ErrorInfo",
    fields=(
        ("kind", FieldType(STR)),
        ("status", FieldType(INT)),
        ("title", FieldType(STR)),
        ("detail", FieldType(nullable(STR))),
        ("node", FieldType(nullable(STR))),
    ),
)
"""What `nodes.<id>.error` and `err` hold; a type of the runtime has its module in its name."""
STATUS = StrType(("ok", "error", "skipped"))
USED = ObjectType(
    name="context.Used",
    fields=(("input_tokens", FieldType(INT)), ("output_tokens", FieldType(INT)), ("cost", FieldType(FLOAT))),
)
"""What the models of a run have taken so far."""
EXECUTION = ObjectType(
    fields=(
        ("id", FieldType(STR)),
        ("workflow", FieldType(STR)),
        ("started_at", FieldType(DATETIME)),
        ("usage", FieldType(USED)),
    )
)
_FOREIGN_ROOTS = {
    "inputs": "write input",
    "github": "this is GitHub Actions syntax; write input, env, nodes.<id>.output or execution.id",
    "steps": "write nodes.<id>.output",
    "needs": "write nodes.<id>.output",
    "outputs": "write nodes.<id>.output",
    "tasks": "write nodes.<id>.output",
    "trigger": "write input.<field>",
    "json": "write nodes.<id>.output.<field>",
    "process": "environment variables are env.NAME",
    "Math": "use the filters round, floor, ceil, abs and the functions min, max",
    "JSON": "use the filters json and fromjson",
    "Object": "use the filters keys, values, items",
    "Date": "use now() and the filter date",
    "workflow": "write execution.workflow",
    "item": "`item` exists inside the body of a `map` node, or as a lambda: items | map(item => item.name)",
    "index": "`index` exists inside the body of a `map` node",
    "loop": "`loop` exists inside the body of a `loop` node",
}


def key_of(node: Get | Index) -> str | None:
    """The key of a step when it is a constant string."""
    if isinstance(node, Get):
        return node.key
    return node.key.value if isinstance(node.key, Literal_) and isinstance(node.key.value, str) else None


def key_place(node: Get | Index) -> tuple[int, int]:
    """Where the key of a step stands."""
    return (node.end - len(node.key), node.end) if isinstance(node, Get) else (node.key.start, node.key.end)


def check_name(checker: Checker, node: Name) -> Expr:
    """A name that stands alone: a lambda parameter, a local, or a whole root."""
    if node.name in checker.parameters:
        return _ref(checker, node, "lambda", (node.name,), checker.parameters[node.name])
    if node.name in checker.scope.locals and node.name != "loop":
        return _ref(checker, node, "local", (node.name,), checker.scope.locals[node.name])
    match node.name:
        case "input":
            return _ref(checker, node, "input", (), checker.scope.input)
        case "vars" | "global":
            return _ref(checker, node, "var", (), checker.scope.vars)
        case "env" | "secrets":
            _needs_literal_name(checker, node, node.name)
        case "nodes":
            checker.error("E201", "`nodes` is not a value", node, "write nodes.<id>.output")
        case "execution":
            checker.error(
                "E201", "`execution` is not a value", node, "write execution.id, .workflow, .started_at or .usage"
            )
        case "loop" if "loop" in checker.scope.locals:
            checker.error("E201", "`loop` is not a value", node, "write loop.index or loop.state.<name>")
        case _:
            _unknown_name(checker, node)
    return node


def resolve_root(checker: Checker, node: Get | Index) -> Expr | None:
    """The reference that `node` ends, when it ends one: `input.x`, `nodes.x.output`, `env.X`; None for a later step.

    Gives `node` itself, with type `any`, after an error.
    """
    below = node.value
    if isinstance(below, (Get, Index)) and isinstance(below.value, Name):
        inner, key = below.value, key_of(below)
        if inner.name == "nodes" and key is not None and _is_root(checker, "nodes"):
            return _node_value(checker, node, key, below)
        if inner.name == "loop" and key == "state" and _is_root(checker, "loop"):
            return _loop_state(checker, node)
        return None
    if not isinstance(below, Name) or not _is_root(checker, below.name):
        return None
    return _root_field(checker, node, below)


def _is_root(checker: Checker, name: str) -> bool:
    return name not in checker.parameters and (name not in checker.scope.locals or name == "loop")


def _root_field(checker: Checker, node: Get | Index, root: Name) -> Expr | None:
    key = key_of(node)
    match root.name:
        case "env" | "secrets" if key is None:
            _needs_literal_name(checker, node, root.name)
            return node
        case "env":
            return _env(checker, node, str(key))
        case "secrets":
            return _secret(checker, node, str(key))
        case "nodes":
            return _bare_node(checker, node, key)
        case "input" if key is not None and checker.scope.input.field(key) is not None:
            return _input_field(checker, node, key)
        case "vars" | "global" if key is not None and checker.scope.vars.field(key) is not None:
            return _ref(checker, node, "var", (key,), _field_type(checker.scope.vars, key))
        case "execution":
            return _object_field(checker, node, "execution", EXECUTION, key)
        case "loop" if "loop" in checker.scope.locals:
            type_ = checker.scope.locals["loop"]
            assert isinstance(type_, ObjectType)
            return _object_field(checker, node, "local", type_, key)
        case _:
            return None


def _input_field(checker: Checker, node: Get | Index, key: str) -> Expr:
    type_ = _field_type(checker.scope.input, key)
    ref = _ref(checker, node, "input", (key,), type_)
    if key not in checker.scope.given or not isinstance(type_, NullableType):
        return ref
    return replace(ref, type=type_.inner, assured=True)


def _object_field(checker: Checker, node: Get | Index, kind: str, type_: ObjectType, key: str | None) -> Expr:
    root = "loop" if kind == "local" else kind
    if key is None or type_.field(key) is None:
        names = [name for name, _ in type_.fields]
        label = did_you_mean(key, names) if key else ""
        message = f"`{root}` has no field `{key}`" if key else f"`{root}` is read by name"
        checker.error("E202", message, key_place(node), f"write {root}." + f" or {root}.".join(names), label)
        return node
    path = (key,) if kind == "execution" else ("loop", key)
    return _ref(checker, node, kind, path, _field_type(type_, key))


def _loop_state(checker: Checker, node: Get | Index) -> Expr | None:
    loop = checker.scope.locals.get("loop")
    state = loop.field("state") if isinstance(loop, ObjectType) else None
    key = key_of(node)
    if state is None or not isinstance(state.type, ObjectType) or key is None or state.type.field(key) is None:
        return None
    return _ref(checker, node, "local", ("loop", "state", key), _field_type(state.type, key))


def _field_type(type_: ObjectType, key: str) -> Type:
    found = type_.field(key)
    assert found is not None
    return found.type if found.required else nullable(found.type)


def _ref(checker: Checker, node: Expr, kind: str, path: tuple[str, ...], type_: Type) -> Ref:
    checker.refs.add((kind, *path))
    return Ref(kind=kind, path=path, start=node.start, end=node.end, type=type_)  # type: ignore[arg-type]


def _env(checker: Checker, node: Get | Index, name: str) -> Expr:
    found = checker.scope.env.field(name)
    if found is None:
        known = [known for known, _ in checker.scope.env.fields]
        if name in checker.scope.secrets:
            checker.error("E201", f"`{name}` is a secret", key_place(node), f"write secrets.{name}")
            return node
        help_ = f'declare it at the top of the flow: env: {{{name}: ""}}'
        label = did_you_mean(name, known)
        checker.error("E201", f"unknown environment variable `{name}`", key_place(node), help_, label)
        return node
    return _ref(checker, node, "env", (name,), found.type)


def _secret(checker: Checker, node: Get | Index, name: str) -> Expr:
    if name not in checker.scope.secrets:
        help_ = f"declare it at the top of the flow: secrets: [{name}]"
        label = did_you_mean(name, checker.scope.secrets)
        checker.error("E303", f"unknown secret `{name}`", key_place(node), help_, label)
        return node
    return _ref(checker, node, "secret", (name,), SecretType(STR))


def _needs_literal_name(checker: Checker, node: Expr, root: str) -> None:
    what = "an environment variable" if root == "env" else "a secret"
    help_ = f"write {root}.NAME; all of them at once can be neither listed nor searched"
    checker.error("E302", f"{what} is read by its literal name only", node, help_)


def _bare_node(checker: Checker, node: Get | Index, id_: str | None) -> Expr:
    """`nodes.x` without `.output`."""
    if id_ is None:
        checker.error("E201", "a node is read by its literal id", node, "write nodes.<id>.output")
    elif _known_node(checker, node, id_):
        checker.error("E201", f"`nodes.{id_}` is not a value", node, f"write nodes.{id_}.output")
    return node


def _node_value(checker: Checker, node: Get | Index, id_: str, id_node: Get | Index) -> Expr:
    """`nodes.x.output`, `.status` or `.error`."""
    if not _known_node(checker, id_node, id_):
        return node
    key = key_of(node)
    if key == "output":
        type_ = checker.scope.nodes.get(id_, ANY)
        return _ref(checker, node, "output", (id_,), type_)
    if key in ("status", "error"):
        if id_ not in checker.scope.handled:
            help_ = f"give `{id_}` an on_error other than fail, such as on_error: {{default: null}}"
            message = f"`nodes.{id_}.{key}` has no meaning: an error of `{id_}` ends the run"
            checker.error("E218", message, key_place(node), help_)
            return node
        error = PROBLEM if id_ in checker.scope.failed else nullable(PROBLEM)
        return _ref(checker, node, key, (id_,), STATUS if key == "status" else error)
    help_ = f"write nodes.{id_}.output.{key}" if key else f"write nodes.{id_}.output"
    checker.error("E202", f"`nodes.{id_}` has no field `{key}`", key_place(node), help_)
    return node


def _known_node(checker: Checker, node: Get | Index, id_: str) -> bool:
    if id_ in checker.scope.nodes:
        return True
    if id_ in checker.scope.unreadable:
        message = f"the output of `{id_}` cannot be read from here"
        checker.error("E217", message, key_place(node), checker.scope.unreadable[id_])
        return False
    known = sorted(checker.scope.nodes)
    help_ = f"nodes that can be read from here: {listing(known)}" if known else "no other node can be read from here"
    checker.error("E201", f"unknown node `{id_}`", key_place(node), help_, did_you_mean(id_, known))
    return False


def _unknown_name(checker: Checker, node: Name) -> None:
    help_, label = _name_help(checker, node)
    checker.error("E201", f"unknown name `{node.name}`", node, help_, label)


def _name_help(checker: Checker, node: Name) -> tuple[str | None, str]:
    scope, name = checker.scope, node.name
    if name in scope.nodes or name in scope.unreadable:
        return None, f"did you mean `nodes.{name}.output`?"
    if scope.input.field(name) is not None:
        return None, f"did you mean `input.{name}`?"
    if scope.vars.field(name) is not None:
        return None, f"did you mean `vars.{name}`?"
    if scope.env.field(name) is not None:
        return None, f"did you mean `env.{name}`?"
    if name in scope.secrets:
        return None, f"did you mean `secrets.{name}`?"
    if name in FUNCTIONS:
        return f"`{name}` is a function; write {name}()", ""
    if name in _FOREIGN_ROOTS:
        help_ = _foreign_path(checker.source[node.start :]) or _FOREIGN_ROOTS[name]
        return help_, "did you mean `input`?" if name == "inputs" else ""
    if checker.source[: node.start].rstrip().endswith("${{"):
        return "`${{ }}` is GitHub Actions syntax; write {{ input.name }}", ""
    roots = ["input", "nodes", "env", "secrets", "vars", "execution", *scope.locals, *checker.parameters]
    close = suggest(name, roots)
    if close:
        return None, f"did you mean `{close}`?"
    elsewhere = suggest(name, scope.nodes)
    if elsewhere:
        return None, f"did you mean `nodes.{elsewhere}.output`?"
    field_ = suggest(name, [known for known, _ in scope.input.fields])
    if field_:
        return None, f"did you mean `input.{field_}`?"
    return f"names that exist here: {listing(roots)}; text stands in quotes", ""


_STEP_OUTPUT = re.compile(
    r"(?:steps|tasks|needs)\.(?P<id>\w+)\.(?:outputs?|result)\b(?P<path>(?:\.\w+)*)|inputs(?P<input>(?:\.\w+)+)"
)


def _foreign_path(source: str) -> str | None:
    """`steps.x.outputs.y` and `inputs.y` as they are written here."""
    match = _STEP_OUTPUT.match(source)
    if match is None:
        return None
    return f"write input{match['input']}" if match["input"] else f"write nodes.{match['id']}.output{match['path']}"


def is_none(type_: Type) -> bool:
    """Whether the only value of a type is none."""
    return isinstance(type_, NoneType)
