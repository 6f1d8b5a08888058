"""Build the services of a process from its settings: the only module that knows how everything is constructed."""

import hashlib
import logging
import os
from collections.abc import Callable, Collection, Mapping
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config import apply_changes, list_settings
from config import settings as config
from config.desk import DeskSettings
from config.settings import CLOCK_BESIDE_ACCOUNT, Settings, SettingsError
from gateway.channels import UnknownProvider, find_channel
from gateway.channels.contract import BadAccount, Channel, ChannelConfig, Linked
from gateway.channels.web_push import PushService
from gateway.conversations import one_shot
from gateway.delivery import claim
from gateway.delivery.nudge import Nudger
from gateway.domain.callbacks.windows import BadHours, Hours
from gateway.domain.outbox.states import CALL, PUSH
from gateway.foundation.fault_injection import KINDS, STORE, Outages
from gateway.foundation.services import (
    AnswerBounds,
    BadSetting,
    DeskConfig,
    HelplineConfig,
    LineState,
    OwnOutcome,
    Services,
    StatedSetting,
)
from gateway.foundation.time_and_chance import Clock, Serials, WatchedClock
from gateway.helpdesk.alerts import announce
from gateway.helpdesk.calls import bridge_events
from gateway.helpdesk.queue import clock_righting
from gateway.helpdesk.requests import refuse
from gateway.operations import refresh, supervisor
from gateway.storage import atomic_files, migrate
from gateway.storage import settings as kept
from gateway.storage.atomic_files import read_master_key
from gateway.storage.counts import Counters
from gateway.storage.database import Store, Tx, Unavailable
from gateway.storage.duty import DutyHours
from gateway.storage.live_menus import Versions
from gateway.storage.outbox import OutboxRow
from gateway.storage.sessions import Sessions
from gateway.storage.spool import Spool

_log = logging.getLogger(__name__)


class NoTables(Exception):
    """The database is empty: the product has never been started on it."""


_REDIS_SECONDS = 0.3
"""Time limit of Redis, in seconds; a request that would wait longer continues without it."""


INSIDE: Mapping[str, Callable[[Services, Tx, OutboxRow], None]] = {
    "announce": announce.announce_request,
    "escalate": announce.escalate_request,
    "danger_text": announce.tell_of_danger,
    announce.BUNDLE: announce.tell_bundle,
}


def open_parts(settings: Settings | None = None) -> Services:
    """Build the services of one process; without settings, from its environment.

    Raises:
        SettingsError: some settings are invalid.
        NoTables: the product has never been started on this database.
    """
    settings = settings or config.from_process()
    line = _read_helpline(settings)
    channels = _build_channels(settings, real=not line.missing)
    clock = open_clock(settings)
    _refuse_moved_time(clock, channels)
    outages = open_outages(settings, channels)
    away = (lambda: outages.until(STORE, now=clock.now()) is not None) if outages else None
    store = open_store(settings, clock, away=away)
    own = refresh.find_values(store, settings.data_dir / "live")
    if line.missing and not refresh.apply_values(partial(apply_changed_settings, settings), own).line.missing:
        # A page has set the number without which no real channel may start.
        channels = _build_channels(settings, real=True)
        _refuse_moved_time(clock, channels)
    parts = _build_services(settings, line, channels, clock, store)
    refresh.take_values(parts, own)
    return parts


def _build_services(
    settings: Settings, line: HelplineConfig, channels: Mapping[str, Channel], clock: Clock, store: Store
) -> Services:
    client = open_redis(settings)
    return Services(
        store=store,
        sessions=Sessions(client, store, clock, memory=_find_memory_folder(settings.data_dir)),
        spool=_open_spool(settings, store),
        channels=channels,
        versions=Versions(store, settings.data_dir / "live", unset=line.unset),
        duty=DutyHours(store, settings.data_dir / "live", clock),
        clock=clock,
        line=line,
        count=_open_counters(clock, line.zone, channels),
        nudge=Nudger(client, clock),
        data_dir=settings.data_dir,
        inside=INSIDE,
        after={CALL: bridge_events.note_placed_call, PUSH: claim.note_pushed},
        set_right=clock_righting.set_right,
        opted_out=refuse.take_opt_out,
        desk=read_desk(settings.file.desk),
        answers=AnswerBounds(**settings.file.answers.model_dump()),
        lease_seconds=settings.env.gateway_outbox_lease,
        public_url=settings.public_url,
        push=PushService(),
        asks_second_factor=settings.asks_second_factor or any(one.contract.real for one in channels.values()),
        stated=tuple(StatedSetting(*one) for one in list_settings(settings)),
        apply=partial(apply_changed_settings, settings),
    )


