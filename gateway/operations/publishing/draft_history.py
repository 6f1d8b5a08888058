"""Lists the versions of the menus with who approved them, and gives one back as files."""

from dataclasses import dataclass

from gateway.domain.permissions import Actor, NotPermitted, Permission
from gateway.foundation.services import Services
from gateway.storage import versions
from gateway.storage.versions import MenuDraft, Version


@dataclass(frozen=True, slots=True, kw_only=True)
class PastVersion:
    """A version, whether it is live, and the draft that it came from, if it came from one."""

    version: Version
    live: bool
    draft: MenuDraft | None


def list_history(parts: Services, actor: Actor) -> tuple[PastVersion, ...]:
    """Return every version of every menu, newest first.

    Raises:
        NotPermitted: the actor has nothing to do with menus.
    """
    permit_history(actor)
    with parts.store.read() as tx:
        live = set(versions.find_live_ids(tx).values())
        came_from = versions.list_of_versions(tx)
        return tuple(
            PastVersion(version=each, live=each.id in live, draft=came_from.get(each.id))
            for each in versions.list_versions(tx)
        )


def permit_history(actor: Actor) -> None:
    """Check that the actor drafts, approves or publishes menus.

    Raises:
        NotPermitted: the role does nothing of it.
    """
    if not any(actor.may(each) for each in (Permission.DRAFT_MENUS, Permission.APPROVE_MENUS)):
        raise NotPermitted(f"{actor.role} may not: {Permission.DRAFT_MENUS}")
