"""Filters that write text in another way: for URLs and HTML, in base64, and as a digest."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from catalyst.expressions.functions_model import Argument, EmitCall, FilterCall, FilterSpec, Problem
from catalyst.expressions.functions_python import Emit, always, call, constant, helper
from catalyst.expressions.types import ANY, OPEN_OBJECT, STR, ListType, UnionType

GROUP = "encoding"
ALGORITHMS = ("md5", "sha1", "sha256", "sha512")


def _digest(algorithm: str) -> Emit:
    def emit(call_: EmitCall) -> ast.expr:
        return call(call_.use("encoding", "digest"), call_.value, constant(algorithm))

    return emit


def algorithm_known(call_: FilterCall) -> Iterator[Problem]:
    """Whether the algorithm that `hash` is told exists."""
    if call_.constant("algorithm", "sha256") not in ALGORITHMS:
        yield Problem("E232", f"the algorithm of `hash` is one of {', '.join(ALGORITHMS)}", None, "algorithm")


FILTERS = (
    FilterSpec(
        name="urlencode",
        group=GROUP,
        summary="The text with % codes for all that has a meaning in URLs; an object or a list of pairs as a query.",
        example=("'a b/c' | urlencode", "a%20b%2Fc"),
        accepts=UnionType((STR, OPEN_OBJECT, ListType(ANY))),
        arguments=(),
        result=always(STR),
        emit=helper("encoding", "url_encode"),
        keeps_secret=True,
    ),
    FilterSpec(
        name="urldecode",
        group=GROUP,
        summary="The text with its % codes resolved.",
        example=("'a%20b' | urldecode", "a b"),
        accepts=STR,
        arguments=(),
        result=always(STR),
        emit=helper("encoding", "url_decode"),
    ),
    FilterSpec(
        name="base64",
        group=GROUP,
        summary="The text in base64.",
        example=("'abc' | base64", "YWJj"),
        accepts=STR,
        arguments=(),
        result=always(STR),
        emit=helper("encoding", "base64_encode"),
        keeps_secret=True,
    ),
    FilterSpec(
        name="base64decode",
        group=GROUP,
        summary="The text that base64 stands for.",
        example=("'YWJj' | base64decode", "abc"),
        accepts=STR,
        arguments=(),
        result=always(STR),
        emit=helper("encoding", "base64_decode"),
    ),
    FilterSpec(
        name="sha256",
        group=GROUP,
        summary="The SHA-256 digest of the text, in hexadecimal.",
        example=("'abc' | sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        accepts=STR,
        arguments=(),
        result=always(STR),
        emit=_digest("sha256"),
    ),
    FilterSpec(
        name="sha1",
        group=GROUP,
        summary="The SHA-1 digest of the text, in hexadecimal; for checksums only.",
        example=("'abc' | sha1", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        accepts=STR,
        arguments=(),
        result=always(STR),
        emit=_digest("sha1"),
    ),
    FilterSpec(
        name="md5",
        group=GROUP,
        summary="The MD5 digest of the text, in hexadecimal; for checksums only.",
        example=("'abc' | md5", "900150983cd24fb0d6963f7d28e17f72"),
        accepts=STR,
        arguments=(),
        result=always(STR),
        emit=_digest("md5"),
    ),
    FilterSpec(
        name="hash",
        group=GROUP,
        summary="The digest of the text by an algorithm: md5, sha1, sha256 or sha512.",
        example=("'abc' | hash('md5')", "900150983cd24fb0d6963f7d28e17f72"),
        accepts=STR,
        arguments=(Argument("algorithm", STR, required=False, default="sha256", literal=True),),
        result=always(STR),
        emit=helper("encoding", "digest", ("algorithm",)),
        check=algorithm_known,
    ),
    FilterSpec(
        name="hmac_sha256",
        group=GROUP,
        summary="The HMAC-SHA-256 of the text with a key, which may be a secret, in hexadecimal.",
        example=("'abc' | hmac_sha256('key')", "9c196e32dc0175f86f4b1cb89289d6619de6bee699e4c378e68309ed97a1a6ab"),
        accepts=STR,
        arguments=(Argument("key", STR, secret=True),),
        result=always(STR),
        emit=helper("encoding", "hmac_sha256", ("key",)),
    ),
    FilterSpec(
        name="escape_html",
        group=GROUP,
        summary="The text with the characters that mean something in HTML escaped.",
        example=("'a < b' | escape_html", "a &lt; b"),
        accepts=STR,
        arguments=(),
        result=always(STR),
        emit=helper("encoding", "escape_html"),
    ),
)
