"""What the conversations show is counted by screen and language, and only where somebody can come to read it."""

from gateway.menus.authoring.graph import measure_coverage
from tests.support.menu_folders import base, checked

MENU = checked(base()).menu
assert MENU is not None


def test_shown_and_readable_are_counted_by_language():
    found = measure_coverage(
        MENU, {("main", "en"), ("main", "lo"), ("pay", "en"), ("nowhere", "en"), ("main", "km")}
    )
    assert found.languages == ["en", "lo"]
    screens = len(MENU.screens) - 1  # without the form
    assert found.of("en") == (2, screens)
    assert found.of("lo") == (1, screens - 1)  # nobody has chosen Lao when the first screen is shown
    assert (found.mark("main", "lo"), found.mark("pay", "lo"), found.mark("language", "lo")) == (
        "yes",
        "no",
        "",
    )


def test_the_least_shown_come_first():
    found = measure_coverage(MENU, {("main", "en"), ("main", "lo"), ("pay", "en")})
    assert found.screens[-2:] == ["pay", "main"]
    assert found.screens[0] == "code"
    assert "call_me" not in found.screens
