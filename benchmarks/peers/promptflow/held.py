from promptflow.core import tool


@tool
def held(greeting: str, label: str) -> str:
    return f"{greeting}, we are checking {len(label)}"
