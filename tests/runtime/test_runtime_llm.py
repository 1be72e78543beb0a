import asyncio
import json
import logging
from collections.abc import Awaitable
from typing import Annotated, Any, Literal

import httpx2 as httpx
import pytest
from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict

from templates.runtime.errors import FlowError, NodeError
from templates.runtime.failures import FinalFailure
from templates.runtime.llm import LLM, LlmPool, complete
from templates.runtime.llm_anthropic import Anthropic
from templates.runtime.llm_openai import AzureOpenAI, Groq, OpenAI
from templates.runtime.llm_turns import checked_messages
from templates.runtime.llm_typed import complete_as, shape_of
from templates.runtime.node import Retry, node
from templates.runtime.pools import ConnectionPools
from tests.runtime.llm_parts import BOTH, PROVIDERS, fails, model, says, with_llm
from tests.runtime.support import Context, Watcher, make_context, run
from tests.standin.server import running

pytestmark = pytest.mark.usefixtures("model_services")


@BOTH
def test_an_answer_with_its_usage(provider):
    answer = with_llm(
        lambda ctx: complete(ctx, "a", [model(provider)], system="Be brief.", messages=says("Explain this: Rust ants."))
    )
    assert answer["text"].startswith("In short: Explain this: Rust ants.")
    assert answer["model"] == "some-model"
    assert answer["finish_reason"] == "stop"
    assert answer["usage"]["input_tokens"] > 0
    assert answer["usage"]["output_tokens"] == len(answer["text"].split())


@BOTH
def test_a_stream_says_the_same_as_a_plain_answer(provider):
    def ask(ctx: Context) -> Awaitable[Any]:
        return complete(ctx, "answer", [model(provider)], messages=says("Tell of the sea."), stream=True)

    watcher = Watcher()
    streamed = with_llm(ask, watcher)
    plain = with_llm(ask)
    assert streamed["text"] == plain["text"] == "".join(text for _, text in watcher.tokens)
    assert streamed["usage"] == plain["usage"]
    assert streamed["finish_reason"] == "stop"
    assert {name for name, _ in watcher.tokens} == {"answer"}
    assert len(watcher.tokens) > 5


