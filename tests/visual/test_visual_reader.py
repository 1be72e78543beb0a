import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalyst.spec.visual.patch import plain
from catalyst.spec.visual.reader import MAX_CHARACTERS, read_json

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES, st.sampled_from([None, 1]), st.booleans())
def test_reads_what_the_standard_library_writes(value, indent, ascii_only):
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    if not ascii_only:
        text.encode("utf-8", "surrogatepass")
    read, found = read_json(text, "f.json")
    if found:
        assert any("surrogate" in item.message for item in found)
    else:
        assert repr(plain(read)) == repr(value)


@given(st.text(alphabet='{}[]",:\\ntrufalse0123.-eE \n/#', max_size=40))
def test_accepts_exactly_what_the_standard_library_accepts(text):
    def refuse(word):
        raise ValueError(word)

    def unique(pairs):
        if len({key for key, _ in pairs}) != len(pairs):
            raise ValueError("twice")
        return dict(pairs)

    try:
        wanted = json.loads(text, parse_constant=refuse, object_pairs_hook=unique)
    except (ValueError, RecursionError):
        _, found = read_json(text, "f.json")
        assert found
        return
    read, found = read_json(text, "f.json")
    assert found or repr(plain(read)) == repr(wanted)
    assert not found or "number" in found[0].message or "surrogate" in found[0].message


def test_every_value_knows_its_place():
    tree, found = read_json('\ufeff{\r\n  "a": ["x", 12],\r\n  "b\\n": {"c": "\\u00e9\\"z"}\r\n}', "f.json")
    assert not found
    assert (tree.span.line, tree.span.end_line) == (1, 4)
    key = next(iter(tree))
    assert (key.span.line, key.span.column, key.span.end_column) == (2, 3, 6)
    assert (tree["a"].item_spans[1].column, tree["a"].item_spans[1].end_column) == (14, 16)
    text = tree["b\n"]["c"]
    assert text == 'é"z'
    # Each character maps behind the escapes before it.
    assert [text.span_of(index, index + 1).column for index in range(3)] == [17, 23, 25]


@pytest.mark.parametrize(
    ("text", "code", "line", "column", "words"),
    [
        ("", "E150", 1, 1, "empty"),
        ('{"a": 1,\n}', "E150", 1, 8, "comma"),
        ("[1, 2,]", "E150", 1, 6, "comma"),
        ('{"a": NaN}', "E150", 1, 7, "NaN"),
        ('{"a": -Infinity}', "E150", 1, 7, "number"),
        ("{'a': 1}", "E150", 1, 2, "double quotes"),
        ('{"a" 1}', "E150", 1, 6, "`:`"),
        ('{"a": 1 "b": 2}', "E150", 1, 9, "`,`"),
        ('// hi\n{"a": 1}', "E150", 1, 1, "comments"),
        ('{"a": "x\n"}', "E150", 1, 7, "closing quote"),
        ('{"a": "\\x"}', "E150", 1, 8, "escape"),
        ('{"a": "\\ud800"}', "E150", 1, 8, "surrogate"),
        ('{"a": 01}', "E150", 1, 7, "number"),
        ('{"a": 1e999}', "E150", 1, 7, "large"),
        ('{"a": 1} x', "E150", 1, 10, "end of the file"),
        ('{"a": [1', "E150", 1, 9, "middle"),
        ('{"a": "\t"}', "E150", 1, 8, "control"),
        ('{"a": 1, "b": 2,\n "a": 3}', "E151", 2, 2, "twice"),
        ("[" * 70 + "]" * 70, "E152", 1, 65, "deeper"),
    ],
)
def test_errors_have_their_place(text, code, line, column, words):
    _, found = read_json(text, "f.json")
    assert (found[0].code, found[0].line, found[0].column) == (code, line, column)
    assert words in found[0].message


def test_all_duplicate_keys_are_reported():
    tree, found = read_json('{"a": 1, "a": 2, "b": {"c": 1, "c": 1}}', "f.json")
    assert [item.code for item in found] == ["E151", "E151"]
    assert plain(tree) == {"a": 1, "b": {"c": 1}}


def test_large_files_are_refused_before_reading():
    _, found = read_json(" " * (MAX_CHARACTERS + 1), "f.json")
    assert found[0].code == "E152"
