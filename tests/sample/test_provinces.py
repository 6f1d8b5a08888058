"""The wage of each province of Thailand, asked by its name: a table of its own beside the menu's facts."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from gateway.domain.events import USSD_LIMITS
from gateway.foundation.display_values import DisplayValues
from gateway.menus.engine.engine import begin_session, open_screen, render_reply, step_session
from gateway.menus.engine.model import Menu
from gateway.menus.engine.serialization import load_menu
from gateway.menus.engine.session import Known
from gateway.menus.keywords import understand_text
from tests.support.house import sample

NOW = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)

pytestmark = [pytest.mark.fault("X1"), pytest.mark.xdist_group("sample")]

# Royal Gazette as told by Nation Thailand on 1 Jan 2025, Bangkok on 17 Jun 2025: baht a day by province.
RATES = """
400 Bangkok Chachoengsao Chonburi Phuket Rayong
372 Nakhon+Pathom Nonthaburi Pathum+Thani Samut+Prakan Samut+Sakhon
359 Nakhon+Ratchasima
358 Samut+Songkhram
357 Khon+Kaen Chiang+Mai Prachin+Buri Ayutthaya Saraburi
356 Lopburi
355 Nakhon+Nayok Suphan+Buri Nong+Khai
354 Krabi Trat
352 Kanchanaburi Chanthaburi Chiang+Rai Tak Nakhon+Phanom Buri+Ram Prachuap Phang+Nga Phitsanulok Mukdahan
352 Sakon+Nakhon Songkhla Sa+Kaeo Surat+Thani Ubon+Ratchathani
351 Chumphon Phetchaburi Surin
350 Nakhon+Sawan Yasothon Lamphun
349 Kalasin Nakhon+Si+Thammarat Bueng+Kan Phetchabun Roi+Et
348 Chai+Nat Chaiyaphum Phatthalung Sing+Buri Ang+Thong
347 Kamphaeng+Phet Phichit Maha+Sarakham Mae+Hong+Son Ranong Ratchaburi Lampang Loei Si+Sa+Ket Satun Sukhothai
347 Nong+Bua+Lamphu Amnat+Charoen Udon+Thani Uttaradit Uthai+Thani
345 Trang Nan Phayao Phrae
337 Narathiwat Pattani Yala
"""


def provinces() -> Iterator[tuple[str, str]]:
    for line in RATES.split("\n"):
        rate, *names = line.split() or [""]
        yield from ((name.replace("+", " "), rate) for name in names)


# A district with a rate of its own stands first on the screen of its province.
OWN_DISTRICTS = {"Chiang Mai": "380", "Songkhla": "380", "Surat Thani": "400"}


@pytest.fixture(scope="module")
def menu() -> Menu:
    return load_menu(sample())


def amounts(menu: Menu, screen: str, script: str) -> list[str]:
    """The figures of a page, in order."""
    session = open_screen(
        menu, begin_session(menu, Known(language=script.partition("-")[0], script=script)), screen
    )
    page = render_reply(menu, session, DisplayValues(zone="Asia/Vientiane"), USSD_LIMITS, NOW).text
    return re.findall(r"\b\d{3}\b", page.replace("Nov 2026", ""))


def test_the_table_is_whole() -> None:
    assert len(dict(provinces())) == 77


@pytest.mark.parametrize("script", ["lo", "lo-Latn", "th", "en"])
def test_a_province_typed_on_the_phone_tells_its_rate(menu: Menu, script: str) -> None:
    wrong = []
    at_home = begin_session(menu, Known(language=script.partition("-")[0], script=script))
    for name, rate in provinces():
        typed = step_session(menu, open_screen(menu, at_home, "wage_other"), name.lower()).session
        wanted = [OWN_DISTRICTS[name], rate] if name in OWN_DISTRICTS else [rate]
        if amounts(menu, typed.screen, script)[: len(wanted)] != wanted:
            wrong.append((name, typed.screen))
    assert wrong == []


@pytest.mark.parametrize("script", ["lo", "lo-Latn", "th", "en"])
@pytest.mark.parametrize("form", [0, -1])
def test_each_name_that_the_menu_knows_leads_to_its_own_province_by_text(
    menu: Menu, script: str, form: int
) -> None:
    """In every language, in the first and in the last form, alone and within a question."""
    wrong = []
    for keyword in menu.keywords:
        words = keyword.words.get(script, ())
        if not keyword.to.startswith("wage_in_") or not words:
            continue
        for text in (words[form], f"{words[form]}?", f"{words[form]} 2026"):
            match = understand_text(menu, text, script)
            if match is None or match.keyword.to != keyword.to:
                wrong.append((text, match and match.keyword.to))
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "screen"),
    [
        ("wage in Nakhon Phanom", "wage_in_nakhon_phanom"),
        ("what is the wage in loei", "wage_in_loei"),
        ("ค่าแรงขอนแก่น", "wage_in_khon_kaen"),
        ("ค่าจ้างเลย", "wage_in_loei"),
        ("ຄ່າແຮງຢູ່ມຸກດາຫານ", "wage_in_mukdahan"),
        ("kha heng yu udon", "wage_in_udon"),
        ("ไม่ได้เงินเลย", "not_paid"),  # เลย is "at all" too
        ("ຕາກແດດ", ""),  # ຕາກ is "to dry" too
        ("my nan is ill", ""),
    ],
)
def test_names_that_are_ordinary_words_too_want_more_beside_them(menu: Menu, text: str, screen: str) -> None:
    match = understand_text(menu, text)
    found = match.keyword.to if match else ""
    assert found == screen or (not screen and not found.startswith("wage_in_"))


@pytest.mark.parametrize("place", ["phuket", "ภูเก็ต", "ພູເກັດ"])
def test_any_word_for_pay_beside_a_place_asks_for_its_wage(menu: Menu, place: str) -> None:
    """In either order, whichever list the word for pay leads to: the answer is meant, not the list."""
    lists = [each for each in menu.keywords if each.to in {"pay", "wage_area"}]
    words = sorted({word for each in lists for written in each.words.values() for word in written})
    texts = [text for word in words for text in (f"{word} {place}", f"{place} {word}", f"{word}? {place}!")]
    assert len(texts) > 60
    asked = [(text, understand_text(menu, text)) for text in texts]
    assert [text for text, match in asked if match is None or match.topic != "wage_in_phuket"] == []


@pytest.mark.parametrize(
    ("text", "screen"), [("not paid in phuket", "not_paid"), ("passport phuket", "papers"), ("salary", "pay")]
)
def test_a_place_beside_another_subject_is_no_question_for_its_wage(
    menu: Menu, text: str, screen: str
) -> None:
    match = understand_text(menu, text)
    assert match is not None
    assert match.topic == screen


def test_a_word_that_is_no_place_is_a_wrong_key_and_danger_leads_to_the_numbers(menu: Menu) -> None:
    asked = open_screen(menu, begin_session(menu, Known(language="en", script="en")), "wage_other")
    assert step_session(menu, asked, "xyzzy").session.notice == "invalid"
    assert step_session(menu, asked, "help me he hits me").session.screen == "sos"
    assert step_session(menu, asked, "7").session.screen == "danger"
