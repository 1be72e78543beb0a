"""Nodes over lists of records in random flows: how they are made, and what they give.

What they give is written a second time here, from docs/nodes/, in the plainest way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.flows.generate import Generator, Made, Place

KINDS = ("sort", "dedupe", "aggregate", "join")
FIELDS = ("n", "s", "ok", "maybe")

Row = dict[str, Any]


# How they are made


def settings(generator: Generator, kind: str, place: Place) -> dict[str, Any]:
    """Settings of a node of that kind."""
    choose, maybe = generator.chance.choice, generator.maybe
    items = generator.hole("rows", place)
    match kind:
        case "sort":
            orders: list[Any] = [
                choose([field, {"field": field, "order": choose(["asc", "desc"])}])
                for field in generator.chance.sample(["n", "s", "maybe"], choose([1, 1, 2]))
            ]
            return {"items": items, "by": orders}
        case "dedupe":
            return {"items": items, "by": choose([*FIELDS, ["s", "ok"]]), "keep": choose(["first", "last"])}
        case "aggregate":
            fields = {"rows": "count", "known": {"count": "maybe"}, "total": {"sum": "n"}, "most": {"max": "maybe"}}
            return {"items": items, "fields": fields} | ({"by": choose(["s", "ok", ["s", "ok"]])} if maybe(0.6) else {})
        case _:
            other = generator.hole("rows", place)
            how = choose(["inner", "left", "outer"])
            return {"left": items, "right": other, "on": choose(["n", "s", ["s", "ok"]]), "how": how, "prefix": "r_"}


def made(made_: Callable[..., Made], kind: str, given: dict[str, Any]) -> Made:
    """The node, and what can be read of it."""
    raw = {"type": kind, "with": given}
    if kind in ("sort", "dedupe"):
        return made_(raw, "rows", derived=[("(@ | map(r => r.n))", "list")])
    if kind == "join":
        return made_(raw, derived=[("(@ | map(r => r.r_maybe ?? 0))", "list"), ("(@ | length)", "int")])
    if "by" in given:
        return made_(raw, derived=[("(@ | map(r => r.total))", "list")])
    return made_(raw, fields=[("rows", "int", False), ("total", "int", False), ("most", "int", True)])


# What they give


def result(kind: str, given: Row) -> Any:
    """The output of a node, from its settings with their expressions evaluated."""
    return {"sort": _sort, "dedupe": _dedupe, "aggregate": _aggregate, "join": _join}[kind](given)


def _sort(given: Row) -> list[Row]:
    rows = list(given["items"])
    for order in reversed(given["by"]):
        field, down = (order, False) if isinstance(order, str) else (order["field"], order["order"] == "desc")
        known = [row for row in rows if row[field] is not None]
        key = [row[field].lower() if isinstance(row[field], str) else row[field] for row in known]
        places = sorted(range(len(known)), key=key.__getitem__, reverse=down)
        rows = [known[place] for place in places] + [row for row in rows if row[field] is None]
    return rows


def _values(row: Row, by: str | list[str]) -> tuple[Any, ...]:
    return tuple(row[field] for field in ([by] if isinstance(by, str) else by))


def _dedupe(given: Row) -> list[Row]:
    rows, by = given["items"], given["by"]
    if given["keep"] == "last":
        return list(reversed(_dedupe({"items": list(reversed(rows)), "by": by, "keep": "first"})))
    keys = [_values(row, by) for row in rows]
    return [row for number, row in enumerate(rows) if keys[number] not in keys[:number]]


def _aggregate(given: Row) -> Any:
    if "by" not in given:
        return _measured(given["items"])
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in given["items"]:
        groups.setdefault(_values(row, given["by"]), []).append(row)
    names = [given["by"]] if isinstance(given["by"], str) else given["by"]
    return [dict(zip(names, key, strict=True)) | _measured(rows) for key, rows in groups.items()]


def _measured(rows: list[Row]) -> Row:
    known = [row["maybe"] for row in rows if row["maybe"] is not None]
    return {
        "rows": len(rows),
        "known": len(known),
        "total": sum(row["n"] for row in rows),
        "most": max(known, default=None),
    }


def _join(given: Row) -> list[Row]:
    on = [given["on"]] if isinstance(given["on"], str) else given["on"]
    left, right, found = given["left"], given["right"], []
    matched: set[int] = set()
    for row in left:
        places = [place for place, other in enumerate(right) if _values(row, on) == _values(other, on)]
        matched.update(places)
        found += [_joined(row, right[place], on) for place in places]
        if not places and given["how"] != "inner":
            found.append(_joined(row, dict.fromkeys(FIELDS), on))
    if given["how"] == "outer":
        nothing = dict.fromkeys(FIELDS)
        found += [
            _joined(nothing | {field: other[field] for field in on}, other, on)
            for place, other in enumerate(right)
            if place not in matched
        ]
    return found


def _joined(row: Row, other: Row, on: list[str]) -> Row:
    return row | {f"r_{field}": other[field] for field in other if field not in on}
