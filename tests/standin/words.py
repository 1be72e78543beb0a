"""What can be read from a prompt without understanding it: its words, its JSON, a sentence about it."""

import json
import re
from typing import Any

NOTE = "(This is the local stand-in answering, not a model.)"

_WORD = re.compile(r"[A-Za-z][A-Za-z'-]+")
_COMMON = frozenset("""
    a about after all also am an and any are as at be been but by can could do does each for from get give had has
    have he her him his how i if in into is it its just like me more most my no not of on one or other our out
    rate please she should so some than that the their them then there these they this those to up us was we were
    what when where which who why will with would you your null true false classify summarize summarise json text
    answer
    """.split())  # noqa: SIM905 - words read better as text


def words(text: str) -> list[str]:
    """The words that mean something, in lower case, in order."""
    return [word.lower() for word in _WORD.findall(text) if word.lower() not in _COMMON]


def keywords(text: str, count: int) -> list[str]:
    """The words used most, the earlier ones first among equals."""
    found = words(text)
    return sorted(dict.fromkeys(found), key=lambda word: -found.count(word))[:count]


def embedded_json(text: str) -> Any:
    """The largest JSON list or object in the text, or None."""
    decoder = json.JSONDecoder()
    best: tuple[int, Any] = (0, None)
    position = 0
    while (match := re.compile(r"[\[{]").search(text, position)) is not None:
        try:
            value, end = decoder.raw_decode(text, match.start())
        except ValueError:
            position = match.start() + 1
            continue
        best = max(best, (end - match.start(), value), key=lambda found: found[0])
        position = end
    return best[1] if best[0] > 2 else None


def records(text: str) -> list[dict[str, Any]]:
    """The objects of the JSON list in the text, nested `results` or the like included."""
    value = embedded_json(text)
    if isinstance(value, dict):
        lists = [part for part in value.values() if isinstance(part, list)]
        value = lists[0] if lists else [value]
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def sentence(text: str) -> str:
    """One sentence about what the text is about."""
    people = records(text)
    if people:
        return "; ".join(_described(person) for person in people[:3]) + "."
    body = text.split(":", 1)[1].strip() if ":" in text and len(text.split(":", 1)[1].strip()) > 12 else text.strip()
    first = re.split(r"(?<=[.!?])\s+|\n", body, maxsplit=1)[0].strip()
    return first[:240] or "There was nothing to go by."


def _described(record: dict[str, Any]) -> str:
    label = next((str(record[key]) for key in ("name", "title", "id", "email") if record.get(key)), "an entry")
    about = next((str(record[key]) for key in ("topic", "bio", "role", "summary", "text") if record.get(key)), "")
    return f"{label} ({about[:120].rstrip('.')})" if about else label


def answer(prompt: str) -> str:
    """A text in answer to the prompt."""
    people = records(prompt)
    topic = ", ".join(keywords(re.split(r"[\[{]", prompt, maxsplit=1)[0], 3))
    if people:
        lines = [f"{index}. {_described(person)}" for index, person in enumerate(people[:5], 1)]
        lead = f"{len(people)} found" + (f" for {topic}" if topic else "")
        return f"{lead}. Start with these: " + " ".join(lines) + f" {NOTE}"
    return f"In short: {sentence(prompt)} {NOTE}"
