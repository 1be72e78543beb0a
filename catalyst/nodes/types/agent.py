"""`agent`: a language model with tools, asked again with what they gave until it answers."""

from typing import Annotated, Any

from pydantic import Field

from catalyst.expressions.types import (
    ANY,
    FLOAT,
    INT,
    OPEN_OBJECT,
    STR,
    FieldType,
    ListType,
    ObjectType,
    Type,
    nullable,
)
from catalyst.nodes.agent_tools import ToolParams, arguments_of, check_tools
from catalyst.nodes.base import NodeType, Scribe, Signature, Site
from catalyst.nodes.memory import memory_of
from catalyst.nodes.models import USAGE, check_models, model_of, others_of
from catalyst.nodes.settings import Params
from catalyst.nodes.talk import Talk, check_talk, messages_of, told_of
from catalyst.spec.units import Period

STEP = ObjectType(
    (
        ("round", FieldType(INT)),
        ("tool", FieldType(STR)),
        ("arguments", FieldType(ANY)),
        ("result", FieldType(ANY)),
        ("error", FieldType(nullable(STR))),
        ("ms", FieldType(FLOAT)),
    ),
    "agent_steps.ToolStep",
)
_FIELDS = (
    ("text", FieldType(STR)),
    ("steps", FieldType(ListType(STEP))),
    ("rounds", FieldType(INT)),
    ("usage", FieldType(USAGE)),
    ("model", FieldType(STR)),
    ("finish_reason", FieldType(STR)),
)
ANSWER = ObjectType(_FIELDS, "agent.AgentAnswer")


class Budget(Params):
    """What the agent may use up."""

    tokens: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="Tokens of all rounds together, read and written; more than that ends it."
    )
    time: Period = Field(default=300.0, description="Time for all rounds and tools together.")


class AgentParams(Talk):
    """Settings of `agent`."""

    tools: Annotated[list[ToolParams], Field(min_length=1, max_length=64)] = Field(
        description="What the model may call."
    )
    max_iterations: Annotated[int, Field(ge=1, le=100)] = Field(
        default=10, description="How often the model is asked at most, its answer included."
    )
    max_parallel: Annotated[int, Field(ge=1, le=64)] = Field(
        default=8, description="How many tools of one round run at the same time."
    )
    budget: Budget = Field(default_factory=Budget, description="What it may use up.")
    stream: bool = Field(
        default=False,
        description="Send what the model says as it comes to whoever streams the run; of a typed answer, its parts.",
    )
    output: str | dict[str, Any] | None = Field(
        default=None,
        description="The type of the answer, given as `value` beside the text; asked for again when wrong.",
    )
    max_repairs: Annotated[int, Field(ge=0, le=5)] = Field(
        default=2, description="How often to ask again when the answer is not of the type."
    )


def output(params: AgentParams, site: Site) -> Type:
    """The text with how it came about; with a type, the answer as `value` too."""
    if params.output is None:
        return ANSWER
    return ObjectType((("value", FieldType(site.type_named(params.output, "output"))), *_FIELDS))


def check(params: AgentParams, site: Site) -> None:
    """The models must be able to do what they are told, files must be files, and tools must be there."""
    check_models(params, site, tools=True)
    check_talk(params, site)
    check_tools(params.tools, site)


def emit(params: AgentParams, scribe: Scribe) -> None:
    """One call of the runtime: whom to ask, what, with which tools."""
    scribe.pool("llm", "LLM")
    models = [model_of(params, scribe), *others_of(params, scribe)]
    arguments = ["ctx", repr(scribe.node_id), f"[{', '.join(models)}]"]
    arguments.append(f"messages={messages_of(params, scribe)}")
    arguments.append(f"tools=[{', '.join(_tool(number, tool, scribe) for number, tool in enumerate(params.tools))}]")
    arguments += [*told_of(params, scribe), *_limits(params, scribe)]
    if params.stream:
        arguments.append("stream=True")
    if params.memory is not None:
        arguments.append(f"memory={memory_of(params.memory, models, scribe)}")
    value = scribe.output.field("value") if isinstance(scribe.output, ObjectType) else None
    if value is None:
        scribe.body.line(f"return await {scribe.use('agent', 'run_agent')}({', '.join(arguments)})")
        return
    arguments.append(f"output={scribe.adapter(value.type)}")
    if params.max_repairs != 2:
        arguments.append(f"max_repairs={params.max_repairs}")
    scribe.body.line(f"return await {scribe.use('agent', 'run_agent_as')}({', '.join(arguments)})")


