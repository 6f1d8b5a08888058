"""What the sample tells of the law: each statement names where it comes from and until when, and says no more than that."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from gateway.domain.events import USSD_LIMITS
from gateway.foundation.display_values import DisplayValues
from gateway.menus.authoring.pages import cut_menu
from gateway.menus.engine.engine import begin_session, open_screen, render_reply
from gateway.menus.engine.model import Menu
from gateway.menus.engine.screens import Information
from gateway.menus.engine.session import Known
from gateway.menus.engine.wording import list_naming_screens
from tests.sample.test_provinces import NOW, menu

__all__ = ["menu"]
NO_LAW = {"money", "before", "not_paid", "steps", "company"}
"""Advice, and screens whose figures are facts already."""


def screens_of_law(menu: Menu) -> Iterator[Information]:
    for screen in menu.screens.values():
        if isinstance(screen, Information) and screen.topic != "danger" and not screen.id.startswith("wage_"):
            yield screen


@pytest.mark.fault("X4")
def test_every_statement_of_law_rests_on_a_fact_with_a_source_and_a_last_day(menu: Menu) -> None:
    bare = []
    for screen in screens_of_law(menu):
        texts = " ".join(screen.text.values())
        names = [*screen.rests_on, *(name for name in menu.facts if f"{{{name}}}" in texts)]
        laws = [name for name in names if ".phone." not in name]
        if (
            not laws
            and screen.id not in NO_LAW
            and "{" not in texts.replace("{mrc}", "").replace("{days}", "")
        ):
            bare.append(screen.id)
        for name in screen.rests_on:
            value = menu.facts[name].on(date(2026, 11, 24))
            assert len(value.source) > 10, name
            assert "several public guides" not in value.source
            assert value.expires_on <= date(2027, 5, 24), name
    assert set(bare) <= {"privacy"}, "no source, no day"


@pytest.mark.fault("X4")
def test_who_read_a_screen_that_rests_on_a_wrong_fact_is_known(menu: Menu) -> None:
    assert "passport" in list_naming_screens(menu, "th.law.passport", "en")
    session = open_screen(menu, begin_session(menu, Known(language="lo", script="lo")), "passport")
    reply = render_reply(menu, session, DisplayValues(zone="Asia/Vientiane"), USSD_LIMITS, NOW)
    assert "th.law.passport" in reply.facts


@pytest.mark.fault("X2")
@pytest.mark.parametrize("script", ["lo", "lo-Latn", "th", "en"])
def test_our_own_number_and_the_embassy_stand_where_they_are_advised(menu: Menu, script: str) -> None:
    def page_of(screen: str, **values: str) -> str:
        cut = replace(menu, pages=cut_menu(menu, [USSD_LIMITS], values).pages)
        at = begin_session(menu, Known(language=script.partition("-")[0], script=script))
        line = DisplayValues(zone="Asia/Vientiane", values={"helpline": "", "embassy": "", **values})
        session, pages = open_screen(cut, at, screen), ""
        for page in range(1, 5):
            pages += render_reply(cut, session.copy_with(page=page), line, USSD_LIMITS, NOW).text
        return pages

    assert "+856 20 555 00000" in page_of("before", helpline="+856 20 555 00000")
    told = page_of("renew", embassy="Embassy +66 80 000 0001")
    assert "Embassy +66 80 000 0001" in told
    assert "{" not in page_of("renew")
    assert "‹" not in page_of("renew"), "an embassy that is not set is left out"


@pytest.mark.fault("X3")
@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("en", ("MRC", "number", "{days}", "Erase at once", "secret")),
        ("lo", ("MRC", "ເບີ", "{days}", "ລຶບທັນທີ", "ຄວາມລັບ")),
        ("th", ("MRC", "เบอร์", "{days}", "ลบทันที", "ความลับ")),
        ("lo-Latn", ("MRC", "ber", "{days}", "Lup than thi", "khuam lap")),
    ],
)
def test_how_data_is_used_says_who_keeps_what_how_long_and_how_to_erase_it(
    menu: Menu, script: str, words: tuple[str, ...]
) -> None:
    text = menu.screens["privacy"].text[script]
    assert [word for word in words if word not in text] == []


@pytest.mark.fault("X3")
@pytest.mark.parametrize(
    ("script", "who", "only"),
    [
        ("en", "We keep", "only to call"),
        ("lo", "ພະນັກງານເກັບ", "ເທົ່ານັ້ນ"),
        ("lo-Latn", "Hao kep", "thao nan"),
        ("th", "พนักงานเก็บ", "เท่านั้น"),
    ],
)
def test_the_consent_says_who_keeps_them_and_for_the_call_only(
    menu: Menu, script: str, who: str, only: str
) -> None:
    assert who in menu.screens["consent"].text[script]
    assert only in menu.screens["consent"].text[script]


@pytest.mark.fault("X5")
@pytest.mark.parametrize(
    "screen",
    [
        "debts", "contract_changed", "pink_card", "arrested", "forced", "harassment", "children", "death",
        "fishing_farms", "no_insurance", "fees", "company_trouble", "coming_home", "border",
    ],
)  # fmt: skip
def test_what_a_labour_officer_is_asked_has_a_screen_in_each_language(menu: Menu, screen: str) -> None:
    assert set(menu.screens[screen].text) == set(menu.languages)
    assert menu.screens[screen].rests_on
    assert any(choice.to == "call_me" for choice in menu.screens[screen].choices)
