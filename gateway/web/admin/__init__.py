"""Serves the pages of administrators and readers."""

from gateway.web.admin.people import blueprint

__all__ = ["blueprint"]
