"""Serves the page of channels for administrators: what is configured, what to paste where, health, money, notices."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template

from gateway.operations import channel_desk
from gateway.operations.channel_desk import Reached, WebhookLinks
from gateway.web.shared.auth import get_actor
from gateway.web.shared.forms import flash_saved
from gateway.web.shared.i18n import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.wrappers import Response

    from gateway.foundation.services import Services

SEE_OTHER = 303
HERE = "/admin/channels"
_CURRENCY = re.compile(r"[A-Z]{3}")
_HUNDREDTHS_OF_A_CENT = 10_000


def add_to(pages: Blueprint, parts: Services, links: WebhookLinks) -> None:
    """Register the page and its presses."""

    @pages.get("/channels")
    def show_channels() -> str:
        return _render_page(parts, links)

    @pages.post("/channels/notices")
    def read_channel_notices() -> Response:
        channel_desk.list_notices(parts, get_actor(), mark=True)
        flash_saved(parts)
        return redirect(f"{HERE}#notices", SEE_OTHER)

    _add_addresses(pages, parts, links)

    @pages.post("/channels/<name>/look")
    def ask_channel(name: str) -> Response:
        if channel_desk.ask_channel(parts, get_actor(), name):
            flash(_("%(channel)s answers.", channel=name))
        else:
            flash(_("%(channel)s does not answer. Its guide says what to look at.", channel=name), "bad")
        return redirect(f"{HERE}#{name}", SEE_OTHER)


def _add_addresses(pages: Blueprint, parts: Services, links: WebhookLinks) -> None:
    @pages.post("/channels/<name>/addresses")
    def show_addresses(name: str) -> str:
        shown = channel_desk.show_addresses(parts, get_actor(), links, name)
        return _render_page(parts, links, opened=name, shown=shown)

    @pages.post("/channels/<name>/secret")
    def renew_secret(name: str) -> str:
        shown = channel_desk.renew_secret(parts, get_actor(), links, name)
        return _render_page(parts, links, opened=name, shown=shown, is_new=True)

    @pages.post("/channels/<name>/try/<event>")
    def ask_address(name: str, event: str) -> Response:
        found = channel_desk.ask_address(parts, get_actor(), links, name, event)
        words = {
            Reached.HERE: _("The address %(event)s of %(channel)s leads here.", event=event, channel=name),
            Reached.REFUSED: _(
                "Something answers at the address %(event)s of %(channel)s, but refuses it: another gateway, or an old "
                "secret.",
                event=event,
                channel=name,
            ),
            Reached.ELSEWHERE: _(
                "The address %(event)s of %(channel)s leads to another server: look at PUBLIC_URL and the proxy.",
                event=event,
                channel=name,
            ),
            Reached.NOWHERE: _(
                "Nobody answers at the address %(event)s of %(channel)s: look at PUBLIC_URL, the proxy and the "
                "certificate.",
                event=event,
                channel=name,
            ),
        }[found]
        flash(words, "good" if found is Reached.HERE else "bad")
        return redirect(f"{HERE}#{name}", SEE_OTHER)


def _render_page(
    parts: Services,
    links: WebhookLinks,
    *,
    opened: str = "",
    shown: Mapping[str, str] | None = None,
    is_new: bool = False,
) -> str:
    return render_template(
        "admin/channels.html",
        cards=channel_desk.show_channels(parts, get_actor(), links),
        notices=channel_desk.list_notices(parts, get_actor()),
        line=parts.line,
        opened=opened,
        shown=shown or {},
        is_new=is_new,
        money=_show_money,
    )


def _show_money(amount: int, price: str) -> str:
    """Return an amount in hundredths of a cent, with the currency of a price like ``0.06 USD``."""
    found = _CURRENCY.search(price)
    return f"{amount / _HUNDREDTHS_OF_A_CENT:.2f}" + (f" {found[0]}" if found else "")
