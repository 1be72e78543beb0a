"""Code of the node `shout`."""

from typing import Any


def shout(data: Any) -> Any:
    """The code of the node `shout`."""
    return data.upper()
