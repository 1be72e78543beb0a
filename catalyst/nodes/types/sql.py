"""`sql`: ask a database; values go to it beside the statement, never inside of it.

Addresses, types, errors and `schema.sql` are described in [Databases](../databases.md), and so is how a flow goes
through [many rows](../databases.md#many-rows) page by page, in memory that does not grow with them.
"""

import ast
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from catalyst.expressions.sinks import Sink
from catalyst.expressions.types import ANY, INT, OPEN_OBJECT, STR, AnyType, ListType, Type, nullable
from catalyst.nodes.base import NodeType, Scribe, Site
from catalyst.nodes.settings import Expr, Params, Shape, ShapeSlot, Slot
from catalyst.nodes.sql.checks import StatementCheck, check_statements
from catalyst.nodes.sql.one_row import always_one
from catalyst.nodes.sql.result import first_type, result_type
from catalyst.nodes.sql.schema import Schema, read_schema
from catalyst.nodes.sql.statement import FlowStatement
from catalyst.pysource.source import to_source
from catalyst.spec.fields import exactly_one
from catalyst.spec.problems import problem

HOME = "DATABASE_URL"
SCHEMA_FILE = "schema.sql"

Sql = Annotated[Expr, Slot(STR, Sink.SQL)]


class SqlParams(Params):
    """Settings of `sql`."""

    model_config = ConfigDict(json_schema_extra=exactly_one("query", "transaction"))

    query: Sql | None = Field(
        default=None,
        description="One statement. Each `{{ }}` in it is a value that is bound, never a part of the text.",
    )
    transaction: list[Sql] | None = Field(
        default=None,
        min_length=1,
        description="Several statements that take effect together or not at all; the last one gives the output.",
    )
    params: Annotated[Any, ShapeSlot()] = Field(
        default=None, description="The values of `$1`, `$2`, ... where the query has those; `none` is NULL."
    )
    batch: Annotated[Expr, Slot(ListType(ANY))] | None = Field(
        default=None, description="Run the query for each item of this list, all or none; gives their number."
    )
    as_: str = Field(default="item", alias="as", description="The name of the batch's item inside the query.")
    fetch: Literal["all", "one", "value", "none"] | None = Field(
        default=None,
        description=(
            "What the output is: `all` rows as a list of objects, the only `one` or none, the first column of it "
            "(`value`), or with `none` how many rows were written. Without it `all`, or `none` where there are no rows."
        ),
    )
    read_only: bool = Field(default=False, description="Whether the database has to refuse whatever would write.")
    connection: str = Field(
        default=HOME, description="The secret with the database's address; without it a file in the folder of data."
    )

    @model_validator(mode="after")
    def one_form(self) -> Self:
        """A query or a transaction; values by number and batches belong to a query."""
        if (self.query is None) == (self.transaction is None):
            raise PydanticCustomError("one_of", "give one of `query` and `transaction`")
        if self.transaction is not None and (self.params is not None or self.batch is not None):
            raise PydanticCustomError("one_of", "`params` and `batch` go with `query`, not with `transaction`")
        if self.batch is not None and self.params is not None and not isinstance(self.params, list):
            raise PydanticCustomError("one_of", "`params` beside `batch` must be a list")
        if self.batch is not None and self.fetch not in (None, "none"):
            raise PydanticCustomError("one_of", "a `batch` gives no rows; leave `fetch` out")
        return self

    @model_validator(mode="after")
    def names_its_item(self) -> Self:
        """The item's name is one that an expression can use."""
        if not self.as_.isidentifier() or self.as_.startswith("_"):
            raise problem("E262", f"`{self.as_[:40]}` cannot be a name", help="use letters, digits and `_`")
        return self

    @property
    def statements(self) -> list[tuple[tuple[str | int, ...], Expr]]:
        """Each statement with the path of its setting."""
        if self.query is not None:
            return [(("query",), self.query)]
        return [(("transaction", number), each) for number, each in enumerate(self.transaction or ())]

    @property
    def fetched(self) -> str:
        """What is fetched, also when the author does not say."""
        if self.batch is not None:
            return "none"
        if self.fetch is not None:
            return self.fetch
        return "all" if FlowStatement(self.statements[-1][1]).text.gives_rows else "none"


def output(params: SqlParams, site: Site) -> Type:
    """What the node's `output:` says, else what `schema.sql` knows, else objects."""
    if params.fetched == "none":
        return INT
    if site.declared is not None:
        return site.declared
    return _known_type(params, _schema(site), site.hole_types(params.statements[-1][1]))


