from promptflow.core import tool


@tool
def total(order: dict) -> float:
    return sum(line["price"] * line["count"] for line in order["lines"])
