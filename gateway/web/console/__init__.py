"""Serves the counsellors' pages: the queue, a callback, the call and its outcome."""

from gateway.web.console.blueprint import build_blueprint

__all__ = ["build_blueprint"]
