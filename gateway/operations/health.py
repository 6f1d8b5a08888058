"""Checks each part of the system and reports findings with a fix; used by ``doctor``, ``/readyz`` and the console."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.channels.contract import Calls
from gateway.delivery import channel_status, clock_guard
from gateway.domain.callbacks.windows import find_local_minute
from gateway.foundation import time_and_chance
from gateway.foundation.services import NUMBERS_OF_TEXTS, REQUIRED_NUMBERS, Services
from gateway.menus.engine.offered_languages import list_named
from gateway.menus.fact_expiry import THRESHOLDS, find_fact_ends
from gateway.storage import atomic_files, conversations, outbox, settings
from gateway.storage.database import Unavailable
from gateway.storage.duty import find_hours
from gateway.storage.encryption import RingMissing
from gateway.storage.live_menus import find_withheld
from gateway.storage.migrate import find_newest, read_revision

_NAMED = 5
_FORTNIGHT = 14
_LOW_DISK = 200 * 1024 * 1024
_PROBE = "probe"
_PROBE_LENGTH = 2048
"""Characters of the probe row: about what a request writes, and enough to need a new database page soon."""

_NO_RING = "start what DATABASE_URL names: the keys are there, and this machine keeps no copy of them"
_CLOCK_SILENT = timedelta(seconds=60)
_OLDEST_DUE = timedelta(minutes=5)
_WHY = {
    "behind": "stands behind what the ledger knows",
    "jumped": "was set while the gateway ran",
    "ahead": "is days ahead of what the ledger knows: was the machine off for so long?",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The result of one check.

    Attributes:
        part: what was checked; also the label in metrics.
        ok: whether it is in order.
        needed: without it no request can be stored.
        words: what was found.
        fix: what to do; empty if it is in order.
    """

    part: str
    ok: bool
    words: str
    fix: str = ""
    needed: bool = False


def look_around(parts: Services) -> tuple[Finding, ...]:
    """Run every check: those of this process and those of the shared parts."""
    findings = [
        found for part, look_at in _WITHOUT_SQL.items() for found in _look_at_part(part, look_at, parts)
    ]
    if any(found.part == "ledger" and found.ok for found in findings):
        findings += [
            found for part, look_at in _WITH_SQL.items() for found in _look_at_part(part, look_at, parts)
        ]
    return tuple(findings)


def look_at_hand(parts: Services) -> tuple[Finding, ...]:
    """Run the checks that cost next to nothing and ask no database, for a page: the menu, its version, the disk."""
    names = ("menu", "menu_version", "disk")
    return tuple(found for name in names for found in _look_at_part(name, _WITHOUT_SQL[name], parts))


def look_safely(part: str, look_at: Callable[[], Finding | list[Finding]]) -> list[Finding]:
    """Run one check; an exception becomes a failed finding and does not hide the other checks."""
    try:
        found = look_at()
    except Exception as error:  # noqa: BLE001 - any error is the finding itself
        words = f"it broke while it was looked at ({type(error).__name__})"
        return [Finding(part=part, ok=False, words=words, fix="mend what else is red, then look again")]
    return [found] if isinstance(found, Finding) else found


def _look_at_part(
    part: str, look_at: Callable[[Services], Finding | list[Finding]], parts: Services
) -> list[Finding]:
    return look_safely(part, lambda: look_at(parts))


def is_ready(findings: tuple[Finding, ...]) -> bool:
    """Return whether callers can be answered and requests stored, in SQL or in the spool.

    Both are probed by writing: free space and file modes look fine on a full disk.
    """
    green = {finding.part for finding in findings if finding.ok}
    return "menu" in green and bool({"ledger", "spool"} & green)


def _check_menu(parts: Services) -> Finding:
    loaded = parts.versions.loaded()
    missing = describe_missing_menus(parts)
    if missing:
        fix = "run `gateway menus publish`, then look at what it says"
        if loaded:
            fix = "name a menu that is live as `menu` of the channel in gateway.toml, or publish one of that name"
        return Finding(part="menu", ok=False, needed=True, words=missing, fix=fix)
    return Finding(part="menu", ok=True, needed=True, words=f"live: {', '.join(sorted(loaded))}")


