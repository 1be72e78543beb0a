"""The input and output types of a workflow as `TypedDict` classes that pydantic checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from catalyst.codegen.annotations import Annotations
from catalyst.codegen.module import Module
from catalyst.expressions.types import (
    BytesType,
    FieldType,
    NullableType,
    ObjectType,
    Type,
    without_none,
)
from catalyst.graph.model import InputFact, OutputField, Route, Workflow
from catalyst.pysource.names import pascal_case


@dataclass(frozen=True, slots=True)
class RequestTypes:
    """Classes for one route: what comes as text and what comes in the body; "" where there is none."""

    parameters: str = ""
    body: str = ""


def write_input(module: Module, annotations: Annotations, workflow: Workflow) -> str:
    """The class of the workflow's whole input; gives its name."""
    name = module.names.take(f"{pascal_case(workflow.name)}Input")
    _write_class(module, annotations, name, workflow.input_facts, strict=True)
    return name


def write_request(
    module: Module, annotations: Annotations, workflow: Workflow, route: Route, number: int
) -> RequestTypes:
    """Classes for a route whose input does not come in the body alone."""
    if not route.locations:
        return RequestTypes()
    suffix = "" if number == 0 else str(number + 1)
    base = pascal_case(workflow.name)
    in_text = tuple(fact for fact in workflow.input_facts if fact.name in route.locations)
    in_body = tuple(fact for fact in workflow.input_facts if fact.name not in route.locations)
    parameters = module.names.take(f"{base}Parameters{suffix}")
    _write_class(module, annotations, parameters, in_text, strict=False)
    if not in_body:
        return RequestTypes(parameters)
    body = module.names.take(f"{base}Body{suffix}")
    _write_class(module, annotations, body, in_body, strict=True)
    return RequestTypes(parameters, body)


def _write_class(
    module: Module, annotations: Annotations, name: str, facts: tuple[InputFact, ...], *, strict: bool
) -> None:
    with_config = module.use_package("pydantic", "with_config")
    config_dict = module.use_package("pydantic", "ConfigDict")
    settings = "extra='forbid', strict=True" if strict else "extra='forbid'"
    fields = [(fact.name, _field(module, annotations, fact)) for fact in facts]
    if not fields:
        docs = "\n".join(
            [f"class {name}({module.use_package('typing_extensions', 'TypedDict')}):", '    """Nothing is needed."""']
        )
        module.classes.append(f"@{with_config}({config_dict}({settings}))\n{docs}")
        return
    source = annotations.class_source(name, fields, f"@{with_config}({config_dict}({settings}))\n")
    module.classes.append(source)


def _field(module: Module, annotations: Annotations, fact: InputFact) -> str:
    # A mutable default is copied by pydantic for each request.
    default = "" if fact.required else annotations.default(fact.default, fact.type)
    description = fact.description or ""
    if isinstance(without_none(fact.type), BytesType):
        # JSON has no bytes: they come as base64 text.
        encoded = module.use_package("pydantic", "Base64Bytes")
        text = f"{encoded} | None" if isinstance(fact.type, NullableType) else encoded
        return annotations.held_to(text, fact.constraints, default=default, description=description)
    limits = tuple(fact.constraints.items())
    return annotations.limited(fact.type, fact.name, limits, default=default, description=description)


def write_output(module: Module, annotations: Annotations, workflow: Workflow) -> str:
    """The annotation of the workflow's output; a class of its own when it has named fields."""
    base = f"{pascal_case(workflow.name)}Output"
    if not isinstance(workflow.output, tuple):
        return annotations.of(workflow.output_type, base)
    name = module.names.take(base)
    texts = ((each, annotations.of(precise(each), f"{workflow.name} {each.name}")) for each in workflow.output)
    fields = [(each.name, annotations.held_to(text, {}, description=each.description)) for each, text in texts]
    module.classes.append(annotations.class_source(name, fields, ""))
    return name


def precise(field: OutputField) -> Type:
    """The type of an output; one declared just as an object has the fields that its value is known to have."""
    is_any_object = isinstance(field.type, ObjectType) and field.type.open and not field.type.fields
    return field.given if is_any_object and isinstance(field.given, ObjectType) else field.type


def object_of(fields: Mapping[str, Type]) -> ObjectType:
    """An object type with the given fields."""
    return ObjectType(tuple((name, FieldType(type_)) for name, type_ in fields.items()))
