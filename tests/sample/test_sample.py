"""The helpline that ships: sound, within every limit, and safe in all four languages."""

import re
from datetime import date
from itertools import chain
from pathlib import Path

import pytest

from gateway.domain.events import USSD_LIMITS
from gateway.menus.authoring.check import Checked, check_menu
from gateway.menus.authoring.checks import CheckContext
from gateway.menus.authoring.conversation_files import Case, read_conversations
from gateway.menus.authoring.conversation_runner import Ran, list_unseen, run_conversation
from gateway.menus.authoring.folder import read_folder, read_tests
from gateway.menus.authoring.pages import Cut, cut_menu, reserve_values
from gateway.menus.authoring.problems import Level
from gateway.menus.engine.effects import RequestCallback
from gateway.menus.engine.engine import begin_session, step_session
from gateway.menus.engine.model import Deed, Menu, Reaction
from gateway.menus.engine.paging import write_page
from gateway.menus.engine.screens import End
from gateway.menus.engine.session import Known
from gateway.menus.engine.text_size import GSM7, measure_text, split_parts
from gateway.menus.engine.wording import fill_template

# One runner checks it and runs its conversations once.
pytestmark = pytest.mark.xdist_group("sample")

FOLDER = Path(__file__).parents[2] / "menus"
ZONE = "Asia/Vientiane"
SCRIPTS = ("lo", "lo-Latn", "th", "en")
CHECKED_ON = date(2026, 11, 24)
ALL_WINDOWS = ("morning", "noon", "evening", "sunday", "now")
SETTINGS = {"helpline": "+856 20 555 00000", "mrc": "+856 20 555 00001", "price": "", "days": "90"}

# From the first dial to the save, on a phone that others sometimes see: language, script, 7, then four answers.
WAYS = {
    "lo": ("1", "1", "7", "2", "2", "3", "1"),
    "lo-Latn": ("2", "7", "2", "2", "3", "1"),
    "th": ("3", "1", "7", "2", "2", "3", "1"),
    "en": ("4", "7", "2", "2", "3", "1"),
}
TO_SOS = {"lo": ("1", "1", "9"), "lo-Latn": ("2", "9"), "th": ("3", "1", "9"), "en": ("4", "9")}


def _checked(today: date = CHECKED_ON) -> Checked:
    asked = CheckContext(today=today, zone=ZONE, settings=SETTINGS, staffed=lambda _: frozenset(ALL_WINDOWS))
    return check_menu(read_folder(FOLDER), asked)


@pytest.fixture(scope="module")
def menu() -> Menu:
    found = _checked().menu
    assert found
    return found


@pytest.fixture(scope="module")
def cut(menu: Menu) -> Cut:
    return cut_menu(menu, [USSD_LIMITS], SETTINGS)


def _cases() -> list[Case]:
    cases, problems = read_conversations(read_tests(FOLDER), ZONE)
    assert problems == []
    return cases


def test_it_checks_clean_but_for_its_drafts() -> None:
    problems = _checked().problems
    assert [problem for problem in problems if problem.level is Level.ERROR] == []
    assert {(problem.code, problem.language) for problem in problems if problem.code == "unreviewed"} == {
        ("unreviewed", "lo"),
        ("unreviewed", "lo-Latn"),
        ("unreviewed", "th"),
        ("unreviewed", "en"),
    }


def test_facts_are_said_to_expire_in_time() -> None:
    soon = {problem.code for problem in _checked(date(2027, 5, 1)).problems}
    late = {problem.code for problem in _checked(date(2027, 6, 1)).problems}
    assert "fact-expires-soon" in soon
    assert "fact-expired" in late


@pytest.fixture(scope="module")
def ran(menu: Menu) -> list[Ran]:
    return [run_conversation(menu, case, zone=ZONE) for case in _cases()]


def test_its_conversations_pass(ran: list[Ran]) -> None:
    assert [(each.case.it, each.differences) for each in ran if each.differences] == []
    assert len(ran) >= 35


