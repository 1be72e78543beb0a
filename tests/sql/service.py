"""A project as it runs, with the pools that it opens itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from os import environ
from pathlib import Path
from unittest.mock import patch

from fastapi.testclient import TestClient

from catalyst.api import Result
from tests.emitted import findings, imported, write_files


@contextmanager
def service(result: Result, folder: Path, env: dict[str, str]) -> Iterator[TestClient]:
    """The project as it runs, with its own pools."""
    assert result.ok, findings(result)
    write_files(result.files, folder)
    with (
        imported(folder),
        patch.dict(environ, {"DATA_DIR": str(folder / "data"), **env}),
        TestClient(import_module("app.main").create_app(), raise_server_exceptions=False) as client,
    ):
        yield client
