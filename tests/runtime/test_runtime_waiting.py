import time
from datetime import UTC, datetime, timedelta

import pytest

from templates.runtime.errors import ExpressionError
from templates.runtime.waiting import seconds_of, sleep_for, sleep_until
from tests.runtime.support import run


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        (2, 2),
        (0.5, 0.5),
        ("200ms", 0.2),
        ("1h30m", 5400),
        ("1 d", 86400),
        ("PT1M2.5S", 62.5),
        ("P1D", 86400),
        ("1w2d", 777_600),
        ("P1W", 604_800),
    ],
)
def test_durations(given, seconds):
    assert seconds_of(given, "for") == seconds


@pytest.mark.parametrize(
    "given", ["", "s", "2", "2 weeks", "P", "PT", "1m2x", "2s!", -1, True, None, [], float("inf"), float("nan")]
)
def test_what_is_no_duration(given):
    with pytest.raises(ExpressionError):
        seconds_of(given, "for")


def test_waiting_takes_its_time():
    started = time.monotonic()
    run(sleep_for("20ms"))
    run(sleep_until(datetime.now(UTC) + timedelta(milliseconds=20)))
    run(sleep_until("2001-01-01T00:00:00"))
    assert time.monotonic() - started > 0.039
    for bad in ("soon", 5, None):
        with pytest.raises(ExpressionError):
            run(sleep_until(bad))
