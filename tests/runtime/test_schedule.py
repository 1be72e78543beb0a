"""When a schedule starts its runs, by a clock that the tests turn."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from templates.runtime import schedule
from templates.runtime.schedule import ScheduleTrigger


class Clock:
    """Stands for `datetime` and for `asyncio.sleep` in the schedule."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 1, 1, 12, 0, 30, tzinfo=UTC)

    def now(self, zone: object) -> datetime:
        return self.moment

    async def sleep(self, seconds: float) -> None:
        until = self.moment + timedelta(seconds=seconds)
        while self.moment < until:  # noqa: ASYNC110 - nobody else tells that the clock was turned
            await asyncio.sleep(0)

    async def turn(self, **by: float) -> None:
        """Turn the clock in one go, as it goes on while a machine is asleep, and let everybody look at it."""
        self.moment += timedelta(**by)
        for _ in range(10):
            await asyncio.sleep(0)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    monkeypatch.setattr(schedule, "datetime", clock)
    monkeypatch.setattr(schedule, "asyncio", SimpleNamespace(**{**vars(asyncio), "sleep": clock.sleep}))
    return clock


class Runs:
    """Runs that go on until the gate opens, and how many there were, at once and in all."""

    def __init__(self) -> None:
        self.going = self.peak = self.total = 0
        self.gate = asyncio.Event()

    async def one(self) -> None:
        self.going += 1
        self.total += 1
        self.peak = max(self.peak, self.going)
        await self.gate.wait()
        self.going -= 1

    def start(self, given: object) -> asyncio.Task[None]:
        return asyncio.create_task(self.one())


@pytest.mark.parametrize(("overlap", "at_once", "in_all"), [("skip", 1, 1), ("queue", 1, 2), ("allow", 3, 3)])
def test_overlapping_runs(clock: Clock, overlap: Any, at_once: int, in_all: int) -> None:
    """Three times are due while the first run is going on."""

    async def main() -> tuple[int, int]:
        runs = Runs()
        task = asyncio.create_task(ScheduleTrigger("* * * * *", overlap=overlap).run("echo", runs.start))
        await clock.turn()
        for _ in range(3):
            await clock.turn(minutes=1)
        runs.gate.set()
        await clock.turn()
        task.cancel()
        return runs.peak, runs.total

    assert asyncio.run(main()) == (at_once, in_all)


@pytest.mark.parametrize("overlap", ["skip", "queue", "allow"])
def test_times_that_went_by_unseen_count_as_one(clock: Clock, overlap: Any, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> list[int]:
        runs = Runs()
        runs.gate.set()
        seen = []
        task = asyncio.create_task(ScheduleTrigger("* * * * *", overlap=overlap).run("echo", runs.start))
        await clock.turn()
        for gone in (1, 1, 60 * 8, 0.25, 1):
            await clock.turn(minutes=gone)
            seen.append(runs.total)
        task.cancel()
        return seen

    assert asyncio.run(main()) == [1, 2, 3, 3, 4]
    assert caplog.messages == ["schedule missed some of its times"]
