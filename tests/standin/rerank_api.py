"""The rerank protocol that Cohere, Jina and others share: documents by how much they have to do with a query."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .openai_api import failure, vector_of

_SIZE = 256


async def rerank(request: Request) -> Response:
    """POST /v1/rerank and /v2/rerank: documents that share words with the query come first."""
    body = await request.json()
    if not isinstance(body.get("documents"), list) or not isinstance(body.get("query"), str):
        return failure(400, "query and documents are needed", "invalid_request_error")
    fault = request.app.state.faults.wanted(request, body.get("model", ""), 0)
    if fault.kind == "fail":
        return failure(fault.number)
    query = vector_of(body["query"], _SIZE)
    scores = [
        sum(one * other for one, other in zip(query, vector_of(str(document), _SIZE), strict=True))
        for document in body["documents"]
    ]
    order = sorted(range(len(scores)), key=lambda at: -scores[at])[: body.get("top_n") or len(scores)]
    results = [{"index": at, "relevance_score": round(scores[at], 6)} for at in order]
    return JSONResponse({"results": results, **_billed(request.url.path, body)})


def _billed(path: str, body: dict[str, Any]) -> dict[str, Any]:
    """What it took, as Cohere (/v2) and as Jina (/v1) say it."""
    if path.startswith("/v2"):
        return {"meta": {"billed_units": {"search_units": 1 + len(body["documents"]) // 101}}}
    return {"usage": {"total_tokens": sum(len(str(text).split()) for text in [body["query"], *body["documents"]])}}
