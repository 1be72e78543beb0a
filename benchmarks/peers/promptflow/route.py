from promptflow.core import tool


@tool
def route(total: float) -> bool:
    return total > 1000
