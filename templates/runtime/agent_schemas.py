"""Arguments of tools that are described by a JSON Schema: a server's, or the author's own."""

from dataclasses import replace
from typing import Any

import orjson

from .agent_tools import AgentTool, wrong_arguments
from .json_schema import JsonSchema
from .llm_turns import Tool


def read_by(schema: JsonSchema[dict[str, Any]], text: str) -> dict[str, Any]:
    """The arguments that a model gave. Raises FlowError that tells the model what is wrong, without the values."""
    try:
        arguments = orjson.loads(text or "{}")
    except orjson.JSONDecodeError:
        raise wrong_arguments(["arguments: this is no JSON"]) from None
    problems = schema.problems(arguments)
    if problems:
        raise wrong_arguments([f"{each['place'] or 'arguments'}: {each['problem']}" for each in problems])
    given: dict[str, Any] = arguments
    return given


def with_schema(tool: AgentTool, schema: JsonSchema[dict[str, Any]]) -> AgentTool:
    """The same tool, told to the model by this schema; its arguments fit both this and what the tool itself takes."""

    def read(text: str) -> Any:
        read_by(schema, text)
        return tool.read(text)

    told = Tool(tool.told.name, tool.told.description, {"type": "object", **schema.schema})
    return replace(tool, told=told, read=read)
