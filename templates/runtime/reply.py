"""An answer that a workflow gives itself, with its own status and headers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Reply:
    """What to send instead of the workflow's output. `body` is JSON data, or text or bytes to be sent as they are."""

    body: object = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


ANSWERED: Final = Reply(status=204)
"""What a run gives at its end when it has answered before, by `ctx.respond`; it is not sent."""
