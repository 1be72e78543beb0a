"""The import block of emitted modules stands in ruff's order."""

from catalyst.pysource.imports import Imports


def test_what_is_renamed_stands_in_the_order_of_its_own_name() -> None:
    imports = Imports()
    for name, local in (("twice", "twice"), ("slow", "slow_"), ("zero", "zero_"), ("Rate", "Rate"), ("MOST", "MOST_")):
        imports.add("lib.own", name, local)
    assert imports.lines() == [
        "from lib.own import MOST as MOST_",
        "from lib.own import Rate, twice",
        "from lib.own import slow as slow_",
        "from lib.own import zero as zero_",
    ]
