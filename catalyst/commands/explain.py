"""`catalyst explain`: what an error code means, with a wrong and a right flow."""

from __future__ import annotations

from importlib import resources

from catalyst.commands.console import put, put_json
from catalyst.commands.problems import FINE, CommandProblem
from catalyst.diagnostics import did_you_mean

_PAGES = "explanations"


def explain(code: str | None, *, as_json: bool) -> int:
    """Print one explanation, or the list of all codes with their titles; gives the exit code."""
    pages = all_pages()
    if code is None:
        _print_list(pages, as_json)
        return FINE
    wanted = code.strip().upper().removeprefix("ERROR").strip("[]:` ")
    if wanted not in pages:
        raise CommandProblem(f"there is no code `{code}`", help=_suggestion(wanted, pages))
    if as_json:
        put_json({"code": wanted, "title": title_of(pages[wanted]), "text": pages[wanted]})
    else:
        put(f"{wanted}: {pages[wanted].removeprefix('# ').rstrip()}")
    return FINE


def all_pages() -> dict[str, str]:
    """Code -> its page as Markdown, sorted by code."""
    folder = resources.files("catalyst").joinpath(_PAGES)
    names = sorted(place.name for place in folder.iterdir() if place.name.endswith(".md"))
    return {name.removesuffix(".md"): folder.joinpath(name).read_text(encoding="utf-8") for name in names}


def title_of(page: str) -> str:
    """The heading of a page."""
    return page.partition("\n")[0].removeprefix("# ").strip()


def _print_list(pages: dict[str, str], as_json: bool) -> None:
    if as_json:
        put_json({"codes": [{"code": code, "title": title_of(page)} for code, page in pages.items()]})
        return
    put("\n".join(f"{code}  {title_of(page)}" for code, page in pages.items()))


def _suggestion(wanted: str, pages: dict[str, str]) -> str:
    """A code that looks alike, else how to see them all."""
    alike = did_you_mean(wanted, pages) or did_you_mean(f"E{wanted}", pages)
    return alike or "`catalyst explain` lists all codes"
