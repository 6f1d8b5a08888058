"""The phone in the browser: a basic handset that posts to the simulator's webhook like any provider."""

from gateway.web.simulator.blueprint import blueprint

__all__ = ["blueprint"]
