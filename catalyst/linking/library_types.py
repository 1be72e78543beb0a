"""Annotations of the user's Python as types of the flow.

Goes in: an annotation and the module that it stands in; aliases and classes are followed, into other files of `lib` as
well. Comes out: the type, and the annotation as it can be written in another module. A class whose values are not JSON
data themselves (a dataclass, an enum) is read as the data that pydantic makes it from and turns it into; what cannot be
told is `unclear`.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from catalyst.expressions.types import (
    ANY,
    BOOL,
    BYTES,
    DATETIME,
    FLOAT,
    INT,
    NONE,
    NUMBER,
    OPEN_OBJECT,
    STR,
    FieldType,
    ListType,
    MapType,
    ObjectType,
    StrType,
    Type,
    nullable,
    union,
)
from catalyst.graph.types import type_of_constant
from catalyst.linking.library_modules import Library, LibraryModule
from catalyst.nodes.base import Annotation

_TYPING = frozenset({"typing", "typing_extensions", "collections.abc"})
_SIMPLE: dict[str, Type] = {
    "str": STR,
    "int": INT,
    "float": NUMBER,
    "bool": BOOL,
    "bytes": BYTES,
    "object": ANY,
    "list": ListType(ANY),
    "dict": OPEN_OBJECT,
    "datetime:datetime": DATETIME,
    "typing:Any": ANY,
    "typing:List": ListType(ANY),
    "typing:Dict": OPEN_OBJECT,
    "typing:Text": STR,
    "typing:LiteralString": STR,
}
_CONVERTED: dict[str, Type] = {
    "set": ListType(ANY),
    "frozenset": ListType(ANY),
    "tuple": ListType(ANY),
    "datetime:date": STR,
    "datetime:time": STR,
    "uuid:UUID": STR,
    "pathlib:Path": STR,
    "decimal:Decimal": STR,
}
"""Classes that pydantic makes of JSON data and turns into it."""
_LISTS = frozenset({"list", "typing:List"})
_READ_ONLY_LISTS = frozenset(f"typing:{name}" for name in ("Sequence", "Iterable", "Collection"))
_SETS = frozenset({"set", "frozenset", "typing:Set", "typing:FrozenSet", "typing:AbstractSet"})
_MAPS = frozenset({"dict", "typing:Dict"})
_READ_ONLY_MAPS = frozenset({"typing:Mapping", "typing:MutableMapping"})
_WRAPPERS = frozenset(f"typing:{name}" for name in ("Annotated", "Required", "NotRequired", "ReadOnly", "Final"))
_ENUMS = frozenset({"enum:Enum", "enum:StrEnum", "enum:IntEnum"})
_DATACLASSES = frozenset({"dataclasses:dataclass", "pydantic.dataclasses:dataclass"})
_DEEPEST = 40


class AnnotationReader:
    """Reads one annotation."""

    def __init__(
        self, library: Library, module: LibraryModule, *, of_result: bool, free: frozenset[str] = frozenset()
    ) -> None:
        self.library = library
        self.module = module
        self.of_result = of_result
        self.free = free
        """Type variables of the function."""
        self.unclear = ""
        """Why the annotation says nothing about data; empty when it does."""
        self.converted = False
        """Whether data has to be made into what the annotation says, or back."""
        self.reads_only = False
        """Whether there is a container in it that is only read (`Sequence`), which a list or a dict is more than."""
        self.changes = False
        """Whether there is one that can be changed, so that its items have to be exactly what it says."""
        self._open: list[tuple[str, str]] = []
        self._old_typed_dict = ""

    def type_of(self, annotation: ast.expr) -> Type:
        """The type of the flow."""
        type_ = self._type(annotation, self.module)
        if self.converted and self._old_typed_dict and not self.unclear:
            self.unclear = (
                f"`{self._old_typed_dict}` inside it has to be a TypedDict of typing_extensions, not of typing"
            )
        return type_

    def written(self, annotation: ast.expr) -> Annotation:
        """The annotation as another module can write it."""
        whole = _unquoted(annotation)
        names: list[tuple[str, str, str]] = []
        for name in dict.fromkeys(node.id for node in _names(whole)):
            if name in self.module.imported:
                origin, _, original = self.module.imported[name].partition(":")
                names.append((name, origin, original))
            elif name in self.module.classes or name in self.module.aliases:
                names.append((name, self.module.name, name))
        read_only = self.reads_only and (self.of_result or not self.changes)
        return Annotation(ast.unparse(whole), tuple(names), self.converted, read_only)

    def _type(self, node: ast.expr, module: LibraryModule) -> Type:
        match node:
            case ast.Constant(value=None):
                return NONE
            case ast.Constant(value=str()):
                quoted = _unquoted(node)
                if quoted is not node:
                    return self._type(quoted, module)
                return self._fails(f"`{ast.unparse(node)[:60]}` is no type")
            case ast.Name() | ast.Attribute():
                return self._named(node, module)
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return _either([self._type(left, module), self._type(right, module)])
            case ast.Subscript(value=value, slice=inner):
                items = inner.elts if isinstance(inner, ast.Tuple) else [inner]
                return self._generic(value, items, module)
            case _:
                return self._fails(f"`{ast.unparse(node)[:60]}` is no type")

    def _fails(self, why: str) -> Type:
        self.unclear = self.unclear or why
        return ANY

    def _origin(self, node: ast.expr, module: LibraryModule | None = None) -> str:
        """What a name stands for: `list`, `typing:Any`, `lib.rows:Row`."""
        place = module or self.module
        text = ast.unparse(node)
        root, _, rest = text.partition(".")
        if root not in place.imported:
            here = text in place.classes or text in place.aliases
            return f"{place.name}:{text}" if here else text
        origin, _, name = place.imported[root].partition(":")
        whole = ".".join(part for part in (origin, name, rest) if part)
        found, _, last = whole.rpartition(".")
        return f"{'typing' if found in _TYPING else found}:{last}"

    def _named(self, node: ast.expr, module: LibraryModule) -> Type:
        origin = self._origin(node, module)
        if origin in self.free:
            return ANY
        if origin in _SIMPLE:
            return _SIMPLE[origin]
        if origin in _CONVERTED:
            self.converted = True
            return _CONVERTED[origin]
        if origin in _READ_ONLY_LISTS or origin in _READ_ONLY_MAPS:
            self.reads_only = True
            return ListType(ANY) if origin in _READ_ONLY_LISTS else OPEN_OBJECT
        place, _, name = origin.partition(":")
        other = self.library.module(place) if place.startswith("lib") and name else f"`{ast.unparse(node)}` is unknown"
        if isinstance(other, str):
            return self._fails(f"`{ast.unparse(node)}` is a class that is not JSON data")
        return self._of_library(name, other)

    def _of_library(self, name: str, module: LibraryModule) -> Type:
        """A class or alias of one of the user's own files."""
        key = (module.name, name)
        if key in self._open or len(self._open) > _DEEPEST:
            return ANY
        self._open.append(key)
        try:
            if name in module.classes:
                return self._class(module.classes[name], module)
            if name in module.aliases:
                return self._alias(module.aliases[name], module)
            if name in module.imported:
                return self._named(ast.Name(name, ast.Load()), module)
            return self._fails(f"`{module.path}` has no `{name}`")
        finally:
            self._open.pop()

    def _alias(self, value: ast.expr, module: LibraryModule) -> Type:
        if not isinstance(value, ast.Call):
            return self._type(value, module)
        called = self._origin(value.func, module)
        if called == "typing:NewType" and len(value.args) == 2:
            self.converted = True  # mypy tells the new type from the one that it is made of
            return self._type(value.args[1], module)
        if called == "typing:TypeVar":
            return ANY
        return self._fails(f"`{ast.unparse(value)[:60]}` is no type that can be read; write a class")

    def _generic(self, node: ast.expr, items: list[ast.expr], module: LibraryModule) -> Type:
        origin = self._origin(node, module)
        self.reads_only |= origin in _READ_ONLY_LISTS | _READ_ONLY_MAPS
        self.changes |= origin in _LISTS | _MAPS
        if origin in _LISTS | _READ_ONLY_LISTS and len(items) == 1:
            return ListType(self._type(items[0], module))
        if origin in _SETS and len(items) == 1:
            self.converted = True
            return ListType(self._type(items[0], module))
        if origin in {"tuple", "typing:Tuple"}:
            self.converted = True
            kept = [item for item in items if not (isinstance(item, ast.Constant) and item.value is ...)]
            return ListType(_either([self._type(item, module) for item in kept]))
        if origin in _MAPS | _READ_ONLY_MAPS and len(items) == 2:
            value = self._type(items[1], module)
            return OPEN_OBJECT if value == ANY else MapType(value)
        if origin == "typing:Optional":
            return nullable(self._type(items[0], module))
        if origin == "typing:Union":
            return _either([self._type(item, module) for item in items])
        if origin == "typing:Literal":
            return self._literal(items)
        if origin in _WRAPPERS:
            return self._type(items[0], module)
        if origin.startswith("lib"):
            return self._named(node, module)  # what a generic class holds is any
        return self._fails(f"`{ast.unparse(node)}[...]` is a class that is not JSON data")

    def _literal(self, items: list[ast.expr]) -> Type:
        values = [item.value for item in items if isinstance(item, ast.Constant)]
        texts = [value for value in values if isinstance(value, str)]
        if len(texts) == len(items):
            return StrType(tuple(texts))
        # The types of a flow know no other constants: values are held against them when it runs.
        self.converted = True
        return _either([_of_constant(value) for value in values])

    def _class(self, node: ast.ClassDef, module: LibraryModule) -> Type:
        bases = [self._origin(base.value if isinstance(base, ast.Subscript) else base, module) for base in node.bases]
        kinds = set(self._kinds(node, module))
        if "typing:TypedDict" in kinds:
            if any(base == "typing:TypedDict" for base in bases) and self._is_old(module):
                self._old_typed_dict = node.name
            return ObjectType(tuple(self._fields(node, module, typed_dict=True).items()))
        if kinds & _ENUMS:
            return self._enum(node)
        is_dataclass = any(
            self._origin(each.func if isinstance(each, ast.Call) else each, module) in _DATACLASSES
            for each in node.decorator_list
        )
        if is_dataclass or "pydantic:BaseModel" in kinds:
            self.converted = True
            return ObjectType(tuple(self._fields(node, module, typed_dict=False).items()))
        if "typing:NamedTuple" in kinds:
            self.converted = True
            return ListType(_either([each.type for each in self._fields(node, module, typed_dict=False).values()]))
        return self._fails(f"`{node.name}` is a class that is not JSON data")

    def _is_old(self, module: LibraryModule) -> bool:
        return any(place == "typing:TypedDict" for place in module.imported.values()) or "typing" in {
            place.partition(":")[0] for place in module.imported.values() if place.endswith(":")
        }

    def _kinds(self, node: ast.ClassDef, module: LibraryModule, depth: int = 0) -> Iterator[str]:
        """What the class and the classes that it is made from are, as far as they stand in `lib`."""
        for _, base, origin in self._bases(node, module):
            yield origin
            if base is not None and depth < _DEEPEST:
                yield from self._kinds(base[0], base[1], depth + 1)

    def _bases(
        self, node: ast.ClassDef, module: LibraryModule
    ) -> Iterator[tuple[ast.expr, tuple[ast.ClassDef, LibraryModule] | None, str]]:
        for base in node.bases:
            plain = base.value if isinstance(base, ast.Subscript) else base
            origin = self._origin(plain, module)
            place, _, name = origin.partition(":")
            other = self.library.module(place) if place.startswith("lib") and name else ""
            found = other.classes.get(name) if isinstance(other, LibraryModule) else None
            held = (found, other) if found is not None and isinstance(other, LibraryModule) else None
            yield base, held, origin

    def _fields(self, node: ast.ClassDef, module: LibraryModule, *, typed_dict: bool) -> dict[str, FieldType]:
        """The fields with those of the classes that it is made from, which come first."""
        fields: dict[str, FieldType] = {}
        for _, base, _ in self._bases(node, module):
            if base is not None and len(self._open) < _DEEPEST:
                self._open.append((base[1].name, base[0].name))
                fields |= self._fields(base[0], base[1], typed_dict=typed_dict)
                self._open.pop()
        total = not any(key.arg == "total" and ast.unparse(key.value) == "False" for key in node.keywords)
        for item in node.body:
            if not isinstance(item, ast.AnnAssign) or not isinstance(item.target, ast.Name):
                continue
            annotation = _unquoted(item.annotation)
            marks = set(self._marks(annotation, module))
            if "typing:ClassVar" in marks:
                continue
            if typed_dict:
                needed = "typing:Required" in marks or (total and "typing:NotRequired" not in marks)
            else:
                needed = self.of_result or item.value is None
            fields[item.target.id] = FieldType(self._type(annotation, module), needed)
        return fields

    def _marks(self, annotation: ast.expr, module: LibraryModule) -> Iterator[str]:
        """`Required`, `NotRequired` and the like around a field's type."""
        while isinstance(annotation, ast.Subscript):
            origin = self._origin(annotation.value, module)
            yield origin
            if origin not in _WRAPPERS:
                return
            annotation = annotation.slice.elts[0] if isinstance(annotation.slice, ast.Tuple) else annotation.slice

    def _enum(self, node: ast.ClassDef) -> Type:
        self.converted = True
        values = [
            item.value.value
            for item in node.body
            if isinstance(item, ast.Assign) and isinstance(item.value, ast.Constant)
        ]
        members = [item for item in node.body if isinstance(item, ast.Assign)]
        if not values or len(values) != len(members):
            return self._fails(f"the values of the enum `{node.name}` are not written down")
        texts = [value for value in values if isinstance(value, str)]
        if len(texts) == len(values):
            return StrType(tuple(dict.fromkeys(texts)))
        return _either([_of_constant(value) for value in values])


def _of_constant(value: object) -> Type:
    """As in YAML; Python's `float` may be a whole number, and it has bytes."""
    if isinstance(value, bytes):
        return BYTES
    return NUMBER if isinstance(value, float) else type_of_constant(value)


def _either(types: list[Type]) -> Type:
    if {*types} <= {INT, FLOAT, NUMBER} and len({*types}) > 1:
        return NUMBER
    joined = union(*types)
    return joined if types else ANY


def _unquoted(annotation: ast.expr) -> ast.expr:
    """An annotation without the quotes that names from further down stand in; those of `Literal` stay."""

    class Unquote(ast.NodeTransformer):
        def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
            if ast.unparse(node.value).rpartition(".")[2] in {"Literal", "Annotated"}:
                return node
            self.generic_visit(node)
            return node

        def visit_Constant(self, node: ast.Constant) -> ast.expr:
            if not isinstance(node.value, str):
                return node
            try:
                return ast.parse(node.value, mode="eval").body
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                return node

    result: ast.expr = Unquote().visit(annotation)
    return result


def _names(annotation: ast.expr) -> Iterator[ast.Name]:
    return (node for node in ast.walk(annotation) if isinstance(node, ast.Name) and not hasattr(builtins, node.id))
