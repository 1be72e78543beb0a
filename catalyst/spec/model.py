"""The flow file and the project file as pydantic models.

What a node type owns (`with`, `do`, `cases`, ...) stays raw here and is checked by the node type. Every text that may
hold an expression is a `Located` string.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema, field_validator

from catalyst.diagnostics import Located, Span, did_you_mean
from catalyst.spec.fields import AsTuple, OneOrMany, Raw, RawMap, SomeText, SpecModel, Text, model_schema, short_or_long
from catalyst.spec.inputs import (
    FieldMap,
    FieldShape,
    FieldSpec,
    InputField,
    InputShape,
    OutputField,
    OutputSpec,
    as_output_spec,
)
from catalyst.spec.known_keys import HIDDEN
from catalyst.spec.names import NAME_SCHEMA, FlowName, Name
from catalyst.spec.problems import Reader, kind_of, problem
from catalyst.spec.requirements import Requirements
from catalyst.spec.tree import LocatedMap
from catalyst.spec.triggers import (
    ApiKeyAuth,
    Auth,
    BasicAuth,
    BearerAuth,
    HttpTrigger,
    ScheduleTrigger,
    Trigger,
    TriggerShape,
)
from catalyst.spec.units import Duration, Period, Size, TimeLimit, Timeout

__all__ = [
    "COMMON_KEYS",
    "ApiKeyAuth",
    "Auth",
    "BasicAuth",
    "BearerAuth",
    "Body",
    "Cache",
    "Cors",
    "Defaults",
    "EnvVar",
    "FieldSpec",
    "Flow",
    "FlowSettings",
    "HttpTrigger",
    "InputField",
    "NodeSpec",
    "OnError",
    "OutputField",
    "OutputSpec",
    "ProjectFile",
    "Retry",
    "ScheduleTrigger",
    "SecretSpec",
    "Shared",
    "TimeLimit",
    "Trigger",
]

_ERROR_KIND = re.compile(r"[1-5]\d\d\Z|[45]xx\Z|[A-Za-z_][A-Za-z0-9_]{0,62}\Z")
_COMMON_KINDS = ("timeout", "connection")
_KINDS_HELP = "for example timeout, connection, 429, 5xx"
_NOWHERE = Span("", 1, 1, 1, 2)


def _read_error_kind(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int)) or not _ERROR_KIND.match(str(value)):
        raise problem("E144", "this is not a kind of error", help=_KINDS_HELP)
    word = str(value)
    if word.islower() and word not in _COMMON_KINDS:
        label = did_you_mean(word, _COMMON_KINDS)
        if label:
            raise problem("E144", f"there is no kind of error `{word}`", help=_KINDS_HELP, label=label)
    return word


ErrorKind = Annotated[
    str, Reader(_read_error_kind, {"type": ["string", "integer"], "examples": ["timeout", "connection", 429, "5xx"]})
]
ErrorKinds = Annotated[tuple[ErrorKind, ...], OneOrMany]


class Retry(SpecModel):
    """When and how a failed node is tried again. `false` switches it off; a number is short for `max_attempts`."""

    max_attempts: Annotated[int, Field(ge=1, le=100)] = Field(
        3, description="How often it is tried, the first included."
    )
    backoff: Literal["exponential", "linear", "constant"] = Field(
        default="exponential", description="How the pause grows."
    )
    delay: Duration = Field(default=0.2, description="The first pause; `0s` tries again at once.")
    max_delay: Duration = Field(default=5.0, description="The longest pause.")
    errors: ErrorKinds = Field(
        ("timeout", "connection", "429", "5xx"), description="Which errors are worth another try."
    )
    jitter: bool = Field(default=True, description="Whether the pause is a random part of its length.")


def _as_retry(value: Any) -> Any:
    if value is False:
        return {"max_attempts": 1}
    return {"max_attempts": value} if isinstance(value, int) and not isinstance(value, bool) else value


RetryShape = Annotated[
    Retry, short_or_long(_as_retry, model_schema("Retry"), {"const": False}, {"type": "integer", "minimum": 1})
]


class OnError(SpecModel):
    """What happens when a node fails for good: `fail`, a value in its place, or another node goes on."""

    default: Raw = Field(default=None, description="The output in place of the missing one.")
    goto: Text | None = Field(default=None, description="Id of the node that goes on.")

    @property
    def action(self) -> Literal["fail", "default", "goto"]:
        """Which of the three it is."""
        if self.goto is not None:
            return "goto"
        return "default" if "default" in self.model_fields_set else "fail"


def _as_on_error(value: Any) -> Any:
    if value == "fail":
        return {}
    if isinstance(value, LocatedMap) and len(value) == 1:
        return value
    unknown = isinstance(value, LocatedMap) and set(value) - {"default", "goto"}
    if unknown:
        return value
    raise problem(
        "E144", "`on_error` is `fail`, {default: value} or {goto: node}", help="for example on_error: {default: null}"
    )


class Cache(SpecModel):
    """The output is kept and used again."""

    ttl: Period = Field(description="How long it is kept.")
    key: Raw = Field(default=None, description="What it depends on, an expression; the node's settings when not given.")
    store: Literal["memory", "redis"] | None = Field(
        default=None,
        description="Where: in Redis when the secret REDIS_URL is declared and set, else in memory.",
    )
    max_entries: Annotated[int, Field(ge=1, le=10_000_000)] | None = Field(
        default=None, description="How many outputs of the node memory holds at most; 10,000 if not given."
    )
    errors: Period | None = Field(
        default=None, description="How long an error is kept in place of an output; not at all if not given."
    )


def _read_condition(value: Any) -> Any:
    if not isinstance(value, (str, bool)):
        raise problem(
            "E142", f"a condition is an expression, this is {kind_of(value)}", help='for example if: "{{ input.go }}"'
        )
    return value


class NoType(Located):
    """Stands for the type of a node whose type is missing or wrong, which has been reported."""


class NodeSpec(SpecModel):
    """One node: the keys that any node may carry; those of its type are in `with_` and `extra`."""

    id: Annotated[Located, WithJsonSchema({})] = Field(default=Located("", _NOWHERE), json_schema_extra={HIDDEN: True})
    type: SomeText = Field(description="What the node does.")
    description: Text | None = Field(default=None, description="What it is for; shown in the graph and in the code.")
    with_: RawMap | None = Field(default=None, alias="with", description="Settings of the node type.")
    if_: Annotated[Any, Reader(_read_condition, {"type": ["string", "boolean"]})] = Field(
        None, alias="if", description="The node is skipped unless this holds."
    )
    needs: Annotated[tuple[Text, ...], OneOrMany] = Field(
        default=(), description="Ids of nodes that must finish first."
    )
    timeout: Timeout | None = Field(default=None, description="Longest time for one try, or `none`.")
    retry: RetryShape | None = Field(default=None, description="When and how it is tried again.")
    on_error: Annotated[OnError, short_or_long(_as_on_error, {"const": "fail"}, model_schema("OnError"))] | None = (
        Field(default=None, description="fail, {default: value} or {goto: node}.")
    )
    cache: Cache | None = Field(default=None, description="Keep the output for a while.")
    output: FieldShape | None = Field(default=None, description="Type of the output.")
    extra: RawMap = Field(default=LocatedMap(_NOWHERE), json_schema_extra={HIDDEN: True})
    span: Annotated[Span, WithJsonSchema({})] = Field(default=_NOWHERE, json_schema_extra={HIDDEN: True})


COMMON_KEYS = tuple(
    field.alias or name
    for name, field in NodeSpec.model_fields.items()
    if not (isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get(HIDDEN))
)
"""Keys of a node that do not belong to its type."""


class Defaults(SpecModel):
    """What nodes do that say nothing themselves."""

    timeout: Timeout | None = Field(default=None, description="Longest time for one try of a node.")
    retry: RetryShape | None = Field(default=None, description="When and how failed nodes are tried again.")


class Cors(SpecModel):
    """Which web pages may call the service."""

    origins: Annotated[tuple[Text, ...], OneOrMany] = Field(description='Origins such as https://example.com, or "*".')
    methods: Annotated[tuple[Text, ...], OneOrMany] = Field(
        (), description="Methods; those of the routes if not given."
    )
    headers: Annotated[tuple[Text, ...], OneOrMany] = Field(default=(), description="Headers that a page may send.")


class ModelLimits(SpecModel):
    """What a provider of models allows; callers wait in the order in which they came."""

    concurrency: Annotated[int, Field(ge=1, le=10_000)] | None = Field(
        default=None, description="Most requests at the same time."
    )
    tokens_per_minute: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="Most tokens in a minute, those of questions and answers together."
    )


class FlowSettings(SpecModel):
    """How the service runs."""

    timeout: Timeout | None = Field(
        default=None, description="Longest time for a whole run, or `none`; 60s if not given."
    )
    concurrency: Annotated[int, Field(ge=1, le=100_000)] | None = Field(
        default=None, description="Most runs at the same time; 1000 if not given."
    )
    cors: Cors | None = Field(default=None, description="Which web pages may call the service.")
    max_body: Size | None = Field(default=None, description="Largest request body; 1MB if not given.")
    trace: bool = Field(default=False, description="Let `?trace=1` put timings into the answer.")
    docs: bool = Field(default=True, description="Serve /docs and /openapi.json.")
    fast_path: bool = Field(default=True, description="Answer hot routes past the framework's slow parts.")
    models: dict[Literal["anthropic", "openai", "groq", "azure"], ModelLimits] = Field(
        default_factory=dict, description="Limits of each provider of models; one process keeps to them."
    )
    durable: Raw = Field(default=None, json_schema_extra={HIDDEN: True})

    @field_validator("durable")
    @classmethod
    def _not_yet(cls, value: Any) -> Any:
        if value is False:
            return value
        raise problem("E249", "`durable` is not available yet", help="remove it; runs are kept in memory only")


class EnvVar(SpecModel):
    """An environment variable that the flow reads. Short form: just its default."""

    default: str | None = Field(default=None, description="Taken when the variable is not set.")
    description: Text | None = Field(default=None, description="Written into .env.example.")
    required: bool | None = Field(default=None, description="Whether it must be set; true unless there is a default.")

    @property
    def is_required(self) -> bool:
        """Whether the service refuses to start without it."""
        return self.required if self.required is not None else self.default is None


class SecretSpec(SpecModel):
    """A secret: read from the environment at start, never written anywhere."""

    description: Text | None = Field(default=None, description="Written into .env.example.")
    required: bool = Field(default=True, description="Whether the service refuses to start without it.")


def _as_env(value: Any) -> Any:
    """A list of names, or names with a default or a map, all become a map of maps."""
    if isinstance(value, list):
        return _names_as_map(value)
    if not isinstance(value, LocatedMap):
        return value
    return {name: _env_var(item) for name, item in value.items()}


def _env_var(item: Any) -> Any:
    if item is None:
        return {}
    if isinstance(item, bool):
        return {"default": "true" if item else "false"}
    return {"default": str(item)} if isinstance(item, (str, int, float)) else item


def _as_secrets(value: Any) -> Any:
    if isinstance(value, list):
        return _names_as_map(value)
    return value


def _as_secret(value: Any) -> Any:
    if value is None:
        return {}
    if not isinstance(value, dict):
        help_text = "write only the name; the service reads the value from its environment"
        raise problem("E142", "a secret has no value in the flow file", help=help_text)
    return value


def _names_as_map(value: list[Any]) -> dict[Any, Any]:
    names: dict[Any, Any] = {}
    for item in value:
        if isinstance(item, dict):
            names.update(item)
        elif isinstance(item, str):
            names[item] = {}
        else:
            raise problem("E142", f"a list of names is wanted, one of its items is {kind_of(item)}")
    return names


_NAMES = {"type": "array", "items": {"anyOf": [NAME_SCHEMA, {"type": "object", "propertyNames": NAME_SCHEMA}]}}


def _map_of(*forms: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "propertyNames": NAME_SCHEMA, "additionalProperties": {"anyOf": list(forms)}}


SecretShape = Annotated[SecretSpec, short_or_long(_as_secret, {"type": "null"}, model_schema("SecretSpec"))]
EnvMap = Annotated[
    dict[Name, EnvVar],
    short_or_long(_as_env, _NAMES, _map_of({"type": ["string", "number", "boolean", "null"]}, model_schema("EnvVar"))),
]
SecretMap = Annotated[
    dict[Name, SecretShape], short_or_long(_as_secrets, _NAMES, _map_of({"type": "null"}, model_schema("SecretSpec")))
]


class Shared(SpecModel):
    """What a flow and a project have in common."""

    description: Text | None = Field(default=None, description="What it is for; shown in the API's documentation.")
    types: FieldMap = Field(default={}, description="Named types: name to fields.")
    vars: RawMap = Field(default=LocatedMap(_NOWHERE), description="Constants, read as `vars.<name>`.")
    env: EnvMap = Field(default={}, description="Environment variables that are read, with defaults.")
    secrets: SecretMap = Field(default={}, description="Names of secrets, read from the environment at start.")
    requirements: Requirements = Field(
        default=(), description="Packages that the flow's own Python needs, as pip writes them: `numpy>=2,<3`."
    )
    defaults: Defaults = Field(default=Defaults(), description="Timeout and retry of nodes that set none.")
    settings: FlowSettings = Field(default=FlowSettings(), description="How the service runs.")


def _read_version(value: Any) -> int:
    if value == 1 and not isinstance(value, bool):
        return 1
    if value == "1":
        raise problem("E146", "the version of the format is a number, this is text", help="write `catalyst: 1`")
    raise problem(
        "E146", f"this version of Catalyst reads format 1, not `{str(value)[:20]}`", help="write `catalyst: 1`"
    )


Version = Annotated[int, Reader(_read_version, {"const": 1})]


def nodes_with_ids(value: Any) -> Any:
    """Give each node its id and gather the keys of its type in `extra`."""
    if not isinstance(value, LocatedMap):
        return value
    return {key: _with_id(key, item, value) for key, item in value.items()}


def _with_id(key: str, node: Any, nodes: LocatedMap) -> Any:
    if not isinstance(node, LocatedMap):
        return node
    span = nodes.value_spans.get(key, node.span)
    located = key if isinstance(key, Located) else Located(key, span)
    owned = {name for name in node if name not in COMMON_KEYS}
    if "output" in node and holds_expression(node["output"]):
        owned.add("output")
    prepared: dict[str, Any] = {name: item for name, item in node.items() if name not in owned}
    # `if: null` and the like are keys without a value: as if they were not there.
    prepared = {name: item for name, item in prepared.items() if item is not None or name in ("type", "default")}
    return {**prepared, "id": located, "span": span, "extra": node.without(*(set(node) - owned))}


def holds_expression(value: Any) -> bool:
    """Whether a raw value has an expression anywhere in it."""
    if isinstance(value, str):
        return "{{" in value
    if isinstance(value, dict):
        return any(holds_expression(item) for item in value.values())
    return isinstance(value, list) and any(holds_expression(item) for item in value)


NodeMap = Annotated[dict[Name, NodeSpec], short_or_long(nodes_with_ids, model_schema("Nodes"))]


class Body(SpecModel):
    """The nodes inside a node."""

    nodes: NodeMap


class Flow(Shared):
    """One workflow."""

    catalyst: Version = Field(description="Version of the format.")
    name: FlowName | None = Field(default=None, description="Names the module, the route and the OpenAPI operation.")
    triggers: Annotated[tuple[TriggerShape, ...], AsTuple] = Field(
        (), description="What starts a run; HTTP if not given."
    )
    input: dict[Name, InputShape] = Field(default={}, description="Name to field.")
    nodes: NodeMap = Field(description="Id to node.")
    output: (
        Annotated[OutputSpec, short_or_long(as_output_spec, _map_of(model_schema("OutputField"), {}), {})] | None
    ) = Field(
        None, description="Name to expression, or name to {type, value, stream}; the last node's output if not given."
    )
    visual: Raw = Field(default=None, json_schema_extra={HIDDEN: True})
    """What the visual editor keeps here (positions and the like); never compiled."""


class McpProgram(SpecModel):
    """A program of this machine that serves tools to agents."""

    command: Annotated[tuple[SomeText, ...], Field(min_length=1), AsTuple] = Field(
        description="The program and its arguments, each by itself; no shell reads them."
    )
    env: Annotated[tuple[Name, ...], AsTuple] = Field(
        default=(), description="Environment variables that it gets beside the ordinary ones."
    )


class ProjectFile(Shared):
    """`catalyst.yaml`: what the flows of a folder share."""

    catalyst: Version = Field(default=1, description="Version of the format.")
    name: FlowName | None = Field(default=None, description="Names the project.")
    mcp: dict[Name, McpProgram] = Field(
        default={}, description="Programs that serve tools by stdio, for agents to name; no flow can start another one."
    )
