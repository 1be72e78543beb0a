"""The schema that an author gives to a tool: it must be that of what the tool takes."""

import pytest

from catalyst.api import compile_flow

FLOW = """\
catalyst: 1
name: tools
secrets: [OPENAI_API_KEY]
nodes:
  helper:
    type: agent
    with:
      provider: openai
      model: gpt-4o-mini
      prompt: Where is it?
      tools:
        - {function: "lib.shop:find", schema: SCHEMA}
"""
LIBRARY = {"lib/shop.py": 'def find(number: int, part: str = "all") -> str:\n    """An order."""\n    return part\n'}


@pytest.mark.parametrize(
    ("schema", "messages"),
    [
        ("{properties: {number: {type: integer}, prt: {}}}", ["the tool takes no argument `prt`"]),
        ("{properties: {part: {}}}", ["the tool needs the argument `number`, which its schema does not have"]),
        ("{type: array}", ["the arguments of a tool are an object"]),
        ("{type: object, properties: {number: {minimum: 1}}}", []),
        ('{$ref: "#/$defs/A", $defs: {A: {properties: {number: {}}}}}', []),
    ],
)
def test_a_schema_is_that_of_the_tool(schema: str, messages: list[str]) -> None:
    found = compile_flow(FLOW.replace("SCHEMA", schema), read=LIBRARY.get).diagnostics
    assert [(item.code, item.span.line, item.message) for item in found] == [("E495", 12, each) for each in messages]
