"""Who may do what of the rest of the desk: a table written by hand, each deed tried by each role."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from gateway.access import Actor, Refused, Role
from gateway.desk import (
    adding,
    aftercare,
    alerts,
    drafts,
    opening,
    people,
    reading,
    record,
    referral,
    search,
    second,
    shifts,
    sign_in,
    tally,
    transfer,
)
from gateway.desk.declined import Declined
from gateway.desk.refusals import Held, NoSuchCallback, NotSafe
from gateway.figures import desk as figures
from gateway.safe_contact import PhoneSeen, When
from tests.desk.rig import HER, Desk

Deed = Callable[[Desk, Actor, str], Any]
DAY = date(2026, 11, 25)
ASKED = adding.Asked(
    how=adding.How.VISITOR,
    number="+8562055500077",
    consented=True,
    phone_seen=PhoneSeen.NO,
    when=When("evening"),
    language="lo",
)

C, S, A, R = Role.COUNSELLOR, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.READER

# What each role may do with a callback that the role's own person reached, and with the house.
OWN: dict[str, tuple[Deed, set[Role]]] = {
    "opening": (lambda desk, who, _: opening.opening(desk.parts, who), {C, S}),
    "looked": (lambda desk, who, _: opening.looked(desk.parts, who), {C, S}),
    "hand over": (lambda desk, who, _: opening.hand_over(desk.parts, who), {C, S}),
    "look at": (lambda desk, who, one: opening.looks_at(desk.parts, who, one), {C, S}),
    "search number": (lambda desk, who, _: search.by_number(desk.parts, who, HER), {C, S}),
    "search code": (lambda desk, who, _: search.by_code(desk.parts, who, "1234"), {C, S}),
    "ringing": (lambda desk, who, _: search.ringing(desk.parts, who, HER), {C, S}),
    "earlier": (lambda desk, who, one: search.earlier(desk.parts, who, one), {C, S}),
    "unread": (lambda desk, who, _: reading.unread(desk.parts, who), {C, S}),
    "mark read": (lambda desk, who, _: reading.mark_read(desk.parts, who, "none"), {C, S}),
    "one text": (lambda desk, who, _: reading.one(desk.parts, who, "none"), {C, S}),
    "count dangers": (lambda desk, who, _: reading.count_dangers(desk.parts, who), {C, S}),
    "answer a text": (lambda desk, who, _: reading.answer(desk.parts, who, "none", "sms_read"), {C, S}),
    "attach a text": (lambda desk, who, _: reading.attach(desk.parts, who, "none"), {C, S}),
    "draft": (lambda desk, who, one: drafts.keep(desk.parts, who, one, "words"), {C, S}),
    "see draft": (lambda desk, who, one: drafts.of(desk.parts, who, one), {C, S}),
    "colleagues": (lambda desk, who, one: transfer.colleagues(desk.parts, who, one), {C, S}),
    "passed to me": (lambda desk, who, _: transfer.passed_to(desk.parts, who), {C, S}),
    "add": (lambda desk, who, _: adding.add(desk.parts, who, ASKED, form="f"), {C, S}),
    "tick": (lambda desk, who, one: tally.save(desk.parts, who, one, {"person": "woman"}), {C, S}),
    "see ticks": (lambda desk, who, one: tally.form(desk.parts, who, one), {C, S}),
    "minor": (lambda desk, who, one: aftercare.mark_minor(desk.parts, who, one, on=True), {C, S}),
    "follow up": (
        lambda desk, who, one: aftercare.follow_up(desk.parts, who, one, on=DAY, when=When("noon")),
        {C, S},
    ),
    "read the book": (lambda desk, who, _: referral.book(desk.parts, who), {C, S, A}),
    "see shifts": (lambda desk, who, _: shifts.plan(desk.parts, who), {C, S, A}),
    "set a week": (lambda desk, who, _: shifts.set_week(desk.parts, who, noy(desk), {}), {S, A}),
    "holiday": (lambda desk, who, _: shifts.set_holiday(desk.parts, who, DAY, ""), {S, A}),
    "no holiday": (lambda desk, who, _: shifts.drop_holiday(desk.parts, who, DAY), {S, A}),
    "another away": (lambda desk, who, _: shifts.set_away(desk.parts, who, noy(desk), DAY, DAY), {S, A}),
    "another back": (lambda desk, who, _: shifts.come_back(desk.parts, who, noy(desk), DAY), {S, A}),
    "oneself away": (
        lambda desk, who, _: shifts.set_away(desk.parts, who, who.person_id, DAY, DAY),
        {C, S, A, R},
    ),
    "capacity": (lambda desk, who, _: people.set_capacity(desk.parts, who, noy(desk), 3), {S, A}),
    "by text": (lambda desk, who, _: people.set_by_text(desk.parts, who, noy(desk), on=True), {S, A}),
    "help list": (lambda desk, who, _: alerts.set_list(desk.parts, who, []), {S, A}),
    "see help list": (lambda desk, who, _: alerts.listed(desk.parts, who), {S, A}),
    "test": (lambda desk, who, _: alerts.send_test(desk.parts, who, noy(desk)), {S, A}),
    "watch": (lambda desk, who, _: figures.look(desk.parts, who), {S, A, R}),
    "reset another": (lambda desk, who, _: second.reset(desk.parts, who, noy(desk)), {A}),
    "sign-ins of another": (lambda desk, who, _: sign_in.listed(desk.parts, who, noy(desk)), {A}),
    "end another's": (lambda desk, who, _: sign_in.revoke(desk.parts, who, noy(desk), "00"), {A}),
    "own sign-ins": (lambda desk, who, _: sign_in.listed(desk.parts, who, who.person_id), {C, S, A, R}),
    "own factor": (lambda desk, who, _: second.set_up(desk.parts, proved(desk, who)), {C, S, A, R}),
    "own factor unproved": (lambda desk, who, _: second.set_up(desk.parts, who), set()),
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
    return people.named(desk.parts, "Noy").id


def reached(desk: Desk, actor: Actor) -> str:
    callback = desk.requested(when="now")
    desk.calling(actor, callback)
    record.record(desk.parts, actor, callback_id=callback, outcome="reached")
    return callback


def may(desk: Desk, actor: Actor, deed: Deed, callback: str) -> bool:
    try:
        deed(desk, actor, callback)
    except (Refused, Held, NotSafe, Declined, second.NotFresh):
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
