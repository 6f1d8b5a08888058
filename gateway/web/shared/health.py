"""Serves ``/healthz``, ``/readyz`` and ``/metrics`` to monitoring, and tells people what is wrong: facts and parts.

Facts that expire stand on the first page of those who publish or approve menus. A part that is down stands on every
page of administrators, also on the one that is all that can be shown while the database is away.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from flask import Blueprint, Response, jsonify

from gateway.domain.permissions import Permission
from gateway.foundation.services import Services
from gateway.menus.fact_expiry import find_fact_ends
from gateway.operations import health
from gateway.operations.reporting import metrics
from gateway.web.shared.auth import anyone
from gateway.web.shared.i18n import later

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.domain.permissions import Actor
    from gateway.menus.fact_expiry import FactEnd


def build_blueprint(parts: Services) -> Blueprint:
    """Return the blueprint for monitoring."""
    pages = Blueprint("health", __name__)

    @pages.get("/healthz")
    @anyone
    def healthz() -> Response:
        return Response("OK", content_type="text/plain; charset=utf-8")

    @pages.get("/readyz")
    @anyone
    def readyz() -> tuple[Response, int]:
        findings = health.look_around(parts)
        degraded = {found.part: found.words for found in findings if not found.ok}
        ready = health.is_ready(findings)
        who = {"pid": os.getpid(), "versions": parts.versions.loaded()}
        return jsonify({"ready": ready, "degraded": degraded, **who}), 200 if ready else 503

    @pages.get("/metrics")
    @anyone
    def scrape() -> Response:
        return Response(metrics.render_metrics(parts), content_type=metrics.CONTENT_TYPE)

    return pages


def find_notice(parts: Services, actor: Actor) -> tuple[FactEnd, ...]:
    """Return the facts that expired or expire soon; empty for people who do not keep menus."""
    if not (actor.may(Permission.PUBLISH_MENUS) or actor.may(Permission.APPROVE_MENUS)):
        return ()
    return find_fact_ends(parts)


# What is wrong, for administrators.


class PartWords(NamedTuple):
    """What a part is called, what it means for callers that it is down, and what to do."""

    title: Any
    means: Any
    advice: Any


_WORDS = {
    "ledger": PartWords(
        later("The database"),
        later("Callers still read the menu, and requests are kept beside the database until it is back."),
        later(
            "Whoever runs the server starts the database, or gives its disk room. Until then pages change nothing."
        ),
    ),
    "spool": PartWords(
        later("The place beside the database"),
        later(
            "While the database is away too, nothing that callers ask for can be kept, and they are told so."
        ),
        later("Whoever runs the server gives the folder of the gateway room and its rights."),
    ),
    "disk": PartWords(
        later("The disk of the server"),
        later("Callers still read the menu. Once it is full, what they ask for may not be kept."),
        later("Whoever runs the server makes room now."),
    ),
    "menu_version": PartWords(
        later("The newest version of the menu"),
        later("It is damaged and cannot be read. Callers read the last good one."),
        later(
            "Make the version that callers read the live one, under Menu; then publish what was changed again."
        ),
    ),
    "menu": PartWords(
        later("The menu"),
        later("A channel has no menu that can be read, so its callers are only given the emergency numbers."),
        later("Publish a menu, or choose one that is live for this channel in gateway.toml."),
    ),
    "redis": PartWords(
        later("The memory of sessions"),
        later("Callers go on: the database keeps their place. Texts leave up to ten seconds later."),
        later("Whoever runs the server starts it again; gateway up does so by itself."),
    ),
}
"""The parts without which a page says more than the words of ``gateway doctor``."""


class WrongPart(NamedTuple):
    """One part that is not in order: its words in the language of the page, and those of ``gateway doctor``."""

    words: PartWords
    found: str
    fix: str


def list_wrong_parts(parts: Services) -> list[WrongPart]:
    """Return every part that is not in order, those first that callers feel; the database is asked, and may be away."""
    return _name_parts(one for one in health.look_around(parts) if not one.ok)


def find_wrong_now(parts: Services) -> list[PartWords]:
    """Return what is wrong with disk and menu as this process knows it, without asking the database."""
    return [one.words for one in _name_parts(one for one in health.look_at_hand(parts) if not one.ok)]


def _name_parts(findings: Iterable[health.Finding]) -> list[WrongPart]:
    order = list(_WORDS)
    found = [
        WrongPart(_WORDS.get(one.part, PartWords(one.part, "", "")), one.words, one.fix) for one in findings
    ]
    known = {words.title: order.index(part) for part, words in _WORDS.items()}
    return sorted(found, key=lambda one: known.get(one.words.title, len(order)))
