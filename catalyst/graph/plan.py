"""Decides which steps run at the same time, as a structure that can be written as plain Python.

Goes in: steps in order, what each comes after, and which of them take time. Comes out: a plan, that is a sequence of
`Run` (one step) and `Together` (lanes at the same time). Time to finish is the critical path: a step that takes time
starts as soon as what it needs is done.

Only steps that take time are arranged; the others cost nothing and stand where they read well: as early as their inputs
allow. The time-taking steps form a partial order, which is taken apart:
- in series, where everything of the second part waits for everything of the first anyway;
- side by side, where nothing in one part waits for anything in another;
- what is left (such as a, b -> c; b -> d) becomes lanes that wait for one another by name.
Sets of steps are bit masks, so that thousands of steps stay quick.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from catalyst.diagnostics import CompilerBug

_DEEPEST = 40
"""Nesting beyond this becomes lanes that wait for one another; nobody reads code nested deeper."""


@dataclass(frozen=True, slots=True)
class Run:
    """One step."""

    id: str


@dataclass(frozen=True, slots=True)
class Lane:
    """Steps that run one after another beside other lanes. `after` names lanes, by their first step, to wait for."""

    items: Plan
    after: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The id of the lane's first step."""
        return next(steps_of(self.items))


@dataclass(frozen=True, slots=True)
class Together:
    """Lanes that run at the same time; done when all are."""

    lanes: tuple[Lane, ...]


Plan = tuple[Run | Together, ...]


def steps_of(plan: Plan) -> Iterator[str]:
    """The ids of a plan, in the order they are written."""
    for item in plan:
        if isinstance(item, Run):
            yield item.id
        else:
            for lane in item.lanes:
                yield from steps_of(lane.items)


def make_plan(ids: Sequence[str], after: Mapping[str, Sequence[str]], waits: Mapping[str, bool]) -> Plan:
    """The plan for steps that are already in order (`ids` never names one before what it comes after)."""
    return _Planner(ids, after, waits).plan()