def test_its_conversations_see_every_screen(menu: Menu, ran: list[Ran]) -> None:
    assert list_unseen(menu, ran) == []


def test_its_conversations_walk_the_callback_and_danger_in_every_script(ran: list[Ran]) -> None:
    scripts: dict[str, set[str]] = {"yes": set(), "no": set()}
    for case in _cases():
        for effect in chain.from_iterable(each.effects for each in case.steps):
            if effect.name == "callback" and {"danger", "script"} <= set(effect.fields):
                scripts[effect.fields["danger"]].add(effect.fields["script"])
    assert scripts["no"] >= {"lo", "lo-Latn", "th", "en"}
    assert scripts["yes"] >= {"lo", "lo-Latn", "th", "en"}
    seen = [each.screens for each in ran]
    assert sum("danger_numbers" in screens for screens in seen) >= len(SCRIPTS)
    assert sum("code" in screens for screens in seen) >= len(SCRIPTS)


@pytest.mark.parametrize("script", SCRIPTS)
def test_at_most_seven_answers_lead_from_the_first_dial_to_the_save(menu: Menu, script: str) -> None:
    session = begin_session(menu, Known(region="LA", offers=ALL_WINDOWS))
    assert len(WAYS[script]) <= 7
    for key in WAYS[script][:-1]:
        led = step_session(menu, session, key)
        assert led.effects == ()
        session = led.session
    (effect,) = step_session(menu, session, WAYS[script][-1]).effects
    assert isinstance(effect, RequestCallback)
    assert (effect.script, effect.language) == (script, script.split("-", maxsplit=1)[0])
    assert dict(effect.answers) == {
        "danger": "no",
        "phone_seen": "sometimes",
        "when": "evening",
        "consent": "yes",
    }


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize(("region", "first"), [("LA", "1191"), ("TH", "191"), ("", "191")])
def test_the_numbers_of_her_country_come_first(menu: Menu, script: str, region: str, first: str) -> None:
    session = begin_session(menu, Known(region=region, offers=ALL_WINDOWS))
    for key in TO_SOS[script]:
        session = step_session(menu, session, key).session
    assert session.screen == menu.sos
    screen = menu.screens[menu.sos]
    text = screen.variants[0].text if region == "LA" else screen.text
    numbers = re.findall(r"\d{3,}", fill_template(text[script], reserve_values(menu, script)))
    assert numbers[0] == first
    assert {"191", "1669", "1300", "1191", "1362"} <= set(numbers)


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_page_fits_with_its_longest_values(menu: Menu, cut: Cut, script: str) -> None:
    values = reserve_values(menu, script, SETTINGS)
    assert cut.faults == []
    for key, pages in cut.pages.items():
        if key.startswith(f"ussd/{script}/"):
            for page in pages:
                size = measure_text(write_page(page, values))
                room = USSD_LIMITS.gsm7 if size.coding == GSM7 else USSD_LIMITS.ucs2
                assert size.units <= room, key


@pytest.mark.parametrize("script", ["lo-Latn", "en"])
def test_texts_in_latin_letters_stay_in_the_basic_alphabet(menu: Menu, cut: Cut, script: str) -> None:
    values = reserve_values(menu, script)
    for key, pages in cut.pages.items():
        if key.startswith(f"ussd/{script}/") and "/script" not in key:
            for page in pages:
                assert measure_text(write_page(page, values)).coding == GSM7, key


@pytest.mark.parametrize("script", SCRIPTS)
def test_texts_that_go_out_take_three_parts_at_most(menu: Menu, script: str) -> None:
    for name, text in menu.messages.items():
        if name.startswith("sms_"):
            assert (
                len(split_parts(fill_template(text[script], reserve_values(menu, script, SETTINGS)))) <= 3
            ), name


