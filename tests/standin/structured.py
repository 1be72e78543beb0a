"""An instance of a JSON Schema that suits a prompt: labels by their words, scores by overlap, fields by their names."""

import hashlib
import re
from typing import Any

from .words import keywords, records, sentence, words

# Words that speak for a label. A label that is not here speaks for itself.
_SIGNS = {
    "billing": "invoice invoices charge charged refund payment pay paid card price subscription billed money",
    "technical": "error crash crashes bug broken login password fails failing exception slow timeout install down",
    "bug": "error crash crashes broken fails failing exception wrong",
    "sales": "quote buy purchase pricing demo offer upgrade plan licence license",
    "shipping": "delivery parcel package shipped tracking arrive arrived courier",
    "account": "account login password email profile username",
    "urgent": "urgent immediately asap outage down critical production emergency now",
    "high": "urgent immediately asap outage down critical production emergency",
    "low": "whenever someday minor typo question wondering",
    "positive": "good great love thanks excellent happy wonderful perfect",
    "negative": "bad terrible hate angry broken awful worst refund disappointed",
    "spam": "winner lottery prize viagra casino click free",
    "feature": "feature wish suggestion add idea request",
}
_LEFTOVERS = ("other", "unknown", "general", "none", "neutral", "normal", "medium")


def instance(schema: dict[str, Any], prompt: str) -> Any:
    """A value that fits the schema."""
    return _Filler(schema.get("$defs", schema.get("definitions", {})), prompt).fill(schema, "value", 0)


def nonsense(schema: dict[str, Any]) -> Any:
    """An object that does not fit the schema."""
    return {"unexpected": [1, 2, 3]}