class _Planner:
    def __init__(self, ids: Sequence[str], after: Mapping[str, Sequence[str]], waits: Mapping[str, bool]) -> None:
        self.ids = ids
        self.number = {id_: n for n, id_ in enumerate(ids)}
        self.before = [self._mask(after.get(id_, ())) for id_ in ids]
        self.waits = self._mask(id_ for id_ in ids if waits[id_])
        self.above = self._closure()
        self.below = self._inverse(self.above)

    def _mask(self, ids: Iterable[str]) -> int:
        return _mask_of(self.number[id_] for id_ in ids)

    def _closure(self) -> list[int]:
        """For each step all that comes before it, directly or not."""
        above: list[int] = []
        for direct in self.before:
            mask = direct
            for number in _bits(direct):
                mask |= above[number]
            above.append(mask)
        return above

    def _inverse(self, above: list[int]) -> list[int]:
        below = [0] * len(above)
        for number in range(len(above) - 1, -1, -1):
            for direct in _bits(self.before[number]):
                below[direct] |= below[number] | 1 << number
        return below

    def plan(self) -> Plan:
        everything = (1 << len(self.ids)) - 1
        return tuple(self._arrange(everything, 0))

    def _arrange(self, part: int, depth: int) -> list[Run | Together]:
        waiting = part & self.waits
        if waiting.bit_count() <= 1:
            return [*self._early_first(part)]
        series = self._components(waiting, lambda n: waiting & ~(self.above[n] | self.below[n] | 1 << n))
        if len(series) > 1 and depth < _DEEPEST:
            return self._in_series(part, series, depth)
        lanes = self._components(waiting, lambda n: waiting & (self.above[n] | self.below[n]))
        if len(lanes) > 1 and depth < _DEEPEST:
            return self._side_by_side(part, lanes, depth)
        return self._woven(part, waiting)

    def _components(self, part: int, neighbours: Callable[[int], int]) -> list[int]:
        """The connected components of `part`, in order of their first step."""
        components: list[int] = []
        left = part
        while left:
            start = left & -left
            component, frontier = 0, start
            while frontier:
                component |= frontier
                reached = 0
                for number in _bits(frontier):
                    reached |= neighbours(number)
                frontier = reached & part & ~component
            components.append(component)
            left &= ~component
        return components

    def _in_series(self, part: int, series: list[int], depth: int) -> list[Run | Together]:
        # A later group lies below an earlier one as a whole, so any member tells the order.
        series.sort(key=lambda group: (self.above[_lowest(group)] & self.waits & part).bit_count())
        free = part & ~self.waits
        items: list[Run | Together] = []
        stages: list[int] = []
        for group in series:
            under_group = self._under(group)
            stages = [stage & ~under_group for stage in stages]
            stages.append(free & under_group)
        unplaced = free
        for stage in stages:
            unplaced &= ~stage
        items += [Run(self.ids[n]) for n in _bits(unplaced)]
        for group, stage in zip(series, stages, strict=True):
            items += self._arrange(group | stage, depth + 1)
        return items

    def _under(self, group: int) -> int:
        under = 0
        for number in _bits(group):
            under |= self.below[number]
        return under

    def _side_by_side(self, part: int, lanes: list[int], depth: int) -> list[Run | Together]:
        free = part & ~self.waits
        under = [self._under(lane) for lane in lanes]
        first = last = free
        own = [0] * len(lanes)
        for number in _bits(free):
            touching = [index for index, mask in enumerate(under) if mask >> number & 1]
            bit = 1 << number
            if touching:
                first &= ~bit
            if len(touching) == 1:
                own[touching[0]] |= bit
            if len(touching) <= 1:
                last &= ~bit
        together = Together(tuple(Lane(tuple(self._arrange(lane | own[i], depth + 1))) for i, lane in enumerate(lanes)))
        return [*(Run(self.ids[n]) for n in _bits(first)), together, *(Run(self.ids[n]) for n in _bits(last))]

    def _woven(self, part: int, waiting: int) -> list[Run | Together]:
        """Lanes that wait for one another: one for each chain; what takes no time stands where its inputs are."""
        free = part & ~self.waits
        first = free & ~self._under(waiting)
        lane_of, lanes = self._chains(waiting)
        for number in _bits(free & ~first):
            index = self._lane_for(number, lane_of, lanes, part & ~first)
            lanes[index].append(number)
            lane_of[number] = index
        woven = [self._lane(members, lane_of, lanes, part & ~first) for members in lanes]
        return [*(Run(self.ids[n]) for n in _bits(first)), Together(tuple(_in_order(woven)))]

    def _lane_for(self, number: int, lane_of: dict[int, int], lanes: list[list[int]], part: int) -> int:
        """Where a step that takes no time goes: between two steps of a chain, behind its only source, or on its own."""
        sources = {lane_of[n] for n in _bits(self.before[number] & part)}
        if len(sources) == 1:
            return sources.pop()
        for index in sorted({lane_of[n] for n in _bits(self.below[number] & self.waits & part)}):
            if any(self.above[number] >> n & 1 for n in lanes[index]):
                return index
        lanes.append([])
        return len(lanes) - 1

    def _chains(self, waiting: int) -> tuple[dict[int, int], list[list[int]]]:
        covers = {n: self._covers(n, waiting) for n in _bits(waiting)}
        followers: dict[int, list[int]] = {n: [] for n in covers}
        for number, direct in covers.items():
            for before in _bits(direct):
                followers[before].append(number)
        lane_of: dict[int, int] = {}
        lanes: list[list[int]] = []
        for number, direct in covers.items():
            before = _lowest(direct) if direct.bit_count() == 1 else -1
            if before >= 0 and len(followers[before]) == 1:
                lane_of[number] = lane_of[before]
                lanes[lane_of[before]].append(number)
            else:
                lane_of[number] = len(lanes)
                lanes.append([number])
        return lane_of, lanes

    def _covers(self, number: int, waiting: int) -> int:
        """The time-taking steps directly above, with none between."""
        above = self.above[number] & waiting
        direct = above
        for other in _bits(above):
            direct &= ~self.above[other]
        return direct

    def _lane(self, members: list[int], lane_of: dict[int, int], lanes: list[list[int]], part: int) -> Lane:
        own = lane_of[members[0]]
        needed = {lane_of[n] for member in members for n in _bits(self.before[member] & part) if lane_of[n] != own}
        after = tuple(self._early_first(_mask_of(lanes[index]))[0].id for index in sorted(needed))
        return Lane(tuple(self._early_first(_mask_of(members))), after)

    def _early_first(self, part: int) -> list[Run]:
        """A chain in order, with each step that takes no time as soon as its inputs are there."""
        ordered: list[Run] = []
        free = part & ~self.waits
        for number in _bits(part & self.waits):
            early = free & ~self._under(part & self.waits & ~((1 << number) - 1))
            ordered += [Run(self.ids[n]) for n in _bits(early)] + [Run(self.ids[number])]
            free &= ~early
        return ordered + [Run(self.ids[n]) for n in _bits(free)]


def _in_order(lanes: list[Lane]) -> list[Lane]:
    """Lanes such that each comes behind those it waits for, for a task can only wait for one that is made already."""
    placed: set[str] = set()
    ordered: list[Lane] = []
    left = lanes
    while left:
        ready = [lane for lane in left if all(name in placed for name in lane.after)]
        if not ready:
            raise CompilerBug(f"lanes wait for one another in a circle: {[lane.name for lane in left]}")
        ordered += ready
        placed.update(lane.name for lane in ready)
        left = [lane for lane in left if lane.name not in placed]
    return ordered


def _mask_of(numbers: Iterable[int]) -> int:
    mask = 0
    for number in numbers:
        mask |= 1 << number
    return mask


def _bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _lowest(mask: int) -> int:
    return (mask & -mask).bit_length() - 1
