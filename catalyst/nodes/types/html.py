"""`html`: pick text and attributes out of a web page by CSS selectors."""

import re
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from catalyst.expressions.types import Type
from catalyst.nodes.base import NodeType, Scribe, Site
from catalyst.nodes.extraction import ExtractionParams, extracted_type, or_text, record_in
from catalyst.nodes.rows import FieldName
from catalyst.nodes.settings import Params
from catalyst.nodes.tables import Content, check_content, content_source, records_source
from catalyst.spec.problems import Reader, problem

_NAME = r"-?[A-Za-z_][\w-]*"
_SUFFIX = (
    rf"(?:[#.]{_NAME}|\[\s*{_NAME}\s*(?:[~|^$*]?=\s*(?:\"[^\"]*\"|'[^']*'|{_NAME}|\d+)\s*[is]?\s*)?\]"
    rf"|:{_NAME}(?:\([^()]*(?:\([^()]*\)[^()]*)*\))?)"
)
_COMPOUND = rf"(?:(?:\*|{_NAME}){_SUFFIX}*|{_SUFFIX}+)"
_SELECTOR = re.compile(rf"{_COMPOUND}(?:(?:\s*[>+~,]\s*|\s+){_COMPOUND})*")


def _read_selector(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 500 or not _SELECTOR.fullmatch(value.strip()):
        help_ = "write `h2`, `.price`, `a[href]` or `ul > li:first-child`"
        raise problem("E466", "this is no CSS selector", help=help_)
    return str(value).strip()


Selector = Annotated[str, Reader(_read_selector, {"type": "string", "examples": ["article.post", "a[href]"]})]


class Pick(Params):
    """Where a field is."""

    model_config = ConfigDict(json_schema_extra=or_text)

    css: Selector | None = Field(default=None, description="The selector; without it the element itself.")
    attr: str | None = Field(
        default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_.:-]{0,99}$", description="An attribute instead of the text."
    )
    get: Literal["text", "html"] = Field(
        default="text", description="The text with single spaces, or the element as HTML."
    )
    all: bool = Field(default=False, description="A list of all that match, instead of the first one.")

    @model_validator(mode="before")
    @classmethod
    def short_form(cls, value: Any) -> Any:
        """`title: h2` is short for `title: {css: h2}`."""
        return {"css": value} if isinstance(value, str) else value


class HtmlParams(ExtractionParams):
    """Settings of `html`."""

    parse: Content = Field(description="The page: text, bytes or a file.")
    each: Selector | None = Field(
        default=None, description="Elements that make a record each; without it the page makes one."
    )
    fields: Annotated[dict[FieldName, Pick], Field(min_length=1)] = Field(
        description=(
            "Fields of a record: `title: h2` is the text of the first `h2`, `link: {css: a, attr: href}` an attribute, "
            "`tags: {css: .tag, all: true}` a list. What is not there is none."
        )
    )

    @property
    def many(self) -> dict[str, bool]:
        """Which fields are lists."""
        return {name: pick.all for name, pick in self.fields.items()}


def output(params: HtmlParams, site: Site) -> Type:
    """A record, or a list of them."""
    return extracted_type(site, params.row, params.many, is_list=params.each is not None)


def emit(params: HtmlParams, scribe: Scribe) -> None:
    """In a thread: a large page takes a while, and nobody else should wait for it."""
    to_thread = f"{scribe.use_package('asyncio', '')}.to_thread"
    is_list = params.each is not None
    helper = scribe.use("html_read", "read_html_elements" if is_list else "read_html")
    text = f"{scribe.use('contents', 'text_of')}({content_source(params.parse, scribe)})"
    records = records_source(record_in(scribe.output, is_list=is_list), scribe)
    pick = scribe.use("html_read", "HtmlPick")
    picks = ", ".join(f"{name!r}: {pick}({_arguments(each)})" for name, each in params.fields.items())
    arguments = [helper, text, records, f"{{{picks}}}", *([repr(params.each)] if is_list else [])]
    arguments += [f"most={params.max_items}"] if params.max_items != 10_000 else []
    scribe.body.line(f"return await {to_thread}({', '.join(arguments)})")


def _arguments(pick: Pick) -> str:
    given = {"css": pick.css, "attr": pick.attr}
    arguments = [f"{name}={value!r}" for name, value in given.items() if value is not None]
    arguments += ["html=True"] if pick.get == "html" and pick.attr is None else []
    arguments += ["all=True"] if pick.all else []
    return ", ".join(arguments)


NODE = NodeType(
    kind="call",
    params=HtmlParams,
    output=output,
    check=lambda params, site: check_content(site, params.parse, "parse", text=True),
    emit=emit,
    default_timeout=30.0,
    example="""\
catalyst: 1
name: html_example
input: {page: string}
nodes:
  products:
    type: html
    with:
      parse: "{{ input.page }}"
      each: .product
      fields: {name: h2, price: {css: .price, attr: data-price}, tags: {css: li, all: true}}
    output: "array<{name: string, price: number?, tags: array<string>}>"
output: {products: "{{ nodes.products.output }}"}
""",
    example_input={
        "page": "<div class=product><h2>Lamp</h2><b class=price data-price=12.5>12,50</b><ul><li>new<li>red</ul></div>"
    },
)
