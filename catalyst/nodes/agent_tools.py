"""The tools that an `agent` is given: their settings, and what is wrong with them.

A tool is a Python function of the project, nodes of the flow, or another flow. Each has a name that the model calls it
by; of what it needs to know, the function's signature and the other flow's input tell the arguments themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from catalyst.diagnostics import did_you_mean
from catalyst.expressions.types import FieldType, ObjectType, Type
from catalyst.nodes.base import Signature, Site
from catalyst.nodes.json_schema import JsonSchema
from catalyst.nodes.settings import BodySlot, Params
from catalyst.nodes.types.python import FUNCTION
from catalyst.spec.fields import exactly_one, model_schema
from catalyst.spec.problems import problem
from catalyst.spec.units import Period

_WISH = "the model calls it by its name and chooses it by what it is told of it"
_KINDS = ("function", "workflow", "do", "mcp")


class ToolParams(Params):
    """One tool: a function, another flow, or nodes; or all tools of an MCP server."""

    model_config = ConfigDict(json_schema_extra=exactly_one(*_KINDS))

    name: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$",
        description="What the model calls it; by default the name of the function or flow.",
    )
    description: str | None = Field(
        default=None,
        min_length=1,
        description="What it is for, for the model; by default the function's docstring or the flow's description.",
    )
    function: str | None = Field(
        default=None,
        json_schema_extra={"pattern": r"^lib(\.\w+)+:\w+$", "examples": ["lib.orders:find_order"]},
        description="A Python function of the project; its parameters are the arguments.",
    )
    workflow: str | None = Field(
        default=None, description="Another flow, by its file or name; its input are the arguments."
    )
    schema_: JsonSchema | None = Field(
        default=None,
        alias="schema",
        description="A JSON Schema of the arguments of a function or flow, told to the model in place of what these "
        "say themselves; the arguments are held against both.",
    )
    args: dict[str, Any] | None = Field(
        default=None,
        json_schema_extra={"additionalProperties": model_schema("Field")},
        description="The arguments of `do`, name to type; inside they are `args.name`.",
    )
    do: Annotated[Any, BodySlot()] | None = Field(
        default=None, description="Nodes that run when the tool is called; it gives what the last one gives."
    )
    mcp: str | None = Field(
        default=None,
        min_length=1,
        description="A server of tools: the secret with its address (HTTP), or a program that `catalyst.yaml` names "
        "under `mcp` (stdio).",
    )
    token: str | None = Field(default=None, description="The secret that is sent to the server as a bearer token.")
    only: list[str] = Field(default_factory=list, description="Those of the server's tools that the model may call.")
    timeout: Period = Field(default=30.0, description="How long one call may take.")

    @model_validator(mode="after")
    def one_kind(self) -> Self:
        """Exactly one kind, and all that it needs."""
        if [self.function, self.workflow, self.do, self.mcp].count(None) != 3:
            raise PydanticCustomError("one_of", "give one of `function`, `workflow`, `do` and `mcp`")
        if self.function is not None and FUNCTION.fullmatch(self.function) is None:
            raise PydanticCustomError("function", "write `function` as `lib.module:name`, a file below `lib/`")
        if self.do is not None and (self.name is None or self.description is None):
            raise problem("E141", "a tool with `do` needs a `name` and a `description`", help=_WISH)
        if self.do is None and self.args is not None:
            raise problem("E144", "`args` belongs to `do`", help="functions and flows say themselves what they take")
        if self.schema_ is not None and (self.do is not None or self.mcp is not None):
            wish = "declare the arguments of `do` with `args`; a server says itself what its tools take"
            raise problem("E144", "`schema` belongs to `function` and `workflow`", help=wish)
        if self.mcp is not None and (self.name is not None or self.description is not None):
            raise problem("E144", "the tools of a server have their own names", help="choose some of them with `only`")
        if self.mcp is None and (self.token is not None or self.only):
            raise problem("E144", "`token` and `only` belong to `mcp`", help="take them away")
        return self

    @property
    def place(self) -> tuple[str, str]:
        """Module and name of the function."""
        module, _, name = (self.function or "").partition(":")
        return module, name


def arguments_of(signature: Signature) -> ObjectType:
    """The parameters of a function as the arguments of a tool; what has a default may be left out."""
    return ObjectType(tuple((each.name, FieldType(each.type, each.required)) for each in signature.parameters))


def check_tools(tools: Sequence[ToolParams], site: Site) -> None:
    """Each function and flow must be there, and no two tools may have the same name."""
    seen: dict[str, int] = {}
    for number, tool in enumerate(tools):
        if tool.mcp is not None:
            _check_server(tool, number, site)
            continue
        name, words, takes = _known(tool, number, site)
        if tool.schema_ is not None and takes is not None:
            _check_schema(tool.schema_, takes, site, number)
        if name is None:
            continue
        if name in seen:
            message = f"two tools are called `{name}`; the other one is number {seen[name] + 1}"
            site.found.error("E490", message, site.span_of("tools", number), help="give one of them another `name`")
        seen.setdefault(name, number)
        if not words:
            message = f"nothing tells the model what the tool `{name}` is for"
            wish = "add a `description`, or a docstring to the function"
            site.found.warning("W490", message, site.span_of("tools", number), help=wish)


def _check_server(tool: ToolParams, number: int, site: Site) -> None:
    """A server is at an address in a secret, or a program of the project; a flow's text can start none."""
    if tool.token is not None:
        site.need_secret(tool.token, "tools", number, "token")
    program = site.program(tool.mcp or "")
    if program is None and tool.mcp not in site.secrets:
        message = f"there is no tool server `{tool.mcp}`: it is neither a secret nor a program of the project"
        wish = "declare the secret that holds its address, or name its command under `mcp` in catalyst.yaml"
        site.found.error("E492", message, site.span_of("tools", number, "mcp"), help=wish)
    if program is not None and tool.token is not None:
        message = "a program on this machine takes no token"
        site.found.error(
            "E493", message, site.span_of("tools", number, "token"), help="pass it on under `env` of `mcp`"
        )


