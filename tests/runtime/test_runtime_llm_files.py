"""Images and documents on their way to a model, and what a provider keeps and thinks."""

import base64
import json
from typing import Any

import httpx2 as httpx
import pytest

from templates.runtime.errors import FlowError
from templates.runtime.llm import LLM, LlmPool, complete
from templates.runtime.llm_files import Attachment, attached
from templates.runtime.llm_turns import Message, checked_messages, with_files
from tests.runtime.llm_parts import BOTH, PROVIDERS, fails, model, with_llm
from tests.runtime.support import Watcher, make_context, run

pytestmark = pytest.mark.usefixtures("model_services")

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20
PDF = b"%PDF-1.7\n" + b"0" * 20
UPLOAD = {"filename": "a.png", "content_type": "application/octet-stream", "content": PNG}


@pytest.mark.parametrize(
    ("file", "kind", "data", "url"),
    [
        (UPLOAD, "image/png", PNG, None),
        (PNG, "image/png", PNG, None),
        (b"RIFF0000WEBP", "image/webp", b"RIFF0000WEBP", None),
        ({"data": base64.b64encode(PDF).decode(), "media_type": "text/plain"}, "application/pdf", PDF, None),
        ({"filename": "a.csv", "content_type": "text/csv; charset=utf-8", "content": b"a,b"}, "text/csv", b"a,b", None),
        ({"filename": "notes.md", "content_type": "", "content": b"# a"}, "text/markdown", b"# a", None),
        ("data:image/gif;base64,R0lGOA==", "image/gif", b"GIF8", None),
        ("https://x.test/a.JPG?b=1", "image/jpeg", b"", "https://x.test/a.JPG?b=1"),
        ("https://x.test/photo", "image/*", b"", "https://x.test/photo"),
        ({"url": "https://x.test/a", "media_type": "application/pdf"}, "application/pdf", b"", "https://x.test/a"),
    ],
)
def test_whatever_names_a_file_is_one(file, kind, data, url):
    made = attached(file)
    assert (made.media_type, made.data, made.url) == (kind, data, url)


@pytest.mark.parametrize(
    "file",
    [7, None, {}, {"url": 7}, "file:///etc/passwd", "ftp://x", "a.png", b"\x00\x01", {"data": "no base64!"}, [PNG]],
)
def test_what_is_no_file_is_said_without_its_value(file):
    with pytest.raises(FlowError) as caught:
        attached(file)
    assert caught.value.kind == "invalid_request"
    assert "passwd" not in str(caught.value)


def test_files_come_before_the_text_and_lists_stand_for_their_items():
    assert with_files("what?", []) == "what?"
    content = with_files("what?", [UPLOAD, None, [PDF, "https://x.test/a.png"]])
    assert [each.media_type if isinstance(each, Attachment) else each for each in content] == [
        "image/png",
        "application/pdf",
        "image/png",
        "what?",
    ]


def test_computed_messages_may_hold_parts_and_files():
    parts = [{"type": "text", "text": "one"}, {"type": "image", "url": "https://x.test/a.png"}]
    turns = [{"role": "user", "content": parts}, {"role": "user", "content": "two", "files": [UPLOAD]}]
    first, second = checked_messages(turns)
    assert first["content"] == ["one", Attachment("image/png", url="https://x.test/a.png")]
    assert second["content"][-1] == "two"
    for bad in ([{"type": "video", "url": "x"}], ["text"], [{"type": "text"}], [{"type": "image", "url": "file:///a"}]):
        with pytest.raises(FlowError) as caught:
            checked_messages([{"role": "user", "content": bad}])
        assert caught.value.kind == "invalid_request"


