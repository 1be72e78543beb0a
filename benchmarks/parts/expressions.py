"""Typical expressions: as they are emitted, the same written by hand in Python, and as compiled Jinja2 templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, StrictUndefined
from jinja2.nativetypes import NativeEnvironment

from benchmarks.bench import Bench, Round, Rounds
from benchmarks.emitted import Emitted, flow_text
from benchmarks.inprocess import CALLS, Contender, in_pieces, same_results
from benchmarks.table import Goal, Line, made_of

ORDER = 40
GIVEN: Mapping[str, Any] = {
    "title": " order ",
    "customer": {"name": "Grace", "city": None},
    "lines": [{"sku": f"article-{number}", "price": number * 2.5, "count": number} for number in range(10)],
}
EMITTED, BY_HAND, JINJA, NOTHING = "expressions", "expressions, by hand", "expressions, Jinja2", "no expressions"
_values = NativeEnvironment(undefined=StrictUndefined)
_texts = Environment(undefined=StrictUndefined)
TEMPLATES = {
    "path": _values.from_string("{{ input.customer.name }}"),
    "fallback": _values.from_string("{{ input.customer.city if input.customer.city is not none else 'nowhere' }}"),
    "filtered": _values.from_string("{{ input.lines | selectattr('price', 'gt', 10) | map(attribute='sku') | list }}"),
    "text": _texts.from_string("Dear {{ input.customer.name }}, your {{ input.title | trim | upper }}"),
    "count": _values.from_string("{{ input.lines | sum(attribute='count') }}"),
}


async def by_hand(ctx: Any) -> object:
    """As a person would write them."""
    given = ctx.input
    text = f"Dear {given['customer']['name']}, your {given['title'].strip().upper()}"
    ctx.set_output("text", text)
    city = given["customer"]["city"]
    return {
        "path": given["customer"]["name"],
        "fallback": "nowhere" if city is None else city,
        "filtered": [line["sku"] for line in given["lines"] if line["price"] > 10],
        "text": text,
        "count": sum(line["count"] for line in given["lines"]),
    }


async def nothing(ctx: Any) -> object:
    """A run without expressions: what all of them have in common."""
    ctx.set_output("text", "")
    return {"path": "", "fallback": "", "filtered": [], "text": "", "count": 0}


async def jinja(ctx: Any) -> object:
    """Each a template that is compiled once: native where it gives a value, ordinary where it gives text."""
    found = {name: template.render(input=ctx.input) for name, template in TEMPLATES.items()}
    ctx.set_output("text", found["text"])
    return found


def measure(bench: Bench) -> Rounds:
    """CPU microseconds of all five."""
    emitted = Emitted({"expressions": flow_text("expressions")})
    contenders: dict[str, Contender] = {
        EMITTED: (emitted.runs["expressions"], GIVEN),
        BY_HAND: (by_hand, GIVEN),
        JINJA: (jinja, GIVEN),
    }
    same_results(emitted, *contenders.values())
    contenders[NOTHING] = (nothing, GIVEN)
    found: dict[str, list[Round]] = {name: [] for name in contenders}
    for _ in range(bench.rounds):
        for name, each in in_pieces(emitted, contenders, CALLS // 4 if bench.quick else CALLS).items():
            found[name].append(each)
    return found


def lines(rounds: Rounds) -> list[Line]:
    """Over the same by hand, and how many times longer Jinja2 takes: of the expressions alone."""
    mine, hand, jinja2 = (_alone(rounds, name) for name in (EMITTED, BY_HAND, JINJA))
    by_hand_ratio = [one / two for one, two in zip(mine, hand, strict=True)]
    jinja_ratio = [two / one for one, two in zip(mine, jinja2, strict=True)]
    return [
        made_of("five expressions: time over the same by hand", Goal("less", 1.3), "x", by_hand_ratio),
        made_of("five expressions: time of compiled Jinja2 over ours", Goal("more", 40), "x", jinja_ratio),
    ]


def _alone(rounds: Rounds, name: str) -> list[float]:
    """Without what a run costs that has no expressions."""
    return [one["cpu_us"] - two["cpu_us"] for one, two in zip(rounds[name], rounds[NOTHING], strict=True)]
