"""What node types that ask a language model have in common: which model, what it is told, and how that is written."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, Protocol

from pydantic import Field

from catalyst.expressions.sinks import Sink
from catalyst.expressions.types import (
    ANY,
    FLOAT,
    INT,
    NUMBER,
    STR,
    AnyType,
    BytesType,
    FieldType,
    FileType,
    ListType,
    NullableType,
    ObjectType,
    StrType,
    Type,
    UnionType,
    describe,
    nullable,
)
from catalyst.nodes.base import Scribe, Site
from catalyst.nodes.model_facts import check_facts
from catalyst.nodes.settings import Expr, Params, Slot
from catalyst.pysource.source import after_text, to_source
from catalyst.spec.model import ErrorKinds

Provider = Literal["anthropic", "openai", "groq", "azure"]
Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
CacheTime = Literal["5m", "1h"]

USAGE = ObjectType(
    (
        ("input_tokens", FieldType(INT)),
        ("output_tokens", FieldType(INT)),
        ("cache_read_tokens", FieldType(INT)),
        ("cache_write_tokens", FieldType(INT)),
        ("cost", FieldType(nullable(FLOAT))),
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

FALLBACK_ERRORS = ("timeout", "connection", "http", "auth", "refused", "invalid_output")
"""Errors of one model that another one may not have; as in the runtime."""


class Reasoning(Params):
    """How much a model shall think before it answers; what it takes differs from model to model."""

    effort: Effort | None = Field(default=None, description="How much effort it shall make.")
    budget_tokens: Annotated[int, Field(ge=1024)] | None = Field(
        default=None, description="The most tokens it may think (anthropic; without it the model decides by itself)."
    )


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
    reasoning: Reasoning | None = Field(default=None, description="How much it shall think before it answers.")


class Fallback(Model):
    """A model that is asked when the one before it failed."""

    errors: ErrorKinds = Field(
        default=FALLBACK_ERRORS,
        description="After which errors it is asked, such as timeout, connection, http, auth, refused, invalid_output, "
        "429, 5xx; all of them when not given.",
    )


class Asking(Model):
    """Settings of every node type that asks a model."""

    fallback: list[Fallback] = Field(
        default_factory=list, description="Models to ask, in order, when this one fails before its first token."
    )


Files = list[Annotated[Expr, Slot(ANY)]]
"""Settings that name files for a model."""


def models_in(settings: object) -> Iterator[Model]:
    """Every model that a node's settings name."""
    if isinstance(settings, Model):
        yield settings
    if isinstance(settings, Params):
        for name in type(settings).model_fields:
            yield from models_in(getattr(settings, name))
    elif isinstance(settings, Mapping):
        for item in settings.values():
            yield from models_in(item)
    elif isinstance(settings, (list, tuple)):
        for item in settings:
            yield from models_in(item)


def check_models(params: Asking, site: Site, *others: tuple[Model, tuple[str | int, ...]], tools: bool = False) -> None:
    """Each provider's key must be a declared secret, unless the node names another; a provider must know what it is
    told. `others` are models that stand elsewhere among the settings, each with its place; `tools` are for all."""
    models: list[tuple[Model, tuple[str | int, ...]]] = [(params, ())]
    models += [(model, ("fallback", number)) for number, model in enumerate(params.fallback)]
    for model, place in (*models, *others):
        if model.api_key is None and model.base_url is None:
            site.need_secret(KEYS[model.provider], *place, "provider")
        if model.reasoning is not None:
            _check_reasoning(model, model.reasoning, site, place)
        check_facts(model, site, place, tools=tools)


def _check_reasoning(model: Model, reasoning: Reasoning, site: Site, place: tuple[str | int, ...]) -> None:
    if model.provider != "anthropic":
        if reasoning.budget_tokens is not None:
            message = f"`{model.provider}` takes no number of tokens to think"
            span = site.span_of(*place, "reasoning", "budget_tokens")
            site.found.error("E426", message, span, help="write effort: low, medium or high")
        return
    if reasoning.effort in ("none", "minimal"):
        message = f"`anthropic` knows no effort `{reasoning.effort}`"
        span = site.span_of(*place, "reasoning", "effort")
        site.found.error("E426", message, span, help="write low, medium, high or max, or leave `reasoning` out")
    if model.temperature is not None:
        message = "a model of `anthropic` that thinks takes no temperature"
        span = site.span_of(*place, "temperature")
        site.found.error("E426", message, span, help="leave out `temperature` or `reasoning`")
    limit, budget = model.max_tokens, reasoning.budget_tokens
    if limit is not None and limit.is_constant and budget is not None and budget >= limit.constant:
        message = f"thinking takes up to {budget} of the {limit.constant} tokens that the answer may have"
        span = site.span_of(*place, "reasoning", "budget_tokens")
        site.found.error("E426", message, span, help="give it fewer, or raise `max_tokens` well above")


def check_files(files: Files, site: Site, *place: str | int) -> None:
    """A file is an upload, bytes, an address, or a map that says so; or a list of those."""
    for number, file in enumerate(files):
        given = site.type_of(file)
        if not _may_be_file(given):
            message = f"a file for a model cannot be {describe(given)}"
            wish = "give an upload (type: file), bytes, an address (https: or data:), or {data, media_type}"
            site.found.error("E427", message, site.span_of(*place, "files", number), help=wish)