def _schema(site: Site) -> Schema | None:
    text = site.beside(SCHEMA_FILE)
    return read_schema(text) if text is not None else None


def _known_type(params: SqlParams, schema: Schema | None, holes: tuple[Type, ...]) -> Type:
    statement = FlowStatement(params.statements[-1][1])
    text = next(iter(statement.texts(holes).values())).embedded
    if params.fetched == "value":
        known = first_type(schema, text) if schema is not None else ANY
    else:
        known = (result_type(schema, text) if schema is not None else None) or OPEN_OBJECT
    if params.fetched == "all":
        return ListType(known)
    return known if always_one(statement.text.tokens) else nullable(known)


def check(params: SqlParams, site: Site) -> None:
    """Where values stand, what is beside them, and the statements by `schema.sql`."""
    if params.connection != HOME:
        site.need_secret(params.connection, "connection")
    schema = _schema(site)
    numbered = len(params.params) if isinstance(params.params, list) else None if params.params is not None else 0
    checks = [StatementCheck(path, expr, site.hole_types(expr), numbered) for path, expr in params.statements]
    check_statements(checks, site, schema)
    last = FlowStatement(params.statements[-1][1])
    if params.fetch in ("all", "one", "value") and not last.text.gives_rows:
        message = f"`fetch: {params.fetch}` asks for rows, and this statement gives none"
        site.found.error("E441", message, site.span_of("fetch"), help="add `returning ...`, or leave `fetch` out")
    if params.read_only and not all(FlowStatement(expr).text.only_reads for _, expr in params.statements):
        message = "the node is read-only, and a statement of it writes"
        site.found.error("E441", message, site.span_of("read_only"), help="take `read_only` away")


def emit(params: SqlParams, scribe: Scribe) -> None:
    """One call of the pool's method, or several in a transaction."""
    database = f"ctx.pools[{_connection(params, scribe)}]"
    if params.transaction is not None:
        _emit_transaction(params, scribe, database)
        return
    options = [f"seconds={scribe.time_limit!r}"] if scribe.time_limit is not None else []
    options += ["read_only=True"] if params.read_only else []
    assert params.query is not None
    if params.batch is not None:
        _emit_batch(params, scribe, database, options)
        return
    arguments = _statement(params.query, scribe)
    if params.params is not None:
        arguments.append(_numbered(params.params, scribe))
    _returns(params, scribe, f"await {database}.{_method(params)}({', '.join([*arguments, *options])})")


_METHODS = {"all": "fetch_all", "one": "fetch_one", "value": "fetch_value", "none": "execute"}


def _method(params: SqlParams) -> str:
    """What is asked of the database; for the one row of a statement that has one, the method that says so."""
    is_there = params.fetched == "one" and always_one(FlowStatement(params.statements[-1][1]).text.tokens)
    return "fetch_only" if is_there else _METHODS[params.fetched]


def _connection(params: SqlParams, scribe: Scribe) -> str:
    """The pool; without a declared address only SQLite can be meant, and only that is brought along."""
    text = scribe.beside(SCHEMA_FILE)
    statements = read_schema(text).statements if text is not None else ()
    if scribe.secret(params.connection) is None:
        return scribe.connection("sql_sqlite", "sqlite_pool", params.connection, HOME, statements)
    return scribe.connection("sql_database", "sql_pool", params.connection, HOME, statements)


def _returns(params: SqlParams, scribe: Scribe, call: str) -> None:
    if params.fetched == "none" or scribe.output in (ListType(OPEN_OBJECT), OPEN_OBJECT, nullable(OPEN_OBJECT)):
        scribe.body.line(f"return {call}")
    else:
        scribe.returns(call, ANY)


def _emit_transaction(params: SqlParams, scribe: Scribe, database: str) -> None:
    options = [repr(scribe.time_limit)] if scribe.time_limit is not None else []
    options += ["read_only=True"] if params.read_only else []
    with scribe.body.block(f"async with {database}.transaction({', '.join(options)}) as work:"):
        *first, (_, last) = params.statements
        for _, expr in first:
            scribe.body.line(f"await work.execute({', '.join(_statement(expr, scribe))})")
        _returns(params, scribe, f"await work.{_method(params)}({', '.join(_statement(last, scribe))})")


