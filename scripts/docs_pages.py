"""The generated parts of `docs/`: from the node types, the table of filters, the visual catalog and the explanations.

`pages()` gives every generated page as {path below docs/: text}. A page written by hand may hold generated parts
between `<!-- generated: NAME -->` and `<!-- end -->`. `python -m scripts.docs_pages` writes them, `--check` only
compares.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from catalyst.api import Result, compile_flow
from catalyst.commands.explain import all_pages, title_of
from catalyst.commands.graph import draw
from catalyst.commands.nodes import node_facts
from catalyst.expressions.functions import ALIASES, FILTERS, FUNCTIONS, TEST_ALIASES, TESTS
from catalyst.expressions.functions_model import Argument
from catalyst.expressions.types import ListType, MapType, NullableType, ObjectType, Type, describe
from catalyst.graph.model import Step, all_steps
from catalyst.nodes.base import NodeType
from catalyst.nodes.catalog import find_node_type, node_type_names
from catalyst.spec.visual.catalog import NOT_YET, REFUSED, REFUSED_HELP, TRANSLATIONS

DOCS = Path(__file__).resolve().parents[1] / "docs"
_NOTE = "<!-- Written by scripts/docs from {source}; change it there. -->"
_LANGUAGES = {".py": "python", ".sql": "sql"}
_RETRIES = {
    "graphql": "A query is tried up to three times; a mutation once, unless `retry` is set.",
    "http": "GET, HEAD and OPTIONS are tried up to three times; other methods once, unless `retry` is set.",
    "redis": "What may be done twice is tried up to three times, anything else once, unless `retry` is set.",
    "sql": "A statement that only reads is tried up to three times, anything else once, unless `retry` is set.",
}
"""Where it depends on the settings whether a node is tried again."""
_MORE = {
    **dict.fromkeys(("llm", "extract", "classify", "summarize"), ("models.md", "Language models")),
    **dict.fromkeys(("embedding", "rerank"), ("vectors.md", "Search by meaning")),
    "agent": ("agents.md", "Agents"),
    "sql": ("databases.md", "Databases"),
}
"""Pages about what several nodes are for, and what goes wrong there."""
_RANGES = [
    ("E10", "Expressions: syntax"),
    ("E11", "Expressions: syntax"),
    ("E12", "YAML"),
    ("E13", "YAML"),
    ("E14", "The flow file's shape"),
    ("E15", "The visual form"),
    ("E16", "The visual form"),
    ("E20", "Expressions: names and types"),
    ("E21", "Expressions: names and types"),
    ("E22", "Expressions: names and types"),
    ("E23", "Expressions: names and types"),
    ("E24", "Names and types of the file"),
    ("E25", "Names and types of the file"),
    ("E26", "Names and types of the file"),
    ("E3", "Secrets and the graph"),
    ("E40", "Where values go"),
    ("E4", "Node settings"),
    ("E5", "Output folder and commands"),
    ("W", "Warnings"),
]


@cache
def pages() -> dict[str, str]:
    """All pages that are generated, whole or in part, as they should be now."""
    made = {"errors.md": errors_page(), "nodes/README.md": nodes_index()}
    made |= {f"nodes/{name}.md": node_page(name) for name in node_type_names()}
    for name in ("expressions.md", "visual.md", "../README.md"):
        path = DOCS / name
        if path.exists():
            made[name] = with_parts(path.read_text("utf-8"))
    return made


def with_parts(text: str) -> str:
    """A page with its generated parts made anew."""
    out: list[str] = []
    inside = False
    for line in text.split("\n"):
        name = line.removeprefix("<!-- generated: ").removesuffix(" -->")
        if inside and line == "<!-- end -->":
            inside = False
        if not inside:
            out.append(line)
        if line.startswith("<!-- generated: "):
            out += ["", *PARTS[name](), ""]
            inside = True
    return "\n".join(out)


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """A Markdown table."""
    names = list(heads)
    yield "| " + " | ".join(names) + " |"
    yield "|" + "---|" * len(names)
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |"


def code(text: str) -> str:
    """Inline code."""
    return f"`{text}`" if "`" not in text else f"`` {text} ``"


# Nodes


def _found(name: str) -> NodeType[Any]:
    node_type = find_node_type(name)
    assert node_type is not None
    return node_type


def nodes_index() -> str:
    """The list of all node types."""
    rows = ([f"[{name}]({name}.md)", _found(name).summary] for name in node_type_names())
    lines = [_NOTE.format(source="catalyst/nodes/types/"), "# Node types", ""]
    lines += table(("type", "what it does"), rows)
    lines += ["", "Keys that every node may carry are described in [the flow file](../language.md#keys-of-every-node)."]
    return "\n".join(lines) + "\n"


def node_page(name: str) -> str:
    """One node type: what it does, its settings, its output, an example."""
    facts = node_facts(_found(name))
    lines = [_NOTE.format(source=f"catalyst/nodes/types/{name}{'_' if name in ('raise', 'try') else ''}.py")]
    lines += [f"# `{name}`", "", sentence(facts["summary"]), ""]
    lines += [_found(name).notes, ""] if _found(name).notes else []
    lines += more_part(name)
    for place, heading in (("beside", "Keys beside `type`"), ("with", "Settings under `with`")):
        settings = [each for each in facts["settings"] if each["place"] == place]
        if settings:
            lines += [f"## {heading}", "", *settings_table(settings), ""]
    lines += ["## When it runs", "", *run_facts(_found(name), facts), ""]
    lines += output_part(_found(name))
    lines += ["## Example", "", "```yaml", facts["example"].rstrip("\n"), "```", ""]
    for path, text in facts["example_files"].items():
        lines += [
            f"with `{path}`:",
            "",
            f"```{_LANGUAGES.get(Path(path).suffix, 'yaml')}",
            text.rstrip("\n"),
            "```",
            "",
        ]
    if facts["example_input"]:
        lines += ["Input:", "", "```json", json.dumps(facts["example_input"]), "```", ""]
    lines.append("[All node types](README.md)")
    return "\n".join(lines) + "\n"


def more_part(name: str) -> list[str]:
    """Where more is said of a node."""
    page, title = _MORE["embedding"] if name.startswith("vector_") else _MORE.get(name, ("", ""))
    return [f"More, with all that can go wrong: [{title}](../{page}).", ""] if page else []


def sentence(text: str) -> str:
    """A summary as a sentence."""
    return text[:1].upper() + text[1:]


def settings_table(settings: list[dict[str, Any]]) -> Iterator[str]:
    """One row a setting."""
    rows = ([code(each["name"]), each["type"], default_text(each), each["description"]] for each in settings)
    return table(("name", "type", "default", "what it is"), rows)


def default_text(setting: dict[str, Any]) -> str:
    """A setting's default as a flow would write it."""
    if setting["required"]:
        return "required"
    if "default" not in setting:
        return ""
    value = setting["default"]
    return code(json.dumps(value) if not isinstance(value, str) else value)


