"""Serves the counsellors' pages: the queue, a callback, the call and its outcome."""

from gateway.web.console.blueprint import blueprint

__all__ = ["blueprint"]
