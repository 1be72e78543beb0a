"""What a model is asked, in the same words for every provider: turns of a conversation, files, tools, and the shape of
the answer.

Goes in: what a flow says, or turns that were computed. Comes out: an `LlmRequest`, which the provider's module writes
in its own protocol.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NotRequired, TypeAlias

from typing_extensions import TypedDict

from .errors import FlowError
from .llm_files import Attachment, attached

Part: TypeAlias = str | Attachment
Content: TypeAlias = str | Sequence[Part]
CacheTime: TypeAlias = Literal["5m", "1h"]


class ToolCall(TypedDict):
    """A tool that a model wants to have called. `arguments` is the JSON text as the model wrote it."""

    id: str
    name: str
    arguments: str


class Message(TypedDict):
    """One turn of a conversation. The system prompt is not a turn, so that no caller can write one.

    `cache` marks the end of what the provider shall keep for the next request. A model that wanted tools has said so in
    `tool_calls`; `thinking` is its provider's own and goes back as it came, to the model `thinker` and no other.
    """

    role: Literal["user", "assistant"]
    content: Content
    cache: NotRequired[CacheTime]
    tool_calls: NotRequired[Sequence[ToolCall]]
    thinking: NotRequired[Sequence[Mapping[str, Any]]]
    thinker: NotRequired[str]


class ToolTurn(TypedDict):
    """What a tool gave, or what went wrong when it was called."""

    role: Literal["tool"]
    call_id: str
    content: str
    failed: NotRequired[bool]


Turn: TypeAlias = Message | ToolTurn


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that a model may call; `schema` is the JSON Schema of its arguments, an object."""

    name: str
    description: str
    schema: dict[str, Any]


@dataclass(frozen=True, slots=True)
class OutputSchema:
    """The JSON Schema of a structured answer; `closed` when every field is known, so that providers can enforce it."""

    name: str
    schema: dict[str, Any]
    closed: bool


@dataclass(frozen=True, slots=True)
class LlmRequest:
    """What is asked. `cache_system` keeps the tools and the system prompt at the provider for the next request."""

    messages: tuple[Turn, ...]
    system: str | None = None
    output: OutputSchema | None = None
    tools: tuple[Tool, ...] = ()
    cache_system: CacheTime | None = None


def checked_messages(turns: object) -> list[Message]:
    """Turns that were computed, as messages. Raises FlowError of kind `invalid_request` when they are none.

    Only `user` and `assistant` may speak: text from outside must not become the system prompt.
    """
    if isinstance(turns, list):
        return [_message(turn) for turn in turns]
    raise _no_message()


def _message(turn: object) -> Message:
    match turn:
        case {"role": "user" | "assistant" as role, "content": str(content), **rest}:
            files = rest.get("files")
            return {"role": role, "content": with_files(content, files if isinstance(files, list) else [])}
        case {"role": "user" | "assistant" as role, "content": list(parts)}:
            return {"role": role, "content": [_part(part) for part in parts]}
    raise _no_message()


def _part(part: object) -> Part:
    match part:
        case {"type": "text", "text": str(text)}:
            return text
        case {"type": "image" | "file"}:
            return attached(part)
    raise _no_message()


def with_files(text: str, files: Sequence[object]) -> Content:
    """What is said about files: they come first, as models read them best. A list among them stands for its items."""
    if not files:
        return text
    several = [each for file in files for each in (file if isinstance(file, list) else [file])]
    return [*(attached(each) for each in several if each is not None), text]


def text_of_content(content: Content) -> str:
    """What is said without the files."""
    return content if isinstance(content, str) else "\n".join(part for part in content if isinstance(part, str))


def expected_tokens(request: LlmRequest, max_tokens: int | None) -> int:
    """About how many tokens a request and its answer will take: a word of text is a little more than one."""
    texts = [request.system or "", *(text_of_content(turn["content"]) for turn in request.messages)]
    return sum(map(len, texts)) // 4 + (max_tokens or 0) + 1


def _no_message() -> FlowError:
    return FlowError(
        "messages are a list of {role: user or assistant, content: text or a list of parts}", kind="invalid_request"
    )
