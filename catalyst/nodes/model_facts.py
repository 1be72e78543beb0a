"""What is known of models by their names: that their provider has ended them, and what newer ones no longer take.

Goes in: a model of a node's settings. Comes out: warnings. Nothing is said of names that come from expressions or that
another service than the provider's own understands (`base_url`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from catalyst.nodes.base import Site

if TYPE_CHECKING:  # the settings look here for what is known of them
    from catalyst.nodes.models import Model

ENDED: Mapping[str, str] = {
    # Anthropic
    "claude-2.0": "2025-07-21",
    "claude-2.1": "2025-07-21",
    "claude-3-sonnet": "2025-07-21",
    "claude-3-5-sonnet": "2025-10-28",
    "claude-3-opus": "2026-01-05",
    "claude-3-5-haiku": "2026-02-19",
    "claude-3-7-sonnet": "2026-02-19",
    "claude-mythos-preview": "2026-06-30",
    # OpenAI
    "gpt-3.5-turbo": "2026-10-23",
    "gpt-3.5-turbo-16k": "2024-09-13",
    "gpt-3.5-turbo-0301": "2024-09-13",
    "gpt-3.5-turbo-0613": "2024-09-13",
    "gpt-3.5-turbo-0125": "2026-10-23",
    "gpt-3.5-turbo-1106": "2026-09-28",
    "gpt-4": "2026-10-23",
    "gpt-4-0125-preview": "2026-03-26",
    "gpt-4-0314": "2026-03-26",
    "gpt-4-0613": "2026-10-23",
    "gpt-4-1106-preview": "2026-10-23",
    "gpt-4-32k": "2025-06-06",
    "gpt-4-turbo": "2026-10-23",
    "gpt-4-turbo-preview": "2026-03-26",
    "gpt-4-vision-preview": "2024-12-06",
    "gpt-4.1-nano": "2026-10-23",
    "gpt-4o-2024-05-13": "2026-10-23",
    "gpt-4o-mini-search-preview": "2026-07-23",
    "gpt-4o-search-preview": "2026-07-23",
    "gpt-5-chat": "2026-07-23",
    "gpt-5.1-chat": "2026-07-23",
    "gpt-5.1-codex": "2026-07-23",
    "gpt-5.2-chat": "2026-08-10",
    "gpt-5.3-chat": "2026-08-10",
    "chatgpt-4o": "2026-02-17",
    "o1": "2026-10-23",
    "o1-mini": "2025-10-27",
    "o1-preview": "2025-07-28",
    "o3-mini": "2026-10-23",
    "o4-mini": "2026-10-23",
}
"""The day on which a provider ended a model, by its name without the version, as its SDK and pages say it."""

_VERSION = re.compile(r"-(?:\d{8}|\d{4}-\d{2}-\d{2}|latest)")
_CLAUDE_THINKS = re.compile(r"claude-(?:(?:haiku|sonnet|opus)-[5-9]|fable|mythos)")
_GPT_THINKS = re.compile(r"gpt-(?:5\.[6-9]|[6-9])")
"""Models that think whether they are asked to or not; as in the runtime."""


def check_facts(model: Model, site: Site, place: tuple[str | int, ...], *, tools: bool = False) -> None:
    """Warn of what the model is known not to do."""
    name = model.model.constant if model.model.is_constant and model.base_url is None else None
    if not isinstance(name, str):
        return
    ended = ENDED.get(name) or ENDED.get(_VERSION.sub("", name))
    if ended is not None and model.provider in ("anthropic", "openai"):
        message = f"`{model.provider}` ended `{name}` on {ended}"
        site.found.warning("W427", message, site.span_of(*place, "model"), help="take one of its newer models")
    if model.provider == "anthropic" and _CLAUDE_THINKS.match(name):
        _check_claude(model, name, site, place)
    effort = model.reasoning.effort if model.reasoning is not None else None
    if tools and model.provider == "openai" and _GPT_THINKS.match(name) and effort not in (None, "none"):
        message = f"`{name}` takes no tools in this protocol while it thinks"
        span = site.span_of(*place, "reasoning", "effort")
        site.found.warning("W426", message, span, help="leave out `reasoning`, or take another model")


def _check_claude(model: Model, name: str, site: Site, place: tuple[str | int, ...]) -> None:
    if model.temperature is not None and not (model.temperature.is_constant and model.temperature.constant == 1):
        message = f"`{name}` takes no temperature"
        site.found.warning("W426", message, site.span_of(*place, "temperature"), help="leave it out")
    if model.reasoning is not None and model.reasoning.budget_tokens is not None:
        message = f"`{name}` takes no number of tokens to think"
        span = site.span_of(*place, "reasoning", "budget_tokens")
        site.found.warning("W426", message, span, help="write effort: low, medium or high")
