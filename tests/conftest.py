"""What all tests share: Hypothesis profiles, the engine, and the folder of real data."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

from sim.engines.choice import DEFAULT, ENGINES
from sim.running.store import NOWHERE, PLACE, first_generation

# Derandomised: a test that passed yesterday and fails today fails because the code changed.
# No deadline: a shared machine is slow at times, and that is no error of the code.
settings.register_profile("default", max_examples=50, derandomize=True, deadline=None)
settings.register_profile("ci", max_examples=200, derandomize=True, deadline=None)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "default")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--engine``, as the whole suite holds on either, and how finely queues are compared with theory."""
    parser.addoption("--engine", choices=ENGINES, default="auto", help="what engine='auto' means in the tests")
    parser.addoption(
        "--standard-error", type=float, default=0.01, help="of the slow comparisons of queues with theory, relative"
    )


def pytest_configure(config: pytest.Config) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell starts its jobs in the background
        signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ[DEFAULT] = config.getoption("--engine")
    os.environ.pop("COLUMNS", None)  # what is printed has the width of a pipe, whoever runs the tests
    os.environ[PLACE] = NOWHERE  # what is tested is computed; tests of the store name one of their own
    first_generation()  # before a test puts something of its own in the place of a part of the model


@pytest.fixture(scope="session")
def standard_error(request: pytest.FixtureRequest) -> float:
    """Largest relative standard error of a slow comparison with theory."""
    return float(request.config.getoption("--standard-error"))


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Folder of real data and documents that the environment variable CXSIM_DATA names; skips without it."""
    named = os.environ.get("CXSIM_DATA")
    if not named:
        pytest.skip("CXSIM_DATA is not set: set it to the folder of real data to run this test")
    folder = Path(named)
    if not folder.is_dir():
        pytest.fail(f"CXSIM_DATA names {named!r}, which is not a folder: correct it, or unset it to skip this test")
    return folder
