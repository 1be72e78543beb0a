"""What answers cost: prices, the provider's cache, totals of a run."""

import json
import logging
import re
from datetime import date
from typing import Any, Literal

import pytest
from pydantic import TypeAdapter

from templates.runtime.embeddings import EMBEDDED, embed, embed_all
from templates.runtime.errors import CannotStart
from templates.runtime.llm import LLM, complete
from templates.runtime.llm_answers import tokens
from templates.runtime.llm_openai import OpenAI
from templates.runtime.llm_price_list import AS_OF, LONG, PUBLISHED
from templates.runtime.llm_prices import PriceList
from templates.runtime.llm_route import ByModel
from templates.runtime.llm_typed import complete_as
from templates.runtime.pools import ConnectionPools
from templates.runtime.rerank import rerank
from tests.runtime.llm_parts import BOTH, model, says, with_llm
from tests.runtime.support import Context, Watcher, make_context, run

pytestmark = pytest.mark.usefixtures("model_services")


def test_prices_are_dated_and_make_sense():
    assert date.fromisoformat(AS_OF) > date(2025, 1, 1)
    for name, (_, long) in LONG.items():
        assert all(more > usual for more, usual in zip(long, PUBLISHED[name], strict=True)), name
    for name, row in PUBLISHED.items():
        assert 0 < row[0] <= row[1] or row[1] == 0, name
        assert all(kept <= row[0] for kept in row[2:3]), name


@pytest.mark.parametrize("name", ["gpt-4o-mini", "gpt-4o-mini-2024-07-18"])
def test_the_cost_of_an_answer(name):
    cost = PriceList().cost(name, tokens(1_000_000, 1_000_000, from_cache=400_000))
    assert cost == pytest.approx(0.6 * 0.15 + 0.4 * 0.075 + 0.6)


@pytest.mark.parametrize(("read", "cost"), [(100_000, 0.01), (100_001, 0.0500005)])
def test_long_prompts_may_cost_more(read, cost):
    assert PriceList().cost("claude-haiku-5-5", tokens(read, 0)) == pytest.approx(cost)


def test_writing_to_the_cache_costs_more():
    cost = PriceList().cost("claude-haiku-4-5-20251001", tokens(3000, 0, from_cache=1000, to_cache=1000))
    assert cost == pytest.approx((1000 * 1.0 + 1000 * 0.1 + 1000 * 1.25) / 1e6)


def test_a_model_without_a_price_is_named_once(caplog):
    caplog.set_level(logging.WARNING, "app")
    prices = PriceList()
    assert [prices.cost("house-model", tokens(5, 5)) for _ in range(3)] == [None] * 3
    assert [record.fields["model"] for record in caplog.records] == ["house-model"]


def test_the_owners_prices_go_first(tmp_path, monkeypatch):
    file = tmp_path / "prices.json"
    monkeypatch.setenv("LLM_PRICES", str(file))
    file.write_text(
        json.dumps({"gpt-4o": {"input": 1, "output": 2}, "house": {"input": 0, "output": 0}, "rank": {"searches": 1.5}})
    )
    prices = PriceList.from_environment()
    assert prices.cost("gpt-4o-2024-08-06", tokens(1_000_000, 1_000_000)) == 3.0
    assert prices.cost("house", tokens(5, 5)) == 0.0
    assert prices.cost("rank", tokens(5, 0), 2) == 0.003
    assert prices.cost("gpt-4o-mini", tokens(1_000_000, 0)) == 0.15
    for wrong in ("", "[]", '{"a": {"input": "1", "output": 2}}', '{"a": {"input": 1}}', '{"a": {"in": 1}}'):
        file.write_text(wrong)
        with pytest.raises(CannotStart, match="LLM_PRICES"):
            PriceList.from_environment()
    monkeypatch.setenv("LLM_PRICES", str(tmp_path / "missing.json"))
    with pytest.raises(CannotStart, match=re.escape("cannot be read")):
        PriceList.from_environment()


