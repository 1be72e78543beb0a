"""Which statements surely give exactly one row; for all others a flow has to say what becomes of none."""

import pytest

from catalyst.expressions.sinks import Sink
from catalyst.expressions.types import STR
from catalyst.nodes.settings import make_expr
from catalyst.nodes.sql.one_row import always_one
from catalyst.nodes.sql.statement import FlowStatement


def is_one(query: str) -> bool:
    return always_one(FlowStatement(make_expr(query, STR, Sink.SQL)).text.tokens)


@pytest.mark.parametrize(
    "query",
    [
        "insert into t (a, b) values ({{ input.a }}, lower({{ input.b }})) returning id;",
        "insert into t default values returning id",
        "INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET n = t.n + 1 RETURNING *",
        "with x as (select 1 as v) insert into t (a) values ((select v from x where v > 0)) returning id",
        "select count(*) as n from t where town = {{ input.town }}",
        "select coalesce(sum(x), 0) as total, min(x) as least from t join u using (id)",
        "select count(*) filter (where ok) as good from t",
        "with x as (select id from t limit 5) select max(id) as top from x",
        "select exists (select 1 from t where id = {{ input.id }} limit 1) as there",
        "select now() as at, 1 + {{ input.n }} as next",
        "values ({{ input.a }}, 2)",
    ],
)
def test_one_row_and_no_other(query: str) -> None:
    assert is_one(query)


@pytest.mark.parametrize(
    "query",
    [
        "insert into t (a) values (1)",
        "insert into t (a) values (1), (2) returning id",
        "insert into t (a) values (1) on conflict do nothing returning id",
        "insert into t (a) values (1) on conflict (a) do update set n = 1 where t.n < 1 returning id",
        "insert or ignore into t (a) values (1) returning id",
        "insert into t (a) select a from u returning id",
        "update t set a = 1 where id = 1 returning id",
        "delete from t returning id",
        "select id from t where id = 1",
        "select id from t limit 1",
        "select count(*) from t group by a",
        "select count(*) from t having count(*) > 3",
        "select count(*) from t offset 1",
        "select count(*) over () as n from t",
        "select (select count(*) from u) as n from t",
        "select max(a, b) as higher from t",
        "select count(*), generate_series(1, 3) as s from t",
        "select mine({{ input.a }}) as m",
        "select 1 as one where {{ input.a }}",
        "select count(*) from t union select count(*) from u",
        "values (1), (2)",
        "with x as (insert into t (a) values (1) returning id) select id from x",
    ],
)
def test_none_or_several_rows(query: str) -> None:
    assert not is_one(query)
