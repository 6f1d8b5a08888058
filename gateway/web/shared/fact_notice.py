"""Who sees on their first page that facts of the menu end: those who can do something about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.domain.permissions import Permission
from gateway.menus.fact_expiry import find_fact_ends

if TYPE_CHECKING:
    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.menus.fact_expiry import FactEnd


def find_notice(parts: Services, actor: Actor) -> tuple[FactEnd, ...]:
    """Return what this person's first page says of facts that end; nothing for those who keep no menus."""
    if not (actor.may(Permission.PUBLISH_MENUS) or actor.may(Permission.APPROVE_MENUS)):
        return ()
    return find_fact_ends(parts)
