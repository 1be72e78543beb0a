"""Options that all tests share."""

import gc
import os
import signal
from collections.abc import Iterator

import pytest
import redis
from hypothesis import settings

from tests import servers

# A busy machine makes an example slow; that is no fault of what is tested.
settings.register_profile("catalyst", deadline=None)
settings.load_profile("catalyst")

# A script that runs the tests in the background has them ignore Ctrl+C, and `nohup` the end of the terminal. Programs
# that are started by a test would inherit that, and one that should end by it would stay. A handler is not inherited.
for _number in (signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, lambda number, frame: None)

# Commands that tests start keep nothing in the cache of who runs them; tests of the cache say where it is.
os.environ.setdefault("CATALYST_NO_CACHE", "1")

# The emitted projects have tests of their own; test_emitted_quality runs them where they belong.
collect_ignore_glob = ["golden/*/expected/*"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="rewrite golden files that differ, and say which were rewritten"
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Many tests wait for a server, so `-n auto` is one process more than there are cores."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores + 1


@pytest.fixture(scope="module", autouse=True)
def quick_collections() -> None:
    """What is there before a module's tests is not looked at again when one of them has garbage collected.

    Tests that look for what was left behind do that after every run, and each time all of the suite would be walked.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether differing golden files are to be rewritten. Refused in CI, where nobody would look at the change."""
    wanted = bool(request.config.getoption("--update-golden"))
    if wanted and os.environ.get("CI"):
        pytest.exit("--update-golden is refused in CI", returncode=4)
    return wanted


@pytest.fixture(scope="session", autouse=True)
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What services embed is written to a folder of the tests, never into the checkout."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("DATA_DIR", str(tmp_path_factory.mktemp("data")))
        yield


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of PostgreSQL, started once for all tests of a process."""
    with servers.postgres_server() as url:
        yield url


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The address of an empty database."""
    with servers.database(postgres_server) as url:
        yield url


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """The address of Redis, started once for all tests of a process."""
    with servers.redis_server() as url:
        yield url


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """The address of an empty Redis."""
    with redis.Redis.from_url(redis_server) as client:
        client.flushdb()
    return redis_server
