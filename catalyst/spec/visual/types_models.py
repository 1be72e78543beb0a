"""Node types of the editor that ask language models: completions, agents, routes, embeddings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalyst.diagnostics import Located
from catalyst.spec.tree import LocatedList, LocatedMap
from catalyst.spec.visual.agent_tools import tools_of
from catalyst.spec.visual.code import value_code
from catalyst.spec.visual.report import At
from catalyst.spec.visual.step import Draft, Step
from catalyst.spec.visual.types_store import settings


def anthropic_completion(step: Step) -> Draft:
    """`llm` with Anthropic, or with tools `agent`; its `cache` keeps the beginning at the provider."""
    draft = _llm(step, "anthropic", ("model",))
    _keep_at_provider(step, draft.with_)
    return draft


def openai_completion(step: Step) -> Draft:
    """`llm` with OpenAI, or with tools `agent`."""
    return _llm(step, "openai", ("model",))


def groq_completion(step: Step) -> Draft:
    """`llm` with Groq, or with tools `agent`."""
    return _llm(step, "groq", ("model",))


def azure_completion(step: Step) -> Draft:
    """`llm` with Azure OpenAI, or with tools `agent`; the deployment is the model."""
    step.left_out("apiVersion")
    return _llm(step, "azure", ("deployment", "model"))


def _llm(step: Step, provider: str, model: tuple[str, ...]) -> Draft:
    with_: dict[str, Any] = {"provider": provider, "model": step.need(*model)}
    with_ |= _asked(step)
    keys = _fallback(step, provider)
    name, tools = step.raw("tools", "functions")
    if not tools:
        return Draft("llm", with_, keys)
    with_["tools"] = At(tools_of(tools, step, name), step.span_of(name))
    return Draft("agent", with_ | settings(step, max_iterations=("maxIterations",)), keys)


def _asked(step: Step) -> dict[str, Any]:
    """What is said to a model, and how it shall answer."""
    with_ = settings(step, system=("systemPrompt", "system"))
    if step.has("messages"):
        with_["messages"] = _conversation(step, with_)
    with_ |= {} if step.has("messages") and not step.has("prompt") else {"prompt": step.need("prompt")}
    return with_ | settings(
        step,
        temperature=("temperature",),
        max_tokens=("maxTokens",),
        stream=("streaming", "stream"),
        base_url=("baseUrl", "baseURL", "endpoint"),
        api_key=("apiKey",),
    )


def _fallback(step: Step, provider: str) -> dict[str, Any]:
    """`fallback`: models to ask when this one fails, one or a list, by name or as `{provider, model}`."""
    name, raw = step.raw("fallback")
    if not raw:
        return {}
    listed = raw if isinstance(raw, LocatedList) else [raw]
    return {"fallback": At([_model(step, each, name, provider) for each in listed], step.span_of(name))}


_MODEL_KEYS = {"provider": "provider", "model": "model", "temperature": "temperature", "maxTokens": "max_tokens"}
_MODEL_KEYS |= {"baseUrl": "base_url", "apiKey": "api_key"}
_WHEN = ("condition", "when", "description", "about")
"""How a model of a router says when it is asked."""


def _model(step: Step, raw: Any, name: str, provider: str | None = None) -> dict[str, Any]:
    """A model given by its name or as an object."""
    if isinstance(raw, Located):
        return {"provider": provider or provider_of(raw), "model": raw}
    if not isinstance(raw, LocatedMap):
        step.report.error("E153", f"a model of `{name}` is a name or {{provider, model}}", step.span_of(name))
        return {"provider": "openai", "model": ""}
    step.report.known_keys(raw, (*_MODEL_KEYS, "id", "name", *_WHEN), f"a model of `{name}`")
    made = {
        key: At(step.translated(raw[spelling]), raw.value_spans[spelling])
        for spelling, key in _MODEL_KEYS.items()
        if raw.get(spelling) is not None
    }
    label = next((raw[key] for key in ("id", "name") if isinstance(raw.get(key), Located)), None)
    if "model" not in made and label is not None:
        made["model"] = At(label, label.span)
    if "model" not in made:
        step.report.error("E157", f"a model of `{name}` of `{step.node.key}` needs `model`", raw.span)
        made["model"] = At("", raw.span)
    if "provider" in made:
        return made
    return {"provider": provider or provider_of(made["model"].value), **made}


def provider_of(model: Any) -> str:
    """Whose model it is, by its name; a computed one is asked at OpenAI unless the node says otherwise."""
    return "anthropic" if isinstance(model, str) and model.startswith("claude") else "openai"


def _keep_at_provider(step: Step, with_: dict[str, Any]) -> None:
    """`cache {enabled, breakpoints}`: tools and system are kept, and the conversation up to each message named."""
    name, raw = step.raw("cache")
    if isinstance(raw, bool):
        with_ |= {"prompt_cache": At("5m", step.span_of(name))} if raw else {}
        return
    if not isinstance(raw, LocatedMap) or raw.get("enabled") is False:
        if raw is not None and not isinstance(raw, LocatedMap):
            step.report.error("E153", f"`{name}` must be an object", step.span_of(name))
        return
    step.report.known_keys(raw, ("enabled", "breakpoints", "ttl"), f"`{name}` of `{step.node.key}`")
    ttl = step.report.choice_in(raw, "ttl", ("5m", "1h"), f"`ttl` of `{name}`")
    with_["prompt_cache"] = At(ttl or "5m", raw.span)
    points = step.report.list_in(raw, "breakpoints", f"`breakpoints` of `{name}`")
    numbers = [point for point in points or () if point not in ("system", "tools")]
    if numbers:
        _mark_messages(step, with_, numbers, raw)


def _mark_messages(step: Step, with_: dict[str, Any], numbers: list[Any], raw: LocatedMap) -> None:
    _, written = step.raw("messages")
    listed = written if isinstance(written, LocatedList) else []
    found = with_["messages"].value if "messages" in with_ else None
    known = list(found) if isinstance(found, LocatedList) else []
    left = len(listed) - len(known)
    places = {number for number, message in enumerate(known, left) if isinstance(message, LocatedMap)}
    right = [number for number in numbers if type(number) is int and number in places]
    if right != numbers:
        message = f"`breakpoints` of `{step.node.key}` are `system`, `tools` or positions in `messages`, from 0 on"
        step.report.error("E157", message, raw.value_spans["breakpoints"])
        return
    marked = []
    for number, message in enumerate(known, left):
        if not isinstance(message, LocatedMap):
            marked.append(message)
            continue
        entry = {key: At(value, message.value_spans[key]) for key, value in message.items()}
        marked.append(At(entry | ({"cache": True} if number in right else {}), message.span))
    with_["messages"] = At(marked, with_["messages"].span)


def embedding_generate(step: Step) -> Draft:
    """`embedding`; a list gives a vector for each of its texts."""
    with_ = settings(step, provider=("provider",))
    with_["model"] = step.need("model")
    name, raw = step.raw("text", "input")
    several = step.value("texts")
    if several is not None or isinstance(raw, LocatedList):
        given = several.value if several is not None else step.translated(raw)
        is_list = isinstance(given, LocatedList)
        with_["texts"] = step.made(value_code(given), step.span_of(name)) if is_list else several
    else:
        with_["text"] = step.value(name) if raw is not None else step.made(step.incoming())
    with_ |= settings(
        step, dimensions=("dimensions",), batch_size=("batchSize",), base_url=("baseUrl",), api_key=("apiKey",)
    )
    return Draft("embedding", with_)


def agentic_tool_call(step: Step) -> Draft:
    """`agent`; a tool is a workflow, a function below `lib/`, or a server of tools."""
    model = step.need("model")
    provider = step.value("provider") or At(provider_of(model.value), model.span)
    with_ = {"provider": provider, "model": model} | _asked(step)
    name, tools = step.raw("tools")
    if not tools:
        step.missing("tools")
    else:
        with_["tools"] = At(tools_of(tools, step, name), step.span_of(name))
    keys = _fallback(step, str(provider.value))
    return Draft("agent", with_ | settings(step, max_iterations=("maxIterations",)), keys)


_ROUTING: Mapping[str, str] = {
    **dict.fromkeys(("rules", "rule", "conditional", "condition", "conditions", "expression"), "rules"),
    **dict.fromkeys(("model", "llm", "classifier", "semantic", "content", "intent"), "model"),
    **dict.fromkeys(("fallback", "priority", "order", "sequential"), "order"),
}


def llm_router(step: Step) -> Draft:
    """`llm` with `route`: by conditions, by a model that sorts the questions, or one model after the other."""
    models = _routed(step)
    conditions = any(text is not None for _, _, text in models)
    strategy = step.choice("routingStrategy", _ROUTING, "rules" if conditions else "order")
    if strategy == "order" and conditions:
        message = f"what `{step.node.key}` says of when its models are asked has no effect: they are asked in order"
        step.report.warning("W150", message, step.span_of("routingStrategy"))
    _, spare = step.raw("fallbackModel")
    last = _model(step, spare, "fallbackModel") if spare is not None else None
    chosen = [] if strategy == "order" else [entry for entry in models if entry[2] is not None]
    others = [model for _, model, text in models if strategy == "order" or text is None]
    others += [last] if last is not None and (last not in others) else []
    if not others:
        step.missing("fallbackModel" if models else "models")
        return Draft("llm", {"provider": "openai", "model": "", **_asked(step)})
    own, rest = others[0], others[1:]
    rest = rest or ([last] if chosen and last is not None else [])
    keys: dict[str, Any] = {}
    _, sorter = step.raw("routerModel", "classifierModel", "model")
    if strategy != "model":
        step.left_out("routerModel", "classifierModel", "model")
    if chosen and strategy == "model":
        ask = _model(step, sorter, "routerModel") if sorter is not None else _bare(own)
        choices = {label: {"about": step.translated(text), **model} for label, model, text in chosen}
        keys["route"] = {"ask": ask, "choices": choices}
    elif chosen:
        keys["route"] = [{"when": _condition(step, text), **model} for _, model, text in chosen]
    if rest:
        keys["fallback"] = rest
    return Draft("llm", {**own, **_asked(step)}, keys)


def _bare(model: dict[str, Any]) -> dict[str, Any]:
    return {key: model[key] for key in ("provider", "model", "base_url", "api_key") if key in model}


def _condition(step: Step, text: Any) -> At:
    span = text.span if isinstance(text, Located) else step.span
    return step.made(step.code_of(text), span)


def _routed(step: Step) -> list[tuple[str, dict[str, Any], Any]]:
    """The models with their labels, and what `criteria` or the model itself says of when it is asked."""
    name, raw = step.raw("models")
    _, criteria = step.raw("criteria")
    said = _criteria(step, criteria)
    found: list[tuple[str, dict[str, Any], Any]] = []
    for entry in raw if isinstance(raw, LocatedList) else ():
        made = _model(step, entry, name)
        given = entry if isinstance(entry, LocatedMap) else LocatedMap(step.span)
        model = made["model"].value if isinstance(made["model"], At) else made["model"]
        label = str(next((given[key] for key in ("id", "name") if given.get(key) is not None), model))
        words = (given[key] for key in _WHEN if given.get(key) is not None)
        found.append((label, made, next(words, said.pop(label, None))))
    if raw is not None and not isinstance(raw, LocatedList):
        step.report.error("E153", f"`{name}` must be an array", step.span_of(name))
    for label in said:
        message = f"`criteria` of `{step.node.key}` names `{label}`, which is none of its `models`"
        step.report.error("E157", message, step.span_of("criteria"))
    return found


def _criteria(step: Step, raw: Any) -> dict[str, Any]:
    """`{model: text}`, or `[{model, condition}]`."""
    if isinstance(raw, LocatedMap):
        return {str(key): value for key, value in raw.items()}
    if raw is None:
        return {}
    entries = raw if isinstance(raw, LocatedList) else [None]
    found: dict[str, Any] = {}
    for entry in entries:
        given = entry if isinstance(entry, LocatedMap) else {}
        text = next((given[key] for key in _WHEN if key in given), None)
        if text is None or not isinstance(given.get("model"), str):
            message = "`criteria` is an object of models and conditions, or an array of {model, condition}"
            step.report.error("E153", message, step.span_of("criteria"))
            return {}
        found[str(given["model"])] = text
    return found


def _conversation(step: Step, with_: dict[str, Any]) -> At | None:
    """`messages`; one of the role `system` at their beginning is the setting `system`."""
    given = step.value("messages")
    if given is None or not isinstance(given.value, LocatedList) or not given.value:
        return given
    listed, first = given.value, given.value[0]
    if "system" in with_ or not isinstance(first, LocatedMap) or first.get("role") != "system":
        return given
    with_["system"] = At(first.get("content"), first.value_spans.get("content", first.span))
    rest = LocatedList(listed.span)
    for message, span in zip(listed[1:], listed.item_spans[1:], strict=True):
        rest.put(message, span)
    return At(rest, given.span)
