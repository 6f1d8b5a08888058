"""Lets go of what has been kept long enough, in batches that nobody notices."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from gateway.store import retention, settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from gateway.parts import Parts
    from gateway.store.engines import Store

SETTING = "retention"
"""The name of the setting that changes spans: {"texts": days, …}."""

_BATCH = 500


def purge(parts: Parts) -> dict[str, int]:
    """Apply every rule as of now; a closed request is kept as long as the line says.

    Raises:
        Unavailable: SQL cannot be asked; the next time goes on where this one stopped.
    """
    with parts.store.read() as tx:
        said = settings.get(tx, SETTING, {})
    return apply(parts.store, {"callbacks": parts.line.days} | said, parts.clock.now())


def apply(store: Store, days: Mapping[str, int], now: datetime) -> dict[str, int]:
    """Apply every rule with these spans, else with its own; return how many rows each name let go."""
    gone: Counter[str] = Counter()
    for rule in retention.RULES:
        before = now - timedelta(days=days.get(rule.name, rule.days))
        gone[rule.name] += _all(store, rule, before)
    return dict(gone)


def _all(store: Store, rule: retention.Rule, before: datetime) -> int:
    total = 0
    while True:
        with store.write() as tx:
            done = retention.apply(tx, rule, before, _BATCH)
        total += done
        if done < _BATCH:
            return total
