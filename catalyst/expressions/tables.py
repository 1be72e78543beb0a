"""The parser, made from tables that were computed before.

Building an LALR parser from `grammar.lark` takes 70 ms and more, reading its tables from `grammar.json` a few. The file
says which grammar and which version of Lark it was made from; when either differs, the parser is built anew.
`pytest tests/expressions/test_grammar.py --update-golden` writes the file anew.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import lark
from lark import Lark
from lark.grammar import Rule
from lark.lexer import TerminalDef

GRAMMAR = Path(__file__).with_name("grammar.lark")
TABLES = Path(__file__).with_name("grammar.json")


def load_parser() -> Lark:
    """The parser of the expression language."""
    grammar = GRAMMAR.read_text(encoding="utf-8")
    try:
        stored = json.loads(TABLES.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        stored = {}
    if stored.get("made_from") != made_from(grammar):
        return build_parser(grammar)
    data, memo = _unpacked(stored["tables"])
    parser: Lark = Lark._load_from_dict(data, memo)  # type: ignore[no-untyped-call]
    return parser


def build_parser(grammar: str, *, strict: bool = False) -> Lark:
    """The parser built from its grammar. `strict` refuses conflicts and needs the package interegular."""
    return Lark(
        grammar, parser="lalr", lexer="contextual", propagate_positions=True, maybe_placeholders=True, strict=strict
    )


def made_from(grammar: str) -> str:
    """What the tables depend on, as one text."""
    return f"lark {lark.__version__}, grammar {hashlib.sha256(grammar.encode()).hexdigest()}"


def tables_text() -> str:
    """The content of `grammar.json` for the grammar as it is now."""
    grammar = GRAMMAR.read_text(encoding="utf-8")
    tables = build_parser(grammar).memo_serialize([TerminalDef, Rule])
    content = {"made_from": made_from(grammar), "tables": _packed(list(tables))}
    return json.dumps(content, separators=(",", ":")) + "\n"


def _packed(value: Any) -> Any:
    """JSON has string keys only; an object with others becomes a list of pairs under the key "pairs"."""
    if isinstance(value, dict):
        if all(isinstance(key, str) for key in value):
            return {key: _packed(each) for key, each in value.items()}
        return {"pairs": [[key, _packed(each)] for key, each in value.items()]}
    return [_packed(each) for each in value] if isinstance(value, (list, tuple)) else value


def _unpacked(value: Any) -> Any:
    if isinstance(value, dict):
        if value.keys() == {"pairs"}:
            return {key: _unpacked(each) for key, each in value["pairs"]}
        return {key: _unpacked(each) for key, each in value.items()}
    return [_unpacked(each) for each in value] if isinstance(value, list) else value
