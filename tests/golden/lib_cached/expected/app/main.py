"""lib_cached as a FastAPI service: `python -m app`, or `uvicorn app.main:app`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.connections import connections
from app.runtime.pools import ConnectionPools
from app.runtime.service import NO_TELEMETRY, Service
from app.settings import Settings
from app.workflows.lib_cached import LIB_CACHED


def create_app(settings: Settings | None = None, pools: ConnectionPools | None = None) -> FastAPI:
    """Make the app. Tests pass their own settings and pools; the server reads the environment and opens its pools."""
    service = Service([LIB_CACHED])

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        """Open the pools and start what runs by itself; close both when the server stops."""
        loaded = settings or Settings.from_env()
        async with (
            ConnectionPools.opened(connections(loaded.secrets), pools) as opened,
            service.running(loaded.env, loaded.secrets, opened),
        ):
            yield

    app = FastAPI(title="lib_cached", version="0.1.0", lifespan=lifespan, telemetry=NO_TELEMETRY)
    service.mount(app)
    return app


app = create_app()
