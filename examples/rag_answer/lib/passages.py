"""Cuts documents into passages that are short enough to be found by what they say."""

import re
from typing import Literal

from typing_extensions import TypedDict


class Document(TypedDict):
    """A document as it is sent in."""

    id: str
    title: str
    audience: Literal["everyone", "staff"]
    text: str


class Passage(TypedDict):
    """A paragraph, and what has to be known of the document that it comes from."""

    id: str
    document: str
    revision: str
    title: str
    audience: Literal["everyone", "staff"]
    number: int
    text: str


def cut(documents: list[Document], revision: str) -> list[Passage]:
    """A passage for each paragraph. Its id stays the same from one revision of its document to the next."""
    return [
        {
            "id": f"{document['id']}#{number}",
            "document": document["id"],
            "revision": revision,
            "title": document["title"],
            "audience": document["audience"],
            "number": number,
            "text": text,
        }
        for document in documents
        for number, text in enumerate(_paragraphs(document["text"]), 1)
    ]


def _paragraphs(text: str) -> list[str]:
    """What stands between empty lines."""
    return [paragraph.strip() for paragraph in re.split(r"\n\s*\n", text) if paragraph.strip()]
