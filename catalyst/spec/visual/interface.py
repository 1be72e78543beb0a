"""What surrounds the nodes of a workflow: its input, output, triggers and limits."""

from __future__ import annotations

import re
from typing import Any

from catalyst.diagnostics import Located, Span, did_you_mean, listing
from catalyst.spec.names import usable_name
from catalyst.spec.tree import LocatedMap, key_span_at, span_at
from catalyst.spec.visual.code import Code, code, hole, locate
from catalyst.spec.visual.group import Translated
from catalyst.spec.visual.report import At, Report, first_line, kind_of, milliseconds

_FIELD_KEYS = [
    "type",
    "required",
    "default",
    "description",
    "validation",
    "items",
    "properties",
    "enum",
    "label",
    "title",
    "placeholder",
]
_RULES = {
    "minLength": "min_length",
    "maxLength": "max_length",
    "minItems": "min_length",
    "maxItems": "max_length",
    "min": "min",
    "max": "max",
    "minimum": "min",
    "maximum": "max",
    "pattern": "pattern",
    "regex": "pattern",
    "enum": "enum",
}
_TYPES = {"string", "number", "integer", "boolean", "object", "array", "any"}


def input_fields(workflow: LocatedMap, report: Report) -> dict[Any, Any]:
    """`input` of the flow."""
    raw = report.map_in(workflow, "input", "`input`")
    return {key: _input_field(key, value, raw, report) for key, value in raw.items()}


def _input_field(key: str, raw: Any, parent: LocatedMap, report: Report) -> Any:
    span = parent.value_spans.get(key, parent.span)
    if isinstance(raw, Located):
        return raw
    if not isinstance(raw, LocatedMap):
        report.error("E153", f"input `{key}` must be an object, not {kind_of(raw)}", span)
        return "any"
    report.known_keys(raw, _FIELD_KEYS, f"input `{key}`")
    field: dict[str, Any] = _type_of(key, raw, report)
    for name in ("required", "default", "description", "enum"):
        if raw.get(name) is not None or (name == "default" and name in raw and not _never_none(raw)):
            field[name] = At(raw[name], raw.value_spans[name])
    rules = report.map_in(raw, "validation", f"`validation` of input `{key}`")
    report.known_keys(rules, _RULES, f"`validation` of input `{key}`")
    for name, value in rules.items():
        if name in _RULES:
            field[_RULES[name]] = At(value, rules.value_spans[name])
    return At(field, span)


def _never_none(raw: LocatedMap) -> bool:
    """Whether a default of null can only mean that there is none."""
    return raw.get("type") in _TYPES - {"any"}


def _type_of(key: str, raw: LocatedMap, report: Report) -> dict[str, Any]:
    field: dict[str, Any] = {}
    kind = report.text_in(raw, "type", f"`type` of input `{key}`")
    if kind is not None:
        field["type"] = kind
    if isinstance(raw.get("items"), LocatedMap):
        field.pop("type", None)
        field["items"] = _input_field("items", raw["items"], raw, report)
    elif isinstance(raw.get("items"), Located):
        field.pop("type", None)
        field["items"] = raw["items"]
    elif kind == "array":
        field["type"] = Located("array<any>", kind.span)
    properties = report.map_in(raw, "properties", f"`properties` of input `{key}`")
    if properties:
        field["properties"] = {
            name: _input_field(name, value, properties, report) for name, value in properties.items()
        }
        field.pop("type", None)
    return field


_TRIGGERS_LATER = ("webhookReceiver", "websocketEndpoint", "queueConsumer")
_TRIGGERS = ("httpEndpoint", "scheduledTask", "subworkflowTrigger", *_TRIGGERS_LATER)
_HTTP_KEYS = ["method", "path", "authentication", "rateLimit", "validation", "cors"]
_SCHEDULE_KEYS = ["cron", "schedule", "timezone", "preventOverlap", "input"]


