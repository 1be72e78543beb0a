"""Types of the editor that ask language models: tools, routes, what is kept at the provider, embeddings."""

import pytest

from tests.visual.visual_support import document, edge, load, node, one, only_tree, problems_of

ASK = {"model": "gpt-5.4-mini", "prompt": "Hi"}
SCHEMA = {"type": "object", "properties": {"number": {"type": "integer"}}}


@pytest.mark.parametrize(
    ("tool", "wanted"),
    [
        ("lib.shop:find", {"function": "lib.shop:find"}),
        ("find", {"function": "lib.tools:find"}),
        ("in-ner", {"workflow": "in_ner"}),
        ({"mcp": "SEARCH_URL", "only": ["look"]}, {"mcp": "SEARCH_URL", "only": ["look"]}),
        (
            {"name": "find", "description": "Find it.", "input_schema": SCHEMA, "timeout": 2000},
            {
                "name": "find",
                "description": "Find it.",
                "schema": SCHEMA,
                "function": "lib.tools:find",
                "timeout": "2s",
            },
        ),
        (
            {"type": "function", "function": {"name": "find", "parameters": SCHEMA}},
            {"name": "find", "schema": SCHEMA, "function": "lib.tools:find"},
        ),
    ],
)
def test_tools(tool, wanted):
    raw = document({"x": node("agenticToolCall", {**ASK, "tools": [tool], "maxIterations": 3})})
    raw["workflows"]["in-ner"] = {"nodes": {"y": node("log", {"message": "x"})}}
    loaded = load(raw)
    assert not loaded.diagnostics
    made = next(flow for flow in loaded.flows if flow.name == "main").tree["nodes"]["x"]
    assert made["type"] == "agent"
    assert made["with"] == {
        "provider": "openai",
        "model": "gpt-5.4-mini",
        "prompt": "Hi",
        "tools": [wanted],
        "max_iterations": 3,
    }


@pytest.mark.parametrize("tool", [3, {"description": "nameless"}, {"name": "a", "zzz": 1}])
def test_what_is_no_tool(tool):
    (code,) = problems_of({"x": node("agenticToolCall", {**ASK, "tools": [tool]})})
    assert code in ("E153", "E157")


@pytest.mark.parametrize("key", ["tools", "functions"])
def test_a_completion_with_tools_is_an_agent(key):
    made = one("anthropicCompletion", {"model": "claude-sonnet-5-5", "prompt": "Hi", key: [{"name": "find"}]})
    assert made["type"] == "agent"
    assert made["with"]["tools"] == [{"name": "find", "function": "lib.tools:find"}]


def test_fallback_of_a_completion():
    made = one(
        "openaiCompletion", {**ASK, "fallback": ["gpt-5.4", {"provider": "anthropic", "model": "claude-haiku-4-5"}]}
    )
    assert made["fallback"] == [
        {"provider": "openai", "model": "gpt-5.4"},
        {"provider": "anthropic", "model": "claude-haiku-4-5"},
    ]


@pytest.mark.parametrize(
    ("cache", "kept", "marked"),
    [
        ({"enabled": True}, "5m", []),
        ({"enabled": True, "ttl": "1h", "breakpoints": ["system", 1]}, "1h", [0]),
        ({"enabled": True, "breakpoints": [2]}, "5m", [1]),
        ({"enabled": False, "breakpoints": [1]}, None, []),
        (True, "5m", []),
    ],
)
def test_what_is_kept_at_the_provider(cache, kept, marked):
    messages = [{"role": role, "content": "x"} for role in ("system", "user", "user")]
    made = one("anthropicCompletion", {"model": "m", "messages": messages, "cache": cache})["with"]
    assert made.get("prompt_cache") == kept
    assert [number for number, message in enumerate(made["messages"]) if message.get("cache")] == marked


@pytest.mark.parametrize("points", [[0], [9], ["somewhere"]])
def test_a_breakpoint_is_a_message(points):
    messages = [{"role": role, "content": "x"} for role in ("system", "user")]
    config = {"model": "m", "messages": messages, "cache": {"enabled": True, "breakpoints": points}}
    assert problems_of({"x": node("anthropicCompletion", config)}) == ["E157"]


def test_routes_by_conditions():
    config = {
        "routingStrategy": "rules",
        "models": [
            {"id": "careful", "provider": "anthropic", "model": "claude-opus-5-5"},
            {"model": "gpt-5.4", "condition": "input.n > 3"},
            "gpt-5.4-mini",
        ],
        "criteria": {"careful": "{{ input.careful }}"},
        "fallbackModel": "claude-haiku-4-5",
        "prompt": "Hi",
    }
    assert one("llmRouter", config) == {
        "type": "llm",
        "with": {"provider": "openai", "model": "gpt-5.4-mini", "prompt": "Hi"},
        "route": [
            {"when": "{{ input.careful }}", "provider": "anthropic", "model": "claude-opus-5-5"},
            {"when": "{{ input.n > 3 }}", "provider": "openai", "model": "gpt-5.4"},
        ],
        "fallback": [{"provider": "anthropic", "model": "claude-haiku-4-5"}],
    }


def test_routes_by_a_model():
    config = {
        "routingStrategy": "semantic",
        "models": ["gpt-5.4"],
        "criteria": [{"model": "gpt-5.4", "description": "hard sums"}],
        "fallbackModel": "gpt-5.4-mini",
        "prompt": "Hi",
    }
    made = one("llmRouter", config)
    assert made["with"]["model"] == "gpt-5.4-mini"
    assert made["route"] == {
        "ask": {"provider": "openai", "model": "gpt-5.4-mini"},
        "choices": {"gpt-5.4": {"about": "hard sums", "provider": "openai", "model": "gpt-5.4"}},
    }


def test_one_model_after_the_other():
    made = one("llmRouter", {"models": ["a", "b"], "fallbackModel": "c", "prompt": "Hi"})
    assert made["with"]["model"] == "a"
    assert [model["model"] for model in made["fallback"]] == ["b", "c"]


@pytest.mark.parametrize(
    ("config", "codes"),
    [
        ({"models": ["a"], "prompt": "Hi", "routingStrategy": "cheapest"}, ["E153"]),
        ({"prompt": "Hi"}, ["E157"]),
        ({"models": [{"model": "a", "condition": "input.x"}], "prompt": "Hi"}, ["E157"]),
        ({"models": ["a"], "criteria": {"b": "input.x"}, "prompt": "Hi"}, ["E157"]),
        ({"models": [{"zzz": 1, "model": "a"}], "prompt": "Hi"}, ["E153"]),
    ],
)
def test_wrong_routes(config, codes):
    assert problems_of({"x": node("llmRouter", config)}) == codes


def test_embeddings():
    made = one("embeddingGenerate", {"provider": "openai", "model": "e", "text": "{{ input.text }}", "dimensions": 8})
    assert made == {
        "type": "embedding",
        "with": {"provider": "openai", "model": "e", "text": "{{ input.text }}", "dimensions": 8},
    }
    made = one("embeddingGenerate", {"model": "e", "input": ["a", "b {{ input.text }}"]})
    assert made["with"] == {"model": "e", "texts": "{{ ['a', 'b ' ~ input.text] }}"}
    nodes = {"say": node("promptTemplate", {"template": "x"}), "meant": node("embeddingGenerate", {"model": "e"})}
    tree = only_tree(load(document(nodes, [edge("say", "meant")])))
    assert tree["nodes"]["meant"]["with"]["text"] == "{{ nodes.say.output }}"
