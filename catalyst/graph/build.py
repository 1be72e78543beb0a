"""From the flow as written to the graph: names resolved, types inferred, order and concurrency decided.

Goes in: a `Flow`. Comes out: a frozen `Workflow`, and everything that is wrong with names, types, dependencies and
settings. The workflow is given only when nothing is wrong.

Two passes over the nodes: `draft.py` reads settings and finds references; `Builder` here puts each body in order and
then types its steps in that order, so that a step's inputs are known when it is reached.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from catalyst.diagnostics import Diagnostics, Span, did_you_mean, listing
from catalyst.expressions.narrowing import facts_of
from catalyst.expressions.references import holes
from catalyst.expressions.scope import Scope
from catalyst.expressions.types import ANY, NONE, ListType, Type, accepts, describe, nullable, settled
from catalyst.graph.control import build_form, inner_expressions
from catalyst.graph.draft import Draft, DraftBody
from catalyst.graph.model import ALWAYS, Body, Form, Goto, Policy, Step, SwitchForm, TryForm, bodies_of
from catalyst.graph.order import find_cycle, topological
from catalyst.graph.plan import make_plan
from catalyst.graph.policy import build_policy, with_fallback
from catalyst.graph.scope import Fact, Surroundings
from catalyst.graph.site import Neighbours, NodeSite
from catalyst.graph.types import NamedTypes
from catalyst.nodes.settings import Expr, expressions_in
from catalyst.spec.model import Defaults
from catalyst.spec.tree import LocatedMap


@dataclass(frozen=True, slots=True)
class Rule:
    """When a step runs (see `Step`)."""

    any_of: tuple[str, ...]
    atoms: frozenset[str]


class Builder:
    """Types the steps of one flow."""

    def __init__(
        self, types: NamedTypes, neighbours: Neighbours, secrets: frozenset[str], defaults: Defaults, found: Diagnostics
    ) -> None:
        self.types = types
        self.neighbours = neighbours
        self.secrets = secrets
        self.defaults = defaults
        self.found = found
        self.everywhere: dict[str, Span] = {}

    def trial(self) -> Builder:
        """A builder for the same flow that keeps its findings to itself."""
        twin = Builder(self.types, self.neighbours, self.secrets, self.defaults, Diagnostics())
        twin.everywhere = self.everywhere
        return twin

    def body(self, draft: DraftBody, around: Surroundings) -> Body:
        """The steps of a body, typed and in order."""
        return self.body_and_after(draft, around)[0]

    def body_and_after(self, draft: DraftBody, around: Surroundings) -> tuple[Body, Surroundings]:
        """The same, with what can be seen behind the last step."""
        ids = [each.id for each in draft.drafts]
        after, gotos = self._edges(draft, around)
        ordered, stuck = topological(ids, after)
        if stuck:
            self._report_cycle(draft, stuck, after)
        drafts = {each.id: each for each in draft.drafts}
        around = replace(around, unreadable=self._unreadable(draft, around))
        steps: list[Step] = []
        for id_ in ordered:
            order = (tuple(dict.fromkeys(after[id_])), gotos.get(id_, ()))
            if drafts[id_].condition is None and not order[1]:
                self._warn_of_dead_ends(drafts[id_], drafts, around)
            step, fact = self._step(drafts[id_], order, around, steps)
            if step is not None:
                steps.append(step)
            around = _with_fact(around, id_, fact, step)
        around = self._look_into(stuck, drafts, around)
        return self._finish(draft, tuple(steps), around), around

    def _edges(self, body: DraftBody, around: Surroundings) -> tuple[dict[str, list[str]], dict[str, tuple[str, ...]]]:
        """(what each node comes after in this body, which failures lead to which node); reports unknown names."""
        own = {draft.id for draft in body.drafts}
        after: dict[str, list[str]] = {}
        gotos: dict[str, tuple[str, ...]] = {}
        for draft in body.drafts:
            after[draft.id] = [id_ for id_ in draft.reads if id_ in own]
            self._check_needs(draft, own | set(around.facts))
        for draft in body.drafts:
            target = draft.spec.on_error.goto if draft.spec.on_error is not None else None
            if target is None:
                continue
            if target not in own:
                label = did_you_mean(target, own)
                self.found.error(
                    "E312", f"`goto` leads to `{target}`, which is no node of this body", target.span, label=label
                )
            elif target == draft.id:
                self.found.error("E312", f"node `{draft.id}` cannot go on with itself", target.span)
            else:
                gotos[str(target)] = (*gotos.get(str(target), ()), draft.id)
                after[str(target)].append(draft.id)
        return after, gotos

    def _check_needs(self, draft: Draft, visible: set[str]) -> None:
        for id_ in draft.spec.needs:
            if id_ in visible and id_ != draft.id:
                continue
            if id_ == draft.id:
                self.found.error("E310", f"node `{id_}` needs itself", id_.span)
            elif id_ in self.everywhere:
                self.found.error(
                    "E311",
                    f"`{id_}` is inside another node and cannot be waited for from here",
                    id_.span,
                    help="need the node that holds it",
                )
            else:
                self.found.error(
                    "E311",
                    f"there is no node `{id_}`",
                    id_.span,
                    label=did_you_mean(id_, visible),
                    help=f"nodes here: {listing(sorted(visible), 40)}",
                )

    def _warn_of_dead_ends(self, draft: Draft, drafts: Mapping[str, Draft], around: Surroundings) -> None:
        """A node that waits for nothing but errors never runs: where they are not raised, they are skipped."""
        waits = [id_ for id_ in draft.reads if id_ in around.facts]
        if not waits or not all(id_ in drafts and _always_fails(drafts[id_]) for id_ in waits):
            return
        errors = " and ".join(f"`{id_}`" for id_ in waits)
        self.found.warning(
            "W208",
            f"node `{draft.id}` never runs: it waits only for {errors}, which is skipped or ends the run",
            draft.span,
            help="an error ends the run without being waited for; a node with an `if` of its own is asked in any case",
        )

    def _report_cycle(self, body: DraftBody, stuck: list[str], after: Mapping[str, list[str]]) -> None:
        cycle = find_cycle(stuck, after)
        spans = {draft.id: draft.span for draft in body.drafts}
        path = " -> ".join(cycle)
        self.found.error(
            "E310",
            f"these nodes wait for each other in a circle: {path}",
            spans[cycle[0]],
            help="take away one of the references, or use a `loop`",
        )

    def _look_into(self, stuck: list[str], drafts: Mapping[str, Draft], around: Surroundings) -> Surroundings:
        """Find what else is wrong in nodes that wait for each other; what they give is not known."""
        for id_ in stuck:
            around = around.with_fact(id_, Fact(ANY, frozenset({ALWAYS}), handled=True), {})
        for id_ in stuck:
            self._step(drafts[id_], ((), ()), around, [])
        return around

    def _unreadable(self, body: DraftBody, around: Surroundings) -> dict[str, str]:
        own = {draft.id for draft in body.drafts}
        return {
            id_: "it is inside another node; read the node that holds it"
            for id_ in self.everywhere
            if id_ not in own and id_ not in around.facts
        }

    def _step(
        self, draft: Draft, order: tuple[tuple[str, ...], tuple[str, ...]], around: Surroundings, earlier: list[Step]
    ) -> tuple[Step | None, Fact]:
        """The step and what others may know of it; `order` is (after, goto_from)."""
        rule = self._rule(draft, order[1], around)
        declared = self.types.field_type(draft.spec.output) if draft.spec.output is not None else None
        site = NodeSite(
            draft.id, draft.span, draft.settings, declared, self.found, self.types, self.neighbours, self.secrets
        )
        if draft.condition is not None:
            site.check([("if", draft.condition)], around.scope(None))
            around = _knowing(draft.condition, around)
        _check_expressions(draft, site, around.scope(rule.atoms))
        formed = build_form(self, draft, site, around.inside(rule.atoms))
        form, given = formed if formed is not None else (None, None)
        policy = build_policy(draft, site, self.defaults)
        site.time_limit = policy.timeout
        if policy.cache is not None and any(body_answers(body) for _, body in bodies_of(form)):
            message = f"node `{draft.id}` may answer the caller, and an answer cannot be kept"
            self.found.error("E425", message, draft.span, help="put `cache` on the nodes inside that take time")
        given = self._output(draft, site, given)
        output = with_fallback(given, policy, site)
        gates = _answers_before(order[0], earlier)
        step = _assemble(draft, site, rule, (order[0], gates, order[1]), form, (given, output), policy)
        return step, Fact(output, rule.atoms, policy.on_error is not None)

    def _rule(self, draft: Draft, goto_from: tuple[str, ...], around: Surroundings) -> Rule:
        if draft.condition is not None:
            return Rule((), frozenset({draft.id}))
        if goto_from:
            return Rule((), frozenset(f"error:{id_}" for id_ in goto_from))
        deps = [id_ for id_ in draft.reads if id_ in around.facts]
        # All together, for of several nodes one may surely have run although none of them surely has.
        atoms = frozenset[str]().union(*(around.facts[id_].atoms for id_ in deps))
        if not deps or around.has_run(atoms):
            return Rule((), frozenset({ALWAYS}))
        return Rule(tuple(deps), atoms)

    def _output(self, draft: Draft, site: NodeSite, given: Type | None) -> Type:
        """What the node gives; `given` is known already for control nodes."""
        if draft.type is None or draft.params is None:
            # A type that the settings name, as those of `llm` do, is looked up although another setting is wrong.
            named = getattr(draft.partial, "output", None)
            return site.type_named(named, "output") if named is not None else ANY
        if given is None:
            given = draft.type.output(draft.params, site)
            if draft.type.check is not None:
                draft.type.check(draft.params, site)
        if site.declared is None or given == site.declared:
            return settled(given)
        if not accepts(site.declared, given):
            span = draft.settings.span
            message = f"node `{draft.id}` gives {describe(given)}, its `output:` says {describe(site.declared)}"
            self.found.error("E206", message, span if span.file else draft.span)
        return site.declared

    def _finish(self, draft: DraftBody, steps: tuple[Step, ...], around: Surroundings) -> Body:
        site = NodeSite(
            "", draft.span, LocatedMap(draft.span), None, self.found, self.types, self.neighbours, self.secrets
        )
        site.check(expressions_in(draft.output, "output"), around.scope(None))
        by_id = {step.id: step for step in steps}
        last = next((each.id for each in reversed(draft.drafts) if each.id in by_id), None)
        type_: Type = NONE
        if draft.output is not None:
            type_ = settled(site.shape_type(draft.output))
        elif last is not None:
            fact = around.facts[last]
            type_ = fact.type if around.has_run(fact.atoms) else nullable(fact.type)
        ids = [step.id for step in steps]
        after = {step.id: [id_ for id_ in step.after if id_ in by_id] for step in steps}
        plan = make_plan(ids, after, _taking_time(steps))
        return Body(steps, plan, draft.output, last, type_, site.checked, any(step_ends(step) for step in steps))


def _always_fails(draft: Draft) -> bool:
    return draft.spec.type == "raise" and draft.spec.on_error is None


def _knowing(condition: Expr, around: Surroundings) -> Surroundings:
    """What a node with this `if` may rely on: the outputs and the fields of the input that were found to be there."""
    if condition.template is None:
        return around
    keys = {key for hole in holes(condition.template) for key in facts_of(hole, True)}
    ids = sorted({str(key[1]) for key in keys if len(key) > 2 and key[0] == "nodes" and key[2] == "output"})
    known = tuple(around.facts[id_].atoms for id_ in ids if id_ in around.facts)
    return replace(around, known=(*around.known, *known)).given_by(condition)


def _with_fact(around: Surroundings, id_: str, fact: Fact, step: Step | None) -> Surroundings:
    """What can be seen once the step is done; one that can jump away has run only when it did not fail."""
    implied: dict[str, frozenset[str]] = {}
    if step is not None and step.condition is not None and step.goto_from:
        implied[id_] = frozenset(f"error:{other}" for other in step.goto_from)
    if step is None or not isinstance(step.policy.on_error, Goto):
        return around.with_fact(id_, fact, implied)
    implied |= {f"ok:{id_}": fact.atoms, f"error:{id_}": fact.atoms}
    return around.with_fact(id_, replace(fact, atoms=frozenset({f"ok:{id_}"})), implied)


def _own_expressions(draft: Draft) -> list[tuple[str, Expr]]:
    """The expressions that are typed around the node; those of a loop's rounds are typed inside, and `if` is apart."""
    inside = {id(expr) for expr in inner_expressions(draft.partial)}
    return [
        (label, expr) for label, expr in draft.expressions if id(expr) not in inside and expr is not draft.condition
    ]


