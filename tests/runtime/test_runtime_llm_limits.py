"""Limits of a provider: who waits, in which order, and that nobody who gives up takes a place with him."""

import asyncio

import pytest

from templates.runtime import llm_limits
from templates.runtime.llm import LLM, complete
from templates.runtime.llm_limits import Gate, Limits
from templates.runtime.pools import ConnectionPools
from tests.runtime.llm_parts import BOTH, PROVIDERS, model, says
from tests.runtime.support import make_context, run
from tests.standin.server import running


def test_at_most_so_many_at_once_in_the_order_they_came():
    async def scenario() -> None:
        gate, order, inside, most = Gate(Limits(concurrency=2)), [], 0, 0

        async def call(number: int) -> None:
            nonlocal inside, most
            async with gate.passing(1):
                order.append(number)
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0)
                inside -= 1

        await asyncio.gather(*map(call, range(50)))
        assert order == sorted(order)
        assert most == 2

    run(scenario())


def test_who_is_cancelled_or_fails_leaves_the_place():
    async def scenario() -> None:
        gate = Gate(Limits(concurrency=1, tokens_per_minute=60))
        started = asyncio.Event()

        async def hold() -> None:
            async with gate.passing(60):
                started.set()
                await asyncio.sleep(30)

        async def fail() -> None:
            async with gate.passing(60):
                raise ValueError("no answer")

        first = asyncio.create_task(hold())
        await started.wait()
        waiting = [asyncio.create_task(hold()) for _ in range(5)]
        await asyncio.sleep(0)
        for task in (*waiting, first):
            task.cancel()
        await asyncio.gather(first, *waiting, return_exceptions=True)
        with pytest.raises(ValueError, match="no answer"):
            await fail()
        async with gate.passing(60):
            pass

    run(scenario())


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self._sleep = asyncio.sleep
        monkeypatch.setattr(llm_limits, "monotonic", lambda: self.now)
        monkeypatch.setattr(llm_limits.asyncio, "sleep", self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await self._sleep(0)


def test_tokens_come_back_over_a_minute(monkeypatch):
    clock = Clock(monkeypatch)

    async def scenario() -> None:
        gate, times = Gate(Limits(tokens_per_minute=600)), []
        for used in (600, 300, 900):
            async with gate.passing(100) as passed:
                times.append(clock.now)
                passed.used(used)
        async with gate.passing(10_000):  # more than there ever is: it waits for a full minute's worth
            times.append(clock.now)
        assert times == pytest.approx([0.0, 10.0, 40.0, 180.0])

    run(scenario())


@BOTH
def test_calls_of_one_account_keep_to_its_limit(provider):
    with running(token_ms=1) as slow:

        async def scenario() -> None:
            async with ConnectionPools.opened([LLM]) as pools:
                url = slow.url + ("/v1" if provider == "openai" else "")
                asked = PROVIDERS[provider]("m", "k", url, limits=Limits(concurrency=1))
                other = model(provider, base_url=url)
                calls = [complete(make_context(pools), "a", [asked], messages=says("Hi there")) for _ in range(6)]
                answers = await asyncio.gather(*calls)
                assert len({answer["text"] for answer in answers}) == 1
                assert pools[LLM].gate(asked) is pools[LLM].gate(asked)
                assert pools[LLM].gate(other) is None
                assert slow.open_connections() == 1

        run(scenario())
