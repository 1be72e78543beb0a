"""Models that remember: an answer with what was said in the session before it, and kept for what is said next."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from pydantic import TypeAdapter

from .llm_answers import Completion
from .llm_turns import Message
from .memory import Conversation

T = TypeVar("T")


async def remembered(
    conversation: Conversation, messages: Sequence[Message], ask: Callable[..., Awaitable[Completion]]
) -> Completion:
    """The answer of `ask` to what was said before and the new `messages`."""
    answer = await ask(messages=[*conversation.words, *messages])
    await conversation.keep([*messages, {"role": "assistant", "content": answer["text"]}])
    return answer


async def remembered_as(
    conversation: Conversation,
    messages: Sequence[Message],
    ask: Callable[..., Awaitable[T]],
    adapter: TypeAdapter[T],
) -> T:
    """The same for a typed answer, which is kept as JSON."""
    answer = await ask(messages=[*conversation.words, *messages])
    await conversation.keep([*messages, {"role": "assistant", "content": adapter.dump_json(answer).decode()}])
    return answer
