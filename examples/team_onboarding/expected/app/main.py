"""team_onboarding as a FastAPI service: `python -m app`, or `uvicorn app.main:app`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.runtime.host import Limits
from app.runtime.http import HTTP
from app.runtime.pools import ConnectionPools
from app.runtime.service import NO_TELEMETRY, Service
from app.settings import Settings
from app.workflows.onboard_team import ONBOARD_TEAM
from app.workflows.prepare_account import PREPARE_ACCOUNT
from app.workflows.welcome_message import WELCOME_MESSAGE


def create_app(settings: Settings | None = None, pools: ConnectionPools | None = None) -> FastAPI:
    """Make the app. Tests pass their own settings and pools; the server reads the environment and opens its pools."""
    service = Service([ONBOARD_TEAM, PREPARE_ACCOUNT, WELCOME_MESSAGE], limits=Limits(max_body=65536))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        """Open the pools and start what runs by itself; close both when the server stops."""
        loaded = settings or Settings.from_env()
        async with ConnectionPools.opened([HTTP], pools) as opened, service.running(loaded.env, loaded.secrets, opened):
            yield

    app = FastAPI(
        title="team_onboarding",
        description="Three workflows in one service; the first calls the other two as plain functions.",
        version="0.1.0",
        lifespan=lifespan,
        telemetry=NO_TELEMETRY,
    )
    service.mount(app)
    return app


app = create_app()