def apply_changed_settings(
    settings: Settings, changes: Mapping[tuple[str, ...], Any], channels: Collection[str]
) -> LineState:
    """Return what follows from changed settings, checked as at a start: by the file's rules, then by each channel's."""
    try:
        changed = apply_changes(settings, changes)
        line = _read_helpline(changed)
        built = {name: _build_channel(changed, name, real=not line.missing) for name in channels}
    except (SettingsError, BadAccount, BadHours) as error:
        raise BadSetting(str(error)) from None
    return LineState(line=line, answers=AnswerBounds(**changed.file.answers.model_dump()), channels=built)


_NO_LISTS = frozenset({"languages", "outcomes"})
"""Settings of the desk that are no list of the case record."""


def read_desk(desk: DeskSettings) -> DeskConfig:
    """Return the settings of the centre's desk."""
    lists = {name: getattr(desk, name) for name in DeskSettings.model_fields if name not in _NO_LISTS}
    outcomes = {word: OwnOutcome(means=row.means, label=row.label) for word, row in desk.outcomes.items()}
    return DeskConfig(languages=desk.languages, lists=lists, outcomes=outcomes)


def _open_counters(clock: Clock, zone: str, channels: Mapping[str, Channel]) -> Counters:
    return Counters(clock, zone, frozenset(name for name, one in channels.items() if not one.contract.real))


def _open_spool(settings: Settings, store: Store) -> Spool:
    spool = Spool(settings.data_dir / "spool", store.ring)
    with suppress(OSError):  # a full or read-only disk
        spool.take_up()  # a newer release, or keys that came back, may succeed now
    return spool


def open_serving_parts(settings: Settings) -> tuple[Services, Callable[[], object]]:
    """Build the services of a serving process, which starts with or without SQL.

    Returns:
        The services, and a function for the refresh thread to call first: until SQL has been seen with this release's
        tables the store refuses everything, so that older tables are not written to; the function migrates and opens
            it.
    """
    atomic_files.close_files(settings.data_dir)
    parts = open_parts(settings)
    refresh.keep_copy(parts)
    if not _is_up_to_date(parts.store):
        parts.store.shut()
    return parts, lambda: catch_up(parts, settings)


def catch_up(parts: Services, settings: Settings) -> None:
    """Migrate the database and open the store, where it was shut at the start.

    Raises:
        Unavailable: SQL is still down.
    """
    if not parts.store.is_shut:
        return
    with closing(open_ledger(settings)) as ledger:
        migrate.upgrade(ledger)
        with ledger.write() as tx:
            parts.store.ring.load(tx, parts.clock.now())
    parts.store.reopen()
    _log.info("SQL is back, its tables are of this release")


def _is_up_to_date(store: Store) -> bool:
    try:
        found = migrate.find_revision(store)
    except Unavailable:
        return False
    # A newer release only adds to the tables, so an older process continues until it is upgraded.
    return found == migrate.find_newest() or (found is not None and not migrate.knows_revision(found))


def has_local_copies(settings: Settings) -> bool:
    """Say whether this machine has the copies of keys and menus that are needed to serve without SQL."""
    return (settings.data_dir / "keys" / "ring").exists() and any((settings.data_dir / "live").glob("*.json"))


def open_clock(settings: Settings) -> Clock:
    """Return the clock; with the test clock enabled, one with the shared offset."""
    offset = settings.data_dir / "clock" if settings.env.gateway_test_clock == "1" else None
    return WatchedClock(offset)


def open_outages(settings: Settings, channels: Mapping[str, Channel]) -> Outages | None:
    """Return the simulated outages; None where a real channel exists."""
    real = any(channel.contract.real for channel in channels.values())
    return Outages(settings.data_dir / "outages") if settings.may_try_outages and not real else None


def end_outages(settings: Settings) -> None:
    """End all simulated outages, at the start of the product."""
    for kind in KINDS:
        Outages(settings.data_dir / "outages").end(kind)


def open_store(settings: Settings, clock: Clock, *, away: Callable[[], bool] | None = None) -> Store:
    """Open the store and its key ring; without SQL, the ring from this machine's copy.

    Raises:
        NoTables: the database is empty.
    """
    store = open_ledger(settings, away=away, mark=clock.mark)
    try:
        with store.write() as tx:
            if migrate.read_revision(tx) is None:
                raise NoTables(
                    "The database has no tables yet: start with `gateway up`, or run `gateway db upgrade`."
                )
            store.ring.load(tx, clock.now())
    except Unavailable:
        store.ring.load_copy()
    return store


def open_ledger(
    settings: Settings, *, away: Callable[[], bool] | None = None, mark: Callable[[], str] = str
) -> Store:
    """Return the store without its key ring, for a migration: there may be no table yet."""
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    given = settings.env.gateway_secret_key
    master = read_master_key(settings.data_dir, given.get_secret_value() if given else None)
    copy = settings.data_dir / "keys" / "ring"
    return Store(settings.database_url, master=master, ring_copy=copy, away=away, mark=mark)


