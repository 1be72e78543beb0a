"""settings as a FastAPI service: `python -m app`, or `uvicorn app.main:app`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from app.runtime.host import Limits
from app.runtime.pools import ConnectionPools
from app.runtime.service import NO_TELEMETRY, Service
from app.workflows.settings import SETTINGS


def create_app(pools: ConnectionPools | None = None) -> FastAPI:
    """Make the app. Tests pass their own pools."""
    service = Service([SETTINGS], limits=Limits(concurrency=50, max_body=1024), trace=True)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        """Open the pools and start what runs by itself; close both when the server stops."""
        async with ConnectionPools.opened([], pools) as opened, service.running(None, None, opened):
            yield

    app = FastAPI(
        title="settings",
        version="0.1.0",
        lifespan=lifespan,
        telemetry=NO_TELEMETRY,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["https://example.com"],
        allow_methods=["POST"],
        allow_headers=["*"],
        expose_headers=["X-Execution-Id", "Server-Timing", "Retry-After"],
    )
    service.mount(app)
    return app


app = create_app()
