"""What a start on one machine does before the processes run, and what it says afterwards."""

import math
import urllib.error
import urllib.request
from contextlib import closing

import click

from config.settings import Settings
from gateway.bootstrap import end_outages, open_ledger, open_parts, open_serials
from gateway.clock import Clock
from gateway.desk import people
from gateway.parts import Parts
from gateway.publishing import publish
from gateway.serving import find_held_back
from gateway.store import migrate
from gateway.up import CannotStart, Supervisor
from gateway.upkeep import sheet
from gateway.webhooks.addresses import addresses

_READY_AS_A_RULE = 30.0


def prepare(settings: Settings) -> list[str]:
    """Bring tables and menus up to date and return the lines that tell where everything is.

    Raises:
        CannotStart: the shipped menu cannot be published.
    """
    with closing(open_ledger(settings)) as ledger:
        migrate.upgrade(ledger)
    end_outages(settings)
    parts = open_parts(settings)
    try:
        _menus(parts, settings)
        parts.versions.refresh()
        return [*_recovery_sheet(parts), *_addresses(parts, settings), *_held_back(parts)]
    finally:
        parts.store.close()


def is_ready(settings: Settings, clock: Clock, supervisor: Supervisor) -> bool:
    """Wait until the web server says that it can keep a request; False where a signal came first."""
    late = clock.monotonic() + _READY_AS_A_RULE
    address = f"http://{_host(settings)}:{settings.env.port}/readyz"
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


def _menus(parts: Parts, settings: Settings) -> None:
    folder = settings.env.gateway_menus_dir
    problems = publish.first_start(parts, folder)
    for problem in problems:
        click.echo(str(problem), err=True)
    if problems:
        raise CannotStart(f"The menus in {folder} have errors, so nothing can be published; see above.")
    if publish.differs(parts, folder):
        click.echo(
            f"The menus in {folder} differ from the live version; `gateway menus publish` takes them up."
        )


def _recovery_sheet(parts: Parts) -> list[str]:
    words = sheet.first(parts)
    if words is None:
        return []
    return [
        "Recovery sheet, shown this once. Write it down, keep it elsewhere; a backup opens only with it:",
        f"    {words}",
    ]


def _addresses(parts: Parts, settings: Settings) -> list[str]:
    base = settings.public_url
    lines = [f"Console        {base}/"]
    token = people.first_administrator(parts)
    if token is not None:
        lines.append(f"First sign-in  {base}/invitation/{token}  (works once, within 30 minutes)")
    lines.append(
        f"Phone          {base}/phone/" if settings.phone_is_on else "Phone          off (GATEWAY_PHONE)"
    )
    serials = open_serials(parts)
    serials.renew()
    for channel, events in addresses(base, parts.channels, serials.secrets).items():
        lines.append(f"Webhooks       {channel}: {events.get('ussd', next(iter(events.values())))}")
    lines.append("               all of them: gateway webhooks")
    return lines


def _held_back(parts: Parts) -> list[str]:
    """Say which languages do not reach real phones: somebody looks here, and wonders why nobody calls."""
    held = find_held_back(parts)
    told = [f"Not reviewed   {each}" for each in held]
    return [*told, "               `gateway menus reviews list LANGUAGE --path` shows them"] if held else []


def _host(settings: Settings) -> str:
    return "127.0.0.1" if settings.env.host in {"0.0.0.0", "::", ""} else settings.env.host  # noqa: S104
