"""Records out of web pages, by CSS: `read_html_elements(page, POSTS, {"title": HtmlPick(css="h2")}, "article")`.

The page is only looked at: no script runs, nothing is fetched.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from .errors import FlowError
from .html_bounds import check_bounds
from .tables import Collector, Records, bad_table

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class HtmlPick:
    """Where a field is: the first element that matches, or `all`; the element itself without `css`.

    Its text with single spaces, an attribute, or the element as HTML.
    """

    css: str | None = None
    attr: str | None = None
    html: bool = False
    all: bool = False


def read_html(page: str, records: Records[T], fields: Mapping[str, HtmlPick], *, most: int = 10_000) -> T:
    """One record of the whole page. Raises FlowError when it is not of the records' type."""
    collector = Collector(records, "page")
    _collect(collector, 1, _parsed(page).root, fields, most)
    return collector.done()[0]


def read_html_elements(
    page: str, records: Records[T], fields: Mapping[str, HtmlPick], each: str, *, most: int = 10_000
) -> list[T]:
    """A record of each element that matches. Raises FlowError for those that are not of the records' type."""
    collector = Collector(records, "element")
    for number, element in enumerate(_found(_parsed(page), each, most), 1):
        _collect(collector, number, element, fields, most)
    return collector.done()


def _parsed(page: str) -> LexborHTMLParser:
    check_bounds(page)
    return LexborHTMLParser(page)


def _collect(collector: Collector[T], number: int, element: Any, fields: Mapping[str, HtmlPick], most: int) -> None:
    values = [_value(element, pick, most) for pick in fields.values()]
    collector.add(number, list(fields), values)


def _value(element: Any, pick: HtmlPick, most: int) -> Any:
    """What a field is in an element; None where there is nothing."""
    if pick.css is None:
        found = [] if element is None else [element]
    else:
        # A selector of a record looks inside of it, and never finds the record itself.
        found = [each for each in _found(element, pick.css, most) if each != element]
    values = [value for value in (_shown(each, pick) for each in found) if value is not None]
    return values if pick.all else next(iter(values), None)


def _found(element: Any, css: str, most: int) -> list[Any]:
    if element is None:
        return []
    try:
        found: list[Any] = element.css(css)
    except SelectolaxError:
        raise FlowError("a selector of the flow cannot be used", kind="selector", status=500) from None
    if len(found) > most:
        raise bad_table(f"there are more than {most:,} elements")
    return found


def _shown(element: Any, pick: HtmlPick) -> str | None:
    if pick.attr is not None:
        value: str | None = element.attributes.get(pick.attr)
        return value
    return str(element.html) if pick.html else " ".join(element.text().split())
