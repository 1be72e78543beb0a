"""What a run writes into the log: one record an event, with workflow, execution id and node as own fields."""

import logging
from typing import Any, Literal

from .context import ExecutionContext

LOGGER = logging.getLogger("app.run")

Level = Literal["debug", "info", "warning", "error"]

_LEVELS: dict[str, int] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


def log_event(
    ctx: ExecutionContext[Any, Any, Any], level: Level, node: str, message: str, data: object = None, **fields: object
) -> None:
    """Write one record: `message` and `data` (JSON data) of `node`, beside what identifies the run.

    `fields` are further facts of the runtime itself, such as the attempt. Nothing of it is ever a format text.
    """
    number = _LEVELS[level]
    if not LOGGER.isEnabledFor(number):
        return
    facts: dict[str, object] = {"workflow": ctx.workflow, "execution_id": ctx.execution_id, "node": node, **fields}
    if data is not None:
        facts["data"] = data
    LOGGER.log(number, "%s", message, extra={"fields": facts})