def triggers(workflow: LocatedMap, events: At | None, report: Report) -> list[Any] | None:
    """`triggers` of the flow; None when the file names none, and empty for a workflow that only others call."""
    raw = report.map_in(workflow, "trigger", "`trigger`")
    if not raw:
        return None if events is None else [{"http": {"events": events}}]
    report.known_keys(raw, ("type", "config", "id", "name", "position", "description"), "`trigger`")
    kind = report.text_in(raw, "type", "`type` of the trigger", required=True)
    config = report.map_in(raw, "config", "`config` of the trigger")
    if kind == "httpEndpoint":
        return [{"http": At(_http(config, report) | ({"events": events} if events is not None else {}), raw.span)}]
    if kind == "scheduledTask":
        return [{"schedule": At(_schedule(config, report), raw.span)}]
    if kind in _TRIGGERS_LATER:
        help_text = "use `httpEndpoint` or `scheduledTask`"
        report.error("E161", f"the trigger `{kind}` has no equivalent yet", kind.span, help=help_text)
    elif kind == "subworkflowTrigger":
        if config:
            message = "`config` of a `subworkflowTrigger` has no effect: other workflows call it with its `input`"
            report.warning("W150", message, key_span_at(raw, ["config"], raw.span))
    elif kind is not None:
        label = did_you_mean(kind, _TRIGGERS)
        report.error(
            "E161", f"there is no trigger `{kind}`", kind.span, help=f"one of: {listing(_TRIGGERS)}", label=label
        )
    return []


def _http(config: LocatedMap, report: Report) -> dict[str, Any]:
    report.known_keys(config, _HTTP_KEYS, "`config` of the trigger")
    found: dict[str, Any] = {}
    for name in ("method", "path"):
        value = report.text_in(config, name, f"`{name}` of the trigger")
        if value is not None:
            found[name] = value if name == "method" else _path(value)
    auth = _auth(config, report)
    if auth is not None:
        found["auth"] = auth
    rate = report.map_in(config, "rateLimit", "`rateLimit`")
    if rate:
        found["rate_limit"] = _rate(rate, report)
    if config.get("validation"):
        span = key_span_at(config, ["validation"], config.span)
        report.warning("W150", "`validation` of the trigger has no effect: `input` says what is valid", span)
    return found


def _path(path: Located) -> Located:
    """`/users/:id` is written `/users/{id}`."""
    parts = re.sub(r"(?<=/):([A-Za-z_]\w*)", r"{\1}", path)
    return path if parts == path else Located(parts, path.span)


_AUTH_KINDS = ("none", "bearer", "apiKey", "basic", "oauth2")


def _auth(config: LocatedMap, report: Report) -> Any:
    raw = config.get("authentication")
    if isinstance(raw, Located):
        raw = LocatedMap(raw.span)
        raw.put(Located("type", raw.span), config["authentication"], raw.span)
    elif raw is not None:
        raw = report.map_in(config, "authentication", "`authentication`")
    if not raw:
        return None
    kind = report.choice_in(raw, "type", _AUTH_KINDS, "`type` of `authentication`")
    settings = report.map_in(raw, "config", "`config` of `authentication`")
    if kind == "oauth2":
        report.error("E161", "`oauth2` has no equivalent yet", raw.span, help="use `bearer` or `apiKey`")
    if kind in (None, "none", "oauth2"):
        return None
    name = {"apiKey": "api_key", "bearer": "bearer", "basic": "basic"}[kind]
    spellings = {
        "api_key": {"header": "header", "headerName": "header", "secret": "secret"},
        "bearer": {"secret": "secret"},
        "basic": {"user": "user", "username": "user", "password": "password"},
    }[name]
    report.known_keys(settings, spellings, "`config` of `authentication`")
    fields = {
        spellings[key]: At(_secret_name(value), settings.value_spans[key])
        for key, value in settings.items()
        if key in spellings
    }
    return At({name: At(fields, settings.span if settings else raw.span)}, raw.span)


def _secret_name(value: Any) -> Any:
    """`{{ secrets.NAME }}` stands for the secret's name here."""
    match = re.fullmatch(r"\{\{\s*secrets\.(\w+)\s*\}\}", value) if isinstance(value, Located) else None
    return Located(match[1], value.span) if match is not None else value


def _rate(raw: LocatedMap, report: Report) -> At | None:
    report.known_keys(raw, ("requests", "window"), "`rateLimit`")
    count = report.number_in(raw, "requests", "`requests` of `rateLimit`")
    window = report.text_in(raw, "window", "`window` of `rateLimit`")
    match = re.fullmatch(r"(\d*)\s*([a-z]+)", window if window is not None else "1m")
    if count is None or match is None:
        report.error("E153", '`rateLimit` is `{requests: 100, window: "1m"}`', raw.span)
        return None
    every = match[1] if match[1] not in ("", "1") else ""
    return At(f"{int(count)}/{every}{'minute' if match[2] == 'm' and not every else match[2]}", raw.span)