class _Filler:
    def __init__(self, shared: dict[str, Any], prompt: str) -> None:
        self.shared = shared
        self.prompt = prompt
        self.words = words(prompt)
        self.records = records(prompt)

    def fill(self, schema: Any, name: str, position: int) -> Any:
        if not isinstance(schema, dict):
            return sentence(self.prompt)
        if "$ref" in schema:
            return self.fill(self.shared.get(schema["$ref"].rsplit("/", 1)[-1], {}), name, position)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self.label(schema["enum"])
        for union in ("anyOf", "oneOf"):
            if union in schema:
                return self.one_of(schema[union], name, position)
        if schema.get("allOf"):
            return self.fill(schema["allOf"][0], name, position)
        return self.of_type(schema, name, position)

    def of_type(self, schema: dict[str, Any], name: str, position: int) -> Any:
        kind = schema.get("type", "object" if "properties" in schema else "string")
        if isinstance(kind, list):
            kind = next((each for each in kind if each != "null"), "null")
        match kind:
            case "object":
                return self.object(schema, name, position)
            case "array":
                return self.array(schema, name)
            case "integer" | "number":
                return self.number(schema, name, position, whole=kind == "integer")
            case "boolean":
                return self.hits(name) > 0
            case "null":
                return None
        return self.text(schema, name, position)

    def one_of(self, options: list[Any], name: str, position: int) -> Any:
        labels = [option["const"] for option in options if isinstance(option, dict) and "const" in option]
        if len(labels) > 1:
            return self.label(labels)
        # A number may be written as "integer or number"; the wider of the two is meant.
        known = sorted(
            (option for option in options if option != {"type": "null"}),
            key=lambda option: option.get("type") != "number",
        )
        first = known[0] if known else {"type": "null"}
        return self.fill(first, name, position)

    def object(self, schema: dict[str, Any], name: str, position: int) -> dict[str, Any]:
        properties = schema.get("properties", {})
        if not properties:
            extra = schema.get("additionalProperties")
            return {word: self.fill(extra, word, 0) for word in keywords(self.prompt, 2)} if extra else {}
        known = self.records[position] if position < len(self.records) else {}
        return {key: self.field(part, key, position, known) for key, part in properties.items()}

    def field(self, schema: dict[str, Any], key: str, position: int, known: dict[str, Any]) -> Any:
        value = known.get(key)
        kinds = {"string": str, "integer": int, "number": (int, float), "boolean": bool}
        if isinstance(value, kinds.get(str(schema.get("type")), ())) and "enum" not in schema:
            return value
        return self.fill(schema, key, position)

    def array(self, schema: dict[str, Any], name: str) -> list[Any]:
        items = schema.get("items", {})
        least, most = schema.get("minItems", 1), schema.get("maxItems", 5)
        resolved = self.shared.get(items["$ref"].rsplit("/", 1)[-1], {}) if "$ref" in items else items
        if "enum" in resolved:
            chosen = [label for label in resolved["enum"] if self.hits(str(label)) > 0] or [
                self.label(resolved["enum"])
            ]
            return chosen[:most]
        if resolved.get("type") == "object":
            return [self.fill(resolved, name, at) for at in range(max(least, min(most, len(self.records) or 1)))]
        if resolved.get("type") == "string":
            return (keywords(self.prompt, max(least, min(3, most))) + ["more"] * least)[: max(least, min(3, most))]
        return [self.fill(resolved, name, at) for at in range(max(least, min(most, 2)))]

    def label(self, labels: list[Any]) -> Any:
        scores = [(self.hits(str(label)), label) for label in labels]
        best = max(score for score, _ in scores)
        if best == 0:
            return next((label for label in labels if str(label).lower() in _LEFTOVERS), labels[0])
        return next(label for score, label in scores if score == best)

    def hits(self, label: str) -> int:
        """How much speaks for the label: its signs in the prompt, or its own words where they stand more than once,
        since the prompt may list all labels."""
        parts = re.split(r"[\W_]+", label.lower())
        signs = {sign for part in parts for sign in _SIGNS.get(part, "").split()}
        own = sum(max(0, self.words.count(part) - 1) for part in parts if part)
        return sum(self.words.count(sign) for sign in signs - set(parts)) + own

    def number(self, schema: dict[str, Any], name: str, position: int, whole: bool) -> float | int:
        low = schema.get("minimum", schema.get("exclusiveMinimum", 0))
        high = schema.get("maximum", schema.get("exclusiveMaximum"))
        if high is None:
            high = max(low, len(self.records) or 5 if whole else 1) + (0 if low < 1 or whole else low)
        value = low + (high - low) * self.share(position)
        return round(value) if whole else round(value, 2)

    def share(self, position: int) -> float:
        """Between 0.5 and 0.95 when there is something to judge, by how much of the question it shares; else small."""
        question, _, rest = self.prompt.partition(":")
        asked, given = set(words(question)), set(words(rest))
        if self.records:
            chosen = self.records[position] if 0 < position < len(self.records) else self.records
            given = set(words(str(chosen)))
        if not given:
            return 0.1
        shared = len(asked & given) / (len(asked) or 1)
        noise = int(hashlib.sha256(f"{self.prompt}{position}".encode()).hexdigest()[:4], 16) / 0xFFFF
        return min(0.95, 0.5 + 0.35 * shared + 0.1 * noise)

    def text(self, schema: dict[str, Any], name: str, position: int) -> str:
        found = self.named_text(schema, name)
        found = found.ljust(schema.get("minLength", 0), ".")
        return found[: schema.get("maxLength", 400)]

    def named_text(self, schema: dict[str, Any], name: str) -> str:
        shape = schema.get("format") or name.lower()
        if shape == "email":
            match = re.search(r"[\w.+-]+@[\w-]+\.[\w.]+", self.prompt)
            return match[0] if match else "nobody@example.com"
        if shape in {"date", "date-time"}:
            match = re.search(r"\d{4}-\d\d-\d\d", self.prompt)
            return (match[0] if match else "2026-01-01") + ("T00:00:00Z" if shape == "date-time" else "")
        if shape == "uri":
            match = re.search(r"https?://\S+", self.prompt)
            return match[0] if match else "https://example.com/"
        if shape in {"name", "title", "subject", "topic"}:
            return " ".join(keywords(self.prompt, 3)).capitalize() or "Untitled"
        return sentence(self.prompt)
