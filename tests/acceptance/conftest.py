"""One running gateway for all that only use it; whoever kills or starves one starts its own."""

from collections.abc import Iterator

import pytest

from tests.support.running import Running


@pytest.fixture(scope="package")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The product as `make run` starts it on a fresh machine: its own Valkey, SQLite.

    It ends with the tests of this folder: left alone, its processes would take a twentieth of a core from all others.
    """
    with Running(tmp_path_factory.mktemp("house")) as running:
        yield running
