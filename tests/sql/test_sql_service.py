"""Services with `sql` nodes, against a real PostgreSQL and against what is embedded."""

import asyncio
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import yaml

from catalyst.api import Result, compile_flow
from catalyst.project.verify import verify_module
from tests.emitted import GOLDEN, findings, golden_result
from tests.sql.service import service


def fill(url: str, text: str) -> None:
    async def work() -> None:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(text)
        finally:
            await connection.close()

    asyncio.run(work())


@pytest.mark.parametrize(("case", "secret"), [("sql_rows", "DATABASE_URL"), ("sql_write", "BANK_URL")])
def test_golden_runs_on_postgres(case: str, secret: str, postgres_url: str, tmp_path: Path) -> None:
    """The same flow gives the same on both databases; the tables are those of the same file."""
    schema = (GOLDEN / case / "schema.sql").read_text(encoding="utf-8")
    tables = ["people", "visits", "accounts", "log"]
    clear = f"drop table if exists {', '.join(tables)} cascade; drop type if exists mood;"
    runs = yaml.safe_load((GOLDEN / case / "runs.yaml").read_text(encoding="utf-8"))
    with service(golden_result(case), tmp_path, {secret: postgres_url}) as client:
        for run in runs:
            fill(postgres_url, clear + schema)
            answer = client.post(f"/api/v1/{case}/execute", json=run["input"])
            assert answer.status_code == run.get("status", 200), answer.text
            if "output" in run:
                assert answer.json() == run["output"]


FLOW = """\
catalyst: 1
name: people
secrets: {DATABASE_URL: {required: false}}
input: {id: integer, name: {type: string, default: Ada}}
nodes:
  added:
    type: sql
    with: {query: "insert into people values ({{ input.id }}, {{ input.name }}) returning id, name", fetch: one}
"""
SCHEMA = "create table people (id int primary key, name text not null unique);\n"
PATH = "/api/v1/people/execute"


def compiled(flow: str = FLOW) -> Result:
    return compile_flow(flow, filename="people.yaml", read={"schema.sql": SCHEMA}.get)


@pytest.fixture(params=["embedded", "postgres"])
def database(request: pytest.FixtureRequest) -> dict[str, str]:
    if request.param == "embedded":
        return {}
    url = str(request.getfixturevalue("postgres_url"))
    fill(url, SCHEMA)
    return {"DATABASE_URL": url}


def test_a_broken_rule_is_a_conflict(database: dict[str, str], tmp_path: Path, capsys: Any) -> None:
    name = "a very secret name"
    with service(compiled(), tmp_path, database) as client:
        assert client.post(PATH, json={"id": 1, "name": name}).json() == {"id": 1, "name": name}
        answer = client.post(PATH, json={"id": 2, "name": name})
        assert client.get("/ready").status_code == 200
    problem = answer.json()
    assert answer.status_code == 409
    assert (problem["type"], problem["node"], problem["source"]) == ("urn:problem:constraint", "added", "people.yaml:6")
    logged = "".join(capsys.readouterr())
    assert name not in answer.text + logged
    assert "insert into" not in answer.text + logged


def test_a_conflict_can_be_caught(database: dict[str, str], tmp_path: Path) -> None:
    flow = """\
catalyst: 1
name: people
secrets: {DATABASE_URL: {required: false}}
input: {id: integer}
nodes:
  tried:
    type: try
    do: {added: {type: sql, with: {query: "insert into people values ({{ input.id }}, 'Ada')"}}}
    catch: [{errors: ["409"], do: {told: {type: set, with: {value: -1}}}}]
output: {n: "{{ nodes.tried.output }}"}
"""
    with service(compiled(flow), tmp_path, database) as client:
        assert [client.post(PATH, json={"id": 1}).json() for _ in range(2)] == [{"n": 1}, {"n": -1}]


def test_down_at_the_start(tmp_path: Path) -> None:
    url = "postgresql://somebody:hidden-word@127.0.0.1:1/none"
    with service(compiled(), tmp_path, {"DATABASE_URL": url}) as client:
        assert client.get("/health").status_code == 200
        ready = client.get("/ready")
        assert ready.status_code == 503
        answer = client.post(PATH, json={"id": 1})
    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:problem:connection"
    assert answer.headers["retry-after"]
    assert "hidden-word" not in ready.text + answer.text


