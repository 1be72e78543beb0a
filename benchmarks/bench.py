"""What a part of the benchmark is given, and what it gives back."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from catalyst.measure import cores
from catalyst.measure.load import Generator, find_generator

Round = Mapping[str, float]
Rounds = Mapping[str, Sequence[Round]]
"""Contender, or what was measured -> its rounds, each a few figures by name."""


class CannotMeasure(Exception):
    """A part, or one contender of it, that this machine cannot measure; the text says why."""


@dataclass
class Bench:
    """How much is measured, and what could not be."""

    rounds: int = 5
    seconds: int = 4
    """Of load in a round."""
    quick: bool = False
    """Fewer sizes, too: for a look, not for results."""
    with_peers: bool = True
    skipped: dict[str, str] = field(default_factory=dict)
    """What was not measured -> why."""
    versions: dict[str, Mapping[str, str]] = field(default_factory=dict)
    """Peer -> versions of what is installed in its own environment."""

    def skip(self, what: str, why: str) -> None:
        """Note that something is not measured."""
        self.skipped[what] = why
        self.say(f"skipped: {what}: {why}")

    def say(self, text: str) -> None:
        """Tell the person who waits."""
        print(text, file=sys.stderr, flush=True)

    def generator(self) -> Generator:
        """The load generator. Raises NoLoadGenerator."""
        return find_generator()

    def cores(self, workers: int = 1) -> cores.Cores:
        """Server and load on cores of their own."""
        return cores.share(workers)

    def take_turns(
        self, names: Iterable[str], measure: Callable[[str], Round], rounds: int | None = None
    ) -> dict[str, list[Round]]:
        """A round of each, then again: A B A B, so that whatever the machine does besides meets all of them."""
        found: dict[str, list[Round]] = {name: [] for name in names}
        for _ in range(rounds or self.rounds):
            for name, each in found.items():
                each.append(measure(name))
        return found


def quick_bench() -> Bench:
    """For a look."""
    return Bench(rounds=2, seconds=1, quick=True)
