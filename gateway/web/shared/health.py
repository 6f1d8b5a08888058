"""Serves ``/healthz``, ``/readyz`` and ``/metrics`` to monitoring, as plain text and JSON."""

import os

from flask import Blueprint, Response, jsonify

from gateway.foundation.services import Services
from gateway.operations import health
from gateway.operations.reporting import metrics
from gateway.web.shared.auth import anyone


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