def _emit_batch(params: SqlParams, scribe: Scribe, database: str, options: list[str]) -> None:
    assert params.batch is not None
    assert params.query is not None
    items = scribe.expr(params.batch)
    given = scribe.type_of(params.batch)
    if not isinstance(given, ListType):
        items = f"{scribe.use('values', 'as_list')}({items})"
    with scribe.bound(params.as_, given.item if isinstance(given, ListType) else ANY) as item:
        constant, *values = _statement(params.query, scribe)
        row = _numbered(params.params, scribe) if params.params is not None else (values or ["[]"])[0]
    rows = f"[{row} for {item} in {items}]"
    scribe.body.line(f"return await {database}.execute_many({', '.join([constant, rows, *options])})")


def _numbered(values: Shape, scribe: Scribe) -> str:
    """The values of `$1` and on; a list that is computed is one when it comes."""
    if isinstance(values, Expr) and not isinstance(scribe.type_of(values), ListType):
        return f"{scribe.use('values', 'as_list')}({scribe.shape(values)})"
    return scribe.shape(values)


def _statement(expr: Expr, scribe: Scribe) -> list[str]:
    """The statement, and its values when it has any, as arguments."""
    holes = [part for part in scribe.parts(expr) if not isinstance(part, str)] if not expr.is_constant else []
    types = tuple(type_ for _, type_, _ in holes)
    statement = FlowStatement(expr)
    texts = statement.texts(types)
    name = scribe.use("sql_statement", "Statement")
    calls = {choice: _call(name, text.native, text.embedded, statement) for choice, text in texts.items()}
    chosen = sorted(statement.names(types))
    if not chosen:
        constant = scribe.constant("sql", to_source(calls[()]))
    else:
        keys = {choice: ast.Constant(choice[0]) if len(chosen) == 1 else _tuple(choice) for choice in calls}
        table = ast.Dict([keys[choice] for choice in calls], [calls[choice] for choice in calls])
        variable = scribe.constant("sql", to_source(table))
        picked = [to_source(holes[number][0]) for number in chosen]
        key = picked[0] if len(picked) == 1 else f"({', '.join(picked)})"
        constant = f"{scribe.use('sql_statement', 'chosen')}({variable}, {key})"
    lists = statement.lists(types)
    values = [
        _value(tree, type_, number in lists, scribe)
        for number, (tree, type_, _) in enumerate(holes)
        if number not in chosen
    ]
    return [constant, f"[{', '.join(values)}]"] if values else [constant]


def _tuple(choice: tuple[str, ...]) -> ast.expr:
    return ast.Tuple([ast.Constant(each) for each in choice], ast.Load())


def _call(name: str, native: str, embedded: str, statement: FlowStatement) -> ast.expr:
    """`Statement("select ...", embedded="...", session=True)`, constants all of it."""
    keywords = [ast.keyword("embedded", ast.Constant(embedded))] if embedded != native else []
    keywords += [ast.keyword("session", ast.Constant(True))] if statement.text.leaves_something else []
    return ast.Call(ast.Name(name, ast.Load()), [ast.Constant(native)], keywords)


def _value(tree: ast.expr, type_: Type, is_list: bool, scribe: Scribe) -> str:
    source = to_source(tree)
    if not isinstance(type_, AnyType):
        return source
    return f"{scribe.use('sql_statement', 'as_list' if is_list else 'sql_value')}({source})"


def only_reads(params: SqlParams) -> bool:
    """Whether nothing changes however often it is run."""
    return params.read_only or all(FlowStatement(expr).text.only_reads for _, expr in params.statements)


def each_item(params: SqlParams) -> tuple[str, Expr, tuple[Expr, ...]] | None:
    """The name of a batch's item, and what may use it."""
    if params.batch is None or params.query is None:
        return None
    inside = [params.query, *_expressions(params.params)]
    return params.as_, params.batch, tuple(inside)


def _expressions(shape: Shape | None) -> list[Expr]:
    if isinstance(shape, Expr):
        return [shape]
    if isinstance(shape, dict):
        return [expr for item in shape.values() for expr in _expressions(item)]
    return [expr for item in shape or () for expr in _expressions(item)]


NODE = NodeType(
    kind="call",
    params=SqlParams,
    output=output,
    check=check,
    emit=emit,
    safe_to_repeat=only_reads,
    each=each_item,
    example="""\
catalyst: 1
name: sql_example
input: {town: string}
nodes:
  saved:
    type: sql
    with: {query: "insert into people (name, town) values ('Ada', {{ input.town }}) returning id"}
  people:
    type: sql
    needs: [saved]
    with: {query: "select name, town from people where town ilike {{ input.town ~ '%' }} order by id desc limit 1"}
output: {name: "{{ nodes.people.output[0].name }}"}
""",
    example_input={"town": "London"},
    example_files={
        "schema.sql": "create table people (id bigserial primary key, name text not null, town text not null);\n"
    },
)
