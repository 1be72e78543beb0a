from promptflow.core import tool


@tool
def answer(held: str, accepted: str, total: float) -> dict:
    return {"message": held or accepted, "total": total, "held": held is not None}
