"""Walks one module and names every place that could evaluate text.

Goes in: a parsed module and the rules for it. Comes out: `Violation`s in file order. What is looked at is the syntax
tree, so spelling, nesting, decorators and line breaks make no difference; a name counts wherever it is read, called or
not, so that handing `eval` on under another name is found where that happens.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from catalyst.project.evaluators import (
    EVALUATING_MEMBERS,
    EVALUATING_MODULES,
    EVALUATING_NAMES,
    FRAME_ATTRIBUTES,
    HARMLESS_DUNDERS,
    HIDDEN_MODULES,
    MODULE_NAMES,
    NAMESPACES,
    OPEN_DUNDERS,
    OPEN_REACHING_NAMES,
    OPEN_RISKY_MODULES,
    REACHING_NAMES,
    RISKY_MODULES,
    TYPE_MAKERS,
    UNSAFE_SETTINGS,
)
from catalyst.pysource.walk import statements

_FIRST_PARTY = frozenset({"app", "lib"})
_RUNTIME = "app/runtime/"
_STATEMENT = "app.runtime.sql_statement.Statement"
_SERVERS = frozenset({"uvicorn.run", "uvicorn.Config"})
_DYNAMIC_ANNOTATION = (ast.Call, ast.Lambda, ast.NamedExpr, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """A place that could evaluate text, or that nobody can vouch for. `path` is relative, lines count from 1."""

    path: str
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for a module. Without `imports` any import will do but those that evaluate."""

    imports: frozenset[str] | None = None
    allowances: frozenset[str] = frozenset()

    @property
    def strict(self) -> bool:
        """Whether it is emitted code, which keeps to a closed list."""
        return self.imports is not None


def find_suspects(path: str, tree: ast.Module, rules: Rules) -> list[Violation]:
    """Every suspect place of a module, in file order."""
    walker = _Walker(path, rules, tree)
    walker.visit(tree)
    return sorted(set(walker.found))


