"""`llm`: ask a language model; the output is its text with usage, or a typed value when `output` names a type."""

from typing import Annotated, Any

from pydantic import Field

from catalyst.expressions.sinks import Sink
from catalyst.expressions.types import ANY, Type
from catalyst.nodes.base import NodeType, Scribe, Site
from catalyst.nodes.memory import memory_of
from catalyst.nodes.models import (
    COMPLETION,
    Model,
    call_of,
    check_models,
    model_of,
    others_of,
)
from catalyst.nodes.settings import Expr, Params, Slot
from catalyst.nodes.talk import Talk, check_talk, messages_of, told_of


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


class LlmParams(Talk):
    """Settings of `llm`."""

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


def output(params: LlmParams, site: Site) -> Type:
    """The named type, or a completion."""
    if params.output is not None:
        return site.type_named(params.output, "output")
    return site.declared if site.declared is not None else COMPLETION


def check(params: LlmParams, site: Site) -> None:
    """The models must be able to do what they are told, and files must be files."""
    check_models(params, site, *_routes(params))
    check_talk(params, site)


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
    arguments = told_of(params, scribe)
    if isinstance(params.route, ByModel):
        arguments.append(f"route={_by_model(params.route, scribe)}")
    if typed and params.max_repairs != 2:
        arguments.append(f"max_repairs={params.max_repairs}")
    if params.stream:
        arguments.append("stream=True")
    models = [_by_rules(params, scribe), *others_of(params, scribe)]
    memory = memory_of(params.memory, models, scribe) if params.memory is not None else ""
    call_of(scribe, models, messages_of(params, scribe), arguments, typed=typed, memory=memory)


def _by_rules(params: LlmParams, scribe: Scribe) -> str:
    """The node's own model, or that of the first rule that holds."""
    rules = params.route if isinstance(params.route, list) else []
    chosen = [f"{model_of(rule, scribe)} if {scribe.expr(rule.when)} else " for rule in rules]
    return f"{''.join(chosen)}{model_of(params, scribe)}"


def _by_model(route: ByModel, scribe: Scribe) -> str:
    choices = [f"{name!r}: ({choice.about!r}, {model_of(choice, scribe)})" for name, choice in route.choices.items()]
    return f"{scribe.use('llm_route', 'ByModel')}({model_of(route.ask, scribe)}, {{{', '.join(choices)}}})"


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
    with: {provider: openai, model: gpt-5.4-mini, system: Be brief., prompt: "{{ input.question }}", stream: true}
output:
  text: {type: string, value: "{{ nodes.answer.output.text }}", stream: true}
""",
    example_input={"question": "What is a compiler?"},
)
