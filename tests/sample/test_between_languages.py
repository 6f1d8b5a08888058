"""The sample, harmed in one language or in one screen: each harm is an error at its place, and the sample has none."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cache

import pytest

from gateway.domain.events import SMS_LIMITS, USSD_LIMITS
from gateway.menus.authoring.check import Checked, check_menu
from gateway.menus.authoring.checks import CheckContext
from gateway.menus.authoring.checks.languages import find_script
from gateway.menus.authoring.problems import Level
from gateway.menus.engine.serialization import load_menu
from gateway.menus.engine.text_breaks import PLACEHOLDER
from gateway.operations.publishing.stored import read_folder_files
from tests.support.house import LINE, MENUS, sample

# On one runner, which reads the files that a case leaves alone once.
pytestmark = pytest.mark.xdist_group("sample")

LANGUAGES = ("lo", "lo-Latn", "th", "en")
ASKED = CheckContext(today=date(2026, 11, 24), limits=(USSD_LIMITS,), settings=LINE.for_engine().values)


@cache
def files() -> Mapping[str, str]:
    return read_folder_files(MENUS)


def screen(name: str) -> tuple[str, str]:
    """The file and the lines of a screen or a message."""
    for file, text in files().items():
        found = re.search(rf"^  {name}:.*\n(?:    .*\n|\n)*", text, re.MULTILINE)
        if found:
            return file, found[0]
    raise AssertionError(name)


def harmed(name: str, language: str, change: str, by: str, asked: CheckContext = ASKED) -> Checked:
    """The sample after a change in one language of one screen, in each of its wordings."""
    file, lines = screen(name)
    new = re.sub(
        rf"^( +{language}: )(.*)$",
        lambda line: line[1] + re.sub(change, by, line[2]),
        lines,
        flags=re.MULTILINE,
    )
    assert new != lines, (name, language)
    changed = {**files(), file: files()[file].replace(lines, new)}
    return check_menu({each: text.encode() for each, text in changed.items()}, asked)


def told(checked: Checked, code: str) -> set[tuple[str, str, str]]:
    return {(each.screen, each.language, each.level) for each in checked.problems if each.code == code}


CODES = (
    "placeholders-differ",
    "wrong-script",
    "danger-not-asked",
    "danger-number-hidden",
    "wrong-fact",
    "long-screen",
    "number-without-country",
    "sister-left-behind",
)


@pytest.mark.fault("M1", "M2", "M5", "M7")
def test_the_sample_has_none_of_these_problems() -> None:
    checked = check_menu({each: text.encode() for each, text in files().items()}, ASKED)
    assert checked.menu is not None
    assert [each for each in checked.problems if each.code in CODES] == []


@pytest.mark.fault("M1")
@pytest.mark.parametrize(
    ("name", "lost", "language"),
    [
        ("sos", r"\{th\.phone\.(police|ambulance)\}", "lo"),
        ("danger_numbers", r"\{la\.phone\.police\}", "th"),
        pytest.param("consent", r"\{days\}", "lo", marks=pytest.mark.slow),
        ("code", r"\{code\}", "lo-Latn"),
        pytest.param("code", r"\{until\}", "en", marks=pytest.mark.slow),
        pytest.param("down", r"\{helpline\}", "en", marks=pytest.mark.slow),
        ("sms_form", r"\{la\.phone\.police\}", "th"),
        pytest.param("sms_help", r"\{th\.phone\.ambulance\}", "lo-Latn", marks=pytest.mark.slow),
    ],
)
def test_a_placeholder_that_one_language_lost_on_the_way_to_help_is_an_error(
    name: str, lost: str, language: str
) -> None:
    found = told(harmed(name, language, lost, ""), "placeholders-differ")
    assert {level for _, _, level in found} == {Level.ERROR}
    assert {tag for _, tag, _ in found} == {language}


@pytest.mark.fault("M1")
@pytest.mark.parametrize("language", ["th", "en"])
def test_another_fact_in_one_language_is_told_elsewhere_too(language: str) -> None:
    wrong = harmed("wage_bangkok", language, r"\{th\.wage\.bangkok\}", "{th.wage.udon}")
    found = [each.message for each in wrong.problems if each.code == "placeholders-differ"]
    assert len(found) == 2
    assert any(f"the {language} text names {{th.wage.udon}}" in each for each in found)
    assert any(f"the {language} text lacks {{th.wage.bangkok}}" in each for each in found)


SCRIPTS = {
    "lo": "ໂທຫາພວກເຮົາໄດ້",
    "th": "โทรหาเราได้เลย",
    "km": "ទូរស័ព្ទមកយើង",
    "my": "ကျွန်ုပ်တို့ကို",
    "ru": "Позвоните нам",
}


@pytest.mark.fault("M2")
@pytest.mark.parametrize(
    ("name", "language", "written"),
    [
        ("passport", "lo", "th"),
        ("passport", "en", "lo"),
        pytest.param("passport", "th", "th", marks=pytest.mark.slow),
        pytest.param("consent", "th", "lo", marks=pytest.mark.slow),
        pytest.param("consent", "lo-Latn", "lo", marks=pytest.mark.slow),
        ("consent", "en", "ru"),
        ("sms_no_call", "lo", "km"),
        pytest.param("sms_no_call", "th", "my", marks=pytest.mark.slow),
    ],
)
def test_a_text_in_the_letters_of_another_language_is_an_error(
    name: str, language: str, written: str
) -> None:
    if name == "sms_no_call":
        file, lines = screen("sms_no_call")
        new = re.sub(rf"(?<=[{{ ]){language}: [^,}}]*", f"{language}: {SCRIPTS[written]}", lines)
        changed = {**files(), file: files()[file].replace(lines, new)}
        checked = check_menu({each: text.encode() for each, text in changed.items()}, ASKED)
    else:
        checked = harmed(name, language, r'^"(?!\{)[^{}"]*', f'"{SCRIPTS[written]} ')
    found = {(tag, level) for _, tag, level in told(checked, "wrong-script")}
    assert found == (set() if written == language else {(language, Level.ERROR)})


@pytest.mark.fault("M2")
@pytest.mark.parametrize("language", ["lo", "th"])
def test_an_english_text_under_another_language_is_a_warning(language: str) -> None:
    found = told(
        harmed("passport", language, '^".*"$', '"Nobody may keep your passport. Ask us: 7"'), "wrong-script"
    )
    assert found == {("passport", language, Level.WARNING)}


@pytest.mark.parametrize(
    ("tag", "name", "script"),
    [
        ("lo", "ລາວ", "LAO"),
        ("lo", "Lao", "LAO"),
        ("lo-Latn", "Lao (ABC)", "LATIN"),
        ("th", "Thai", "THAI"),
        ("km", "ខ្មែរ", "KHMER"),
        ("hmn-Latn", "Hmoob", "LATIN"),
        ("kjg-Laoo", "ກຶມມຸ", "LAO"),
        ("xx", "ខ្មែរ", "KHMER"),
        ("xx", "Nobody", "LATIN"),
        ("xx", "123", ""),
    ],
)
def test_a_language_declares_its_script_by_its_tag_or_its_own_name(tag: str, name: str, script: str) -> None:
    menu = replace(load_menu(sample()), languages={tag: name})
    assert find_script(menu, tag) == script


@pytest.mark.fault("M5")
@pytest.mark.parametrize(("name", "language"), [("sos", "lo"), ("danger_numbers", "th"), ("sos", "en")])
def test_the_number_of_the_police_is_on_the_first_page_in_every_language(name: str, language: str) -> None:
    far = {"lo": "ພວກເຮົາບໍ່ແມ່ນຕຳຫຼວດ ", "th": "เราไม่ใช่ตำรวจ "}.get(language, "Hao bo men tamluat, ya yan. ")
    for change, by in (('^"', f'"{far * 6}'), (r"\{(th|la)\.phone\.police\}", "")):
        found = told(harmed(name, language, change, by), "danger-number-hidden")
        assert (name, language, Level.ERROR) in found
        assert {tag for _, tag, _ in found} == {language}


@pytest.mark.fault("M5")
@pytest.mark.parametrize("language", LANGUAGES)
def test_two_numbers_that_were_swapped_in_one_screen_are_told(language: str) -> None:
    facts = {"{th.phone.police}": "{th.phone.ambulance}", "{th.phone.ambulance}": "{th.phone.police}"}
    file, lines = screen("sos")
    first = re.search(rf"^      {language}: .*$", lines, re.MULTILINE)
    assert first
    swapped = PLACEHOLDER.sub(lambda each: facts.get(each[0], each[0]), first[0])
    changed = {**files(), file: files()[file].replace(first[0], swapped, 1)}
    checked = check_menu({each: text.encode() for each, text in changed.items()}, ASKED)
    assert ("sos", language, Level.ERROR) in told(checked, "wrong-fact")


@pytest.mark.fault("M5")
@pytest.mark.parametrize("questions", ["phone_seen, when, consent", "phone_seen, danger, when, consent"])
def test_the_form_asks_for_danger_first(questions: str) -> None:
    text = files()["callback.yaml"].replace("danger, phone_seen, when, consent", questions, 1)
    changed = {**files(), "callback.yaml": text}
    checked = check_menu({each: words.encode() for each, words in changed.items()}, ASKED)
    assert ("call_me", "", Level.ERROR) in told(checked, "danger-not-asked")


@pytest.mark.fault("M7")
@pytest.mark.parametrize(("letters", "pages"), [(1080, "pages, about"), (200, "")])
def test_a_screen_of_more_than_four_pages_is_told_with_its_cost(letters: int, pages: str) -> None:
    words = ("A long text that nobody reads on a small phone. " * 30)[:letters]
    checked = harmed(
        "no_papers", "en", '^".*"$', f'"{words}"', replace(ASKED, limits=(USSD_LIMITS, SMS_LIMITS))
    )
    found = [each.message for each in checked.problems if each.code == "long-screen"]
    assert len(found) == bool(pages)
    for message in found:
        assert re.fullmatch(
            r"'no_papers' takes (\d+) pages, about \d+ seconds, \d texts of up to 3 parts in en", message
        )
