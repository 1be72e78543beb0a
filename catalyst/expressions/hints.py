"""Says what to write instead, when somebody brings the habits of another tool.

Goes in: an expression that the grammar rejects, and where. Comes out: one finding with the right spelling: for
JavaScript and n8n, GitHub Actions, Dify and Handlebars, Helm, Python and Jinja. Method names come from the filter
table.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from catalyst.diagnostics import suggest
from catalyst.expressions.functions import ALIASES, FILTERS, FOREIGN
from catalyst.expressions.scan import HoleText, ScanProblem


@dataclass(frozen=True, slots=True)
class _Habit:
    """A spelling of another tool; what the pattern finds must cover or touch the place of the failure."""

    pattern: re.Pattern[str]
    help: Callable[[re.Match[str]], str]
    code: str = "E103"
    message: str = ""


def _habit(pattern: str, help: str | Callable[[re.Match[str]], str], code: str = "E103", message: str = "") -> _Habit:
    return _Habit(re.compile(pattern), help if callable(help) else lambda match: help, code, message)


def _node_path(match: re.Match[str]) -> str:
    name = re.sub(r"\W+", "_", match["node"]).strip("_").lower() or "<id>"
    path = match["path"] or ""
    return f"write nodes.{name}.output{path}"


def method_help(name: str) -> str:
    """What to write instead of the method `name`."""
    lowered = name[0].lower() + name[1:]
    wanted = FOREIGN.get(name) or FOREIGN.get(lowered) or ALIASES.get(name)
    if wanted is None and name in FILTERS:
        wanted = name
    if wanted is None:
        wanted = suggest(name, FILTERS)
    if wanted is None:
        return "methods cannot be called; use a filter, e.g. x | upper"
    if wanted in FILTERS:
        return f"methods cannot be called; use the filter: x | {wanted}"
    return f"methods cannot be called; write {wanted}"


_FUNCTION_HELP = "there are no functions to define; use a filter such as items | map(x => x.name), or a `python` node"

# The first pattern that touches the place of the failure answers, so the particular ones stand first.
_HABITS = (
    _habit(
        r"\$\(\s*['\"](?P<node>[^'\"]+)['\"]\s*\)(?:\.(?:item|first\(\)|last\(\)|all\(\)))?(?:\.json)?(?P<path>(?:\.\w+)*)",
        _node_path,
        "E109",
        "`$('...')` is n8n syntax",
    ),
    _habit(
        r"\$node\[\s*['\"](?P<node>[^'\"]+)['\"]\s*\](?:\.json)?(?P<path>(?:\.\w+)*)",
        _node_path,
        "E109",
        "`$node[...]` is n8n syntax",
    ),
    _habit(
        r"\$json(?P<path>(?:\.\w+)*)",
        lambda match: f"write nodes.<id>.output{match['path']}, or input{match['path']} for what the caller sent",
        "E109",
        "`$json` is n8n syntax",
    ),
    _habit(r"\$env\.?(?P<name>\w*)", lambda m: f"write env.{m['name'] or 'NAME'}", "E109", "`$env` is n8n syntax"),
    _habit(r"\$vars\.?(?P<name>\w*)", lambda m: f"write vars.{m['name'] or 'name'}", "E109", "`$vars` is n8n syntax"),
    _habit(r"\$(?:now|today)\b", "write now()", "E109", "`$now` is n8n syntax"),
    _habit(r"\$execution\b", "write execution.id", "E109", "`$execution` is n8n syntax"),
    _habit(r"\$workflow\b", "write execution.workflow", "E109", "`$workflow` is n8n syntax"),
    _habit(
        r"\$input\b(?:\.(?:item|first\(\)|all\(\)))?(?:\.json)?",
        "write input.<field>",
        "E109",
        "`$input` is n8n syntax",
    ),
    _habit(
        r"\$(?:item|itemIndex|runIndex)\b", "inside a `map` body write item or index", "E109", "`$item` is n8n syntax"
    ),
    _habit(
        r"\$\{",
        "names stand alone inside {{ }}; write {{ inputs.name }} as {{ input.name }}",
        "E109",
        "`${` is shell or JavaScript syntax",
    ),
    _habit(
        r"\$(?P<name>\w*)",
        lambda m: f"names have no `$`; write {m['name'] or 'input.name'}",
        "E109",
        "`$` is the syntax of another tool",
    ),
    _habit(r"`[^`]*`?", "template literals are JavaScript; join with `~`: 'Hello ' ~ name"),
    _habit(r"&&", "use 'and'"),
    _habit(r"\|\|", "use 'or'; for a missing value use a ?? b"),
    _habit(r"[!=]==", lambda match: f"write {match[0][:2]}"),
    _habit(r"[{,]\s*(?P<name>[A-Za-z_]\w*)\s*:(?!:)", lambda m: f"keys stand in quotes: {{'{m['name']}': ...}}"),
    _habit(r"=>\s*\{", "a lambda is one expression: x => x.name"),
    _habit(
        r"\(\s*\)\s*=>|\([\w\s,]+\)\s*=>|\bfunction\b(?:\s*\w*\s*\([^)]*\))?|\bclass\b|\breturn\b|\bconst\b|\blet\b|\bvar\b|\blambda\b",
        _FUNCTION_HELP,
    ),
    _habit(r"=>", "a lambda stands only in a filter: items | map(x => x.name)"),
    _habit(r"->", "write x => x.name inside a filter"),
    _habit(r"=~", "write x is matching('pattern')"),
    _habit(
        r"\b(?:contains|includes|like)\b(?=\s+['\"\w])",
        "write 'part' in x, or x is contains('part'); a pattern: x is matching('^a')",
    ),
    _habit(r"\b(?P<name>starts|ends)_?[wW]ith\b(?=\s+['\"\w])", lambda m: f"write x is {m['name']}with('part')"),
    _habit(
        r":=|(?<![=!<>])=(?![=>])", "values cannot be assigned; compare with ==, or keep the value with a `set` node"
    ),
    _habit(r"\.\.\.", "there is no spread; join lists with + and objects with the filter merge"),
    _habit(r"\?\.\s*\[", "write `?[` without the point: list?[0]"),
    _habit(r"\bMath\s*\.\s*(?P<name>max|min)\s*\(", lambda m: f"write {m['name']}(a, b)"),
    _habit(r"\bMath\s*\.\s*(?P<name>round|floor|ceil|abs)\s*\(", lambda m: f"write x | {m['name']}"),
    _habit(r"\bJSON\s*\.\s*stringify\s*\(", "write x | json"),
    _habit(r"\bJSON\s*\.\s*parse\s*\(", "write x | fromjson"),
    _habit(r"\bnew\s+Date\b|\bDate\s*\.\s*now\b", "write now(); a text becomes a point in time with x | datetime"),
    _habit(r"\?\.\s*\(", "optional calls are JavaScript; methods cannot be called; use a filter, e.g. x | upper"),
    _habit(r"\.\s*(?P<name>[A-Za-z_]\w*)\s*\(", lambda match: method_help(match["name"])),
    _habit(r"[\])]\s*\(", "values cannot be called; use a filter, e.g. x | upper"),
    _habit(r"\?\?=|\?:|\?", "ternary is 'a if cond else b'; fallback is 'a ?? b'"),
    _habit(r"!", "use 'not'"),
    _habit(
        r"\bnew\b|\btypeof\b|\binstanceof\b|\bundefined\b|\bvoid\b|\bdelete\b",
        "this is JavaScript; use a filter or a `python` node",
    ),
    _habit(
        r"\b(?:for|while|import|yield|await|async|def|del|exec|with)\b",
        "only expressions stand here; use filters or a node",
    ),
    _habit(r"\b[bBrRfFuU]{1,2}(?=['\"])", "strings have no prefix; join values with ~"),
    _habit(r"\b0[xXoObB]\w+|\b\d+_\d[\d_]*|\b\d+[jJlLnN]\b", "write the number in decimal digits"),
    _habit(r"\.\s*\d+", "write list[0] for the first item; a number needs a digit before the point"),
    _habit(r"\[\s*\]", "an index needs a number or a key; every item: items | map(x => x.name)"),
    _habit(r"\[\s*\*\s*\]|\.\s*\*", "every item: items | map(x => x.name)"),
    _habit(
        r"^\s*\.\s*(?P<name>\w+)",
        lambda m: f"a path begins with its root: input.{m['name']}",
        "E109",
        "a leading `.` is Helm or jq syntax",
    ),
    _habit(r"#", "comments are YAML comments, outside of the expression"),
    _habit(r";", "one expression stands in one {{ }}"),
    _habit(r"&", "use 'and'"),
    _habit(r"\^|<<|>>", "there are no bit operators; power is **"),
    _habit(r"@", "names have no `@`"),
    _habit(r"\\", "an expression may span lines without a backslash"),
    _habit(r"<>", "write !="),
)
_WORDS_AT_END = {
    "if": "a condition needs else: a if condition else b",
    "not": "`not` needs a value behind it",
}


def explain_unexpected(inner: str, failure: tuple[int, int], hole: HoleText) -> ScanProblem:
    """The finding for an expression that the grammar rejects at `failure` (start and end in `inner`)."""
    start, end = failure
    offset = hole.inner_start
    if start >= len(inner.rstrip()):
        return _ended(inner, start, hole)
    if inner.startswith("{") and hole.inner_start - hole.start == 2:
        message = "`{{{` is Handlebars syntax"
        return ScanProblem("E109", message, hole.start, hole.start + 3, "write two braces: {{ input.name }}")
    shown = inner[start:end]
    kind = "character" if end - start == 1 and not shown.isalnum() and shown not in "()[]{}" else ""
    message = f"unexpected {kind + ' ' if kind else ''}{_quoted(shown)}"
    habit = _touching(inner, start, end)
    if habit is None:
        return ScanProblem("E103", message, start + offset, end + offset, _fallback_help(inner, start, shown))
    found, match = habit
    if found.message:
        return ScanProblem(found.code, found.message, match.start() + offset, match.end() + offset, found.help(match))
    return ScanProblem(found.code, message, start + offset, end + offset, found.help(match))


def _touching(inner: str, start: int, end: int) -> tuple[_Habit, re.Match[str]] | None:
    """The first habit whose spelling covers the failure, or ends right before it."""
    masked = _without_strings(inner)
    before = len(inner[:start].rstrip())
    for habit in _HABITS:
        # A node name inside $('...') is part of the pattern, all other patterns must not match inside strings.
        text = inner if habit.pattern.pattern.startswith(r"\$") else masked
        for match in habit.pattern.finditer(text):
            if match.start() < end and match.end() >= before and match.end() > match.start():
                return habit, match
    return None


_STRING = re.compile(r'"(?:[^"\\\r\n]|\\[^\r\n])*"|\'(?:[^\'\\\r\n]|\\[^\r\n])*\'')


def _without_strings(inner: str) -> str:
    return _STRING.sub(lambda match: match[0][0] + "_" * (len(match[0]) - 2) + match[0][0], inner)


def _ended(inner: str, start: int, hole: HoleText) -> ScanProblem:
    """More was expected where the expression ends."""
    words = inner.split()
    help_ = _WORDS_AT_END.get(words[-1]) or ("something is missing behind " + _quoted(words[-1]))
    if inner.rstrip().endswith("-") and len(words) > 1:
        help_ = "write {{ expression }} without `-`; use the filter trim to take spaces away"
    elif inner.count("(") > inner.count(")"):
        help_ = "a `)` is missing"
    elif inner.count("[") > inner.count("]"):
        help_ = "a `]` is missing"
    elif re.search(r"\bif\b", inner) and not re.search(r"\belse\b", inner):
        help_ = _WORDS_AT_END["if"]
    place = hole.inner_start + max(start - 1, 0)
    return ScanProblem("E103", "the expression ends too early", place, place + 1, help_)


def _quoted(text: str) -> str:
    shown = text if len(text) <= 40 else text[:37] + "..."
    if not shown.isprintable():
        return f"U+{ord(shown[0]):04X}" if len(shown) == 1 else repr(shown)
    return f"'{shown}'"


def _fallback_help(inner: str, start: int, shown: str) -> str:
    if not shown.isascii():
        return "names are made of the letters a to z, digits and `_`; any text stands in quotes"
    if shown == ":":
        return "`:` stands only in {'key': value} and list[a:b]; ternary is 'a if cond else b'"
    if shown in ("if", "else"):
        return "a condition is written: a if condition else b"
    if shown == ",":
        return "a list is written [a, b], an object {'key': value}"
    if re.search(r"\{\s*$", inner[:start]) and re.fullmatch(r"\w+", shown):
        return "the keys of an object stand in quotes: {'key': value}"
    if shown == "|":
        return "a filter needs a value in front: input.name | upper; a test needs parentheses: (x is none) | string"
    if re.fullmatch(r"\w+", shown) or shown[0] in "'\"":
        return "an operator is missing in front; text is joined with `~`, text itself stands in quotes"
    if shown in (")", "]", "}"):
        return f"'{shown}' closes nothing here, or a value is missing before it"
    return "see `catalyst explain E103`"
