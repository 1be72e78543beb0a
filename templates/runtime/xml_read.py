"""Records out of XML, by paths: `read_xml_elements(feed, ITEMS, {"title": XmlPick("title")}, "channel/item")`.

Documents come from outside: one that declares entities is refused, nothing is fetched, and depth and size are bounded.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from lxml import etree

from .contents import bytes_of, declares_entities, is_text, text_of
from .tables import Collector, Records, bad_table

T = TypeVar("T")

_UNKNOWN_ENCODING = (etree.ErrorTypes.ERR_UNKNOWN_ENCODING, etree.ErrorTypes.ERR_UNSUPPORTED_ENCODING)


@dataclass(frozen=True, slots=True)
class XmlPick:
    """Where a field is: the first element at the path, or `all` of them; its text, or an attribute."""

    path: str
    attr: str | None = None
    all: bool = False


@dataclass(frozen=True, slots=True)
class _Look:
    """How a document is looked through."""

    fields: Mapping[str, XmlPick]
    most: int
    namespaces: Mapping[str, str] = field(default_factory=dict)

    def values(self, element: Any) -> list[Any]:
        """What the fields are in an element; None where there is nothing."""
        return [self._value(element, pick) for pick in self.fields.values()]

    def found(self, element: Any, path: str) -> list[Any]:
        """The elements at a path. Raises FlowError for too many."""
        found: list[Any] = element.findall(path, self.namespaces)
        if len(found) > self.most:
            raise bad_table(f"there are more than {self.most:,} elements")
        return found

    def _value(self, element: Any, pick: XmlPick) -> Any:
        values = [
            value for value in (_shown(each, pick) for each in self.found(element, pick.path)) if value is not None
        ]
        return values if pick.all else next(iter(values), None)


def read_xml(
    content: Any,
    records: Records[T],
    fields: Mapping[str, XmlPick],
    *,
    namespaces: Mapping[str, str] | None = None,
    most: int = 10_000,
) -> T:
    """One record of the whole document; paths begin below its root. Raises FlowError when it is not of the type."""
    collector = Collector(records, "document")
    collector.add(1, list(fields), _Look(fields, most, namespaces or {}).values(_root(content)))
    return collector.done()[0]


def read_xml_elements(
    content: Any,
    records: Records[T],
    fields: Mapping[str, XmlPick],
    each: str,
    *,
    namespaces: Mapping[str, str] | None = None,
    most: int = 10_000,
) -> list[T]:
    """A record of each element at a path. Raises FlowError for those that are not of the records' type."""
    collector = Collector(records, "element")
    look = _Look(fields, most, namespaces or {})
    for number, element in enumerate(look.found(_root(content), each), 1):
        collector.add(number, list(fields), look.values(element))
    return collector.done()


def _root(content: Any) -> Any:
    """The document's root. Text is taken as UTF-8, whatever it says of itself; bytes as they say."""
    as_text = is_text(content)
    raw = text_of(content).encode("utf-8", "replace") if as_text else bytes_of(content)
    if declares_entities(raw):
        raise bad_table("the document declares entities")
    parser = etree.XMLParser(
        encoding="utf-8" if as_text else None,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError as error:
        if error.code in _UNKNOWN_ENCODING:
            raise bad_table("the document has an encoding that nobody knows") from None
        raise bad_table(f"line {error.lineno or 1} is not XML") from None
    except (LookupError, ValueError):
        raise bad_table("the document has an encoding that nobody knows") from None
    dtd = root.getroottree().docinfo.internalDTD
    if dtd is not None and any(True for _ in dtd.iterentities()):
        raise bad_table("the document declares entities")
    return root


def _shown(element: Any, pick: XmlPick) -> str | None:
    if pick.attr is not None:
        value: str | None = element.get(pick.attr)
        return value
    return " ".join("".join(element.itertext()).split())
