"""`llm`: ask a language model; the output is its text with usage, or a typed value when `output` names a type."""

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from catalyst.expressions.sinks import Sink
from catalyst.expressions.types import ANY, INT, NUMBER, STR, FieldType, ListType, ObjectType, Type
from catalyst.nodes.base import NodeType, Scribe, Site
from catalyst.nodes.settings import Expr, Params, Slot
from catalyst.spec.fields import exactly_one

Provider = Literal["anthropic", "openai", "groq", "azure"]

USAGE = ObjectType(
    (
        ("input_tokens", FieldType(INT)),
        ("output_tokens", FieldType(INT)),
        ("cache_read_tokens", FieldType(INT)),
        ("cache_write_tokens", FieldType(INT)),
    ),
    "llm_answers.Usage",
)
COMPLETION = ObjectType(
    (
        ("text", FieldType(STR)),
        ("usage", FieldType(USAGE)),
        ("model", FieldType(STR)),
        ("finish_reason", FieldType(STR)),
    ),
    "llm_answers.Completion",
)

KEYS: dict[str, str] = {
    "anthropic": "ANTHROPIC_API_KEY",
    "openai": "OPENAI_API_KEY",
    "groq": "GROQ_API_KEY",
    "azure": "AZURE_OPENAI_API_KEY",
}
"""The secret that holds each provider's key, by the name its own SDK looks for."""

MODULES: dict[str, str] = {
    "anthropic": "llm_anthropic",
    "openai": "llm_openai",
    "groq": "llm_openai",
    "azure": "llm_openai",
}

ADDRESSES: dict[str, str] = {
    "anthropic": "ANTHROPIC_BASE_URL",
    "openai": "OPENAI_BASE_URL",
    "groq": "GROQ_BASE_URL",
    "azure": "AZURE_OPENAI_ENDPOINT",
}

CLASSES: dict[str, str] = {"anthropic": "Anthropic", "openai": "OpenAI", "groq": "Groq", "azure": "AzureOpenAI"}


class Model(Params):
    """Which model to ask, and where."""

    provider: Provider = Field(description="Whose API; any OpenAI-compatible service is `openai` with a `base_url`.")
    model: Annotated[Expr, Slot(STR)] = Field(description="The model's name (for azure: the deployment).")
    base_url: Annotated[Expr, Slot(STR, Sink.URL)] | None = Field(
        default=None, description="Another address of the API."
    )
    api_key: Annotated[Expr, Slot(STR, Sink.AUTH)] | None = Field(
        default=None, description="The key; by default the provider's own secret, such as ANTHROPIC_API_KEY."
    )
    temperature: Annotated[Expr, Slot(NUMBER)] | None = Field(
        default=None, description="How freely the model chooses, 0 to 2."
    )
    max_tokens: Annotated[Expr, Slot(INT)] | None = Field(
        default=None, description="The most tokens it may answer with (4096 where the provider insists on a number)."
    )


class Message(Params):
    """One message of a conversation."""

    role: Literal["user", "assistant"] = Field(description="Who says it.")
    content: Annotated[Expr, Slot(ANY, Sink.PROMPT)] = Field(description="What is said.")


class LlmParams(Model):
    """Settings of `llm`."""

    model_config = ConfigDict(json_schema_extra=exactly_one("prompt", "messages"))

    system: Annotated[Expr, Slot(ANY, Sink.SYSTEM)] | None = Field(
        default=None, description="What the model is told before the conversation."
    )
    prompt: Annotated[Expr, Slot(ANY, Sink.PROMPT)] | None = Field(
        default=None, description="The question; short for one message of the user."
    )
    messages: list[Message] | Annotated[Expr, Slot(ListType(ANY), Sink.PROMPT, computed=True)] | None = Field(
        default=None,
        description="The conversation so far: a list of {role, content}, or an expression that gives one.",
    )
    stream: bool = Field(
        default=False, description="Send the text as it comes to whoever streams the run; a typed answer never streams."
    )
    output: str | dict[str, Any] | None = Field(
        default=None,
        description="The type of the answer: the model is made to give it, and asked again when it does not.",
    )
    max_repairs: Annotated[int, Field(ge=0, le=5)] = Field(
        default=2, description="How often to ask again when the answer is not of the type."
    )
    fallback: list[Model] = Field(
        default_factory=list, description="Models to ask, in order, when this one fails before its first token."
    )

    @model_validator(mode="after")
    def something_to_say(self) -> Self:
        """Exactly one of `prompt` and `messages`."""
        if (self.prompt is None) == (self.messages is None):
            raise PydanticCustomError("one_of", "give either `prompt` or `messages`")
        return self


