"""What the agent may look up."""

from typing import Literal


def find_order(number: int, part: Literal["state", "all"] = "all") -> dict[str, str]:
    """An order by its number."""
    order = {"number": str(number), "state": "sent"}
    return order if part == "all" else {"state": order["state"]}


async def count_orders(customer: str) -> int:
    """How many orders a customer has."""
    return len(customer)
