"""Examples that keep something, against real PostgreSQL and Redis; `test_examples.py` has what is embedded."""

import asyncio
import json
import shutil
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import redis
from openpyxl import Workbook, load_workbook

from catalyst.api import compile_path
from tests.sql.service import service
from tests.standin.server import running

EXAMPLES = Path(__file__).parents[2] / "examples"
SALES = EXAMPLES / "sales_report"
SUPPORT = EXAMPLES / "support_agent"


def requested(folder: Path, name: str = "request") -> dict[str, Any]:
    """A request of an example."""
    found: dict[str, Any] = json.loads((folder / f"{name}.json").read_text("utf-8"))
    return found


def answered(folder: Path, name: str = "answer") -> Any:
    """The body of an answer of an example."""
    return json.loads((folder / f"{name}.json").read_text("utf-8"))["body"]


def on_postgres(url: str, statement: str) -> list[asyncpg.Record]:
    """What the database itself says."""

    async def work() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(url)
        try:
            if not statement.startswith("select"):
                await connection.execute(statement)
                return []
            return await connection.fetch(statement)
        finally:
            await connection.close()

    return asyncio.run(work())


def report(client: Any, since: str, until: str) -> Workbook:
    """The workbook of a period."""
    answer = client.get("/api/v1/report", params={"since": since, "until": until})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"] == f'attachment; filename="sales-{since}-{until}.xlsx"'
    return load_workbook(BytesIO(answer.content))


def rows(book: Workbook, sheet: str) -> list[tuple[Any, ...]]:
    """A sheet's rows below its header."""
    return list(book[sheet].iter_rows(min_row=2, values_only=True))


@pytest.fixture(params=["embedded", "postgres"])
def database(request: pytest.FixtureRequest) -> dict[str, str]:
    """The variable that says where the tables are, which are those of the example's own file."""
    if request.param == "embedded":
        return {"DATABASE_URL": ""}
    url = str(request.getfixturevalue("postgres_url"))
    on_postgres(url, (SALES / "flows/schema.sql").read_text("utf-8"))
    return {"DATABASE_URL": url}


def test_sales_report(database: dict[str, str], tmp_path: Path) -> None:
    """The same workbook comes out of both databases; an order that is sent again counts once."""
    with service(compile_path(SALES), tmp_path, database) as client:
        before = report(client, "2026-05-01", "2026-05-31")
        assert [row[2] for row in rows(before, "Regions")] == [0, 0, 0]
        assert rows(before, "Orders") == []
        for _ in range(2):
            saved = client.post("/api/v1/orders", json=requested(SALES))
            assert (saved.status_code, saved.json()) == (201, answered(SALES))
        may = report(client, "2026-05-01", "2026-05-31")
        june = report(client, "2026-06-01", "2026-06-30")
    assert rows(may, "Regions") == [
        ("north", "Ingrid Solberg", 2, 640.5, 1155.75, 1000, 155.75),
        ("south", "Paulo Ferreira", 1, 310, 310, 800, -490),
        ("west", "Aoife Byrne", 0, None, 0, 500, -500),
    ]
    assert rows(may, "Orders")[0] == (501, "2026-05-04", "north", "Fjord Data", 640.5)
    assert [row[0] for row in rows(may, "Orders")] == [501, 502, 503]
    assert rows(june, "Orders") == [(504, "2026-06-02", "west", "Kestrel Books", 90)]


def test_orders_are_saved_all_or_none(database: dict[str, str], tmp_path: Path) -> None:
    """The second order has a region that is none: the first one is not there either."""
    with service(compile_path(SALES), tmp_path, database) as client:
        refused = client.post("/api/v1/orders", json=requested(SALES, "request-unknown"))
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:problem:constraint")
        assert rows(report(client, "2026-05-01", "2026-05-31"), "Orders") == []


def test_a_day_that_is_none_is_the_callers_mistake(database: dict[str, str], tmp_path: Path) -> None:
    """31 February has the form of a day: PostgreSQL refuses it, and SQLite finds nothing."""
    with service(compile_path(SALES), tmp_path, database) as client:
        answer = client.get("/api/v1/report", params={"since": "2026-02-01", "until": "2026-02-31"})
    assert answer.status_code == (422 if database["DATABASE_URL"] else 200), answer.text


def test_the_orders_are_in_postgres(postgres_url: str, tmp_path: Path) -> None:
    on_postgres(postgres_url, (SALES / "flows/schema.sql").read_text("utf-8"))
    with service(compile_path(SALES), tmp_path, {"DATABASE_URL": postgres_url}) as client:
        assert client.post("/api/v1/orders", json=requested(SALES)).status_code == 201
    found = on_postgres(postgres_url, "select count(*)::int as orders, sum(amount)::float as sales from orders")
    assert dict(found[0]) == {"orders": 4, "sales": 1555.75}
    assert not (tmp_path / "data").exists()


@pytest.fixture(scope="module")
def model() -> Iterator[dict[str, str]]:
    """The variables that have the stand-in for a model asked."""
    with running() as server:
        yield {"OPENAI_API_KEY": "stand-in", "OPENAI_BASE_URL": f"{server.url}/v1"}


def ask(folder: Path, env: dict[str, str], name: str, example: Path = SUPPORT) -> Any:
    """One message of the example to a service of its own."""
    with service(compile_path(example), folder, env) as client:
        answer = client.post("/api/v1/support", json=requested(SUPPORT, name))
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_support_agent_remembers_in_redis(redis_url: str, model: dict[str, str], tmp_path: Path) -> None:
    """Each message goes to a service that was just started; what was said before is in Redis, and only there."""
    env = model | {"REDIS_URL": redis_url}
    for number, end in enumerate(("", "-2", "-3")):
        assert ask(tmp_path / str(number), env, f"request{end}") == answered(SUPPORT, f"answer{end}")
    with redis.Redis.from_url(redis_url) as client:
        kept = list(client.scan_iter())
        assert kept
        assert all(0 < client.ttl(key) <= 24 * 60 * 60 for key in kept)
        client.flushdb()
    assert ask(tmp_path / "forgotten", env, "request-2") != answered(SUPPORT, "answer-2")


def test_support_agent_remembers_in_postgres(postgres_url: str, model: dict[str, str], tmp_path: Path) -> None:
    """The same with the conversation in a database: what changes is one word of the flow, and the secret."""
    example = tmp_path / "example"
    shutil.copytree(SUPPORT, example, ignore=shutil.ignore_patterns("expected"))
    flow = example / "flows/support_agent.yaml"
    text = flow.read_text("utf-8").replace("store: redis", "store: sql").replace("REDIS_URL", "DATABASE_URL")
    flow.write_text(text, encoding="utf-8")
    env = model | {"DATABASE_URL": postgres_url}
    for number, end in enumerate(("", "-2")):
        found = ask(tmp_path / str(number), env, f"request{end}", example)
        assert found == answered(SUPPORT, f"answer{end}")
    kept = on_postgres(
        postgres_url,
        "select count(*)::int as turns, count(distinct session)::int as sessions"
        " from conversation_exchanges where ends > extract(epoch from now()) + 3600",
    )
    assert dict(kept[0]) == {"turns": 2, "sessions": 1}
