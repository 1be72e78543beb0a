"""The text of PDF documents, page by page: `read_pdf(content, last=3)`.

A document comes from outside and may be broken, endless or slow on purpose: pages, text and time are bounded. The time
is looked at while a page is read, so that a thread that nobody waits for any more soon ends.
"""

import io
from time import monotonic
from typing import Any

from pypdf import PdfReader
from pypdf.errors import FileNotDecryptedError, PyPdfError
from typing_extensions import TypedDict

from .contents import bytes_of
from .errors import FlowError


class PdfPage(TypedDict):
    """A page: its number, from 1, and its text; "" for one that is a picture."""

    number: int
    text: str


def read_pdf(
    content: Any,
    *,
    first: int = 1,
    last: int | None = None,
    password: str | None = None,
    max_pages: int = 500,
    max_chars: int = 5_000_000,
    seconds: float = 60.0,
) -> list[PdfPage]:
    """The pages from `first` to `last`. Raises FlowError of kind `invalid_document`, TimeoutError when it is slow."""
    until = monotonic() + seconds
    raw = bytes_of(content)
    try:
        return _pages(_open(raw, password), first, last, (max_pages, max_chars, until))
    except FileNotDecryptedError:
        raise _bad("the document is encrypted, and the password is not given or wrong") from None
    except (FlowError, TimeoutError):
        raise
    except (PyPdfError, ValueError, TypeError, KeyError, IndexError, AttributeError, OSError, RecursionError):
        # What a broken document leads to in the library has many names.
        raise _bad("the file is no PDF document, or broken") from None


def _open(raw: bytes, password: str | None) -> PdfReader:
    if not raw.lstrip().startswith(b"%PDF-"):
        raise _bad("the file is no PDF document, or broken")
    reader = PdfReader(io.BytesIO(raw))
    if reader.is_encrypted and not reader.decrypt(password or ""):
        raise _bad("the document is encrypted, and the password is not given or wrong")
    return reader


def _pages(reader: PdfReader, first: int, last: int | None, bounds: tuple[int, int, float]) -> list[PdfPage]:
    max_pages, max_chars, until = bounds

    def in_time(*_: object) -> None:
        if monotonic() > until:
            raise TimeoutError

    numbers = range(max(1, first), min(len(reader.pages), len(reader.pages) if last is None else last) + 1)
    if len(numbers) > max_pages:
        raise _bad(f"there are more than {max_pages:,} pages to read")
    found: list[PdfPage] = []
    for number in numbers:
        in_time()
        text = reader.pages[number - 1].extract_text(visitor_operand_before=in_time)
        max_chars -= len(text)
        if max_chars < 0:
            raise _bad("there is more text than may be read")
        found.append({"number": number, "text": text})
    return found


def _bad(detail: str) -> FlowError:
    return FlowError("the document cannot be read", kind="invalid_document", status=422, detail=detail)
