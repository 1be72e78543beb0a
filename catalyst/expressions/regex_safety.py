"""Whether a search with a regular expression can take exponential time.

Goes in: a pattern. Comes out: what is wrong with it, or None. `re` tries one way of matching after the other, so a
pattern is dangerous when a loop can read the same text in two ways: the number of ways doubles with each turn, as in
`(a+)+` or `(a|a)*`. The places of a pattern (its atoms) are followed in pairs: two ways through the same text that part
and meet again in one loop are what is looked for. `(\\w+,)+` is fine: the comma leaves one way only.

Bounded repetitions are copied when small and count as loops when large; so a few harmless patterns are refused as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from catalyst.expressions.regex_parts import Atom, Choice, NotUnderstood, Part, Repeat, Sequence, take_apart

K = TypeVar("K", bound=Hashable)

_MOST_PLACES = 400
_MOST_COPIES = 8
_MOST_ATOM_COPIES = 64
_MOST_OVERLAPPING_LOOPS = 3
_SAMPLES = "aAzZmM059_ \t\n\r-.,:;@/\\'\"éßÄ\u0663\u2028\U0001f600"
_CODE = re.compile(r"\\x([0-9A-Fa-f]{2})|\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")

# A group of its own that does not tell capitals apart; the whole pattern is then taken so.
_IGNORES_CASE = re.compile(r"\(\?[amsux]*i")

NESTED = "nested repetition in regex can take exponential time"
OVERLAPPING = "repetitions in regex that can match the same text take very long together"
TOO_LARGE = "the regex is too large, or uses what cannot be checked"


def regex_problem(pattern: str) -> str | None:
    """What makes searches with a valid pattern dangerous, or None."""
    flags = re.compile(pattern).flags
    if _IGNORES_CASE.search(pattern):
        flags |= re.IGNORECASE
    if flags & re.VERBOSE:
        return TOO_LARGE
    try:
        for part in take_apart(pattern):
            places = _Places(_alphabet(pattern), flags & (re.IGNORECASE | re.DOTALL | re.ASCII))
            places.add(part)
            if _is_ambiguous(places):
                return NESTED
            if _overlapping_loops(places) > _MOST_OVERLAPPING_LOOPS:
                return OVERLAPPING
    except (NotUnderstood, RecursionError):
        return TOO_LARGE
    return None


def _alphabet(pattern: str) -> str:
    """Characters that tell the atoms apart: those of the pattern, their neighbours, and some of every kind."""
    written = pattern + "".join(chr(int(next(filter(None, match.groups())), 16)) for match in _CODE.finditer(pattern))
    near = {chr(code) for char in written for code in (ord(char) - 1, ord(char), ord(char) + 1) if 0 <= code < 0x110000}
    return "".join(sorted(near | set(_SAMPLES)))


@dataclass(frozen=True, slots=True)
class _Ends:
    """Where a part may begin and end, and whether it may match nothing."""

    first: tuple[int, ...]
    last: tuple[int, ...]
    nullable: bool


@dataclass(slots=True)
class _Places:
    """The atoms of a pattern, and which may follow which."""

    alphabet: str
    flags: int
    masks: list[int] = field(default_factory=list)
    """For each place a bit set of the alphabet: what it matches."""
    following: list[set[int]] = field(default_factory=list)
    doubled: set[tuple[int, int]] = field(default_factory=set)
    """Steps that two repetitions allow, one inside the other."""
    known: dict[str, int] = field(default_factory=dict)

    def add(self, part: Part) -> _Ends:
        """Add the places of a part."""
        match part:
            case Atom(source):
                return self._atom(source)
            case Sequence(parts):
                ends = _Ends((), (), True)
                for each in parts:
                    ends = self._then(ends, self.add(each))
                return ends
            case Choice(options):
                all_ = [self.add(option) for option in options]
                first = tuple(place for ends in all_ for place in ends.first)
                last = tuple(place for ends in all_ for place in ends.last)
                return _Ends(first, last, any(ends.nullable for ends in all_))
            case Repeat():
                return self._repeat(part)

    def _atom(self, source: str) -> _Ends:
        if len(self.masks) >= _MOST_PLACES:
            raise NotUnderstood
        if source not in self.known:
            atom = re.compile(source, self.flags)
            self.known[source] = sum(1 << bit for bit, char in enumerate(self.alphabet) if atom.fullmatch(char))
        self.masks.append(self.known[source])
        self.following.append(set())
        place = len(self.masks) - 1
        return _Ends((place,), (place,), False)

    def _then(self, left: _Ends, right: _Ends) -> _Ends:
        self._connect(left.last, right.first)
        first = left.first + (right.first if left.nullable else ())
        last = right.last + (left.last if right.nullable else ())
        return _Ends(first, last, left.nullable and right.nullable)

    def _connect(self, sources: Iterable[int], targets: tuple[int, ...]) -> None:
        for source in sources:
            for target in targets:
                if target in self.following[source]:
                    self.doubled.add((source, target))
                self.following[source].add(target)

    def _repeat(self, part: Repeat) -> _Ends:
        copies = _MOST_ATOM_COPIES if isinstance(part.part, Atom) and part.least == part.most else _MOST_COPIES
        most = part.most
        if most is None or most > copies or (most > 2 and _has_loop(part.part)):
            return self._loop(part)
        ends = _Ends((), (), True)
        for _ in range(part.least):
            ends = self._then(ends, self.add(part.part))
        return self._optional_copies(part.part, most - part.least, ends)

    def _optional_copies(self, part: Part, count: int, before: _Ends) -> _Ends:
        """Copies that may be left out: only the copy before leads on to the next, as in `x(x(x)?)?`."""
        first, last, previous, reachable = before.first, before.last, before.last, before.nullable
        for _ in range(count):
            copy = self.add(part)
            self._connect(previous, copy.first)
            first += copy.first if reachable else ()
            last += copy.last
            previous = copy.last + (previous if copy.nullable else ())
            reachable = reachable and copy.nullable
        return _Ends(first, last, before.nullable)

    def _loop(self, part: Repeat) -> _Ends:
        inner = self.add(part.part)
        if inner.nullable and part.most is not None:
            # `(a?){30}`: each turn may be left out, in 2 ** 30 ways.
            self.doubled.update((place, place) for place in inner.first)
            self._connect(inner.last, inner.first)
        self._connect(inner.last, inner.first)
        return _Ends(inner.first, inner.last, inner.nullable or part.least == 0)


def _has_loop(part: Part) -> bool:
    match part:
        case Atom():
            return False
        case Sequence(parts) | Choice(parts):
            return any(_has_loop(each) for each in parts)
        case Repeat(inner, _, most):
            return most is None or most > _MOST_COPIES or _has_loop(inner)


def _is_ambiguous(places: _Places) -> bool:
    """Whether a loop can read one text in two ways."""
    component = _components(range(len(places.masks)), lambda place: sorted(places.following[place]))
    if any(component[source] == component[target] for source, target in places.doubled):
        return True

    def pairs_behind(pair: tuple[int, int]) -> list[tuple[int, int]]:
        left, right = pair
        return [
            (one, other)
            for one in sorted(places.following[left])
            if component[one] == component[left]
            for other in sorted(places.following[right])
            if component[other] == component[right] and places.masks[one] & places.masks[other]
        ]

    starts = [(place, place) for place in range(len(places.masks)) if _is_in_loop(places, component, place)]
    reached = _components(starts, pairs_behind)
    same = {reached[pair] for pair in starts}
    return any(left != right and reached[(left, right)] in same for left, right in reached)


def _is_in_loop(places: _Places, component: Mapping[int, int], place: int) -> bool:
    return any(component[target] == component[place] for target in places.following[place])


def _overlapping_loops(places: _Places) -> int:
    """The most loops in a row that can all read a text of one character over and over."""
    longest = 0
    for bit in range(len(places.alphabet)):
        inside = [place for place, mask in enumerate(places.masks) if mask >> bit & 1]
        members = set(inside)
        steps = {place: sorted(places.following[place] & members) for place in inside}
        component = _components(inside, steps.__getitem__)
        loops = {component[place] for place in inside if any(component[to] == component[place] for to in steps[place])}
        # Components are numbered from the end of the pattern to its start.
        depth: dict[int, int] = {}
        for place in sorted(inside, key=component.__getitem__):
            own = component[place]
            behind = max((depth[component[to]] for to in steps[place] if component[to] != own), default=0)
            depth[own] = max(depth.get(own, 0), behind + (own in loops))
        longest = max(longest, *depth.values(), 0)
    return longest


def _components(starts: Iterable[K], behind: Callable[[K], list[K]]) -> dict[K, int]:
    """The number of the strongly connected component of each node that can be reached; a later one never leads to more.

    Tarjan's algorithm, without recursion.
    """
    order: dict[K, int] = {}
    low: dict[K, int] = {}
    found: dict[K, int] = {}
    open_: list[K] = []
    number = 0
    for start in starts:
        if start in order:
            continue
        order[start] = low[start] = len(order)
        open_.append(start)
        work = [(start, iter(behind(start)))]
        while work:
            node, waiting = work[-1]
            target = next(waiting, None)
            if target is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == order[node]:
                    _close(node, number, open_, found)
                    number += 1
            elif target not in order:
                order[target] = low[target] = len(order)
                open_.append(target)
                work.append((target, iter(behind(target))))
            elif target not in found:
                low[node] = min(low[node], order[target])
    return found


def _close(root: K, number: int, open_: list[K], found: dict[K, int]) -> None:
    """Give the component that `root` opened its number."""
    node = None
    while node != root:
        node = open_.pop()
        found[node] = number
