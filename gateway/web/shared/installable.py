"""Serves what makes the pages an app on a phone: manifest, service worker, offline page, switches of push alerts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Blueprint, Response, flash, redirect, render_template, request
from flask_babel import force_locale

from gateway.helpdesk.alerts import push_alerts
from gateway.helpdesk.errors import Rejected
from gateway.storage.staff_devices import PushAddress
from gateway.web.shared.auth import anyone, get_actor
from gateway.web.shared.forms import read_field
from gateway.web.shared.i18n import _
from gateway.web.shared.languages import NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.wrappers import Response as Answer

    from gateway.foundation.services import Services

SEE_OTHER = 303
_LONGEST = 1_000
_WORKER = Path(__file__).parent / "worker.js"


def name_device(agent: str) -> str:
    """Return a short name of a browser for a person's lists, from its User-Agent."""
    known = ("Android", "iPhone", "iPad", "Windows", "Macintosh", "Linux")
    return next((one for one in known if one in agent), "")


def add_to(pages: Blueprint, parts: Services, addresses: Mapping[str, str]) -> None:
    """Register the files of the app and the forms of push alerts.

    Args:
        pages: the blueprint.
        parts: the services of this process.
        addresses: path of a static file → its URL.
    """
    _add_app(pages, addresses)
    _add_push(pages, parts)


def _add_app(pages: Blueprint, addresses: Mapping[str, str]) -> None:
    worker = _WORKER.read_text(encoding="utf-8").replace(
        '"STYLES"', json.dumps([addresses["pico.css"], addresses["app.css"]])
    )

    @pages.get("/sw.js")
    @anyone
    def service_worker() -> Answer:
        return Response(worker, content_type="text/javascript; charset=utf-8")

    @pages.get("/manifest.webmanifest")
    @anyone
    def manifest() -> Answer:
        name = _("Helpline")
        described = {
            "id": "/",
            "name": name,
            "short_name": name,
            "start_url": "/",
            "scope": "/",
            "display": "standalone",
            "background_color": "#fbfaf7",
            "theme_color": "#0b5f63",
            "icons": [{"src": addresses["icon.svg"], "sizes": "any", "type": "image/svg+xml"}],
        }
        return Response(json.dumps(described), content_type="application/manifest+json; charset=utf-8")

    @pages.get("/offline")
    @anyone
    def offline() -> str:
        return render_template("offline.html", said_in=[(tongue, *_say_offline(tongue)) for tongue in NAMES])


def _say_offline(language: str) -> tuple[str, str]:
    """Return title and words of the page for a lost line: it is kept once, whatever language is chosen later."""
    with force_locale(language):
        return _("No contact"), _(
            "The server cannot be reached. Nothing was lost; try again when there is a line."
        )


def _add_push(pages: Blueprint, parts: Services) -> None:
    @pages.post("/me/push")
    def switch_on() -> Answer:
        address = PushAddress(
            endpoint=read_field("endpoint", _LONGEST), p256dh=read_field("p256dh"), auth=read_field("auth")
        )
        try:
            push_alerts.add_subscription(
                parts, get_actor(), address, device=name_device(request.user_agent.string)
            )
        except Rejected:
            flash(_("This browser cannot take alerts. Try Chrome, Edge or Firefox."), "bad")
        else:
            flash(_("Alerts are on for this browser."))
        return redirect("/me#push", SEE_OTHER)

    @pages.post("/me/push/<subscription_id>/off")
    def switch_off(subscription_id: str) -> Answer:
        if push_alerts.drop_subscription(parts, get_actor(), subscription_id):
            flash(_("Alerts are off for that browser."))
        return redirect("/me#push", SEE_OTHER)

    @pages.post("/me/push/test")
    def send_test() -> Answer:
        sent = push_alerts.send_test(parts, get_actor())
        flash(_("A test alert is on its way.") if sent else _("One is on its way already, or none is on."))
        return redirect("/me#push", SEE_OTHER)
