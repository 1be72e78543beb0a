"""Node types of the editor that talk to the outside: HTTP, GraphQL, waiting, logging, other workflows."""

from __future__ import annotations

import re
from typing import Any

from catalyst.diagnostics import Located, did_you_mean
from catalyst.spec.tree import LocatedList, LocatedMap
from catalyst.spec.visual.code import Code, Hole, code, grouped, hole, locate, renamed, split_template, value_code
from catalyst.spec.visual.report import At
from catalyst.spec.visual.step import Draft, Step
from catalyst.spec.visual.types_store import own_timeout, settings


def http_request(step: Step) -> Draft:
    """`http`."""
    with_ = _request(step, "GET")
    step.refuse("pagination", "write a `loop` in YAML that asks for one page after the other")
    return Draft("http", with_, own_timeout(step))


def graphql_query(step: Step) -> Draft:
    """`graphql` with a query; its document is constant, values go into it as variables."""
    return _graphql(step, "query")


def graphql_mutation(step: Step) -> Draft:
    """`graphql` with a mutation."""
    return _graphql(step, "mutation")


def _graphql(step: Step, kind: str) -> Draft:
    with_: dict[str, Any] = {"url": step.need("endpoint", "url")}
    document = step.text(kind, "query")
    with_[kind] = document if document is not None else step.need(kind)
    variables = step.value("variables")
    if variables is not None and variables.value not in ({}, []):
        with_["variables"] = variables
    with_ |= settings(step, headers=("headers",), select=("select",))
    auth = _auth(step)
    if auth is not None:
        with_["auth"] = auth
    pages = _pages(step)
    if pages is not None:
        with_["paginate"] = pages
    return Draft("graphql", with_, own_timeout(step))


_PAGES = {
    "items": "items",
    "itemsPath": "items",
    "pageInfo": "page_info",
    "pageInfoPath": "page_info",
    "variable": "variable",
    "cursorVariable": "variable",
    "maxPages": "max_pages",
}


def _pages(step: Step) -> At | None:
    """`pagination`: where the items and `{hasNextPage, endCursor}` are in the data."""
    name, raw = step.raw("pagination")
    if not isinstance(raw, LocatedMap):
        if raw not in (None, False):
            step.report.error("E153", f"`{name}` must be an object", step.span_of(name))
        return None
    if raw.get("enabled") is False:
        return None
    step.report.known_keys(raw, ("enabled", *_PAGES), f"`{name}` of `{step.node.key}`")
    given = {_PAGES[key]: At(value, raw.value_spans[key]) for key, value in raw.items() if key in _PAGES}
    for needed, spelling in (("items", "items"), ("page_info", "pageInfo")):
        if needed not in given:
            message = f"`{name}` of `{step.node.key}` needs `{spelling}`, its place in the data"
            step.report.error("E157", message, raw.span, help=f"write a path such as `people.{spelling}`")
    return At(given, raw.span)


def webhook_send(step: Step) -> Draft:
    """`http` with POST; with a `secret` its body is signed (HMAC-SHA256 in the header `signatureHeader`)."""
    with_ = _request(step, "POST")
    sign = _signature(step)
    if sign:
        with_["sign"] = sign
    keys = own_timeout(step)
    _, retry = step.raw("retry")
    setting = _retry_setting(step, retry) if retry is not None else None
    return Draft("http", with_, keys | ({"retry": setting} if setting is not None else {}))


_SIGNATURE = {"secret": "key", "key": "key", "header": "header", "headerName": "header"}


def _signature(step: Step) -> dict[str, Any]:
    """`sign`, from `secret` and `signatureHeader`, or from `signature: {secret, header}`."""
    found = settings(step, key=("secret",), header=("signatureHeader",))
    name, raw = step.raw("signature")
    if isinstance(raw, LocatedMap) and raw.get("enabled") is not False:
        step.report.known_keys(raw, (*_SIGNATURE, "algorithm", "enabled"), f"`{name}` of `{step.node.key}`")
        step.report.choice_in(raw, "algorithm", ("sha256",), f"`algorithm` of `{name}`")
        given = {key: value for key, value in raw.items() if key in _SIGNATURE}
        found |= {_SIGNATURE[key]: At(step.translated(value), raw.value_spans[key]) for key, value in given.items()}
    elif raw is not None and not isinstance(raw, (LocatedMap, bool)):
        step.report.error("E153", f"`{name}` must be an object {{secret, header}}", step.span_of(name))
    if "key" not in found and (found or raw is True):
        step.missing("secret")
        return {}
    return found


