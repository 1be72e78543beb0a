"""A statement as the flow writes it becomes constant texts: one for PostgreSQL, one for SQLite where that differs.

Goes in: text and holes. Comes out: where each hole stands, and the statement with `$1`, `$2` in the places of values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from catalyst.expressions.types import Type
from catalyst.nodes.sql.casts import cast_of
from catalyst.nodes.sql.embedded import elements_of, embedded_edits
from catalyst.nodes.sql.places import Place, place_of
from catalyst.nodes.sql.tokens import Token, depths, hole_mark, hole_number, marks_in, tokens_of

_READS = frozenset({"select", "with", "values", "table", "show", "explain"})
_WRITES = frozenset({"insert", "update", "delete", "merge", "call", "nextval", "setval", "truncate", "into", "do"})
_VERBS = frozenset({"select", "values", "table", "insert", "update", "delete", "merge"})
_LEAVES_SOMETHING = re.compile(r"pg_(?!sleep)\w+|set_config|dblink\w*|nextval|currval|lastval|lo_\w+", re.IGNORECASE)
_STEERS = frozenset({"begin", "start", "commit", "end", "rollback", "abort"})
_PLAIN_STARTS = frozenset({"select", "with", "values", "insert", "update", "delete", "merge"})


@dataclass(frozen=True, slots=True)
class Edit:
    """What stands from `start` to `end` becomes `text`."""

    start: int
    end: int
    text: str


class SqlText:
    """One statement; holes are numbered as they stand in it."""

    def __init__(self, parts: Sequence[str | None]) -> None:
        """`parts` are texts, and None for each hole."""
        marks = iter(range(len(parts)))
        self.source = "".join(hole_mark(next(marks)) if part is None else part for part in parts)
        self.all_tokens = tokens_of(self.source)
        self.tokens = [token for token in self.all_tokens if token.kind != "comment"]

    @property
    def first_word(self) -> str:
        """What kind of statement it is."""
        return next((token.word for token in self.tokens if token.kind not in ("(", ";")), "")

    @property
    def words(self) -> frozenset[str]:
        """All words outside of quotes."""
        return frozenset(token.word for token in self.tokens if token.word)

    @property
    def only_reads(self) -> bool:
        """Whether it is safe to run it twice, as far as the text says."""
        return self.first_word in _READS and not self.words & _WRITES

    @property
    def gives_rows(self) -> bool:
        """Whether there is a result to fetch."""
        outer = [token.word for token, depth in zip(self.tokens, depths(self.tokens), strict=True) if depth == 0]
        verb = next((word for word in outer if word in _VERBS), "") if self.first_word == "with" else self.first_word
        return verb in _READS or "returning" in outer

    @property
    def leaves_something(self) -> bool:
        """Whether it may change its connection for those who come after: a setting, a lock, a cursor."""
        named = any(_LEAVES_SOMETHING.fullmatch(word) for word in self.words)
        return named or self.first_word not in _PLAIN_STARTS or "temp" in self.words or "temporary" in self.words

    @property
    def steers_a_transaction(self) -> bool:
        """Whether it begins or ends one, which would undo what the node promises; a savepoint does not."""
        words = [token.word for token in self.tokens if token.word]
        return self.first_word in _STEERS and "to" not in words[1:4]

    @property
    def parameters(self) -> frozenset[int]:
        """The numbers of `$1` and the like that the author wrote."""
        return frozenset(int(token.text[1:]) for token in self.tokens if token.kind == "parameter")

    def unclosed(self) -> Token | None:
        """A quote or a comment that does not end, or a sign that is no SQL."""
        return next((token for token in self.all_tokens if token.kind == "open"), None)

    def second_statement(self) -> Token | None:
        """What follows a semicolon."""
        ends = [index for index, token in enumerate(self.tokens) if token.kind == ";"]
        rest = self.tokens[ends[0] + 1 :] if ends else []
        return next((token for token in rest if token.kind != ";"), None)

    def holes_in_quotes(self) -> list[tuple[int, str]]:
        """Holes that would become letters of a text, a name or a comment, and which of them."""
        kinds = {"string": "a text in quotes", "quoted": "a name in quotes", "comment": "a comment"}
        return [
            (number, kinds[token.kind])
            for token in self.all_tokens
            if token.kind in kinds
            for number in marks_in(token.text)
        ]

    def places(self) -> dict[int, Place]:
        """The place of each hole that stands for itself."""
        return {
            hole_number(token.text): place_of(self.tokens, index)
            for index, token in enumerate(self.tokens)
            if token.kind == "hole"
        }

    def render(
        self, lists: frozenset[int], names: Mapping[int, str], types: Sequence[Type], *, embedded: bool = False
    ) -> str:
        """The statement. `lists` are the holes behind `in` that hold lists, `names` what stands in the places of names;
        every other hole is a value. `types` are those of the holes.
        """
        edits = [*self._hole_edits(lists, names, () if embedded else types, embedded=embedded)]
        if embedded:
            edits += [Edit(*each) for each in embedded_edits(self.tokens)]
        text = applied(self.source, edits).strip()
        return text.rstrip(";").rstrip()

    def _hole_edits(
        self, lists: frozenset[int], names: Mapping[int, str], types: Sequence[Type], *, embedded: bool
    ) -> list[Edit]:
        edits: list[Edit] = []
        number = 0
        for index, token in enumerate(self.tokens):
            if token.kind != "hole":
                continue
            hole = hole_number(token.text)
            if hole in names:
                edits.append(Edit(token.start, token.end, names[hole]))
                continue
            number += 1
            if hole in lists:
                edits.append(self._list_edit(index, f"${number}", embedded=embedded))
            else:
                cast = cast_of(self.tokens, index, types[hole]) if hole < len(types) else ""
                edits.append(Edit(token.start, token.end, f"${number}{cast}"))
        return edits

    def _list_edit(self, at: int, value: str, *, embedded: bool) -> Edit:
        """`in {{ list }}` in the words of PostgreSQL, or of SQLite, which has no arrays."""
        in_brackets = self.tokens[at - 1].kind == "("
        word = at - 2 if in_brackets else at - 1
        last = self.tokens[at + 1] if in_brackets else self.tokens[at]
        if self.tokens[word].word != "in":
            return self._any_edit(at, word, value, embedded=embedded)
        negated = word > 0 and self.tokens[word - 1].word == "not"
        start = self.tokens[word - 1 if negated else word].start
        if embedded:
            return Edit(start, last.end, f"{'not ' if negated else ''}in {elements_of(value)}")
        return Edit(start, last.end, f"<> all({value})" if negated else f"= any({value})")

    def _any_edit(self, at: int, word: int, value: str, *, embedded: bool) -> Edit:
        operator = self.tokens[word - 1] if word else None
        forms = {("=", "any"): "in", ("=", "some"): "in", ("<>", "all"): "not in", ("!=", "all"): "not in"}
        form = forms.get((operator.text if operator else "", self.tokens[word].word))
        if not embedded or form is None or operator is None:
            return Edit(self.tokens[at].start, self.tokens[at].end, value)
        return Edit(operator.start, self.tokens[at + 1].end, f"{form} {elements_of(value)}")


def applied(source: str, edits: Sequence[Edit]) -> str:
    """The text with all edits made; of two that overlap the first one counts."""
    parts: list[str] = []
    at = 0
    for edit in sorted(edits, key=lambda each: (each.start, each.end)):
        if edit.start < at:
            continue
        parts += [source[at : edit.start], edit.text]
        at = edit.end
    return "".join([*parts, source[at:]])
