"""HTML, XML and PDF as records and text, and documents that mean no good."""

import base64
import io
from typing import Any

import pytest
from pydantic import TypeAdapter
from pypdf import PdfReader, PdfWriter
from typing_extensions import TypedDict

from templates.runtime import html_read, pdf_read, xml_read
from templates.runtime.errors import FlowError
from templates.runtime.html_bounds import check_bounds
from templates.runtime.pdf_read import read_pdf
from templates.runtime.tables import Records


class Item(TypedDict):
    name: str
    price: float | None
    tags: list[str]


ITEMS: Records[Item] = Records(TypeAdapter(Item), columns=("name", "price", "tags"), texts=frozenset(["name"]))
ANYTHING: Records[dict[str, Any]] = Records(TypeAdapter(dict[str, Any]))

PAGE = """<!doctype html><html><head><title> A  page </title></head><body>
<div class="item"><h2>One <b>t</b>wo</h2><i data-price="1.5">1,50</i>
<ul><li>a<li>b</ul><div class="item inner"></div></div>
<div class="item"><h2>Three</h2></div></body></html>"""


def refused(work: Any, *given: Any, **options: Any) -> FlowError:
    with pytest.raises(FlowError) as caught:
        work(*given, **options)
    return caught.value


def test_elements_are_records() -> None:
    pick = html_read.HtmlPick
    fields = {"name": pick("h2"), "price": pick("i", attr="data-price"), "tags": pick("li", all=True)}
    found = html_read.read_html_elements(PAGE, ITEMS, fields, "body > .item")
    assert found == [
        {"name": "One two", "price": 1.5, "tags": ["a", "b"]},
        {"name": "Three", "price": None, "tags": []},
    ]
    error = refused(html_read.read_html_elements, PAGE, ITEMS, {**fields, "price": pick("h2")}, "body > .item")
    assert [each["place"] for each in error.errors] == ["element 1, price", "element 2, price"]
    assert "Three" not in str(error.errors) + str(error.detail)


def test_a_page_is_one_record() -> None:
    pick = html_read.HtmlPick
    fields = {"t": pick("title"), "h": pick("h2", html=True), "no": pick("video"), "self": pick(attr="lang")}
    assert html_read.read_html(PAGE, ANYTHING, fields) == {
        "t": "A page",
        "h": "<h2>One <b>t</b>wo</h2>",
        "no": None,
        "self": None,
    }
    assert html_read.read_html("", ANYTHING, {"t": pick("title"), "l": pick("a", all=True)}) == {"t": None, "l": []}


def test_a_record_does_not_find_itself() -> None:
    fields = {"inner": html_read.HtmlPick(".item", attr="class", all=True)}
    assert html_read.read_html_elements(PAGE, ANYTHING, fields, "body > .item") == [
        {"inner": ["item inner"]},
        {"inner": []},
    ]


def test_elements_are_bounded() -> None:
    fields = {"x": html_read.HtmlPick("b")}
    assert "more than 3" in str(
        refused(html_read.read_html_elements, "<p></p>" * 4, ANYTHING, fields, "p", most=3).detail
    )


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 200_000,
        "<div></span>" * 100_000,
        "<!-- x --><svg>" + "<td>" * 100_000,
        "<div a='>'>" * 100_000,
        "<!--><div>-->" * 100_000,
        "<title><b </title>" + "<div>" * 100_000,
        "<svg><foreignObject><style><b </style>" + "<div>" * 100_000,
        "<p " + " ".join(f"a{n}=1" for n in range(100_000)) + ">",
        '<script><!--<script></script>"</script>' + "<div>" * 100_000,
    ],
)
def test_pages_that_would_take_for_ever_are_refused(page: str) -> None:
    assert refused(html_read.read_html, page, ANYTHING, {"a": html_read.HtmlPick("p")}).kind == "invalid_table"


@pytest.mark.parametrize(
    "page",
    [
        PAGE,
        "<p>a" * 10_000,
        "<br><img src=x>" * 10_000,
        "<ul>" + "<li>x" * 10_000,
        "<div><b>x</b></div>" * 10_000,
        "<svg>" + "<path d='m 1 1'/>" * 10_000 + "<title>t</title></svg>",
        "<script>if (a < b && '<div>') {}</script>" * 3_000,
        "a < b & c " * 10_000,
        "<style>a > b {}</style><textarea><div></textarea>" * 3_000,
    ],
)
def test_ordinary_pages_are_within_bounds(page: str) -> None:
    check_bounds(page)


FEED = """<?xml version="1.0" encoding="utf-16"?>
<f:feed xmlns:f="urn:f" xmlns="urn:d"><entry f:id="7"><title>One &amp; <b>two</b></title><tag>a</tag><tag>b</tag>
<!-- <title>no</title> --></entry><entry/></f:feed>"""
SPACES = {"d": "urn:d", "f": "urn:f"}


