"""What a model says, in the same words for every provider, and the errors of asking it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from typing_extensions import TypedDict

from .errors import FlowError
from .http_values import retry_after_seconds
from .httpx_client import from_httpx
from .llm_turns import ToolCall


class Tokens(TypedDict):
    """Tokens, as the provider counted them. Those read from its cache and written to it are part of the input."""

    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int


class Usage(Tokens):
    """What an answer took; `cost` is in US dollars, None where nobody knows the model's price."""

    cost: float | None


class Completion(TypedDict):
    """What an `llm` node gives. `finish_reason` is `stop`, `length` or the provider's own word."""

    text: str
    usage: Usage
    model: str
    finish_reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a model: text, or tools that it wants to have called (`finish_reason` is `tool_calls` then).

    `thinking` is what the provider wants to get back unchanged when the conversation goes on after tool calls; `asked`
    is the name by which the model was asked, which may be shorter than the one that it answers with.
    """

    text: str
    usage: Tokens
    model: str
    finish_reason: str
    tool_calls: Sequence[ToolCall] = ()
    thinking: Sequence[Mapping[str, Any]] = ()
    cost: float | None = None
    asked: str = ""

    def completion(self) -> Completion:
        """What a node gives of it."""
        usage: Usage = {**self.usage, "cost": self.cost}
        return {"text": self.text, "usage": usage, "model": self.model, "finish_reason": self.finish_reason}


def tokens(read: int, written: int, *, from_cache: int = 0, to_cache: int = 0) -> Tokens:
    """The tokens of one answer."""
    return {
        "input_tokens": read,
        "output_tokens": written,
        "cache_read_tokens": from_cache,
        "cache_write_tokens": to_cache,
    }


def refused() -> FlowError:
    """The model would not answer."""
    return FlowError("the model refused to answer", kind="refused", status=502)


def cut_short() -> FlowError:
    """A stream ended before the model was done."""
    return FlowError("the model's answer broke off", kind="connection", status=502)


def status_error(status: int, headers: Mapping[str, str] | None = None) -> FlowError:
    """The provider answered with an error."""
    return FlowError(
        f"the model's provider answered {status}",
        kind="auth" if status in {401, 403} else "http",
        status=502,
        upstream=status,
        retry_after=retry_after_seconds(headers.get("retry-after")) if headers is not None else None,
    )


def transport_error(error: Exception) -> FlowError:
    """The error of the flow for whatever went wrong on the way to a provider or back."""
    current: BaseException | None = error
    while isinstance(current, Exception):
        failure = from_httpx(current)
        if failure is not None:
            return failure
        current = current.__cause__
    return FlowError("the model's answer cannot be read", kind="invalid_response", status=502)
