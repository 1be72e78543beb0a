"""`set`: make a value out of others; any YAML shape with expressions inside."""

from typing import Annotated, Any

from pydantic import Field

from catalyst.expressions.types import Type
from catalyst.nodes.base import NodeType, Scribe, Site
from catalyst.nodes.settings import Params, ShapeSlot


class SetParams(Params):
    """Settings of `set`."""

    value: Annotated[Any, ShapeSlot()] = Field(
        description="The value: text, a number, a list or a map, expressions anywhere in it."
    )


def output(params: SetParams, site: Site) -> Type:
    """The type of the value."""
    return site.shape_type(params.value)


def value(params: SetParams, scribe: Scribe) -> str:
    """The value itself."""
    return scribe.shape(params.value)


NODE = NodeType(
    kind="value",
    params=SetParams,
    output=output,
    value=value,
    example="""\
catalyst: 1
name: set_example
input: {first: string, last: string}
nodes:
  person:
    type: set
    with:
      value: {full_name: "{{ input.first }} {{ input.last }}", initials: "{{ input.first[0] ~ input.last[0] }}"}
output: {person: "{{ nodes.person.output }}"}
""",
    example_input={"first": "Ada", "last": "Lovelace"},
)
