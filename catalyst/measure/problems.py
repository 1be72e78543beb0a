"""What can go wrong while measuring."""

from __future__ import annotations


class MeasureProblem(Exception):
    """It could not be measured: `str()` says why, `help` what to try."""

    def __init__(self, message: str, *, help: str | None = None) -> None:
        super().__init__(message)
        self.help = help


class NoLoadGenerator(MeasureProblem):
    """No program that makes load is installed."""


class LoadFailed(MeasureProblem):
    """The load generator ended without a result; the message ends with what it said."""


class DidNotStart(MeasureProblem):
    """A server ended, or gave no answer in time; `log` is what it had printed by then."""

    def __init__(self, message: str, log: str) -> None:
        super().__init__(message)
        self.log = log
