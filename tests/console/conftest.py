"""A helpline with pages: somebody asks for calls, people sign in without the slow hash."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from gateway.access import Role
from gateway.parts import Parts
from gateway.store.engines import Store
from tests.clocks import SetClock
from tests.desk.rig import Desk, made_parts
from tests.house import publish
from tests.web.apps import pages_of
from tests.web.around import Browser, token_of


@pytest.fixture
def parts(sqlite_store: Store, clock: SetClock, tmp_path: Path) -> Parts:
    found = made_parts(sqlite_store, clock, tmp_path)
    publish(found)
    return found


@pytest.fixture
def line(parts: Parts, clock: SetClock) -> Desk:
    return Desk(parts, clock)


@pytest.fixture
def app(parts: Parts) -> Flask:
    return pages_of(parts)


@pytest.fixture
def signed(app: Flask, parts: Parts, line: Desk) -> Callable[..., Browser]:
    """Sign a new person in: ``signed("Noy", Role.SUPERVISOR)``."""

    def in_as(name: str = "Noy", role: Role = Role.COUNSELLOR, **more: object) -> Browser:
        line.person(name, role, **more)
        browser = Browser(app.test_client()).carry(token_of(parts, name))
        browser.get("/me")
        return browser

    return in_as
