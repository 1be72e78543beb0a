"""What `llm` and `agent` say to a model: their common settings, and how they are written as Python."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from catalyst.expressions.sinks import Sink
from catalyst.expressions.types import (
    ANY,
    STR,
    AnyType,
    FieldType,
    ListType,
    MapType,
    ObjectType,
    UnionType,
    accepts,
    describe,
)
from catalyst.nodes.base import Scribe, Site
from catalyst.nodes.memory import MemoryParams, check_memory
from catalyst.nodes.models import Asking, CacheTime, Files, check_files, content_of
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


_MESSAGE = ObjectType((("role", FieldType(STR)), ("content", FieldType(UnionType((STR, ListType(ANY)))))), open=True)
"""What a computed message has at least."""


class Talk(Asking):
    """Settings of a node that says something to a model."""

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
    memory: MemoryParams | None = Field(
        default=None, description="A conversation that goes on: what was said in the session before comes first."
    )

    @model_validator(mode="after")
    def something_to_say(self) -> Self:
        """Exactly one of `prompt` and `messages`; files belong to `prompt`."""
        if (self.prompt is None) == (self.messages is None):
            raise PydanticCustomError("one_of", "give either `prompt` or `messages`")
        if self.files and self.prompt is None:
            raise PydanticCustomError("one_of", "`files` belong to `prompt`; a message has `files` of its own")
        return self


def check_talk(params: Talk, site: Site) -> None:
    """Files must be files, and a memory must have its place."""
    check_memory(params.memory, site)
    check_files(params.files, site)
    for number, message in enumerate(params.messages if isinstance(params.messages, list) else ()):
        check_files(message.files, site, "messages", number)
    if isinstance(params.messages, Expr):
        _check_computed(params.messages, site)


def _check_computed(messages: Expr, site: Site) -> None:
    """What is known of computed messages must not keep them from being some."""
    given = site.type_of(messages)
    item = given.item if isinstance(given, ListType) else ANY
    if not (isinstance(item, AnyType | MapType) or accepts(_MESSAGE, item)):
        message = f"a message is {{role, content}}, this is {describe(item)}"
        wish = "make messages of them: map(each => {'role': 'user', 'content': each.text})"
        site.found.error("E206", message, site.span_of("messages"), help=wish)


def told_of(params: Talk, scribe: Scribe) -> list[str]:
    """What the model is told before the conversation, as arguments."""
    arguments = []
    if params.system is not None:
        arguments.append(f"system={scribe.text(params.system)}")
    if params.prompt_cache is not None:
        arguments.append(f"cache_system={params.prompt_cache!r}")
    return arguments


def messages_of(params: Talk, scribe: Scribe) -> str:
    """What is said, as Python: a list of turns."""
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
