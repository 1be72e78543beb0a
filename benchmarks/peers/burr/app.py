"""The order flow as a Burr application behind FastAPI."""

from burr.core import ApplicationBuilder, State, action, default, expr
from burr.core.graph import GraphBuilder
from fastapi import FastAPI
from models import Answer, Order


@action(reads=["order"], writes=["label"])
def label(state: State) -> State:
    return state.update(label=state["order"].query.strip().upper())


@action(reads=["order"], writes=["total"])
def total(state: State) -> State:
    return state.update(total=sum(line.price * line.count for line in state["order"].lines))


@action(reads=["order"], writes=["greeting"])
def greeting(state: State) -> State:
    return state.update(greeting=f"Hello {state['order'].customer}")


@action(reads=["greeting", "label"], writes=["message"])
def held(state: State) -> State:
    return state.update(message=f"{state['greeting']}, we are checking {len(state['label'])}")


@action(reads=["greeting", "label"], writes=["message"])
def accepted(state: State) -> State:
    return state.update(message=f"{state['greeting']}, {len(state['label'])}")


graph = (
    GraphBuilder()
    .with_actions(label, total, greeting, held, accepted)
    .with_transitions(
        ("label", "total"),
        ("total", "greeting"),
        ("greeting", "held", expr("total > 1000")),
        ("greeting", "accepted", default),
    )
    .build()
)

app = FastAPI(title="score_order")


@app.post("/score_order")
async def score_order(order: Order) -> Answer:
    application = ApplicationBuilder().with_graph(graph).with_entrypoint("label").with_state(order=order).build()
    _, _, state = await application.arun(halt_after=["held", "accepted"])
    return Answer(message=state["message"], total=state["total"], held=state["total"] > 1000)