def _check_versions(parts: Services) -> Finding:
    """Report versions that should be live and cannot be read, so that callers still read an older one."""
    unreadable, served = parts.versions.list_unreadable(), parts.versions.loaded()
    if not unreadable:
        return Finding(part="menu_version", ok=True, words="what is live can be read")
    found = (
        f"{menu}: {version}, callers read {served.get(menu, 'none')}" for menu, version in unreadable.items()
    )
    fix = "`gateway menus rollback` to the version that is read; then publish the folder again"
    return Finding(part="menu_version", ok=False, words=f"cannot be read: {'; '.join(found)}", fix=fix)


def describe_missing_menus(parts: Services) -> str:
    """Return which channels want a menu that is not live, and which menus are live; empty if none is missing."""
    loaded = parts.versions.loaded()
    wanted = {
        name: line.config.menu for name, line in parts.channels.items() if line.config.menu not in loaded
    }
    wishes = ", ".join(f"{name} wants the menu {menu}" for name, menu in sorted(wanted.items()))
    return f"{wishes}; live: {', '.join(sorted(loaded)) or 'none'}" if wanted else ""


def _check_facts(parts: Services) -> Finding:
    """Report facts that have expired or expire soon; callers see a question mark in place of an expired one."""
    near = find_fact_ends(parts)
    span = THRESHOLDS[0]
    if not near:
        return Finding(part="facts", ok=True, words=f"none ends within {span} days")
    ended = sum(each.has_ended for each in near)
    first = ", ".join(f"{each.fact} on {each.last_day}" for each in near[:_NAMED])
    words = f"{ended} ended, {len(near) - ended} end within {span} days: {first}"
    fix = "check each at its source, write the new dates in the menu's folder, then publish"
    return Finding(part="facts", ok=False, words=words, fix=fix)


def _check_ledger(parts: Services) -> Finding:
    fix = "start the database that DATABASE_URL names, or look at the data folder's rights and free space"
    try:
        with parts.store.write() as tx:
            settings.save_setting(
                tx, _PROBE, time_and_chance.new_token(_PROBE_LENGTH), by="", now=parts.clock.now()
            )
        return Finding(part="ledger", ok=True, words=f"{parts.store.dialect} takes writes")
    except Unavailable as error:
        words = f"SQL cannot be written ({error}); requests go to the spool"
        return Finding(part="ledger", ok=False, words=words, fix=fix)


def _check_spool(parts: Services) -> Finding:
    fix = "give the data folder room and the rights of the user that runs the gateway"
    try:
        waiting, unreadable = len(parts.spool.list()), parts.spool.unreadable()
        parts.spool.try_writing()
    except OSError as error:
        return Finding(
            part="spool", ok=False, words=f"the spool cannot be written ({error.strerror})", fix=fix
        )
    except RingMissing:
        return Finding(
            part="spool", ok=False, words="nothing can be sealed: no key is known here", fix=_NO_RING
        )
    if unreadable:
        fix = "a person must look at the files ending in .unreadable in the spool folder"
        return Finding(part="spool", ok=False, words=f"{unreadable} entries cannot be read", fix=fix)
    return Finding(part="spool", ok=True, words=f"{waiting} waiting")


def _check_promises(parts: Services) -> Finding:
    """Report whether every promise made while SQL was away was kept, or still waits for SQL."""
    failed = len(parts.spool.failed())
    if not failed:
        return Finding(part="promises", ok=True, words="nothing that was told is left out")
    words = f"{failed} turns that were told to callers could not be put into SQL"
    fix = "look at the log (replay failed), then start the gateway again: each start tries them anew"
    return Finding(part="promises", ok=False, words=words, fix=fix)


def _check_sessions(parts: Services) -> Finding:
    if parts.sessions.answers():
        return Finding(part="redis", ok=True, words="answers")
    fix = "run `gateway up`, or start what REDIS_URL names; until then SQL keeps the sessions and the clock sends"
    return Finding(part="redis", ok=False, words="does not answer", fix=fix)


def _check_disk(parts: Services) -> Finding:
    try:
        free = shutil.disk_usage(parts.data_dir).free
    except OSError as error:
        words = f"the data folder cannot be looked at ({error.strerror})"
        return Finding(part="disk", ok=False, words=words, fix="mount the disk of the data folder again")
    if free < _LOW_DISK:
        return Finding(
            part="disk", ok=False, words=f"{free >> 20} MiB free", fix="make room in the data folder"
        )
    return Finding(part="disk", ok=True, words=f"{free >> 20} MiB free")


