"""`graphql`: ask a GraphQL service, or change something there; the output is its data."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from catalyst.expressions.sinks import Sink
from catalyst.expressions.types import ANY, OPEN_OBJECT, STR, FieldType, ListType, ObjectType, Type, describe
from catalyst.nodes.base import NodeType, Scribe, Site
from catalyst.nodes.graphql import Document, Operation, variables_problem
from catalyst.nodes.headers import check_headers
from catalyst.nodes.settings import Expr, Params, ShapeSlot, Slot
from catalyst.nodes.web import Auth, address_source, check_address, headers_source
from catalyst.spec.fields import exactly_one
from catalyst.spec.problems import Reader, problem

_PATH = re.compile(r"[_A-Za-z][_0-9A-Za-z]*(?:\.[_A-Za-z][_0-9A-Za-z]*){0,19}")


def _read_path(value: Any) -> str:
    if not isinstance(value, str) or not _PATH.fullmatch(value):
        raise problem("E144", "this is no path into the data", help="write the names of fields: `people.nodes`")
    return str(value)


DataPath = Annotated[str, Reader(_read_path, {"type": "string", "examples": ["people.nodes"]})]


class Pages(Params):
    """How the pages of a list follow each other."""

    items: DataPath = Field(description="Where a page's items are in the data: `people.nodes`.")
    page_info: DataPath = Field(description="Where its `{hasNextPage, endCursor}` is: `people.pageInfo`.")
    variable: str = Field(
        default="after", pattern=r"^[_A-Za-z][_0-9A-Za-z]*$", description="The variable that takes the cursor."
    )
    max_pages: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=20, description="More pages than this are an error, so that nothing goes on for ever."
    )


class GraphqlParams(Params):
    """Settings of `graphql`: `query` or `mutation`, and where it is sent."""

    model_config = ConfigDict(json_schema_extra=exactly_one("query", "mutation"))

    url: Annotated[Expr, Slot(STR, Sink.URL)] = Field(
        description="The address of the service; its host must be known or allowed."
    )
    query: Document | None = Field(default=None, description="The document of a query, constant text.")
    mutation: Document | None = Field(default=None, description="The document of a mutation, constant text.")
    variables: Annotated[Any, ShapeSlot(type=OPEN_OBJECT)] = Field(
        default=None, description="Values of the variables that the document declares, by name without `$`."
    )
    select: DataPath | None = Field(
        default=None, description="A part of the data that is the output: `person.name`; by default all of it."
    )
    paginate: Pages | None = Field(
        default=None, description="Ask for page after page; the output is the list of all items."
    )
    errors: Literal["fail", "result"] = Field(
        default="fail",
        description=(
            "What errors in the answer do. `fail`: the node fails, also when there is data beside them; `result`: the "
            "output is `{data, errors: [{place, code}]}`, and data that the service left out is none."
        ),
    )
    headers: Annotated[Any, ShapeSlot(Sink.HEADER, OPEN_OBJECT)] = Field(
        default=None, description="Request headers, name to value."
    )
    auth: Auth | None = Field(default=None, description="How to sign in.")
    allow_hosts: list[str] = Field(
        default_factory=list, description="Hosts that a computed address may have (`api.example.com`, `*.example.com`)."
    )

    @model_validator(mode="after")
    def one_operation(self) -> Self:
        """Exactly one of `query` and `mutation`, each with a document of its kind."""
        if (self.query is None) == (self.mutation is None):
            raise PydanticCustomError("one_of", "give either `query` or `mutation`")
        if self.operation.kind != ("query" if self.query is not None else "mutation"):
            kind = self.operation.kind
            raise problem("E465", f"this document is a {kind}", help=f"write it under `{kind}:`")
        if self.paginate is not None and (self.mutation or self.select or self.errors == "result"):
            raise PydanticCustomError("one_of", "`paginate` is for a `query`, without `select` and `errors: result`")
        return self

    @property
    def operation(self) -> Operation:
        """The document."""
        found = self.query or self.mutation
        assert found is not None
        return found

    @property
    def method(self) -> str:
        """GraphQL goes over POST."""
        return "POST"


ERROR = ObjectType((("place", FieldType(STR)), ("code", FieldType(STR))), "graphql.GraphqlError")


def output(params: GraphqlParams, site: Site) -> Type:
    """What the node's `output:` says, else anything; with `errors: result` an object of it and the errors."""
    if params.paginate is not None:
        return site.declared if isinstance(site.declared, ListType) else ListType(ANY)
    if params.errors == "fail":
        return site.declared if site.declared is not None else ANY
    data = site.declared.field("data") if isinstance(site.declared, ObjectType) else None
    fields = (("data", data or FieldType(ANY)), ("errors", FieldType(ListType(ERROR))))
    return ObjectType(fields)


