"""Runs a workflow at times given as cron, inside the server.

Cron is read by CronSim: small, typed, without dependencies, used and kept by Healthchecks and Sentry. It follows
Debian's cron where clocks change: a job at 02:30 runs once on the day when 02:30 comes twice, and at 03:00 when it
does not come at all. (croniter, kept by pallets-eco today, runs the first one twice.)

Times that went by unseen, because the machine was asleep or its clock was set, count as one: one run is started for
all of them, whatever `overlap` says, and a line in the log tells that some were missed.

Every worker process has its own schedule; run a project with schedules with one worker, or expect each run once a
worker.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from cronsim import CronSim

from . import logs
from .workflow import Start

# Long sleeps drift and miss a clock that was set: look again this often (seconds).
_LONGEST_SLEEP = 30.0


@dataclass(frozen=True, slots=True)
class ScheduleTrigger:
    """`ScheduleTrigger("0 6 * * *", timezone="Europe/Madrid", input={...})`.

    `overlap` says what happens when the run before is still going on: `skip` this one, `queue` it until that one has
    ended (at most one waits), or `allow` both.
    """

    cron: str
    timezone: str = "UTC"
    overlap: Literal["skip", "queue", "allow"] = "skip"
    input: Mapping[str, Any] = field(default_factory=dict)

    def times(self, after: datetime) -> CronSim:
        """The times of the schedule after `after`, in its zone, without end. Raises CronSimError for a wrong cron."""
        return CronSim(self.cron, after.astimezone(ZoneInfo(self.timezone)))

    async def run(self, workflow: str, start: Start) -> None:
        """Start runs when it is time, until cancelled. Runs that are going on then belong to the service, which waits
        for them.
        """
        last: asyncio.Task[None] | None = None
        queued: asyncio.Task[None] | None = None

        async def start_after(before: asyncio.Task[None]) -> None:
            nonlocal last
            await asyncio.wait((before,))
            last = start(self.input)

        try:
            times = self.times(datetime.now(UTC))
            due = next(times)
            while True:
                await _sleep_until(due)
                due, now = next(times), datetime.now(UTC)
                if due <= now:
                    logs.write("warning", "schedule missed some of its times", workflow=workflow)
                    times = self.times(now)
                    due = next(times)
                waiting = queued is not None and not queued.done()
                if self.overlap == "allow" or not (waiting or (last is not None and not last.done())):
                    last = start(self.input)
                elif self.overlap == "queue" and not waiting and last is not None:
                    queued = asyncio.create_task(start_after(last))
                else:
                    logs.write("warning", "schedule skipped: the run before is still going on", workflow=workflow)
        finally:
            if queued is not None:
                queued.cancel()


async def _sleep_until(due: datetime) -> None:
    while (left := (due - datetime.now(UTC)).total_seconds()) > 0:  # noqa: ASYNC110
        await asyncio.sleep(min(left, _LONGEST_SLEEP))