def run_facts(node_type: NodeType[Any], facts: dict[str, Any]) -> list[str]:
    """Time-out and retries that hold when the flow says nothing."""
    match node_type.kind:
        case "value" | "statement":
            return ["It does no I/O: it comes out as plain Python in line, without time-out or retries."]
        case "control":
            return [
                "It comes out as control flow of Python (`if`, `for`, `try`, ...); its nodes have their own time-outs."
            ]
    limit = facts["default_timeout"]
    text = (
        f"One try may take {limit:g} s unless `timeout` says otherwise."
        if limit
        else "It has no time-out of its own unless `timeout` sets one."
    )
    always = any(step.policy.retry is not None for step in examples_of(node_type))
    usual = "It is tried up to three times." if always else "It is tried once, unless `retry` is set."
    retries = _RETRIES.get(node_type.name, usual)
    return [f"{text} {retries} What a failure looks like: [errors](../http-contract.md#errors), `on_error`, `try`."]


def examples_of(node_type: NodeType[Any]) -> list[Step]:
    """The nodes of this type in its example."""
    result = compile_flow(node_type.example, read=node_type.example_files.get)
    return [step for step in all_steps(result.workflows[0].body) if step.type.name == node_type.name]


def output_part(node_type: NodeType[Any]) -> list[str]:
    """What the example's nodes give, as its expressions see it."""
    found = {step.id: output_text(step.given) for step in examples_of(node_type)}
    shown = {name: text for name, text in found.items() if text not in ("none", "any")}
    if not shown:
        return []
    rows = table(("node of the example below", "`output`"), ([code(name), code(text)] for name, text in shown.items()))
    return ["## What it gives", "", *rows, ""]


