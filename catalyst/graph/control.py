"""The control-flow nodes get their meaning: bodies are built, and the names they bind get their types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from catalyst.diagnostics import Diagnostics, Located
from catalyst.expressions.check_names import PROBLEM
from catalyst.expressions.scope import RESERVED
from catalyst.expressions.types import (
    ANY,
    BOOL,
    INT,
    NONE,
    STR,
    FieldType,
    ListType,
    ObjectType,
    Type,
    nullable,
    settled,
    union,
    without_none,
)
from catalyst.graph.draft import Draft, DraftBody
from catalyst.graph.exhaustive import left_over
from catalyst.graph.model import (
    AgentForm,
    Body,
    CatchForm,
    Form,
    LoopForm,
    MapForm,
    ParallelForm,
    SwitchForm,
    ToolForm,
    TryForm,
    all_steps,
)
from catalyst.graph.scope import Surroundings
from catalyst.graph.site import NodeSite
from catalyst.nodes.settings import Expr, Params, expressions_in
from catalyst.nodes.types.agent import AgentParams
from catalyst.nodes.types.loop import LoopParams
from catalyst.nodes.types.map import MapParams
from catalyst.nodes.types.parallel import ParallelParams
from catalyst.nodes.types.switch import SwitchParams
from catalyst.nodes.types.try_ import TryParams
from catalyst.pysource.names import is_identifier
from catalyst.spec.names import check_names
from catalyst.spec.tree import LocatedMap

_ROUNDS = 4
"""How often a loop's state is typed again until its types stay the same."""


class BodyBuilder(Protocol):
    """Builds the body of a control node; `build.Builder`."""

    found: Diagnostics

    def body(self, draft: DraftBody, around: Surroundings) -> Body:
        """The typed body."""

    def body_and_after(self, draft: DraftBody, around: Surroundings) -> tuple[Body, Surroundings]:
        """The typed body, and what can be seen behind its last step."""

    def trial(self) -> BodyBuilder:
        """A builder that keeps its findings to itself."""


def build_form(
    builder: BodyBuilder, draft: Draft, site: NodeSite, around: Surroundings
) -> tuple[Form, Type | None] | None:
    """The form of a node that holds nodes, and the type of its value where they decide it; None for other nodes."""
    match draft.partial:
        case SwitchParams():
            return _switch(builder, draft, draft.partial, site, around)
        case ParallelParams():
            return _parallel(builder, draft, draft.partial, site, around)
        case MapParams():
            return _map(builder, draft, draft.partial, site, around)
        case LoopParams():
            return _loop(builder, draft, draft.partial, site, around)
        case TryParams():
            return _try(builder, draft, draft.partial, site, around)
        case AgentParams():
            form = _agent(builder, draft, draft.partial, site, around)
            return (form, None) if form is not None else None
        case _:
            return None


def inner_expressions(params: Params | None) -> list[Expr]:
    """Expressions that are typed inside the node: the conditions and the next state of a loop."""
    if not isinstance(params, LoopParams):
        return []
    return [expr for value in (params.while_, params.until, params.next) for _, expr in expressions_in(value)]


def _value(*bodies: Body | None) -> Type:
    """The type of what one of several bodies gives; None stands for no body at all."""
    given = [body.type if body is not None else NONE for body in bodies if body is None or not body.ends]
    return union(*given) if given else NONE


def _switch(
    builder: BodyBuilder, draft: Draft, params: SwitchParams, site: NodeSite, around: Surroundings
) -> tuple[Form, Type]:
    _warn_of_missing_cases(params, site)
    bodies = [
        builder.body(draft.bodies[("cases", number, "do")], around.given_by(case.when))
        for number, case in enumerate(params.cases)
    ]
    default = builder.body(draft.bodies[("default",)], around) if params.default is not None else None
    cases = tuple((case.when, body) for case, body in zip(params.cases, bodies, strict=True))
    return SwitchForm(cases, default), _value(*bodies, default)


def _warn_of_missing_cases(params: SwitchParams, site: NodeSite) -> None:
    """A `switch` over an enum that leaves out one of its values does nothing for it, which is easily overlooked."""
    checked = [site.checked.get(case.when) for case in params.cases]
    conditions = [each.template for each in checked if each is not None]
    if params.default is not None or len(conditions) < len(params.cases):
        return
    if missing := left_over(conditions):
        names = ", ".join(f"`{name}`" for name in missing)
        wish = "add a case for each of them, or a `default`"
        site.found.warning("W209", f"no case is for {names}", site.span_of("cases"), help=wish)


