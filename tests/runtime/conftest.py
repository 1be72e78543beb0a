"""Every test of the service's answers runs twice: by the short way and by the FastAPI route."""

import pytest


@pytest.fixture(params=[True, False], ids=["short way", "route"])
def fast_path(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)