def test_xml_elements_are_records() -> None:
    pick = xml_read.XmlPick
    fields = {"t": pick("d:title"), "n": pick(".", attr="{urn:f}id"), "tags": pick("d:tag", all=True)}
    found = xml_read.read_xml_elements(FEED, ANYTHING, fields, "d:entry", namespaces=SPACES)
    assert found == [{"t": "One & two", "n": "7", "tags": ["a", "b"]}, {"t": None, "n": None, "tags": []}]
    whole = xml_read.read_xml(FEED.encode("utf-16"), ANYTHING, {"t": pick(".//d:title")}, namespaces=SPACES)
    assert whole == {"t": "One & two"}


@pytest.mark.parametrize(
    ("document", "detail"),
    [
        ("<a>", "line 1 is not XML"),
        ("", "line 1 is not XML"),
        ("<a></b>", "line 1 is not XML"),
        ("<a>" * 100_000, "line 1 is not XML"),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "declares entities"),
        ('<!DOCTYPE a [<!ENTITY x "xxxx"><!ENTITY y "&x;&x;">]><a>&y;</a>'.encode("utf-16"), "declares entities"),
        (b'<?xml version="1.0" encoding="nonsense"?><a/>', "encoding that nobody knows"),
        ("<a>&x;</a>", "line 1 is not XML"),
    ],
)
def test_xml_that_means_no_good_is_refused(document: str | bytes, detail: str) -> None:
    content = document if isinstance(document, str) else {"content": document}
    assert detail in str(refused(xml_read.read_xml, content, ANYTHING, {"a": xml_read.XmlPick("b")}).detail)


def test_nothing_is_fetched() -> None:
    document = '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a><b>x</b></a>'
    assert xml_read.read_xml(document, ANYTHING, {"b": xml_read.XmlPick("b")}) == {"b": "x"}


def made_pdf(*texts: str) -> bytes:
    """A small PDF with a page for each text."""
    kids = b" ".join(b"%d 0 R" % (4 + 2 * number) for number in range(len(texts)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(texts), kids),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    for number, text in enumerate(texts):
        stream = b"BT/F1 12 Tf 9 9 Td(%s)Tj ET" % text.encode("latin-1")
        fonts = b"/MediaBox[0 0 99 99]/Resources<</Font<</F1 3 0 R>>>>"
        objects.append(b"<</Type/Page/Parent 2 0 R%s/Contents %d 0 R>>" % (fonts, 5 + 2 * number))
        objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream))
    body = b"%PDF-1.4\n"
    places = []
    for number, each in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj%s endobj\n" % (number, each)
    entries = b"".join(b"%010d 00000 n \n" % place for place in places)
    table = b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, entries)
    return body + table + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(body))


def test_pages_of_a_pdf() -> None:
    content = made_pdf("One", "Two", "Three")
    pages = [{"number": 1, "text": "One"}, {"number": 2, "text": "Two"}, {"number": 3, "text": "Three"}]
    assert read_pdf(content) == read_pdf(base64.b64encode(content).decode()) == pages
    assert read_pdf(content, first=2, last=2) == pages[1:2]
    assert read_pdf(content, first=0, last=99) == pages
    assert read_pdf(content, first=4) == []


def test_a_pdf_is_bounded() -> None:
    content = made_pdf("One", "Two", "Three")
    assert "more than 2 pages" in str(refused(read_pdf, content, max_pages=2).detail)
    assert len(read_pdf(content, first=2, max_pages=2)) == 2
    assert "more text" in str(refused(read_pdf, content, max_chars=4).detail)
    with pytest.raises(TimeoutError):
        read_pdf(content, seconds=-1.0)


def test_time_is_looked_at_inside_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter(range(1_000))
    monkeypatch.setattr(pdf_read, "monotonic", lambda: float(next(now)))
    with pytest.raises(TimeoutError):
        read_pdf(made_pdf("One"), seconds=3.0)
    assert len(read_pdf(made_pdf("One"), seconds=500.0)) == 1


@pytest.mark.parametrize("content", [b"", b"hello", b"%PDF-1.4\n", made_pdf("x")[:150]])
def test_a_broken_pdf_is_our_error(content: bytes) -> None:
    error = refused(read_pdf, content)
    assert (error.kind, error.status) == ("invalid_document", 422)


def test_an_encrypted_pdf_needs_its_password() -> None:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(made_pdf("hidden"))))
    writer.encrypt("open sesame", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    for password in (None, "wrong"):
        assert "encrypted" in str(refused(read_pdf, out.getvalue(), password=password).detail)
    assert read_pdf(out.getvalue(), password="open sesame") == [{"number": 1, "text": "hidden"}]
