from promptflow.core import tool


@tool
def greeting(order: dict) -> str:
    return f"Hello {order['customer']}"
