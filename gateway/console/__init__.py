"""The counsellors' pages: the queue, one callback, the call and what came of it."""

from gateway.console.face import blueprint

__all__ = ["blueprint"]
