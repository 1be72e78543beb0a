"""Services that answer from a table, in place of the network."""

import json
from collections.abc import Sequence
from fnmatch import fnmatchcase

from app.runtime.http_exchange import Answer, HttpClient, Request

Answers = Sequence[tuple[str, str, object]]
"""Method, URL without its query (`*` stands for anything), and the JSON, text or bytes to answer with."""


class FakeHttp(HttpClient):
    """A client that answers with the first entry that fits the request, and 404 when none does."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers

    async def send(self, request: Request, most: int) -> Answer:
        """The answer."""
        address = str(request.url.with_query(None))
        for method, pattern, body in self.answers:
            if request.method == method and fnmatchcase(address, pattern):
                return _answer(body)
        return Answer(404, {})

    async def close(self) -> None:
        """Nothing is open."""


def _answer(body: object) -> Answer:
    if isinstance(body, bytes):
        return Answer(200, {}, body)
    if isinstance(body, str):
        return Answer(200, {"content-type": "text/plain; charset=utf-8"}, body.encode())
    return Answer(200, {"content-type": "application/json"}, json.dumps(body).encode())
