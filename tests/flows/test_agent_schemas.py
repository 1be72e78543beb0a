"""The schema that an author gives to a tool: it must be that of what the tool takes."""

import importlib
from pathlib import Path

import pytest

from catalyst.api import compile_flow
from templates.runtime.agent_tools import read_arguments
from templates.runtime.errors import FlowError
from tests.emitted import findings, imported, write_files

FLOW = """\
catalyst: 1
name: tools
secrets: [OPENAI_API_KEY]
nodes:
  helper:
    type: agent
    with:
      provider: openai
      model: gpt-5.4-mini
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


CLASSES = '''\
"""Functions for an agent."""

from dataclasses import dataclass
from enum import Enum


class Level(Enum):
    LOW = "low"
    HIGH = "high"


@dataclass
class Budget:
    amount: int
    tags: set[str]


def find(level: Level, budget: Budget, part: str = "all") -> str:
    """An order."""
    return f"{level.name} {budget.amount} {sorted(budget.tags)} {part}"
'''


def test_a_function_gets_the_classes_that_it_takes(tmp_path: Path) -> None:
    result = compile_flow(FLOW.replace(", schema: SCHEMA", ""), read={"lib/shop.py": CLASSES}.get)
    assert result.ok, findings(result)
    write_files(result.files, tmp_path)
    with imported(tmp_path):
        flow = importlib.import_module("app.workflows.tools")
        shop = importlib.import_module("lib.shop")
        given = read_arguments(flow.FIND_ARGS, '{"level": "low", "budget": {"amount": 2, "tags": ["b", "a", "b"]}}')
        assert shop.find(**given) == "LOW 2 ['a', 'b'] all"
        with pytest.raises(FlowError) as raised:
            read_arguments(flow.FIND_ARGS, '{"level": "none", "budget": {"amount": 2}, "more": 1}')
        for place in ("level", "budget.tags", "more"):
            assert f"{place}: " in str(raised.value.detail)