def _may_be_file(type_: Type) -> bool:
    match type_:
        case ListType(item) | NullableType(item):
            return _may_be_file(item)
        case UnionType(members):
            return any(map(_may_be_file, members))
        case _:
            return isinstance(type_, AnyType | StrType | BytesType | FileType | ObjectType)


def others_of(params: Asking, scribe: Scribe) -> list[str]:
    """The models that are asked when the first one fails."""
    return [model_of(model, scribe, model.errors) for model in params.fallback]


def model_of(model: Model, scribe: Scribe, errors: tuple[str, ...] = FALLBACK_ERRORS) -> str:
    """A model as Python."""
    arguments = place_of(model, scribe)
    for name in ("temperature", "max_tokens"):
        value: Expr | None = getattr(model, name)
        if value is not None:
            arguments.append(f"{name}={scribe.expr(value)}")
    if model.reasoning is not None and model.reasoning.effort is not None:
        arguments.append(f"effort={model.reasoning.effort!r}")
    if model.reasoning is not None and model.reasoning.budget_tokens is not None:
        arguments.append(f"thinking_tokens={model.reasoning.budget_tokens}")
    if limits := _limits(model.provider, scribe):
        arguments.append(f"limits={limits}")
    if errors != FALLBACK_ERRORS:
        arguments.append(f"errors={errors!r}")
    return f"{scribe.use(MODULES[model.provider], CLASSES[model.provider])}({', '.join(arguments)})"


class Place(Protocol):
    """What settings say of a model's place."""

    @property
    def provider(self) -> Provider:
        """Whose API."""

    @property
    def model(self) -> Expr:
        """The model's name."""

    @property
    def base_url(self) -> Expr | None:
        """Another address."""

    @property
    def api_key(self) -> Expr | None:
        """The key."""


def place_of(model: Place, scribe: Scribe) -> list[str]:
    """Name, key and address of a model as arguments."""
    arguments = [scribe.expr(model.model)]
    key = scribe.expr(model.api_key) if model.api_key is not None else scribe.secret(KEYS[model.provider])
    if key is not None:  # a service of one's own (`base_url`) may need none
        arguments.append(f"api_key={key}")
    if model.base_url is not None:
        arguments.append(f"base_url={scribe.expr(model.base_url)}")
    else:
        scribe.reads_address(ADDRESSES[model.provider], needed=model.provider == "azure")
    return arguments


def _limits(provider: str, scribe: Scribe) -> str:
    at_once, per_minute = scribe.model_limits(provider)
    given = [f"concurrency={at_once}"] if at_once is not None else []
    given += [f"tokens_per_minute={per_minute}"] if per_minute is not None else []
    return f"{scribe.use('llm_limits', 'Limits')}({', '.join(given)})" if given else ""


def content_of(text: str, files: Files, scribe: Scribe) -> str:
    """What is said, with its files, as Python."""
    if not files:
        return text
    return f"{scribe.use('llm_turns', 'with_files')}({text}, [{', '.join(map(scribe.expr, files))}])"


def system_text(task: str, instructions: Expr | None, scribe: Scribe) -> str:
    """What a model is told to do, and what the author adds, as Python."""
    if instructions is None:
        return to_source(ast.Constant(task))
    return to_source(after_text(f"{task}\n\n", scribe.text_tree(instructions)))


def call_of(
    scribe: Scribe, models: list[str], messages: str, arguments: list[str], *, typed: bool, memory: str = ""
) -> None:
    """Write the one call of the runtime that asks the models, in this order, and gives the answer.

    `memory` is the conversation that it goes on with, as Python.
    """
    scribe.pool("llm", "LLM")
    asked = ["ctx", repr(scribe.node_id), f"[{', '.join(models)}]"]
    given = list(arguments)
    if typed:
        given.append(f"output={scribe.adapter(scribe.output)}")
    if scribe.time_limit is not None:
        given.append(f"timeout={scribe.time_limit!r}")
    helper = scribe.use("llm_typed", "complete_as") if typed else scribe.use("llm", "complete")
    if not memory:
        scribe.body.line(f"return await {helper}({', '.join([*asked, f'messages={messages}', *given])})")
        return
    ask = f"{scribe.use_package('functools', 'partial')}({', '.join([helper, *asked, *given])})"
    remembered = scribe.use("memory_llm", "remembered_as" if typed else "remembered")
    adapter = [scribe.adapter(scribe.output)] if typed else []
    scribe.body.line(f"return await {remembered}({', '.join([memory, messages, ask, *adapter])})")


class Reading(Asking):
    """Settings of the node types that have a model read a text."""

    text: Annotated[Expr, Slot(ANY, Sink.PROMPT)] = Field(description="The text to read; a value is read as JSON.")
    files: Files = Field(default_factory=list, description="Images and documents to read with it, as those of `llm`.")
    instructions: Annotated[Expr, Slot(ANY, Sink.SYSTEM)] | None = Field(
        default=None, description="What else the model has to know, for example what to look for."
    )


def check_reading(params: Reading, site: Site) -> None:
    """As `llm`."""
    check_models(params, site)
    check_files(params.files, site)


def read_with(params: Reading, task: str, arguments: list[str], scribe: Scribe, *, typed: bool) -> None:
    """Write the one call of the runtime that gives the models a task and the text."""
    content = content_of(scribe.text(params.text), params.files, scribe)
    system = f"system={system_text(task, params.instructions, scribe)}"
    models = [model_of(params, scribe), *others_of(params, scribe)]
    call_of(scribe, models, f"[{{'role': 'user', 'content': {content}}}]", [system, *arguments], typed=typed)
