"""Serves the pages of administrators and readers."""

from gateway.web.admin.people import build_blueprint

__all__ = ["build_blueprint"]