def _parallel(
    builder: BodyBuilder, draft: Draft, params: ParallelParams, site: NodeSite, around: Surroundings
) -> tuple[Form, Type]:
    located = [Located(name, site.span_of("branches", name)) for name in params.branches]
    site.found.extend(check_names(located, "branch name", site.span))
    branches = tuple(
        (str(name), builder.body(draft.bodies[("branches", str(name))], around)) for name in params.branches
    )
    form = ParallelForm(params.mode, branches)
    if params.mode == "race":
        return form, ObjectType(
            (("branch", FieldType(STR)), ("output", FieldType(union(*(body.type for _, body in branches)))))
        )
    if params.mode == "settled":
        settled = ((name, FieldType(_settled(body.type))) for name, body in branches)
        return form, ObjectType(tuple(settled))
    return form, ObjectType(tuple((name, FieldType(body.type)) for name, body in branches))


def _settled(type_: Type) -> Type:
    return ObjectType(
        (("ok", FieldType(BOOL)), ("output", FieldType(nullable(type_))), ("error", FieldType(nullable(PROBLEM))))
    )


def _map(
    builder: BodyBuilder, draft: Draft, params: MapParams, site: NodeSite, around: Surroundings
) -> tuple[Form, Type]:
    _check_name(site, params.as_, "as")
    _check_name(site, params.index_as, "index_as")
    if params.as_ == params.index_as:
        message = f"`{params.as_}` names both the item and its position"
        site.found.error("E262", message, site.span_of("index_as"), help="give them different names")
    over = without_none(site.type_of(params.over))
    item = settled(over.item) if isinstance(over, ListType) else ANY
    inside = around.inside(around.known[-1], {params.as_: item, params.index_as: INT})
    body = builder.body(draft.bodies[("do",)], inside)
    form = MapForm(
        params.over, params.as_, item, params.index_as, params.concurrency, params.batch, params.on_item_error, body
    )
    if params.on_item_error != "collect":
        return form, ListType(body.type)
    error = ObjectType((("index", FieldType(INT)), ("error", FieldType(PROBLEM))), "tasks.Failed")
    return form, ObjectType((("results", FieldType(ListType(body.type))), ("errors", FieldType(ListType(error)))))


def _loop(
    builder: BodyBuilder, draft: Draft, params: LoopParams, site: NodeSite, around: Surroundings
) -> tuple[Form, Type]:
    state = {name: _open_ended(site.shape_type(shape)) for name, shape in params.state.items()}
    _check_state(params, site)
    for _ in range(_ROUNDS):
        trial = replace(site, found=Diagnostics(), checked={})
        _round(builder.trial(), draft, params, trial, around, state)
        wider = {name: _wider(type_, params, name, trial) for name, type_ in state.items()}
        if wider == state:
            break
        state = wider
    else:
        state = dict.fromkeys(state, ANY)
    state = {name: settled(type_) for name, type_ in state.items()}
    body = _round(builder, draft, params, site, around, state)
    form = LoopForm(
        tuple((name, shape, settled(state[name])) for name, shape in params.state.items()),
        params.while_,
        params.until,
        params.max_iterations,
        body,
        tuple(params.next.items()),
    )
    return form, settled(ObjectType(tuple((name, FieldType(type_)) for name, type_ in state.items())))


def _round(
    builder: BodyBuilder,
    draft: Draft,
    params: LoopParams,
    site: NodeSite,
    around: Surroundings,
    state: Mapping[str, Type],
) -> Body:
    """The body of a loop, and its conditions and next state, typed for a state."""
    loop = ObjectType(
        (
            ("index", FieldType(INT)),
            ("state", FieldType(ObjectType(tuple((n, FieldType(t)) for n, t in state.items())))),
        )
    )
    inside = around.inside(around.known[-1], {"loop": loop})
    site.check(expressions_in(params.while_, "while"), inside.scope(None))
    body, after = builder.body_and_after(draft.bodies[("do",)], inside)
    site.check([*expressions_in(params.until, "until"), *expressions_in(params.next, "next")], after.scope(None))
    return body


