"""either_of_two as a FastAPI service: `python -m app`, or `uvicorn app.main:app`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.runtime.http import HTTP
from app.runtime.pools import ConnectionPools
from app.runtime.service import NO_TELEMETRY, Service
from app.workflows.either_of_two import EITHER_OF_TWO


def create_app(pools: ConnectionPools | None = None) -> FastAPI:
    """Make the app. Tests pass their own pools."""
    service = Service([EITHER_OF_TWO])

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        """Open the pools and start what runs by itself; close both when the server stops."""
        async with ConnectionPools.opened([HTTP], pools) as opened, service.running(None, None, opened):
            yield

    app = FastAPI(
        title="either_of_two",
        description="One of two values whose types have a common word here, and none in Python.",
        version="0.1.0",
        lifespan=lifespan,
        telemetry=NO_TELEMETRY,
    )
    service.mount(app)
    return app


app = create_app()
