"""A real browser, and the pages on a port of this machine."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from gateway.foundation.services import Services
from gateway.storage.database import Store
from tests.support.clocks import SetClock
from tests.support.desk_rig import Desk, made_parts
from tests.support.serving import serve_app
from tests.support.web_apps import pages_of

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.hookimpl(tryfirst=True)  # before the runner reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Walk all pages on one runner: each browser costs seconds, and three at once make each other wait."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser. Where there is none the tests are skipped; in CI that is a failure."""
    if not CHROMIUM.exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"no browser at {CHROMIUM}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def parts(sqlite_store: Store, clock: SetClock, tmp_path: Path) -> Services:
    return made_parts(sqlite_store, clock, tmp_path)


@pytest.fixture
def line(parts: Services, clock: SetClock) -> Desk:
    return Desk(parts, clock)


@pytest.fixture
def app(parts: Services) -> Flask:
    return pages_of(parts)


@pytest.fixture
def base(app: Flask) -> Iterator[str]:
    """The address of the pages."""
    with serve_app(app) as address:
        yield address


@pytest.fixture
def opened(chromium: Browser, base: str) -> Iterator[Callable[..., Page]]:
    """Open a page in a browser of its own: ``opened(width=360, language="lo", token=…)``."""
    contexts: list[BrowserContext] = []

    def page(
        *,
        width: int = 1280,
        height: int = 800,
        language: str = "en",
        token: str = "",
        scripts: bool = True,
        touch: bool = False,
    ) -> Page:
        context = chromium.new_context(
            base_url=base,
            viewport={"width": width, "height": height},
            locale=language,
            java_script_enabled=scripts,
            reduced_motion="reduce",
            has_touch=touch,
        )
        context.set_default_timeout(8_000)
        if token:
            context.add_cookies([{"name": "sign-in", "value": token, "url": base}])
        contexts.append(context)
        return context.new_page()

    yield page
    for context in contexts:
        context.close()
