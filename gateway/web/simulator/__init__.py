"""Serves the simulator: a basic phone in the browser that posts to the simulator channel's webhook."""

from gateway.web.simulator.blueprint import blueprint

__all__ = ["blueprint"]
