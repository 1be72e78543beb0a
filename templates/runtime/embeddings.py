"""Vectors of texts, from models behind OpenAI's embeddings protocol: in batches, and each text asked about only once.

A text has the same vector every time, so vectors are kept by model and text, in memory and for a day. What is kept is
not asked for again, whichever node or run asked first.

Errors have the kinds of `llm`; `invalid_response` stands for vectors that are not what the node expects.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import isfinite
from time import monotonic_ns
from typing import Any, TypeAlias

import httpx2 as httpx
import openai
from openai.types import CreateEmbeddingResponse
from typing_extensions import TypedDict

from .cache import MemoryCache, cache_key
from .context import ExecutionContext
from .errors import FlowError
from .llm import LLM
from .llm_answers import status_error, transport_error
from .llm_openai import OpenAI
from .pools import PoolKey
from .run_log import log_event
from .tasks import map_items

Context = ExecutionContext[Any, Any, Any]
Kept: TypeAlias = "array[float]"
"""A vector as it is kept: a quarter of the memory of a list."""

_MOST_KEPT = 4_096
_SECONDS_KEPT = 86_400.0


class EmbeddingUsage(TypedDict):
    """Tokens that the provider counted; texts whose vector was known cost none."""

    input_tokens: int


class Embedding(TypedDict):
    """The vector of one text."""

    vector: list[float]
    model: str
    usage: EmbeddingUsage


class Embeddings(TypedDict):
    """The vectors of several texts, in their order."""

    vectors: list[list[float]]
    model: str
    usage: EmbeddingUsage


async def _open(address: str) -> MemoryCache:
    return MemoryCache(_MOST_KEPT)


async def _ready(kept: MemoryCache) -> bool:
    return True


VECTORS: PoolKey[MemoryCache] = PoolKey("embeddings", open=_open, close=MemoryCache.close, ready=_ready)


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a node wants its vectors: `dimensions` None takes what the model gives."""

    dimensions: int | None = None
    batch_size: int = 100
    concurrency: int = 4
    reuse: bool = True


async def embedding(ctx: Context, node: str, model: OpenAI, text: str, wanted: Wanted = Wanted()) -> Embedding:
    """The vector of one text. Many who ask for the same one at the same time are one question to the model."""
    known = ctx.pools[VECTORS]
    asking = _Asking(ctx, node, model, wanted)
    asking.check([text])

    async def ask() -> Kept:
        return (await asking.batch([text]))[0]

    vector = await known.get_or_compute(asking.key(text), _SECONDS_KEPT, ask) if wanted.reuse else await ask()
    return {"vector": vector.tolist(), "model": model.name, "usage": {"input_tokens": asking.tokens}}


async def embeddings(ctx: Context, node: str, model: OpenAI, texts: list[str], wanted: Wanted = Wanted()) -> Embeddings:
    """The vectors of several texts; each text that is not known yet is asked about once."""
    known = ctx.pools[VECTORS]
    asking = _Asking(ctx, node, model, wanted)
    if not isinstance(texts, list):
        raise FlowError("the texts are no list", kind="invalid_request")
    asking.check(texts)
    found: dict[str, Kept] = {}
    for text in dict.fromkeys(texts):
        kept = known.find(asking.key(text)) if wanted.reuse else None
        if kept is not None:
            found[text] = kept[0]
    missing = [text for text in dict.fromkeys(texts) if text not in found]
    size = wanted.batch_size
    batches = [missing[start : start + size] for start in range(0, len(missing), size)]

    async def ask(context: Context, batch: list[str], index: int) -> None:
        # What one batch gave is kept even when another one fails: the next try asks only for the rest.
        for text, vector in zip(batch, await asking.batch(batch), strict=True):
            found[text] = vector
            if wanted.reuse:
                known.keep(asking.key(text), vector, _SECONDS_KEPT)

    await map_items(ctx, batches, ask, concurrency=wanted.concurrency)
    vectors = [found[text].tolist() for text in texts]
    return {"vectors": vectors, "model": model.name, "usage": {"input_tokens": asking.tokens}}


