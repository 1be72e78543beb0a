"""Vectors of texts, from models behind OpenAI's embeddings protocol.

Texts go out in batches, some at the same time. A vector that this process has seen lately is not asked for again: the
same text gives the same vector. The errors are those of `llm`, and `invalid_response` for vectors not as asked.
"""

import asyncio
from array import array
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import httpx2 as httpx
import openai
from typing_extensions import TypedDict

from .context import ExecutionContext
from .errors import FlowError
from .llm import LLM
from .llm_answers import status_error, transport_error
from .llm_openai import OpenAI
from .pools import PoolKey

Context = ExecutionContext[Any, Any, Any]

_AT_ONCE = 4
"""Batches on their way at the same time, for one call."""
_REMEMBERED = 4_000
"""Vectors that are kept, about 12 KB each."""

Key = tuple[str, str | None, int | None, str]


class EmbeddingUsage(TypedDict):
    """Tokens of the texts that were asked for; those that were remembered cost none."""

    input_tokens: int


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
    """The vectors that were used last."""

    def __init__(self, most: int = _REMEMBERED) -> None:
        self._most = most
        self._kept: OrderedDict[Key, array[float]] = OrderedDict()

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
        """Forget everything."""
        self._kept.clear()


async def _open(address: str) -> VectorMemory:
    return VectorMemory()


async def _ready(memory: VectorMemory) -> bool:
    return True


EMBEDDED: PoolKey[VectorMemory] = PoolKey("embedded", open=_open, close=VectorMemory.close, ready=_ready)


async def embed(
    ctx: Context,
    model: OpenAI,
    text: str,
    *,
    dimensions: int | None = None,
) -> Embedding:
    """The vector of one text. Raises FlowError."""
    found = await embed_all(ctx, model, [text], dimensions=dimensions)
    return {"vector": found["vectors"][0], "model": found["model"], "usage": found["usage"]}


async def embed_all(
    ctx: Context,
    model: OpenAI,
    texts: Sequence[str],
    *,
    dimensions: int | None = None,
    batch_size: int = 100,
) -> Embeddings:
    """The vectors of some texts, each asked for once. Raises FlowError, also for a text that is empty or none."""
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
    used = await _ask_all(ctx, model, batches, dimensions, known)
    for text in missing:
        memory.keep(_key(model, dimensions, text), known[text])
    return {"vectors": [known[text] for text in texts], "model": model.name, "usage": {"input_tokens": used}}


async def _ask_all(
    ctx: Context,
    model: OpenAI,
    batches: Sequence[Sequence[str]],
    dimensions: int | None,
    known: dict[str, list[float]],
) -> int:
    """Ask for all batches and put the vectors into `known`; gives the tokens. The first error ends the others."""
    places = asyncio.Semaphore(_AT_ONCE)

    async def ask(batch: Sequence[str]) -> int:
        async with places:
            vectors, used = await _ask(ctx, model, batch, dimensions)
        known.update(zip(batch, vectors, strict=True))
        return used

    tasks = [asyncio.create_task(ask(batch)) for batch in batches]
    try:
        return sum(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _ask(
    ctx: Context, model: OpenAI, batch: Sequence[str], dimensions: int | None
) -> tuple[list[list[float]], int]:
    """The vectors of one batch, in its order, and the tokens."""
    client = model.client(ctx.pools[LLM])
    wanted = dimensions if dimensions is not None else openai.omit
    try:
        answer = await client.embeddings.create(
            model=model.name, input=list(batch), dimensions=wanted, encoding_format="float"
        )
        rows = sorted(answer.data, key=lambda row: row.index)
        vectors = [row.embedding for row in rows]
    except openai.APIStatusError as error:
        raise status_error(error.status_code, error.response.headers) from error
    except (openai.OpenAIError, httpx.HTTPError, ValueError, AttributeError, TypeError) as error:
        raise transport_error(error) from error
    if len(vectors) != len(batch):
        raise FlowError("the model gave another number of vectors than of texts", kind="invalid_response", status=502)
    sizes = {len(vector) for vector in vectors}
    if len(sizes) > 1 or (dimensions is not None and sizes != {dimensions}):
        found = ", ".join(str(size) for size in sorted(sizes))
        message = f"the vectors have {found} dimensions" + (f", not {dimensions}" if dimensions is not None else "")
        raise FlowError(message, kind="invalid_response", status=502)
    return vectors, answer.usage.prompt_tokens if answer.usage is not None else 0


def _key(model: OpenAI, dimensions: int | None, text: str) -> Key:
    return (model.name, model.address(), dimensions, text)
