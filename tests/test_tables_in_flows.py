"""Tables through a whole service: files that come down as they should, and memory that does not grow with the rows."""

import base64
import io
import tracemalloc
from pathlib import Path

import pytest
from openpyxl import load_workbook

from catalyst.api import Result, compile_flow
from tests.emitted import World, findings, imported, node_result, serving, write_files

PARTS = """\
catalyst: 1
name: parts
types: {Row: {id: integer, name: string}}
input: {table: file}
nodes:
  total:
    type: loop
    state: {at: 0, sum: 0}
    while: "{{ loop.state.at != none }}"
    max_iterations: 1000
    do: {part: {type: csv, with: {parse: "{{ input.table }}", row: Row, batch: 500, from: "{{ loop.state.at }}"}}}
    next:
      at: "{{ nodes.part.output.next }}"
      sum: "{{ loop.state.sum + (nodes.part.output.rows | map(r => r.id) | sum) }}"
output: {sum: "{{ nodes.total.output.sum }}"}
settings: {max_body: 4MB}
"""


def table(rows: int) -> dict[str, str]:
    text = "id,name\n" + "".join(f"{number},name of {number % 100}\n" for number in range(rows))
    content = base64.b64encode(text.encode()).decode()
    return {"filename": "a.csv", "content_type": "text/csv", "content": content}


def built(result: Result, folder: Path) -> Result:
    assert result.ok, findings(result)
    write_files(result.files, folder)
    return result


def test_memory_is_flat_in_parts(tmp_path: Path) -> None:
    result = built(compile_flow(PARTS), tmp_path)
    peaks = {}
    with imported(tmp_path), serving(result, World()) as client:
        path = result.workflows[0].routes[0].path
        for rows in (500, 10_000, 20_000):
            body = {"table": table(rows)}
            tracemalloc.start()
            answer = client.post(path, json=body)
            peaks[rows] = tracemalloc.get_traced_memory()[1] / len(body["table"]["content"])
            tracemalloc.stop()
            assert answer.json() == {"sum": rows * (rows - 1) // 2}
    # What the request itself takes grows with its body; that it is read as rows adds nothing to each byte of it.
    assert peaks[20_000] <= peaks[10_000] * 1.05


def test_a_csv_file_comes_down(tmp_path: Path) -> None:
    result = built(node_result("csv"), tmp_path)
    with imported(tmp_path), serving(result, World()) as client:
        answer = client.post(result.workflows[0].routes[0].path, json={"orders": "id,region,price\n1,=x,20\n"})
    assert answer.headers["content-type"] == "text/csv"
    assert answer.headers["content-disposition"] == 'attachment; filename="orders.csv"'
    assert answer.text == "Number,Price\r\n1,20\r\n"


@pytest.mark.parametrize("region", ["north", "=HYPERLINK(1)"])
def test_a_workbook_comes_down(tmp_path: Path, region: str) -> None:
    result = built(node_result("excel"), tmp_path)
    orders = [{"id": 1, "region": region, "price": 12.5}]
    with imported(tmp_path), serving(result, World()) as client:
        answer = client.post(result.workflows[0].routes[0].path, json={"orders": orders})
    assert answer.headers["content-disposition"].endswith('"orders.xlsx"')
    rows = list(load_workbook(io.BytesIO(answer.content))["Orders"].iter_rows())
    assert [cell.value for cell in rows[0]] == ["Number", "Region", "Price"]
    assert [cell.data_type for cell in rows[1]] == ["n", "s", "n"]
