"""Operates the gateway: publishing of menus, reports, maintenance, health checks and process supervision."""
