"""The pages of administrators and readers."""

from gateway.admin.people import blueprint

__all__ = ["blueprint"]
