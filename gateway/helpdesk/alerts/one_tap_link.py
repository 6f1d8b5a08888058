"""Issues and redeems one-tap links, by which staff without a password claim one callback from an SMS.

Opening a link (GET) changes nothing, because message scanners and previews fetch links. A link works once, on one
phone, for one callback. Only keyed hashes of the tokens are stored (OWASP Forgot Password Cheat Sheet on URL tokens).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from gateway.domain.audit_acts import AuditAct
from gateway.domain.callbacks.states import CallbackState
from gateway.domain.permissions import Permission
from gateway.foundation.ids import new_token
from gateway.helpdesk.errors import Rejected, Why
from gateway.helpdesk.queue import claim
from gateway.helpdesk.staff.people import make_actor
from gateway.storage import audit, callbacks, people, staff_devices

if TYPE_CHECKING:
    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.storage.database import Tx
    from gateway.storage.staff_devices import Link

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
