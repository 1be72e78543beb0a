"""Chooses the model that answers by asking a cheap one how to sort the question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from .failures import as_failure
from .llm import Context, Model, OnToken, answer_of, first_answer, request_of
from .llm_turns import Message, OutputSchema
from .run_log import log_event

_SORT = (
    "You sort requests; you never answer them. Say which of these choices suits the conversation best, and nothing "
    "else:\n"
)
OTHERWISE = "other"


@dataclass(frozen=True, slots=True)
class ByModel:
    """`by` names one of `choices`, which have a description, for it to read, and a model each."""

    by: Model
    choices: Mapping[str, tuple[str, Model]]

    async def choose(self, ctx: Context, node: str, messages: Sequence[Message], limit: float | None) -> Model | None:
        """The model of the choice that suits; None when none does, or when `by` fails."""
        lines = "\n".join(f"- {name}: {about}" for name, (about, _) in self.choices.items())
        system = f"{_SORT}{lines}\n- {OTHERWISE}: anything else"
        request = request_of(messages, {"system": system}, output=_schema([*self.choices, OTHERWISE]))

        async def ask(model: Model, on_token: OnToken | None) -> str:
            return _choice((await answer_of(ctx, node, model, request)).text)

        try:
            name = await first_answer(ctx, node, [self.by], ask, {"timeout": limit})
        except Exception as error:
            log_event(ctx, "warning", node, "the model that routes failed", kind=as_failure(error).kind)
            return None
        log_event(ctx, "info", node, "model chosen", choice=name)
        return self.choices[name][1] if name in self.choices else None


def _schema(names: Sequence[str]) -> OutputSchema:
    schema = {
        "type": "object",
        "properties": {"choice": {"type": "string", "enum": list(names)}},
        "required": ["choice"],
        "additionalProperties": False,
    }
    return OutputSchema("choice", schema, closed=True)


def _choice(text: str) -> str:
    """What the answer names; a model that was not made to keep to the schema counts as undecided."""
    try:
        match orjson.loads(text):
            case {"choice": str(name)}:
                return name
    except orjson.JSONDecodeError:
        return OTHERWISE
    return OTHERWISE
