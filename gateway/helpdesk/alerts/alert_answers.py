"""Lets staff answer an alert from their phone: by digits in an SMS, or by its one-tap link.

Staff without a computer work by SMS alone: 1 claims the callback of an alert, 2 declines it, and the digits behind
name the alert: two, or more on a phone that got more alerts in a day than two can tell apart.

A link claims one callback without a password. Opening it (GET) changes nothing, because message scanners and previews
fetch links; it works once, on one phone. Only keyed hashes of the tokens are stored (OWASP Forgot Password Cheat
Sheet on URL tokens).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from gateway.domain.callbacks.queue_rules import DANGER
from gateway.domain.callbacks.states import CallbackState, IllegalMove
from gateway.domain.permissions import AuditAct, Permission
from gateway.foundation.time_and_chance import make_random_bytes, new_token
from gateway.helpdesk.errors import ClaimedByOther, Full, NoSuchCallback, Rejected, Why
from gateway.helpdesk.queue import claim
from gateway.helpdesk.queue.claim import claim_within
from gateway.helpdesk.requests.planning import fill_message
from gateway.helpdesk.staff.people import make_actor
from gateway.menus.engine import navigation
from gateway.storage import audit, callbacks, people, staff_devices

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.storage.database import Tx
    from gateway.storage.people import Person
    from gateway.storage.staff_devices import Link


TAKE, CANNOT = "1", "2"
REMEMBERED = timedelta(days=1)
"""For this long after an alert a late digit is answered with "too late"; after that it is like any other text."""

MARKS = range(10, 100)
LONGER_MARKS = (range(100, 1_000), range(1_000, 10_000))
"""Tried in this order when every shorter reference is in use on the phone."""

_ANSWER = re.compile(rf"([{TAKE}{CANNOT}])\W*(\d{{2,4}})?\W*")


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertReply:
    """Answer to a digit: ``what`` is a code for metrics, ``text`` the reply for the person."""

    person: Person
    what: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Alert:
    """An alert sent to the phone that now replies."""

    person: Person
    link: Link


def new_mark(parts: Services, tx: Tx, number: str) -> int:
    """Return a reference that no alert of the last 24 hours to this phone (E.164) uses: of two digits, or else more.

    Other phones may have the same one, since an answer names an alert of the phone that it comes from.
    """
    people_there, since = people.find_ids_by_number(tx, number), parts.clock.now() - REMEMBERED
    taken = {link.mark for link in staff_devices.list_marked(tx, people_there, since=since)}
    start = int.from_bytes(make_random_bytes(2))
    for marks in (MARKS, *LONGER_MARKS):
        candidates = (marks[(start + n) % len(marks)] for n in range(len(marks)))
        free = next((mark for mark in candidates if mark not in taken), None)
        if free is not None:
            return free
    return LONGER_MARKS[-1][start % len(LONGER_MARKS[-1])]


def describe_digits(parts: Services, person: Person, mark: int) -> str:
    """Return the sentence of an alert that explains the digits."""
    return _find_words(parts, "digits", person, mark=str(mark))


def take_reply(parts: Services, tx: Tx, number: str, text: str, *, now: datetime) -> AlertReply | None:
    """Apply a digit from a helpline phone to its alert; None if the text is not such an answer.

    The digit is accepted only from the phone that got the alert, once, and while the alert's link is valid. A
    number that got no alert within REMEMBERED is treated as a caller, whatever it writes.
    """
    answer = _ANSWER.fullmatch(navigation.clean_key(text))
    recent = _find_recipient(tx, number, now) if answer else []
    if answer is None or not recent:
        return None
    digit, mark = answer[1], int(answer[2] or 0)
    named = [one for one in recent if one.link.mark == mark] if mark else recent
    if mark > MARKS[-1] and not named:
        return None  # digits of which most are no answer, such as a code
    live = [one for one in named if _is_live(one.link, now)]
    if not live:
        return _make_reply(parts, _too_late(named), (named or recent)[0])
    free = _list_free(tx, live)
    if not free:
        return _make_reply(parts, "gone", live[0])
    if len(free) > 1:
        return _ask_which(parts, digit, free)
    if not staff_devices.answer_links(
        tx, person_id=free[0].person.id, callback_id=free[0].link.callback_id, now=now
    ):
        return _make_reply(parts, "answered", free[0])
    return _take_alert(parts, tx, free[0], now) if digit == TAKE else _record_cannot(parts, tx, free[0], now)


def _find_recipient(tx: Tx, number: str, now: datetime) -> list[_Alert]:
    """Return the alerts of the last 24 hours to this phone, newest first."""
    recent = staff_devices.list_marked(tx, people.find_ids_by_number(tx, number), since=now - REMEMBERED)
    known = {one: people.by_id(tx, one) for one in {link.person_id for link in recent}}
    senders = {id_: one for id_, one in known.items() if one is not None and _answers_from(one, number)}
    return [_Alert(person=senders[link.person_id], link=link) for link in recent if link.person_id in senders]


def _answers_from(person: Person, number: str) -> bool:
    return person.number == number and not person.disabled and make_actor(person).may(Permission.WORK_QUEUE)


def _is_live(link: Link, now: datetime) -> bool:
    return link.answered_at is None and now < link.expires_at


def _list_free(tx: Tx, live: Sequence[_Alert]) -> list[_Alert]:
    """Return one alert per person and callback that can still be claimed; repeated alerts count once."""
    found = {(one.person.id, one.link.callback_id): one for one in reversed(live)}
    return [one for one in found.values() if _may_be_had(tx, one)]


def _may_be_had(tx: Tx, one: _Alert) -> bool:
    callback = callbacks.by_id(tx, one.link.callback_id)
    if callback is None:
        return False
    is_holder = callback.state is CallbackState.CLAIMED and callback.holder_id == one.person.id
    return is_holder or callback.state is CallbackState.WAITING


def _too_late(named: Sequence[_Alert]) -> str:
    return "answered" if named and named[0].link.answered_at is not None else "late"


def _ask_which(parts: Services, digit: str, free: Sequence[_Alert]) -> AlertReply:
    """Ask which alert is meant; colleagues who share a phone see the name beside each reference."""
    shared = len({one.person.id for one in free}) > 1
    choices = [
        f"{digit} {one.link.mark}{f' ({one.person.name})' if shared else ''}"
        for one in sorted(free, key=lambda one: one.link.mark)
    ]
    return _make_reply(parts, "which", free[0], choices=" / ".join(choices))


def _take_alert(parts: Services, tx: Tx, one: _Alert, now: datetime) -> AlertReply:
    actor, callback_id = make_actor(one.person), one.link.callback_id
    try:
        claimed = claim_within(tx, actor, callback_id, now)
    except Full:
        return _make_reply(parts, "full", one)
    except (ClaimedByOther, IllegalMove, NoSuchCallback):
        return _make_reply(parts, "gone", one)
    _on_record(tx, actor, AuditAct.BY_REPLY, callback_id, now)
    return _make_reply(parts, "taken", one, code=claimed.code)


def _record_cannot(parts: Services, tx: Tx, one: _Alert, now: datetime) -> AlertReply:
    """Record that the counsellor declined; an overdue danger request is escalated to the next person immediately."""
    callback = callbacks.by_id(tx, one.link.callback_id, lock=True)
    waits = (
        callback is not None and callback.state is CallbackState.WAITING and callback.escalate_at is not None
    )
    if callback is not None and waits and callback.priority == DANGER and (callback.due_at or now) <= now:
        callbacks.change_callback(tx, callback.id, now=now, escalate_at=now)
    _on_record(tx, make_actor(one.person), AuditAct.CANNOT, one.link.callback_id, now)
    return _make_reply(parts, "cannot", one)


def _on_record(tx: Tx, actor: Actor, act: AuditAct, callback_id: str, now: datetime) -> None:
    audit.add_entry(tx, now=now, person_id=actor.person_id, act=act, kind="callback", subject=callback_id)


def _make_reply(parts: Services, what: str, one: _Alert, **values: str) -> AlertReply:
    return AlertReply(person=one.person, what=what, text=_find_words(parts, what, one.person, **values))


def _find_words(parts: Services, key: str, person: Person, **values: str) -> str:
    return fill_message(parts, f"staff_{key}", (person.page_language,), **values)


PATH = "/t/"
"""Path of the link's page below the public address."""

