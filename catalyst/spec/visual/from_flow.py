"""Flow trees become a visual document: the natural one, before what an editor added is laid over it.

Each node is written at one of three levels, from the nicest to the safest; `convert` tries them and keeps the first
that is read back as the same node.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalyst.spec.tree import plain
from catalyst.spec.units import parse_duration
from catalyst.spec.visual.catalog import DRAWN, GENERIC
from catalyst.spec.visual.code import references

NATURAL, VERBATIM_KEYS, VERBATIM = 0, 1, 2
_COLUMN, _ROW = 260, 140
_OWN_KEYS = ("type", "with")


@dataclass(frozen=True, slots=True)
class Keys:
    """What the editor calls the workflow and the nodes of a flow, where it is not the identifier."""

    workflow: str
    nodes: Mapping[str, str] = field(default_factory=dict)

    def node(self, name: str) -> str:
        """What the editor calls a node."""
        return str(self.nodes.get(name, name))


def document_of(flows: Sequence[tuple[Mapping[str, Any], Keys]]) -> dict[str, Any]:
    """The natural document of some flows; the first one's constants and secrets stand for all."""
    first = plain(flows[0][0]) if flows else {}
    document: dict[str, Any] = {"schemaVersion": "1.0.0", "projectType": "workflow"}
    names = _secret_names(first.get("secrets"))
    if names:
        document["secrets"] = names
    if isinstance(first.get("vars"), dict) and first["vars"]:
        document["globalVariables"] = first["vars"]
    document["workflows"] = {keys.workflow: workflow_of(plain(tree), keys) for tree, keys in flows}
    return document


def _secret_names(raw: Any) -> dict[str, Any]:
    if isinstance(raw, dict):
        return {name: entry if isinstance(entry, dict) else {} for name, entry in raw.items()}
    return {name: {} for name in raw if isinstance(name, str)} if isinstance(raw, list) else {}


def workflow_of(tree: dict[str, Any], keys: Keys) -> dict[str, Any]:
    """One workflow with its nodes at the natural level."""
    workflow: dict[str, Any] = {"id": keys.workflow}
    if isinstance(tree.get("description"), str):
        workflow["description"] = tree["description"]
    trigger = _trigger(tree.get("triggers"))
    if trigger is not None:
        workflow["trigger"] = trigger
    if isinstance(tree.get("input"), dict):
        workflow["input"] = {name: _input(value) for name, value in tree["input"].items()}
    limits = _limits(tree)
    if limits:
        workflow["executionConfig"] = limits
    given = tree.get("nodes")
    nodes: dict[str, Any] = given if isinstance(given, dict) else {}
    sources = {name: sources_of(node, nodes) for name, node in nodes.items()}
    places = _positions(sources)
    workflow["nodes"] = {
        keys.node(name): node_of(name, node, NATURAL, keys) | {"position": places[name]} for name, node in nodes.items()
    }
    workflow["edges"] = edges_of(sources, keys)
    workflow["catalyst"] = {}
    return workflow


def sources_of(node: Any, nodes: Mapping[str, Any]) -> list[str]:
    """The nodes beside this one that it reads or needs."""
    if not isinstance(node, dict):
        return []
    needs = node.get("needs")
    named = [needs] if isinstance(needs, str) else [name for name in needs or [] if isinstance(name, str)]
    return [name for name in dict.fromkeys([*references(node), *named]) if name in nodes and nodes[name] is not node]


def edges_of(sources: Mapping[str, list[str]], keys: Keys) -> list[dict[str, Any]]:
    """One edge from each node to each that waits for it."""
    pairs = [(source, target) for target, names in sources.items() for source in names]
    return [
        {"id": f"{source}-{target}", "source": keys.node(source), "target": keys.node(target)}
        for source, target in pairs
    ]


def _positions(sources: Mapping[str, list[str]]) -> dict[str, dict[str, int]]:
    """A place for each node: columns by how much stands before it, rows in file order."""
    depth: dict[str, int] = {}
    for _ in range(len(sources)):
        before = dict(depth)
        for name, names in sources.items():
            depth[name] = max((depth.get(other, 0) + 1 for other in names), default=0)
            depth[name] = min(depth[name], len(sources))
        if depth == before:
            break
    rows: dict[int, int] = {}
    places = {}
    for name in sources:
        row = rows.get(depth[name], 0)
        rows[depth[name]] = row + 1
        places[name] = {"x": depth[name] * _COLUMN, "y": row * _ROW}
    return places


