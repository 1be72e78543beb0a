"""Documents by how much they have to do with a query, by a model behind the rerank protocol of Cohere, Jina and others.

The errors are those of `llm`.
"""

import os
from collections.abc import Sequence
from time import monotonic_ns
from typing import Any, Generic, TypeVar

import httpx2 as httpx
from pydantic import BaseModel, ValidationError
from typing_extensions import TypedDict

from .context import ExecutionContext
from .errors import FlowError
from .llm import LLM, charge, milliseconds_since
from .llm_answers import status_error, tokens, transport_error

T = TypeVar("T")
Context = ExecutionContext[Any, Any, Any]


def cohere() -> str:
    """Where Cohere's API is; COHERE_BASE_URL overrides it."""
    return os.environ.get("COHERE_BASE_URL") or "https://api.cohere.com/v2"


def jina() -> str:
    """Where Jina's API is; JINA_BASE_URL overrides it."""
    return os.environ.get("JINA_BASE_URL") or "https://api.jina.ai/v1"


class Ranked(TypedDict, Generic[T]):
    """A document, where it stood in the list, and its score (higher is better)."""

    document: T
    index: int
    score: float


class _Result(BaseModel):
    index: int
    relevance_score: float


class _Answer(BaseModel):
    """Providers count what it took in ways of their own, or not at all."""

    results: list[_Result]
    usage: Any = None
    meta: Any = None

    def tokens(self) -> int:
        """What was read; Jina and others are paid by it."""
        match self.usage:
            case {"total_tokens": int(read)} if read > 0:
                return read
        return 0

    def searches(self) -> int:
        """What Cohere is paid by: a query with up to a hundred documents, whose texts are not too long."""
        match self.meta:
            case {"billed_units": {"search_units": int() | float() as units}} if units > 0:
                return int(units)
        return 1


async def rerank(
    ctx: Context,
    node: str,
    url: str,
    model: str,
    query: str,
    documents: Sequence[T],
    *,
    api_key: str = "",
    text_key: str | None = None,
    limit: int | None = None,
) -> list[Ranked[T]]:
    """The documents, the best first, at most `limit`. They are texts, or objects with a text under `text_key`."""
    if not isinstance(documents, list):
        raise FlowError("documents are a list", kind="invalid_request")
    if limit is not None and limit < 1:
        raise FlowError("the limit is a whole number from 1", kind="invalid_request")
    if not documents:
        return []
    texts = [_text_of(document, text_key) for document in documents]
    body: dict[str, Any] = {"model": model, "query": query, "documents": texts}
    if limit is not None:
        body["top_n"] = limit
    headers = {"authorization": f"Bearer {api_key}"} if api_key else {}
    began = monotonic_ns()
    try:
        answer = await ctx.pools[LLM].http.post(f"{url.rstrip('/')}/rerank", json=body, headers=headers)
        if answer.status_code >= 300:
            raise status_error(answer.status_code, answer.headers)
        given = _Answer.model_validate_json(answer.content)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise transport_error(error) from error
    except ValidationError as error:
        raise FlowError("the answer is no ranking", kind="invalid_response", status=502) from error
    used, searches = tokens(given.tokens(), 0), given.searches()
    charge(ctx, node, model, used, {"ms": milliseconds_since(began)}, searches)
    found = given.results
    if any(not 0 <= each.index < len(documents) for each in found):
        raise FlowError("the ranking names documents that nobody gave", kind="invalid_response", status=502)
    best = sorted(found, key=lambda each: -each.relevance_score)[:limit]
    return [{"document": documents[each.index], "index": each.index, "score": each.relevance_score} for each in best]


def _text_of(document: object, key: str | None) -> str:
    value = document.get(key) if key is not None and isinstance(document, dict) else document
    if isinstance(value, str):
        return value
    wanted = f"an object with a text under `{key}`" if key is not None else "a text"
    raise FlowError(f"a document is {wanted}", kind="invalid_request")
