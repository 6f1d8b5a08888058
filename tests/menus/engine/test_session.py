"""A session outlives the process that made it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.menus.engine.session import Session, UnreadableSession, dump_session, load_session
from tests.support.menu_strategies import SESSIONS


@given(SESSIONS)
def test_json_round_trip(session):
    assert load_session(dump_session(session)) == session


def test_says_its_format():
    assert json.loads(dump_session(Session(screen="main")))["format"] == 1


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "5", '"x"', "{}", '{"format": 2, "screen": "main"}', '{"format": 1}',
     '{"format": 1, "screen": "main", "trail": [], "path": [], "offers": [], "unknown": 1}',
     '{"format": 1, "screen": "main", "trail": [1], "path": [], "offers": []}'],
)  # fmt: skip
def test_what_is_no_session_is_refused(text):
    with pytest.raises(UnreadableSession):
        load_session(text)


@given(st.text(max_size=40))
def test_any_text_is_a_session_or_refused(text):
    with pytest.raises(UnreadableSession):
        load_session(text)
