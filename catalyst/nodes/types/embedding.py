"""`embedding`: the vector of a text, or of each of several, for a search by meaning."""

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from catalyst.expressions.sinks import Sink
from catalyst.expressions.types import FLOAT, INT, NUMBER, STR, FieldType, ListType, ObjectType, Type, nullable
from catalyst.nodes.base import NodeType, Scribe, Site
from catalyst.nodes.models import CLASSES, KEYS, MODULES, place_of
from catalyst.nodes.settings import Expr, Params, Slot
from catalyst.spec.fields import exactly_one

USAGE = ObjectType(
    (("input_tokens", FieldType(INT)), ("cost", FieldType(nullable(FLOAT)))), "embeddings.EmbeddingUsage"
)
_REST = (("model", FieldType(STR)), ("usage", FieldType(USAGE)))
ONE = ObjectType((("vector", FieldType(ListType(NUMBER))), *_REST), "embeddings.Embedding")
SEVERAL = ObjectType((("vectors", FieldType(ListType(ListType(NUMBER)))), *_REST), "embeddings.Embeddings")


SIZES = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072, "text-embedding-ada-002": 1536}
"""How many numbers a vector of OpenAI's models has; it may be asked for fewer."""


class EmbeddingParams(Params):
    """Settings of `embedding`."""

    model_config = ConfigDict(json_schema_extra=exactly_one("text", "texts"))

    provider: Literal["openai", "azure"] = Field(
        default="openai", description="Whose API; any OpenAI-compatible service is `openai` with a `base_url`."
    )
    model: Annotated[Expr, Slot(STR)] = Field(description="The model's name (for azure: the deployment).")
    text: Annotated[Expr, Slot(STR, Sink.PROMPT)] | None = Field(default=None, description="One text; gives `vector`.")
    texts: Annotated[Expr, Slot(ListType(STR), Sink.PROMPT)] | None = Field(
        default=None, description="A list of texts; gives `vectors` in their order."
    )
    dimensions: Annotated[int, Field(ge=1, le=65_536)] | None = Field(
        default=None, description="How many numbers a vector shall have; what comes back is checked."
    )
    batch_size: Annotated[int, Field(ge=1, le=2_048)] = Field(
        default=100, description="Texts of one request; several requests go out at the same time."
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

    @property
    def size(self) -> int | None:
        """How many numbers a vector has, where that is known."""
        return self.dimensions if self.dimensions is not None else self.most

    @property
    def most(self) -> int | None:
        """How many numbers a vector of the model can have, where that is known."""
        is_known = self.provider == "openai" and self.base_url is None and self.model.is_constant
        return SIZES.get(str(self.model.constant)) if is_known else None


def output(params: EmbeddingParams, site: Site) -> Type:
    """One vector, or a list of them."""
    return ONE if params.text is not None else SEVERAL


def check(params: EmbeddingParams, site: Site) -> None:
    """The provider's key must be a declared secret, unless the node names another."""
    if params.api_key is None and params.base_url is None:
        site.need_secret(KEYS[params.provider], "model")
    if params.dimensions is not None and params.most is not None and params.dimensions > params.most:
        message = f"a vector of `{params.model.constant}` has at most {params.most} numbers"
        site.found.error("E144", message, site.span_of("dimensions"), help="ask for fewer, or leave it out")


def emit(params: EmbeddingParams, scribe: Scribe) -> None:
    """One call of the runtime."""
    scribe.pool("llm", "LLM")
    scribe.pool("embeddings", "EMBEDDED")
    provider = scribe.use(MODULES[params.provider], CLASSES[params.provider])
    arguments = ["ctx", repr(scribe.node_id), f"{provider}({', '.join(place_of(params, scribe))})"]
    if params.text is not None:
        arguments.append(scribe.text(params.text))
    else:
        assert params.texts is not None
        arguments.append(scribe.expr(params.texts))
    if params.dimensions is not None:
        arguments.append(f"dimensions={params.dimensions}")
    if params.texts is not None and params.batch_size != 100:
        arguments.append(f"batch_size={params.batch_size}")
    helper = scribe.use("embeddings", "embed" if params.text is not None else "embed_all")
    scribe.body.line(f"return await {helper}({', '.join(arguments)})")


NODE = NodeType(
    kind="call",
    params=EmbeddingParams,
    output=output,
    check=check,
    emit=emit,
    default_timeout=60.0,
    safe_to_repeat=lambda params: True,
    is_shown=False,
    example="""\
catalyst: 1
name: embedding_example
input: {texts: array<string>}
secrets: [OPENAI_API_KEY]
nodes:
  meant:
    type: embedding
    with: {model: text-embedding-3-small, texts: "{{ input.texts }}"}
output: {count: "{{ nodes.meant.output.vectors | length }}"}
""",
    example_input={"texts": ["the sea", "the sky"]},
)
