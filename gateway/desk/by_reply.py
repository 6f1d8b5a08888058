"""Digits in a text: a counsellor without a computer takes what an alert told of, or says that she cannot."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from gateway.access import Permission
from gateway.callbacks.model import IllegalMove, State
from gateway.callbacks.order import DANGER
from gateway.desk.claim import claim_within
from gateway.desk.people import actor_of
from gateway.desk.refusals import Full, Held, NoSuchCallback
from gateway.desk.wordings import word_message
from gateway.engine import keys
from gateway.ids import random_bytes
from gateway.store import audit, callbacks, links, people

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gateway.access import Actor
    from gateway.parts import Parts
    from gateway.store.engines import Tx
    from gateway.store.links import Link
    from gateway.store.people import Person

TAKE, CANNOT = "1", "2"
REMEMBERED = timedelta(days=1)
"""So long after its alert a digit is still told that it came too late; then it is any text."""

MARKS = range(10, 100)
_ANSWER = re.compile(rf"([{TAKE}{CANNOT}])\W*(\d\d)?\W*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What came of a digit: ``what`` is a word of ours, ``text`` what the person is told."""

    person: Person
    what: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Alert:
    """One alert that this phone was sent."""

    person: Person
    link: Link


def new_mark(parts: Parts, tx: Tx) -> int:
    """Return two digits that no alert of the last day bears; of more than ninety some bear the same."""
    taken = {link.mark for link in links.marked(tx, since=parts.clock.now() - REMEMBERED)}
    start = random_bytes(1)[0]
    around = [MARKS[(start + n) % len(MARKS)] for n in range(len(MARKS))]
    return next((mark for mark in around if mark not in taken), around[0])


def asked(parts: Parts, person: Person, mark: int) -> str:
    """Return what an alert says of the digits."""
    return _words(parts, "digits", person, mark=str(mark))


def take(parts: Parts, tx: Tx, number: str, text: str, *, now: datetime) -> Said | None:
    """Do what a digit from a helpline phone says about an alert to it; None where this text is no such answer.

    It is bound to the phone that the alert went to, and good once, while the alert is. Whoever was sent none lately
    is a caller like any other, whatever they write.
    """
    said = _ANSWER.fullmatch(keys.clean(text))
    recent = _sent_to(tx, number, now) if said else []
    if said is None or not recent:
        return None
    digit, mark = said[1], int(said[2] or 0)
    meant = [one for one in recent if one.link.mark == mark] if mark else recent
    live = [one for one in meant if _is_live(one.link, now)]
    if not live:
        return _told(parts, _too_late(meant), (meant or recent)[0])
    free = _free(tx, live)
    if not free:
        return _told(parts, "gone", live[0])
    if len(free) > 1:
        return _which(parts, digit, free)
    if not links.answer(tx, person_id=free[0].person.id, callback_id=free[0].link.callback_id, now=now):
        return _told(parts, "answered", free[0])
    return _taken(parts, tx, free[0], now) if digit == TAKE else _cannot(parts, tx, free[0], now)


def _sent_to(tx: Tx, number: str, now: datetime) -> list[_Alert]:
    """Return the alerts of the last day to this phone, the newest first."""
    recent = links.marked(tx, since=now - REMEMBERED)
    known = {one: people.by_id(tx, one) for one in {link.person_id for link in recent}}
    ours = {id_: one for id_, one in known.items() if one is not None and _answers_from(one, number)}
    return [_Alert(person=ours[link.person_id], link=link) for link in recent if link.person_id in ours]


def _answers_from(person: Person, number: str) -> bool:
    return person.number == number and not person.disabled and actor_of(person).may(Permission.WORK_QUEUE)


def _is_live(link: Link, now: datetime) -> bool:
    return link.answered_at is None and now < link.expires_at


def _free(tx: Tx, live: Sequence[_Alert]) -> list[_Alert]:
    """Return one alert for each person and callback that may still be had; told twice is told once."""
    found = {(one.person.id, one.link.callback_id): one for one in reversed(live)}
    return [one for one in found.values() if _may_be_had(tx, one)]


def _may_be_had(tx: Tx, one: _Alert) -> bool:
    callback = callbacks.by_id(tx, one.link.callback_id)
    if callback is None:
        return False
    theirs = callback.state is State.CLAIMED and callback.holder_id == one.person.id
    return theirs or callback.state is State.WAITING


def _too_late(meant: Sequence[_Alert]) -> str:
    return "answered" if meant and meant[0].link.answered_at is not None else "late"


def _which(parts: Parts, digit: str, free: Sequence[_Alert]) -> Said:
    """Ask which one is meant; where colleagues share a phone each alert goes by its person's name."""
    shared = len({one.person.id for one in free}) > 1
    choices = [
        f"{digit} {one.link.mark}{f' ({one.person.name})' if shared else ''}"
        for one in sorted(free, key=lambda one: one.link.mark)
    ]
    return _told(parts, "which", free[0], choices=" / ".join(choices))


def _taken(parts: Parts, tx: Tx, one: _Alert, now: datetime) -> Said:
    actor, callback_id = actor_of(one.person), one.link.callback_id
    try:
        claimed = claim_within(tx, actor, callback_id, now)
    except Full:
        return _told(parts, "full", one)
    except (Held, IllegalMove, NoSuchCallback):
        return _told(parts, "gone", one)
    _on_record(tx, actor, "by reply", callback_id, now)
    return _told(parts, "taken", one, code=claimed.code)


def _cannot(parts: Parts, tx: Tx, one: _Alert, now: datetime) -> Said:
    """Write that she cannot; a danger whose time has come is told to the next at once instead of later."""
    callback = callbacks.by_id(tx, one.link.callback_id, lock=True)
    waits = callback is not None and callback.state is State.WAITING and callback.escalate_at is not None
    if callback is not None and waits and callback.priority == DANGER and (callback.due_at or now) <= now:
        callbacks.change(tx, callback.id, now=now, escalate_at=now)
    _on_record(tx, actor_of(one.person), "cannot", one.link.callback_id, now)
    return _told(parts, "cannot", one)


def _on_record(tx: Tx, actor: Actor, act: str, callback_id: str, now: datetime) -> None:
    audit.add(tx, now=now, person_id=actor.person_id, act=act, kind="callback", subject=callback_id)


def _told(parts: Parts, what: str, one: _Alert, **values: str) -> Said:
    return Said(person=one.person, what=what, text=_words(parts, what, one.person, **values))


def _words(parts: Parts, key: str, person: Person, **values: str) -> str:
    return word_message(parts, f"staff_{key}", (person.page_language,), **values)
