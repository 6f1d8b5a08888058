"""A menu without its drafts: what leads into them is gone, nothing else moves."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.domain.events import USSD_LIMITS
from gateway.menus.engine.engine import begin_session, render_reply, step_session
from gateway.menus.engine.offered_languages import list_offered, list_reviewed, list_waiting, narrow_menu
from gateway.menus.engine.serialization import load_menu
from gateway.menus.engine.session import Known
from tests.support.house import LINE, sample

pytestmark = pytest.mark.fault("D1")
MENU = load_menu(sample())
NOW = datetime(2026, 11, 24, 7, tzinfo=UTC)
ALL = ("lo", "lo-Latn", "th", "en")


def waiting_in(*languages):
    return replace(MENU, waiting=dict.fromkeys(languages, ("consent",)))


def read(menu, *keys, known=None):
    session = begin_session(menu, known or Known())
    for key in keys:
        session = step_session(menu, session, key, USSD_LIMITS).session
    reply = render_reply(menu, session, LINE.for_engine(), USSD_LIMITS, NOW)
    return reply, [(piece.key, piece.text) for piece in reply.pieces]


def test_a_menu_that_was_reviewed_is_itself():
    assert narrow_menu(MENU) is MENU
    assert list_offered(MENU) == list_reviewed(MENU) == ALL


def test_with_nothing_reviewed_there_is_no_menu():
    assert narrow_menu(waiting_in(*ALL)) is None
    assert set(list_waiting(waiting_in(*ALL))) == set(ALL)


@pytest.mark.parametrize("kept", ALL)
def test_one_reviewed_language_is_all_that_is_left_to_read(kept):
    drafts = [tag for tag in ALL if tag != kept]
    menu = narrow_menu(waiting_in(*drafts))
    assert tuple(menu.languages) == (kept,)
    stand_in = {kept, *MENU.fallback.get(kept, ())}
    texts = [screen.text for screen in menu.screens.values()]
    texts += [choice.label for screen in menu.screens.values() for choice in screen.choices]
    texts += [*menu.messages.values()]
    assert {tag for text in texts for tag in text} <= stand_in
    assert {choice.script for screen in menu.screens.values() for choice in screen.choices} <= {"", kept}


def test_the_language_screen_loses_a_line_and_its_keys_stay():
    reply, pieces = read(narrow_menu(waiting_in("lo", "th")))
    assert [key for key, _ in pieces if key] == ["2", "4", "9"]
    assert "Phasa" not in str(pieces)
    assert read(narrow_menu(waiting_in("lo", "th")), "4")[0].screen == "main"
    assert (
        read(narrow_menu(waiting_in("lo", "th")), "3")[0].screen == reply.screen
    )  # a wrong key like any other


@pytest.mark.parametrize("remembered", ["lo", "th"])
def test_a_language_that_is_remembered_and_not_offered_is_asked_anew(remembered):
    reply, _ = read(narrow_menu(waiting_in("lo", "th")), known=Known(language=remembered, script=remembered))
    assert reply.screen == "language"