def _check_state(params: LoopParams, site: NodeSite) -> None:
    for name in params.state:
        if not is_identifier(name):
            site.found.error(
                "E424",
                f"`{name}` cannot be the name of a state value",
                site.span_of("state", name),
                help="use letters, digits and `_`",
            )
    for name in params.next:
        if name not in params.state:
            site.found.error(
                "E424",
                f"`next` sets `{name}`, which is not in `state`",
                site.span_of("next", name),
                help=f"add `{name}:` with its first value to `state`",
            )


def _wider(type_: Type, params: LoopParams, name: str, site: NodeSite) -> Type:
    if name not in params.next:
        return type_
    return union(type_, _open_ended(site.shape_type(params.next[name])))


def _open_ended(type_: Type) -> Type:
    """`none` alone says nothing about what comes later."""
    return nullable(ANY) if type_ == NONE else type_


def _try(
    builder: BodyBuilder, draft: Draft, params: TryParams, site: NodeSite, around: Surroundings
) -> tuple[Form, Type]:
    body = builder.body(draft.bodies[("do",)], around)
    catches: list[CatchForm] = []
    _check_reached(params, site)
    for number, catch in enumerate(params.catch):
        _check_name(site, catch.as_, "catch", number, "as")
        inside = around.inside(around.known[-1], {catch.as_: PROBLEM})
        handler = builder.body(draft.bodies[("catch", number, "do")], inside)
        catches.append(CatchForm(tuple(str(error) for error in catch.errors), catch.as_, handler))
    finally_ = builder.body(draft.bodies[("finally",)], around) if params.finally_ is not None else None
    return TryForm(body, tuple(catches), finally_), _value(body, *(catch.body for catch in catches))


def _agent(
    builder: BodyBuilder, draft: Draft, params: AgentParams, site: NodeSite, around: Surroundings
) -> AgentForm | None:
    """The tools that are nodes, each typed with its arguments as `args`."""
    tools: list[ToolForm] = []
    for number, tool in enumerate(params.tools):
        path = ("tools", number, "do")
        if path not in draft.bodies:
            continue
        args = _arguments(site, number) if draft.params is not None else _open_arguments(tool.args)
        body = builder.body(draft.bodies[path], around.inside(around.known[-1], {"args": args}))
        answer = next((step for step in all_steps(body) if step.type.name == "respond"), None)
        if answer is not None:
            message = f"`{answer.id}` answers the caller, and what is called by a model cannot do that"
            site.found.error("E491", message, answer.span, help="let the last node of the tool give its result")
        tools.append(ToolForm(number, tool.name or "", args, body))
    return AgentForm(tuple(tools)) if tools else None


def _arguments(site: NodeSite, number: int) -> ObjectType:
    """The arguments of a tool as its `args` says: a record, whatever its fields are called."""
    written = site.settings["tools"][number].get("args")
    if not isinstance(written, LocatedMap) or not written:
        return ObjectType(())
    record = LocatedMap(written.span)
    record.put(Located("properties", written.span), written, written.span)
    type_ = site.type_named(record, "tools", number, "args")
    return type_ if isinstance(type_, ObjectType) else ObjectType(())


def _open_arguments(given: Mapping[str, Any] | None) -> ObjectType:
    """The arguments of a tool beside one that is wrong and has been left out: what stands where cannot be told."""
    return ObjectType(tuple((str(name), FieldType(ANY)) for name in given or {}))


def _check_reached(params: TryParams, site: NodeSite) -> None:
    """Tell of handlers that those before them leave nothing to."""
    caught: set[str] = set()
    for number, catch in enumerate(params.catch):
        words = {str(error) for error in catch.errors}
        if _ALL in caught or (words and all(word in caught or _whole_class(word) in caught for word in words)):
            message = "this handler never runs, for those before it take all of its errors"
            help_ = "put it in front of them, or leave it out; a handler without `errors` stands last"
            site.found.warning("W421", message, site.span_of("catch", number), help=help_)
        caught |= words or {_ALL}


_ALL = ""
"""Stands for the errors of a handler that names none."""


def _whole_class(word: str) -> str:
    """`4xx` for `409`; other words are in no class of statuses."""
    return f"{word[0]}xx" if word.isdigit() else word


def _check_name(site: NodeSite, name: str, *path: str | int) -> None:
    if not is_identifier(name) or name in RESERVED or name.startswith("_"):
        reason = (
            "it always means something else"
            if name in RESERVED
            else "use letters, digits and `_`, beginning with a letter"
        )
        site.found.error("E262", f"`{name}` cannot be a name inside the body", site.span_of(*path), help=reason)