def _retry_setting(step: Step, raw: Any) -> Any:
    if isinstance(raw, bool):
        return At({"max_attempts": 3}, step.span_of("retry")) if raw else None
    if isinstance(raw, int):
        return At({"max_attempts": raw + 1}, step.span_of("retry"))
    if isinstance(raw, LocatedMap):
        step.report.known_keys(raw, ("maxAttempts", "delay", "backoff"), "`retry`")
        return retry_of(step, raw)
    step.report.error("E153", "`retry` must be a number or an object", step.span_of("retry"))
    return None


def retry_of(step: Step, raw: LocatedMap) -> At:
    """`{maxAttempts, delay, backoff}` as the `retry` key of the flow language."""
    retry: dict[str, Any] = {}
    attempts = step.report.number_in(raw, "maxAttempts", "`maxAttempts`")
    retry["max_attempts"] = At(
        int(attempts) if attempts is not None else 3, raw.value_spans.get("maxAttempts", raw.span)
    )
    delay = step.report.number_in(raw, "delay", "`delay`")
    if delay is not None:
        retry["delay"] = At(f"{delay:g}ms", raw.value_spans["delay"])
    backoff = step.report.choice_in(raw, "backoff", BACKOFFS, "`backoff`")
    if backoff is not None:
        retry["backoff"] = At(BACKOFF_NAMES[backoff], raw.value_spans["backoff"])
    return At(retry, raw.span)


BACKOFF_NAMES = {"exponential": "exponential", "linear": "linear", "fixed": "constant", "constant": "constant"}
BACKOFFS = list(BACKOFF_NAMES)


_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def _request(step: Step, method: str) -> dict[str, Any]:
    given = step.value("method")
    if given is not None and isinstance(given.value, Located) and given.value.upper() in _METHODS:
        given = At(Located(given.value.upper(), given.value.span), given.span)
    with_: dict[str, Any] = {"method": given if given is not None else method, "url": step.need("url")}
    if given is None and method == "GET":
        del with_["method"]
    for name, spellings in (("params", ("queryParams", "params", "query")), ("headers", ("headers",))):
        value = step.value(*spellings)
        if value is not None and value.value not in ({}, []):
            with_[name] = value
    body = step.value("body")
    if body is not None:
        with_["json" if _is_json(body.value) else "body"] = body
    auth = _auth(step)
    if auth is not None:
        with_["auth"] = auth
    response = step.choice("responseType", {"json": "json", "text": "text", "binary": "bytes", "full": "full"}, "")
    if response:
        with_["response"] = At(response, step.span_of("responseType"))
    if step.has("followRedirects"):
        with_["follow_redirects"] = step.value("followRedirects")
    return with_


def _is_json(body: Any) -> bool:
    """Whether a body is data (an object, an array, one whole expression) and not text that is sent as it stands."""
    if not isinstance(body, Located):
        return True
    parts = split_template(body)
    return len(parts) == 1 and isinstance(parts[0], Hole)


_AUTH_KEYS = [
    "type",
    "token",
    "username",
    "user",
    "password",
    "header",
    "headerName",
    "name",
    "key",
    "value",
    "apiKey",
    "in",
    "config",
    "credentials",
]


def _auth(step: Step) -> dict[str, Any] | None:
    name, raw = step.raw("auth", "authentication")
    if not isinstance(raw, LocatedMap):
        if raw not in (None, "none"):
            step.report.error("E153", f"`{name}` must be an object", step.span_of(name))
        return None
    step.report.known_keys(raw, _AUTH_KEYS, f"`{name}`")
    nested = raw.get("config") or raw.get("credentials")
    given = {**raw, **nested} if isinstance(nested, LocatedMap) else raw
    fields = {key: step.translated(value) for key, value in given.items()}
    if fields.get("in") not in (None, "header"):
        help_text = "write the key into `queryParams`, or send it in a header"
        step.report.error("E157", f"`in` of `{name}` can only be `header`", raw.span, help=help_text)
    kinds = ("none", "bearer", "basic", "apiKey", "header", "oauth2")
    kind = step.report.choice_in(raw, "type", kinds, "`type` of `auth`")
    if kind == "bearer":
        return {"bearer": _field(step, fields, raw, "token", "value")}
    if kind == "basic":
        user = _field(step, fields, raw, "username", "user")
        return {"basic": {"user": user, "password": _field(step, fields, raw, "password")}}
    if kind in ("apiKey", "header"):
        value = _field(step, fields, raw, "key", "value", "apiKey", "token")
        header = next((fields[key] for key in ("header", "headerName", "name") if key in fields), "X-API-Key")
        return {"header": {"name": header, "value": value}}
    if kind == "oauth2":
        message = f"`oauth2` of `{step.node.key}` has no equivalent yet"
        step.report.error("E157", message, raw.span, help="send a token from a secret with type `bearer`")
    return None


