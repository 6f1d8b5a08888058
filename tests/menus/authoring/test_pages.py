"""The printed figures are those of the pages that callers get, and of the keys that lead to help."""

import pytest

from gateway.domain.events import SMS_LIMITS, USSD_LIMITS, Limits
from gateway.menus.authoring.pages import Far, measure_distances, measure_sizes
from tests.support.menu_folders import base, checked, with_change

MENU = checked(base()).menu
assert MENU is not None


def size(screen, language, variant=-1, menu=MENU, limits=USSD_LIMITS):
    (found,) = [
        one
        for one in measure_sizes(menu, limits)
        if (one.screen, one.variant, one.language) == (screen, variant, language)
    ]
    return found


def test_every_text_is_measured_once_in_each_language():
    found = [(one.screen, one.variant, one.language) for one in measure_sizes(MENU, USSD_LIMITS)]
    assert len(found) == len(set(found)) == 2 * (len(MENU.screens) - 1 + 1)  # no form, one variant
    assert all(units <= one.room for one in measure_sizes(MENU, USSD_LIMITS) for units in one.units)


@pytest.mark.parametrize(
    ("screen", "variant", "language", "words"),
    [
        ("thanks", -1, "en", "10/160"),
        ("thanks", -1, "lo", "6/70"),
        ("pay", -1, "en", "49/160"),  # three digits of the wage, 7 Call me, 0 Back, 00 Home
        ("code", 0, "lo", "41/70"),  # six digits of the longest code
    ],
)
def test_the_widest_value_and_the_navigation_count(screen, variant, language, words):
    assert str(size(screen, language, variant)) == words


def test_pages_stand_side_by_side_and_what_cannot_be_cut_says_so():
    long = checked(with_change("screens.yaml", "At least {th.wage} baht a day.", "Ask us. " * 30)).menu
    assert len(size("pay", "en", menu=long).units) == 2
    assert str(size("pay", "en", menu=long)).count(" ") == 1
    narrow = Limits(name="narrow", gsm7=8, ucs2=8, gsm7_stop=8, ucs2_stop=8)
    assert str(size("danger", "en", limits=narrow)) == "too long"


def test_the_keys_to_help_are_counted_as_she_presses_them():
    assert measure_distances(MENU, USSD_LIMITS) == [
        Far("sos", "lo", 1, 1, 2, "danger"),
        Far("call_me", "lo", 2, 1, 2, "language"),
        Far("sos", "en", 1, 1, 2, "danger"),
        Far("call_me", "en", 2, 1, 2, "language"),
    ]


def test_a_line_on_the_second_page_costs_98_in_the_language_that_needs_it():
    many = "".join(
        f'      - {{key: "{key}", to: pay, label: {{en: Pay {key}, lo: ຄ່າແຮງງານແຮງງານ}}}}\n'
        for key in "23456"
    )
    sos = '      - {key: "7", to: call_me, label: {en: Call me back'
    menu = checked(with_change("screens.yaml", sos, many + sos)).menu
    home = {(far.to, far.language): far.from_home for far in measure_distances(menu, USSD_LIMITS)}
    assert home == {("sos", "lo"): 2, ("call_me", "lo"): 2, ("sos", "en"): 1, ("call_me", "en"): 1}
    by_text = {(far.to, far.language): far.from_home for far in measure_distances(menu, SMS_LIMITS)}
    assert set(by_text.values()) == {1}
