"""`template`: a text with expressions in it."""

import ast
from typing import Annotated

from pydantic import Field

from catalyst.expressions.sinks import Sink
from catalyst.expressions.types import ANY, STR
from catalyst.nodes.base import NodeType, Scribe
from catalyst.nodes.settings import Expr, Params, Slot
from catalyst.pysource.source import to_source


class TemplateParams(Params):
    """Settings of `template`."""

    text: Annotated[Expr, Slot(ANY, Sink.TEXT)] = Field(
        description="The text; values are written as text, lists and objects as JSON."
    )
    strip: bool = Field(default=False, description="Take white space away from both ends of the result.")


def value(params: TemplateParams, scribe: Scribe) -> str:
    """The text, always a string."""
    tree = scribe.text_tree(params.text)
    return to_source(ast.Call(ast.Attribute(tree, "strip", ast.Load()), [], []) if params.strip else tree)


NODE = NodeType(
    kind="value",
    params=TemplateParams,
    output=lambda params, site: STR,
    value=value,
    example="""\
catalyst: 1
name: template_example
input: {name: string, items: "array<string>"}
nodes:
  letter:
    type: template
    with:
      strip: true
      text: |
        Dear {{ input.name }},
        you asked for {{ input.items | length }} things: {{ input.items | join(', ') }}.
output: {letter: "{{ nodes.letter.output }}"}
""",
    example_input={"name": "Ada", "items": ["tea", "milk"]},
)
