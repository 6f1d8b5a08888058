"""Who may do what of the rest of the desk: a table written by hand, each deed tried by each role."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from gateway.domain.contact_safety import PhoneSeen, When
from gateway.domain.permissions import Actor, NotPermitted, Role
from gateway.helpdesk.alerts import alerts
from gateway.helpdesk.errors import ClaimedByOther, NoSuchCallback, NotSafe, Rejected
from gateway.helpdesk.queue import call_sheet, outcome, search, shift_summary, transfer
from gateway.helpdesk.requests import add, case_record, referrals, unmatched_texts
from gateway.helpdesk.staff import people, shifts, sign_in, two_factor
from gateway.operations.reporting import metrics
from tests.support.desk_rig import HER, Desk

Deed = Callable[[Desk, Actor, str], Any]
DAY = date(2026, 11, 25)
ASKED = add.ManualRequest(
    how=add.RequestOrigin.VISITOR,
    number="+8562055500077",
    consented=True,
    phone_seen=PhoneSeen.NO,
    when=When("evening"),
    language="lo",
)

C, S, A, R = Role.COUNSELLOR, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.READER
T = Role.TRANSLATOR

# What each role may do with a callback that the role's own person reached, and with the house.
OWN: dict[str, tuple[Deed, set[Role]]] = {
    "opening": (lambda desk, who, _: shift_summary.summarise_shift(desk.parts, who), {C, S}),
    "looked": (lambda desk, who, _: shift_summary.note_look(desk.parts, who), {C, S}),
    "hand over": (lambda desk, who, _: shift_summary.hand_over(desk.parts, who), {C, S}),
    "look at": (lambda desk, who, one: shift_summary.note_reader(desk.parts, who, one), {C, S}),
    "search number": (lambda desk, who, _: search.find_by_number(desk.parts, who, HER), {C, S}),
    "search code": (lambda desk, who, _: search.find_by_code(desk.parts, who, "1234"), {C, S}),
    "ringing": (lambda desk, who, _: search.identify_ring(desk.parts, who, HER), {C, S}),
    "earlier": (lambda desk, who, one: search.list_earlier(desk.parts, who, one), {C, S}),
    "unread": (lambda desk, who, _: unmatched_texts.list_unread(desk.parts, who), {C, S}),
    "mark read": (lambda desk, who, _: unmatched_texts.mark_read(desk.parts, who, "none"), {C, S}),
    "one text": (lambda desk, who, _: unmatched_texts.find_text(desk.parts, who, "none"), {C, S}),
    "count dangers": (lambda desk, who, _: unmatched_texts.count_dangers(desk.parts, who), {C, S}),
    "answer a text": (
        lambda desk, who, _: unmatched_texts.answer_text(desk.parts, who, "none", "sms_read"),
        {C, S},
    ),
    "attach a text": (lambda desk, who, _: unmatched_texts.attach_text(desk.parts, who, "none"), {C, S}),
    "draft": (lambda desk, who, one: call_sheet.keep_draft(desk.parts, who, one, "words"), {C, S}),
    "see draft": (lambda desk, who, one: call_sheet.find_draft(desk.parts, who, one), {C, S}),
    "colleagues": (lambda desk, who, one: transfer.list_colleagues(desk.parts, who, one), {C, S}),
    "passed to me": (lambda desk, who, _: transfer.list_passed_to(desk.parts, who), {C, S}),
    "add": (lambda desk, who, _: add.add_request(desk.parts, who, ASKED, form="f"), {C, S}),
    "tick": (lambda desk, who, one: case_record.save_form(desk.parts, who, one, {"person": "woman"}), {C, S}),
    "see ticks": (lambda desk, who, one: case_record.load_form(desk.parts, who, one), {C, S}),
    "minor": (lambda desk, who, one: referrals.mark_minor(desk.parts, who, one, on=True), {C, S}),
    "follow up": (
        lambda desk, who, one: referrals.follow_up(desk.parts, who, one, on=DAY, when=When("noon")),
        {C, S},
    ),
    "read the book": (lambda desk, who, _: referrals.list_entries(desk.parts, who), {C, S, A}),
    "see shifts": (lambda desk, who, _: shifts.show_plan(desk.parts, who), {C, S, A}),
    "set a week": (lambda desk, who, _: shifts.set_week(desk.parts, who, noy(desk), {}), {S, A}),
    "holiday": (lambda desk, who, _: shifts.set_holiday(desk.parts, who, DAY, ""), {S, A}),
    "no holiday": (lambda desk, who, _: shifts.drop_holiday(desk.parts, who, DAY), {S, A}),
    "another away": (lambda desk, who, _: shifts.set_away(desk.parts, who, noy(desk), DAY, DAY), {S, A}),
    "another back": (lambda desk, who, _: shifts.cancel_absence(desk.parts, who, noy(desk), DAY), {S, A}),
    "oneself away": (
        lambda desk, who, _: shifts.set_away(desk.parts, who, who.person_id, DAY, DAY),
        {C, S, A, R, T},
    ),
    "capacity": (lambda desk, who, _: people.set_capacity(desk.parts, who, noy(desk), 3), {S, A}),
    "by text": (lambda desk, who, _: people.set_by_text(desk.parts, who, noy(desk), on=True), {S, A}),
    "help list": (lambda desk, who, _: alerts.set_list(desk.parts, who, []), {S, A}),
    "see help list": (lambda desk, who, _: alerts.list_alerts(desk.parts, who), {S, A}),
    "test": (lambda desk, who, _: alerts.send_test(desk.parts, who, noy(desk)), {S, A}),
    "watch": (lambda desk, who, _: metrics.show_quality(desk.parts, who), {S, A, R}),
    "reset another": (lambda desk, who, _: two_factor.reset_factor(desk.parts, who, noy(desk)), {A}),
    "sign-ins of another": (lambda desk, who, _: sign_in.list_sign_ins(desk.parts, who, noy(desk)), {A}),
    "end another's": (lambda desk, who, _: sign_in.revoke_sign_in(desk.parts, who, noy(desk), "00"), {A}),
    "own sign-ins": (
        lambda desk, who, _: sign_in.list_sign_ins(desk.parts, who, who.person_id),
        {C, S, A, R, T},
    ),
    "own factor": (lambda desk, who, _: two_factor.set_up(desk.parts, proved(desk, who)), {C, S, A, R, T}),
    "own factor unproved": (lambda desk, who, _: two_factor.set_up(desk.parts, who), set()),
}

# The same with a callback that somebody else reached.
OTHERS: dict[str, tuple[Deed, set[Role]]] = {
    "look at": (OWN["look at"][0], {C, S}),
    "draft": (OWN["draft"][0], {S}),
    "tick": (OWN["tick"][0], {S}),
    "see ticks": (OWN["see ticks"][0], {S}),
    "minor": (OWN["minor"][0], {S}),
    "follow up": (OWN["follow up"][0], set()),
    "pass on": (lambda desk, who, one: transfer.hand_over(desk.parts, who, one, who.person_id), set()),
}


def proved(desk: Desk, actor: Actor) -> Actor:
    return replace(actor, proved_at=desk.clock.now())


def noy(desk: Desk) -> str:
    return people.find_person(desk.parts, "Noy").id


def reached(desk: Desk, actor: Actor) -> str:
    callback = desk.requested(when="now")
    desk.calling(actor, callback)
    outcome.record_outcome(desk.parts, actor, callback_id=callback, outcome="reached")
    return callback


def may(desk: Desk, actor: Actor, deed: Deed, callback: str) -> bool:
    try:
        deed(desk, actor, callback)
    except (NotPermitted, ClaimedByOther, NotSafe, Rejected, two_factor.NotFresh):
        return False
    except Exception as answer:
        if type(answer).__name__ == "IllegalMove":
            return False
        raise
    return True


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("deed", sorted(OWN))
def test_with_what_is_ones_own(light: Desk, role: Role, deed: str) -> None:
    light.person("Noy")
    actor = light.person("Somebody", role, number="+85620555900002")
    works = role in (C, S)
    callback = reached(light, actor) if works else light.requested(when="now")
    done, who = OWN[deed]
    assert may(light, actor, done, callback) == (role in who)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("deed", sorted(OTHERS))
def test_with_what_is_somebody_elses(light: Desk, role: Role, deed: str) -> None:
    callback = reached(light, light.person("Noy"))
    actor = light.person("Somebody", role, number="+85620555900002")
    done, who = OTHERS[deed]
    assert may(light, actor, done, callback) == (role in who)


@pytest.mark.parametrize("role", [C, S])
@pytest.mark.parametrize("deed", ["look at", "draft", "tick", "see ticks", "minor", "follow up", "pass on"])
def test_with_what_does_not_exist(light: Desk, role: Role, deed: str) -> None:
    light.person("Noy")
    actor = light.person("Somebody", role)
    done, _ = OTHERS[deed]
    with pytest.raises(NoSuchCallback):
        done(light, actor, "none")


def test_the_table_holds_every_deed_once() -> None:
    assert len(OWN) == 43
    assert set(OTHERS) <= set(OWN) | {"pass on"}
