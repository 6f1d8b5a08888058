"""A hand on the phone in the browser: presses its keys, and finds what it shows."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

HERS = "+8562055500001"


def phone(page: Page, number: int = 1) -> Locator:
    return page.locator(f"#phone-{number}")


def screen(page: Page, number: int = 1) -> Locator:
    return phone(page, number).locator("[data-page]")


def press(page: Page, keys: str, number: int = 1) -> None:
    """Press keys of the phone and the green one after each input."""
    for typed in keys.split():
        for key in typed:
            phone(page, number).locator(f'[data-key="{key}"]').click()
        hop(page, number)


def hop(page: Page, number: int = 1) -> None:
    phone(page, number).locator("[data-key=green]").click()
    answered(page, number)


def answered(page: Page, number: int = 1) -> None:
    expect(phone(page, number).locator("[data-screen]")).not_to_have_attribute("data-state", "waiting")


def fact(page: Page, name: str, number: int = 1) -> Locator:
    return phone(page, number).locator(f"[data-fact={name}]")


def is_clean(page: Page) -> bool:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    return True


def fits(page: Page) -> bool:
    return bool(page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth"))
