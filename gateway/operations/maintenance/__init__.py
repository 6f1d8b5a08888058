"""Maintains the database: deletes expired rows; key rotation, backups and their recovery sheet lie beside.

Rows are deleted in small batches, so that callers never wait for a long transaction.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from gateway.delivery import clock_guard
from gateway.storage import retention, settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from gateway.foundation.services import Services
    from gateway.storage.database import Store, Tx


SETTING = "retention"
"""Name of the setting that overrides retention periods: rule name → days, as {"texts": 7}."""

_KEPT = "kept."
"""Beginning of the keys of retention rules among the settings that pages changed."""

_BATCH = 500
_BRAKED = frozenset({"texts", "records", "callbacks", "callers", "stopped", "people", "audit"})
"""Rules limited by ``clock_guard.may_end``, as people would miss their data; other expired rows are always deleted."""


def purge_expired(parts: Services) -> dict[str, int]:
    """Apply every retention rule as of now; closed requests are kept for the days that ``[line]`` sets.

    Raises:
        Unavailable: the database cannot be reached; the next run continues.
    """
    with parts.store.read() as tx:
        overrides = settings.get_setting(tx, SETTING, {}) | _list_changed_days(tx)
    now = parts.clock.now()
    return apply_rules(
        parts.store,
        {"callbacks": parts.line.days} | overrides,
        now,
        trusted=lambda tx: clock_guard.is_trusted(parts, tx, now),
    )


def _list_changed_days(tx: Tx) -> dict[str, int]:
    """Return rule → days that the page of settings changed."""
    own = settings.list_own(tx)
    return {
        key.removeprefix(_KEPT): one.value
        for key, one in own.items()
        if key.startswith(_KEPT) and one.value is not None
    }


def apply_rules(
    store: Store, days: Mapping[str, int], now: datetime, *, trusted: Callable[[Tx], bool] = lambda _: True
) -> dict[str, int]:
    """Apply every rule, with its period from ``days`` (rule name → days) or its default.

    Return rule name → rows deleted.

    Nothing is deleted while ``trusted`` returns False, and of data that people need only a share per run.
    """
    deleted: Counter[str] = Counter()
    for rule in retention.RULES:
        before = now - timedelta(days=days.get(rule.name, rule.days))
        deleted[rule.name] += _apply_rule(store, rule, before, now, trusted)
    return dict(deleted)


def _apply_rule(
    store: Store,
    rule: retention.RetentionRule,
    before: datetime,
    now: datetime,
    trusted: Callable[[Tx], bool],
) -> int:
    total = 0
    while True:
        with store.write() as tx:
            if not trusted(tx) or (not total and not _may_go(tx, rule, before, now)):
                return total
            done = retention.apply_rule(tx, rule, before, _BATCH)
        total += done
        if done < _BATCH:
            return total


def _may_go(tx: Tx, rule: retention.RetentionRule, before: datetime, now: datetime) -> bool:
    if rule.name not in _BRAKED:
        return True
    many = retention.count_over(tx, rule, before)
    if many <= clock_guard.FEW[clock_guard.KEPT]:
        return True
    return clock_guard.may_end(tx, clock_guard.KEPT, many=many, of=retention.count_all(tx, rule), now=now)
