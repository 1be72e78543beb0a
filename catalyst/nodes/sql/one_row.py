"""Whether a statement gives exactly one row, whatever is in its tables: then nobody has to ask whether there is one.

Goes in: the tokens of a statement, comments left out. Only what is certain counts: an insert of one row that nothing
skips, totals without groups, and a `select` from nowhere. A function that is not known here may give any number of
rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from catalyst.nodes.sql.tokens import Token, closing, depths, word_set

AGGREGATES = word_set(
    "count sum avg min max total array_agg string_agg group_concat json_agg jsonb_agg json_group_array bool_and bool_or"
    " every json_object_agg jsonb_object_agg json_group_object bit_and bit_or stddev stddev_pop stddev_samp variance"
    " var_pop var_samp corr"
)
_ONE_VALUE = word_set(
    "coalesce nullif ifnull iif greatest least cast exists not and or in as when then else between round abs ceil"
    " ceiling floor trunc power sqrt mod sign lower upper length char_length trim ltrim rtrim btrim substring substr"
    " replace left right concat concat_ws format printf to_char to_date to_timestamp to_number date_trunc date_part"
    " extract age now current_timestamp date datetime strftime julianday unixepoch json_build_object jsonb_build_object"
    " json_build_array jsonb_build_array json_object json_array to_json to_jsonb row_to_json array row any all some"
    " filter over nextval currval gen_random_uuid random md5 pg_advisory_xact_lock"
    " pg_try_advisory_lock pg_try_advisory_xact_lock pg_advisory_unlock pg_sleep numeric decimal varchar char"
)
"""Words before a bracket that do not make rows of their own: functions, and words of the language."""
_CHANGES_ROWS = word_set("group having limit offset fetch union intersect except window")
_VERBS = word_set("select insert values update delete merge")


def always_one(tokens: Sequence[Token]) -> bool:
    """Whether exactly one row comes out of it."""
    tokens = _without_queries_in_front([token for token in tokens if token.kind != ";"])
    match tokens[0].word if tokens else "":
        case "insert":
            return _inserts_one(tokens)
        case "select":
            return _selects_one(tokens)
        case "values":
            return _rows_of(tokens, 0) == 1
        case _:
            return False


def _without_queries_in_front(tokens: list[Token]) -> list[Token]:
    """The statement behind `with name as (...)`."""
    if not tokens or tokens[0].word != "with":
        return tokens
    depth = depths(tokens)
    at = next((i for i, token in enumerate(tokens) if depth[i] == 0 and token.word in _VERBS), len(tokens))
    return tokens[at:]


def _inserts_one(tokens: list[Token]) -> bool:
    """`insert into t (...) values (...) returning ...`; what is in the way may be updated, but not left alone."""
    top = _top(tokens)
    words = [token.word for token in top]
    if "returning" not in words:
        return False
    before = words[: words.index("returning")]
    if _is_pair(before, "default", "values"):
        return "conflict" not in before
    if "values" not in before or _rows_of(tokens, _index_at_top(tokens, "values")) != 1:
        return False
    return not (_is_pair(before, "do", "nothing") or "where" in before or "ignore" in before[:3])


def _selects_one(tokens: list[Token]) -> bool:
    top = {token.word for token in _top(tokens)}
    if top & _CHANGES_ROWS:
        return False
    depth = depths(tokens)
    end = next((i for i, token in enumerate(tokens) if depth[i] == 0 and token.word == "from"), len(tokens))
    from_nowhere = end == len(tokens) and "where" not in top
    given = _own(tokens[1:end])
    if not from_nowhere and not _has_aggregate(given):
        return False
    return all(before.word in _ONE_VALUE | AGGREGATES for before in _called(given))


def _own(tokens: list[Token]) -> list[Token]:
    """The tokens without queries in brackets, which give one value each."""
    found: list[Token] = []
    index = 0
    while index < len(tokens):
        found.append(tokens[index])
        is_query = tokens[index].kind == "(" and index + 1 < len(tokens) and tokens[index + 1].word in _VERBS | {"with"}
        index = closing(tokens, index) if is_query else index + 1
    return found


def _called(tokens: list[Token]) -> list[Token]:
    """The words and names before a bracket."""
    return [a for a, b in pairwise(tokens) if b.kind == "(" and a.kind in ("word", "quoted")]


def _has_aggregate(tokens: list[Token]) -> bool:
    """Whether there is a total over all rows; `over (...)` behind it would make it one for each row."""
    return any(
        token.word in AGGREGATES and tokens[index + 1].kind == "(" and _is_total(tokens, index)
        for index, token in enumerate(tokens[:-1])
    )


def _is_total(tokens: list[Token], at: int) -> bool:
    end = closing(tokens, at + 1)
    given = [token.kind for token in _top(tokens[at + 2 : end])]
    if tokens[at].word in ("min", "max") and "," in given:
        return False  # SQLite's least and greatest of several values
    after = end + 1
    if after + 1 < len(tokens) and tokens[after].word == "filter":
        after = closing(tokens, after + 1) + 1
    return after >= len(tokens) or tokens[after].word != "over"


def _rows_of(tokens: list[Token], values: int) -> int:
    """How many rows stand behind `values`; 0 when anything else comes before the statement's end."""
    count, index = 0, values + 1
    while index < len(tokens) and tokens[index].kind == "(":
        count += 1
        index = closing(tokens, index) + 1
        if index < len(tokens) and tokens[index].kind == ",":
            index += 1
    ends_well = index >= len(tokens) or tokens[index].word in ("on", "returning")
    return count if ends_well else 0


def _top(tokens: list[Token]) -> list[Token]:
    """The tokens outside of brackets."""
    return [token for token, depth in zip(tokens, depths(tokens), strict=True) if depth == 0]


def _index_at_top(tokens: list[Token], word: str) -> int:
    depth = depths(tokens)
    return next(i for i, token in enumerate(tokens) if depth[i] == 0 and token.word == word)


def _is_pair(words: list[str], first: str, second: str) -> bool:
    """Whether two words follow one another."""
    return any(pair == (first, second) for pair in pairwise(words))
