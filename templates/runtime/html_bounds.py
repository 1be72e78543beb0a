"""Looks through HTML before it is parsed: parsing takes the square of how deep elements stand in each other, and of how
many attributes one has, and nothing can stop it once it has begun.

Tags are read as a parser reads them; where parsers disagree about what is a tag, the page is refused.
"""

import re

from .tables import bad_table

MAX_DEPTH = 2_000
MAX_ATTRIBUTES = 1_000

_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
_ATTRIBUTE = re.compile(r"[\s/]*[^\s/>][^\s/>=]*(?:\s*=\s*(?:\"[^\"]*(?:\"|\Z)|'[^']*(?:'|\Z)|[^\s>]*))?")
_TAG_END = re.compile(r"[\s/]*>?")
_COMMENT = re.compile(r"<!--(?:-?>)?")
_COMMENT_END = re.compile(r"--!?>")
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
)
# The next one closes the one before.
_OFTEN_OPEN = frozenset(
    [
        *["p", "li", "dt", "dd", "tr", "td", "th", "tbody", "thead", "tfoot", "colgroup"],
        *["option", "optgroup", "rp", "rt", "html", "body", "head"],
    ]
)
_RAW = frozenset(["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "plaintext"])


def check_bounds(page: str) -> None:
    """Raise FlowError of kind `invalid_table` for a page that takes too long to parse."""
    scan = _Scan(page)
    while scan.step():
        if scan.depth > MAX_DEPTH:
            raise bad_table(f"the page is nested more than {MAX_DEPTH:,} elements deep")


class _Scan:
    """Goes from tag to tag, and counts which elements are open."""

    def __init__(self, page: str) -> None:
        self.depth = 0
        self._page = page
        self._at = 0
        self._open: dict[str, int] = {}

    def step(self) -> bool:
        """Go behind the next tag or comment; whether there was one."""
        self._at = self._page.find("<", self._at)
        if self._at < 0:
            return False
        if comment := _COMMENT.match(self._page, self._at):
            self._at = comment.end()
            if not comment[0].endswith(">"):
                self._skip_to(_COMMENT_END)
        elif tag := _TAG.match(self._page, self._at):
            self._at = tag.end()
            is_closed = self._skip_attributes()
            self._count(tag[2].lower(), -1 if tag[1] else 1, is_closed)
        else:
            self._at += 1
        return True

    @property
    def _in_drawing(self) -> bool:
        """Whether other rules hold, those of SVG and MathML: any element stays open, unless it is closed at once."""
        return self._open.get("svg", 0) > 0 or self._open.get("math", 0) > 0

    def _skip_attributes(self) -> bool:
        """Go behind the tag; whether it ends with `/>`."""
        for _ in range(MAX_ATTRIBUTES):
            found = _ATTRIBUTE.match(self._page, self._at)
            if found is None:
                end = _TAG_END.match(self._page, self._at)
                self._at = end.end() if end is not None else self._at
                return end is not None and end[0].endswith("/>")
            self._at = found.end()
        raise bad_table(f"an element of the page has more than {MAX_ATTRIBUTES:,} attributes")

    def _count(self, name: str, change: int, is_closed: bool) -> None:
        if name in _RAW and change > 0:
            self._skip_raw(name)
        elif self._in_drawing or name in ("svg", "math"):
            self._add(name, 0 if is_closed else change)
        elif name not in _VOID and name not in _OFTEN_OPEN and name not in _RAW:
            self._add(name, change)

    def _add(self, name: str, change: int) -> None:
        # An end without its start closes nothing.
        if change > 0 or self._open.get(name, 0) > 0:
            self._open[name] = self._open.get(name, 0) + change
            self.depth += change

    def _skip_raw(self, name: str) -> None:
        """Go behind what is text to the parser, whatever stands in it."""
        start = self._at
        self._skip_to(re.compile(f"</{name}", re.IGNORECASE))
        inside = self._page[start : self._at].lower().removesuffix(f"</{name}")
        twice = name == "script" and "<!--" in inside and "<script" in inside
        if twice or (self._in_drawing and "<" in inside):
            raise bad_table(f"the page has a `{name}` that parsers do not agree about")

    def _skip_to(self, end: re.Pattern[str]) -> None:
        found = end.search(self._page, self._at)
        self._at = found.end() if found is not None else len(self._page)
