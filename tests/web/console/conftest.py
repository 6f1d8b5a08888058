"""A helpline with pages: somebody asks for calls, people sign in without the slow hash."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from gateway.domain.permissions import Role
from gateway.foundation.services import Services
from gateway.storage.database import Store
from tests.support.clocks import SetClock
from tests.support.desk_rig import Desk, made_parts
from tests.support.house import publish
from tests.support.web_apps import pages_of
from tests.support.web_surroundings import Browser, token_of


@pytest.fixture
def parts(sqlite_store: Store, clock: SetClock, tmp_path: Path) -> Services:
    found = made_parts(sqlite_store, clock, tmp_path)
    publish(found)
    return found


@pytest.fixture
def line(parts: Services, clock: SetClock) -> Desk:
    return Desk(parts, clock)


@pytest.fixture
def app(parts: Services) -> Flask:
    return pages_of(parts)


@pytest.fixture
def signed(app: Flask, parts: Services, line: Desk) -> Callable[..., Browser]:
    """Sign a new person in: ``signed("Noy", Role.SUPERVISOR)``."""

    def in_as(name: str = "Noy", role: Role = Role.COUNSELLOR, **more: object) -> Browser:
        line.person(name, role, **more)
        browser = Browser(app.test_client()).carry(token_of(parts, name))
        browser.take_token()
        return browser

    return in_as
