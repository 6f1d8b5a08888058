"""One tap from a text to one callback: opening the link does nothing, and it lets in one phone, once, for one call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from gateway.domain.callbacks.states import CallbackState
from gateway.domain.permissions import Permission
from gateway.foundation.ids import new_token
from gateway.helpdesk.errors import Rejected, Why
from gateway.helpdesk.queue import claim
from gateway.helpdesk.staff.people import actor_of
from gateway.storage import audit, callbacks, links, people

if TYPE_CHECKING:
    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.storage.database import Tx
    from gateway.storage.links import Link

PATH = "/t/"
"""Where the page of a link stands, below the public address."""

LASTS = timedelta(hours=1)
CALLING = timedelta(hours=3)
"""For how long the phone that used a link may go on: the call, and time to say what came of it."""

_SIZE = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """What the page of a link may show before anything is taken: no number, no topic.

    ``state`` says whether it still waits; ``name`` is whom the link was sent to, ``theirs`` that it is that person's
    already, because a colleague passed it on.
    """

    name: str
    state: CallbackState
    theirs: bool
    language: str
    is_danger: bool
    page_language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tapped:
    """Who acts by a link, and on which callback; on no other."""

    actor: Actor
    callback_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken(Tapped):
    """The callback is theirs; ``phone`` is the secret by which this phone goes on, to be kept as a cookie."""

    phone: str


def make(parts: Services, tx: Tx, person_id: str, callback_id: str, *, mark: int = 0) -> str:
    """Return a new link for this person to this callback, as it is written in a text.

    With a mark the text may be answered by a digit as well.
    """
    token, until = new_token(_SIZE), parts.clock.now() + LASTS
    links.add_link(
        tx, _hash_token(tx, token), person_id=person_id, callback_id=callback_id, expires_at=until, mark=mark
    )
    return f"{parts.public_url.rstrip('/')}{PATH}{token}"


def find_offer(parts: Services, token: str) -> Offered | None:
    """Return what a link offers, None where it is used or too old. A scanner may open it: nothing is taken."""
    now = parts.clock.now()
    with parts.store.read() as tx:
        link = links.find_link(tx, _hash_token(tx, token))
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


def take(parts: Services, token: str) -> Taken:
    """Use the link up and claim its callback for the person it was sent to.

    Where somebody else was faster the link is used up all the same.

    Raises:
        Rejected: the link is used or too old.
        Held, Full, IllegalMove: it cannot be had.
    """
    phone, now = new_token(), parts.clock.now()

    def work(tx: Tx) -> Tapped:
        mine = _read_tapped(tx, links.of_phone(tx, _hash_phone(tx, phone)))
        if mine is not None:
            return mine  # the first try was kept although its connection broke
        token_hash = _hash_token(tx, token)
        if not links.use_link(tx, token_hash, phone=_hash_phone(tx, phone), now=now):
            raise Rejected(Why.LINK)
        tapped = _read_tapped(tx, links.find_link(tx, token_hash))
        if tapped is None:
            raise Rejected(Why.LINK)
        audit.add_entry(
            tx,
            now=now,
            person_id=tapped.actor.person_id,
            act="by link",
            kind="callback",
            subject=tapped.callback_id,
        )
        return tapped

    tapped = parts.store.run(work)
    claim.claim_callback(parts, tapped.actor, tapped.callback_id)
    return Taken(actor=tapped.actor, callback_id=tapped.callback_id, phone=phone)


def find_tapped(parts: Services, phone: str) -> Tapped | None:
    """Return who goes on under the secret of a phone that used a link; None when its time is over."""
    now = parts.clock.now()
    with parts.store.read() as tx:
        link = links.of_phone(tx, _hash_phone(tx, phone))
        if link is None or link.used_at is None or link.used_at + CALLING <= now:
            return None
        return _read_tapped(tx, link)


def _read_tapped(tx: Tx, link: Link | None) -> Tapped | None:
    person = people.by_id(tx, link.person_id) if link is not None else None
    if link is None or person is None or person.disabled:
        return None
    actor = actor_of(person)
    return Tapped(actor=actor, callback_id=link.callback_id) if actor.may(Permission.WORK_QUEUE) else None


def _hash_token(tx: Tx, token: str) -> bytes:
    return tx.ring.lookup("sign_in", "link", token)


def _hash_phone(tx: Tx, secret: str) -> bytes:
    return tx.ring.lookup("sign_in", "link phone", secret)