def _check_expressions(draft: Draft, site: NodeSite, scope: Scope) -> None:
    """Type the node's expressions; those that are worked out for each item of a list know its name."""
    own = _own_expressions(draft)
    each = draft.type.each(draft.params) if draft.type is not None and draft.params is not None else None
    if each is None:
        site.check(own, scope)
        return
    name, over, inside = each
    site.check([(label, expr) for label, expr in own if expr not in inside], scope)
    items = site.type_of(over)
    inner = scope.with_locals(**{name: items.item if isinstance(items, ListType) else ANY})
    site.check([(label, expr) for label, expr in own if expr in inside], inner)


def _taking_time(steps: Iterable[Step]) -> dict[str, bool]:
    """For each step whether the plan has to make room for it: it takes time, or it is urgent and comes after what does.

    An answer or an error must not wait for work that it does not depend on; where no time passes before it, it comes
    first anyway.
    """
    late: set[str] = set()
    for step in steps:
        if step.waits or late.intersection(step.after):
            late.add(step.id)
    return {step.id: step.waits or (step.id in late and _is_urgent(step)) for step in steps}


def _is_urgent(step: Step) -> bool:
    """Whether the step may answer the caller, or end the run with an error."""
    inner = (each for _, body in bodies_of(step.form) for each in body.steps)
    return step.type.name in ("respond", "raise") or any(_is_urgent(each) for each in inner)


