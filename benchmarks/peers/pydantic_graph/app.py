"""The order flow as a graph of pydantic-graph's builder behind FastAPI."""

from dataclasses import dataclass
from typing import Literal

from fastapi import FastAPI
from models import Answer, Order
from pydantic_graph import GraphBuilder, StepContext, TypeExpression


@dataclass
class Work:
    label: str = ""
    total: float = 0.0
    greeting: str = ""


g = GraphBuilder(state_type=Work, input_type=Order, output_type=str)


@g.step
async def label(ctx: StepContext[Work, None, Order]) -> Order:
    ctx.state.label = ctx.inputs.query.strip().upper()
    return ctx.inputs


@g.step
async def total(ctx: StepContext[Work, None, Order]) -> Order:
    ctx.state.total = sum(line.price * line.count for line in ctx.inputs.lines)
    return ctx.inputs


@g.step
async def greeting(ctx: StepContext[Work, None, Order]) -> Literal["held", "accepted"]:
    ctx.state.greeting = f"Hello {ctx.inputs.customer}"
    return "held" if ctx.state.total > 1000 else "accepted"


@g.step
async def held(ctx: StepContext[Work, None, object]) -> str:
    return f"{ctx.state.greeting}, we are checking {len(ctx.state.label)}"


@g.step
async def accepted(ctx: StepContext[Work, None, object]) -> str:
    return f"{ctx.state.greeting}, {len(ctx.state.label)}"


g.add(
    g.edge_from(g.start_node).to(label),
    g.edge_from(label).to(total),
    g.edge_from(total).to(greeting),
    g.edge_from(greeting).to(
        g.decision()
        .branch(g.match(TypeExpression[Literal["held"]]).to(held))
        .branch(g.match(TypeExpression[Literal["accepted"]]).to(accepted))
    ),
    g.edge_from(held, accepted).to(g.end_node),
)
graph = g.build()

app = FastAPI(title="score_order")


@app.post("/score_order")
async def score_order(order: Order) -> Answer:
    work = Work()
    message = await graph.run(state=work, inputs=order)
    return Answer(message=message, total=work.total, held=work.total > 1000)