LASTS = timedelta(hours=1)
CALLING = timedelta(hours=3)
"""How long the phone that used a link stays signed in for that callback: for the call and its outcome."""

_SIZE = 18
"""Random bytes of a token: 144 bits, above the 128 that OWASP's Session Management Cheat Sheet asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """What the page of an unused link shows; neither number nor topic.

    Attributes:
        name: the person to whom the link was sent.
        state: state of the callback, so that the page can say whether it still waits.
        theirs: this person holds the claim already, because a colleague transferred it.
        language: language of the caller.
        is_danger: the request has danger priority.
        page_language: language of the person's pages.
    """

    name: str
    state: CallbackState
    theirs: bool
    language: str
    is_danger: bool
    page_language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tapped:
    """A person who is signed in by a link, and the only callback they may act on."""

    actor: Actor
    callback_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken(Tapped):
    """A redeemed link: the callback is claimed; ``phone`` is the secret for this phone's cookie."""

    phone: str


def make_link(parts: Services, tx: Tx, person_id: str, callback_id: str, *, mark: int = 0) -> str:
    """Return the URL of a new link for this person and callback; ``mark`` is the alert's reference, or 0."""
    token, until = new_token(_SIZE), parts.clock.now() + LASTS
    staff_devices.add_link(
        tx, _hash_token(tx, token), person_id=person_id, callback_id=callback_id, expires_at=until, mark=mark
    )
    return f"{parts.public_url.rstrip('/')}{PATH}{token}"


