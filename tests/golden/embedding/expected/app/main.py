"""vectors_of_texts as a FastAPI service: `python -m app`, or `uvicorn app.main:app`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.runtime.embeddings import VECTORS
from app.runtime.llm import LLM
from app.runtime.pools import ConnectionPools
from app.runtime.service import NO_TELEMETRY, Service
from app.settings import Settings
from app.workflows.vectors_of_texts import VECTORS_OF_TEXTS


def create_app(settings: Settings | None = None, pools: ConnectionPools | None = None) -> FastAPI:
    """Make the app. Tests pass their own settings and pools; the server reads the environment and opens its pools."""
    service = Service([VECTORS_OF_TEXTS])

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        """Open the pools and start what runs by itself; close both when the server stops."""
        loaded = settings or Settings.from_env()
        async with (
            ConnectionPools.opened([VECTORS, LLM], pools) as opened,
            service.running(loaded.env, loaded.secrets, opened),
        ):
            yield

    app = FastAPI(
        title="vectors_of_texts",
        description="One text, several, and texts of a type that only shows when the flow runs.",
        version="0.1.0",
        lifespan=lifespan,
        telemetry=NO_TELEMETRY,
    )
    service.mount(app)
    return app


app = create_app()
