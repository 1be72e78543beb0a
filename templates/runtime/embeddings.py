"""Vectors of texts, from models behind OpenAI's embeddings protocol.

Texts go out in batches, some at the same time. A vector that this process has seen lately is not asked for again: the
same text gives the same vector. The errors are those of `llm`, and `invalid_response` for vectors not as asked.
"""

from array import array
from collections import OrderedDict
from collections.abc import Sequence
from math import isfinite
from time import monotonic_ns
from typing import Any

import httpx2 as httpx
import openai
from openai.types import CreateEmbeddingResponse
from typing_extensions import TypedDict

from .cache import Computations, cache_key
from .context import ExecutionContext
from .errors import FlowError
from .llm import LLM, charge, milliseconds_since
from .llm_answers import status_error, tokens, transport_error
from .llm_openai import OpenAI
from .pools import PoolKey
from .tasks import map_items

Context = ExecutionContext[Any, Any, Any]

_AT_ONCE = 4
"""Batches on their way at the same time, for one call."""
_REMEMBERED = 4_000
"""Vectors that are kept, about 12 KB each."""

Key = tuple[str, str | None, int | None, str]


class EmbeddingUsage(TypedDict):
    """Tokens of the texts that were asked for, and their cost in US dollars, None where nobody knows the model's
    price; those that were remembered cost nothing."""

    input_tokens: int
    cost: float | None


class Embedding(TypedDict):
    """The vector of one text."""

    vector: list[float]
    model: str
    usage: EmbeddingUsage


class Embeddings(TypedDict):
    """The vectors of some texts, in their order."""

    vectors: list[list[float]]
    model: str
    usage: EmbeddingUsage


class VectorMemory:
    """The vectors that were used last, and those that are being asked for."""

    def __init__(self, most: int = _REMEMBERED) -> None:
        self._most = most
        self._kept: OrderedDict[Key, array[float]] = OrderedDict()
        self.asked = Computations()

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, key: Key) -> list[float] | None:
        """The vector of a text; None when it is not known any more."""
        found = self._kept.get(key)
        if found is None:
            return None
        self._kept.move_to_end(key)
        return list(found)

    def keep(self, key: Key, vector: list[float]) -> None:
        """Remember a vector; the one that was not used for longest makes room."""
        self._kept[key] = array("d", vector)
        self._kept.move_to_end(key)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    async def close(self) -> None:
        """Forget everything and stop what is still being asked."""
        self._kept.clear()
        await self.asked.stop()


async def _open(address: str) -> VectorMemory:
    return VectorMemory()


async def _ready(memory: VectorMemory) -> bool:
    return True


EMBEDDED: PoolKey[VectorMemory] = PoolKey("embedded", open=_open, close=VectorMemory.close, ready=_ready)


async def embed(
    ctx: Context,
    node: str,
    model: OpenAI,
    text: str,
    *,
    dimensions: int | None = None,
) -> Embedding:
    """The vector of one text. Many who want the same one at the same time are one question. Raises FlowError."""
    asked_here = False

    async def ask() -> Embeddings:
        nonlocal asked_here
        asked_here = True
        return await embed_all(ctx, node, model, [text], dimensions=dimensions)

    key = cache_key(*_key(model, dimensions, text), model.api_key)
    found = await ctx.pools[EMBEDDED].asked.join(key, ask)
    # A vector belongs to the one who gets it, and only who asked pays for it.
    usage = found["usage"] if asked_here else _used([])
    return {"vector": list(found["vectors"][0]), "model": found["model"], "usage": usage}


async def embed_all(
    ctx: Context,
    node: str,
    model: OpenAI,
    texts: Sequence[str],
    *,
    dimensions: int | None = None,
    batch_size: int = 100,
) -> Embeddings:
    """The vectors of some texts, each asked for once. Raises FlowError, also for a text that is empty or none.

    What one batch gave is kept although another one fails: the next try asks only for the rest.
    """
    if not isinstance(texts, list):
        raise FlowError("the texts are no list", kind="invalid_request")
    for at, text in enumerate(texts):
        if not isinstance(text, str) or not text.strip():
            raise FlowError(f"text {at + 1} of {len(texts)} is empty or no text", kind="invalid_request")
    memory = ctx.pools[EMBEDDED]
    known: dict[str, list[float]] = {}
    for text in dict.fromkeys(texts):
        vector = memory.find(_key(model, dimensions, text))
        if vector is not None:
            known[text] = vector
    missing = [text for text in dict.fromkeys(texts) if text not in known]
    batches = [missing[start : start + batch_size] for start in range(0, len(missing), batch_size)]
    used = await _ask_all(ctx, node, model, batches, dimensions, known)
    return {"vectors": [known[text] for text in texts], "model": model.name, "usage": used}


