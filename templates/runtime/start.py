"""Says in plain words why the service cannot start.

Starlette hands the server its traceback when something goes wrong at start. What the owner mends in the environment
(`CannotStart`) needs none, whichever server runs the app.
"""

import sys
from collections.abc import Awaitable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .errors import CannotStart


class PlainStart:
    """The middleware. It looks at the start and the end of the service only; requests pass by untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Hand everything on; a start that failed is told without its traceback."""
        return self._app(scope, receive, _in_plain_words(send) if scope["type"] == "lifespan" else send)


def _in_plain_words(send: Send) -> Send:
    async def tell(message: Message) -> None:
        error = sys.exception()
        if message["type"] == "lifespan.startup.failed" and isinstance(error, CannotStart):
            message = {**message, "message": str(error)}
        await send(message)

    return tell
