"""The schema: every table, with the keys and partial indexes that keep the promises."""

from gateway.store.tables.columns import metadata
from gateway.store.tables.conditions import HELD, IN_LANE, LIVE, OPEN, PENDING, SENDING, UNCLEAR, WAITING
from gateway.store.tables.delivery import budgets, deliveries, lines, outbox
from gateway.store.tables.desk import attempts, callbacks, invitations, notes, people, sign_ins, tries
from gateway.store.tables.hers import callers, sessions, texts, threads, turns
from gateway.store.tables.house import audit, chores, figures, keys, live, settings, versions

__all__ = [
    "HELD",
    "IN_LANE",
    "LIVE",
    "OPEN",
    "PENDING",
    "SENDING",
    "UNCLEAR",
    "WAITING",
    "attempts",
    "audit",
    "budgets",
    "callbacks",
    "callers",
    "chores",
    "deliveries",
    "figures",
    "invitations",
    "keys",
    "lines",
    "live",
    "metadata",
    "notes",
    "outbox",
    "people",
    "sessions",
    "settings",
    "sign_ins",
    "texts",
    "threads",
    "tries",
    "turns",
    "versions",
]