async def _ask_all(
    ctx: Context,
    node: str,
    model: OpenAI,
    batches: Sequence[Sequence[str]],
    dimensions: int | None,
    known: dict[str, list[float]],
) -> EmbeddingUsage:
    """Ask for all batches and put the vectors into `known`. The first error ends the others."""
    memory = ctx.pools[EMBEDDED]

    async def ask(context: Context, batch: Sequence[str], index: int) -> EmbeddingUsage:
        vectors, used = await _ask(context, node, model, batch, dimensions)
        for text, vector in zip(batch, vectors, strict=True):
            known[text] = vector
            memory.keep(_key(model, dimensions, text), vector)
        return used

    return _used(await map_items(ctx, batches, ask, concurrency=_AT_ONCE))


def _used(parts: Sequence[EmbeddingUsage]) -> EmbeddingUsage:
    """What several requests took together; the cost is unknown as soon as that of one is."""
    costs = [part["cost"] for part in parts if part["cost"] is not None]
    cost = round(sum(costs), 9) if len(costs) == len(parts) else None
    return {"input_tokens": sum(part["input_tokens"] for part in parts), "cost": cost}


async def _ask(
    ctx: Context, node: str, model: OpenAI, batch: Sequence[str], dimensions: int | None
) -> tuple[list[list[float]], EmbeddingUsage]:
    """The vectors of one batch, in its order, and what they took."""
    began = monotonic_ns()
    client = model.client(ctx.pools[LLM])
    wanted = dimensions if dimensions is not None else openai.omit
    try:
        answer = await client.embeddings.create(
            model=model.name, input=list(batch), dimensions=wanted, encoding_format="float"
        )
    except openai.APIStatusError as error:
        raise status_error(error.status_code, error.response.headers) from error
    except (openai.OpenAIError, httpx.HTTPError, ValueError) as error:
        raise transport_error(error) from error
    if not isinstance(answer, CreateEmbeddingResponse):
        # The SDK gives the text of what is no JSON.
        raise _unexpected("the model's answer cannot be read")
    read, name = _tokens(answer), _answered_by(answer, model)
    # What was answered is to be paid, also where it cannot be used.
    cost = charge(ctx, node, name, tokens(read, 0), {"ms": milliseconds_since(began)})
    return _vectors(answer, len(batch), dimensions), {"input_tokens": read, "cost": cost}


def _vectors(answer: CreateEmbeddingResponse, count: int, dimensions: int | None) -> list[list[float]]:
    """The vectors of an answer in the order of the texts. Raises FlowError for what is none."""
    by_index = _by_index(answer)
    if sorted(by_index) != list(range(count)):
        raise _unexpected("the model gave another number of vectors than of texts")
    sizes = {len(vector) for vector in by_index.values()}
    if len(sizes) > 1 or 0 in sizes or (dimensions is not None and sizes != {dimensions}):
        found = ", ".join(str(size) for size in sorted(sizes))
        raise _unexpected(
            f"the vectors have {found} dimensions" + (f", not {dimensions}" if dimensions is not None else "")
        )
    if not all(isfinite(number) for vector in by_index.values() for number in vector):
        raise _unexpected("the model gave a vector that is not of numbers")
    return [by_index[index] for index in range(count)]


def _by_index(answer: CreateEmbeddingResponse) -> dict[int, list[float]]:
    try:  # the SDK does not check what it gives
        return {int(row.index): list(array("d", row.embedding)) for row in answer.data}
    except (AttributeError, TypeError, ValueError) as error:
        raise _unexpected("the model's answer cannot be read") from error


def _tokens(answer: CreateEmbeddingResponse) -> int:
    """What was read; services that only imitate the protocol may leave it out."""
    usage = answer.model_dump(include={"usage"}, warnings=False).get("usage")
    read = usage.get("prompt_tokens") if isinstance(usage, dict) else None
    return read if isinstance(read, int) else 0


def _answered_by(answer: CreateEmbeddingResponse, model: OpenAI) -> str:
    """The name of the model that answered, for its price: at Azure a deployment has one of its own."""
    name = answer.model_dump(include={"model"}, warnings=False).get("model")
    return name if isinstance(name, str) and name else model.name


def _unexpected(title: str) -> FlowError:
    return FlowError(title, kind="invalid_response", status=502)


def _key(model: OpenAI, dimensions: int | None, text: str) -> Key:
    return (model.name, model.address(), dimensions, text)
