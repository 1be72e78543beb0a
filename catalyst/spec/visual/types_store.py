"""Node types of the editor that keep things: databases, Redis, vectors, and limits that all share."""

from __future__ import annotations

import re
from typing import Any

from catalyst.diagnostics import Located, Span
from catalyst.spec.tree import LocatedList, LocatedMap
from catalyst.spec.visual.code import Code, code, grouped, locate, value_code
from catalyst.spec.visual.qdrant_filter import filter_of
from catalyst.spec.visual.report import At, milliseconds
from catalyst.spec.visual.sql_text import statements
from catalyst.spec.visual.step import Draft, Step

_SECRET = re.compile(r"(?:\{\{)?\s*secrets\.(\w+)\s*(?:\}\})?")


def connection(step: Step, example: str, *names: str) -> dict[str, Any]:
    """The setting `connection`: the name of the secret that holds the address. An address is never part of the flow."""
    name, _ = step.raw(*names)
    address = step.text(*names)
    if address is None:
        return {}
    secret = _SECRET.fullmatch(address.strip())
    if secret is None:
        message = f"`{name}` of `{step.node.key}` must be a secret"
        help_text = f"write {{{{ secrets.{example} }}}} and declare it"
        step.report.error("E157", message, step.span_of(name), help=help_text)
        return {}
    return {"connection": At(secret[1], step.span_of(name))}


def settings(step: Step, **spellings: tuple[str, ...]) -> dict[str, Any]:
    """Settings that only have other names here; those that are not there are left out."""
    found = {name: step.value(*names) for name, names in spellings.items()}
    return {name: value for name, value in found.items() if value is not None}


def own_timeout(step: Step) -> dict[str, Any]:
    """`timeout` in the config of a node, as a key of the node."""
    limit = step.duration("timeout")
    return {"timeout": limit} if limit is not None else {}


def postgres_query(step: Step) -> Draft:
    """`sql`; the address is always a secret, `$1` and `params` become bound values. With `transaction: true` the
    statements of the query take effect together or not at all.
    """
    name, together = step.raw("transaction")
    listed = together if isinstance(together, LocatedList) else None
    with_: dict[str, Any] = {}
    if listed is not None:
        with_["transaction"] = _numbered(step, listed, step.span_of(name))
    else:
        query = step.need("query", "sql")
        several = _several(step, query) if step.flag(name) else []
        if len(several) > 1:
            with_["transaction"] = At(several, query.span)
        else:
            # One statement is a transaction of its own.
            with_ = {"query": query} | settings(step, params=("params",))
    with_ |= connection(step, "DATABASE_URL", "connectionString")
    return Draft("sql", with_, own_timeout(step))


def _numbered(step: Step, listed: LocatedList, span: Span) -> At:
    """Statements that are written one by one."""
    made: list[Any] = []
    for each in listed:
        found = _several(step, At(step.translated(each), span))
        made += found or [each]
    return At(made, span)


def _several(step: Step, query: At) -> list[Located]:
    """The statements of a text, their values in the places of their numbers."""
    if not isinstance(query.value, Located):
        return []
    parts = statements(query.value, lambda number: _param(step, number))
    return [locate(part, query.value.span) for part in parts]


def _param(step: Step, number: int) -> Code:
    """The value of `$1` and on."""
    name, raw = step.raw("params")
    if not isinstance(raw, LocatedList):
        given = step.code(name)
        if given:
            return code(grouped(given), f"[{number - 1}]")
    elif 1 <= number <= len(raw):
        return value_code(step.translated(raw[number - 1]))
    message = f"`{name}` of `{step.node.key}` has no value for `${number}`"
    step.report.error("E157", message, step.span_of(name if raw is not None else "query"))
    return code("none")


_OPERATIONS = {name: name for name in ("get", "set", "incr", "expire", "hget", "hset", "lpush", "rpop", "lrange")}
_OPERATIONS |= {"publish": "publish", "del": "delete", "delete": "delete"}


