"""Simulates a conversation with an unpublished menu, and makes links by which a colleague dials a draft.

Nothing is stored and nobody is alerted.
"""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from gateway.domain.events import USSD_LIMITS
from gateway.domain.permissions import Actor
from gateway.foundation.phone_numbers import find_region
from gateway.foundation.services import Services
from gateway.menus.authoring.checks import CheckContext
from gateway.menus.authoring.conversation_files import Case
from gateway.menus.authoring.conversation_runner import LINE_VALUES, Talk
from gateway.menus.authoring.pages import add_pages
from gateway.menus.authoring.problems import Place
from gateway.menus.engine.model import Menu
from gateway.menus.engine.visibility import list_offers
from gateway.operations.publishing.menu_drafts import OpenedDraft, UnknownDraft, read_draft, read_opened

LINK_LASTS = timedelta(days=7)
"""How long a link to a draft can be opened; giving the draft up or publishing it ends it before."""

_LINK_HASH = 32
"""Hexadecimal digits of the signature: 128 bits."""

_SECOND = timedelta(seconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def cut_draft(menu: Menu, asked: CheckContext) -> Menu:
    """Return the menu with its pages cut as a publish would cut them for USSD."""
    return add_pages(menu, (USSD_LIMITS,), read_line_values(asked))


def open_talk(menu: Menu, number: str, asked: CheckContext, now: datetime) -> Talk:
    """Start a conversation of this number with a menu whose pages are cut.

    It offers the windows that a real dial would.
    """
    case = Case(
        it="draft",
        place=Place(),
        at=now,
        region=find_region(number),
        offers=_find_offers(menu, asked),
    )
    return Talk(menu, case, zone=asked.zone, limits=USSD_LIMITS, values=read_line_values(asked))


def read_line_values(asked: CheckContext) -> Mapping[str, str]:
    """Return the values that texts quote from the settings, by placeholder; empty settings are left out."""
    return {**dict.fromkeys(LINE_VALUES, ""), **(asked.settings or {})}


def _find_offers(menu: Menu, context: CheckContext) -> tuple[str, ...]:
    known = list_offers(menu)
    if context.staffed is None:
        return known
    staffed = context.staffed(menu.windows.values())
    return tuple(name for name in known if name in staffed)


# A link for a colleague without a sign-in: it shows the draft's phone and nothing else. It is signed and not stored,
# because a draft holds only what every caller will read.


def make_draft_link(parts: Services, actor: Actor, draft_id: str) -> str:
    """Return the token of a link that lets anyone dial this draft for some days.

    Raises:
        NotPermitted: the actor has nothing to do with menus.
        UnknownDraft: there is none, or it is not open.
    """
    if not read_draft(parts, actor, draft_id).draft.is_open:
        raise UnknownDraft(draft_id)
    until = str((parts.clock.now() + LINK_LASTS - _EPOCH) // _SECOND)
    return f"{draft_id}.{until}.{_sign_link(parts, draft_id, until)}"


def open_draft_link(parts: Services, token: str) -> OpenedDraft:
    """Return the draft of a link.

    Raises:
        UnknownDraft: the link is forged or too old, or the draft is not open any more.
    """
    draft_id, _, signed = token.partition(".")
    until, _, sign = signed.partition(".")
    is_signed = hmac.compare_digest(sign.encode(), _sign_link(parts, draft_id, until).encode())
    if not is_signed or (parts.clock.now() - _EPOCH) // _SECOND >= int(until):
        raise UnknownDraft("the link is not valid")
    with parts.store.read() as tx:
        opened = read_opened(tx, draft_id)
    if not opened.draft.is_open:
        raise UnknownDraft(draft_id)
    return opened


def _sign_link(parts: Services, draft_id: str, until: str) -> str:
    return parts.store.ring.lookup("web", "draft link", draft_id, until).hex()[:_LINK_HASH]
