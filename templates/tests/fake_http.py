"""Services that answer from a table, in place of the network."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

import httpx2 as httpx

Answers = Sequence[tuple[str, str, object]]
"""Method, URL without its query (`*` stands for anything), and the JSON, text or bytes to answer with."""


def fake_http(answers: Answers) -> httpx.MockTransport:
    """A transport that answers with the first entry that fits the request, and 404 when none does."""

    def answer(request: httpx.Request) -> httpx.Response:
        address = str(request.url.copy_with(query=None))
        for method, pattern, body in answers:
            if request.method == method and fnmatchcase(address, pattern):
                return _response(body)
        return httpx.Response(404, json={"detail": f"no answer for {request.method} {address}"})

    return httpx.MockTransport(answer)


def _response(body: object) -> httpx.Response:
    if isinstance(body, bytes):
        return httpx.Response(200, content=body)
    if isinstance(body, str):
        return httpx.Response(200, text=body)
    return httpx.Response(200, json=body)