def test_an_address_of_another_kind_ends_the_start(tmp_path: Path) -> None:
    result = compiled()
    with (
        pytest.raises(Exception, match="must begin with postgresql"),
        service(result, tmp_path, {"DATABASE_URL": "mysql://root:hidden-word@host/x"}),
    ):
        pass


def test_what_is_embedded_stays_on_disk(tmp_path: Path) -> None:
    for number in (1, 2):
        with service(compiled(), tmp_path, {}) as client:
            name = f"name {number}"
            assert client.post(PATH, json={"id": number, "name": name}).json() == {"id": number, "name": name}
    assert (tmp_path / "data" / "database.db").is_file()
    with service(compiled(), tmp_path, {}) as client:
        assert client.post(PATH, json={"id": 1, "name": "x"}).status_code == 409


def test_asyncpg_is_there_only_where_an_address_may_be_given() -> None:
    without = compile_flow(
        FLOW.replace("secrets: {DATABASE_URL: {required: false}}\n", ""), read={"schema.sql": SCHEMA}.get
    )
    assert without.ok, findings(without)
    assert "asyncpg" not in without.files["requirements.txt"]
    assert "app/runtime/sql_postgres.py" not in without.files
    assert "asyncpg" in compiled().files["requirements.txt"]
    other = compile_flow("catalyst: 1\nname: a\nnodes: {a: {type: set, with: {value: 1}}}\n")
    assert "sqlite" not in other.files["requirements.txt"]
    assert compiled().files["schema.sql"] == SCHEMA


def test_statements_are_constants() -> None:
    start = "from app.runtime.sql_statement import Statement\n\n\n"
    assert not verify_module("app/x.py", start + 'A = Statement("select 1", embedded="select 2", session=True)\n')
    for call in ("Statement(name)", 'Statement("a" + name)', 'Statement(f"a{name}")', 'Statement("a", embedded=name)'):
        found = verify_module("app/x.py", f'{start}def f(name: str) -> Statement:\n    """Doc."""\n    return {call}\n')
        assert [each.message for each in found] == ["makes a statement of what is no constant"], call


def test_none_goes_in_as_null_by_number(database: dict[str, str], tmp_path: Path) -> None:
    flow = """\
catalyst: 1
name: people
secrets: {DATABASE_URL: {required: false}}
input: {id: "integer?"}
nodes:
  a: {type: sql, with: {query: "select coalesce($1::int, 7) as n", params: ["{{ input.id }}"], fetch: value}}
output: "{{ nodes.a.output }}"
"""
    with service(compiled(flow), tmp_path, database) as client:
        assert client.post(PATH, json={"id": None}).json() == 7
        assert client.post(PATH, json={"id": 8}).json() == 8


def test_a_value_keeps_its_type_wherever_it_stands(database: dict[str, str], tmp_path: Path) -> None:
    flow = """\
catalyst: 1
name: people
secrets: {DATABASE_URL: {required: false}}
input: {id: integer, x: number, ok: boolean, text: string}
nodes:
  a:
    type: sql
    with:
      query: |
        select {{ input.id }} as id, {{ input.x }} as x, {{ input.id }}::text || '!' as t,
               {{ input.text }}::int + 1 as n, case when {{ input.id }} > 1 then {{ input.x }} else 0 end as y
      fetch: one
output: "{{ nodes.a.output }}"
"""
    with service(compiled(flow), tmp_path, database) as client:
        answer = client.post(PATH, json={"id": 3, "x": 2.5, "ok": True, "text": "12"})
    assert answer.json() == {"id": 3, "x": 2.5, "t": "3!", "n": 13, "y": 2.5}


@pytest.mark.parametrize("length", [60, 75, 100, 105, 106, 130])
def test_a_statement_is_one_text_or_a_text_a_line(length: int) -> None:
    query = f"select {'x, ' * 40}"[:length].rstrip(" ,") + " from t"
    flow = f"catalyst: 1\nname: a\nnodes: {{a: {{type: sql, with: {{query: {query!r}}}}}}}\n"
    module = compile_flow(flow).files["app/workflows/a.py"]
    assert not [line for line in module.splitlines() if '" "' in line]
