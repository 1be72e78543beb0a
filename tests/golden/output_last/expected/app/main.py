"""output_last as a FastAPI service: `python -m app`, or `uvicorn app.main:app`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from app.runtime.host import Limits
from app.runtime.pools import ConnectionPools
from app.runtime.service import NO_TELEMETRY, Service
from app.workflows.output_last import OUTPUT_LAST


def create_app(pools: ConnectionPools | None = None) -> FastAPI:
    """Make the app. Tests pass their own pools."""
    service = Service([OUTPUT_LAST], limits=Limits(concurrency=50, max_body=65536))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        """Open the pools and start what runs by itself; close both when the server stops."""
        async with ConnectionPools.opened([], pools) as opened, service.running(None, None, opened):
            yield

    app = FastAPI(
        title="output_last",
        description="Without an output the last node's value is the answer; CRLF and emoji are no trouble.",
        version="0.1.0",
        lifespan=lifespan,
        telemetry=NO_TELEMETRY,
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
