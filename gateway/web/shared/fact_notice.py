"""Finds expiring facts for the notice on the first page of people who publish or approve menus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.domain.permissions import Permission
from gateway.menus.fact_expiry import find_fact_ends

if TYPE_CHECKING:
    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.menus.fact_expiry import FactEnd


def find_notice(parts: Services, actor: Actor) -> tuple[FactEnd, ...]:
    """Return the facts that expired or expire soon; empty for people who do not keep menus."""
    if not (actor.may(Permission.PUBLISH_MENUS) or actor.may(Permission.APPROVE_MENUS)):
        return ()
    return find_fact_ends(parts)