def _answers_before(after: Iterable[str], earlier: list[Step]) -> tuple[str, ...]:
    """The steps that may answer among those of this body that come before, directly or not."""
    answers = [step.id for step in earlier if step.may_answer]
    before = _all_before(after, earlier) if answers else set()
    return tuple(id_ for id_ in answers if id_ in before)


def _all_before(after: Iterable[str], earlier: list[Step]) -> set[str]:
    """The steps of this body that come before, directly or not."""
    before: set[str] = set(after)
    for step in reversed(earlier):
        if step.id in before:
            before.update(step.after)
    return before


def _assemble(
    draft: Draft,
    site: NodeSite,
    rule: Rule,
    order: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]],
    form: Form | None,
    output: tuple[Type, Type],
    policy: Policy,
) -> Step | None:
    """The step, when its type and settings are known; `order` is (after, gates, goto_from)."""
    if draft.type is None or draft.params is None:
        return None
    inner = [step for _, body in bodies_of(form) for step in body.steps]
    return Step(
        id=draft.id,
        type=draft.type,
        params=draft.params,
        span=draft.span,
        description=draft.spec.description,
        checked=site.checked,
        condition=draft.condition,
        any_of=rule.any_of,
        gates=order[1],
        atoms=rule.atoms,
        after=order[0],
        reads=frozenset(draft.reads),
        output=output[1],
        given=output[0],
        policy=policy,
        form=form,
        waits=draft.type.kind == "call" or policy.cache is not None or any(step.waits for step in inner),
        may_answer=any(body_answers(body) for _, body in bodies_of(form)),
        goto_from=order[2],
        signatures=site.signatures,
        files=site.files,
    )


def body_answers(body: Body) -> bool:
    """Whether there is a `respond` in a body or in what is inside."""
    return any(step.type.name == "respond" or step.may_answer for step in body.steps)


def step_ends(step: Step) -> bool:
    """Whether nothing comes out of a body that this step is in: it always runs, and raises or answers."""
    if step.skippable or step.policy.on_error is not None:
        return False
    match step.form:
        case SwitchForm(cases, default):
            return default is not None and default.ends and all(body.ends for _, body in cases)
        case TryForm(body, catches):
            return body.ends and all(catch.body.ends for catch in catches)
        case _:
            return step.type.name in ("raise", "respond")
