"""rate_limit as a FastAPI service: `python -m app`, or `uvicorn app.main:app`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.connections import connections
from app.runtime.pools import ConnectionPools
from app.runtime.service import NO_TELEMETRY, Service
from app.workflows.rate_limit import RATE_LIMIT


def create_app(pools: ConnectionPools | None = None) -> FastAPI:
    """Make the app. Tests pass their own pools."""
    service = Service([RATE_LIMIT])

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        """Open the pools and start what runs by itself; close both when the server stops."""
        async with ConnectionPools.opened(connections(), pools) as opened, service.running(None, None, opened):
            yield

    app = FastAPI(title="rate_limit", version="0.1.0", lifespan=lifespan, telemetry=NO_TELEMETRY)
    service.mount(app)
    return app


app = create_app()
