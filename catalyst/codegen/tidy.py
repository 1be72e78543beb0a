"""What a person would take out again once a function stands: names that nobody reads, branches that do nothing.

Goes in: the text of a function. Comes out: the same, without names that are only written, without conditions that
change nothing, with an `if` that is all that another one holds as one with it, and leaving early where it can. The
usage of a flow says where somebody reads a value; that the reader itself is needed by nobody, or found a plainer form,
shows only when all is written. What can fail or waits for something stays, without its name.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

UNWANTED = "_"
"""The name of what nobody wants."""

_HARMLESS_CALLS = frozenset({"as_failure", "bool", "cast", "len", "monotonic_ns", "str"})
_HARMLESS_METHODS = frozenset({"describe", "result"})
_HARMLESS = (
    *(ast.Constant, ast.Name, ast.Attribute, ast.Subscript, ast.Slice, ast.List, ast.Tuple, ast.Dict, ast.Starred),
    *(ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.JoinedStr, ast.FormattedValue, ast.Call),
    *(ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop),
)


def tidied(function: str) -> str:
    """The function's text as it should stay."""
    while True:
        tree = ast.parse(function)
        edited = _Cleaner(function, _Readers(tree)).cleaned(tree)
        if edited == function:
            return function
        function = edited


@dataclass(slots=True)
class _Scope:
    """The names of one function: those it binds itself, and those it assigns in a function around it."""

    outer: _Scope | None
    bound: set[str] = field(default_factory=set)
    foreign: set[str] = field(default_factory=set)
    read: Counter[str] = field(default_factory=Counter)

    def home(self, name: str) -> _Scope | None:
        """The function that the name belongs to; None for names of the module."""
        scope: _Scope | None = self
        while scope is not None and (name not in scope.bound or name in scope.foreign):
            scope = scope.outer
        return scope


class _Readers(ast.NodeVisitor):
    """Finds, for each function of a tree, the names that somebody reads."""

    def __init__(self, tree: ast.Module) -> None:
        self.scopes: dict[ast.AST, _Scope] = {}
        self._scope = _Scope(None)
        self._loads: list[tuple[_Scope, str]] = []
        self.visit(tree)
        for scope, name in self._loads:
            home = scope.home(name)
            if home is not None:
                home.read[name] += 1

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        """A function of its own; its decorators belong to the one around."""
        for decorator in node.decorator_list:
            self.visit(decorator)
        self._scope.bound.add(node.name)
        around, self._scope = self._scope, _Scope(self._scope)
        self.scopes[node] = self._scope
        self._scope.bound |= {argument.arg for argument in node.args.args}
        for statement in node.body:
            self.visit(statement)
        self._scope = around

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        """Names of a function around."""
        self._scope.foreign.update(node.names)

    def visit_Name(self, node: ast.Name) -> None:
        """A name that is read or bound."""
        if isinstance(node.ctx, ast.Load):
            self._loads.append((self._scope, node.id))
        else:
            self._scope.bound.add(node.id)


