"""A real launcher with real processes, shared by the tests of this folder; each test has folders of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flow_driver import FlowDriver
from step_driver import Driver

from pauta.adapters.process_launcher import ProcessLauncher
from pauta.assembly import objects_in
from pauta.runtime.parcels import StoredParcels


@pytest.fixture(scope="session")
def launcher() -> Iterator[ProcessLauncher]:
    """One warm parent for the whole session; it has pandas loaded, as in a project that uses frames."""
    launcher = ProcessLauncher(preload=("numpy", "pandas", "pyarrow"), environ=Driver.environ())
    yield launcher
    launcher.close()


@pytest.fixture
def driver(launcher: ProcessLauncher, tmp_path: Path) -> Iterator[Driver]:
    """Runs scripts, and insists that no process is left when the test is over."""
    driver = Driver(launcher, tmp_path)
    yield driver
    driver.end()
    assert driver.left() == []


@pytest.fixture
def flows(driver: Driver) -> Callable[..., FlowDriver]:
    """Makes a flow of a script's text."""

    def make(text: str, entry: str = "main", name: str = "flows.py") -> FlowDriver:
        return FlowDriver(driver, driver.script(name, text), entry)

    return make


@pytest.fixture
def parcels(tmp_path: Path) -> StoredParcels:
    """Values on an object store of their own."""
    store = objects_in(tmp_path / "objects")
    return StoredParcels(lambda: store)
