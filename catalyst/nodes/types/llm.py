"""`llm`: ask a language model; the output is its text with usage, or a typed value when `output` names a type."""

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from catalyst.expressions.sinks import Sink
from catalyst.expressions.types import ANY, ListType, Type
from catalyst.nodes.base import NodeType, Scribe, Site
from catalyst.nodes.models import (
    COMPLETION,
    Asking,
    CacheTime,
    Files,
    Model,
    call_of,
    check_files,
    check_models,
    content_of,
    model_of,
    others_of,
)
from catalyst.nodes.settings import Expr, Params, Slot
from catalyst.spec.fields import exactly_one


class Message(Params):
    """One message of a conversation."""

    role: Literal["user", "assistant"] = Field(description="Who says it.")
    content: Annotated[Expr, Slot(ANY, Sink.PROMPT)] = Field(description="What is said.")
    files: Files = Field(default_factory=list, description="Images and documents that belong to it, as under `files`.")
    cache: bool = Field(
        default=False, description="Keep everything up to here at the provider (anthropic), as `prompt_cache` says."
    )


class Rule(Model):
    """A model for some of the questions."""

    when: Annotated[Expr, Slot(ANY, Sink.CONDITION)] = Field(description="When this model is asked.")


class Choice(Model):
    """A model for questions of one kind."""

    about: str = Field(min_length=1, description="What these questions are like, for the model that sorts them.")


class ByModel(Params):
    """A cheap model sorts the questions."""

    ask: Model = Field(description="The model that sorts; it sees the conversation and answers with one word.")
    choices: Annotated[dict[str, Choice], Field(min_length=1)] = Field(
        description="The kinds of questions, each with its model. For any other the node's own model is asked."
    )


class LlmParams(Asking):
    """Settings of `llm`."""

    model_config = ConfigDict(json_schema_extra=exactly_one("prompt", "messages"))

    system: Annotated[Expr, Slot(ANY, Sink.SYSTEM)] | None = Field(
        default=None, description="What the model is told before the conversation."
    )
    prompt: Annotated[Expr, Slot(ANY, Sink.PROMPT)] | None = Field(
        default=None, description="The question; short for one message of the user."
    )
    files: Files = Field(
        default_factory=list,
        description="Images, PDF and text that belong to `prompt`: uploads (`type: file`), bytes, addresses (`https:`, "
        "which the provider fetches, or `data:`), maps {data or url, media_type, name}, or lists of these.",
    )
    messages: list[Message] | Annotated[Expr, Slot(ListType(ANY), Sink.PROMPT, computed=True)] | None = Field(
        default=None,
        description="The conversation so far: a list of {role, content}, or an expression that gives one. The content "
        "of a computed message is text or a list of {type: text, text} and {type: image or file, url or data}.",
    )
    prompt_cache: CacheTime | None = Field(
        default=None,
        description="Keep tools and `system` at the provider for so long, and read them from there next time "
        "(anthropic; the others do so by themselves).",
    )
    stream: bool = Field(
        default=False,
        description="Send the text as it comes to whoever streams the run; of a typed answer, what there is of it.",
    )
    output: str | dict[str, Any] | None = Field(
        default=None,
        description="The type of the answer: the model is made to give it, and asked again when it does not.",
    )
    max_repairs: Annotated[int, Field(ge=0, le=5)] = Field(
        default=2, description="How often to ask again when the answer is not of the type."
    )
    route: list[Rule] | ByModel | None = Field(
        default=None,
        description="Which model to ask first instead: the first of a list whose `when` holds, or the one that a cheap "
        "model chooses. The node's own model is asked when none does.",
    )

    @model_validator(mode="after")
    def something_to_say(self) -> Self:
        """Exactly one of `prompt` and `messages`; files belong to `prompt`."""
        if (self.prompt is None) == (self.messages is None):
            raise PydanticCustomError("one_of", "give either `prompt` or `messages`")
        if self.files and self.prompt is None:
            raise PydanticCustomError("one_of", "`files` belong to `prompt`; a message has `files` of its own")
        return self


def output(params: LlmParams, site: Site) -> Type:
    """The named type, or a completion."""
    if params.output is not None:
        return site.type_named(params.output, "output")
    return site.declared if site.declared is not None else COMPLETION


def check(params: LlmParams, site: Site) -> None:
    """The models must be able to do what they are told, and files must be files."""
    check_models(params, site, *_routes(params))
    check_files(params.files, site)
    for number, message in enumerate(params.messages if isinstance(params.messages, list) else ()):
        check_files(message.files, site, "messages", number)


def _routes(params: LlmParams) -> list[tuple[Model, tuple[str | int, ...]]]:
    """The models that `route` names, with their places."""
    if isinstance(params.route, ByModel):
        choices = params.route.choices.items()
        return [
            (params.route.ask, ("route", "ask")),
            *((choice, ("route", "choices", name)) for name, choice in choices),
        ]
    return [(rule, ("route", number)) for number, rule in enumerate(params.route or ())]


def emit(params: LlmParams, scribe: Scribe) -> None:
    """One call of the runtime: whom to ask, what, and how to read the answer."""
    typed = scribe.output != COMPLETION
    arguments = []
    if params.system is not None:
        arguments.append(f"system={scribe.text(params.system)}")
    if params.prompt_cache is not None:
        arguments.append(f"cache_system={params.prompt_cache!r}")
    if isinstance(params.route, ByModel):
        arguments.append(f"route={_by_model(params.route, scribe)}")
    if typed and params.max_repairs != 2:
        arguments.append(f"max_repairs={params.max_repairs}")
    if params.stream:
        arguments.append("stream=True")
    first = _by_rules(params, scribe)
    call_of(scribe, [first, *others_of(params, scribe)], _messages(params, scribe), arguments, typed=typed)


def _by_rules(params: LlmParams, scribe: Scribe) -> str:
    """The node's own model, or that of the first rule that holds."""
    rules = params.route if isinstance(params.route, list) else []
    chosen = [f"{model_of(rule, scribe)} if {scribe.expr(rule.when)} else " for rule in rules]
    return f"{''.join(chosen)}{model_of(params, scribe)}"


def _by_model(route: ByModel, scribe: Scribe) -> str:
    choices = [f"{name!r}: ({choice.about!r}, {model_of(choice, scribe)})" for name, choice in route.choices.items()]
    return f"{scribe.use('llm_route', 'ByModel')}({model_of(route.ask, scribe)}, {{{', '.join(choices)}}})"


def _messages(params: LlmParams, scribe: Scribe) -> str:
    if params.prompt is not None:
        return "[" + _message("user", content_of(scribe.text(params.prompt), params.files, scribe)) + "]"
    if isinstance(params.messages, list):
        marked = f", 'cache': {params.prompt_cache or '5m'!r}"
        each = [
            _message(said.role, content_of(scribe.text(said.content), said.files, scribe), marked if said.cache else "")
            for said in params.messages
        ]
        return f"[{', '.join(each)}]"
    assert params.messages is not None
    return f"{scribe.use('llm_turns', 'checked_messages')}({scribe.expr(params.messages)})"


def _message(role: str, content: str, more: str = "") -> str:
    return f"{{'role': {role!r}, 'content': {content}{more}}}"


NODE = NodeType(
    kind="call",
    params=LlmParams,
    beside=frozenset({"fallback", "route"}),
    output=output,
    check=check,
    emit=emit,
    default_timeout=120.0,
    safe_to_repeat=lambda params: True,
    own_timeout=True,
    streams=lambda params: params.stream,
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
