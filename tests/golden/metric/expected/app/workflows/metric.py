"""The workflow metric."""

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.metrics import ORDER_VALUE_EUROS, ORDERS, REFUNDS, REGISTRY_
from app.runtime.context import ExecutionContext
from app.runtime.own_metrics import add, observe, put
from app.runtime.workflow import HttpTrigger, Workflow


@with_config(ConfigDict(extra="forbid", strict=True))
class MetricInput(TypedDict):
    country: str
    total: int | float
    open: int


class MetricOutput(TypedDict):
    ok: bool


Context = ExecutionContext[MetricInput, None, None]


async def metric(ctx: Context) -> MetricOutput:
    """Run the workflow once; gives its output."""
    # counted, flow.yaml:5
    add(ORDERS, 1, ctx.input["country"].lower(), "gold")
    # again, flow.yaml:6
    add(ORDERS, 2, "all", "none")
    # size, flow.yaml:7
    observe(ORDER_VALUE_EUROS, ctx.input["total"])
    # waiting, flow.yaml:8
    put(REGISTRY_, ctx.input["open"])
    # refund, flow.yaml:9
    if ctx.input["total"] < 0:
        add(REFUNDS, ctx.input["total"])
    return {"ok": True}


METRIC = Workflow(
    name="metric",
    run=metric,
    input_type=MetricInput,
    output_type=MetricOutput,
    triggers=(HttpTrigger("POST", "/api/v1/metric/execute"),),
    graph={
        "nodes": [
            {"id": "counted", "type": "metric", "after": []},
            {"id": "again", "type": "metric", "after": []},
            {"id": "size", "type": "metric", "after": []},
            {"id": "waiting", "type": "metric", "after": []},
            {"id": "refund", "type": "metric", "after": []},
        ]
    },
)