def open_redis(settings: Settings) -> redis.Redis:
    """Return a client with a limit of 0.3 s and no retries: at worst a menu position is lost, never an effect."""
    url = (
        settings.env.redis_url.get_secret_value()
        if settings.env.redis_url
        else supervisor.find_url(settings.data_dir)
    )
    return redis.Redis.from_url(
        url,
        socket_timeout=_REDIS_SECONDS,
        socket_connect_timeout=_REDIS_SECONDS,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
    )


def list_refreshed(parts: Services) -> list[Callable[[], object]]:
    """Return what every process does each second: refresh menus, rota, sessions and keys, replay the spool."""
    return [
        parts.versions.refresh,
        parts.duty.refresh,
        lambda: refresh.renew_values(parts),
        parts.sessions.refresh,
        lambda: _refresh_keys(parts),
        lambda: one_shot.replay_spool(parts),
    ]


def open_serials(parts: Services) -> Serials:
    """Return the valid webhook secrets of the channels."""

    def read(name: str) -> object:
        with parts.store.read() as tx:
            return kept.get_setting(tx, name)

    guarded = [
        name
        for name, channel in parts.channels.items()
        if channel.contract.shows_facts and parts.reaches_real_phones
    ]
    return Serials(parts.channels, key=lambda: parts.store.ring.key("webhook"), read=read, guarded=guarded)


def _refresh_keys(parts: Services) -> None:
    with parts.store.read() as tx:
        parts.store.ring.refresh(tx)


def _find_memory_folder(data_dir: Path) -> Path | None:
    """Return this data folder's folder in shared memory, where the system has one (Linux, shm_overview(7))."""
    shared = Path("/dev/shm")  # noqa: S108 - only a private folder in it, which `InMemory` creates and checks
    name = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    return shared / f"helpline-{os.getuid()}-{name}" if shared.is_dir() else None


def _refuse_moved_time(clock: Clock, channels: Mapping[str, Channel]) -> None:
    """Refuse a test clock where a real channel exists."""
    if clock.is_moved_by_tests and any(channel.contract.real for channel in channels.values()):
        raise SettingsError([CLOCK_BESIDE_ACCOUNT])


def _build_channels(settings: Settings, *, real: bool) -> dict[str, Channel]:
    """Build the channels; an invalid account or provider name is reported like any other settings error."""
    found: dict[str, Channel] = {}
    faults: list[str] = []
    for name in settings.file.channels:
        try:
            found[name] = _build_channel(settings, name, real=real)
        except (BadAccount, UnknownProvider) as error:
            faults.append(str(error))
    if faults := [*faults, *_list_way_faults(found)]:
        raise SettingsError(faults)
    return found


def _list_way_faults(channels: Mapping[str, Channel]) -> list[str]:
    """Return a fault for each way to callers that two channels claim, or that ends at a channel without texts."""
    mute = {name for name, channel in channels.items() if not channel.contract.carries_texts}
    faults, claimed = [], dict[str, str]()
    for name, channel in channels.items():
        faults += [
            f"channels.{name}.caller_prefixes has {prefix}, as channels.{claimed[prefix]} has"
            for prefix in channel.config.caller_prefixes
            if claimed.setdefault(prefix, name) != name
        ]
        if name in mute and channel.config.caller_prefixes:
            faults.append(f"channels.{name}.caller_prefixes: this line carries no texts")
        faults += [
            f"channels.{name}.caller_fallback names {other}, which carries no texts"
            for other in channel.config.caller_fallback
            if other in mute
        ]
    return faults


def has_links(settings: Settings) -> bool:
    """Say whether a channel keeps a connection of its own, for which a process is needed."""
    if not settings.has_account:
        return False
    # The database is not asked before the processes start.
    own = refresh.read_copy(settings.data_dir / "live")
    line = refresh.apply_values(partial(apply_changed_settings, settings), own).line
    built = _build_channels(settings, real=not line.missing).values()
    return any(isinstance(channel, Linked) and channel.has_link for channel in built)


def _build_channel(settings: Settings, name: str, *, real: bool) -> Channel:
    """Build one channel; where real phones may not be reached, it is built without its account."""
    line = settings.file.channels[name]
    options = settings.channel_options(name)
    if settings.may_try_outages:
        options["outages"] = str(settings.data_dir / "outages")
    config = ChannelConfig(
        name=name,
        options=options,
        run_dir=str(settings.data_dir / "links"),
        **line.model_dump(exclude={"options"}),
    )
    built = find_channel(config)
    if real or not built.contract.real:
        return built
    proof = {option: value for option, value in config.options.items() if option == "signing_key"}
    return find_channel(replace(config, options=proof))


def _read_helpline(settings: Settings) -> HelplineConfig:
    hours = Hours.parse({day: list(spans) for day, spans in settings.file.hours.items()})
    return HelplineConfig(**settings.file.line.model_dump(), hours=hours)