def _imported_names(tree: ast.Module) -> dict[str, frozenset[str]]:
    """Each name that an import binds anywhere in the module, to the dotted names that it may stand for."""
    names: dict[str, set[str]] = {}
    for node in statements(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                target = alias.name if alias.asname else alias.name.partition(".")[0]
                names.setdefault(alias.asname or target, set()).add(target)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            for alias in node.names:
                names.setdefault(alias.asname or alias.name, set()).add(f"{node.module}.{alias.name}")
    return {name: frozenset(targets) for name, targets in names.items()}


def _constant_texts(tree: ast.Module) -> dict[str, str]:
    """Names that the module sets once, at its top, to a plain text, and the text."""
    texts: dict[str, int] = {}
    values: dict[str, str] = {}
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1 else None
        if isinstance(node, ast.AnnAssign):
            target = node.target
        if isinstance(target, ast.Name) and isinstance(node, (ast.Assign, ast.AnnAssign)) and _is_text(node.value):
            texts[target.id] = 0
            values[target.id] = str(getattr(node.value, "value", ""))
    if not texts:
        return {}
    for stored in ast.walk(tree):
        if isinstance(stored, ast.Name) and isinstance(stored.ctx, ast.Store) and stored.id in texts:
            texts[stored.id] += 1
        elif isinstance(stored, ast.arg) and stored.arg in texts:
            texts[stored.arg] += 1
    return {name: values[name] for name, stores in texts.items() if stores == 1}


def _is_text(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


class _Walker(ast.NodeVisitor):
    """Visits each node once; what it finds goes to `found`."""

    def __init__(self, path: str, rules: Rules, tree: ast.Module) -> None:
        self.found: list[Violation] = []
        self._path = path
        self._rules = rules
        self._imported = _imported_names(tree)
        self._constants = _constant_texts(tree)
        self._parameters: list[frozenset[str]] = []
        self._functions: list[ast.AST] = []
        self._tree = tree
        self._type_is_no_value = False
        self._risky = RISKY_MODULES if rules.strict else OPEN_RISKY_MODULES
        self._dunders = (HARMLESS_DUNDERS if rules.strict else OPEN_DUNDERS) | rules.allowances

    def _report(self, node: ast.expr | ast.stmt | ast.pattern, message: str) -> None:
        self.found.append(Violation(self._path, node.lineno, message))

    # Imports

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._check_import(node, alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.level == 0:
            self._check_import(node, node.module or "")
        for alias in node.names:
            if alias.name == "*" and (self._rules.strict or _root(node.module or "") in self._risky):
                self._report(node, f"imports everything from `{node.module}`")
            if alias.name.startswith("__") and alias.name not in MODULE_NAMES:
                self._report(node, f"imports `{alias.name}`")
            if node.level == 0:
                self._check_dotted(node, f"{node.module}.{alias.name}")

    def _check_import(self, node: ast.stmt, module: str) -> None:
        if _within(module, EVALUATING_MODULES) and module not in self._rules.allowances:
            self._report(node, f"imports `{module}`, which can evaluate text, load objects or start programs")
        elif self._rules.imports is not None and not self._may_import(module):
            self._report(node, f"imports `{module}`, which is not on the list of what emitted code may import")
        else:
            self._check_dotted(node, module)

    def _may_import(self, module: str) -> bool:
        closed = self._rules.imports or frozenset()
        return _root(module) in _FIRST_PARTY or _within(module, closed | self._rules.allowances)

    # Names and attributes

    def visit_Name(self, node: ast.Name) -> None:
        self._check_name(node)
        if isinstance(node.ctx, ast.Load) and self._is_reader(node):
            self._report(node, f"hands on `{node.id}`, which reads attributes by their names")
        if (
            node.id == "type"
            and isinstance(node.ctx, ast.Load)
            and not self._type_is_no_value
            and self._is_builtin(node)
        ):
            self._report(node, "hands on `type`, which makes classes when it is called under another name")
        for target in sorted(self._imported.get(node.id, ())):
            if target in self._risky and isinstance(node.ctx, ast.Load):
                self._report(node, f"hands on the module `{target}` as a value")

    def _is_builtin(self, node: ast.Name) -> bool:
        """Whether it is the builtin: no parameter, and no variable of the functions around it."""
        if any(node.id in parameters for parameters in self._parameters):
            return False
        return not any(_stores(function, node.id) for function in self._functions)

    def _visit_types(self, *nodes: ast.AST, are_types: bool = True) -> None:
        """Visit parts in which `type` is a type among others, or (not `are_types`) a value again."""
        before, self._type_is_no_value = self._type_is_no_value, are_types
        for node in nodes:
            self.visit(node)
        self._type_is_no_value = before

    def visit_Compare(self, node: ast.Compare) -> None:
        self._visit_types(node.left, *node.comparators)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self._visit_types(node.target, node.value, are_types=False)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._visit_types(*node.bases, *node.keywords)
        for part in (*node.decorator_list, *node.body):
            self.visit(part)

    def _is_reader(self, node: ast.Name) -> bool:
        """Whether it is `getattr` or `attrgetter`, whose calls are looked at one by one."""
        if "operator.attrgetter" in self._imported.get(node.id, ()):
            return True
        return node.id == "getattr" and not self._rules.strict and "getattr" not in self._rules.allowances

    def _check_name(self, node: ast.Name) -> None:
        name = node.id
        if name in EVALUATING_NAMES or self._reaches(node) or (_is_dunder(name) and name not in MODULE_NAMES):
            self._report(node, f"uses `{name}`")
        for target in sorted(self._imported.get(name, ())):
            if "." in target:
                self._check_dotted(node, target)

    def _reaches(self, node: ast.Name) -> bool:
        """Whether it is a builtin such as `globals`, not a parameter or a field of that name."""
        if isinstance(node.ctx, ast.Store) or node.id in self._rules.allowances:
            return False
        if any(node.id in parameters for parameters in self._parameters):
            return False
        return node.id in (REACHING_NAMES if self._rules.strict else OPEN_REACHING_NAMES)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._check_attribute_name(node, node.attr)
        for dotted in self._dotted_names(node):
            self._check_dotted(node, dotted)
        if node.attr in ("format", "format_map"):
            self._check_format(node, None)
        if isinstance(node.value, ast.Name):
            # Not visit_Name: `os.path` does not hand on `os`.
            self._check_name(node.value)
        else:
            self.visit(node.value)

    def _check_attribute_name(self, node: ast.expr | ast.pattern, name: str) -> None:
        suspect = name in FRAME_ATTRIBUTES or (_is_dunder(name) and name not in self._dunders)
        if suspect and name not in self._rules.allowances:
            self._report(node, f"reads the attribute `{name}`")

    def _dotted_names(self, node: ast.expr) -> list[str]:
        """What an attribute of an imported name may be, as a dotted name."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.insert(0, node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return []
        return sorted(".".join([target, *parts]) for target in self._imported.get(node.id, ()))

    def _check_dotted(self, node: ast.expr | ast.stmt, dotted: str) -> None:
        if dotted == "operator.attrgetter":
            # Its calls are looked at one by one.
            return
        self._check_own(node, dotted)
        hidden = [part for part in dotted.split(".")[1:] if part.lstrip("_") in HIDDEN_MODULES]
        if dotted in EVALUATING_MEMBERS or (dotted in EVALUATING_MODULES and dotted not in self._rules.allowances):
            self._report(node, f"uses `{dotted}`, which can evaluate text, load objects or start programs")
        elif hidden:
            self._report(node, f"reaches the module `{hidden[0]}` through `{dotted}`")

    def _check_own(self, node: ast.expr | ast.stmt, dotted: str) -> None:
        """What a module of the project imported can be had from it: `app.runtime.logs.logging.config`."""
        parts = dotted.split(".")
        if parts[0] not in _FIRST_PARTY:
            return
        for start in range(2, len(parts)):
            inner = ".".join(parts[start:])
            if (
                inner in EVALUATING_MEMBERS
                or inner == "operator.attrgetter"
                or ("." in inner and inner in EVALUATING_MODULES)
            ):
                self._report(node, f"uses `{inner}` through `{'.'.join(parts[:start])}`")

    # Calls

    def visit_Call(self, node: ast.Call) -> None:
        names = self._dotted_names(node.func)
        if isinstance(node.func, ast.Name):
            self._check_builtin_call(node, node.func.id)
        if isinstance(node.func, ast.Call) and isinstance(node.func.func, ast.Name) and node.func.func.id == "type":
            self._report(node, "calls what `type(...)` gives")
        if "operator.attrgetter" in names:
            self._check_attrgetter(node)
        if {"yaml.load"} & set(names) and not self._has_safe_loader(node):
            self._report(node, "uses `yaml.load` without a safe loader")
        if TYPE_MAKERS & set(names):
            self._check_types_in_text(node, [*node.args, *(keyword.value for keyword in node.keywords)])
            if self._rules.strict and self._parameters and not self._path.startswith(_RUNTIME):
                self._report(node, "makes a type while it runs; a type that comes as text would be evaluated")
        if _SERVERS & set(names):
            self._check_app(node, names[0])
        if _STATEMENT in names:
            self._check_statement(node)
        self._check_settings(node)
        if isinstance(node.func, ast.Attribute):
            self._check_method_call(node, node.func)
        elif isinstance(node.func, ast.Name) and self._is_reader(node.func):
            self._check_name(node.func)
        else:
            self._visit_types(node.func, are_types=isinstance(node.func, ast.Name))
        for part in (*node.args, *node.keywords):
            self._visit_types(
                part, are_types=_takes_types(node) or (isinstance(part, ast.keyword) and part.arg == "key")
            )

    def _check_statement(self, node: ast.Call) -> None:
        """What a database is told is written in the project; values go beside it."""
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        if not all(isinstance(each, ast.Constant) for each in given):
            self._report(node, "makes a statement of what is no constant")

    def _check_app(self, node: ast.Call, name: str) -> None:
        """An app that comes as text is imported by its name."""
        given = [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg in ("app", None))]
        if name not in self._rules.allowances and not all(_is_text(app) or self._is_app(app) for app in given):
            self._report(node, f"gives `{name}` an app that may be text, which would be imported")

    def _is_app(self, node: ast.expr) -> bool:
        """Whether it is the app itself: imported, or made by a class or by something that has `app` in its name."""
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            return called[:1].isupper() or "app" in called
        if not isinstance(node, ast.Name) or any(node.id in parameters for parameters in self._parameters):
            return False
        made = [each.value for each in ast.walk(self._tree) if isinstance(each, ast.Assign) and _stores(each, node.id)]
        return node.id in self._imported or (
            bool(made) and all(isinstance(v, ast.Call) and self._is_app(v) for v in made)
        )

    def _check_settings(self, node: ast.Call) -> None:
        for keyword in node.keywords:
            unsafe = UNSAFE_SETTINGS.get(keyword.arg or "", frozenset())
            if keyword.arg in NAMESPACES:
                self._report(node, f"evaluates types in a scope of its own: `{keyword.arg}`")
            if isinstance(keyword.value, ast.Constant) and keyword.value.value in unsafe:
                self._report(node, f"loads objects: `{keyword.arg}={keyword.value.value!r}`")

    def _check_builtin_call(self, node: ast.Call, name: str) -> None:
        if name == "type" and (len(node.args) != 1 or node.keywords or isinstance(node.args[0], ast.Starred)):
            self._report(node, "makes a class at run time with `type`")
        if name == "getattr" and not self._rules.strict and not self._names_plain_attribute(node):
            self._report(node, "reads an attribute whose name is not plain text")
        if name == "vars" and not self._rules.strict and len(node.args) != 1:
            self._report(node, "uses `vars` of its own scope")

    def _names_plain_attribute(self, node: ast.Call) -> bool:
        if len(node.args) < 2 or not isinstance(node.args[1], ast.Constant):
            return False
        name = node.args[1].value
        return isinstance(name, str) and not name.startswith("__") and name not in FRAME_ATTRIBUTES | EVALUATING_NAMES

    def _check_attrgetter(self, node: ast.Call) -> None:
        for argument in node.args:
            name = argument.value if isinstance(argument, ast.Constant) else None
            if not isinstance(name, str) or "." in name or name.startswith("_"):
                self._report(node, "uses `operator.attrgetter` with a name that is not one plain attribute")

    def _has_safe_loader(self, node: ast.Call) -> bool:
        loaders = [*node.args[1:2], *(keyword.value for keyword in node.keywords if keyword.arg == "Loader")]
        safe = {"yaml.SafeLoader", "yaml.CSafeLoader", "yaml.BaseLoader"}
        return any(set(self._dotted_names(loader)) & safe for loader in loaders)

    def _check_method_call(self, node: ast.Call, function: ast.Attribute) -> None:
        if function.attr in ("eval", "exec") and (node.args or node.keywords):
            self._report(node, f"calls a method `{function.attr}` with something to evaluate")
        if function.attr not in ("format", "format_map"):
            self.visit(function)
            return
        self._check_format(function, node)
        self.visit(function.value)

    def _check_format(self, function: ast.Attribute, call: ast.Call | None) -> None:
        """`text.format(...)`: the text must be known, and may not walk into what it is given."""
        text = function.value
        known = text.value if isinstance(text, ast.Constant) else None
        if isinstance(text, ast.Name):
            known = self._constants.get(text.id)
        if isinstance(known, str):
            if call is None or "__" in known:
                self._report(function, "formats a text that walks into its values")
            return
        # `day.format("YYYY")` of a date library: one plain text and nothing to fill in.
        is_date = call is not None and len(call.args) == 1 and not call.keywords and _is_text(call.args[0])
        if self._rules.strict or not is_date:
            self._report(function, "formats a text that is not a constant")

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if self._rules.strict and isinstance(node.op, ast.Mod) and _formats_unknown_text(node):
            self._report(node, "formats a text that is not a constant")
        self._visit_types(node.left, node.right, are_types=isinstance(node.op, ast.BitOr))

    # Annotations, which libraries evaluate when they are text

    def visit_arg(self, node: ast.arg) -> None:
        self._visit_annotation(node.annotation)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._visit_annotation(node.annotation)
        self.visit(node.target)
        if node.value is not None:
            self.visit(node.value)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._visit_function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._visit_function(node)

    def _visit_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for decorator in node.decorator_list:
            self.visit(decorator)
        self.visit(node.args)
        self._visit_annotation(node.returns)
        self._parameters.append(_parameter_names(node.args))
        self._functions.append(node)
        for statement in node.body:
            self.visit(statement)
        self._functions.pop()
        self._parameters.pop()

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.visit(node.args)
        self._parameters.append(_parameter_names(node.args))
        self.visit(node.body)
        self._parameters.pop()

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if any(_root(name) in ("typing", "typing_extensions") for name in self._names_of(node.value)):
            self._check_types_in_text(node, [node])
        self._visit_types(node.value, node.slice)

    def _names_of(self, node: ast.expr) -> Iterable[str]:
        return self._imported.get(node.id, ()) if isinstance(node, ast.Name) else self._dotted_names(node)

    def _visit_annotation(self, annotation: ast.expr | None) -> None:
        if annotation is not None:
            self._check_types_in_text(annotation, [annotation])
            self._visit_types(annotation)

    def _check_types_in_text(self, node: ast.expr, parts: list[ast.expr]) -> None:
        for text in _quoted_types(parts, self._is_literal):
            try:
                parsed = ast.parse(text.strip(), mode="eval").body
            except (SyntaxError, ValueError):
                continue
            if any(isinstance(inner, _DYNAMIC_ANNOTATION) for inner in ast.walk(parsed)):
                self._report(node, "holds a type in quotes that would be evaluated")
                continue
            for inner in ast.walk(parsed):
                if isinstance(inner, (ast.expr, ast.stmt)):
                    inner.lineno = node.lineno
            self.visit(parsed)

    def _is_literal(self, node: ast.expr) -> bool:
        return any(name.endswith((".Literal", ".Annotated")) for name in self._names_of(node))

    # Patterns

    def visit_MatchClass(self, node: ast.MatchClass) -> None:
        for name in node.kwd_attrs:
            self._check_attribute_name(node, name)
        self._visit_types(node.cls, *node.patterns, *node.kwd_patterns)


def _quoted_types(parts: list[ast.expr], is_literal: Callable[[ast.expr], bool]) -> Iterator[str]:
    """The texts in an annotation that stand for types; what stands in `Literal[...]` and behind a type is data."""
    waiting: list[ast.AST] = list(parts)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.Subscript) and is_literal(node.value):
            first = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) and node.slice.elts else None
            waiting += [first] if first is not None and not isinstance(first, ast.Constant) else []
        elif isinstance(node, (ast.Call, ast.Dict)):
            waiting += node.values if isinstance(node, ast.Dict) else []
        else:
            waiting += ast.iter_child_nodes(node)


def _formats_unknown_text(node: ast.BinOp) -> bool:
    """`text % values` where the text is built, or where the values show that something is being filled in."""
    if isinstance(node.left, ast.Constant):
        return False
    if isinstance(node.left, ast.JoinedStr):
        return True
    return _builds_text(node.left) or isinstance(node.right, (ast.Tuple, ast.Dict))


def _builds_text(value: ast.expr) -> bool:
    """Whether text is put together: `"a" + x`, `", ".join(x) + y`. The keys of `d["a"] + 1` are none of its parts."""
    if not isinstance(value, ast.BinOp):
        return False
    for part in (value.left, value.right):
        called = part.func if isinstance(part, ast.Call) else None
        start = called.value if isinstance(called, ast.Attribute) else part
        if _is_text(start) or _builds_text(start):
            return True
    return False


def _takes_types(node: ast.Call) -> bool:
    """Whether what is called does no more with `type` than compare with it, or call it with one value."""
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    return name in ("isinstance", "issubclass") or (name == "map" and len(node.args) == 2)


def _stores(node: ast.AST, name: str) -> bool:
    """Whether anything inside sets a variable of that name."""
    return any(
        isinstance(inner, ast.Name) and inner.id == name and isinstance(inner.ctx, ast.Store)
        for inner in ast.walk(node)
    )


def _parameter_names(arguments: ast.arguments) -> frozenset[str]:
    return frozenset(node.arg for node in ast.walk(arguments) if isinstance(node, ast.arg))


def _is_dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def _root(module: str) -> str:
    return module.partition(".")[0]


def _within(module: str, modules: Iterable[str]) -> bool:
    """Whether a module, or a package that it is in, is among `modules`."""
    parts = module.split(".")
    known = modules if isinstance(modules, frozenset) else frozenset(modules)
    return any(".".join(parts[:count]) in known for count in range(1, len(parts) + 1))
