"""Serves ``/healthz``, ``/readyz`` and ``/metrics`` to monitoring, and the notice of expiring facts to people.

The notice stands on the first page of those who publish or approve menus.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify

from gateway.domain.permissions import Permission
from gateway.foundation.services import Services
from gateway.menus.fact_expiry import find_fact_ends
from gateway.operations import health
from gateway.operations.reporting import metrics
from gateway.web.shared.auth import anyone

if TYPE_CHECKING:
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
