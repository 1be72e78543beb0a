"""Conversations: what fits into a window, what is summed up, and that no store loses a turn."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from templates.runtime.agent import AgentLimits, run_agent
from templates.runtime.agent_tools import AgentTool
from templates.runtime.errors import FlowError
from templates.runtime.llm_turns import Turn
from templates.runtime.memory import Exchange, Keeping, MemoryStore, ProcessMemory, Window, recall
from templates.runtime.memory_sql import SqlMemory
from templates.runtime.memory_store import StoreMemory
from templates.runtime.memory_summary import by_model
from templates.runtime.pools import IN_MEMORY, ConnectionPools
from templates.runtime.sql_database import sql_pool
from templates.runtime.store_redis import redis_pool
from tests.runtime.llm_parts import fails, model, says, with_llm
from tests.runtime.support import make_context, run


def exchange(question: str, answer: str = "yes") -> list[Turn]:
    return [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]


def with_tool(question: str) -> list[Turn]:
    return [
        {"role": "user", "content": question},
        {"role": "assistant", "content": "", "tool_calls": [{"id": "c1", "name": "clock", "arguments": "{}"}]},
        {"role": "tool", "call_id": "c1", "content": "noon"},
        {"role": "assistant", "content": "It is noon."},
    ]


def texts(turns: Sequence[Turn]) -> list[Any]:
    return [turn["content"] for turn in turns]


def exchanges(*each: Sequence[Turn]) -> list[Exchange]:
    return [Exchange(number, turns) for number, turns in enumerate(each, 1)]


def test_a_window_holds_whole_exchanges():
    kept = exchanges(exchange("a"), with_tool("b"), exchange("c"))
    assert Window(messages=6).begins(kept) == 1
    assert Window(messages=5).begins(kept) == 2
    assert Window(messages=8).begins(kept) == 0
    assert Window(messages=1).begins(kept) == 2, "the last one counts in any case"
    assert Window(tokens=1_000).begins(kept) == 0
    assert Window(tokens=20).begins(kept) == 2
    assert Window(messages=2).begins([]) == 0


def test_what_was_said_comes_back_with_its_tools_and_without_files_and_thoughts():
    async def scenario() -> None:
        store, ctx = ProcessMemory(), make_context()
        first = await recall(ctx, "answer", store, "s", window=Window(messages=20))
        assert first.messages == []
        turns = with_tool("What time is it?")
        turns[1] = {**turns[1], "thinking": [{"type": "thinking"}]}  # type: ignore[typeddict-item]
        await first.keep(turns)
        second = await recall(ctx, "answer", store, "s", window=Window(messages=20))
        assert list(second.messages) == with_tool("What time is it?")
        assert texts(second.words) == ["What time is it?", "It is noon."]
        other = await recall(ctx, "other", store, "s", window=Window(messages=20))
        assert other.messages == []

    run(scenario())


@pytest.mark.parametrize("session", [None, ""])
def test_without_a_session_nothing_is_kept(session):
    async def scenario() -> None:
        store, ctx = ProcessMemory(), make_context()
        await (await recall(ctx, "answer", store, session, window=Window(messages=2))).keep(exchange("a"))
        assert not (await recall(ctx, "answer", store, session, window=Window(messages=2))).messages

    run(scenario())


@pytest.mark.parametrize("session", [{"id": 1}, True, 1.5])
def test_a_session_is_a_name_or_a_number(session):
    with pytest.raises(FlowError, match="text or a whole number"):
        run(recall(make_context(), "answer", ProcessMemory(), session, window=Window(messages=2)))


async def keeps_both(store: MemoryStore) -> None:
    """Two runs of a session that began at the same time."""
    ctx = make_context()
    both = [await recall(ctx, "answer", store, "both", window=Window(messages=20)) for _ in range(2)]
    await asyncio.gather(both[0].keep(exchange("a")), both[1].keep(exchange("b")))
    later = await recall(ctx, "answer", store, "both", window=Window(messages=20))
    assert sorted(texts(later.messages)) == ["a", "b", "yes", "yes"]


async def bounds_a_session(store: MemoryStore) -> None:
    """Only so many exchanges are kept."""
    for number in range(5):
        await store.append("bounded", exchange(str(number)), Keeping(most=2))
    kept = await store.load("bounded")
    assert [texts(each.turns)[0] for each in kept.exchanges] == ["3", "4"]
    assert kept.exchanges[0].number < kept.exchanges[1].number


async def sums_up_once(store: MemoryStore) -> None:
    """A summary takes the place of the first exchanges; one that comes later does not take more."""
    for question in "abc":
        await store.append("summed", exchange(question), Keeping())
    numbers = [each.number for each in (await store.load("summed")).exchanges]
    await store.summarize("summed", numbers[1], "first")
    await store.summarize("summed", numbers[1], "second")
    kept = await store.load("summed")
    assert (kept.summary, [texts(each.turns)[0] for each in kept.exchanges]) == ("first", ["c"])
    await store.append("summed", exchange("d"), Keeping())
    assert [texts(each.turns)[0] for each in (await store.load("summed")).exchanges] == ["c", "d"]


STORES_KEEP = pytest.mark.parametrize("law", [keeps_both, bounds_a_session, sums_up_once])


@STORES_KEEP
def test_in_this_process(law):
    run(law(ProcessMemory()))


def test_sessions_end_and_are_bounded():
    async def scenario() -> None:
        now = [0.0]
        store = ProcessMemory(most=2, clock=lambda: now[0])
        for key in ("a", "b", "c"):
            await store.append(key, exchange(key), Keeping(ttl=10))
        assert [len((await store.load(key)).exchanges) for key in ("a", "b", "c")] == [0, 1, 1]
        now[0] = 9.0
        await store.append("b", exchange("again"), Keeping(ttl=10))
        now[0] = 11.0
        assert [len((await store.load(key)).exchanges) for key in ("b", "c")] == [2, 0]

    run(scenario())


@pytest.mark.usefixtures("model_services")
def test_what_falls_out_is_summed_up():
    async def scenario(ctx: Any) -> None:
        store, window = ProcessMemory(), Window(messages=2)
        summarize = by_model(ctx, "answer", [model("openai")])
        for question in ("My name is Ada", "I live in Oslo"):
            conversation = await recall(ctx, "answer", store, "s", window=window, summarize=summarize)
            await conversation.keep(exchange(question))
        conversation = await recall(ctx, "answer", store, "s", window=window, summarize=summarize)
        summary, _, *rest = texts(conversation.messages)
        assert summary.startswith("Summary of our conversation so far:\n")
        assert "My name is Ada" in summary
        assert rest == ["I live in Oslo", "yes"]

    with_llm(scenario)


@pytest.mark.usefixtures("model_services")
def test_a_summary_that_fails_is_tried_again_and_loses_nothing():
    async def scenario(ctx: Any) -> None:
        store, window = ProcessMemory(), Window(messages=2)
        for question in "ab":
            await (await recall(ctx, "answer", store, "s", window=window)).keep(exchange(question))
        store = ProcessMemory()
        broken = by_model(ctx, "answer", [model("openai", "fail-500")])
        for question in "ab":
            conversation = await recall(ctx, "answer", store, "s", window=window, summarize=broken)
            await conversation.keep(exchange(question))
        conversation = await recall(ctx, "answer", store, "s", window=window, summarize=broken)
        assert texts(conversation.messages) == ["b", "yes"]
        works = by_model(ctx, "answer", [model("openai")])
        conversation = await recall(ctx, "answer", store, "s", window=window, summarize=works)
        assert texts(conversation.messages)[0].startswith("Summary")

    with_llm(scenario)


@pytest.mark.usefixtures("model_services")
def test_an_agent_that_failed_leaves_nothing_behind():
    store = ProcessMemory()
    nothing: list[AgentTool] = []

    async def scenario(ctx: Any) -> None:
        memory = await recall(ctx, "agent", store, "s", window=Window(messages=20))
        prompt = 'Go\nround: [["clock", {}]]'
        await run_agent(
            ctx,
            "agent",
            [model("openai")],
            messages=says(prompt),
            tools=nothing,
            memory=memory,
            limits=AgentLimits(rounds=1),
        )

    assert fails(scenario).kind == "budget"
    assert run(store.load("under_test.agent:s")).exchanges == ()


@STORES_KEEP
@pytest.mark.parametrize("where", ["sqlite", "postgres"])
def test_in_a_database(law, where, request):
    address = request.getfixturevalue("postgres_url") if where == "postgres" else IN_MEMORY

    async def scenario() -> None:
        key = sql_pool("memory")
        async with ConnectionPools.opened([key.at(address)]) as pools:
            await law(SqlMemory(pools[key]))

    run(scenario())


@STORES_KEEP
@pytest.mark.parametrize("where", ["memory", "redis"])
def test_in_a_store(law, where, request):
    address = request.getfixturevalue("redis_url") if where == "redis" else IN_MEMORY

    async def scenario() -> None:
        key = redis_pool("memory")
        async with ConnectionPools.opened([key.at(address)]) as pools:
            await law(StoreMemory(pools[key]))

    run(scenario())