@BOTH
@pytest.mark.parametrize("stream", [False, True])
def test_a_provider_reads_from_its_cache(provider, stream):
    system = "word " * 150 + provider + str(stream)
    ask = lambda ctx: complete(  # noqa: E731
        ctx, "a", [model(provider)], system=system, cache_system="5m", messages=says("Hi there"), stream=stream
    )
    first, second = (with_llm(ask, Watcher())["usage"] for _ in range(2))
    assert first["cache_read_tokens"] == 0
    assert second["cache_read_tokens"] >= 150
    assert first["input_tokens"] == second["input_tokens"] > 150
    if provider == "anthropic":
        assert first["cache_write_tokens"] == second["cache_read_tokens"]
        assert second["cache_write_tokens"] == 0


@BOTH
def test_the_cost_is_in_the_output_and_in_the_log(provider, caplog):
    caplog.set_level(logging.INFO, "app")
    name = "claude-haiku-4-5" if provider == "anthropic" else "gpt-4o-mini"
    usage = with_llm(lambda ctx: complete(ctx, "a", [model(provider, name)], messages=says("Hi")))["usage"]
    assert usage["cost"] > 0
    (line,) = (record.fields for record in caplog.records if record.getMessage() == "model answered")
    assert line["cost"] == usage["cost"] == line["run"]["cost"]
    assert with_llm(lambda ctx: complete(ctx, "a", [model(provider)], messages=says("Hi")))["usage"]["cost"] is None


Label = Literal["billing", "technical"]


def test_totals_of_a_run_hold_every_answer():
    """Typed answers, those that were wrong, and those of the model that routes."""
    context: list[Context] = []

    async def scenario() -> Any:
        async with ConnectionPools.opened([LLM]) as pools:
            ctx = make_context(pools)
            context.append(ctx)
            route = ByModel(model("openai", "gpt-4o-mini"), {"hard": ("hard ones", model("openai", "gpt-4o"))})
            adapter: TypeAdapter[Label] = TypeAdapter(Label)
            asked = [model("anthropic", "nonsense-1")]
            await complete_as(ctx.clone(), "a", asked, messages=says("I was charged"), output=adapter)
            typed = dict(ctx.totals)
            await complete(ctx, "b", [model("openai", "gpt-4o")], messages=says("hard one"), route=route)
            return typed

    typed = run(scenario())
    assert typed["input_tokens"] > 0
    assert typed["cost"] == 0.0
    assert context[0].totals["input_tokens"] > typed["input_tokens"]
    assert context[0].totals["cost"] > 0


def test_vectors_and_rankings_count_like_answers(standin, caplog):
    """In the run's totals, in the log and on `/metrics`; what is remembered, or asked for by another, costs nothing."""
    caplog.set_level(logging.INFO, "app")

    async def scenario() -> Any:
        async with ConnectionPools.opened([LLM, EMBEDDED]) as pools:
            ctx = make_context(pools)
            small = OpenAI("text-embedding-3-small", api_key="k", base_url=f"{standin.url}/v1")
            several = await embed_all(ctx, "a", small, ["the sea", "the sky", "a ship at sea"], batch_size=2)
            again = await embed(ctx, "b", small, "the sky")
            await rerank(ctx, "c", f"{standin.url}/v2", "rerank-v3.5", "sea", ["ship"] * 101)
            await rerank(ctx, "d", f"{standin.url}/v1", "house-rank", "the sea", ["a ship"])
            shown = {
                (sample.name, sample.labels["model"], sample.labels.get("kind")): sample.value
                for metric in pools[LLM].collect()
                for sample in metric.samples
            }
            return several["usage"], again["usage"], dict(ctx.totals), shown

    several, again, totals, shown = run(scenario())
    assert several == {"input_tokens": 8, "cost": pytest.approx(8 * 0.02 / 1e6)}
    assert again == {"input_tokens": 0, "cost": 0.0}
    assert totals == {"input_tokens": 12, "output_tokens": 0, "cost": pytest.approx(8 * 0.02 / 1e6 + 2 * 2.0 / 1e3)}
    assert shown["llm_answers_total", "text-embedding-3-small", None] == 2
    assert shown["llm_tokens_total", "house-rank", "input"] == 4
    assert shown["llm_cost_dollars_total", "rerank-v3.5", None] == 0.004
    lines = [record.fields for record in caplog.records if record.getMessage() == "model answered"]
    assert [(line["node"], line["cost"]) for line in lines[-2:]] == [("c", 0.004), ("d", None)]
