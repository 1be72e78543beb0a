"""`pdf`: the text of a PDF document, page by page."""

from typing import Annotated

from pydantic import Field

from catalyst.expressions.sinks import Sink
from catalyst.expressions.types import INT, STR, FieldType, ListType, ObjectType, Type
from catalyst.nodes.base import NodeType, Scribe, Site
from catalyst.nodes.settings import Expr, Params, Slot
from catalyst.nodes.tables import Content, check_content, content_source

PageNumber = Annotated[Expr, Slot(INT, within=(1, 1_000_000))]


class PdfParams(Params):
    """Settings of `pdf`."""

    parse: Content = Field(description="The document: a file, bytes or base64 text.")
    first: PageNumber | None = Field(default=None, description="The first page that is read, from 1.")
    last: PageNumber | None = Field(
        default=None, description="The last page that is read; by default the last there is."
    )
    password: Annotated[Expr, Slot(STR, Sink.AUTH)] | None = Field(
        default=None, description="The password of an encrypted document, a secret."
    )
    max_pages: Annotated[int, Field(ge=1, le=10_000)] = Field(
        default=500, description="More pages than this to read are an error."
    )
    max_chars: Annotated[int, Field(ge=1, le=50_000_000)] = Field(
        default=5_000_000, description="More text than this is an error."
    )


PAGE = ObjectType((("number", FieldType(INT)), ("text", FieldType(STR))), "pdf_read.PdfPage")


def output(params: PdfParams, site: Site) -> Type:
    """The pages: number and text."""
    return ListType(PAGE)


def emit(params: PdfParams, scribe: Scribe) -> None:
    """In a thread: a long document takes a while, and nobody else should wait for it."""
    to_thread = f"{scribe.use_package('asyncio', '')}.to_thread"
    helper = scribe.use("pdf_read", "read_pdf")
    arguments = [helper, content_source(params.parse, scribe)]
    given = (("first", params.first), ("last", params.last), ("password", params.password))
    arguments += [f"{name}={scribe.expr(value)}" for name, value in given if value is not None]
    arguments += [f"max_pages={params.max_pages}"] if params.max_pages != 500 else []
    arguments += [f"max_chars={params.max_chars}"] if params.max_chars != 5_000_000 else []
    arguments += [f"seconds={scribe.time_limit!r}"] if scribe.time_limit is not None else []
    scribe.body.line(f"return await {to_thread}({', '.join(arguments)})")


NODE = NodeType(
    kind="call",
    params=PdfParams,
    output=output,
    check=lambda params, site: check_content(site, params.parse, "parse", text=False),
    emit=emit,
    default_timeout=60.0,
    example="""\
catalyst: 1
name: pdf_example
input: {document: file}
nodes:
  pages: {type: pdf, with: {parse: "{{ input.document }}"}}
output: {text: "{{ nodes.pages.output | map(p => p.text) | join(' ') }}"}
""",
    example_input={
        "document": {
            "filename": "hello.pdf",
            "content_type": "application/pdf",
            "content": (
                "JVBERi0xLjQKMSAwIG9iajw8L1R5cGUvQ2F0YWxvZy9QYWdlcyAyIDAgUj4+IGVuZG9iagoyIDAgb2JqPDwvVHlwZS9QYWdl"
                "cy9Db3VudCAxL0tpZHNbNCAwIFJdPj4gZW5kb2JqCjMgMCBvYmo8PC9UeXBlL0ZvbnQvU3VidHlwZS9UeXBlMS9CYXNlRm9u"
                "dC9IZWx2ZXRpY2E+PiBlbmRvYmoKNCAwIG9iajw8L1R5cGUvUGFnZS9QYXJlbnQgMiAwIFIvTWVkaWFCb3hbMCAwIDk5IDk5"
                "XS9SZXNvdXJjZXM8PC9Gb250PDwvRjEgMyAwIFI+Pj4+L0NvbnRlbnRzIDUgMCBSPj4gZW5kb2JqCjUgMCBvYmo8PC9MZW5n"
                "dGggMzA+PnN0cmVhbQpCVC9GMSAxMiBUZiA5IDkgVGQoSGVsbG8pVGogRVQKZW5kc3RyZWFtIGVuZG9iagp4cmVmCjAgNgow"
                "MDAwMDAwMDAwIDY1NTM1IGYgCjAwMDAwMDAwMDkgMDAwMDAgbiAKMDAwMDAwMDA1MyAwMDAwMCBuIAowMDAwMDAwMTAzIDAw"
                "MDAwIG4gCjAwMDAwMDAxNjUgMDAwMDAgbiAKMDAwMDAwMDI3NCAwMDAwMCBuIAp0cmFpbGVyPDwvU2l6ZSA2L1Jvb3QgMSAw"
                "IFI+PgpzdGFydHhyZWYKMzUwCiUlRU9G"
            ),
        }
    },
)