def _file_modes(parts: Services) -> Finding:
    """Report whether other users of this machine can open files of the data folder: keys, encrypted rows, the spool."""
    found = atomic_files.find_open_files(parts.data_dir)
    if not found:
        return Finding(part="file_modes", ok=True, words="the data folder is its owner's alone")
    named = ", ".join(str(path.relative_to(parts.data_dir)) for path in found[:_NAMED])
    words = f"others on this machine may open {len(found)} files of the data folder: {named}"
    fix = f"`chmod -R go= {parts.data_dir}` as their owner; each start does it where it may"
    return Finding(part="file_modes", ok=False, words=words, fix=fix)


def _check_line(parts: Services) -> list[Finding]:
    live = [parts.versions.live(menu)[1] for menu in parts.versions.loaded()]
    named = frozenset[str]().union(*map(list_named, live))
    return [_check_number(parts, name, is_named=name in named) for name in NUMBERS_OF_TEXTS]


def _check_number(parts: Services, name: str, *, is_named: bool) -> Finding:
    part = f"line.{name}"
    if name not in parts.line.unset:
        return Finding(part=part, ok=True, words="set")
    if name in REQUIRED_NUMBERS:
        fix = f"write the number as {name} under [line] in gateway.toml; no real channel starts without"
        return Finding(part=part, ok=False, words="not set", fix=fix)
    if is_named:
        fix = f"write the number as {name} under [line] in gateway.toml, or take {{{name}}} out of the texts"
        words = f"not set, and a text names {{{name}}}: no line reaches real phones with it"
        return Finding(part=part, ok=False, words=words, fix=fix)
    return Finding(part=part, ok=True, words="not set, and no text names it")


def _check_schema(parts: Services) -> Finding:
    with parts.store.read() as tx:
        found = read_revision(tx)
    if found == find_newest():
        return Finding(part="schema", ok=True, words=f"revision {found}")
    return Finding(part="schema", ok=False, words=f"revision {found}", fix="run `gateway db upgrade`")


def _clock_process(parts: Services) -> Finding:
    with parts.store.read() as tx:
        rows = settings.list_tasks(tx)
    seen = max((row.ok_at for row in rows if row.ok_at), default=None)
    failing = [row.name for row in rows if row.fault]
    if seen is None or parts.clock.now() - seen > _CLOCK_SILENT:
        return Finding(
            part="clock", ok=False, words=_format_since(seen), fix="start `gateway clock` (`gateway up` does)"
        )
    if failing:
        return Finding(
            part="clock", ok=False, words=f"failing: {', '.join(failing)}", fix="look at the clock's log"
        )
    return Finding(part="clock", ok=True, words="does its chores")


def _format_since(seen: datetime | None) -> str:
    return "has never done a chore" if seen is None else f"silent since {seen:%H:%M} UTC"


def _check_outbox(parts: Services) -> Finding:
    now = parts.clock.now()
    with parts.store.read() as tx:
        oldest, unclear = outbox.find_oldest_due(tx, now=now), outbox.count_unclear(tx)
    if unclear:
        fix = "`gateway outbox list --state unclear`, ask the provider, then `gateway outbox settle`"
        return Finding(part="outbox", ok=False, words=f"{unclear} unclear: was it sent?", fix=fix)
    if oldest is not None and now - oldest > _OLDEST_DUE:
        fix = "see that `gateway worker` or `gateway clock` runs and that the provider answers"
        return Finding(part="outbox", ok=False, words="messages are late", fix=fix)
    return Finding(part="outbox", ok=True, words="nothing late, nothing unclear")


def _check_reviews(parts: Services) -> Finding:
    """Report languages that are withheld from real phones because the way to a callback was not reviewed."""
    held = find_withheld(parts)
    if held:
        words = " · ".join(str(each) for each in held)
        fix = "`gateway menus reviews list LANGUAGE --path` shows them; let them be read, then `reviews read`, publish"
        if all(each.unset for each in held):
            fix = "set the number under [line] in gateway.toml, or take its name out of the texts and publish"
        return Finding(part="reviews", ok=False, words=words, fix=fix)
    real = any(channel.contract.real for channel in parts.channels.values())
    words = "every language that is offered was reviewed" if real else "no line reaches real phones"
    return Finding(part="reviews", ok=True, words=words)