def output_text(type_: Type) -> str:
    """A type with the fields of everything that the flow does not name itself."""
    match type_:
        case NullableType(inner):
            return f"{output_text(inner)}?"
        case ListType(item):
            return f"array<{output_text(item)}>"
        case MapType(value):
            return f"map<{output_text(value)}>"
        case ObjectType(fields, name) if fields and (not name or "." in name):
            inside = (f"{key}{'' if each.required else '?'}: {output_text(each.type)}" for key, each in fields)
            return "{" + ", ".join(inside) + "}"
    return describe(type_)


# Errors


def errors_page() -> str:
    """Every code with its explanation."""
    found = all_pages()
    lines = [_NOTE.format(source="catalyst/explanations/"), "# Errors and warnings", ""]
    lines += ["`catalyst explain CODE` prints the same. Codes are stable: a code never changes its meaning.", ""]
    lines += table(
        ("code", "what is wrong"), ([f"[{name}](#{name.lower()})", title_of(text)] for name, text in found.items())
    )
    for area, group in groupby(found.items(), key=lambda entry: area_of(entry[0])):
        lines += ["", f"## {area}"]
        for name, text in group:
            body = text.partition("\n")[2].strip()
            lines += ["", f'<a id="{name.lower()}"></a>', "", f"### {name}: {title_of(text)}", "", body]
    return "\n".join(lines) + "\n"


def area_of(name: str) -> str:
    """The chapter of a code."""
    return next(area for prefix, area in _RANGES if name.startswith(prefix))


# Expressions

_GROUPS = {
    "any": "Any value",
    "string": "Text",
    "text": "Text",
    "regex": "Regular expressions",
    "list": "Lists",
    "object": "Objects",
    "number": "Numbers",
    "encoding": "Encodings",
    "date": "Dates",
}


def filter_tables() -> Iterator[str]:
    """One table a group."""
    for number, (group, specs) in enumerate(groupby(FILTERS.values(), key=lambda each: each.group)):
        if number:
            yield ""
        yield f"### {_GROUPS[group]}"
        yield ""
        rows = ([code(signature(each.name, each.arguments)), each.summary, example(each.example)] for each in specs)
        yield from table(("filter", "what it gives", "example"), rows)


def test_table() -> Iterator[str]:
    """All tests."""
    rows = (
        [code(f"is {signature(each.name, each.arguments)}"), each.summary, example(each.example)]
        for each in TESTS.values()
    )
    return table(("test", "when it holds", "example"), rows)


def function_table() -> Iterator[str]:
    """All functions."""
    rows = (
        [code(signature(each.name, each.arguments, call=True)), each.summary, example(each.example)]
        for each in FUNCTIONS.values()
    )
    return table(("function", "what it gives", "example"), rows)


def alias_line() -> Iterator[str]:
    """Other spellings."""
    both = {**ALIASES, **TEST_ALIASES}
    yield "Other names: " + ", ".join(f"{code(name)} is {code(meant)}" for name, meant in sorted(both.items())) + "."


