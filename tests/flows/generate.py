"""Random flows that mostly compile: nodes of all kinds, nested, with conditions, failures and values that may be none.

`random_case(seed)` always gives the same flow. Expressions are made by type from what a node sees; what may be missing
is mostly given a stand-in, as a careful author would.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import yaml

from tests.flows import lists

REP = {"n": "integer", "s": "string", "ok": "boolean", "xs": "array<integer>", "maybe": "integer?"}
ROW = {"n": "integer", "s": "string", "ok": "boolean", "maybe": "integer?"}
OUTPUTS = {"rep": "Rep", "int": "integer", "list": "array<integer>"}
WIDE = 4
"""One flow of so many has caches and nodes over lists of records, too."""
NESTED = ("switch", "parallel", "map", "loop", "try")
ERRORS = ["timeout", "connection", "http", "4xx", "404", "5xx", "raised", "expression", "invalid_response"]


@dataclass(frozen=True)
class Source:
    """Something that can be read: how it is written, its type, and whether it may be none."""

    path: str
    type: str
    """int, str, bool, list (of integers), rep, rows (a list of records), or mixed for anything else."""
    nullable: bool = False
    node: str | None = None

    def field(self, name: str, type_: str, nullable: bool = False) -> Source:
        """A field of it."""
        dot = "?." if self.nullable else "."
        return Source(f"{self.path}{dot}{name}", type_, self.nullable or nullable, self.node)


@dataclass(frozen=True)
class Case:
    """A flow, the flows it calls, an input, and a seed for the world around it."""

    seed: int
    source: str
    files: dict[str, str]
    input: dict[str, Any]


@dataclass
class Made:
    """A generated node."""

    raw: dict[str, Any]
    type: str = "mixed"
    nullable: bool = False
    fields: list[tuple[str, str, bool]] = field(default_factory=list)
    """Fields of its output: name, type, nullable."""
    derived: list[tuple[str, str]] = field(default_factory=list)
    """Further expressions over it (with `@` for its path) and their types."""


@dataclass
class Place:
    """Where a node stands: what it sees, how deep it is, and what may be there."""

    sources: list[Source]
    depth: int
    in_loop: bool = False
    marks: str = ""
    """Expressions that tell calls of different rounds and items apart, as path segments."""
    answers: bool = False


class Generator:
    """Makes one flow and those it calls."""

    def __init__(self, seed: int, *, size: int = 7, prefix: str = "n", calls: bool = True, wide: bool = False) -> None:
        self.chance = random.Random(f"flow {seed}")
        self.size = size
        self.prefix = prefix
        self.count = 0
        self.files: dict[str, str] = {}
        self.seed = seed
        self.calls = calls
        self.wide = wide
        """Whether there are nodes over lists of records and caches, too."""

    def maybe(self, share: float) -> bool:
        return self.chance.random() < share

    def new_id(self) -> str:
        self.count += 1
        return f"{self.prefix}{self.count}"

    # Flows

    def flow(self, name: str) -> dict[str, Any]:
        """The whole flow."""
        sources = [
            Source("input.n", "int"),
            Source("input.s", "str"),
            Source("input.b", "bool"),
            Source("input.xs", "list"),
            Source("input.opt", "int", nullable=True),
            Source("vars.k", "int"),
        ]
        if self.wide:
            sources.append(Source("input.rows", "rows"))
        place = Place(sources, 0, answers=self.maybe(0.25))
        nodes, after, _ = self.body(place, self.chance.randint(2, self.size))
        flow: dict[str, Any] = {
            "catalyst": 1,
            "name": name,
            "input": {
                "n": "integer",
                "s": "string",
                "b": "boolean",
                "xs": "array<integer>",
                "opt": {"type": "integer", "required": False},
            },
            "types": {"Rep": REP},
            "vars": {"k": self.chance.randint(1, 5)},
            "nodes": nodes,
        }
        if self.wide:
            flow["input"]["rows"] = "array<Row>"
            flow["types"] = {"Rep": REP, "Row": ROW}
        if self.maybe(0.85):
            flow["output"] = self.output(Place(after, 0))
        return flow

    def output(self, place: Place) -> Any:
        read = [source for source in place.sources if source.node is not None]
        fields: dict[str, Any] = {}
        for number, source in enumerate(self.chance.sample(read, min(len(read), self.chance.randint(1, 5)))):
            fields[f"o{number}"] = f"{{{{ {source.path} }}}}"
        if self.maybe(0.5):
            fields["made"] = self.hole(self.chance.choice(["int", "str", "bool", "list"]), place)
        return fields or {"nothing": 0}

    # Bodies

    def body(self, place: Place, count: int) -> tuple[dict[str, Any], list[Source], tuple[str, bool]]:
        """(nodes, what can be seen behind them, type of the body's value and whether it may be none)."""
        nodes: dict[str, Any] = {}
        missing: dict[str, bool] = {}
        gotos: dict[str, str] = {}
        sources = list(place.sources)
        value = ("mixed", True)
        for _ in range(count):
            id_ = self.new_id()
            here = replace(place, sources=sources)
            made = self.node(here, id_)
            self.common(made, here, nodes, gotos, id_)
            nodes[id_] = made.raw
            missing[id_] = self.may_miss(made.raw, gotos, id_)
            sources = [*sources, *self.sources_of(id_, made, missing[id_])]
            value = (made.type, made.nullable or missing[id_])
        *first, last = nodes
        if self.maybe(0.5):
            self.chance.shuffle(first)
        nodes = {id_: nodes[id_] for id_ in [*first, last]}
        for raw in nodes.values():
            if raw.get("on_error") == {"goto": None}:
                raw["on_error"] = {"default": None}
        if place.depth and self.maybe(0.1):
            kind = self.chance.choice(["int", "str"])
            nodes["output"] = self.hole(kind, replace(place, sources=sources))
            value = (kind, False)
        return nodes, sources, value

    def common(self, made: Made, place: Place, nodes: dict[str, Any], gotos: dict[str, str], id_: str) -> None:
        """The keys that any node may have."""
        kind, raw = made.raw["type"], made.raw
        siblings = list(nodes)
        if self.maybe(0.25) or kind == "raise":
            raw["if"] = self.hole("bool", place)
        if siblings and self.maybe(0.25):
            raw["needs"] = self.chance.sample(siblings, min(len(siblings), self.chance.randint(1, 2)))
        if kind in ("http", "call") and self.maybe(0.2):
            self.handled(made, place)
        elif kind in NESTED and self.maybe(0.12):
            raw["on_error"] = {"default": None}
            made.nullable = True
        elif kind in ("http", "call", *NESTED) and self.maybe(0.1):
            # Where it leads is said by a later node, if one wants to be led to.
            raw["on_error"] = {"goto": None}
            made.nullable = True
        if self.wide and kind == "http" and self.maybe(0.3):
            keys = [self.hole("int", place), f"{{{{ input.xs[{self.chance.randint(0, 2)}] }}}}"]
            raw["cache"] = {"ttl": "1h", "key": self.chance.choice(keys)}
        if kind == "http" and self.maybe(0.15):
            raw["timeout"] = f"{self.chance.randint(200, 2500)}ms"
        if kind in NESTED and self.maybe(0.08):
            raw["timeout"] = f"{self.chance.randint(500, 4000)}ms"
        if kind in ("http", *NESTED) and self.maybe(0.1):
            backoff = self.chance.choice(["exponential", "linear", "constant"])
            errors = self.chance.sample(ERRORS, 3)
            raw["retry"] = {
                "max_attempts": self.chance.randint(1, 3),
                "delay": "100ms",
                "backoff": backoff,
                "errors": errors,
            }
        for source in siblings:
            if nodes[source].get("on_error") == {"goto": None} and self.maybe(0.4):
                nodes[source]["on_error"] = {"goto": id_}
                gotos[source] = id_

    def handled(self, made: Made, place: Place) -> None:
        if self.maybe(0.5) and made.type in ("int", "list"):
            made.raw["on_error"] = {"default": self.literal_value(made.type)}
        else:
            made.raw["on_error"] = {"default": None}
            made.nullable = True

    def may_miss(self, raw: dict[str, Any], gotos: dict[str, str], id_: str) -> bool:
        """Whether the node may be skipped: on the safe side, whatever depends on anything may be."""
        return "if" in raw or "needs" in raw or id_ in gotos.values() or "nodes." in str(raw)

    def sources_of(self, id_: str, made: Made, missing: bool) -> list[Source]:
        base = Source(f"nodes.{id_}.output", made.type, made.nullable or missing, id_)
        found = [base, *self.rep_fields(base)] if made.type == "rep" else [base]
        found += [base.field(name, type_, nullable) for name, type_, nullable in made.fields]
        found += [
            Source(text.replace("@", base.path), type_, False, id_) for text, type_ in made.derived if not base.nullable
        ]
        if "on_error" in made.raw:
            found.append(Source(f"nodes.{id_}.status", "str", False, id_))
            found.append(Source(f"nodes.{id_}.error?.kind", "str", True, id_))
        return found

    def rep_fields(self, base: Source) -> list[Source]:
        fields = [
            ("n", "int", False),
            ("s", "str", False),
            ("ok", "bool", False),
            ("xs", "list", False),
            ("maybe", "int", True),
        ]
        return [base.field(*each) for each in fields]

    # Nodes

    def node(self, place: Place, id_: str) -> Made:
        """A node of a random kind."""
        simple: list[tuple[float, Callable[[Place, str], Made]]] = [
            (3, self.set_),
            (1, self.template),
            (5, self.http),
            (1, self.wait),
            (0.7, self.log),
            (0.3, self.raise_),
            (0.5 if self.calls and place.depth < 2 else 0, self.call),
            (1.0 if place.answers else 0, self.respond),
            (3.0 if self.wide else 0, self.list_node),
        ]
        nested: list[tuple[float, Callable[[Place, str], Made]]] = [
            (1.2, self.switch),
            (1, self.parallel),
            (1, self.map),
            (0.7, self.loop),
            (1, self.try_),
        ]
        choices = simple if place.depth >= 3 or self.count > 3 * self.size else [*simple, *nested]
        return self.chance.choices([make for _, make in choices], [weight for weight, _ in choices])[0](place, id_)

    def set_(self, place: Place, id_: str) -> Made:
        kind = self.chance.choice(["int", "str", "bool", "list", "read", "object"])
        if kind == "read":
            source = self.chance.choice(place.sources)
            return Made({"type": "set", "with": {"value": f"{{{{ {source.path} }}}}"}}, source.type, source.nullable)
        if kind == "object":
            fields = {name: self.chance.choice(["int", "str"]) for name in ("p", "q")}
            value = {name: self.hole(type_, place) for name, type_ in fields.items()}
            return Made({"type": "set", "with": {"value": value}}, fields=[(n, t, False) for n, t in fields.items()])
        return Made({"type": "set", "with": {"value": self.hole(kind, place)}}, kind)

    def template(self, place: Place, id_: str) -> Made:
        return Made({"type": "template", "with": {"text": self.text(place)}}, "str")

    def text(self, place: Place) -> str:
        parts = [self.chance.choice(["v ", "a: ", "{x} ", ""])]
        for _ in range(self.chance.randint(1, 3)):
            source = self.chance.choice(place.sources)
            parts.append(f"{{{{ {source.path} }}}}" if self.maybe(0.5) else str(self.hole("int", place)))
            parts.append(self.chance.choice([" ", ";", " and "]))
        return "".join(parts)

    def http(self, place: Place, id_: str) -> Made:
        shape = self.chance.choice(["rep", "rep", "int", "list", "any"])
        url = f"http://api.test/{id_}/{shape}{place.marks}"
        if self.maybe(0.5):
            url += f"/{self.hole('int', place)}"
        given: dict[str, Any] = {"url": url}
        if self.maybe(0.4):
            given["method"] = "POST"
            given["json"] = {"v": self.hole(self.chance.choice(["int", "str", "list"]), place)}
            source = self.chance.choice(place.sources)
            given["json"]["w"] = f"{{{{ {source.path} }}}}"
        raw: dict[str, Any] = {"type": "http", "with": given}
        if shape == "any":
            return Made(raw, "mixed")
        raw["output"] = OUTPUTS[shape]
        return Made(raw, shape)

    def list_node(self, place: Place, id_: str) -> Made:
        kind = self.chance.choice(lists.KINDS)
        return lists.made(Made, kind, lists.settings(self, kind, place))

    def wait(self, place: Place, id_: str) -> Made:
        return Made({"type": "wait", "with": {"for": f"{self.chance.randint(1, 3000)}ms"}}, "mixed", True)

    def log(self, place: Place, id_: str) -> Made:
        raw = {"type": "log", "with": {"message": self.text(place), "data": {"d": self.hole("int", place)}}}
        return Made(raw, "mixed", True)

    def raise_(self, place: Place, id_: str) -> Made:
        status = self.chance.choice([400, 404, 409, 503])
        return Made({"type": "raise", "with": {"status": status, "title": "no more"}}, "mixed", True)

    def respond(self, place: Place, id_: str) -> Made:
        given = {"status": self.chance.choice([200, 202, 404]), "body": {"by": id_, "v": self.hole("int", place)}}
        return Made({"type": "respond", "with": given}, "mixed", True)

    def call(self, place: Place, id_: str) -> Made:
        name = f"sub_{self.seed}_{id_}"
        inner = Generator(hash_of(self.seed, id_), size=4, prefix=f"{id_}_", calls=False, wide=self.wide)
        flow = inner.flow(name)
        flow["output"] = {"r": inner.chance.choice([1, "{{ input.n + 1 }}"])}
        # What the flow calls is told apart by what it is given.
        self.files[f"{name}.yaml"] = dump(flow)
        given = {"n": self.hole("int", place), "s": self.hole("str", place), "b": True, "xs": self.hole("list", place)}
        if self.wide:
            given["rows"] = self.hole("rows", place)
        raw = {"type": "call", "workflow": f"./{name}.yaml", "with": given}
        answers = "'respond'" in str(flow)
        return Made(raw, "mixed", False, [] if answers else [("r", "int", False)])

    # Nodes that hold nodes

    def inner(
        self, place: Place, *, most: int = 3, **changes: Any
    ) -> tuple[dict[str, Any], list[Source], tuple[str, bool]]:
        inside = replace(place, depth=place.depth + 1, **changes)
        return self.body(inside, self.chance.randint(1, most))

    def switch(self, place: Place, id_: str) -> Made:
        cases, values = [], []
        for _ in range(self.chance.randint(1, 3)):
            nodes, _, value = self.inner(place)
            cases.append({"when": self.hole("bool", place), "do": nodes})
            values.append(value)
        raw: dict[str, Any] = {"type": "switch", "cases": cases}
        if self.maybe(0.6):
            raw["default"], _, value = self.inner(place)
            values.append(value)
        return Made(raw, *joined(values, "default" in raw))

    def parallel(self, place: Place, id_: str) -> Made:
        mode = self.chance.choice(["all", "all", "stream", "race", "settled"])
        branches, values = {}, {}
        for number in range(self.chance.randint(1, 3)):
            nodes, _, values[f"b{number}"] = self.inner(place)
            if mode == "race":
                # So that no two branches end in the same moment.
                nodes = {
                    f"{id_}_w{number}": {"type": "wait", "with": {"for": f"{self.chance.uniform(1, 900):.3f}ms"}},
                    **nodes,
                }
            branches[f"b{number}"] = nodes
        raw = {"type": "parallel", "mode": mode, "branches": branches}
        if mode == "race":
            type_, nullable = joined(list(values.values()), True)
            return Made(raw, fields=[("branch", "str", False), ("output", type_, nullable)])
        if mode == "settled":
            oks = [(f"{name}.ok", "bool", False) for name in branches]
            return Made(raw, fields=[*oks, *((f"{name}.output", type_, True) for name, (type_, _) in values.items())])
        return Made(raw, fields=[(name, type_, nullable) for name, (type_, nullable) in values.items()])

    def map(self, place: Place, id_: str) -> Made:
        item, index = f"it_{id_}", f"ix_{id_}"
        sources = [*place.sources, Source(item, "int"), Source(index, "int")]
        nodes, _, value = self.inner(place, sources=sources, marks=f"{place.marks}/{{{{ {index} }}}}")
        raw: dict[str, Any] = {
            "type": "map",
            "over": self.hole("list", place),
            "as": item,
            "index_as": index,
            "do": nodes,
        }
        if self.maybe(0.6):
            raw["concurrency"] = self.chance.randint(2, 4)
        if self.maybe(0.2):
            raw["batch"] = self.chance.randint(1, 3)
        policy = self.chance.choice(["fail", "fail", "skip", "collect"])
        if policy != "fail":
            raw["on_item_error"] = policy
        kind = "list" if value == ("int", False) else "mixed"
        if policy == "collect":
            return Made(raw, fields=[("results", kind, False)])
        derived = [("(@ | map(x => x.n))", "list")] if value == ("rep", False) else [("(@ | length)", "int")]
        return Made(raw, kind, derived=derived)

    def loop(self, place: Place, id_: str) -> Made:
        kind = self.chance.choice(["int", "list", "str"])
        first = self.hole(kind, place)
        state = [Source("loop.state.i", "int"), Source("loop.state.acc", kind), Source("loop.index", "int")]
        outer = [source for source in place.sources if not source.path.startswith("loop.")]
        marks = place.marks.replace("{{ loop.index }}", "l") + "/{{ loop.index }}"
        nodes, after, _ = self.inner(place, sources=[*outer, *state], in_loop=True, marks=marks)
        nodes.pop("output", None)
        bound = self.chance.randint(0, 3)
        raw: dict[str, Any] = {
            "type": "loop",
            "state": {"i": 0, "acc": first},
            "max_iterations": self.chance.randint(1, 4),
        }
        if self.maybe(0.5):
            raw["while"] = f"{{{{ loop.state.i < {bound} }}}}"
        elif self.maybe(0.8):
            raw["until"] = f"{{{{ loop.state.i >= {bound} or {self.expr('bool', replace(place, sources=after), 1)} }}}}"
        raw["do"] = nodes
        raw["next"] = {"i": "{{ loop.state.i + 1 }}", "acc": self.hole(kind, replace(place, sources=after))}
        return Made(raw, fields=[("i", "int", False), ("acc", kind, False)])

    def try_(self, place: Place, id_: str) -> Made:
        body, _, value = self.inner(place)
        values, catches = [value], []
        for _ in range(self.chance.randint(0, 2)):
            err = [Source("err.kind", "str"), Source("err.status", "int"), Source("err.node", "str", True)]
            handler, _, value = self.inner(place, sources=[*place.sources, *err], most=2)
            catches.append({"do": handler} | ({"errors": self.chance.sample(ERRORS, 2)} if self.maybe(0.5) else {}))
            values.append(value)
        raw: dict[str, Any] = {"type": "try", "do": body}
        if catches:
            raw["catch"] = catches
        if self.maybe(0.4):
            raw["finally"], _, _ = self.inner(place, most=2)
        return Made(raw, *joined(values, True))

    # Expressions

    def hole(self, type_: str, place: Place) -> Any:
        """A value of a type: mostly an expression, at times a constant."""
        if self.maybe(0.15) and type_ != "rows":
            return self.literal_value(type_)
        return f"{{{{ {self.expr(type_, place, 2)} }}}}"

    def literal_value(self, type_: str) -> Any:
        values: dict[str, list[Any]] = {
            "int": [0, 1, 7, -3],
            "str": ["", "x", "Some text"],
            "bool": [True, False],
            "list": [[], [3, 1, 2]],
        }
        return self.chance.choice(values[type_])

    def literal(self, type_: str) -> str:
        texts = {
            "int": ["0", "1", "7"],
            "str": ["''", "'x'", "'Some text'"],
            "bool": ["true", "false"],
            "list": ["[3]", "[3, 1, 2]"],
            "rows": ["[{'n': 2, 's': 'x', 'ok': true, 'maybe': none}]"],
        }
        return self.chance.choice(texts[type_])

    def expr(self, type_: str, place: Place, depth: int) -> str:
        """An expression of a type."""
        known = [source for source in place.sources if source.type == type_]
        if known and (depth == 0 or self.maybe(0.5)):
            return self.read(self.chance.choice(known[-8:] if self.maybe(0.6) else known), type_)
        if depth == 0:
            return self.literal(type_)
        return self.composite(type_, place, depth - 1)

    def read(self, source: Source, type_: str) -> str:
        if not source.nullable or self.maybe(0.04):
            return source.path
        if self.maybe(0.2):
            return f"({source.path} | default({self.literal(type_)}))"
        return f"({source.path} ?? {self.literal(type_)})"

    def composite(self, type_: str, place: Place, depth: int) -> str:
        def one(kind: str) -> str:
            return self.expr(kind, place, depth)

        choose = self.chance.choice
        if self.maybe(0.1):
            return f"({one(type_)} if {one('bool')} else {one(type_)})"
        match type_:
            case "int":
                return choose(
                    [
                        f"({one('int')} {choose('+-')} {one('int')})",
                        f"({one('list')} | length)",
                        f"({one('str')} | length)",
                        self.literal("int"),
                    ]
                )
            case "str":
                return choose(
                    [
                        f"({one('str')} ~ {one('int')})",
                        f"({one('str')} | upper)",
                        f"({one('str')} ~ {one('bool')})",
                        self.literal("str"),
                    ]
                )
            case "bool":
                nullable = [source for source in place.sources if source.nullable]
                asked = f"({choose(nullable).path} is {choose(['', 'not '])}none)" if nullable else "true"
                compare = f"({one('int')} {choose(['<', '>', '==', '>='])} {one('int')})"
                return choose(
                    [
                        compare,
                        compare,
                        asked,
                        asked,
                        f"(not {one('bool')})",
                        f"({one('bool')} {choose(['and', 'or'])} {one('bool')})",
                    ]
                )
            case "rows":
                return choose([f"({one('rows')} + {one('rows')})", f"({one('rows')} | filter(r => r.n > 1))"])
            case _:
                return choose(
                    [
                        f"({one('list')} + {one('list')})",
                        f"[{one('int')}]",
                        f"({one('list')} | filter(x => x > 1))",
                        self.literal("list"),
                    ]
                )


def joined(values: list[tuple[str, bool]], complete: bool) -> tuple[str, bool]:
    """The type of what one of several bodies gives."""
    types = {type_ for type_, _ in values}
    return (types.pop() if len(types) == 1 else "mixed"), not complete or any(nullable for _, nullable in values)


def hash_of(seed: int, text: str) -> int:
    """A seed made from a seed."""
    return random.Random(f"{seed} {text}").randrange(10**9)


def dump(flow: dict[str, Any]) -> str:
    """A flow as YAML."""
    return str(yaml.safe_dump(flow, sort_keys=False, width=10_000))


def random_case(seed: int) -> Case:
    """The flow of a seed, and an input for it."""
    wide = seed % WIDE == 0
    generator = Generator(seed, size=3 + seed % 7, wide=wide)
    flow = generator.flow(f"flow_{seed}")
    chance = random.Random(f"input {seed}")
    given = {
        "n": chance.randint(-3, 9),
        "s": chance.choice(["", "abc", "Some One"]),
        "b": chance.random() < 0.5,
        "xs": [chance.randint(0, 9) for _ in range(chance.randint(0, 4))],
    }
    if wide:
        texts, numbers = ["", "a", "A", "b"], [None, 1, 2]
        given["rows"] = [
            {
                "n": chance.randint(0, 3),
                "s": chance.choice(texts),
                "ok": chance.random() < 0.5,
                "maybe": chance.choice(numbers),
            }
            for _ in range(chance.randint(0, 5))
        ]
    if chance.random() < 0.5:
        given["opt"] = chance.randint(0, 5)
    return Case(seed, dump(flow), generator.files, given)