def output(params: LlmParams, site: Site) -> Type:
    """The named type, or a completion."""
    if params.output is not None:
        return site.type_named(params.output, "output")
    return site.declared if site.declared is not None else COMPLETION


def check(params: LlmParams, site: Site) -> None:
    """Each provider's key must be a declared secret, unless the node names another. A typed answer does not stream."""
    if params.stream and (params.output is not None or site.declared not in (None, COMPLETION)):
        message = "a typed answer comes as a whole: it is checked before anybody sees it"
        wish = "take `stream` away, or leave out `output` and stream the text"
        site.found.warning("W207", message, site.span_of("stream"), help=wish)
    for number, model in enumerate((params, *params.fallback)):
        path: tuple[str | int, ...] = ("provider",) if number == 0 else ("fallback", number - 1, "provider")
        if model.api_key is None and model.base_url is None:
            site.need_secret(KEYS[model.provider], *path)


def emit(params: LlmParams, scribe: Scribe) -> None:
    """One call of the runtime: whom to ask, what, and how to read the answer."""
    scribe.pool("llm", "LLM")
    typed = scribe.output != COMPLETION
    models = [_model(model, scribe) for model in (params, *params.fallback)]
    arguments = ["ctx", repr(scribe.node_id), f"[{', '.join(models)}]", f"messages={_messages(params, scribe)}"]
    if params.system is not None:
        arguments.append(f"system={scribe.text(params.system)}")
    if typed:
        arguments.append(f"output={scribe.adapter(scribe.output)}")
        if params.max_repairs != 2:
            arguments.append(f"max_repairs={params.max_repairs}")
    elif params.stream:
        arguments.append("stream=True")
    if scribe.time_limit is not None:
        arguments.append(f"timeout={scribe.time_limit!r}")
    helper = scribe.use("llm_typed", "complete_as") if typed else scribe.use("llm", "complete")
    scribe.body.line(f"return await {helper}({', '.join(arguments)})")


def _model(model: Model, scribe: Scribe) -> str:
    provider = scribe.use(MODULES[model.provider], CLASSES[model.provider])
    arguments = [scribe.expr(model.model)]
    key = scribe.expr(model.api_key) if model.api_key is not None else scribe.secret(KEYS[model.provider])
    if key is not None:  # a service of one's own (`base_url`) may need none
        arguments.append(f"api_key={key}")
    if model.base_url is None:
        scribe.reads_address(ADDRESSES[model.provider], needed=model.provider == "azure")
    for name in ("base_url", "temperature", "max_tokens"):
        value: Expr | None = getattr(model, name)
        if value is not None:
            arguments.append(f"{name}={scribe.expr(value)}")
    return f"{provider}({', '.join(arguments)})"


def _messages(params: LlmParams, scribe: Scribe) -> str:
    if params.prompt is not None:
        return "[" + _message("user", params.prompt, scribe) + "]"
    if isinstance(params.messages, list):
        return "[" + ", ".join(_message(each.role, each.content, scribe) for each in params.messages) + "]"
    assert params.messages is not None
    return f"{scribe.use('llm_turns', 'checked_messages')}({scribe.expr(params.messages)})"


def _message(role: str, content: Expr, scribe: Scribe) -> str:
    return f"{{'role': {role!r}, 'content': {scribe.text(content)}}}"


NODE = NodeType(
    kind="call",
    params=LlmParams,
    beside=frozenset({"fallback"}),
    output=output,
    check=check,
    emit=emit,
    default_timeout=120.0,
    safe_to_repeat=lambda params: True,
    own_timeout=True,
    streams=lambda params: params.stream and params.output is None,
    example="""\
catalyst: 1
name: llm_example
input: {question: string}
secrets: [OPENAI_API_KEY]
nodes:
  answer:
    type: llm
    with: {provider: openai, model: gpt-4o-mini, system: Be brief., prompt: "{{ input.question }}", stream: true}
output:
  text: {type: string, value: "{{ nodes.answer.output.text }}", stream: true}
""",
    example_input={"question": "What is a compiler?"},
)
