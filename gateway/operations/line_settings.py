"""Change settings of the file on a page: numbers, hours, limits, retention; in force everywhere without a restart.

What a page changed lies in the database with who, when and why, and every process takes it up within seconds
(``operations.refresh``). It counts before the file and never before the environment.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from gateway.channels.contract import Calls
from gateway.domain.callbacks.windows import DAYS
from gateway.domain.permissions import AuditAct, Permission, check_permission
from gateway.foundation.services import BadSetting, LineState, StatedSetting
from gateway.menus.engine.wording import find_widest
from gateway.operations.channel_desk import hide_account
from gateway.operations.maintenance import SETTING as RETENTION
from gateway.operations.refresh import HOURS, KEPT, OF_CHANNEL, apply_values, find_place, renew_values
from gateway.storage import audit, retention, settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.storage.database import Tx
    from gateway.storage.settings import OwnSetting

LONGEST_WHY, LONGEST_WORDS = 200, 60
STORED = "stored"
"""Block of the settings that other pages write."""

_OF_FILE = "callbacks"
"""The retention rule whose days are a key of the file, ``[line] days``."""

_NUMBER = re.compile(r"\+?\d[\d ()/-]{1,18}\d", re.ASCII)
_MONEY = re.compile(r"\d{1,6}(\.\d{1,4})?( [^\s\d]{1,5})?", re.ASCII)


class Sort(StrEnum):
    """What a setting holds, and so how it is typed."""

    NUMBER = "number"
    WORDS = "words"
    WHOLE = "whole"
    MONEY = "money"
    HOURS = "hours"


class ChangeFault(StrEnum):
    """Why a change is refused."""

    NUMBER = "number"
    WORDS = "words"
    WHOLE = "whole"
    MONEY = "money"
    HOURS = "hours"
    ROOM = "room"
    WHY = "why"
    MEANWHILE = "meanwhile"
    LOCKED = "locked"
    NEEDED = "needed"


class ChangeRefused(Exception):
    """A change of a setting that is not made; ``why`` says which rule it breaks."""

    def __init__(self, why: ChangeFault) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Changeable:
    """One setting that a page may change.

    Attributes:
        key: its name in the database, ``block.name`` or ``ch.CHANNEL.name``.
        sort: how it is typed.
        least: the smallest whole number.
        most: the largest one.
    """

    key: str
    sort: Sort
    least: int = 0
    most: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSettings:
    """What the page of settings shows.

    Attributes:
        stated: every setting as it counts now.
        changeable: key → setting that may be changed here.
        own: key → what pages changed of it, put back ones included.
        locked: keys that the environment of the server holds.
        waits: real channels begin with the next start only, since the number was set after this one.
    """

    stated: tuple[StatedSetting, ...]
    changeable: Mapping[str, Changeable]
    own: Mapping[str, OwnSetting]
    locked: frozenset[str]
    waits: bool


_OF_LINE = (
    *(Changeable(key=f"line.{name}", sort=Sort.NUMBER) for name in ("helpline", "mrc")),
    *(Changeable(key=f"line.{name}", sort=Sort.WORDS) for name in ("embassy", "price")),
    Changeable(key="line.days", sort=Sort.WHOLE, least=1, most=365),
    Changeable(key="line.reveals", sort=Sort.WHOLE, least=1, most=1000),
    Changeable(key=HOURS, sort=Sort.HOURS),
    *(
        Changeable(key=f"answers.{name}", sort=Sort.WHOLE, least=1, most=most)
        for name, most in (
            ("equal_texts", 1000),
            ("number_a_day", 1000),
            *((f"{share}_an_hour", 100_000) for share in ("strangers", "known", "code", "danger", "ours")),
        )
    ),
)
_FEWEST_DAYS = {
    "texts": 1,
    "turns": 2,
    "messages": 1,
    "callers": 1,
    "stopped": 365,
    "operator_notices": 1,
    "people": 1,
    "push_subscriptions": 30,
    "audit": 30,
}
"""Rule → fewest days: a repeat must find its turn, a number that wants no texts stays known. Brakes are no choice."""

_MOST_DAYS = 3650
_CALLERS_READ = frozenset({"line.helpline", "line.mrc", "line.embassy", "line.price", "line.days"})


def list_changeable(parts: Services) -> dict[str, Changeable]:
    """Return key → setting of all that a page may change: of the line, of its channels, and of retention."""
    found = [*_OF_LINE, *_list_of_retention()]
    for name, channel in parts.channels.items():
        if channel.contract.carries_texts:
            found.append(_of_channel(name, "day_spend", Sort.MONEY))
            found.append(_of_channel(name, "part_price", Sort.MONEY))
            found.append(_of_channel(name, "rate", Sort.WHOLE, most=1000))
            found.append(_of_channel(name, "day_limit", Sort.WHOLE, most=100_000))
        if isinstance(channel, Calls) and channel.bridging.on:
            found.append(_of_channel(name, "calls_a_day", Sort.WHOLE, most=100_000))
            found.append(_of_channel(name, "call_minutes", Sort.WHOLE, most=240))
    return {one.key: one for one in found}


def _of_channel(channel: str, name: str, sort: Sort, *, most: int = 0) -> Changeable:
    return Changeable(key=f"{OF_CHANNEL}{channel}.{name}", sort=sort, least=1, most=most)


def _list_of_retention() -> Iterator[Changeable]:
    for name, least in _FEWEST_DAYS.items():
        yield Changeable(key=f"{KEPT}.{name}", sort=Sort.WHOLE, least=least, most=_MOST_DAYS)


def list_settings(parts: Services, actor: Actor, stored: Sequence[str]) -> ShownSettings:
    """Return every setting as it counts now: those of the operator, changed ones among them, then those in SQL.

    Args:
        parts: the services of this process.
        actor: who asks.
        stored: names of the settings that other pages write.

    Raises:
        NotPermitted: the actor may not see settings.
        Unavailable: the database cannot be reached.
    """
    check_permission(actor, Permission.MANAGE_CHANNELS)
    changeable, locked = list_changeable(parts), find_locked(parts)
    with parts.store.read() as tx:
        own = settings.list_own(tx)
        rest = (*(_read_stored(tx, name) for name in stored), *_list_retention(tx))
    counts = {
        key: one
        for key, one in own.items()
        if one.value is not None and key in changeable and key not in locked
    }
    stated = (*parts.stated, *_list_unstated(parts, changeable), *rest)
    return ShownSettings(
        stated=tuple(_put_own(hide_account(parts, one), counts) for one in stated),
        changeable=changeable,
        own=own,
        locked=locked,
        waits=_waits_for_start(parts),
    )


def _list_unstated(parts: Services, changeable: Mapping[str, Changeable]) -> Iterator[StatedSetting]:
    """Yield what may be changed and stands neither in the file nor in the environment, with what counts without it."""
    known = {name_key(one) for one in parts.stated}
    for key in changeable:
        place = find_place(key)
        if not place or key in known:
            continue
        owner = place[1] if place[0] == "channels" else ""
        block = "options" if len(place) > len(("channels", owner, "name")) else place[0]
        value = _find_value(parts, place)
        name = place[-1]
        yield StatedSetting(block, owner, name, value, bool(value), "default")


def list_week(parts: Services) -> dict[str, list[str]]:
    """Return weekday → opening hours as they are typed."""
    week = zip(DAYS, parts.line.hours.days, strict=True)
    return {day: [_format_span(span) for span in spans] for day, spans in week}


def _format_span(span: tuple[int, int]) -> str:
    """Return minutes of the day as "08:00-12:00"."""
    return "-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in span)


def _find_value(parts: Services, place: tuple[str, ...]) -> str:
    if place[0] == "line":
        return str(getattr(parts.line, place[1]))
    if place[0] == "answers":
        return str(getattr(parts.answers, place[1]))
    if place[0] == "hours":
        return show_value(list_week(parts))
    channel = parts.channels[place[1]]
    if place[-1] in {"calls_a_day", "call_minutes"} and isinstance(channel, Calls):
        return str(channel.bridging.a_day if place[-1] == "calls_a_day" else channel.bridging.minutes)
    return str(channel.config.options.get(place[-1]) or getattr(channel.config, place[-1], ""))


def find_locked(parts: Services) -> frozenset[str]:
    """Return the keys of the settings that the environment of the server holds, so that no page changes them."""
    return frozenset(name_key(one) for one in parts.stated if one.source == "environment")


def name_key(one: StatedSetting) -> str:
    """Return the key under which a page may change a setting."""
    return f"{OF_CHANNEL}{one.owner}.{one.name}" if one.owner else f"{one.block}.{one.name}"


def show_value(value: object) -> str:
    """Return a value as the file would show it."""
    if isinstance(value, dict):
        return ", ".join(f"{day} {' '.join(spans)}" for day, spans in value.items() if spans)
    return str(value)


def _put_own(one: StatedSetting, own: Mapping[str, OwnSetting]) -> StatedSetting:
    changed = own.get(name_key(one))
    if changed is None:
        return one
    shown = show_value(changed.value)
    return replace(one, value=shown, is_set=bool(shown), source="page")


def _read_stored(tx: Tx, name: str) -> StatedSetting:
    value: object = settings.get_setting(tx, name)
    words = ", ".join(map(str, value)) if isinstance(value, list) else ""
    return StatedSetting(STORED, "", name, words, bool(value), "database" if value is not None else "default")


def _list_retention(tx: Tx) -> Iterator[StatedSetting]:
    """Yield the days of each retention rule, except the one that ``[line]`` sets."""
    own = settings.get_setting(tx, RETENTION, {})
    for name, days in {rule.name: rule.days for rule in retention.RULES}.items():
        if name in own or name != _OF_FILE:
            source = "database" if name in own else "default"
            yield StatedSetting(KEPT, "", name, str(own.get(name, days)), True, source)


def _waits_for_start(parts: Services) -> bool:
    """Return whether the line has its number but its accounts were left out at the start, when it had none."""
    had_none = any(one.name == "helpline" and not one.is_set for one in parts.stated if one.block == "line")
    has_account = any(one.is_set and one.name.endswith(("_PASSWORD", "_API_KEY")) for one in parts.stated)
    return had_none and has_account and not parts.line.missing and not parts.reaches_real_phones


# Changing: typed words, checked as the file is; who, when and why are kept with the value.


def change_setting(
    parts: Services, actor: Actor, key: str, written: Mapping[str, str] | None, *, why: str, seen: int
) -> None:
    """Change a setting on a page; it counts in this process at once and in all others within seconds.

    Args:
        parts: the services of this process.
        actor: who changes it.
        key: which setting.
        written: what was typed, by ``value``, or by weekday for hours; None lets the file's value count again.
        why: one sentence for the record.
        seen: how often it had been changed when the form was shown; -1 if never.

    Raises:
        NotPermitted: the actor may not change settings.
        ChangeRefused: a rule forbids it; ``why`` says which.
        Unavailable: the database cannot be reached.
    """
    check_permission(actor, Permission.MANAGE_CHANNELS)
    one = list_changeable(parts).get(key)
    if one is None or key in find_locked(parts):
        raise ChangeRefused(ChangeFault.LOCKED)
    if not why.strip():
        raise ChangeRefused(ChangeFault.WHY)
    with parts.store.read() as tx:
        own = settings.list_own(tx)
    before = own.get(key)
    if seen != (-1 if before is None else before.rev):
        raise ChangeRefused(ChangeFault.MEANWHILE)
    value = None if written is None else _read_typed(one, written)
    _check_change(parts, one, {found.key: found.value for found in own.values()} | {key: value})
    _save_change(parts, actor, key, value, why=" ".join(why.split())[:LONGEST_WHY], before=before)
    renew_values(parts)


def _read_typed(one: Changeable, written: Mapping[str, str]) -> object:
    if one.sort is Sort.HOURS:
        return {
            day: [span.strip() for span in written.get(day, "").split(",") if span.strip()] for day in DAYS
        }
    typed = " ".join(written.get("value", "").split())
    if one.sort is Sort.WHOLE:
        if not (typed.isascii() and typed.isdigit()) or not one.least <= int(typed[:9]) <= one.most:
            raise ChangeRefused(ChangeFault.WHOLE)
        return int(typed)
    if one.sort is Sort.NUMBER and typed and not _NUMBER.fullmatch(typed):
        raise ChangeRefused(ChangeFault.NUMBER)
    if one.sort is Sort.MONEY and typed and not _MONEY.fullmatch(typed):
        raise ChangeRefused(ChangeFault.MONEY)
    if len(typed) > LONGEST_WORDS or not typed.isprintable() or "{" in typed or "}" in typed:
        raise ChangeRefused(ChangeFault.WORDS)
    return typed


def _check_change(parts: Services, one: Changeable, values: Mapping[str, Any]) -> None:
    """Check a change by the rules of the file, of its channel, and of the pages that callers read."""
    place = find_place(one.key)
    if not place:
        return
    changed = {key: value for key, value in values.items() if value is not None}
    try:
        if one.key in changed:
            parts.apply({place: changed[one.key]}, place[1:2] if place[0] == "channels" else ())
        state = apply_values(parts.apply, changed)
    except BadSetting:
        raise ChangeRefused(ChangeFault(one.sort.value)) from None
    if parts.reaches_real_phones and state.line.missing:
        raise ChangeRefused(ChangeFault.NEEDED)
    if one.key in _CALLERS_READ and not _has_room(parts, state):
        raise ChangeRefused(ChangeFault.ROOM)


def _has_room(parts: Services, state: LineState) -> bool:
    """Return whether every live menu keeps its pages with these values, as they were cut and checked at publish."""
    # Here, since every process takes settings up and only the web changes them: authoring is a third of its memory.
    from gateway.menus.authoring.pages import cut_menu
    from gateway.operations.publishing.publish import list_limits

    before, limits = dict(parts.line.for_engine().values), list_limits(parts)
    # A shorter value needs no more room than the one that it takes the place of.
    both = {
        name: find_widest((before[name], value)) for name, value in state.line.for_engine().values.items()
    }
    live = [parts.versions.live(menu)[1] for menu in parts.versions.loaded()]
    return all(cut_menu(one, limits, both).pages == cut_menu(one, limits, before).pages for one in live)


def _save_change(
    parts: Services, actor: Actor, key: str, value: object, *, why: str, before: OwnSetting | None
) -> None:
    now = parts.clock.now()

    def work(tx: Tx) -> bool:
        if not settings.save_own(tx, key, value, why=why, before=before, by=actor.name, now=now):
            return False
        detail = "put back" if value is None else ""
        audit.add_entry(
            tx,
            now=now,
            person_id=actor.person_id,
            act=AuditAct.SET,
            kind="setting",
            subject=key[:40],
            detail=detail,
        )
        return True

    if not parts.store.run(work):
        raise ChangeRefused(ChangeFault.MEANWHILE)