def _check_channels(parts: Services) -> list[Finding]:
    """Report the status of each channel that reaches real phones."""
    return [
        Finding(
            part=f"channel.{line.name}",
            ok=not line.trouble,
            words=line.trouble or "stands well",
            fix=line.fix,
        )
        for line in channel_status.list_statuses(parts)
        if line.channel.contract.real
    ]


def _check_notices(parts: Services) -> Finding:
    """Report whether operators texted something that nobody has read: an expiring SIM ends a channel."""
    with parts.store.read() as tx:
        unseen = conversations.count_unseen(tx)
    if not unseen:
        return Finding(part="notices", ok=True, words="nothing of an operator is unread")
    words = f"{unseen} texts of operators are unread"
    return Finding(part="notices", ok=False, words=words, fix="`gateway channels notices --read`")


def _check_bridges(parts: Services) -> list[Finding]:
    """Report whether each channel with bridged calls has the number that both phones will see."""
    lines = {name: channel.bridging for name, channel in parts.channels.items() if isinstance(channel, Calls)}
    fix = 'set the voice number of its account, or bridge = "no" in its options in gateway.toml'
    return [
        Finding(
            part=f"bridge.{name}",
            ok=bool(bridging.number),
            words="has its number" if bridging.number else "is switched on and has no number to call from",
            fix="" if bridging.number else fix,
        )
        for name, bridging in lines.items()
        if bridging.on
    ]


def _check_duty(parts: Services) -> Finding:
    """Report whether anybody is ever on duty, by shifts or opening hours; otherwise callers are offered no window."""
    now = parts.clock.now()
    with parts.store.read() as tx:
        hours = find_hours(tx, parts.line.hours, parts.line.zone, now)
    today, _ = find_local_minute(parts.line.zone, now)
    if any(hours.on(today + timedelta(days=ahead)) for ahead in range(_FORTNIGHT)):
        return Finding(part="duty", ok=True, words="somebody is on duty in the next two weeks")
    fix = "enter shifts on the page Shifts, or write [hours] in gateway.toml"
    return Finding(
        part="duty", ok=False, words="nobody is ever on duty, so callers are offered no time", fix=fix
    )


def _check_guard(parts: Services) -> Finding:
    state = clock_guard.find_state(parts)
    if state.get("on"):
        fix = "set this machine's clock right, then confirm it: `gateway doctor --confirm-clock --as NAME`"
        words = f"calls, texts and whatever ends are stopped: the clock {_WHY.get(str(state.get('why')), 'is wrong')}"
        return Finding(part="clock_guard", ok=False, words=words, fix=fix)
    return Finding(part="clock_guard", ok=True, words="the clock can be trusted")


def _check_endings(parts: Services) -> Finding:
    """Report a cleanup that was held back because it would end too much at once."""
    held = clock_guard.find_refused(parts)
    if not held:
        return Finding(part="endings", ok=True, words="nothing ends in numbers")
    words = ", ".join(f"{value['many']} of {value['of']} {what}" for what, value in held.items())
    fix = f"see that the clock and the settings are right, then `gateway doctor --let-end {min(held)} --as NAME`"
    return Finding(part="endings", ok=False, words=f"would end in one run, and wait: {words}", fix=fix)


_Look = Callable[[Services], Finding | list[Finding]]
_WITHOUT_SQL: dict[str, _Look] = {
    "menu": _check_menu,
    "menu_version": _check_versions,
    "ledger": _check_ledger,
    "spool": _check_spool,
    "redis": _check_sessions,
    "disk": _check_disk,
    "file_modes": _file_modes,
    "line": _check_line,
    "bridge": _check_bridges,
    "reviews": _check_reviews,
    "facts": _check_facts,
    "promises": _check_promises,
}
_WITH_SQL: dict[str, _Look] = {
    "schema": _check_schema,
    "duty": _check_duty,
    "clock": _clock_process,
    "outbox": _check_outbox,
    "clock_guard": _check_guard,
    "endings": _check_endings,
    "channel": _check_channels,
    "notices": _check_notices,
}