def _known(tool: ToolParams, number: int, site: Site) -> tuple[str | None, str, Type | None]:
    """What the model will know of a tool: its name, None where that cannot be told, its description and, where these
    are known, its arguments."""
    if tool.function is not None:
        signature = site.function(*tool.place, "tools", number, "function")
        words = signature.words if signature is not None else "-"
        takes = arguments_of(signature) if signature is not None else None
        return tool.name or tool.place[1], tool.description or words, takes
    if tool.workflow is not None:
        called = site.called_flow(tool.workflow, "tools", number, "workflow")
        if called is None:
            return tool.name, "-", None
        return tool.name or called.name, tool.description or called.description, called.input
    return tool.name, tool.description or "", None


def _check_schema(schema: Mapping[str, Any], takes: Type, site: Site, number: int) -> None:
    """A schema is that of an object; where it names fields, they are arguments, and what has to be given is there."""
    span = site.span_of("tools", number, "schema")
    if schema.get("type", "object") != "object":
        site.found.error("E495", "the arguments of a tool are an object", span, help="write `type: object`")
    told = schema.get("properties")
    if told is None or not isinstance(takes, ObjectType) or takes.open:
        return
    fields = dict(takes.fields)
    known = f"it takes {', '.join(fields) or 'nothing'}"
    for name in told:
        if name not in fields:
            message = f"the tool takes no argument `{name}`"
            site.found.error("E495", message, span, help=known, label=did_you_mean(name, fields))
    for name, field in fields.items():
        if field.required and field.default is None and name not in told:
            message = f"the tool needs the argument `{name}`, which its schema does not have"
            site.found.error("E495", message, span, help=f"add it to `properties`: {known}")
