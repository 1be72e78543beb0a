"""The workflow documents."""

import asyncio
from typing import Annotated

from pydantic import ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.runtime.contents import text_of
from app.runtime.context import ExecutionContext
from app.runtime.files import UploadedFile
from app.runtime.html_read import HtmlPick, read_html, read_html_elements
from app.runtime.node import node
from app.runtime.pdf_read import PdfPage, read_pdf
from app.runtime.tables import Records
from app.runtime.tasks import TaskGroup
from app.runtime.values import present
from app.runtime.workflow import HttpTrigger, Workflow
from app.runtime.xml_read import XmlPick, read_xml, read_xml_elements
from app.settings import Secrets


@with_config(ConfigDict(extra="forbid", strict=True))
class DocumentsInput(TypedDict):
    page: Annotated[str, Field(default="")]
    feed: Annotated[str, Field(default="<f/>")]
    document: Annotated[UploadedFile | None, Field(default=None)]


class Entry(TypedDict):
    id: int
    title: str | None


class DocumentsOutput(TypedDict):
    names: list[str]
    title: str | None
    links: list[str]
    body: str | None
    entries: list[Entry]
    version: str | None
    pages: list[str]


Context = ExecutionContext[DocumentsInput, None, Secrets]


class Product(TypedDict):
    name: str
    price: int | float | None
    tags: list[str]


PRODUCT: TypeAdapter[Product] = TypeAdapter(Product)

PRODUCTS_ROWS: Records[Product] = Records(PRODUCT, columns=("name", "price", "tags"), texts=frozenset(["name"]))


class Links(TypedDict):
    title: str | None
    links: list[str]
    body: str | None


LINKS: TypeAdapter[Links] = TypeAdapter(Links)
LINKS_ROWS: Records[Links] = Records(LINKS, columns=("title", "links", "body"))
ENTRY: TypeAdapter[Entry] = TypeAdapter(Entry)
ENTRIES_ROWS: Records[Entry] = Records(ENTRY, columns=("id", "title"))


class Head(TypedDict):
    version: str | None
    kind: str | None


HEAD: TypeAdapter[Head] = TypeAdapter(Head)
HEAD_ROWS: Records[Head] = Records(HEAD, columns=("version", "kind"))


# products, flow.yaml:10
@node("products", timeout=30.0)
async def _products(ctx: Context) -> list[Product]:
    return await asyncio.to_thread(
        read_html_elements,
        text_of(ctx.input["page"]),
        PRODUCTS_ROWS,
        {
            "name": HtmlPick(css="h2"),
            "price": HtmlPick(css=".price", attr="data-price"),
            "tags": HtmlPick(css="ul > li", all=True),
        },
        ".product, [data-product='yes']",
    )


# links, flow.yaml:17
@node("links", timeout=30.0)
async def _links(ctx: Context) -> Links:
    return await asyncio.to_thread(
        read_html,
        text_of(ctx.input["page"]),
        LINKS_ROWS,
        {
            "title": HtmlPick(css="title"),
            "links": HtmlPick(css="a[href]", attr="href", all=True),
            "body": HtmlPick(css="p", html=True),
        },
    )


# entries, flow.yaml:18
@node("entries", timeout=30.0)
async def _entries(ctx: Context) -> list[Entry]:
    return await asyncio.to_thread(
        read_xml_elements,
        ctx.input["feed"],
        ENTRIES_ROWS,
        {
            "id": XmlPick(".", attr="id"),
            "title": XmlPick("f:title"),
            "other": XmlPick("f:title", attr="{urn:o'\"}{x}a"),
            "words": XmlPick(".//f:word", all=True),
        },
        "f:list/f:entry",
        namespaces={"f": "urn:feed", "o": "urn:o'\"}{x"},
        most=3,
    )


# head, flow.yaml:27
@node("head", timeout=30.0)
async def _head(ctx: Context) -> Head:
    return await asyncio.to_thread(
        read_xml,
        ctx.input["feed"],
        HEAD_ROWS,
        {"version": XmlPick(".", attr="version"), "kind": XmlPick("list", attr="kind")},
    )


# pages, flow.yaml:28
@node("pages", timeout=60.0)
async def _pages(ctx: Context) -> list[PdfPage]:
    return await asyncio.to_thread(
        read_pdf,
        present(ctx.input["document"])["content"],
        last=2,
        password=ctx.secrets.password.get_secret_value(),
        max_pages=5,
        seconds=60.0,
    )


async def documents(ctx: Context) -> DocumentsOutput:
    """Run the workflow once; gives its output."""

    async def run_pages() -> list[PdfPage] | None:
        pages: list[PdfPage] | None = None
        # pages, flow.yaml:28
        if ctx.input["document"] is not None:
            pages = await _pages(ctx)
        return pages

    async with TaskGroup() as group:
        products_task = group.create_task(_products(ctx))
        links_task = group.create_task(_links(ctx))
        entries_task = group.create_task(_entries(ctx))
        head_task = group.create_task(_head(ctx))
        pages_task = group.create_task(run_pages())
    products = products_task.result()
    links = links_task.result()
    entries = entries_task.result()
    head = head_task.result()
    pages = pages_task.result()
    return {
        "names": [f"{p['name']} {p['price'] if p['price'] is not None else 0} {'+'.join(p['tags'])}" for p in products],
        "title": links["title"],
        "links": links["links"],
        "body": links["body"],
        "entries": entries,
        "version": head["version"],
        "pages": [p["text"] for p in pages] if pages is not None else [],
    }


DOCUMENTS = Workflow(
    name="documents",
    run=documents,
    input_type=DocumentsInput,
    output_type=DocumentsOutput,
    triggers=(HttpTrigger("POST", "/api/v1/documents/execute"),),
    visible=("products", "links", "entries", "head", "pages"),
    graph={
        "nodes": [
            {"id": "products", "type": "html", "after": []},
            {"id": "links", "type": "html", "after": []},
            {"id": "entries", "type": "xml", "after": []},
            {"id": "head", "type": "xml", "after": []},
            {"id": "pages", "type": "pdf", "after": []},
        ]
    },
)
