"""`dedupe`: leave out what a list holds already, by the whole item or by some of its fields."""

from typing import Literal

from pydantic import Field

from catalyst.expressions.types import ListType, Type
from catalyst.nodes.base import NodeType, Scribe, Site
from catalyst.nodes.rows import FieldPaths, Rows, conformed, field_of, known_field, row_type
from catalyst.nodes.settings import Params


class DedupeParams(Params):
    """Settings of `dedupe`."""

    items: Rows = Field(description="The list.")
    by: FieldPaths = Field(default=(), description="Fields that tell items apart; without it whole items are compared.")
    keep: Literal["first", "last"] = Field(default="first", description="Which one of equal items stays.")
    case_sensitive: bool = Field(default=True, description="Whether `Ada` and `ada` are different.")


def output(params: DedupeParams, site: Site) -> Type:
    """A list of the same items."""
    return ListType(row_type(site.type_of(params.items)))


def check(params: DedupeParams, site: Site) -> None:
    """The fields must be there."""
    row = row_type(site.type_of(params.items))
    for number, path in enumerate(params.by):
        field_of(site, row, path, "by", number)


def value(params: DedupeParams, scribe: Scribe) -> str:
    """The list without repeats; from its end to its start where the last one stays."""
    row = row_type(scribe.type_of(params.items))
    items = scribe.expr(params.items)
    backwards = scribe.use("lists", "backwards") if params.keep == "last" else ""
    arguments = [f"{backwards}({items})" if backwards else items]
    if params.case_sensitive:
        arguments.append("case_sensitive=True")
    if params.by:
        getters = [known_field(row, path).getter(scribe) for path in params.by]
        arguments.append(f"attribute={_together(getters)}")
    unique = f"{scribe.use('ordering', 'unique')}({', '.join(arguments)})"
    return conformed(f"{backwards}({unique})" if backwards else unique, ListType(row), scribe)


def _together(getters: list[str]) -> str:
    """One lambda for all fields: it gives their values as a list."""
    if len(getters) == 1:
        return getters[0]
    return "lambda row: [" + ", ".join(getter.removeprefix("lambda row: ") for getter in getters) + "]"


NODE = NodeType(
    kind="value",
    params=DedupeParams,
    output=output,
    check=check,
    value=value,
    example="""\
catalyst: 1
name: dedupe_example
types: {Hit: {id: integer, text: string}}
input: {semantic: "array<Hit>", keyword: "array<Hit>"}
nodes:
  hits:
    type: dedupe
    with: {items: "{{ input.semantic + input.keyword }}", by: id}
output: {hits: "{{ nodes.hits.output }}"}
""",
    example_input={
        "semantic": [{"id": 1, "text": "one"}, {"id": 2, "text": "two"}],
        "keyword": [{"id": 2, "text": "two"}, {"id": 3, "text": "three"}],
    },
)
