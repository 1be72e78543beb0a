"""Types of the flow become Python annotations; objects become `TypedDict` classes of the module."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, assert_never

from catalyst.codegen.module import Module
from catalyst.expressions.types import (
    ANY,
    AnyType,
    BoolType,
    BytesType,
    DateTimeType,
    FieldType,
    FileType,
    FloatType,
    IntType,
    Limits,
    ListType,
    MapType,
    NoneType,
    NullableType,
    NumberType,
    ObjectType,
    SecretType,
    StrType,
    Type,
    UnionType,
    without_none,
)
from catalyst.pysource.names import constant_case, is_identifier, pascal_case

_SIMPLE: dict[type, str] = {
    NoneType: "None",
    BoolType: "bool",
    IntType: "int",
    FloatType: "float",
    NumberType: "int | float",
    BytesType: "bytes",
}


_LIMITS = ("ge", "le", "min_length", "max_length", "pattern")


class Annotations:
    """The annotations of one module. Named types of the flow keep their names."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self._classes: dict[ObjectType, str] = {}
        self._adapters: dict[str, str] = {}
        self._named: dict[str | None, str] = {}
        self._made: set[str] = set()
        """Classes of objects that have no name in the flow."""

    def keep(self, types: Mapping[str, ObjectType]) -> None:
        """Named types of the flow: their classes are called as they are."""
        self._named = {type_.name: name for name, type_ in types.items() if type_.name}

    def of(self, type_: Type, hint: str) -> str:
        """The annotation of a type; `hint` names a class that has to be made for an object without a name."""
        simple = _SIMPLE.get(type(type_))
        if simple is not None:
            return simple
        match type_:
            case AnyType():
                return self.module.use_package("typing", "Any")
            case StrType(choices=None):
                return "str"
            case StrType(choices=choices):
                literal = self.module.use_package("typing", "Literal")
                return f"{literal}[{', '.join(repr(choice) for choice in choices or ())}]"
            case DateTimeType():
                return self.module.use("moments", "Moment")
            case FileType():
                return self.module.use("files", "UploadedFile")
            case ListType(item, limits):
                return f"list[{self.limited(item, hint + ' item', limits)}]"
            case MapType(value):
                return f"dict[str, {self.of(value, hint + ' value')}]"
            case NullableType(inner):
                inner_text = self.of(inner, hint)
                return inner_text if isinstance(inner, AnyType) else f"{inner_text} | None"
            case SecretType(inner):
                return self.of(inner, hint)
            case UnionType(()):
                return self.module.use_package("typing", "Any")  # the items of an empty list
            case UnionType(members):
                return " | ".join(dict.fromkeys(self.of(member, hint) for member in members))
            case ObjectType():
                return self._object(type_, hint)
            case _:
                assert_never(type_)  # type: ignore[arg-type]

    def limited(self, type_: Type, hint: str, limits: Limits, *, default: str = "", description: str = "") -> str:
        """The annotation of a type with what pydantic holds it to besides."""
        held = dict(limits)
        choices = held.pop("choices", None)
        text = self.of(type_, hint)
        if choices and isinstance(without_none(type_), IntType):
            literal = f"{self.module.use_package('typing', 'Literal')}[{', '.join(map(repr, choices))}]"
            text = f"{literal} | None" if isinstance(type_, NullableType) else literal
        return self.held_to(text, held, default=default, description=description)

    def held_to(self, text: str, limits: Mapping[str, Any], *, default: str = "", description: str = "") -> str:
        """An annotation with arguments of pydantic's `Field`; `default` is Python."""
        arguments = [f"default={default}"] if default else []
        arguments += [f"{name}={limits[name]!r}" for name in _LIMITS if name in limits]
        arguments += [f"description={description!r}"] if description else []
        if not arguments:
            return text
        annotated = self.module.use_package("typing", "Annotated")
        return f"{annotated}[{text}, {self.module.use_package('pydantic', 'Field')}({', '.join(arguments)})]"

    def default(self, value: Any, type_: Type) -> str:
        """A default as source; pydantic takes it as it is, so text that names a point in time becomes one here."""
        match without_none(type_):
            case DateTimeType() if isinstance(value, str):
                return f"{self.module.use_package('datetime', 'datetime')}.fromisoformat({value!r})"
            case ListType(item) if isinstance(value, list):
                return f"[{', '.join(self.default(each, item) for each in value)}]"
            case MapType(inner) if isinstance(value, dict):
                return f"{{{', '.join(f'{key!r}: {self.default(each, inner)}' for key, each in value.items())}}}"
            case ObjectType(fields) if isinstance(value, dict):
                known = {key: field.type for key, field in fields}
                pairs = (f"{key!r}: {self.default(each, known.get(key, ANY))}" for key, each in value.items())
                return f"{{{', '.join(pairs)}}}"
        return repr(value)

    def adapter(self, type_: Type, hint: str) -> str:
        """The name of a constant that holds pydantic's `TypeAdapter` for the type."""
        return self.adapter_for(self.of(type_, hint), hint)

    def adapter_for(self, annotation: str, hint: str) -> str:
        """The same for an annotation that is there already."""
        if annotation not in self._adapters:
            adapter = self.module.use_package("pydantic", "TypeAdapter")
            name = self.module.names.take(constant_case(_adapter_name(annotation, hint)))
            self._adapters[annotation] = name
            # mypy needs the annotation where the type is not a class.
            self.module.classes.append(f"{name}: {adapter}[{annotation}] = {adapter}({annotation})")
        return self._adapters[annotation]

    def _object(self, type_: ObjectType, hint: str) -> str:
        if type_.name is not None and "." in type_.name:
            module, _, name = type_.name.partition(".")
            return self.module.use(module, name)
        if type_.open:
            return f"dict[str, {self.module.use_package('typing', 'Any')}]"
        if type_ not in self._classes:
            self._declare(type_, hint)
        return self._classes[type_]

    def _declare(self, type_: ObjectType, hint: str) -> None:
        wanted = type_.name or pascal_case(hint)
        name = self._named.get(type_.name) or self._class_name(wanted, hint)
        self._classes[type_] = name
        fields = [(key, self._field(field, f"{wanted} {key}")) for key, field in type_.fields]
        self.module.classes.append(self.class_source(name, fields, ""))

    def _class_name(self, wanted: str, hint: str) -> str:
        """A name of its own; the output of a node that is called like a class of the author's is the node's result."""
        is_authors = wanted in self.module.names and wanted not in self._made
        name = self.module.names.take(f"{wanted}Result" if is_authors and " " not in hint else wanted)
        self._made.add(name)
        return name

    def _field(self, field: FieldType, hint: str) -> str:
        default = self.default(json.loads(field.default), field.type) if field.default is not None else ""
        text = self.limited(field.type, hint, field.limits, default=default, description=field.description)
        return text if field.required else self.not_required(text)

    def not_required(self, text: str) -> str:
        """The annotation of a field that may be left out."""
        return f"{self.module.use_package('typing', 'NotRequired')}[{text}]"

    def record(self, fields: list[tuple[str, str]], hint: str) -> str:
        """A class of fields whose annotations are there already."""
        name = self.module.names.take(pascal_case(hint))
        self.module.classes.append(self.class_source(name, fields, ""))
        return name

    def class_source(self, name: str, fields: list[tuple[str, str]], decorator: str) -> str:
        """A `TypedDict` class; the functional form where a key is not a Python name."""
        # pydantic reads only the TypedDict of typing_extensions below Python 3.12.
        typed_dict = self.module.use_package("typing_extensions", "TypedDict")
        if all(_can_be_field(key) for key, _ in fields):
            lines = [f"    {key}: {text}" for key, text in fields] or ["    pass"]
            return f"{decorator}class {name}({typed_dict}):\n" + "\n".join(lines)
        pairs = ", ".join(f"{key!r}: {text}" for key, text in fields)
        return f"{name} = {typed_dict}({name!r}, {{{pairs}}})"


def _adapter_name(annotation: str, hint: str) -> str:
    """`PERSON` for `Person`, `PERSON_LIST` for `list[Person]`, else a name from where it is used."""
    if annotation.isidentifier():
        return annotation
    item = annotation.removeprefix("list[").removesuffix("]")
    return f"{item}_list" if item.isidentifier() else hint


def _can_be_field(key: str) -> bool:
    """Whether a key can stand in a class body; Python renames what begins with `__`."""
    return is_identifier(key) and not key.startswith("__")
