"""http_allowed_hosts as a FastAPI service: `python -m app`, or `uvicorn app.main:app`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.runtime.http import HTTP
from app.runtime.http_guard import GUARDED_HTTP
from app.runtime.pools import ConnectionPools
from app.runtime.service import NO_TELEMETRY, Service
from app.workflows.http_allowed_hosts import HTTP_ALLOWED_HOSTS


def create_app(pools: ConnectionPools | None = None) -> FastAPI:
    """Make the app. Tests pass their own pools."""
    service = Service([HTTP_ALLOWED_HOSTS])

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        """Open the pools and start what runs by itself; close both when the server stops."""
        async with ConnectionPools.opened([HTTP, GUARDED_HTTP], pools) as opened, service.running(None, None, opened):
            yield

    app = FastAPI(title="http_allowed_hosts", version="0.1.0", lifespan=lifespan, telemetry=NO_TELEMETRY)
    service.mount(app)
    return app


app = create_app()
