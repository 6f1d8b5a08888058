"""Serves the simulator: a basic phone in the browser that posts to the simulator channel's webhook."""

from gateway.web.simulator.blueprint import build_blueprint

__all__ = ["build_blueprint"]