class _Asking:
    """Asks a model for vectors on behalf of one node, and counts what it takes."""

    def __init__(self, ctx: Context, node: str, model: OpenAI, wanted: Wanted) -> None:
        self._ctx = ctx
        self._node = node
        self._model = model
        self._wanted = wanted
        self._identity = (type(model).__name__, model.address() or "", model.name, wanted.dimensions)
        self.tokens = 0

    def key(self, text: str) -> bytes:
        """What the vector of a text is kept under."""
        return cache_key(*self._identity, text)

    def check(self, texts: Sequence[object]) -> None:
        """Raise for what no model takes; data from outside may be anything."""
        for index, text in enumerate(texts):
            place = "the text" if len(texts) == 1 else f"text {index + 1}"
            if not isinstance(text, str):
                raise FlowError(f"{place} is no text", kind="invalid_request")
            if not text.strip():
                raise FlowError(f"{place} is empty, and models take no empty text", kind="invalid_request")

    async def batch(self, texts: list[str]) -> list[Kept]:
        """The vectors of these texts, in their order. Raises FlowError."""
        started = monotonic_ns()
        answer = await self._ask(texts)
        vectors = _vectors(answer, len(texts), self._wanted.dimensions)
        spent = round((monotonic_ns() - started) / 1e6, 1)
        read = _tokens(answer)
        self.tokens += read
        facts = {"model": self._model.name, "texts": len(texts), "input_tokens": read, "ms": spent}
        log_event(self._ctx, "info", self._node, "model gave vectors", **facts)
        return vectors

    async def _ask(self, texts: list[str]) -> CreateEmbeddingResponse:
        create = partial(self._model.client(self._ctx.pools[LLM]).embeddings.create, encoding_format="float")
        if self._wanted.dimensions is not None:
            create = partial(create, dimensions=self._wanted.dimensions)
        try:
            return await create(model=self._model.name, input=texts)
        except openai.APIStatusError as error:
            raise status_error(error.status_code, error.response.headers) from error
        except (openai.OpenAIError, httpx.HTTPError, ValueError) as error:
            raise transport_error(error) from error


def _vectors(answer: object, count: int, dimensions: int | None) -> list[Kept]:
    """The vectors of an answer, in the order of the texts. Raises FlowError for what is none."""
    by_index = _by_index(answer)
    if sorted(by_index) != list(range(count)):
        raise _unexpected(f"the model gave {len(by_index)} vectors for {count} texts, or numbered them otherwise")
    size = dimensions if dimensions is not None else len(by_index[0])
    for vector in by_index.values():
        if len(vector) != size:
            raise _unexpected(f"the model gave a vector of {len(vector)} numbers where {size} were expected")
        if not vector or not all(map(isfinite, vector)):
            raise _unexpected("the model gave a vector that is empty or not of numbers")
    return [by_index[index] for index in range(count)]


def _by_index(answer: object) -> dict[int, Kept]:
    # The SDK gives the text of what is no JSON, and does not check what is.
    if not isinstance(answer, CreateEmbeddingResponse):
        raise _unexpected("the model's answer cannot be read")
    try:
        found = {int(row.index): array("d", row.embedding) for row in answer.data}
    except (AttributeError, TypeError, ValueError) as error:
        raise _unexpected("the model's answer cannot be read") from error
    return found


def _tokens(answer: CreateEmbeddingResponse) -> int:
    """What was read; services that only imitate the protocol may leave it out."""
    usage = answer.model_dump(include={"usage"}, warnings=False).get("usage")
    read = usage.get("prompt_tokens") if isinstance(usage, dict) else None
    return read if isinstance(read, int) else 0


def _unexpected(title: str) -> FlowError:
    return FlowError(title, kind="invalid_response", status=502)
