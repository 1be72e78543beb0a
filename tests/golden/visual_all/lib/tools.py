"""What the assistant may call."""


def find_order(number: int) -> dict[str, str]:
    """An order by its number."""
    return {"number": str(number), "state": "sent"}