def _schedule(config: LocatedMap, report: Report) -> dict[str, Any]:
    report.known_keys(config, _SCHEDULE_KEYS, "`config` of the trigger")
    name = "cron" if "cron" in config else "schedule"
    found: dict[str, Any] = {}
    cron = report.text_in(config, name, f"`{name}` of the trigger", required=True)
    if cron is not None:
        found["cron"] = cron
    zone = report.text_in(config, "timezone", "`timezone` of the trigger")
    if zone is not None:
        found["timezone"] = zone
    if isinstance(config.get("preventOverlap"), bool):
        way = "skip" if config["preventOverlap"] else "allow"
        found["overlap"] = At(way, config.value_spans["preventOverlap"])
    if isinstance(config.get("input"), LocatedMap):
        found["input"] = config["input"]
    return found


_EVENTS = {
    "partial": "partial",
    "token": "token",
    "event": "event",
    "done": "done",
    "error": "error",
    "complete": "done",
}


def stream_events(workflow: LocatedMap, report: Report) -> tuple[bool, At | None]:
    """Whether the workflow streams, and which events a client may see."""
    raw = report.map_in(workflow, "output", "`output`")
    report.known_keys(raw, ("type", "format", "events", "schema"), "`output`")
    kind = report.choice_in(raw, "type", ("json", "stream"), "`type` of `output`")
    form = report.choice_in(raw, "format", ("sse", "websocket", "ndjson"), "`format` of `output`")
    if form in ("websocket", "ndjson"):
        report.error("E162", f"the output format `{form}` has no equivalent yet", raw["format"].span, help="use `sse`")
    events = report.list_in(raw, "events", "`events` of `output`")
    names: list[Any] = []
    for index, name in enumerate(events):
        if isinstance(name, str) and name in _EVENTS:
            names.append(At(_EVENTS[name], events.item_spans[index]))
        else:
            known = listing(list(_EVENTS))
            label = did_you_mean(str(name), _EVENTS)
            report.error(
                "E153", f"there is no event `{name}`", events.item_spans[index], help=f"one of: {known}", label=label
            )
    return kind == "stream", At(names, events.span) if names else None


def output_of(workflow: LocatedMap, made: Translated, *, streams: bool, report: Report) -> Any:
    """`output` of the flow: what the schema names, or what the last nodes gave."""
    raw = report.map_in(workflow, "output", "`output`")
    schema = report.map_in(raw, "schema", "`schema` of `output`")
    span = span_at(workflow, ["output"], first_line(workflow.span))
    properties = schema.get("properties")
    if schema and not (isinstance(properties, LocatedMap) and properties):
        message = "`schema` of `output` has no effect without `properties`: the output is what the last nodes give"
        report.warning("W150", message, key_span_at(raw, ["schema"], raw.span))
    if isinstance(properties, LocatedMap) and properties and made.last:
        return At({key: _schema_field(key, schema, made, streams=streams) for key in properties}, schema.span)
    if not made.last:
        return None
    value = _last_value(made, span)
    return At({"value": value, "stream": True}, span) if streams else value


def _last_value(made: Translated, span: Span) -> Any:
    """One last node gives its value, several an object by id; of those that exclude each other the one that ran."""
    names = [str(name) for name in made.last]
    if len(names) == 1 or _exclusive(names, made):
        return At(locate(hole(_first_of(names)), span), span)
    sure = [name for name in names if not made.paths.maybe(name)]
    if len(sure) > 1 or len(names) > _MOST_ALTERNATIVES:
        return At({name: At(locate(hole(code(f"nodes.{name}.output")), span), span) for name in names}, span)
    return At(locate(hole(_alternatives(names)), span), span)


_MOST_ALTERNATIVES = 5


def _alternatives(names: list[str]) -> Code:
    parts: list[str] = []
    for name in names:
        others = " and ".join(f"nodes.{other}.output is none" for other in names if other != name)
        parts.append(f"nodes.{name}.output if {others} else ")
    everything = ", ".join(f"'{name}': nodes.{name}.output" for name in names)
    return code(*parts, f"{{{everything}}}")


def _exclusive(names: list[str], made: Translated) -> bool:
    return all(
        made.paths.never_together(left, right) for index, left in enumerate(names) for right in names[index + 1 :]
    )