def _limits(params: AgentParams, scribe: Scribe) -> list[str]:
    limits = [
        f"{name}={value!r}"
        for name, value, default in (
            ("rounds", params.max_iterations, 10),
            ("tokens", params.budget.tokens, None),
            ("seconds", params.budget.time, 300.0),
            ("beside", params.max_parallel, 8),
        )
        if value != default
    ]
    return [f"limits={scribe.use('agent', 'AgentLimits')}({', '.join(limits)})"] if limits else []


def _tool(number: int, tool: ToolParams, scribe: Scribe) -> str:
    """A tool as Python."""
    if tool.workflow is not None:
        workflow = scribe.workflow(tool.workflow)
        name = repr(tool.name) if tool.name else f"{workflow}.name"
        words = repr(tool.description) if tool.description else f"{workflow}.description"
        made = _made(scribe.use("agent_flows", "flow_tool"), [name, words, workflow], tool)
        return _told(made, tool.name or scribe.workflow(tool.workflow).lower(), tool, scribe)
    if tool.function is not None:
        return _function(tool, scribe)
    if tool.mcp is not None:
        return _server(tool, tool.mcp, scribe)
    function, adapter = scribe.tool(number)
    return _made(
        scribe.use("agent_tools", "node_tool"), [repr(tool.name), repr(tool.description), adapter, function], tool
    )


def _function(tool: ToolParams, scribe: Scribe) -> str:
    """A function of the project; the types of its parameters are read from its source, not when the service runs."""
    module, name = tool.place
    signature = scribe.signature(module, name)
    called = tool.name or name
    words = tool.description or (signature.words if signature is not None else "")
    maker = "coroutine_tool" if signature is not None and signature.is_async else "function_tool"
    hint = f"{name} args"
    adapter = scribe.adapter(OPEN_OBJECT, hint) if signature is None else _arguments(signature, scribe, hint)
    arguments = [repr(called), repr(words), adapter, scribe.use_package(module, name)]
    return _told(_made(scribe.use("agent_tools", maker), arguments, tool), called, tool, scribe)


def _arguments(signature: Signature, scribe: Scribe, hint: str) -> str:
    if any(each.annotation is not None and each.annotation.converted for each in signature.parameters):
        return scribe.parameters_adapter(signature.parameters, hint)
    return scribe.adapter(arguments_of(signature), hint)


def _server(tool: ToolParams, name: str, scribe: Scribe) -> str:
    """The tools of a server, which says itself which ones it has."""
    arguments = [scribe.program(name) or scribe.connection("agent_mcp", "mcp_server", name, name)]
    token = scribe.secret(tool.token) if tool.token is not None else None
    if token is not None:
        arguments.append(f"token={token}")
    if tool.only:
        arguments.append(f"only={tuple(tool.only)!r}")
    return _made(scribe.use("agent_mcp", "McpTools"), arguments, tool)


def _told(made: str, called: str, tool: ToolParams, scribe: Scribe) -> str:
    """The tool with the author's own schema of its arguments, if there is one."""
    if tool.schema_ is None:
        return made
    kind = scribe.use("json_schema", "JsonSchema")
    annotation = f"{kind}[dict[str, {scribe.use_package('typing', 'Any')}]]"
    schema = scribe.constant(f"{called}_schema", f"{kind}({tool.schema_!r})", annotation)
    return f"{scribe.use('agent_schemas', 'with_schema')}({made}, {schema})"


def _made(maker: str, arguments: list[str], tool: ToolParams) -> str:
    seconds = [f"seconds={tool.timeout!r}"] if tool.timeout != 30.0 else []
    return f"{maker}({', '.join([*arguments, *seconds])})"


NODE = NodeType(
    kind="call",
    params=AgentParams,
    beside=frozenset({"fallback"}),
    output=output,
    check=check,
    emit=emit,
    default_timeout=None,
    streams=lambda params: params.stream,
    example="""\
catalyst: 1
name: agent_example
input: {question: string}
secrets: [OPENAI_API_KEY]
nodes:
  answer:
    type: agent
    with:
      provider: openai
      model: gpt-5.4-mini
      system: Look things up before you answer.
      prompt: "{{ input.question }}"
      tools:
        - function: lib.shop:find_order
        - name: opening_hours
          description: When the shop is open on a day of the week.
          args: {day: {type: string, enum: [mon, tue, wed, thu, fri, sat, sun]}}
          do: {hours: {type: set, with: {value: "{{ 'closed' if args.day == 'sun' else '9 to 18' }}"}}}
output:
  text: "{{ nodes.answer.output.text }}"
  used: "{{ nodes.answer.output.steps | map(attribute='tool') | list }}"
""",
    example_files={"lib/shop.py": '''\
"""What the agent beside this folder may do."""


def find_order(number: int) -> dict[str, str]:
    """An order by its number."""
    return {"number": str(number), "state": "on its way"}
'''},
    example_input={"question": "Where is my order 7?"},
)