@BOTH
@pytest.mark.parametrize("stream", [False, True])
def test_a_model_sees_images_and_documents(provider, stream):
    def seen(*files: object) -> str:
        messages: list[Message] = [{"role": "user", "content": with_files("Tell of it", files)}]
        ask = lambda ctx: complete(ctx, "a", [model(provider)], messages=messages, stream=stream)  # noqa: E731
        text: str = with_llm(ask, Watcher())["text"]
        return text

    answer = seen(UPLOAD, PDF)
    assert f"image/png of {len(PNG)} bytes" in answer
    assert f"application/pdf of {len(PDF)} bytes" in answer
    assert "grapes" in seen({"filename": "a.txt", "content_type": "text/plain", "content": b"grapes"})


def asked_for(provider: str, messages: list[Message], **settings: Any) -> dict[str, Any]:
    """What goes over the wire."""
    seen: list[dict[str, Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(json.loads(request.content))
        return httpx.Response(500)

    async def scenario() -> None:
        pool = LlmPool(httpx.AsyncClient(transport=httpx.MockTransport(answer)))
        options = {name: settings.pop(name) for name in ("system", "cache_system") if name in settings}
        asked = PROVIDERS[provider]("m", "k", **settings)
        with pytest.raises(FlowError):
            await complete(make_context({LLM: pool}), "a", [asked], messages=messages, **options)
        await pool.close()

    run(scenario())
    return seen[0]


def test_images_in_both_protocols():
    messages: list[Message] = [{"role": "user", "content": with_files("?", [PNG, "https://x.test/a.png"])}]
    text = base64.b64encode(PNG).decode()
    assert asked_for("openai", messages)["messages"][0]["content"] == [
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{text}"}},
        {"type": "image_url", "image_url": {"url": "https://x.test/a.png"}},
        {"type": "text", "text": "?"},
    ]
    assert asked_for("anthropic", messages)["messages"][0]["content"] == [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": text}},
        {"type": "image", "source": {"type": "url", "url": "https://x.test/a.png"}},
        {"type": "text", "text": "?"},
    ]


def test_what_a_provider_does_not_take_is_said():
    word = {"filename": "a.docx", "content_type": "application/msword", "content": b"x"}
    pdf = {"url": "https://x.test/a.pdf"}
    for provider, file in (("anthropic", word), ("openai", pdf)):
        messages: list[Message] = [{"role": "user", "content": with_files("?", [file])}]
        error = fails(
            lambda ctx, provider=provider, messages=messages: complete(ctx, "a", [model(provider)], messages=messages)
        )
        assert error.kind == "invalid_request"


def test_marks_of_what_to_keep():
    messages: list[Message] = [
        {"role": "user", "content": "long", "cache": "5m"},
        {"role": "assistant", "content": "yes"},
        {"role": "user", "content": "short"},
    ]
    sent = asked_for("anthropic", messages, system="rules", cache_system="1h")
    assert sent["system"] == [{"type": "text", "text": "rules", "cache_control": {"type": "ephemeral", "ttl": "1h"}}]
    assert sent["messages"][0]["content"] == [{"type": "text", "text": "long", "cache_control": {"type": "ephemeral"}}]
    assert sent["messages"][2] == {"role": "user", "content": "short"}
    sent = asked_for("openai", messages, system="rules", cache_system="1h")
    assert "cache" not in json.dumps(sent)


def test_thinking_is_passed_on():
    says: list[Message] = [{"role": "user", "content": "?"}]
    sent = asked_for("anthropic", says, thinking_tokens=2000)
    assert sent["thinking"] == {"type": "enabled", "budget_tokens": 2000}
    assert sent["max_tokens"] > 2000
    sent = asked_for("anthropic", says, effort="high")
    assert (sent["thinking"], sent["output_config"]) == ({"type": "adaptive"}, {"effort": "high"})
    assert asked_for("openai", says, effort="low")["reasoning_effort"] == "low"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("provider", ["anthropic", "openai"])
def test_thoughts_are_no_part_of_the_answer(provider, stream):
    says: list[Message] = [{"role": "user", "content": "Tell of the sea."}]
    asked = model(provider, effort="high")
    answer = with_llm(lambda ctx: complete(ctx, "a", [asked], messages=says, stream=stream))
    assert answer["text"].startswith("In short")
    assert answer["finish_reason"] == "stop"
