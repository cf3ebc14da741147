"""One running system for all tests that disturb nobody else."""

from collections.abc import Iterator

import pytest

from tests.e2e.system import System, running_system


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system without demo; each test makes a conference of its own."""
    with running_system(tmp_path_factory.mktemp("system"), "--no-demo") as running:
        yield running
