"""sales_report as a FastAPI service: `python -m app`, or `uvicorn app.main:app`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.connections import connections
from app.runtime.pools import ConnectionPools
from app.runtime.service import NO_TELEMETRY, Service
from app.settings import Settings
from app.workflows.sales_report import SALES_REPORT
from app.workflows.save_orders import SAVE_ORDERS


def create_app(settings: Settings | None = None, pools: ConnectionPools | None = None) -> FastAPI:
    """Make the app. Tests pass their own settings and pools; the server reads the environment and opens its pools."""
    service = Service([SALES_REPORT, SAVE_ORDERS])

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        """Open the pools and start what runs by itself; close both when the server stops."""
        loaded = settings or Settings.from_env()
        async with (
            ConnectionPools.opened(connections(loaded.secrets), pools) as opened,
            service.running(loaded.env, loaded.secrets, opened),
        ):
            yield

    app = FastAPI(
        title="sales_report",
        description="Orders come in, and a workbook with the sales of each region comes out.",
        version="0.1.0",
        lifespan=lifespan,
        telemetry=NO_TELEMETRY,
    )
    service.mount(app)
    return app


app = create_app()
