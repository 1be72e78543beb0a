"""A place to keep a build in memory, and what it means that two results are the same."""

from catalyst.api import Result


class InMemory:
    """Keeps the last text."""

    def __init__(self, text: str | None = None) -> None:
        self.text = text

    def load(self) -> str | None:
        """See `api.Kept`."""
        return self.text

    def save(self, text: str) -> None:
        """See `api.Kept`."""
        self.text = text


def is_kept(result: Result) -> bool:
    """Whether a result comes from what was kept."""
    return result.ok and not result.workflows


def same(result: Result, whole: Result) -> bool:
    """Whether two results are the same for whoever writes or shows them."""
    return all(
        getattr(result, name) == getattr(whole, name)
        for name in ("name", "files", "diagnostics", "sources", "source_map", "flows")
    ) and list(result.files) == list(whole.files)