def _field(step: Step, fields: Any, raw: LocatedMap, *names: str) -> Any:
    for name in names:
        if name in fields:
            return fields[name]
    step.report.error("E157", f"`auth` of `{step.node.key}` needs `{names[0]}`", raw.span)
    return ""


def delay(step: Step) -> Draft:
    """`wait`."""
    if step.has("until"):
        step.left_out("duration")
        return Draft("wait", {"until": step.value("until")})
    span = step.duration("duration")
    if span is None:
        step.missing("duration")
    return Draft("wait", {"for": span if span is not None else "0ms"})


def log(step: Step) -> Draft:
    """`log`."""
    levels = {"debug": "debug", "info": "info", "warn": "warning", "warning": "warning", "error": "error"}
    with_: dict[str, Any] = {}
    level = step.choice("level", levels, "")
    if level:
        with_["level"] = At(level, step.span_of("level"))
    with_["message"] = step.need("message")
    data = step.value("data")
    if step.flag("includeInput"):
        with_["data"] = {"input": step.made(step.incoming())} | ({"data": data} if data is not None else {})
    elif data is not None:
        with_["data"] = data
    return Draft("log", with_)


def metrics(step: Step) -> Draft:
    """`metric`; it is a counter unless `type` says otherwise, and its tags are labels."""
    kinds = {"counter": "counter", "count": "counter", "gauge": "gauge", "histogram": "histogram", "timer": "histogram"}
    name = step.text("name")
    with_: dict[str, Any] = {"name": At(_metric_name(name), name.span) if name is not None else step.need("name")}
    kind = step.choice("type", kinds, "counter")
    if kind != "counter":
        with_["kind"] = At(kind, step.span_of("type"))
    for setting, spellings in (
        ("value", ("value",)),
        ("labels", ("tags", "labels")),
        ("description", ("description",)),
    ):
        value = step.value(*spellings)
        if value is not None:
            with_[setting] = value
    return Draft("metric", with_)


def _metric_name(name: str) -> str:
    """`orders.perHour` as Prometheus writes it: `orders_per_hour`."""
    return "_".join(word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name)) or name


def workflow_call(step: Step) -> Draft:
    """`call`, or `http` for a workflow that runs elsewhere."""
    kind = step.choice("callType", {"local": "local", "http": "http"}, "local")
    if kind == "http":
        step.left_out("workflow")
        with_: dict[str, Any] = {"method": "POST", "url": step.need("url")}
        if step.has("input"):
            with_["json"] = step.value("input")
        return Draft("http", with_, own_timeout(step))
    step.left_out("url")
    name = step.text("workflow")
    given = step.value("input")
    if given is not None and not isinstance(given.value, (LocatedMap, Located)):
        step.report.error("E153", "`input` must be an object", given.span)
    keys: dict[str, Any] = {"workflow": _flow_name(step, name)}
    return Draft("call", given, keys | own_timeout(step))


def _flow_name(step: Step, name: Located | None) -> Any:
    if name is None:
        step.missing("workflow")
        return ""
    known = step.around.workflows
    if name in known:
        return At(known[name], name.span)
    if name.endswith((".yaml", ".yml", ".json")):
        return name
    label = did_you_mean(name, known)
    step.report.error("E157", f"there is no workflow `{name}` in this file", name.span, label=label)
    return name


def prompt_template(step: Step) -> Draft:
    """`template`; its variables are put where the text names them."""
    text = step.text("template")
    if text is None:
        step.missing("template")
        return Draft("template", {"text": ""})
    step.choice("format", {"text": "text", "plain": "text", "string": "text", "markdown": "text"}, "text")
    words = _variables(step)
    ids = step.around.ids
    parts = [hole(renamed(part.inner, ids, words)) if isinstance(part, Hole) else part for part in split_template(text)]
    return Draft("template", {"text": locate(code(*parts), text.span) if words else step.translated(text)})


def _variables(step: Step) -> dict[str, Code]:
    name, raw = step.raw("variables")
    if raw is None or (isinstance(raw, LocatedList) and all(isinstance(item, str) for item in raw)):
        return {}
    if not isinstance(raw, LocatedMap):
        step.report.error("E153", "`variables` must be an object", step.span_of(name))
        return {}
    return {str(key): grouped(value_code(step.translated(value))) for key, value in raw.items()}
