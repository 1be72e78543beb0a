"""Words of a text."""

from typing import TypedDict


class Count(TypedDict):
    """How many."""

    count: int


def split(text: str) -> list[str]:
    """The words."""
    if text == "boom":
        raise RuntimeError("a secret detail")
    return text.split()


async def count(words: list[str]) -> Count:
    """How many there are."""
    return {"count": len(words)}