class _Cleaner:
    """Takes out of a text what is only written."""

    def __init__(self, text: str, readers: _Readers) -> None:
        self.lines: list[str | None] = list(text.split("\n"))
        self.readers = readers
        self.scope = _Scope(None)

    def cleaned(self, tree: ast.Module) -> str:
        """The text as it should be."""
        self._block(tree.body)
        return "\n".join(line for line in self.lines if line is not None)

    def _block(self, statements: Sequence[ast.stmt], *, may_go: bool = False) -> bool:
        """Clean the statements of a block. Returns whether all are gone; else one that would be empty gets a `pass`."""
        for first, second in pairwise(statements):
            if self._pass_on(first, second) or self._ask_once(first, second) or self._leave_early(first, second):
                return False
        gone = [self._statement(statement) for statement in statements]
        if not statements or not all(gone):
            return False
        if not may_go:
            first = statements[0]
            self.lines[first.lineno - 1] = f"{' ' * first.col_offset}pass"
        return may_go

    def _statement(self, node: ast.stmt) -> bool:
        match node:
            case ast.AsyncFunctionDef():
                self._function(node)
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if self._is_unread(name):
                return self._unnamed(node, node.targets[0], value)
            case ast.AnnAssign(target=ast.Name(id=name), value=value) if self._is_unread(name):
                return self._remove(node) if value is None else self._unnamed(node, node.annotation, value)
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=value):
                return self._tuple(node, targets, value)
            case ast.Nonlocal(names=names):
                return self._nonlocal(node, names)
            case ast.For():
                self._for(node)
            case ast.If():
                return self._if(node)
            case ast.Try():
                return self._try(node)
            case ast.With() | ast.AsyncWith():
                self._block(node.body)
            case _:
                pass
        return False

    def _pass_on(self, first: ast.stmt, second: ast.stmt) -> bool:
        """Give a value straight to whom it is for: of `x = f()` and `y = x` or `return x`, if `x` has no other use."""
        match first, second:
            case ast.Assign(targets=[ast.Name(id=name) as given], value=value), (
                ast.Assign(targets=[ast.Name()], value=ast.Name(id=taken)) | ast.Return(value=ast.Name(id=taken))
            ) if (name == taken and self._is_read_once(name) and second.lineno == (first.end_lineno or 0) + 1):
                target = second.targets[0] if isinstance(second, ast.Assign) else None
                if isinstance(value, ast.Name) or not isinstance(target, (ast.Name, type(None))):
                    return False
                words = f"{target.id} = " if target is not None else "return "
                line = self.lines[given.lineno - 1] or ""
                rest = line.encode()[given.end_col_offset :].decode().removeprefix(" = ")
                self.lines[given.lineno - 1] = f"{' ' * first.col_offset}{words}{rest}"
                self.lines[second.lineno - 1] = None
                return True
        return False

    def _ask_once(self, first: ast.stmt, second: ast.stmt) -> bool:
        """Put what stands under the same flag twice in a row under it once."""
        match first, second:
            case ast.If(test=test, body=body, orelse=[]), ast.If(test=again, orelse=[]) if (
                _is_flag(test) and ast.dump(test) == ast.dump(again) and second.lineno == (first.end_lineno or 0) + 1
            ):
                written = {name.id for each in body for name in _names(each) if isinstance(name.ctx, ast.Store)}
                if written & {name.id for name in _names(test)} or any(_leaves(each) for each in body):
                    return False
                self.lines[second.lineno - 1] = None
                return True
        return False

    def _leave_early(self, first: ast.stmt, second: ast.stmt) -> bool:
        """Of `if not flag:` with what goes on and `if flag: return x`, the return comes first, the rest behind it."""
        match first, second:
            case ast.If(test=ast.UnaryOp(op=ast.Not(), operand=ast.Name(id=flag)), body=body, orelse=[]), ast.If(
                test=ast.Name(id=again), body=[ast.Return()], orelse=[]
            ) if (flag == again and second.lineno == (first.end_lineno or 0) + 1 and not self._may_set(flag, body)):
                leaving = self.lines[second.lineno - 1 : second.end_lineno]
                self.lines[second.lineno - 1 : second.end_lineno] = [None] * len(leaving)
                self.lines[first.lineno - 1] = "\n".join(line for line in leaving if line is not None)
                self._outdent(first)
                return True
        return False

    def _may_set(self, flag: str, body: Sequence[ast.stmt]) -> bool:
        """Whether statements assign a flag, or a function inside may do so while they wait."""
        is_foreign = any(flag in scope.foreign for scope in self.readers.scopes.values())
        return is_foreign or any(
            name.id == flag and isinstance(name.ctx, ast.Store) for statement in body for name in _names(statement)
        )

    def _is_read_once(self, name: str) -> bool:
        return self.scope.home(name) is self.scope and self.scope.read[name] == 1

    def _is_unread(self, name: str) -> bool:
        if name == UNWANTED:
            return True
        home = self.scope.home(name)
        if home is None:
            return name in self.scope.foreign  # the function around has no such variable any more
        return name not in home.read

    # Statements

    def _function(self, node: ast.AsyncFunctionDef) -> None:
        around, self.scope = self.scope, self.readers.scopes[node]
        self._block(node.body)
        self.scope = around

    def _unnamed(self, node: ast.stmt, named: ast.expr, value: ast.expr) -> bool:
        """An assignment without its name: gone, what can fail or waits as a statement of its own, or as `_`."""
        if _is_harmless(value):
            self._remove_comment(node, named)
            return self._remove(node)
        is_whole = (value.end_lineno, value.end_col_offset) == (node.end_lineno, node.end_col_offset)
        if isinstance(value, (ast.Await, ast.Call)) and is_whole and value.lineno == node.lineno:
            self._replace(node.lineno, node.col_offset, value.col_offset, "")
        else:
            self._replace(node.lineno, node.col_offset, named.end_col_offset, UNWANTED)
        return False

    def _tuple(self, node: ast.Assign, targets: Sequence[ast.expr], value: ast.expr) -> bool:
        unread = [isinstance(target, ast.Name) and self._is_unread(target.id) for target in targets]
        if all(unread):
            return self._unnamed(node, node.targets[0], value)
        if isinstance(value, ast.Tuple) and len(value.elts) == len(targets):
            return self._pairs(node, targets, value, unread)
        self._unname(targets, unread)
        return False

    def _unname(self, targets: Sequence[ast.expr], unread: Sequence[bool]) -> None:
        for target, is_unread in reversed(list(zip(targets, unread, strict=True))):
            if is_unread:
                self._replace(target.lineno, target.col_offset, target.end_col_offset, UNWANTED)

    def _pairs(self, node: ast.Assign, targets: Sequence[ast.expr], value: ast.Tuple, unread: list[bool]) -> bool:
        """`a, b = x, y`, less the pairs whose name nobody reads."""
        kept = [
            (target, part)
            for target, part, is_unread in zip(targets, value.elts, unread, strict=True)
            if not (is_unread and _is_harmless(part))
        ]
        if len(kept) < len(targets) and node.lineno == node.end_lineno:
            line = self.lines[node.lineno - 1] or ""
            names = ", ".join(ast.unparse(target) for target, _ in kept)
            parts = ", ".join(_segment(line, part.col_offset, part.end_col_offset) for _, part in kept)
            self._replace(node.lineno, node.col_offset, node.end_col_offset, f"{names} = {parts}")
        else:
            self._unname(targets, unread)
        return False

    def _nonlocal(self, node: ast.Nonlocal, names: Sequence[str]) -> bool:
        kept = [name for name in names if not self._is_unread(name)]
        if not kept:
            return self._remove(node)
        if len(kept) < len(names):
            self._replace(node.lineno, node.col_offset, node.end_col_offset, f"nonlocal {', '.join(kept)}")
        return False

    def _for(self, node: ast.For) -> None:
        self._block(node.body)
        self._block(node.orelse)
        read = {name.id for statement in node.body for name in _names_read(statement)}
        match node.target, node.iter:
            case ast.Name(id=name) as target, _ if name not in read and name != UNWANTED:
                self._replace(target.lineno, target.col_offset, target.end_col_offset, UNWANTED)
            case ast.Tuple(elts=[ast.Name(id=index), item]), ast.Call(func=ast.Name(id="enumerate"), args=[over]) if (
                index not in read and node.iter.lineno == node.iter.end_lineno
            ):
                line = self.lines[node.lineno - 1] or ""
                header = f"for {ast.unparse(item)} in {_segment(line, over.col_offset, over.end_col_offset)}"
                self._replace(node.lineno, node.col_offset, node.iter.end_col_offset, header)
            case ast.Tuple(elts=[_, ast.Name(id=name) as item]), _ if name not in read and name != UNWANTED:
                self._replace(item.lineno, item.col_offset, item.end_col_offset, UNWANTED)

    def _if(self, node: ast.If) -> bool:
        """A condition below which nothing is left goes, too, when asking it changes nothing."""
        may_go = not node.orelse and _is_harmless(node.test)
        if self._merge(node):
            return False
        if self._block(node.body, may_go=may_go) or (may_go and _does_nothing(node.body)):
            return self._remove(node)
        self._otherwise(node)
        return False

    def _otherwise(self, node: ast.If) -> None:
        """The `else` or the next condition of a chain, which keeps its place unless it is the last one."""
        if not _is_elif(node):
            if self._block(node.orelse, may_go=True) or _does_nothing(node.orelse):
                self._remove_else(node)
            return
        following = node.orelse[0]
        assert isinstance(following, ast.If)
        if self._merge(following):
            return
        may_go = not following.orelse and _is_harmless(following.test)
        if self._block(following.body, may_go=may_go) or (may_go and _does_nothing(following.body)):
            self._remove(following)
        else:
            self._otherwise(following)

    def _merge(self, node: ast.If) -> bool:
        """Make `if a:` that holds nothing but `if b:` one condition."""
        match node:
            case ast.If(test=test, body=[ast.If(test=inner_test, orelse=[]) as inner], orelse=[]) if (
                test.lineno == test.end_lineno and inner_test.lineno == inner_test.end_lineno
            ):
                word = (self.lines[node.lineno - 1] or "").split(maxsplit=1)[0]
                both = f"{self._as_part(test)} and {self._as_part(inner_test)}"
                self.lines[node.lineno - 1] = f"{' ' * node.col_offset}{word} {both}:"
                self.lines[inner.lineno - 1] = None
                self._outdent(inner)
                return True
        return False

    def _outdent(self, around: ast.If) -> None:
        """Move what an `if` holds to where the `if` itself stands."""
        depth = " " * (around.col_offset + 4)
        for number in range(around.lineno, around.end_lineno or 0):
            line = self.lines[number]
            self.lines[number] = line[4:] if line and line.startswith(depth) else line

    def _as_part(self, test: ast.expr) -> str:
        """A condition as a part of an `and`."""
        text = _segment(self.lines[test.lineno - 1] or "", test.col_offset, test.end_col_offset)
        is_loose = isinstance(test, (ast.IfExp, ast.Lambda)) or (
            isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or)
        )
        return f"({text})" if is_loose else text

    def _try(self, node: ast.Try) -> bool:
        """A `try` around nothing catches nothing; it goes where nothing else hangs on it."""
        may_go = not node.orelse and not node.finalbody
        if self._block(node.body, may_go=may_go) or (may_go and _does_nothing(node.body)):
            if (self.lines[node.lineno - 2] or "").startswith(f"{' ' * node.col_offset}# "):
                self.lines[node.lineno - 2] = None
            return self._remove(node)
        for handler in node.handlers:
            self._block(handler.body)
            self._unname_error(handler)
        self._block(node.orelse)
        self._block(node.finalbody)
        return False

    def _unname_error(self, handler: ast.ExceptHandler) -> None:
        """`except X as error:` without the name, when nobody looks at the error."""
        name = handler.name
        if name is None or any(used.id == name for statement in handler.body for used in _names_read(statement)):
            return
        line = self.lines[handler.lineno - 1] or ""
        self.lines[handler.lineno - 1] = line.replace(f" as {name}:", ":")

    # Text

    def _remove(self, node: ast.stmt) -> bool:
        """Take out a statement."""
        assert node.end_lineno is not None
        for number in range(node.lineno - 1, node.end_lineno):
            self.lines[number] = None
        return True

    def _remove_comment(self, node: ast.stmt, named: ast.expr) -> None:
        """Take out the comment above a statement that is the whole of a node."""
        above = self.lines[node.lineno - 2] or ""
        name = named.id if isinstance(named, ast.Name) else UNWANTED
        is_whole = name == UNWANTED or above.startswith(f"{' ' * node.col_offset}# {name},")
        if is_whole and above.startswith(f"{' ' * node.col_offset}# "):
            self.lines[node.lineno - 2] = None

    def _remove_else(self, node: ast.If) -> None:
        if not node.orelse:
            return
        for number in range(node.orelse[0].lineno - 1, node.orelse[-1].end_lineno or 0):
            self.lines[number] = None
        number = node.orelse[0].lineno - 2
        while self.lines[number] is None or (self.lines[number] or "").strip() != "else:":
            number -= 1
        self.lines[number] = None

    def _replace(self, line: int, start: int, end: int | None, text: str) -> None:
        """Put other text into a line; places count bytes, as `ast` does."""
        whole = (self.lines[line - 1] or "").encode()
        self.lines[line - 1] = (whole[:start] + text.encode() + whole[end:]).decode()