def node_of(name: str, node: Any, level: int, keys: Keys) -> dict[str, Any]:
    """One node of the editor at a level."""
    found: dict[str, Any] = {"id": keys.node(name)}
    if not isinstance(node, dict):
        return found | {"type": GENERIC, "config": {}}
    made = _natural(node) if level < VERBATIM else None
    drawn = {DRAWN: True} if level > NATURAL else {}
    if made is None:
        left_out = ("needs",) if level == NATURAL else ()
        config = {key: value for key, value in node.items() if key not in left_out}
        return found | {"type": GENERIC, "config": config} | ({"catalyst": drawn} if drawn else {})
    kind, config, used = made
    rest = {key: value for key, value in node.items() if key not in _OWN_KEYS and key not in used}
    found |= {"type": kind}
    if level == NATURAL:
        rest.pop("needs", None)
        for key, convert in _COMMON.items():
            converted = convert(rest[key]) if key in rest else None
            if converted is not None:
                found |= converted
                del rest[key]
    found["config"] = config
    return found | ({"catalyst": rest | drawn} if rest or drawn else {})


Made = tuple[str, dict[str, Any], tuple[str, ...]]


def _natural(node: dict[str, Any]) -> Made | None:
    """The editor's type for a node, its config, and the keys beside `with` that the config says."""
    convert = _NATURAL.get(str(node.get("type")))
    settings = node.get("with")
    if convert is None or not (isinstance(settings, dict) or settings is None):
        return None
    return convert(settings or {}, node)


def _spelled(settings: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any] | None:
    """Settings under the editor's names; None when one has none."""
    if not set(settings) <= set(names):
        return None
    return {names[key]: value for key, value in settings.items()}


_LLM_NAMES = {
    "model": "model",
    "system": "systemPrompt",
    "prompt": "prompt",
    "messages": "messages",
    "temperature": "temperature",
    "max_tokens": "maxTokens",
    "stream": "streaming",
    "base_url": "baseUrl",
    "api_key": "apiKey",
}
_LLM_TYPES = {
    "anthropic": "anthropicCompletion",
    "openai": "openaiCompletion",
    "groq": "groqCompletion",
    "azure": "azureOpenaiCompletion",
}


def _llm(settings: dict[str, Any], node: dict[str, Any]) -> Made | None:
    kind = _LLM_TYPES.get(str(settings.get("provider")))
    config = _spelled({key: value for key, value in settings.items() if key != "provider"}, _LLM_NAMES)
    if kind is None or config is None:
        return None
    if kind == "azureOpenaiCompletion" and "model" in config:
        config["deployment"] = config.pop("model")
    return kind, config, ()


_HTTP_NAMES = {
    "method": "method",
    "url": "url",
    "params": "queryParams",
    "headers": "headers",
    "json": "body",
    "body": "body",
}


def _http(settings: dict[str, Any], node: dict[str, Any]) -> Made | None:
    auth = settings.get("auth")
    config = _spelled({key: value for key, value in settings.items() if key != "auth"}, _HTTP_NAMES)
    if config is None or ("json" in settings and "body" in settings):
        return None
    if isinstance(auth, dict) and set(auth) == {"bearer"}:
        config["auth"] = {"type": "bearer", "token": auth["bearer"]}
    elif auth is not None:
        return None
    return "httpRequest", config, ()


def _set(settings: dict[str, Any], node: dict[str, Any]) -> Made | None:
    value = settings.get("value")
    if set(settings) != {"value"} or not isinstance(value, dict):
        return None
    return "editFields", {"mode": "replace", "fields": value}, ()


def _template(settings: dict[str, Any], node: dict[str, Any]) -> Made | None:
    return ("promptTemplate", {"template": settings["text"]}, ()) if set(settings) == {"text"} else None


def _log(settings: dict[str, Any], node: dict[str, Any]) -> Made | None:
    config = _spelled(settings, {"level": "level", "message": "message", "data": "data"})
    return ("log", config, ()) if config is not None else None


def _wait(settings: dict[str, Any], node: dict[str, Any]) -> Made | None:
    if set(settings) == {"until"}:
        return "delay", {"until": settings["until"]}, ()
    pause = _milliseconds(settings.get("for"))
    return ("delay", {"duration": pause}, ()) if pause is not None and set(settings) == {"for"} else None


