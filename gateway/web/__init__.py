"""Serves HTTP: webhooks of providers, pages of staff, the simulator, and health checks."""
