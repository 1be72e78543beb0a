"""The common keys of a node, with the defaults of its flow and of its type filled in.

Retries are on by default for what is safe to repeat and off for everything else: a flow's `defaults.retry` says how
safe nodes are repeated, and only a node's own `retry` makes a write be repeated.
"""

from __future__ import annotations

from catalyst.expressions.types import StrType, Type, accepts, settled, union
from catalyst.graph.draft import Draft
from catalyst.graph.model import CachePolicy, Fallback, Goto, Policy, RetryPolicy
from catalyst.graph.site import NodeSite, shape_type
from catalyst.graph.types import type_of_constant
from catalyst.nodes.settings import Expr, expressions_in
from catalyst.nodes.stores import REDIS_URL
from catalyst.spec.model import Defaults, Retry


def build_policy(draft: Draft, site: NodeSite, defaults: Defaults) -> Policy:
    """Time-out, retry, cache and what happens on an error; reports keys that have no effect."""
    spec = draft.spec
    node_type = draft.type
    if node_type is None or draft.params is None:
        return Policy(on_error=_on_error(draft))
    if node_type.kind in ("value", "statement"):
        for key in ("timeout", "retry"):
            if getattr(spec, key) is not None:
                site.found.warning(
                    "W420",
                    f"`{key}` has no effect on a `{spec.type}` node, which does not wait for anything",
                    draft.span,
                )
        return Policy(cache=_cache(draft, site), on_error=_on_error(draft))
    return Policy(_timeout(draft, defaults), _retry(draft, defaults), _cache(draft, site), _on_error(draft))


def with_fallback(output: Type, policy: Policy, site: NodeSite) -> Type:
    """The output's type, when a default may stand in for it."""
    if isinstance(policy.on_error, Fallback):
        value = policy.on_error.value
        given = site.shape_type(value)
        constant = all(expr.is_constant for _, expr in expressions_in(value))
        if not constant or not accepts(output, shape_type(value, _type_of_constant)):
            output = union(output, given)
    return settled(output)


def _type_of_constant(value: Expr) -> Type:
    """A text as the one choice that it is, so that it fits an enum."""
    constant = value.constant
    return StrType((constant,)) if isinstance(constant, str) else type_of_constant(constant)


def _timeout(draft: Draft, defaults: Defaults) -> float | None:
    if draft.spec.timeout is not None:
        return draft.spec.timeout.seconds
    if draft.type is None or draft.type.kind != "call" or draft.type.default_timeout is None:
        return None
    return defaults.timeout.seconds if defaults.timeout is not None else draft.type.default_timeout


def _retry(draft: Draft, defaults: Defaults) -> RetryPolicy | None:
    retry = draft.spec.retry
    if retry is None:
        safe = draft.type is not None and draft.type.kind == "call" and draft.type.safe_to_repeat(draft.params)
        retry = (defaults.retry if defaults.retry is not None else Retry.model_validate({})) if safe else None
    if retry is None or retry.max_attempts <= 1:
        return None
    return RetryPolicy(
        retry.max_attempts, retry.backoff, retry.delay, retry.max_delay, tuple(retry.errors), retry.jitter
    )


def _cache(draft: Draft, site: NodeSite) -> CachePolicy | None:
    cache = draft.spec.cache
    if cache is None:
        return None
    if cache.store == "redis":
        site.need_secret(REDIS_URL)
    shared = cache.store != "memory" and REDIS_URL in site.secrets
    return CachePolicy(cache.ttl, draft.cache_key, shared, cache.max_entries, cache.errors or 0.0)


def _on_error(draft: Draft) -> Fallback | Goto | None:
    on_error = draft.spec.on_error
    if on_error is None or on_error.action == "fail":
        return None
    if on_error.goto is not None:
        return Goto(str(on_error.goto))
    return Fallback(draft.fallback) if draft.fallback is not None else None
