"""Prepares a start on one machine (tables, menus, recovery sheet), and prints the addresses afterwards."""

import math
import urllib.error
import urllib.request
from contextlib import closing, suppress
from dataclasses import dataclass

import click

from config.settings import Settings
from gateway.bootstrap import end_outages, has_local_copies, open_ledger, open_parts, open_serials
from gateway.cli import upkeep
from gateway.foundation.services import Services
from gateway.foundation.time_and_chance import Clock
from gateway.helpdesk.staff import people
from gateway.operations.health import describe_missing_menus
from gateway.operations.maintenance import key_care
from gateway.operations.maintenance.key_care import SheetQuestion
from gateway.operations.publishing import publish, stored
from gateway.operations.supervisor import CannotStart, Supervisor
from gateway.storage import atomic_files, migrate
from gateway.storage.database import Unavailable
from gateway.storage.live_menus import find_withheld
from gateway.web.webhooks.views import list_addresses

_READY_AS_A_RULE = 30.0
_WITHOUT_SQL = (
    "The database cannot be asked now. Calls are answered from what this machine keeps.",
    "Requests wait in the spool; when it is back its tables are brought up to date and they are written.",
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What to print once everything runs.

    Attributes:
        lines: the addresses and hints.
        question: the question about a recovery sheet that was just shown; None without one.
        versions: ids of the live versions of menus that SQL holds whole, of which this machine has a copy.
    """

    lines: tuple[str, ...]
    question: SheetQuestion | None = None
    versions: tuple[str, ...] = ()


def prepare_start(settings: Settings, *, at_terminal: bool) -> Prepared:
    """Upgrade the tables and publish the first menus; while SQL is away, check that calls can be answered without it.

    Args:
        settings: of this machine.
        at_terminal: output goes to a person at a terminal and not to a log, so it may contain secrets.

    Raises:
        CannotStart: the shipped menu has errors, or SQL is away and there is no local copy of keys and menus.
    """
    _close_files(settings)
    try:
        with closing(open_ledger(settings)) as ledger:
            migrate.upgrade(ledger)
        return _prepare_ledger(settings, at_terminal=at_terminal)
    except Unavailable:
        return _without_sql(settings)
    except OSError as error:
        raise CannotStart(
            f"{error.filename or settings.data_dir} cannot be used ({error.strerror}); run `gateway doctor`."
        ) from None


def _close_files(settings: Settings) -> None:
    """Remove other users' access to the data folder, as an earlier release left files readable by everyone."""
    closed = atomic_files.close_files(settings.data_dir)
    if closed:
        click.echo(
            f"{closed} files of the data folder were open to others on this machine; now they are not."
        )


def _prepare_ledger(settings: Settings, *, at_terminal: bool) -> Prepared:
    with suppress(OSError):  # the disk is full or read-only
        end_outages(settings)
    parts = open_parts(settings)
    try:
        _prepare_menus(parts, settings)
        parts.versions.refresh()
        _say_missing_menus(parts)
        question = _recovery_sheet(parts, at_terminal=at_terminal)
        lines = [*_list_addresses(parts, settings, at_terminal=at_terminal), *_list_withheld(parts)]
        return Prepared(tuple(lines), question, parts.versions.list_whole())
    finally:
        parts.store.close()


def _without_sql(settings: Settings) -> Prepared:
    if not has_local_copies(settings):
        raise CannotStart(
            "The database cannot be asked, and this machine keeps no copy of keys and menus to answer from: start what "
            "DATABASE_URL names, or make room in the data folder, then start again."
        )
    return Prepared(_WITHOUT_SQL)


def is_ready(settings: Settings, clock: Clock, supervisor: Supervisor) -> bool:
    """Wait until the web server reports that it can store requests; False if a stop signal comes first."""
    late = clock.monotonic() + _READY_AS_A_RULE
    address = f"http://{_find_host(settings)}:{settings.env.port}/readyz"
    while not supervisor.stopping:
        supervisor.look_after()
        try:
            with urllib.request.urlopen(address, timeout=1):
                return True
        except (urllib.error.URLError, OSError):
            clock.sleep(0.1)
        if clock.monotonic() > late:
            late = math.inf
            click.echo("The web server does not answer yet; run `gateway doctor` to see why.", err=True)
    return False


def _prepare_menus(parts: Services, settings: Settings) -> None:
    folder = settings.env.gateway_menus_dir
    problems = publish.publish_first(parts, folder)
    for problem in problems:
        click.echo(str(problem), err=True)
    if problems:
        raise CannotStart(f"The menus in {folder} have errors, so nothing can be published; see above.")
    if stored.has_changed(parts, folder):
        click.echo(
            f"The menus in {folder} differ from the live version; `gateway menus publish` takes them up."
        )


def _recovery_sheet(parts: Services, *, at_terminal: bool) -> SheetQuestion | None:
    """Make and show the first recovery sheet; without a terminal, print how to make one."""
    with parts.store.read() as tx:
        known, confirmed = key_care.find_public_key(tx), key_care.is_confirmed(tx)
    if known is None and at_terminal:
        return upkeep.show_new_sheet(parts)
    if known is None:
        click.echo(f"There is no recovery sheet yet, and no backup without one: {upkeep.HOW_TO_MAKE}.")
    elif not confirmed:
        click.echo(f"Nobody has said that the recovery sheet is on paper: {upkeep.HOW_TO_CONFIRM}.")
    return None


def _list_addresses(parts: Services, settings: Settings, *, at_terminal: bool) -> list[str]:
    base = settings.public_url
    phone = f"{base}/phone/" if settings.phone_is_on else "off (GATEWAY_PHONE)"
    lines = [f"Console        {base}/", *_first_sign_in(parts, base, at_terminal=at_terminal)]
    return [*lines, f"Phone          {phone}", *_list_webhooks(parts, base, at_terminal=at_terminal)]


def _first_sign_in(parts: Services, base: str, *, at_terminal: bool) -> list[str]:
    if not at_terminal:
        if people.has_administrator(parts):
            return []
        return ["First sign-in  `gateway people add NAME --role administrator` prints a link"]
    token = people.invite_first_administrator(parts)
    if token is None:
        return []
    return [f"First sign-in  {base}/invitation/{token}  (works once, within 30 minutes)"]


def _list_webhooks(parts: Services, base: str, *, at_terminal: bool) -> list[str]:
    """Return the lines about webhooks; URLs only at a terminal, since they hold secrets and a journal is kept."""
    if not at_terminal:
        return [f"Webhooks       of {', '.join(parts.channels)}: `gateway webhooks` prints them"]
    serials = open_serials(parts)
    serials.renew()
    found = list_addresses(base, parts.channels, serials.secrets)
    lines = [
        f"Webhooks       {line}: {events.get('ussd', next(iter(events.values())))}"
        for line, events in found.items()
    ]
    return [*lines, "               all of them: gateway webhooks"]


def _say_missing_menus(parts: Services) -> None:
    """Print at once which channel lacks a published menu, as this start will not become ready."""
    missing = describe_missing_menus(parts)
    if missing:
        click.echo(f"Not ready      {missing}", err=True)


def _list_withheld(parts: Services) -> list[str]:
    """Return the languages that are withheld from real phones because their texts are not reviewed."""
    held = find_withheld(parts)
    lines = [f"{'Number not set' if each.unset else 'Not reviewed  '} {each}" for each in held]
    hint = "               `gateway menus reviews list LANGUAGE --path` shows them"
    return [*lines, hint] if any(each.waiting for each in held) else lines


def _find_host(settings: Settings) -> str:
    return "127.0.0.1" if settings.env.host in {"0.0.0.0", "::", ""} else settings.env.host  # noqa: S104
