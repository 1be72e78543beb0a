from promptflow.core import tool


@tool
def label(order: dict) -> str:
    return order["query"].strip().upper()