def _respond(settings: dict[str, Any], node: dict[str, Any]) -> Made | None:
    if not set(settings) <= {"status", "headers", "body"}:
        return None
    return "earlyReturn", {"response": settings} if "body" in settings else dict(settings), ()


def _call(settings: dict[str, Any], node: dict[str, Any]) -> Made | None:
    if not isinstance(node.get("workflow"), str):
        return None
    return "workflowCall", {"workflow": node["workflow"], "callType": "local", "input": settings}, ("workflow",)


_NATURAL: Mapping[str, Callable[[dict[str, Any], dict[str, Any]], Made | None]] = {
    "llm": _llm,
    "http": _http,
    "set": _set,
    "template": _template,
    "log": _log,
    "wait": _wait,
    "respond": _respond,
    "call": _call,
}


def _milliseconds(text: Any) -> int | None:
    if not isinstance(text, str):
        return None
    try:
        found = parse_duration(text) * 1000
    except ValueError:
        return None
    return round(found) if found == round(found) else None


def _timeout(value: Any) -> dict[str, Any] | None:
    limit = _milliseconds(value)
    return {"timeout": limit} if limit else None


def _retry(value: Any) -> dict[str, Any] | None:
    attempts = value.get("max_attempts") if isinstance(value, dict) and len(value) == 1 else None
    return {"retries": attempts - 1} if isinstance(attempts, int) and attempts >= 1 else None


def _on_error(value: Any) -> dict[str, Any] | None:
    if not isinstance(value, dict) or set(value) != {"default"}:
        return None
    if value["default"] is None:
        return {"onError": "continue"}
    return {"onError": "fallback", "fallbackValue": value["default"]}


def _cache(value: Any) -> dict[str, Any] | None:
    if not isinstance(value, dict) or not set(value) <= {"ttl", "key"}:
        return None
    ttl = _milliseconds(value.get("ttl"))
    if ttl is None or ttl % 1000:
        return None
    return {"cache": {"enabled": True, "ttl": ttl // 1000} | ({"key": value["key"]} if "key" in value else {})}


def _description(value: Any) -> dict[str, Any] | None:
    return {"description": value} if isinstance(value, str) and value else None


_COMMON: Mapping[str, Callable[[Any], dict[str, Any] | None]] = {
    "description": _description,
    "timeout": _timeout,
    "retry": _retry,
    "on_error": _on_error,
    "cache": _cache,
}


def _trigger(raw: Any) -> dict[str, Any] | None:
    if not isinstance(raw, list) or len(raw) != 1 or not isinstance(raw[0], dict):
        return None
    http, schedule = raw[0].get("http"), raw[0].get("schedule")
    if isinstance(http, dict):
        return {"type": "httpEndpoint", "config": {key: http[key] for key in ("method", "path") if key in http}}
    if isinstance(schedule, dict):
        config = {key: schedule[key] for key in ("cron", "timezone", "input") if key in schedule}
        if schedule.get("overlap") in ("skip", "allow"):
            config["preventOverlap"] = schedule["overlap"] == "skip"
        return {"type": "scheduledTask", "config": config}
    return None


_RULES = {"min": "min", "max": "max", "min_length": "minLength", "max_length": "maxLength", "pattern": "pattern"}


def _input(raw: Any) -> Any:
    if not isinstance(raw, dict):
        return raw
    field = {key: raw[key] for key in ("type", "required", "default", "description", "enum") if key in raw}
    rules = {spelling: raw[key] for key, spelling in _RULES.items() if key in raw}
    return field | ({"validation": rules} if rules else {})


def _limits(tree: dict[str, Any]) -> dict[str, Any]:
    settings, defaults = tree.get("settings"), tree.get("defaults")
    found: dict[str, Any] = {}
    limit = _milliseconds(settings.get("timeout")) if isinstance(settings, dict) else None
    if limit:
        found["timeout"] = limit
    retry = defaults.get("retry") if isinstance(defaults, dict) else None
    if isinstance(retry, dict):
        if isinstance(retry.get("max_attempts"), int) and retry["max_attempts"] >= 1:
            found["retries"] = retry["max_attempts"] - 1
        pause = _milliseconds(retry.get("delay"))
        if pause is not None:
            found["retryDelay"] = pause
        if retry.get("backoff") in ("linear", "exponential"):
            found["retryBackoff"] = retry["backoff"]
    return found
