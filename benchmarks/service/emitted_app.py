"""The service as the compiler writes it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from work import OrderInput, OrderOutput

from templates.runtime.context import ExecutionContext
from templates.runtime.pools import ConnectionPools
from templates.runtime.service import NO_TELEMETRY, Service
from templates.runtime.workflow import HttpTrigger, Workflow

Context = ExecutionContext[OrderInput, None, None]


async def score_order(ctx: Context) -> OrderOutput:
    label = ctx.input["query"].strip().upper()
    ctx.set_output("label", label)

    total = sum(line["price"] * line["count"] for line in ctx.input["lines"])
    ctx.set_output("total", total)

    greeting = f"Hello {ctx.input['customer']}"
    ctx.set_output("greeting", greeting)

    if total > 1000.0:
        return {"message": f"{greeting}, we are checking {len(label)}", "total": total, "held": True}
    return {"message": f"{greeting}, {len(label)}", "total": total, "held": False}


SCORE_ORDER = Workflow(
    name="score_order",
    description="Score an order.",
    run=score_order,
    input_type=OrderInput,
    output_type=OrderOutput,
    triggers=(HttpTrigger("POST", "/api/v1/score-order/execute"),),
    visible=("label", "total", "greeting"),
)


def create_app(**options: Any) -> FastAPI:
    service = Service([SCORE_ORDER], **options)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with service.running(None, None, ConnectionPools()):
            yield

    app = FastAPI(title="score_order", lifespan=lifespan, telemetry=NO_TELEMETRY)
    service.mount(app)
    return app


app = create_app()
stock_way = create_app(fast_path=False)
