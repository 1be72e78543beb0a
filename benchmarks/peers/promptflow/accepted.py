from promptflow.core import tool


@tool
def accepted(greeting: str, label: str) -> str:
    return f"{greeting}, {len(label)}"
