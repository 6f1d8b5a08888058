"""Take the pictures of the README from the running product: ``make screenshots`` writes ``docs/pictures``.

Everything on them is made up: the sample menu, numbers that nobody has, and people named by their roles. The hour is set,
so that the same pages give the same pictures.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from gateway.domain.permissions import Role
from gateway.foundation.services import Services
from gateway.helpdesk.queue import claim
from tests.e2e.conftest import CHROMIUM, FLAGS
from tests.support import phone_rig
from tests.support.browser_handset import hop, press
from tests.support.clocks import SetClock
from tests.support.desk_rig import Desk
from tests.support.ledgers import SqliteLedgers
from tests.support.serving import serve_app
from tests.support.web_surroundings import token_of

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
WIDE, HIGH = 1180, 800


def main() -> None:
    """Write every picture."""
    PICTURES.mkdir(exist_ok=True)
    with _served() as (parts, base), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        _take_phone(browser, base)
        _take_queue(browser, base, _ask_for_calls(parts))
        browser.close()


@contextmanager
def _served() -> Iterator[tuple[Services, str]]:
    with tempfile.TemporaryDirectory() as name:
        folder, clock = Path(name), SetClock("2026-11-24T18:20:00+07:00")
        with SqliteLedgers(folder).fresh(folder) as store:
            parts = phone_rig.house(store, clock, folder)
            with serve_app(phone_rig.app_of(parts)) as base:
                yield parts, base


def _open_page(browser: Browser, base: str, token: str = "") -> Page:
    context = browser.new_context(
        base_url=base, viewport={"width": WIDE, "height": HIGH}, locale="en", reduced_motion="reduce"
    )
    context.set_default_timeout(15_000)
    if token:
        context.add_cookies([{"name": "sign-in", "value": token, "url": base}])
    return context.new_page()


def _take_phone(browser: Browser, base: str) -> None:
    page = _open_page(browser, base)
    page.goto("/phone/")
    hop(page)
    press(page, "4 7 2 2 3 1")
    page.evaluate("window.scrollTo(0, 0)")
    page.screenshot(path=PICTURES / "phone.png")


def _ask_for_calls(parts: Services) -> str:
    """Write requests of several kinds and return the token of a counsellor who holds one."""
    desk = Desk(parts, parts.clock)  # type: ignore[arg-type] - the clock of ``_served``
    one = desk.person("Counsellor one", Role.COUNSELLOR, on_duty=True, languages=("lo", "th"))
    desk.requested("+8562055500011", when="evening", topic="pay")
    desk.requested("+8562055500012", when="evening", topic="papers", language="th")
    held = desk.requested("+8562055500013", when="now", topic="injury")
    desk.requested("+8562055500014", when="morning", topic="hours")
    desk.requested("+8562055500015", when="evening", danger="yes", topic="danger")
    claim.claim_callback(parts, one, held)
    return token_of(parts, "Counsellor one")


def _take_queue(browser: Browser, base: str, token: str) -> None:
    page = _open_page(browser, base, token)
    page.goto("/")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=PICTURES / "queue.png")


if __name__ == "__main__":
    main()
