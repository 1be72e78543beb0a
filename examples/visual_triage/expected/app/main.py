"""visual_triage as a FastAPI service: `python -m app`, or `uvicorn app.main:app`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from app.runtime.cache import CACHE
from app.runtime.http import HTTP
from app.runtime.llm import LLM
from app.runtime.pools import ConnectionPools
from app.runtime.service import NO_TELEMETRY, Service
from app.settings import Settings
from app.workflows.visual_triage import VISUAL_TRIAGE


def create_app(settings: Settings | None = None, pools: ConnectionPools | None = None) -> FastAPI:
    """Make the app. Tests pass their own settings and pools; the server reads the environment and opens its pools."""
    service = Service([VISUAL_TRIAGE])

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        """Open the pools and start what runs by itself; close both when the server stops."""
        loaded = settings or Settings.from_env()
        async with (
            ConnectionPools.opened([CACHE, HTTP, LLM], pools) as opened,
            service.running(loaded.env, loaded.secrets, opened),
        ):
            yield

    app = FastAPI(
        title="visual_triage",
        description="Answer a support message, or hand it to a person.",
        version="0.1.0",
        lifespan=lifespan,
        telemetry=NO_TELEMETRY,
    )
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["https://desk.example.com"],
        allow_methods=["POST"],
        allow_headers=["*"],
        expose_headers=["X-Execution-Id", "Server-Timing", "Retry-After"],
    )
    service.mount(app)
    return app


app = create_app()
