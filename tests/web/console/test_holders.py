"""Whose callback it is: each thing that can be done with one, tried by its holder, a colleague, a supervisor, an outsider.

The table is written by hand. What the roles may do at all stands in ``test_roles``.
"""

import re

import pytest
from sqlalchemy import update

from gateway.domain.callbacks.states import CallbackState
from gateway.domain.permissions import Role
from gateway.helpdesk.queue import outcome
from gateway.helpdesk.staff import people
from gateway.storage import tables
from tests.support.desk_rig import HER

YES, NO, GONE = "done", "refused", "not there"
WHO = ("holder", "colleague", "supervisor", "outsider")
# (method, what is asked for, its fields) → where the callback stands, then who gets what, in the order of WHO.
TABLE = {
    ("GET", "", ""): (CallbackState.CLAIMED, YES, YES, YES, GONE),
    ("GET", "look", ""): (CallbackState.CLAIMED, YES, YES, YES, GONE),
    ("GET", "late", ""): (
        CallbackState.CLAIMED,
        GONE,
        GONE,
        GONE,
        GONE,
    ),  # only of an unclear call, to who made it
    ("POST", "claim", ""): (CallbackState.CLAIMED, YES, NO, NO, GONE),
    ("POST", "claim", "take_over=yes"): (CallbackState.CLAIMED, NO, NO, YES, GONE),
    ("POST", "release", ""): (CallbackState.CLAIMED, YES, NO, YES, GONE),
    ("POST", "here", ""): (
        CallbackState.CLAIMED,
        YES,
        YES,
        YES,
        YES,
    ),  # moves the lease of one's own claim, of no other
    ("POST", "call", ""): (CallbackState.CLAIMED, YES, NO, NO, GONE),
    ("POST", "call", "reason=she asked for me"): (CallbackState.CLAIMED, YES, NO, YES, GONE),
    ("POST", "bridge", ""): (CallbackState.CLAIMED, NO, NO, NO, GONE),  # no line of this house makes calls
    ("POST", "outcome", "outcome=reached"): (CallbackState.CALLING, YES, NO, NO, GONE),
    ("POST", "note", "text=words"): (CallbackState.CLAIMED, YES, NO, YES, GONE),
    ("POST", "draft", "text=words"): (CallbackState.CLAIMED, YES, NO, YES, GONE),
    ("POST", "pass-on", "to=Dao"): (CallbackState.CLAIMED, YES, NO, YES, GONE),
    ("POST", "figures", "person=woman"): (CallbackState.CLAIMED, YES, NO, YES, GONE),
    ("POST", "minor", "on=yes"): (CallbackState.CLAIMED, YES, NO, YES, GONE),
    ("POST", "follow-up", "on=2026-11-26&when=evening"): (CallbackState.REACHED, YES, NO, NO, GONE),
    ("POST", "close", "reason=no_need"): (CallbackState.CLAIMED, YES, NO, YES, GONE),
    ("POST", "sheet", "reason=helped"): (CallbackState.REACHED, YES, NO, YES, GONE),
    ("POST", "talking", ""): (CallbackState.CLAIMED, YES, NO, NO, GONE),
    ("POST", "rang", ""): (CallbackState.CLAIMED, YES, YES, YES, GONE),
    ("POST", "undo", "undo=nothing"): (CallbackState.CLAIMED, NO, NO, NO, GONE),
    ("POST", "reopen", ""): (CallbackState.CLAIMED, NO, NO, NO, GONE),
    ("POST", "decide", "decision=closed&reason=other"): (CallbackState.REVIEW, NO, NO, YES, GONE),
}
ELSEWHERE = {"send-number"}
"""Needs an entry of the referral book: its rights are tried with it, in ``test_aftercare``."""


@pytest.fixture
def everybody(signed, parts):
    """The four who try, and Dao to whom something could be passed."""
    found = {
        "holder": signed("Noy"),
        "colleague": signed("Mali"),
        "supervisor": signed("Boss", Role.SUPERVISOR),
        "outsider": signed("Far", Role.SUPERVISOR),
    }
    signed("Dao", on_duty=True)
    with parts.store.write() as tx:
        tx.execute(update(tables.people).where(tables.people.c.name == "Far").values(team="elsewhere"))
    return found


@pytest.fixture
def standing(line, parts, everybody):
    """A callback that Noy brought there."""

    def at(state, number=HER):
        noy, wanted = people.find_actor(parts, "Noy"), line.requested(number, when="now")
        everybody["holder"].post(f"/callbacks/{wanted}/claim")
        if state is not CallbackState.CLAIMED:
            everybody["holder"].post(f"/callbacks/{wanted}/call")
        if state is CallbackState.REACHED:
            outcome.record_outcome(parts, noy, callback_id=wanted, outcome="reached")
        if state is CallbackState.REVIEW:
            outcome.record_outcome(parts, noy, callback_id=wanted, outcome="wrong_number")
        assert line.callback(wanted).state is state
        return wanted

    return at


def got(status: int) -> str:
    assert status < 500
    return {403: NO, 404: GONE, 409: NO}.get(status, YES if status < 400 else f"a fault: {status}")


def list_record(line) -> list[tuple[object, ...]]:
    """The record, without that a page was refused, which is what did happen."""
    return line.rows("SELECT act, detail, kind, subject FROM audit WHERE act <> 'page refused' ORDER BY id")


@pytest.mark.fault("Q13")
@pytest.mark.parametrize("asked", TABLE, ids=" ".join)
def test_each_gets_what_the_table_says_and_nothing_refused_is_on_record(
    parts, everybody, standing, asked, line
):
    method, deed, written = asked
    state, *wanted = TABLE[asked]
    fields = dict(one.split("=") for one in written.split("&") if one)
    if "to" in fields:
        fields["to"] = people.find_person(parts, fields["to"]).id
    found = []
    for nth, who in enumerate(WHO):
        where = f"/callbacks/{standing(state, f'+8562055511{nth:03}')}/{deed}".rstrip("/")
        browser, before = everybody[who], list_record(line)
        answer = browser.get(where) if method == "GET" else browser.post(where, **fields)
        found.append(got(answer.status_code))
        assert found[-1] == YES or list_record(line) == before, who
    assert found == wanted


def test_the_table_names_every_address_of_a_callback(app):
    found = {
        (method, match.group(1) or "")
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if (match := re.fullmatch(r"/callbacks/<callback_id>(?:/([\w-]+))?", rule.rule))
    }
    assert found == {(method, deed) for method, deed, _ in TABLE} | {("POST", one) for one in ELSEWHERE}


def test_a_colleague_sees_the_row_and_nothing_else(everybody, standing):
    wanted = standing(CallbackState.CLAIMED)
    everybody["holder"].post(f"/callbacks/{wanted}/note", text="only ours")
    pages = {who: everybody[who].get(f"/callbacks/{wanted}").get_data(as_text=True) for who in WHO}
    assert [("only ours" in pages[who], "so you see only its row" in pages[who]) for who in WHO] == [
        (True, False),
        (False, True),
        (True, False),
        (False, False),
    ]
