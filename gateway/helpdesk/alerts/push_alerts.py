"""Alerts staff by Web Push: subscriptions of their browsers, and messages that say nothing but how many are new."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from gateway.channels import web_push
from gateway.channels.web_push import check_endpoint
from gateway.delivery.claim import LANE
from gateway.domain.events import PUSH
from gateway.domain.permissions import AuditAct, Permission, check_permission
from gateway.helpdesk.errors import Rejected, Why
from gateway.storage import audit, outbox, people, staff_devices
from gateway.storage.staff_devices import PushAddress

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.storage.database import Tx
    from gateway.storage.people import Person
    from gateway.storage.staff_devices import PushSubscription

LASTS = timedelta(hours=1)
JOINED = timedelta(minutes=1)
"""A browser rings once in this time; what comes meanwhile is said together at its end. Danger rings at once."""


def find_public_key(parts: Services, actor: Actor) -> str:
    """Return our public key for browsers (base64url), made at the first use; empty where no push is sent.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    if parts.push is None:
        return ""
    return web_push.write_base64(web_push.derive_public_key(_ensure_key(parts)))


def _ensure_key(parts: Services) -> bytes:
    """Return our private key towards push services; the first process that needs it makes it."""
    with parts.store.read() as tx:
        known = staff_devices.find_push_key(tx)
    if known is not None:
        return known
    fresh, now = web_push.create_signing_key(), parts.clock.now()

    def work(tx: Tx) -> bytes:
        staff_devices.add_push_key(tx, fresh, now=now)
        return staff_devices.find_push_key(tx) or fresh

    return parts.store.run(work)


def add_subscription(parts: Services, actor: Actor, address: PushAddress, *, device: str = "") -> str:
    """Store a browser of the actor; return the id of the subscription.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
        Rejected: the address is none of a push service, or the keys cannot be used.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    if parts.push is None or not check_endpoint(address.endpoint, private=parts.push.allows_private):
        raise Rejected(Why.FIELD)
    try:
        point, auth = map(web_push.read_base64, (address.p256dh, address.auth))
        web_push.read_public_key(point)
    except ValueError:
        raise Rejected(Why.FIELD) from None
    if len(point) != web_push.POINT_BYTES or len(auth) != web_push.AUTH_BYTES:
        raise Rejected(Why.FIELD)
    _ensure_key(parts)
    now = parts.clock.now()

    def work(tx: Tx) -> str:
        made = staff_devices.save_subscription(tx, actor.person_id, address, device=device[:60], now=now)
        _on_record(tx, actor, AuditAct.PERSON_PUSH_ON, now)
        return made

    return parts.store.run(work)


def list_subscriptions(parts: Services, actor: Actor) -> tuple[PushSubscription, ...]:
    """Return the actor's browsers that take alerts, the newest first."""
    with parts.store.read() as tx:
        return staff_devices.list_subscriptions(tx, actor.person_id)


def drop_subscription(parts: Services, actor: Actor, subscription_id: str) -> bool:
    """Switch alerts off for one browser of the actor; False where there is none."""
    now = parts.clock.now()

    def work(tx: Tx) -> bool:
        dropped = staff_devices.drop_subscription(tx, subscription_id, person_id=actor.person_id)
        if dropped:
            _on_record(tx, actor, AuditAct.PERSON_PUSH_OFF, now)
        return dropped

    return parts.store.run(work)


def send_test(parts: Services, actor: Actor) -> int:
    """Send a test alert to the actor's browsers, at most one a minute; return how many are on their way."""
    now = parts.clock.now()

    def work(tx: Tx) -> list[str]:
        person = people.by_id(tx, actor.person_id)
        return [] if person is None else add_pushes(parts, tx, person, f"test:{int(now.timestamp()) // 60}")

    rows = parts.store.run(work)
    for row in rows:
        parts.nudge(row)
    return len(rows)


def add_pushes(
    parts: Services,
    tx: Tx,
    person: Person,
    once: str,
    *,
    urgent: bool = False,
    callback_id: str | None = None,
) -> list[str]:
    """Add a push row for each browser of this person; return the rows.

    Args:
        parts: the services of this process.
        tx: the transaction of what is told.
        person: who is alerted.
        once: idempotency key of what is told.
        urgent: danger: it rings at once, whatever rang before.
        callback_id: the request, if it is about one.
    """
    now = parts.clock.now()
    rows = []
    for one in staff_devices.list_subscriptions(tx, person.id) if parts.push else ():
        key, due_at = (f"{once}:{one.id}", now) if urgent else _join_turn(tx, one.id, now)
        row = outbox.add_row(
            tx,
            kind="push",
            channel=PUSH,
            lane=f"{LANE}{one.id}",
            due_at=due_at,
            expires_at=due_at + LASTS,
            once=key,
            now=now,
            payload={"l": person.page_language or "en"} | ({"u": 1} if urgent else {}),
            priority=0,
            person_id=person.id,
            callback_id=callback_id,
        )
        rows += [row] if row is not None else []
    return rows


def has_browser(parts: Services, tx: Tx, person_id: str) -> bool:
    """Return whether push messages may reach this person."""
    return parts.push is not None and bool(staff_devices.list_subscriptions(tx, person_id))


def _join_turn(tx: Tx, subscription_id: str, now: datetime) -> tuple[str, datetime]:
    """Return idempotency key and due time of this minute's message; if one left already, those of the next minute."""
    turn = int(now.timestamp()) // int(JOINED.total_seconds())
    key = f"push:{subscription_id}:"
    if not outbox.is_added(tx, f"{key}{turn}"):
        return f"{key}{turn}", now
    return f"{key}{turn + 1}", now + JOINED


def _on_record(tx: Tx, actor: Actor, act: AuditAct, now: datetime) -> None:
    audit.add_entry(tx, now=now, person_id=actor.person_id, act=act, kind="person", subject=actor.person_id)
