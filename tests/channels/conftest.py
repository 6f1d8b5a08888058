"""No test of a channel reaches beyond this machine."""

import socket
from collections.abc import Iterator

import pytest

from tests.support.standin import Standin


@pytest.fixture(autouse=True)
def _stays_here(monkeypatch: pytest.MonkeyPatch) -> None:
    connect, resolve = socket.socket.connect, socket.getaddrinfo

    def guarded(self: socket.socket, address: object) -> None:
        assert not isinstance(address, tuple) or address[0] in ("127.0.0.1", "::1"), (
            "a request left this machine"
        )
        connect(self, address)

    def resolved(host: object, *args: object, **kwargs: object) -> object:
        if host not in ("127.0.0.1", "localhost"):
            raise socket.gaierror(socket.EAI_NONAME, "no names are resolved in tests")
        return resolve(host, *args, **kwargs)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    monkeypatch.setattr(socket, "getaddrinfo", resolved)


@pytest.fixture
def standin() -> Iterator[Standin]:
    """A provider of our own."""
    with Standin() as standin:
        yield standin
