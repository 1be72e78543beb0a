"""Many rows in a flow that takes them page by page, and sends them on as CSV: memory stays the same."""

import tracemalloc
from pathlib import Path

import pytest

from catalyst.api import Result, compile_flow
from tests.emitted import findings
from tests.sql.service import service

SCHEMA = """\
create table source (id bigint primary key, name text not null, amount numeric not null);
create table target (id bigint primary key, name text not null, amount numeric not null);
"""
FILL = """\
catalyst: 1
name: fill
input: {count: integer}
nodes:
  filled:
    type: sql
    with:
      query: >-
        with recursive n(x) as (select 1 union all select x + 1 from n where x < {{ input.count }})
        insert into source select x, 'a name that is long enough to be seen ' || x, x * 1.5 from n
output: {count: "{{ nodes.filled.output }}"}
"""
DOCS = Path(__file__).parents[2] / "docs" / "databases.md"
WHOLE = """\
catalyst: 1
name: copy
nodes:
  all: {type: sql, with: {query: "select id, name, amount from source"}}
output: {total: "{{ nodes.all.output | length }}"}
"""


def documented() -> list[str]:
    """What the docs show for many rows: the flow, and the nodes that send each page on as CSV."""
    section = DOCS.read_text(encoding="utf-8").partition("## Many rows")[2].partition("\n## ")[0]
    return [block.partition("```")[0] for block in section.split("```yaml\n")[1:]]


def sending() -> str:
    """The flow with these nodes in it."""
    flow, sent = documented()
    return flow.replace("    next:\n", f"{sent}    next:\n")


def compiled(flow: str) -> Result:
    result = compile_flow(flow, read={"schema.sql": SCHEMA}.get)
    assert result.ok, findings(result)
    return result


def peak(flow: str, rows: int, folder: Path) -> int:
    """The most bytes of Python that a run of the flow holds."""
    env = {"DATA_DIR": str(folder / "data")}
    with service(compiled(FILL), folder / "fill", env) as client:
        assert client.post("/api/v1/fill/execute", json={"count": rows}).json() == {"count": rows}
    with service(compiled(flow), folder / "copy", env) as client:
        assert client.get("/ready").status_code == 200
        tracemalloc.start()
        try:
            answer = client.post("/api/v1/copy/execute", json={})
            assert answer.json() == {"total": rows}, answer.text
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize(("flow", "is_flat"), [(sending(), True), (WHOLE, False)], ids=["pages", "whole"])
def test_memory(flow: str, is_flat: bool, tmp_path: Path) -> None:
    few, many = peak(flow, 1_000, tmp_path / "few"), peak(flow, 10_000, tmp_path / "many")
    assert (many < 1.5 * few) == is_flat, (few, many)