def signature(name: str, arguments: Iterable[Argument], *, call: bool = False) -> str:
    """`name(a, b=default)`; lambdas read `x => ...`."""
    shown = ", ".join(argument_text(each) for each in arguments)
    return f"{name}({shown})" if shown or call else name


def argument_text(argument: Argument) -> str:
    """One argument with its default."""
    if argument.type is None:
        return f"{argument.name} => ..."
    if argument.variadic:
        return f"{argument.name}, ..."
    if argument.required:
        return argument.name
    return f"{argument.name}={literal(argument.default)}"


def literal(value: Any) -> str:
    """A value in the words of the expression language."""
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"
    if value is None or isinstance(value, bool):
        return {None: "none", True: "true", False: "false"}[value]
    if isinstance(value, list):
        return "[" + ", ".join(literal(each) for each in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(key)}: {literal(each)}" for key, each in value.items()) + "}"
    return str(value)


def example(pair: tuple[str, Any]) -> str:
    """`source` gives `value`."""
    source, value = pair
    return code(source) if value is None and not source.endswith("none") else f"{code(source)} → {code(literal(value))}"


# The front page


def readme_flow() -> Result:
    """The flow of README.md, compiled."""
    source = (DOCS.parent / "README.md").read_text("utf-8").split("```yaml\n")[1].split("```")[0]
    return compile_flow(source, filename="order_intake.yaml")


def readme_code() -> Iterator[str]:
    """The workflow's function and its first node, as they come out."""
    text = readme_flow().files["app/workflows/order_intake.py"]
    workflow = text[text.index("async def order_intake(") : text.index("ORDER_INTAKE = ")].rstrip()
    node = text[text.index("# score, ") : text.index("# customer, ")].rstrip()
    yield from ("```python", workflow, "", "", node, "```")


def readme_graph() -> Iterator[str]:
    """What waits for what."""
    yield from ("```mermaid", draw(readme_flow().workflows[0], "mermaid").rstrip(), "```")


# The visual form


def visual_table() -> Iterator[str]:
    """The node types that have an equivalent, each with what its translator says."""
    rows = ([code(name), first_line(TRANSLATIONS[name].__doc__ or "")] for name in sorted(TRANSLATIONS))
    return table(("type", "what it becomes"), rows)


def not_yet_table() -> Iterator[str]:
    """The ones that have none."""
    rows = [[code(name), f"needs {text.replace('; ', '. Until then: ', 1)}"] for name, text in sorted(NOT_YET.items())]
    rows += [[code(name), f"refused: {text}; {REFUSED_HELP}"] for name, text in sorted(REFUSED.items())]
    return table(("type", "why, and what to use"), rows)


def first_line(text: str) -> str:
    """A docstring's first sentence on one line."""
    return " ".join(text.strip().partition("\n\n")[0].split())


PARTS: dict[str, Callable[[], Iterable[str]]] = {
    "filters": filter_tables,
    "tests": test_table,
    "functions": function_table,
    "aliases": alias_line,
    "readme code": readme_code,
    "readme graph": readme_graph,
    "visual types": visual_table,
    "visual types not yet": not_yet_table,
}


def main() -> int:
    """Write what differs; with --check, only say so and give 1."""
    checking = "--check" in sys.argv[1:]
    stale = []
    for name, text in pages().items():
        path = DOCS / name
        if not path.exists() or path.read_text("utf-8") != text:
            stale.append(name)
            if not checking:
                path.parent.mkdir(exist_ok=True)
                path.write_text(text, "utf-8")
    known = {f"nodes/{name}.md" for name in node_type_names()} | {"nodes/README.md"}
    gone = sorted(f"nodes/{path.name}" for path in (DOCS / "nodes").glob("*.md") if f"nodes/{path.name}" not in known)
    for name in gone:
        if not checking:
            (DOCS / name).unlink()
    for name in [*stale, *gone]:
        print(("not current: " if checking else "wrote: ") + name)
    return 1 if checking and (stale or gone) else 0


if __name__ == "__main__":
    sys.exit(main())
