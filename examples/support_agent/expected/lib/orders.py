"""The shop's orders. A real shop would ask its database."""

from typing_extensions import TypedDict


class Order(TypedDict):
    """An order as the support sees it."""

    number: int
    article: str
    state: str
    arrives: str


_ORDERS: dict[int, Order] = {
    1042: {"number": 1042, "article": "a blue kettle", "state": "on its way", "arrives": "Thursday"},
    1043: {"number": 1043, "article": "two mugs", "state": "being packed", "arrives": "Saturday"},
}


def find_order(number: int) -> Order | None:
    """An order by its number: what it is, where it is and when it arrives. None when there is no such order."""
    return _ORDERS.get(number)
