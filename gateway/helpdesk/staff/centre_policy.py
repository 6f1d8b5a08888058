"""Edits the centre's policy for callers who may be under 18, and the preferred channels for staff alerts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.domain.audit_acts import AuditAct
from gateway.domain.permissions import Permission, check_permission
from gateway.helpdesk.alerts import alerts
from gateway.helpdesk.alerts.alerts import ROADS, AlertRoute
from gateway.helpdesk.errors import Rejected, Why
from gateway.helpdesk.requests.follow_up import POLICY
from gateway.storage import audit, settings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.helpdesk.alerts.alerts import Contact
    from gateway.storage.database import Tx
    from gateway.storage.settings import Changed

LONGEST = 1_000
"""Longest policy in characters, as it is read during a call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Practice:
    """What the page of the centre's settings shows.

    Attributes:
        policy: what to do if a caller may be under 18; empty if none is written.
        policy_changed: when and by whom it was last changed.
        order: the preferred channels for alerts, as set.
        roads_changed: when and by whom that was last changed.
        standing: every channel that may carry alerts, with its status.
        contacts: staff who work the queue, with their current channel and last test message.
    """

    policy: str
    policy_changed: Changed | None
    order: tuple[str, ...]
    roads_changed: Changed | None
    standing: tuple[AlertRoute, ...]
    contacts: tuple[Contact, ...]


def show_policy(parts: Services, actor: Actor) -> Practice:
    """Return the centre's settings.

    Raises:
        NotPermitted: the actor may not set the centre's rules.
    """
    check_permission(actor, Permission.SET_RULES)
    with parts.store.read() as tx:
        routes = alerts.find_route(parts, tx)
        known = {one.name for one in routes}
        return Practice(
            policy=str(settings.get_setting(tx, POLICY, "")),
            policy_changed=settings.find_change(tx, POLICY),
            order=tuple(name for name in settings.get_setting(tx, ROADS, []) if name in known),
            roads_changed=settings.find_change(tx, ROADS),
            standing=routes,
            contacts=alerts.list_contacts(parts, tx, actor.team),
        )


def set_policy(parts: Services, actor: Actor, text: str) -> None:
    """Save the policy for callers who may be under 18; an empty text removes it.

    Raises:
        NotPermitted: the actor may not set the centre's rules.
        Rejected: it is longer than LONGEST characters.
    """
    check_permission(actor, Permission.SET_RULES)
    tidy = "\n".join(line.rstrip() for line in text.strip().splitlines())
    if len(tidy) > LONGEST:
        raise Rejected(Why.LONG)
    _set_value(parts, actor, POLICY, tidy)


def set_roads(parts: Services, actor: Actor, order: Sequence[str]) -> None:
    """Save the preferred channels for alerts; the others follow in the order of the configuration.

    Raises:
        NotPermitted: the actor may not set the centre's rules.
        Rejected: there is no such channel, or it may not carry alerts.
    """
    check_permission(actor, Permission.SET_RULES)
    with parts.store.read() as tx:
        known = {one.name for one in alerts.find_route(parts, tx)}
    if not known.issuperset(order):
        raise Rejected(Why.FIELD)
    _set_value(parts, actor, ROADS, list(dict.fromkeys(order)))


def _set_value(parts: Services, actor: Actor, name: str, value: Any) -> None:
    now = parts.clock.now()

    def work(tx: Tx) -> None:
        settings.save_setting(tx, name, value, by=actor.name, now=now)
        audit.add_entry(
            tx, now=now, person_id=actor.person_id, act=AuditAct.SET, kind="setting", subject=name
        )

    parts.store.run(work)