def find_offer(parts: Services, token: str) -> Offered | None:
    """Return what an unused link offers; None if it was used, has expired or its person is disabled."""
    now = parts.clock.now()
    with parts.store.read() as tx:
        link = staff_devices.find_link(tx, _hash_token(tx, token))
        if link is None or link.used_at is not None or link.expires_at <= now:
            return None
        person = people.by_id(tx, link.person_id)
        callback = callbacks.by_id(tx, link.callback_id)
    if person is None or person.disabled or callback is None:
        return None
    return Offered(
        name=person.name,
        state=callback.state,
        theirs=callback.state is CallbackState.CLAIMED and callback.holder_id == person.id,
        language=callback.language,
        is_danger=callback.priority == 0,
        page_language=person.page_language,
    )


def use_link(parts: Services, token: str) -> Taken:
    """Redeem the link and claim its callback for the person to whom it was sent.

    The link is used up even if somebody else has claimed the callback meanwhile.

    Raises:
        Rejected: the link was used or has expired.
        ClaimedByOther, Full, IllegalMove: the callback cannot be claimed.
    """
    phone, now = new_token(), parts.clock.now()

    def work(tx: Tx) -> Tapped:
        earlier = _read_tapped(tx, staff_devices.by_phone(tx, _hash_phone(tx, phone)))
        if earlier is not None:
            return earlier  # the first try was committed although its connection broke
        token_hash = _hash_token(tx, token)
        if not staff_devices.use_link(tx, token_hash, phone=_hash_phone(tx, phone), now=now):
            raise Rejected(Why.LINK)
        tapped = _read_tapped(tx, staff_devices.find_link(tx, token_hash))
        if tapped is None:
            raise Rejected(Why.LINK)
        audit.add_entry(
            tx,
            now=now,
            person_id=tapped.actor.person_id,
            act=AuditAct.BY_LINK,
            kind="callback",
            subject=tapped.callback_id,
        )
        return tapped

    tapped = parts.store.run(work)
    claim.claim_callback(parts, tapped.actor, tapped.callback_id)
    return Taken(actor=tapped.actor, callback_id=tapped.callback_id, phone=phone)


def find_tapped(parts: Services, phone: str) -> Tapped | None:
    """Return the person signed in by this phone's secret; None after CALLING has passed."""
    now = parts.clock.now()
    with parts.store.read() as tx:
        link = staff_devices.by_phone(tx, _hash_phone(tx, phone))
        if link is None or link.used_at is None or link.used_at + CALLING <= now:
            return None
        return _read_tapped(tx, link)


def _read_tapped(tx: Tx, link: Link | None) -> Tapped | None:
    person = people.by_id(tx, link.person_id) if link is not None else None
    if link is None or person is None or person.disabled:
        return None
    actor = make_actor(person)
    return Tapped(actor=actor, callback_id=link.callback_id) if actor.may(Permission.WORK_QUEUE) else None


def _hash_token(tx: Tx, token: str) -> bytes:
    return tx.ring.lookup("sign_in", "link", token)


def _hash_phone(tx: Tx, secret: str) -> bytes:
    return tx.ring.lookup("sign_in", "link phone", secret)