def test_the_first_screen_is_what_any_phone_can_show(menu: Menu) -> None:
    page = menu.screens[menu.start]
    words = [page.text["en"], *(choice.label["en"] for choice in page.choices)]
    assert "Free" not in " ".join(words)
    assert all(measure_text(fill_template(each, {})).coding == GSM7 for each in words)
    assert [choice.key for choice in page.choices] == ["1", "2", "3", "4", "9"]


def test_every_screen_has_its_own_words_in_every_language(menu: Menu) -> None:
    for name, screen in menu.screens.items():
        if name == menu.start:
            continue  # every phone must be able to show it, whatever is spoken
        texts = [screen.text, *(variant.text for variant in screen.variants)]
        texts += [choice.label for choice in screen.choices]
        for text in texts:
            assert not text or set(text) == set(SCRIPTS), name
    # What people here read is never romanised; what she reads stands in all scripts.
    staff = {name for name in menu.messages if name.startswith(("staff_", "opener"))}
    assert [n for n, text in menu.messages.items() if set(text) != set(SCRIPTS) and n not in staff] == []
    assert [name for name in staff if set(menu.messages[name]) != {"lo", "th", "en"}] == []


def test_every_deed_but_a_change_ends_at_the_same_neutral_line(menu: Menu) -> None:
    ending = {Deed.CANCEL_CALLBACK, Deed.ERASE, Deed.REPORT_WRONG}
    targets = {
        choice.to for screen in menu.screens.values() for choice in screen.choices if choice.does in ending
    }
    assert targets == {"thanks"}
    assert menu.screens["thanks"].text["en"] == "Thank you."
    for screen in menu.screens.values():
        if isinstance(screen, End):
            assert "{" not in "".join(screen.text.values())


def test_seven_means_call_me_on_every_screen_that_leads_on(menu: Menu) -> None:
    private = {
        "language",
        "script",
        "script_th",
        "code",
        "status",
        "change_when",
        "changed",
        "erase",
        "report",
        "no_time",  # nobody can be asked to call before the hour that it names
    }
    for name, screen in menu.screens.items():
        if (
            screen.choices
            and name not in private
            and not hasattr(screen, "asks")
            and name != "danger_numbers"
        ):
            assert [choice.to for choice in screen.choices if choice.key == "7"] == [menu.call_me], name


def test_facts_have_a_source_and_are_checked_again_within_six_months(menu: Menu) -> None:
    for fact in menu.facts.values():
        for value in fact.values:
            assert value.source
            assert value.checked_on == CHECKED_ON
            assert value.valid_from <= value.checked_on
            assert value.checked_on < value.expires_on <= date(2027, 5, 24)


def test_every_fact_is_named_by_a_text(menu: Menu) -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.yaml"))
    rested = {name for screen in menu.screens.values() for name in screen.rests_on}
    assert [name for name in menu.facts if f"{{{name}}}" not in text and name not in rested] == []


def test_numbers_that_nobody_confirmed_are_not_in_it() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.yaml"))
    unsure = ("1195", "1190", "1422", "1-800-010-182", "034-434-726", "086-163-1390", "084-121-1609", "1155")
    assert [number for number in unsure if number in text] == []


def test_what_she_may_write_leads_to_every_area_and_reaction(menu: Menu) -> None:
    targets = {keyword.to for keyword in menu.keywords if keyword.to}
    assert targets >= {"pay", "hours", "papers", "hurt", "going", "money", "numbers", "sos"}
    assert {keyword.reaction for keyword in menu.keywords} == set(Reaction)
    areas = [
        keyword
        for keyword in menu.keywords
        if not keyword.to.startswith("wage_in_") and keyword.to != "forced"
    ]
    assert [keyword for keyword in areas if set(keyword.words) != set(SCRIPTS)] == []


def test_the_saved_text_is_the_code_and_nothing_else(menu: Menu) -> None:
    assert set(menu.messages["sms_saved"].values()) == {"{code}"}
