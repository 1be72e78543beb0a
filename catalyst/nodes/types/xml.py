"""`xml`: pick text and attributes out of an XML document by paths."""

import re
from typing import Annotated, Any
from xml.etree import ElementTree

from pydantic import ConfigDict, Field, model_validator

from catalyst.expressions.types import Type
from catalyst.nodes.base import NodeType, Scribe, Site
from catalyst.nodes.extraction import ExtractionParams, extracted_type, or_text, record_in
from catalyst.nodes.rows import FieldName
from catalyst.nodes.settings import Params
from catalyst.nodes.tables import Content, check_content, content_source, records_source
from catalyst.spec.problems import Reader, problem

_ATTRIBUTE = re.compile(r"(?:(?P<path>.+)/)?@(?P<name>[A-Za-z_][\w.:-]{0,99})")
_PREFIX = re.compile(r"(?:^|[/\[(@\s])([A-Za-z_][\w.-]*):(?=[A-Za-z_*])")


def _read_element(value: Any) -> str:
    help_ = "write `items/item`, `.//price`, `item[@kind='a']/name`; the end may be an attribute: `link/@href`"
    if not isinstance(value, str) or not value or len(value) > 500 or value.startswith("/"):
        raise problem("E466", "this is no path into an XML document", help=help_)
    known = dict.fromkeys(_PREFIX.findall(value), "urn:x")
    try:
        ElementTree.Element("x").findall(value, known)
    except (SyntaxError, KeyError, ValueError, TypeError, IndexError, StopIteration):
        raise problem("E466", "this is no path into an XML document", help=help_) from None
    return str(value)


def _read_path(value: Any) -> str:
    """A path to elements, or to an attribute at its end."""
    match = _ATTRIBUTE.fullmatch(value) if isinstance(value, str) else None
    if match is None or match["path"] is not None:
        _read_element(value if match is None else match["path"])
    return str(value)


ElementPath = Annotated[str, Reader(_read_element, {"type": "string", "examples": ["channel/item"]})]
ValuePath = Annotated[str, Reader(_read_path, {"type": "string", "examples": ["title", "link/@href"]})]


class Pick(Params):
    """Where a field is."""

    model_config = ConfigDict(json_schema_extra=or_text)

    path: ValuePath = Field(description="The path; `@id` at its end is an attribute, `.` the element itself.")
    all: bool = Field(default=False, description="A list of all that match, instead of the first one.")

    @model_validator(mode="before")
    @classmethod
    def short_form(cls, value: Any) -> Any:
        """`title: name` is short for `title: {path: name}`."""
        return {"path": value} if isinstance(value, str) else value


class XmlParams(ExtractionParams):
    """Settings of `xml`."""

    parse: Content = Field(description="The document: text, bytes or a file. One that declares entities is refused.")
    each: ElementPath | None = Field(
        default=None, description="Elements that make a record each; without it the document makes one."
    )
    fields: Annotated[dict[FieldName, Pick], Field(min_length=1)] = Field(
        description=(
            "Fields of a record: `name: title` is the text of the first `title`, `link: link/@href` an attribute, "
            "`tags: {path: tags/tag, all: true}` a list. What is not there is none."
        )
    )
    namespaces: dict[FieldName, str] = Field(
        default_factory=dict, description="Prefixes that stand in paths, and the namespaces that they mean."
    )

    @property
    def many(self) -> dict[str, bool]:
        """Which fields are lists."""
        return {name: pick.all for name, pick in self.fields.items()}


def output(params: XmlParams, site: Site) -> Type:
    """A record, or a list of them."""
    return extracted_type(site, params.row, params.many, is_list=params.each is not None)


def check(params: XmlParams, site: Site) -> None:
    """What is read must be content, and prefixes must be known."""
    check_content(site, params.parse, "parse", text=True)
    paths = [(("each",), params.each or "."), *((("fields", name), pick.path) for name, pick in params.fields.items())]
    for place, path in paths:
        for prefix in _PREFIX.findall(path):
            if prefix not in params.namespaces:
                message = f"the prefix `{prefix}` stands for no namespace"
                site.found.error("E466", message, site.span_of(*place), help=f"add `{prefix}:` under `namespaces`")


def emit(params: XmlParams, scribe: Scribe) -> None:
    """In a thread: a large document takes a while, and nobody else should wait for it."""
    to_thread = f"{scribe.use_package('asyncio', '')}.to_thread"
    is_list = params.each is not None
    helper = scribe.use("xml_read", "read_xml_elements" if is_list else "read_xml")
    records = records_source(record_in(scribe.output, is_list=is_list), scribe)
    pick = scribe.use("xml_read", "XmlPick")
    picks = ", ".join(f"{name!r}: {pick}({_arguments(each, params)})" for name, each in params.fields.items())
    arguments = [helper, content_source(params.parse, scribe), records, f"{{{picks}}}"]
    arguments += [repr(params.each)] if is_list else []
    namespaces = {str(prefix): str(uri) for prefix, uri in params.namespaces.items()}
    arguments += [f"namespaces={namespaces!r}"] if namespaces else []
    arguments += [f"most={params.max_items}"] if params.max_items != 10_000 else []
    scribe.body.line(f"return await {to_thread}({', '.join(arguments)})")


def _arguments(pick: Pick, params: XmlParams) -> str:
    match = _ATTRIBUTE.fullmatch(pick.path)
    arguments = [repr(pick.path if match is None else match["path"] or ".")]
    if match is not None:
        prefix, _, name = match["name"].rpartition(":")
        attribute = "{" + params.namespaces[prefix] + "}" + name if prefix else name
        arguments.append(f"attr={attribute!r}")
    return ", ".join([*arguments, *(["all=True"] if pick.all else [])])


NODE = NodeType(
    kind="call",
    params=XmlParams,
    output=output,
    check=check,
    emit=emit,
    default_timeout=30.0,
    example="""\
catalyst: 1
name: xml_example
input: {feed: string}
nodes:
  items:
    type: xml
    with:
      parse: "{{ input.feed }}"
      each: channel/item
      fields: {title: title, number: "@number", tags: {path: tag, all: true}}
    output: "array<{title: string, number: integer, tags: array<string>}>"
output: {items: "{{ nodes.items.output }}"}
""",
    example_input={
        "feed": "<rss><channel><item number='1'><title>One</title><tag>a</tag><tag>b</tag></item></channel></rss>"
    },
)
