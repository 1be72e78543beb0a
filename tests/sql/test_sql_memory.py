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
PAGES = """\
catalyst: 1
name: copy
nodes:
  pages:
    type: loop
    state: {last: 0, done: false, total: 0}
    until: "{{ loop.state.done }}"
    max_iterations: 1000
    do:
      page:
        type: sql
        with: {query: "select id, name, amount from source where id > {{ loop.state.last }} order by id limit 500"}
      kept:
        type: sql
        with:
          query: insert into target values ({{ row.id }}, {{ row.name ~ '!' }}, {{ row.amount }})
          batch: "{{ nodes.page.output }}"
          as: row
      text: {type: csv, with: {write: "{{ nodes.page.output }}", header: false}}
      sent: {type: event, with: {name: lines, data: "{{ nodes.text.output }}"}}
    next:
      last: "{{ nodes.page.output[-1]?.id ?? loop.state.last }}"
      done: "{{ nodes.page.output | length < 500 }}"
      total: "{{ loop.state.total + (nodes.kept.output ?? 0) }}"
output: {total: "{{ nodes.pages.output.total }}"}
"""
WHOLE = """\
catalyst: 1
name: copy
nodes:
  all: {type: sql, with: {query: "select id, name, amount from source"}}
output: {total: "{{ nodes.all.output | length }}"}
"""


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


@pytest.mark.parametrize(("flow", "is_flat"), [(PAGES, True), (WHOLE, False)], ids=["pages", "whole"])
def test_memory(flow: str, is_flat: bool, tmp_path: Path) -> None:
    few, many = peak(flow, 1_000, tmp_path / "few"), peak(flow, 10_000, tmp_path / "many")
    assert (many < 1.5 * few) == is_flat, (few, many)
