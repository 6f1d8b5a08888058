"""Read what is stored of every channel in one statement: rate-limit buckets, waiting messages and heartbeats."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, literal, select, union_all

from gateway.domain.outbox.send_policy import Bucket
from gateway.storage.database import Tx
from gateway.storage.outbox import build_waiting
from gateway.storage.rate_limits import read_bucket
from gateway.storage.settings import PREFIX, Life, get_setting, read_life
from gateway.storage.tables import lines, settings


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRows:
    """What is stored by channel.

    Attributes:
        buckets: account → rate-limit bucket; a channel's calls have an account of their own.
        waiting: channel → number of messages that wait.
        lives: channel → last heartbeat.
        setting: value of the setting that was asked for beside them; None where it is not set.
    """

    buckets: Mapping[str, Bucket]
    waiting: Mapping[str, int]
    lives: Mapping[str, Life]
    setting: Any = None


def read_channels(
    tx: Tx, names: Collection[str], *, accounts: Collection[str] = (), setting: str = ""
) -> ChannelRows:
    """Return the rows of these channels and further accounts, and one setting beside them, in one statement."""
    every = sorted({*names, *accounts})
    if not every:
        only = get_setting(tx, setting) if setting else None
        return ChannelRows(buckets={}, waiting={}, lives={}, setting=only)
    asked = union_all(*(select(literal(name).label("name")) for name in every)).subquery("asked")
    waiting = build_waiting().subquery("waiting")
    beside = settings.alias("beside")
    query = (
        select(
            asked.c.name,
            lines,
            func.coalesce(waiting.c.n, 0).label("waits"),
            settings.c.value.label("life"),
            select(beside.c.value).where(beside.c.name == setting).scalar_subquery().label("setting"),
        )
        .join_from(asked, lines, lines.c.channel == asked.c.name, isouter=True)
        .join(waiting, waiting.c.channel == asked.c.name, isouter=True)
        .join(settings, settings.c.name == literal(PREFIX) + asked.c.name, isouter=True)
    )
    rows = tx.execute(query).all()
    return ChannelRows(
        buckets={row.name: read_bucket(row._asdict()) for row in rows if row.channel is not None},
        waiting={row.name: int(row.waits) for row in rows},
        lives={row.name: read_life(row.life or {}) for row in rows},
        setting=rows[0].setting,
    )
