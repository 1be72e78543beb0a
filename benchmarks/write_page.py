"""Writes the table in `docs/performance.md` from a kept result: `python benchmarks/write_page.py RESULT.json`."""

import json
import sys
from pathlib import Path

from run import shown, table

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
BEGIN, END = "<!-- table: written by benchmarks/write_page.py -->", "<!-- end of the table -->"


def main() -> None:
    path = Path(sys.argv[1])
    result = json.loads(path.read_text())
    machine = result["machine"]
    load = ", ".join(f"{value:.1f}" for value in machine["load"])
    versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    text = "\n\n".join(
        [
            BEGIN,
            shown(table(result["rounds"])),
            f"{result['date']}; {machine['cpu']}, {machine['cores']} cores, load {load} at the end; "
            f"Python {result['python']}, {versions}. Every round is in `benchmarks/results/{path.name}`.",
            END,
        ]
    )
    page = PAGE.read_text()
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(before + text + after)


if __name__ == "__main__":
    main()