def _first_of(names: list[str]) -> Code:
    return code(" ?? ".join(f"nodes.{name}.output" for name in names))


def _schema_field(key: str, schema: LocatedMap, made: Translated, *, streams: bool) -> Any:
    names = [str(name) for name in made.last]
    properties: LocatedMap = schema["properties"]
    shape, span = properties[key], properties.value_spans[key]
    required = schema.get("required")
    if key in names and len(names) > 1:
        read = f"nodes.{key}.output"
    else:
        soft = len(names) > 1 or made.paths.maybe(names[0]) or not (isinstance(required, list) and key in required)
        base = (
            text if (text := " ?? ".join(f"nodes.{name}.output" for name in names)) and len(names) == 1 else f"({text})"
        )
        read = f"{base}{'?.' if soft else '.'}{key}"
    field: dict[str, Any] = {"value": At(locate(hole(code(read)), span), span)}
    kind = shape.get("type") if isinstance(shape, LocatedMap) else None
    if (
        isinstance(kind, Located)
        and kind in _TYPES
        and isinstance(required, list)
        and key in required
        and len(names) == 1
    ):
        field = {"type": Located("array<any>" if kind == "array" else kind, kind.span), **field}
    description = shape.get("description") if isinstance(shape, LocatedMap) else None
    if isinstance(description, Located):
        field["description"] = description
    return At(field | ({"stream": True} if streams else {}), span)


_EXECUTION_KEYS = ("timeout", "retries", "retryDelay", "retryBackoff")


def limits(workflow: LocatedMap, report: Report) -> tuple[dict[str, Any], dict[str, Any]]:
    """`defaults` and `settings` that `executionConfig` stands for."""
    raw = report.map_in(workflow, "executionConfig", "`executionConfig`")
    report.known_keys(raw, _EXECUTION_KEYS, "`executionConfig`")
    retry: dict[str, Any] = {}
    retries = report.number_in(raw, "retries", "`retries`")
    if retries is not None:
        retry["max_attempts"] = At(int(retries) + 1, raw.value_spans["retries"])
    pause = report.number_in(raw, "retryDelay", "`retryDelay`")
    if pause is not None:
        retry["delay"] = At(milliseconds(pause), raw.value_spans["retryDelay"])
    backoff = report.choice_in(raw, "retryBackoff", ("linear", "exponential"), "`retryBackoff`")
    if backoff is not None:
        retry["backoff"] = At(backoff, raw.value_spans["retryBackoff"])
    whole = report.number_in(raw, "timeout", "`timeout`")
    settings = {"timeout": At(milliseconds(whole), raw.value_spans["timeout"])} if whole else {}
    return ({"retry": At(retry, raw.span)} if retry else {}), settings


def cors_of(raw: Any, report: Report) -> At | None:
    """`settings.cors`."""
    if not isinstance(raw, LocatedMap) or not raw:
        return None
    report.known_keys(raw, ("origins", "methods", "headers", "enabled"), "`cors`")
    if raw.get("enabled") is False or not raw.get("origins"):
        return None
    fields = {
        key: At(value, raw.value_spans[key]) for key, value in raw.items() if key in ("origins", "methods", "headers")
    }
    return At(fields, raw.span)


def secrets_of(document: LocatedMap, report: Report) -> Any:
    """`secrets` of the flow: names and what they are for."""
    raw = report.map_in(document, "secrets", "`secrets`")
    found: dict[Any, Any] = {}
    for name, entry in raw.items():
        fields = entry if isinstance(entry, LocatedMap) else LocatedMap(raw.value_spans[name])
        report.known_keys(fields, ("required", "description", "default"), f"secret `{name}`")
        if fields.get("default") not in (None, ""):
            message = f"the default of secret `{name}` is not used: secrets come from the environment only"
            report.warning("W150", message, key_span_at(fields, ["default"], fields.span))
        about = report.text_in(fields, "description", f"`description` of secret `{name}`")
        found[name] = {"description": about} if about else {}
        if fields.get("required") is not None:
            given = At(fields["required"], fields.value_spans["required"])
            found[name] |= {} if fields["required"] is True else {"required": given}
    if any(found.values()):
        return At(found, raw.span)
    return At(list(found), raw.span) if found else None


def flow_name(key: str) -> str:
    """The flow's name for a workflow's id."""
    return usable_name(key)
