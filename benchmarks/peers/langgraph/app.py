"""The order flow as a LangGraph graph behind FastAPI."""

from typing import Literal

from fastapi import FastAPI
from langgraph.graph import END, START, StateGraph
from models import Answer, Order
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    order: Order
    label: str
    total: float
    greeting: str
    message: str


def label(state: State) -> State:
    return {"label": state["order"].query.strip().upper()}


def total(state: State) -> State:
    return {"total": sum(line.price * line.count for line in state["order"].lines)}


def greeting(state: State) -> State:
    return {"greeting": f"Hello {state['order'].customer}"}


def route(state: State) -> Literal["held", "accepted"]:
    return "held" if state["total"] > 1000 else "accepted"


def held(state: State) -> State:
    return {"message": f"{state['greeting']}, we are checking {len(state['label'])}"}


def accepted(state: State) -> State:
    return {"message": f"{state['greeting']}, {len(state['label'])}"}


builder = StateGraph(State)
for node in (label, total, greeting, held, accepted):
    builder.add_node(node.__name__, node)
builder.add_edge(START, "label")
builder.add_edge("label", "total")
builder.add_edge("total", "greeting")
builder.add_conditional_edges("greeting", route)
builder.add_edge("held", END)
builder.add_edge("accepted", END)
graph = builder.compile()

app = FastAPI(title="score_order")


@app.post("/score_order")
async def score_order(order: Order) -> Answer:
    state = await graph.ainvoke({"order": order})
    return Answer(message=state["message"], total=state["total"], held=state["total"] > 1000)