def _answers_logged(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [record.__dict__["fields"] for record in caplog.records if record.getMessage() == "model answered"]


@BOTH
@pytest.mark.parametrize("watched", [False, True], ids=["plain", "streamed"])
def test_what_an_answer_took_is_in_the_log(provider, watched, caplog):
    caplog.set_level(logging.INFO, "app")
    answer = with_llm(
        lambda ctx: complete(ctx, "said", [model(provider)], messages=says("Tell of the sea."), stream=True),
        Watcher() if watched else None,
    )
    (line,) = _answers_logged(caplog)
    assert (line["node"], line["model"], line["finish_reason"]) == ("said", "some-model", "stop")
    assert {name: line[name] for name in answer["usage"]} == answer["usage"]
    assert line["ms"] >= 0
    assert line["execution_id"]


@BOTH
def test_each_try_at_a_typed_answer_is_in_the_log(provider, caplog):
    caplog.set_level(logging.INFO, "app")
    asked = [model(provider, "nonsense-1")]
    with_llm(lambda ctx: complete_as(ctx, "v", asked, messages=says("Rate it."), output=TypeAdapter(Verdict)))
    lines = _answers_logged(caplog)
    assert [(line["node"], line["model"]) for line in lines] == [("v", "nonsense-1")] * 2
    assert all(line["input_tokens"] > 0 and line["output_tokens"] > 0 for line in lines)
    assert "Rate it" not in str(lines)


@BOTH
def test_a_conversation_has_only_user_and_assistant(provider):
    turns = [
        {"role": "user", "content": "Tell of cats."},
        {"role": "assistant", "content": "Cats."},
        {"role": "user", "content": "More."},
    ]
    assert "cats" in with_llm(lambda ctx: complete(ctx, "a", [model(provider)], messages=turns))["text"]
    assert checked_messages(turns) == turns
    for bad in ([{"role": "system", "content": "obey"}], [{"role": "user", "content": 7}], [{}], None, "obey", {}):
        with pytest.raises(FlowError) as caught:
            checked_messages(bad)
        assert caught.value.kind == "invalid_request"


@pytest.mark.parametrize("provider", [Groq, AzureOpenAI])
def test_other_services_with_the_protocol(provider):
    answer = with_llm(lambda ctx: complete(ctx, "a", [provider("m", "k", max_tokens=9)], messages=says("Hi there")))
    assert answer["text"]


def test_an_address_given_in_the_flow(standin, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    local = OpenAI("llama", base_url=f"{standin.url}/v1", max_tokens=5)
    assert with_llm(lambda ctx: complete(ctx, "a", [local], messages=says("Hi there")))["text"]
    local = Anthropic("claude", base_url=standin.url)
    assert with_llm(lambda ctx: complete(ctx, "a", [local], messages=says("Hi there")))["text"]


@BOTH
@pytest.mark.parametrize(
    ("name", "kind", "upstream"),
    [
        ("fail-429", "http", 429),
        ("fail-500", "http", 500),
        ("fail-529", "http", 529),
        ("fail-400", "http", 400),
        ("fail-401", "auth", 401),
        ("refuse", "refused", None),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_errors_have_a_kind(provider, name, kind, upstream, stream):
    watcher = Watcher() if stream else None
    ask = lambda ctx: complete(ctx, "a", [model(provider, name)], messages=says("Hi"), stream=stream)  # noqa: E731
    error = fails(ask, watcher)
    assert (error.kind, error.upstream, error.status) == (kind, upstream, 502)
    if name == "fail-429":
        assert error.retry_after == 1.0
    assert "a-key" not in str(error.describe())


@BOTH
def test_a_refused_connection(provider, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    error = fails(lambda ctx: complete(ctx, "a", [model(provider)], messages=says("Hi")))
    assert (error.kind, error.status) == ("connection", 502)


@BOTH
@pytest.mark.parametrize(
    ("name", "kinds"), [("cut-3", {"connection"}), ("end-3", {"connection"}), ("error-3", {"http"})]
)
def test_a_stream_that_breaks_is_not_tried_again(provider, name, kinds):
    watcher = Watcher()

    @node("a", retry=Retry(max_attempts=3, delay=0.001, errors=("connection", "http")))
    async def ask(ctx: Context) -> Any:
        models = [model(provider, name), model(provider)]
        return await complete(ctx, "a", models, messages=says("Tell of the sea."), stream=True)

    error = fails(ask, watcher)
    assert error.kind in kinds
    assert isinstance(error.__cause__, FinalFailure)
    assert len(watcher.tokens) == 3


@BOTH
@pytest.mark.parametrize("name", ["cut-0", "end-0", "error-0", "fail-503", "fail-401", "refuse"])
def test_another_model_answers_when_nothing_was_said_yet(provider, name, caplog):
    other = "anthropic" if provider == "openai" else "openai"
    watcher = Watcher()
    models = [model(provider, name), model(other, "second")]
    with caplog.at_level(logging.WARNING):
        answer = with_llm(
            lambda ctx: complete(ctx, "a", models, messages=says("Tell of the sea."), stream=True), watcher
        )
    assert answer["model"] == "second"
    assert "".join(text for _, text in watcher.tokens) == answer["text"]
    failed = [record.fields["model"] for record in caplog.records if "trying the next" in record.getMessage()]
    assert failed == [name]


def test_another_model_answers_only_for_the_errors_named():
    models = [model("openai", "fail-401"), model("anthropic", errors=("timeout", "5xx"))]
    error = fails(lambda ctx: complete(ctx, "a", models, messages=says("Hi")))
    assert error.kind == "auth"


@pytest.mark.parametrize(("status", "answers"), [("fail-503", "second"), ("fail-401", "third")])
def test_a_model_that_is_not_meant_for_the_error_is_passed_over(status, answers):
    models = [
        model("openai", status),
        model("anthropic", "second", errors=("5xx",)),
        model("anthropic", "third", errors=("auth",)),
    ]
    assert with_llm(lambda ctx: complete(ctx, "a", models, messages=says("Hi")))["model"] == answers


@BOTH
def test_the_time_limit_is_for_each_model(provider):
    models = [model(provider, "slow-5000"), model(provider, "slow-1")]
    answer = with_llm(lambda ctx: complete(ctx, "a", models, messages=says("Hi"), timeout=0.3))
    assert answer["model"] == "slow-1"
    with pytest.raises(TimeoutError):
        with_llm(lambda ctx: complete(ctx, "a", models[:1], messages=says("Hi"), timeout=0.05))


def test_only_our_retries_count(standin):
    """The SDK's own would make one attempt of ours succeed here."""
    error = fails(lambda ctx: complete(ctx, "a", [model("openai", "fail-503-1")], messages=says("Hi")))
    assert error.upstream == 503

    @node("a", retry=Retry(max_attempts=3, max_delay=0.02))
    async def ask(ctx: Context) -> Any:
        return await complete(ctx, "a", [model("anthropic", "fail-503-2")], messages=says("Hi"))

    assert with_llm(ask)["text"]


@BOTH
def test_cancelling_a_stream_closes_it(provider):
    with running(token_ms=20) as slow:

        async def scenario() -> None:
            async with ConnectionPools.opened([LLM]) as pools:
                watcher = Watcher()
                url = slow.url + ("/v1" if provider == "openai" else "")
                asked = PROVIDERS[provider]("m", "k", url)
                work = complete(
                    make_context(pools, watcher), "a", [asked], messages=says("Tell of the sea."), stream=True
                )
                task = asyncio.create_task(work)
                while len(watcher.tokens) < 3:  # noqa: ASYNC110
                    await asyncio.sleep(0.005)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                said = len(watcher.tokens)
                for _ in range(100):
                    if slow.open_connections() == 0:
                        break
                    await asyncio.sleep(0.01)
                assert slow.open_connections() == 0
                assert len(watcher.tokens) == said

        run(scenario())


def test_connections_and_sdk_clients_are_shared(standin):
    async def scenario() -> None:
        async with ConnectionPools.opened([LLM]) as pools:
            before = standin.open_connections()
            for _ in range(5):
                ctx = make_context(pools, Watcher())
                await complete(ctx, "a", [model("openai")], messages=says("Hi"), stream=True)
                await complete(ctx, "a", [model("anthropic")], messages=says("Hi"), stream=True)
                await complete(ctx, "a", [model("anthropic")], messages=says("Hi"))
            assert len(pools[LLM]._clients) == 2
            assert standin.open_connections() - before <= 2

    run(scenario())


class Verdict(TypedDict):
    score: Annotated[float, Field(ge=0, le=1)]
    reason: str
    label: Literal["billing", "technical", "other"]


VERDICT = TypeAdapter(Verdict)
TICKET = "Classify as billing, technical or other: I was charged twice, please refund my payment."


@BOTH
def test_a_typed_answer(provider):
    verdict = with_llm(lambda ctx: complete_as(ctx, "judge", [model(provider)], output=VERDICT, messages=says(TICKET)))
    assert verdict["label"] == "billing"
    assert 0 <= verdict["score"] <= 1


@BOTH
@pytest.mark.parametrize(
    ("kind", "check"),
    [
        (list[str], lambda value: len(value) >= 1),
        (Literal["billing", "technical"], lambda value: value == "billing"),
        (dict[str, int], lambda value: isinstance(value, dict)),
        (list[Verdict], lambda value: value[0]["label"] == "billing"),
        (Any, lambda value: True),
        (Verdict | None, lambda value: value["label"] == "billing"),
        (int, lambda value: isinstance(value, int)),
    ],
)
def test_answers_of_other_types(provider, kind, check):
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    assert check(
        with_llm(lambda ctx: complete_as(ctx, "judge", [model(provider)], output=adapter, messages=says(TICKET)))
    )


@BOTH
def test_a_wrong_answer_is_sent_back_with_what_is_wrong(provider):
    verdict = with_llm(
        lambda ctx: complete_as(ctx, "judge", [model(provider, "nonsense-2")], output=VERDICT, messages=says(TICKET))
    )
    assert verdict["label"] == "billing"


@BOTH
def test_an_answer_that_stays_wrong_is_an_error_or_another_models_turn(provider):
    models = [model(provider, "nonsense")]
    error = fails(lambda ctx: complete_as(ctx, "judge", models, output=VERDICT, messages=says(TICKET)))
    assert (error.kind, error.status) == ("invalid_output", 502)
    models.append(model(provider))
    assert (
        with_llm(lambda ctx: complete_as(ctx, "judge", models, output=VERDICT, messages=says(TICKET)))["label"]
        == "billing"
    )


def test_a_typed_answer_as_a_node_fails_with_its_name():
    @node("judge", retry=Retry(max_attempts=2, delay=0.001, errors=("invalid_output",)))
    async def judge(ctx: Context) -> Verdict:
        return await complete_as(
            ctx, "judge", [model("openai", "nonsense")], output=VERDICT, max_repairs=0, messages=says(TICKET)
        )

    with pytest.raises(NodeError) as caught:
        with_llm(judge)
    assert caught.value.node == "judge"


def test_schemas_are_objects_at_the_top_and_closed_where_they_can_be():
    class Inner(TypedDict):
        a: int

    class Open(TypedDict):
        inner: Inner
        rest: dict[str, int]

    closed = shape_of(TypeAdapter(list[Inner])).schema
    assert closed.closed
    assert closed.schema["type"] == "object"
    assert closed.schema["$defs"]["Inner"]["additionalProperties"] is False
    for kind in (Open, dict[str, int], Any, list[Any]):
        assert not shape_of(TypeAdapter(kind)).schema.closed
    assert json.dumps(closed.schema)


def test_fenced_answers_are_read():
    shape = shape_of(VERDICT)
    text = '```json\n{"score": 0.5, "reason": "x", "label": "other"}\n```'
    assert shape.read(text)["label"] == "other"
    assert shape_of(TypeAdapter(list[int])).read('{"value": [1]}') == [1]
    assert shape_of(TypeAdapter(list[int])).read("[1]") == [1]


def test_keys_do_not_show():
    assert "a-key" not in repr(model("openai"))


@BOTH
def test_what_the_service_is_sent(provider):
    """The SDKs' arguments change; what goes over the wire must not."""
    seen: list[dict[str, Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(json.loads(request.content))
        return httpx.Response(500)

    async def scenario() -> None:
        pool = LlmPool(httpx.AsyncClient(transport=httpx.MockTransport(answer)))
        asked = PROVIDERS[provider]("some-model", "a-key", temperature=0.5, max_tokens=7)
        with pytest.raises(FlowError):
            await complete(make_context({LLM: pool}), "a", [asked], system="Be brief.", messages=says("Hi"))
        await pool.close()

    run(scenario())
    if provider == "openai":
        assert seen == [
            {
                "model": "some-model",
                "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}],
                "temperature": 0.5,
                "max_completion_tokens": 7,
            }
        ]
    else:
        assert seen == [
            {
                "model": "some-model",
                "system": "Be brief.",
                "messages": [{"role": "user", "content": "Hi"}],
                "temperature": 0.5,
                "max_tokens": 7,
            }
        ]


def test_a_model_is_told_limits_in_words_and_asked_for_fields_with_defaults():
    class Answer(TypedDict):
        score: Annotated[float, Field(ge=0, le=1, description="How good it is")]
        share: Annotated[int | float, Field(ge=0, le=0.5)]
        note: Annotated[str, Field(default="none", min_length=2)]
        tags: list[Annotated[str, Field(max_length=5)]]

    shape = shape_of(TypeAdapter(Answer)).schema
    properties = shape.schema["properties"]
    assert shape.closed
    assert shape.schema["required"] == ["score", "share", "note", "tags"]
    assert properties["score"] == {
        "type": "number",
        "title": "Score",
        "description": "How good it is; minimum 0; maximum 1",
    }
    assert properties["share"] == {
        "anyOf": [{"type": "integer"}, {"type": "number"}],
        "title": "Share",
        "description": "minimum 0; maximum 0.5",
    }
    assert properties["note"] == {"type": "string", "title": "Note", "description": "minLength 2"}
    assert properties["tags"]["items"] == {"type": "string", "description": "maxLength 5"}
