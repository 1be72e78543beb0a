"""`embedding`: the vector of a text, or the vectors of a list of texts, as a model sees their meaning."""

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from catalyst.expressions.sinks import Sink
from catalyst.expressions.types import (
    FLOAT,
    INT,
    STR,
    FieldType,
    ListType,
    ObjectType,
    Type,
    UnionType,
    accepts,
    describe,
)
from catalyst.nodes.base import NodeType, Scribe, Site
from catalyst.nodes.settings import Expr, Params, ShapeSlot, Slot
from catalyst.spec.fields import exactly_one

VECTOR = ListType(FLOAT)
TEXTS = ListType(STR)
USAGE = ObjectType((("input_tokens", FieldType(INT)),), "embeddings.EmbeddingUsage")

PROVIDERS: dict[str, tuple[str, str, str]] = {
    "openai": ("OpenAI", "OPENAI_API_KEY", "OPENAI_BASE_URL"),
    "azure": ("AzureOpenAI", "AZURE_OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT"),
}
"""Class of the runtime, secret of the key, variable of the address: those of providers that have such models."""


def _with_facts(name: str, vectors: Type) -> ObjectType:
    fields = ((name, FieldType(vectors)), ("model", FieldType(STR)), ("usage", FieldType(USAGE)))
    return ObjectType(fields, "embeddings.Embedding" if name == "vector" else "embeddings.Embeddings")


class EmbeddingParams(Params):
    """Settings of `embedding`."""

    model_config = ConfigDict(json_schema_extra=exactly_one("text", "texts"))

    provider: Literal["openai", "azure"] = Field(
        default="openai", description="Whose API; any OpenAI-compatible service is `openai` with a `base_url`."
    )
    model: Annotated[Expr, Slot(STR)] = Field(description="The model's name (for azure: the deployment).")
    text: Annotated[Any, ShapeSlot(type=UnionType((STR, TEXTS)))] = Field(
        default=None, description="The text, which gives one vector; a list of texts gives a list of vectors."
    )
    texts: Annotated[Any, ShapeSlot(type=TEXTS)] = Field(
        default=None, description="A list of texts in place of `text`, for an expression whose type is not known."
    )
    dimensions: Annotated[int, Field(ge=1, le=65_536)] | None = Field(
        default=None, description="How long vectors shall be. The model is asked for it, and its answer is checked."
    )
    batch_size: Annotated[int, Field(ge=1, le=2_048)] = Field(
        default=100, description="How many texts go into one request."
    )
    concurrency: Annotated[int, Field(ge=1, le=64)] = Field(
        default=4, description="How many requests are under way at the same time."
    )
    reuse: bool = Field(
        default=True, description="Keep vectors by model and text, in memory for a day, and do not ask for them again."
    )
    full: bool = Field(
        default=False, description="Give {vector or vectors, model, usage} in place of the vectors alone."
    )
    base_url: Annotated[Expr, Slot(STR, Sink.URL)] | None = Field(
        default=None, description="Another address of the API."
    )
    api_key: Annotated[Expr, Slot(STR, Sink.AUTH)] | None = Field(
        default=None, description="The key; by default the provider's own secret, such as OPENAI_API_KEY."
    )

    @model_validator(mode="after")
    def something_to_read(self) -> Self:
        """Exactly one of `text` and `texts`."""
        if (self.text is None) == (self.texts is None):
            raise PydanticCustomError("one_of", "give either `text` or `texts`")
        return self


def output(params: EmbeddingParams, site: Site) -> Type:
    """A vector, or a list of them; an object around it when all facts are wanted."""
    return _given(params, many=params.texts is not None or isinstance(site.shape_type(params.text), ListType))


def _given(params: EmbeddingParams, *, many: bool) -> Type:
    name, vectors = ("vectors", ListType(VECTOR)) if many else ("vector", VECTOR)
    return _with_facts(name, vectors) if params.full else vectors


def check(params: EmbeddingParams, site: Site) -> None:
    """Texts must be texts. The provider's key must be a declared secret, unless the node names another."""
    name, wanted = ("text", UnionType((STR, TEXTS))) if params.texts is None else ("texts", TEXTS)
    given = site.shape_type(getattr(params, name))
    if not accepts(wanted, given):
        message = f"`{name}` takes {describe(wanted)}, this is {describe(given)}"
        site.found.error("E206", message, site.span_of(name), help="say which text of it is meant")
    if params.api_key is None and params.base_url is None:
        site.need_secret(PROVIDERS[params.provider][1], "provider")


def emit(params: EmbeddingParams, scribe: Scribe) -> None:
    """One call of the runtime: which model, which texts, and how they are sent."""
    scribe.pool("llm", "LLM")
    scribe.pool("embeddings", "VECTORS")
    many = _many(params, scribe)
    texts = scribe.shape(params.texts if params.texts is not None else params.text)
    arguments = ["ctx", repr(scribe.node_id), _model(params, scribe), texts, *_wanted(params, scribe)]
    call = f"await {scribe.use('embeddings', 'embeddings' if many else 'embedding')}({', '.join(arguments)})"
    if params.full:
        scribe.returns(call, _given(params, many=many))
    else:
        found = scribe.local("found")
        scribe.body.line(f"{found} = {call}")
        scribe.returns(f"{found}[{'vectors' if many else 'vector'!r}]", _given(params, many=many))


def _many(params: EmbeddingParams, scribe: Scribe) -> bool:
    """Whether there is a vector for each of several texts."""
    if params.texts is not None or isinstance(params.text, list):
        return True
    return isinstance(scribe.type_of(params.text), ListType)


def _model(params: EmbeddingParams, scribe: Scribe) -> str:
    class_name, secret, address = PROVIDERS[params.provider]
    arguments = [scribe.expr(params.model)]
    key = scribe.expr(params.api_key) if params.api_key is not None else scribe.secret(secret)
    if key is not None:  # a service of one's own (`base_url`) may need none
        arguments.append(f"api_key={key}")
    if params.base_url is not None:
        arguments.append(f"base_url={scribe.expr(params.base_url)}")
    else:
        scribe.reads_address(address, needed=params.provider == "azure")
    return f"{scribe.use('llm_openai', class_name)}({', '.join(arguments)})"


def _wanted(params: EmbeddingParams, scribe: Scribe) -> list[str]:
    """How vectors are wanted, where it is not as usual."""
    usual = EmbeddingParams.model_fields
    names = ("dimensions", "batch_size", "concurrency", "reuse")
    given = [f"{name}={getattr(params, name)!r}" for name in names if getattr(params, name) != usual[name].default]
    return [f"{scribe.use('embeddings', 'Wanted')}({', '.join(given)})"] if given else []


NODE = NodeType(
    kind="call",
    params=EmbeddingParams,
    output=output,
    check=check,
    emit=emit,
    default_timeout=60.0,
    safe_to_repeat=lambda params: True,
    example="""\
catalyst: 1
name: embedding_example
input: {question: string}
secrets: [OPENAI_API_KEY]
nodes:
  vector:
    type: embedding
    with: {model: text-embedding-3-small, text: "{{ input.question }}", dimensions: 256}
output: {size: "{{ nodes.vector.output | length }}"}
""",
    example_input={"question": "What is a compiler?"},
)
