"""Where a post belongs, for every text a provider can send: no input is lost, none is taken twice."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.conversations.ussd_session import (
    REPEATED_WITHIN,
    Post,
    PostKind,
    SavedSession,
    has_new_inputs,
    place_post,
    read_saved,
    split_inputs,
)
from gateway.domain.events import Piece, PieceKind, Reply
from gateway.menus.engine.session import Session, dump_session
from gateway.storage.sessions import Stored
from tests.support.menu_strategies import SESSIONS

MARK, OTHER = "abcdefgh", "otherone"
KEYS = st.lists(st.text(st.characters(exclude_characters="*"), max_size=6), min_size=1, max_size=8)
ANY = st.text(alphabet=st.sampled_from("0123456789*# aກ"), max_size=12)


def held(text: str = "", *, ends: bool = False) -> SavedSession:
    session = Session(screen="main", trail=(("language", 1),), answers={"danger": "no"}, offers=("now",))
    page = (Piece(PieceKind.HEADING, "ຄ່າແຮງ"), Piece(PieceKind.OPTION, "1 ຕໍ່ມື້", "1"))
    reply = Reply(pieces=page, ends=ends, screen="main", page=2, pages=3, language="lo")
    return SavedSession(version="v", inputs=text, turn=text, session=session, reply=reply)


def how(post: Post, known: SavedSession | None, mark: str = MARK, *, accumulates: bool = True) -> PostKind:
    stored = Stored(mark, 1, known.dump()) if known else None
    return place_post(post, stored, known, accumulates=accumulates)


@given(KEYS, st.integers(0, 8))
def test_the_new_inputs_are_those_after_what_is_known(keys: list[str], known: int) -> None:
    known = min(known, len(keys) - 1)
    before, text = "*".join(keys[:known]), "*".join(keys)
    if known and not before:
        return  # an empty first input looks like none
    found = split_inputs(text, before)
    assert [item for item, _ in found] == keys[known:]
    assert found[-1][1] == text
    assert all(so_far.endswith(item) for item, so_far in found)


@given(KEYS)
def test_one_by_one_and_all_at_once_are_the_same_inputs(keys: list[str]) -> None:
    text = "*".join(keys)
    if not keys[0]:
        return
    steps: list[tuple[str, str]] = []
    known = ""
    for n in range(1, len(keys) + 1):
        so_far = "*".join(keys[:n])
        steps += split_inputs(so_far, known)
        known = so_far
    assert steps == split_inputs(text, "")


@given(ANY, ANY)
def test_a_text_extends_another_exactly_when_it_holds_it_whole_and_more(text: str, known: str) -> None:
    parts, before = text.split("*") if text else [], known.split("*") if known else []
    assert has_new_inputs(text, known) == (len(parts) > len(before) and parts[: len(before)] == before)


@given(ANY, ANY)
def test_extending_has_one_direction(one: str, other: str) -> None:
    assert not (has_new_inputs(one, other) and has_new_inputs(other, one))
    assert not has_new_inputs(one, one) or not one


@given(ANY, ANY, st.booleans(), st.booleans(), st.sampled_from([None, MARK, OTHER]))
def test_every_post_has_one_place(text: str, known: str, first: bool, ends: bool, mark: str | None) -> None:
    post = Post(MARK, text, "", first)
    found = how(post, held(known, ends=ends), mark) if mark else how(post, None)
    hers = mark == MARK and not (first and ends and text != known)  # else she dials again under the same id
    expected = (
        (PostKind.FIRST if first else PostKind.LOST)
        if not hers
        else PostKind.REPEAT
        if not has_new_inputs(text, known)
        else PostKind.LOST
        if ends
        else PostKind.NEXT
    )
    assert found is expected


@given(ANY, ANY)
def test_a_late_repeat_never_moves_anybody(text: str, known: str) -> None:
    """A post moves her only where it holds all that she typed before."""
    if how(Post(MARK, text, "", False), held(known)) is PostKind.NEXT:
        assert text.startswith(known)
        assert split_inputs(text, known)


@pytest.mark.parametrize(
    ("turn", "known", "ends", "expected"),
    [
        ("1", "", False, PostKind.NEXT),
        ("2", "1", False, PostKind.NEXT),
        ("2", "2", False, PostKind.REPEAT),
        ("2", "2", True, PostKind.REPEAT),
        ("3", "2", True, PostKind.LOST),
        ("", "2", False, PostKind.NEXT),  # a provider that numbers nothing: every post is new
        ("", "", False, PostKind.NEXT),
        ("", "1", True, PostKind.REPEAT),  # until the session has ended: then no input can follow
        ("", "2*1", True, PostKind.REPEAT),
        ("", "21", True, PostKind.LOST),
        ("", "2", True, PostKind.LOST),
    ],
)
def test_a_provider_that_sends_single_inputs_is_told_apart_by_its_turns(
    turn: str, known: str, ends: bool, expected: PostKind
) -> None:
    assert how(Post(MARK, "1", turn, False), held(known, ends=ends), accumulates=False) is expected


QUICK, LATER = 1_000 + REPEATED_WITHIN, 1_001 + REPEATED_WITHIN


@pytest.mark.parametrize("accumulates", [True, False])
@pytest.mark.parametrize("ends", [True, False])
@pytest.mark.parametrize("known", ["", "1", "1*2"])
def test_a_dial_under_an_id_that_came_again_is_a_new_session(
    accumulates: bool, ends: bool, known: str
) -> None:
    """Operators count sessions in a byte: what the one before had read on its phone is not shown to the next."""
    saved = replace(held(known, ends=ends), turn="", at=1_000)
    stored = Stored(MARK, 1, saved.dump())
    dial = Post(MARK, "", "", True)

    def place(now: int) -> PostKind:
        return place_post(dial, stored, saved, accumulates=accumulates, now=now)

    assert place(LATER) is PostKind.FIRST
    assert place(QUICK) is (PostKind.REPEAT if not known or (accumulates and not ends) else PostKind.FIRST)


@pytest.mark.parametrize(
    ("turn", "now", "expected"),
    [("1", QUICK, PostKind.REPEAT), ("1", LATER, PostKind.FIRST), ("2", QUICK, PostKind.FIRST)],
)
def test_a_dial_with_a_turn_of_its_own_is_a_repeat_by_that_turn_and_for_a_short_time(
    turn: str, now: int, expected: PostKind
) -> None:
    saved = replace(held(), turn="1", at=1_000)
    found = place_post(Post(MARK, "", turn, True), Stored(MARK, 0, ""), saved, accumulates=False, now=now)
    assert found is expected


@pytest.mark.parametrize("ends", [True, False])
def test_what_is_held_comes_back(ends: bool) -> None:
    put = held("1*2", ends=ends)
    assert read_saved(Stored(MARK, 2, put.dump())) == put
    assert read_saved(None) is None


def with_session(**changes: Any) -> str:
    value = json.loads(held().dump())
    session = json.loads(value["session"])
    return json.dumps({**value, "session": json.dumps({**session, **changes})})


BROKEN = {
    "nothing": "",
    "no JSON": "{",
    "a list": "[]",
    "a word": '"main"',
    "a number": "7",
    "no field": "{}",
    "a field less": json.dumps({k: v for k, v in json.loads(held().dump()).items() if k != "reply"}),
    "a field of another release": json.dumps({**json.loads(held().dump()), "mood": "good"}),
    "a page that is no page": json.dumps({**json.loads(held().dump()), "reply": "1 Pay"}),
    "a piece of a kind to come": json.dumps(
        {**json.loads(held().dump()), "reply": {"pieces": [["sound", "x", ""]], "ends": False}}
    ),
    "no session": json.dumps({**json.loads(held().dump()), "session": None}),
    "another format": with_session(format=99),
    "no format": with_session(format=None),
    "a trail of words": with_session(trail=["main"]),
    "a field of a later session": with_session(mood="good"),
}


@pytest.mark.parametrize("state", BROKEN.values(), ids=BROKEN)
def test_what_another_release_wrote_is_as_if_absent(state: str) -> None:
    stored = Stored(MARK, 3, state)
    assert read_saved(stored) is None
    assert place_post(Post(MARK, "1*2", "", False), stored, None, accumulates=True) is PostKind.LOST
    assert place_post(Post(MARK, "", "", True), stored, None, accumulates=True) is PostKind.FIRST


@given(st.text(max_size=40))
def test_garbage_is_nothing_held(state: str) -> None:
    assert read_saved(Stored(MARK, 0, state)) is None


WORDS = st.text(max_size=8)


@given(SESSIONS, WORDS, WORDS)
def test_any_session_with_any_page_comes_back(session: Session, text: str, reply: str) -> None:
    page = Reply(pieces=(Piece(PieceKind.TEXT, reply), Piece(PieceKind.NAVIGATION, f"0 {reply}", "0")))
    put = replace(held(text), session=session, reply=page)
    assert read_saved(Stored(MARK, 0, put.dump())) == put


@given(SESSIONS, WORDS, WORDS, st.booleans())
def test_what_an_earlier_release_wrote_is_read(session: Session, text: str, reply: str, ends: bool) -> None:
    """It kept the page as text, and inputs or the turn's id in one field: both kinds of channel find theirs."""
    value = {"version": "v", "text": text, "reply": reply, "screen": "main", "ends": ends}
    state = json.dumps({**value, "session": dump_session(session)})

    found = read_saved(Stored(MARK, 0, state))

    assert found is not None
    assert (found.session, found.version) == (session, "v")
    assert (found.inputs, found.turn) == (text, text)
    assert (found.reply.text, found.reply.screen, found.reply.ends) == (reply, "main", ends)
