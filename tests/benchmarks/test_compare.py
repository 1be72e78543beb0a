"""What counts as slower: more than a twentieth, and more than the rounds of both results let expect."""

import json

import pytest

from benchmarks import compare, results
from benchmarks.__main__ import main
from benchmarks.parts import expressions, trivial
from benchmarks.table import Goal, made_of

STEADY = [100.0, 101.0, 99.0, 100.0, 100.0]
MACHINE = {"cpu": "AMD EPYC", "cores": 2, "system": "Linux", "load": [0.1, 0.1, 0.1]}


def change(before, after, better="more", goal=None):
    return compare.Change(*(made_of("it", Goal(better, goal), "/s", rounds) for rounds in (before, after)))


@pytest.mark.parametrize(
    ("before", "after", "better", "verdict"),
    [
        (STEADY, [value * 0.97 for value in STEADY], "more", "same"),
        (STEADY, [value * 0.9 for value in STEADY], "more", "slower"),
        (STEADY, [value * 1.1 for value in STEADY], "more", "faster"),
        (STEADY, [value * 1.1 for value in STEADY], "less", "slower"),
        (STEADY, [value * 0.9 for value in STEADY], "less", "faster"),
        # The rounds lie so far apart that a tenth says nothing.
        ([100.0, 60.0, 140.0, 80.0, 120.0], [90.0, 54.0, 126.0, 72.0, 108.0], "more", "same"),
        # One odd round moves neither the median nor the threshold.
        (STEADY, [90.0, 91.0, 89.0, 90.0, 20.0], "more", "slower"),
        ([0.0], [0.0], "less", "same"),
        ([0.0], [3.0], "less", "slower"),
        ([3.0], [0.0], "less", "faster"),
    ],
)
def test_verdict(before, after, better, verdict):
    assert change(before, after, better).verdict == verdict


def test_more_rounds_let_smaller_changes_count():
    before, after = [100.0, 95.0, 105.0], [90.0, 85.0, 95.0]
    few, many = change(before, after), change(before * 20, after * 20)
    assert many.threshold < few.threshold
    assert (few.verdict, many.verdict) == ("same", "slower")


def test_a_goal_that_is_no_longer_met_is_said():
    assert change(STEADY, [94.9] * 5, goal=95).misses_goal
    assert not change(STEADY, [95.1] * 5, goal=95).misses_goal
    assert not change([90.0] * 5, [80.0] * 5, goal=95).misses_goal


def rounds(emitted, machine_speed=1.0):
    """A result's rounds, where the emitted service is so quick."""
    served = {
        f"{title}, 1 KB": [{"per_second": value * speed * machine_speed / 100, "cpu_us": 50.0} for value in STEADY]
        for title, speed in ((trivial.EMITTED, emitted), (trivial.BY_HAND, 7000.0), (trivial.PYDANTIC, 21000.0))
    }
    names = (expressions.EMITTED, expressions.BY_HAND, expressions.JINJA, expressions.NOTHING)
    called = {name: [{"cpu_us": cost}] * 5 for name, cost in zip(names, (2.0, 1.9, 60.0, 1.0), strict=True)}
    return {"trivial": served, "expressions": called}


def result(parts, **machine):
    facts = {"date": "2026-11-20", "machine": {**MACHINE, **machine}, "python": "3.11.7", "versions": {}}
    return results.Result(facts, parts)


def test_lines_of_two_results():
    found = compare.compare(result(rounds(21000.0)), result(rounds(14000.0)))
    title = "three nodes and a branch, 1 KB: requests/s over"
    assert [each.after.what for each in found.slower] == [f"{title} FastAPI by hand", f"{title} bare ASGI, pydantic"]
    text = compare.shown(found)
    assert "+33.3%" in text
    assert text.endswith(f"Slower:\n- {title} FastAPI by hand\n- {title} bare ASGI, pydantic")


def test_another_machine_is_compared_by_ratios_only():
    found = compare.compare(result(rounds(21000.0)), result(rounds(21000.0, 0.3), cpu="an old one"))
    assert not found.slower
    assert found.left_out == ["three nodes and a branch, 1 KB: CPU time of a request"]
    assert "Not compared, since the machines differ: three nodes" in compare.shown(found)


def test_lines_that_only_one_has_are_named():
    new = result({name: each for name, each in rounds(21000.0).items() if name == "trivial"})
    text = compare.shown(compare.compare(result(rounds(21000.0)), new))
    assert "Only in the first result: five expressions: time over the same by hand" in text


def test_the_command(tmp_path, capsys):
    before, after = tmp_path / "before.json", tmp_path / "after.json"
    result(rounds(21000.0)).save(before)
    result(rounds(14000.0)).save(after)
    assert main(["--compare", str(before), str(after)]) == 1
    assert "Slower:" in capsys.readouterr().out
    assert main(["--compare", str(before), str(before)]) == 0
    assert "Nothing got slower." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "cannot be read"),
        ("[]", "is not a result"),
        ('{"rounds": {}}', "is not a result"),
        ('{"format": 1, "parts": {"nonsense": {}}}', "not known here: nonsense"),
        ('{"format": 1, "parts": {"chain": {}}}', "lacks rounds"),
        ('{"format": 1, "parts": {"chain": 1}}', "lacks rounds"),
    ],
)
def test_a_file_that_is_no_result(tmp_path, capsys, content, said):
    path = tmp_path / "some.json"
    path.write_text(content)
    assert main(["--compare", str(path), str(path)]) == 2
    assert said in capsys.readouterr().err


def test_a_result_is_kept_whole(tmp_path):
    path = tmp_path / "folder" / "result.json"
    kept = result(rounds(21000.0))
    kept.save(path)
    assert results.load(path).parts == kept.parts
    assert results.load(path).facts == kept.facts
    data = json.loads(path.read_text())
    assert set(data) == {"format", "date", "machine", "python", "versions", "skipped", "parts"}
