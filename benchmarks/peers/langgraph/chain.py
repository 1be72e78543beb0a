"""CPU microseconds of a run of ten trivial nodes in a row, and of one alone: JSON on standard output."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

RUNS, PIECES = 20, 15
STEPS = (1, 2, -3, 4, 5, -6, 7, 8, -9)


class State(TypedDict, total=False):
    number: int
    text: str


def adding(step: int) -> Callable[[State], State]:
    def node(state: State) -> State:
        return {"number": state["number"] + step}

    return node


def say(state: State) -> State:
    return {"text": f"ten is {state['number']}"}


def chain(steps: tuple[int, ...]) -> Any:
    builder = StateGraph(State)
    last = START
    for place, step in enumerate(steps):
        builder.add_node(f"node{place}", adding(step))
        builder.add_edge(last, f"node{place}")
        last = f"node{place}"
    builder.add_node("say", say)
    builder.add_edge(last, "say")
    builder.add_edge("say", END)
    return builder.compile()


async def cost(graph: Any, expected: str) -> float:
    """The quickest tenth of some pieces."""
    result = await graph.ainvoke({"number": 5})
    if result["text"] != expected:
        raise SystemExit(f"wrong result: {result}")
    pieces = []
    for _ in range(PIECES):
        began = time.process_time_ns()
        for _ in range(RUNS):
            await graph.ainvoke({"number": 5})
        pieces.append((time.process_time_ns() - began) / RUNS / 1000)
    return sorted(pieces)[PIECES // 10]


async def main() -> None:
    print(json.dumps({"ten": await cost(chain(STEPS), "ten is 14"), "one": await cost(chain(()), "ten is 5")}))


asyncio.run(main())
