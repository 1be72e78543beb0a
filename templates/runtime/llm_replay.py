"""Shows whoever watches a run a model's answer that was kept from another run, as if it were given now."""

from .llm import Context
from .llm_answers import Completion


def replay_text(ctx: Context, node: str, output: Completion) -> None:
    """The text of an answer, in one piece."""
    if ctx.events is not None:
        ctx.events.token(node, output["text"])


def replay_value(ctx: Context, node: str, output: object) -> None:
    """A typed answer, whole at once."""
    if ctx.events is not None:
        ctx.events.growing(node, output)