def _is_elif(node: ast.If) -> bool:
    """Whether the other branch is an `elif`: an `if` at the same indent."""
    return len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If) and node.orelse[0].col_offset == node.col_offset


def _does_nothing(statements: Sequence[ast.stmt]) -> bool:
    return len(statements) == 1 and isinstance(statements[0], ast.Pass)


def _segment(line: str, start: int, end: int | None) -> str:
    return line.encode()[start:end].decode()


def _names(node: ast.AST) -> Iterator[ast.Name]:
    return (each for each in ast.walk(node) if isinstance(each, ast.Name))


def _names_read(node: ast.AST) -> Iterator[ast.Name]:
    return (each for each in _names(node) if isinstance(each.ctx, ast.Load))


def _is_flag(test: ast.expr) -> bool:
    return isinstance(test, ast.Name) or (isinstance(test, ast.UnaryOp) and isinstance(test.operand, ast.Name))


def _leaves(node: ast.AST) -> bool:
    """Whether a statement waits, so that others may change a flag, or does not let the next one run."""
    return any(
        isinstance(each, (ast.Await, ast.Return, ast.Raise, ast.Break, ast.AsyncWith)) for each in ast.walk(node)
    )


def _is_harmless(value: ast.expr) -> bool:
    """Whether a value can be left out: it waits for nothing, changes nothing and cannot fail."""
    return all(isinstance(node, _HARMLESS) and not _may_fail(node) for node in ast.walk(value))


def _may_fail(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id=name)):
            return name not in _HARMLESS_CALLS
        case ast.Call(func=ast.Attribute(attr=name)):
            return name not in _HARMLESS_METHODS
        case ast.Subscript(slice=key):
            return not isinstance(key, (ast.Slice, ast.Constant)) or (
                isinstance(key, ast.Constant) and not isinstance(key.value, str)
            )
        case ast.BinOp(op=ast.Div() | ast.FloorDiv() | ast.Mod() | ast.Pow(), right=right):
            return not (isinstance(right, ast.Constant) and bool(right.value))
        case _:
            return False
