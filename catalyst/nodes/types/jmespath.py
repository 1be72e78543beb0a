"""`jmespath`: pick out and shape data by a JMESPath expression.

The expression is constant and checked when the flow is built, its functions included. What it gives is of the type
that the node's `output:` says. An expression of the flow itself (`input.people | filter(p => p.age > 20)`) can do most
of this as well, and the checker knows what it gives.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import jmespath
from jmespath.exceptions import EmptyExpressionError, IncompleteExpressionError, JMESPathError, LexerError, ParseError
from jmespath.functions import Functions
from pydantic import Field

from catalyst.diagnostics import did_you_mean, listing
from catalyst.expressions.types import ANY, Type
from catalyst.nodes.base import NodeType, Scribe, Site
from catalyst.nodes.rows import conformed
from catalyst.nodes.settings import Params, ShapeSlot
from catalyst.spec.problems import Reader, problem

_MOST = 2_000
_DEPTH = 64
"""How deep parts of an expression may stand in each other."""


def _read(value: Any) -> str:
    if not isinstance(value, str):
        raise problem("E142", "a JMESPath expression is text")
    if "{{" in value:
        raise problem("E467", "a JMESPath expression is constant", help="put what it needs into `data`")
    if len(value) > _MOST:
        raise problem("E467", f"a JMESPath expression has at most {_MOST:,} characters")
    try:
        parsed = jmespath.compile(value).parsed
    except JMESPathError as error:
        raise problem("E467", f"this is no JMESPath expression: {_reason(error)}") from None
    except (RecursionError, ValueError):
        raise problem("E467", "this is no JMESPath expression that can be read") from None
    for part in _parts(parsed, 0):
        if part["type"] == "function_expression":
            _check_function(str(part["value"]), len(part["children"]))
    return str(value)


def _reason(error: JMESPathError) -> str:
    match error:
        case EmptyExpressionError() | IncompleteExpressionError():
            return "it ends too early"
        case LexerError():
            return f"character {error.lexer_position + 1} begins nothing that it knows"
        case ParseError():
            return f"`{error.token_value}` cannot stand at character {error.lex_position + 1}"
        case _:
            return "it cannot be read"


def _parts(part: Mapping[str, Any], depth: int) -> Iterator[Mapping[str, Any]]:
    if depth > _DEPTH:
        raise problem("E467", f"a JMESPath expression is nested at most {_DEPTH} levels deep")
    yield part
    for child in part["children"]:
        # A comparison keeps its two sides here, a slice its numbers.
        if isinstance(child, Mapping):
            yield from _parts(child, depth + 1)


def _check_function(name: str, given: int) -> None:
    known = Functions.FUNCTION_TABLE
    if name not in known:
        help_ = f"there are: {listing(sorted(known), 40)}"
        raise problem("E467", f"JMESPath has no function `{name}`", help=help_, label=did_you_mean(name, sorted(known)))
    signature = known[name]["signature"]
    open_ended = bool(signature and signature[-1].get("variadic"))
    if given < len(signature) or (given > len(signature) and not open_ended):
        wanted = f"at least {len(signature)}" if open_ended else str(len(signature))
        raise problem("E467", f"the function `{name}` takes {wanted} values, not {given}")


JmesPath = Annotated[
    str, Reader(_read, {"type": "string", "examples": ["people[?age > `20`].name", "max_by(items, &price)"]})
]


class JmesPathParams(Params):
    """Settings of `jmespath`."""

    data: Annotated[Any, ShapeSlot()] = Field(description="What the expression looks at.")
    expression: JmesPath = Field(description="The expression; what it names and is not there is none.")


def output(params: JmesPathParams, site: Site) -> Type:
    """What the node's `output:` says, else anything."""
    return site.declared if site.declared is not None else ANY


def value(params: JmesPathParams, scribe: Scribe) -> str:
    """The expression, read once when the module is loaded, and asked about the data."""
    made = scribe.use("json_query", "JsonQuery")
    query = scribe.constant("query", f"{made}({params.expression!r})")
    return conformed(f"{query}.search({scribe.shape(params.data)})", ANY, scribe)


NODE = NodeType(
    kind="value",
    params=JmesPathParams,
    output=output,
    value=value,
    example="""\
catalyst: 1
name: jmespath_example
types: {Person: {name: string, age: integer}}
input: {people: "array<Person>"}
nodes:
  adults:
    type: jmespath
    with: {data: "{{ input.people }}", expression: "sort_by([?age >= `18`], &age)[].{name: name, born: age}"}
    output: "array<{name: string, born: integer}>"
output: {names: "{{ nodes.adults.output | map(p => p.name) }}"}
""",
    example_input={"people": [{"name": "Ada", "age": 36}, {"name": "Ben", "age": 9}, {"name": "Cleo", "age": 20}]},
)