def redis_operation(step: Step) -> Draft:
    """`redis`; its address is a secret, and `ttl` is in seconds."""
    operation = step.choice("operation", _OPERATIONS, "get")
    with_: dict[str, Any] = {"operation": At(operation, step.span_of("operation"))}
    if operation not in ("publish", "delete"):
        with_["key"] = step.need("key")
    with_ |= settings(
        step,
        key=("key",),
        keys=("keys",),
        channel=("channel",),
        field=("field",),
        fields=("fields",),
        value=("value", "message"),
        by=("by", "amount"),
        nx=("nx",),
        start=("start",),
        stop=("stop",),
    )
    if step.has("ttl"):
        with_["ttl"] = _seconds(step, "ttl")
    with_ |= connection(step, "REDIS_URL", "connectionString", "url")
    return Draft("redis", with_, own_timeout(step))


def _seconds(step: Step, name: str) -> At | None:
    """A setting in seconds; an expression stays as it is, because durations are seconds in the flow language."""
    if not isinstance(step.node.config[name], (int, float)):
        return step.value(name)
    number = step.report.number_in(step.node.config, name, f"`{name}` of `{step.node.key}`")
    return At(milliseconds((number or 0) * 1000), step.span_of(name))


def rate_limit(step: Step) -> Draft:
    """`rate_limit` that tells whether one may pass; its handles `allowed` and `blocked` ask for it."""
    with_ = settings(step, key=("key",))
    with_["limit"] = step.need("limit", "requests")
    window = step.duration("window")
    if window is None:
        step.missing("window")
    with_ |= {"window": window if window is not None else "1m", "mode": "tell"}
    with_ |= connection(step, "REDIS_URL", "connectionString")
    return Draft("rate_limit", with_)


def qdrant_search(step: Step) -> Draft:
    """`vector_search`; the address is a secret, and filters are those of Qdrant or of the flow language."""
    with_ = _collection(step)
    with_["vector"] = step.need("queryVector", "vector")
    with_ |= settings(step, limit=("limit",), score_threshold=("scoreThreshold",))
    return Draft("vector_search", with_ | _reading(step), own_timeout(step))


def qdrant_scroll(step: Step) -> Draft:
    """`vector_scroll`; `offset` is `next` of the page before."""
    with_ = _collection(step) | settings(step, limit=("limit",), after=("offset",))
    after = with_.get("after")
    if after is not None and isinstance(after.value, int):
        with_["after"] = At(str(after.value), after.span)
    return Draft("vector_scroll", with_ | _reading(step), own_timeout(step))


def qdrant_upsert(step: Step) -> Draft:
    """`vector_upsert` of points `{id, vector, payload}`."""
    with_ = _collection(step)
    with_["points"] = step.need("points")
    with_ |= settings(step, wait=("wait",))
    distances = {name: name.lower() for name in ("Cosine", "Dot", "Euclid", "Manhattan")}
    distance = step.choice("distance", distances | {name: name for name in distances.values()}, "")
    with_ |= {"distance": At(distance, step.span_of("distance"))} if distance else {}
    return Draft("vector_upsert", with_, own_timeout(step))


_PAYLOAD = {"get": "get", "set": "set", "overwrite": "replace", "replace": "replace", "delete": "remove"}


def qdrant_payload(step: Step) -> Draft:
    """`vector_payload`; with a payload it is laid over what the point has, without one it is read."""
    with_ = _collection(step) | {"id": step.need("pointId", "id")}
    operation = step.choice("operation", _PAYLOAD | {"remove": "remove"}, "set" if step.has("payload") else "get")
    with_["operation"] = At(operation, step.span_of("operation"))
    with_ |= settings(step, payload=("payload",), keys=("keys",))
    return Draft("vector_payload", with_, own_timeout(step))


def _collection(step: Step) -> dict[str, Any]:
    """What all vector nodes have."""
    step.refuse("apiKey", "write the key into the secret with the address, or put it into QDRANT_API_KEY")
    return {"collection": step.need("collection")} | connection(step, "QDRANT_URL", "url", "connectionString")


def _reading(step: Step) -> dict[str, Any]:
    """What nodes that read points have."""
    found = settings(step, payload=("withPayload",), with_vectors=("withVectors", "withVector"))
    name, raw = step.raw("filter")
    if raw:
        given = step.translated(raw)
        if isinstance(given, LocatedMap):
            given = filter_of(given, step.report, f"`filter` of `{step.node.key}`")
        found["filter"] = At(given, step.span_of(name))
    return found