def check(params: GraphqlParams, site: Site) -> None:
    """The address must have a known host, and the variables must be those of the document."""
    check_address(params.url, params.allow_hosts, site)
    check_headers(params.headers, site)
    given = list(params.variables) if isinstance(params.variables, dict) else []
    pages = params.paginate
    if pages is not None and pages.variable not in params.operation.names:
        message = f"the document declares no variable `${pages.variable}` for the cursor"
        help_ = f"declare it: query(${pages.variable}: String), and use it where the list is asked for"
        site.found.error("E465", message, site.span_of("paginate"), help=help_)
        return
    wrong = variables_problem(params.operation, [*given, *([pages.variable] if pages is not None else [])])
    if wrong is not None and not isinstance(params.variables, Expr):
        site.found.error("E465", wrong[0], site.span_of("variables"), help=wrong[1])
    if params.paginate is not None and site.declared is not None and not isinstance(site.declared, ListType):
        message = f"all pages together are a list, `output:` says {describe(site.declared)}"
        site.found.error("E206", message, site.span)


def emit(params: GraphqlParams, scribe: Scribe) -> None:
    """One call of the runtime's helper."""
    scribe.pool("http", "HTTP")
    document = scribe.constant("document", repr(params.operation.text))
    variables = scribe.shape(params.variables) if params.variables is not None else "{}"
    arguments = ["ctx", address_source(params.url, params.allow_hosts, scribe), document, variables]
    options = _options(params, scribe)
    if params.paginate is not None:
        pages = _pages(params.paginate, scribe)
        helper = scribe.use("graphql", "ask_pages")
        adapter = scribe.adapter(scribe.output) if scribe.output != ListType(ANY) else "None"
        scribe.body.line(f"return await {helper}({', '.join([*arguments, adapter, pages, *options])})")
        return
    path = f"path={params.select.split('.')!r}" if params.select else ""
    if params.errors == "fail":
        adapter = scribe.adapter(scribe.output) if scribe.output != ANY else "None"
        helper = scribe.use("graphql", "ask")
        scribe.body.line(f"return await {helper}({', '.join(filter(None, [*arguments, adapter, path, *options]))})")
        return
    field = scribe.output.field("data") if isinstance(scribe.output, ObjectType) else None
    adapter = scribe.adapter(field.type) if field is not None and field.type != ANY else "None"
    answer = scribe.local("answer")
    source = f"{scribe.use('graphql', 'ask_all')}({', '.join(filter(None, [*arguments, adapter, path, *options]))})"
    scribe.body.line(f"{answer} = await {source}")
    scribe.body.line(f"return {{'data': {answer}.data, 'errors': {answer}.errors}}")


def _options(params: GraphqlParams, scribe: Scribe) -> list[str]:
    options = []
    headers = headers_source(params.headers, params.auth, scribe)
    if headers:
        options.append(f"headers={headers}")
    if params.allow_hosts:
        scribe.pool("http_guard", "GUARDED_HTTP")
        names = ", ".join(repr(host) for host in params.allow_hosts)
        options.append(f"allow_hosts={scribe.use('http_guard', 'allowed_hosts')}({names})")
    return options


def _pages(pages: Pages, scribe: Scribe) -> str:
    arguments = [repr(pages.items.split(".")), repr(pages.page_info.split("."))]
    arguments += [f"variable={pages.variable!r}"] if pages.variable != "after" else []
    arguments += [f"max_pages={pages.max_pages}"] if pages.max_pages != 20 else []
    return f"{scribe.use('graphql', 'Pages')}({', '.join(arguments)})"


NODE: NodeType[Any] = NodeType(
    kind="call",
    params=GraphqlParams,
    output=output,
    check=check,
    emit=emit,
    safe_to_repeat=lambda params: params.query is not None,
    example="""\
catalyst: 1
name: graphql_example
input: {topic: string}
env: {API_URL: "http://127.0.0.1:9100"}
nodes:
  people:
    type: graphql
    with:
      url: "{{ env.API_URL }}/graphql"
      query: |
        query People($topic: String, $after: String) {
          people(topic: $topic, first: 2, after: $after) {
            nodes { id name }
            pageInfo { hasNextPage endCursor }
          }
        }
      variables: {topic: "{{ input.topic }}"}
      paginate: {items: people.nodes, page_info: people.pageInfo}
    output: "array<{id: integer, name: string}>"
output: {names: "{{ nodes.people.output | map(p => p.name) }}"}
""",
    example_input={"topic": "edge inference"},
)
