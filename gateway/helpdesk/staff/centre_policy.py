"""How this centre works: its words on somebody who may be a child, and the lines by which our own people are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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
"""Characters of the policy: more is not read while somebody waits on the phone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Practice:
    """What the page shows.

    Attributes:
        policy: what to do where somebody may be a child; empty while nobody wrote it.
        policy_changed: when and by whom it was written last.
        order: the lines by which people are told, as they were set, the best first.
        roads_changed: when and by whom that was.
        standing: every line that may tell people, and how each stands.
        contacts: who works the queue, which line a text to each would take now, and what became of the last test.
    """

    policy: str
    policy_changed: Changed | None
    order: tuple[str, ...]
    roads_changed: Changed | None
    standing: tuple[AlertRoute, ...]
    contacts: tuple[Contact, ...]


def show_policy(parts: Services, actor: Actor) -> Practice:
    """Return how this centre works.

    Raises:
        Refused: the actor does not set the rules.
    """
    check_permission(actor, Permission.SET_RULES)
    with parts.store.read() as tx:
        standing = alerts.find_route(parts, tx)
        known = {one.name for one in standing}
        return Practice(
            policy=str(settings.get_setting(tx, POLICY, "")),
            policy_changed=settings.find_change(tx, POLICY),
            order=tuple(name for name in settings.get_setting(tx, ROADS, []) if name in known),
            roads_changed=settings.find_change(tx, ROADS),
            standing=standing,
            contacts=alerts.contacts(parts, tx, actor.team),
        )


def set_policy(parts: Services, actor: Actor, text: str) -> None:
    """Write what is to be done where somebody may be a child; empty takes it away.

    Raises:
        Refused: the actor does not set the rules.
        Rejected: it is too long to be read during a call.
    """
    check_permission(actor, Permission.SET_RULES)
    tidy = "\n".join(line.rstrip() for line in text.strip().splitlines())
    if len(tidy) > LONGEST:
        raise Rejected(Why.LONG)
    _set_value(parts, actor, POLICY, tidy)


def set_roads(parts: Services, actor: Actor, order: Sequence[str]) -> None:
    """Write the order of the lines by which people are told; the rest follow as they are configured.

    Raises:
        Refused: the actor does not set the rules.
        Rejected: there is no such line, or none that may tell people.
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
        audit.add_entry(tx, now=now, person_id=actor.person_id, act="set", kind="setting", subject=name)

    parts.store.run(work)
