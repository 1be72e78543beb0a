"""What the tests of the runtime share. Every test of the service's answers runs twice: by the short way and by the
FastAPI route."""

from collections.abc import Iterator

import pytest

from tests.standin.server import StandIn, running


@pytest.fixture(params=[True, False], ids=["short way", "route"])
def fast_path(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(scope="session")
def standin() -> Iterator[StandIn]:
    """A server that speaks the protocols of both providers."""
    with running() as server:
        yield server


@pytest.fixture
def model_services(standin: StandIn, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """The stand-in, where every provider's module looks for its service."""
    monkeypatch.setenv("OPENAI_BASE_URL", f"{standin.url}/v1")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", standin.url)
    monkeypatch.setenv("GROQ_BASE_URL", f"{standin.url}/v1")
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", standin.url)
    return standin
