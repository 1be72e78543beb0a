"""`rerank`: put documents into the order of how much they have to do with a query."""

from typing import Annotated, Literal

from pydantic import Field

from catalyst.diagnostics import listing
from catalyst.expressions.sinks import Sink
from catalyst.expressions.types import (
    ANY,
    INT,
    NUMBER,
    STR,
    AnyType,
    FieldType,
    ListType,
    MapType,
    ObjectType,
    StrType,
    Type,
    accepts,
    describe,
    without_none,
)
from catalyst.nodes.base import NodeType, Scribe, Site
from catalyst.nodes.settings import Expr, Params, Slot

Provider = Literal["cohere", "jina"]

KEYS: dict[Provider, str] = {"cohere": "COHERE_API_KEY", "jina": "JINA_API_KEY"}
ADDRESSES: dict[Provider, str] = {"cohere": "COHERE_BASE_URL", "jina": "JINA_BASE_URL"}


class RerankParams(Params):
    """Settings of `rerank`."""

    provider: Provider = Field(
        default="cohere", description="Whose API; any service of the same protocol with a `base_url`."
    )
    model: Annotated[Expr, Slot(STR)] = Field(description="The model's name.")
    query: Annotated[Expr, Slot(STR, Sink.PROMPT)] = Field(description="What is asked.")
    documents: Annotated[Expr, Slot(ListType(ANY))] = Field(
        description="A list of texts, or of objects with a text under `text_key`."
    )
    text_key: str | None = Field(default=None, description="The key of an object's text.")
    limit: Annotated[Expr, Slot(INT, within=(1, 10_000))] | None = Field(
        default=None, description="The most documents to give; all if not given."
    )
    base_url: Annotated[Expr, Slot(STR, Sink.URL)] | None = Field(
        default=None, description="Another address of the API; `/rerank` is added to it."
    )
    api_key: Annotated[Expr, Slot(STR, Sink.AUTH)] | None = Field(
        default=None, description="The key; by default the provider's own secret, such as COHERE_API_KEY."
    )


def output(params: RerankParams, site: Site) -> Type:
    """A list of {document, index, score}; the documents keep their type."""
    fields = (("document", FieldType(_item(params, site))), ("index", FieldType(INT)), ("score", FieldType(NUMBER)))
    return ListType(ObjectType(fields))


def check(params: RerankParams, site: Site) -> None:
    """The key must be declared; documents must have a text."""
    if params.api_key is None and params.base_url is None:
        site.need_secret(KEYS[params.provider], "provider")
    item = without_none(_item(params, site))
    if isinstance(item, AnyType | MapType) or (isinstance(item, StrType) and params.text_key is None):
        return
    if not isinstance(item, ObjectType):
        message = f"a document cannot be {describe(item)}"
        site.found.error("E144", message, site.span_of("documents"), help="give texts, or objects and `text_key`")
        return
    names = [name for name, _ in item.fields]
    if params.text_key is None or (params.text_key not in names and not item.open):
        message = "which key of the documents is their text?" if params.text_key is None else "no such key"
        known = f"it can be: {listing(names)}" if names else "write `text_key: name`"
        place = "documents" if params.text_key is None else "text_key"
        site.found.error("E144", message, site.span_of(place), help=f"write `text_key`; {known}" if names else known)
        return
    text = item.field(params.text_key)
    if text is not None and not (text.required and accepts(STR, text.type)):
        given = describe(text.type) if text.required else "not always there"
        message = f"the text of a document is text; `{params.text_key}` of these is {given}"
        wish = 'give documents that all have a text there, as in documents: "{{ list | map(each => ...) }}"'
        site.found.error("E206", message, site.span_of("text_key"), help=wish)


def _item(params: RerankParams, site: Site) -> Type:
    given = without_none(site.type_of(params.documents))
    return given.item if isinstance(given, ListType) else ANY


def emit(params: RerankParams, scribe: Scribe) -> None:
    """One call of the runtime."""
    scribe.pool("llm", "LLM")
    if params.base_url is None:
        scribe.reads_address(ADDRESSES[params.provider], needed=False)
    url = scribe.expr(params.base_url) if params.base_url is not None else f"{scribe.use('rerank', params.provider)}()"
    key = scribe.expr(params.api_key) if params.api_key is not None else scribe.secret(KEYS[params.provider])
    arguments = [
        "ctx",
        repr(scribe.node_id),
        url,
        scribe.expr(params.model),
        scribe.text(params.query),
        scribe.expr(params.documents),
    ]
    if key is not None:
        arguments.append(f"api_key={key}")
    if params.text_key is not None:
        arguments.append(f"text_key={params.text_key!r}")
    if params.limit is not None:
        arguments.append(f"limit={scribe.expr(params.limit)}")
    scribe.returns(f"await {scribe.use('rerank', 'rerank')}({', '.join(arguments)})", ANY)


NODE = NodeType(
    kind="call",
    params=RerankParams,
    output=output,
    check=check,
    emit=emit,
    default_timeout=30.0,
    safe_to_repeat=lambda params: True,
    example="""\
catalyst: 1
name: rerank_example
input: {question: string, texts: array<string>}
secrets: [COHERE_API_KEY]
nodes:
  ordered:
    type: rerank
    with: {model: rerank-v3.5, query: "{{ input.question }}", documents: "{{ input.texts }}", limit: 2}
output: {best: "{{ nodes.ordered.output | map(each => each.document) }}"}
""",
    example_input={"question": "Who sails the sea?", "texts": ["a cook", "a sailor at sea"]},
)
