"""The counsellors' pages: the queue, one callback, the call and what came of it."""

from gateway.web.console.blueprint import blueprint

__all__ = ["blueprint"]
