"""Implements ``gateway doctor``: runs every health check and prints the findings with a fix."""

import sys
from collections.abc import Callable

import click

from config import settings as config
from config.settings import Settings, SettingsError
from gateway.bootstrap import NoTables, open_parts, open_redis
from gateway.cli import upkeep
from gateway.delivery import clock_guard, nudge
from gateway.domain.permissions import Actor, NotPermitted
from gateway.foundation.services import Services
from gateway.operations import health
from gateway.operations.health import Finding
from gateway.operations.maintenance import key_care
from gateway.operations.publishing import stored
from gateway.storage.database import Unavailable
from gateway.storage.encryption import RingMissing

_NOTHING = "start with `gateway up`, or run `gateway db upgrade`; `gateway restore` brings a backup into an empty one"
_OTHER_KEYS = (
    "give GATEWAY_SECRET_KEY, or the data folder's keys, of the machine on which this database was made"
)


@click.command()
@click.option(
    "--confirm-clock", is_flag=True, help="Say that this machine's clock is right; calls and texts go on."
)
@click.option(
    "--let-end",
    type=click.Choice(sorted(clock_guard.SHARE)),
    help="Let end in the next two hours what waits because it is more than may end at once.",
)
@click.option("--as", "name", help="With --confirm-clock or --let-end: the name of the person who says so.")
def doctor(confirm_clock: bool, let_end: str | None, name: str | None) -> None:  # noqa: FBT001 - click passes flags so
    """Check each part: in order, or what to do."""
    if confirm_clock:
        _do_as(name, "--confirm-clock", clock_guard.confirm_clock)
    if let_end is not None:
        _do_as(name, "--let-end", lambda parts, actor: clock_guard.allow_end(parts, actor, let_end))
    findings = _list_findings()
    for finding in findings:
        click.echo(_describe_finding(finding))
    sys.exit(0 if all(finding.ok for finding in findings) else 1)


def _do_as(name: str | None, option: str, deed: Callable[[Services, Actor], None]) -> None:
    from gateway.helpdesk.errors import Rejected
    from gateway.helpdesk.staff.people import find_actor

    if name is None:
        raise click.UsageError(f"{option} needs --as NAME: it is written down who looked")
    parts = open_parts()
    try:
        deed(parts, find_actor(parts, name))
    except Rejected:
        raise click.ClickException(f"there is nobody named {name}") from None
    except NotPermitted as error:
        raise click.ClickException(str(error)) from None


def _list_findings() -> tuple[Finding, ...]:
    """Run every check; if the services cannot be built at all, that is the only finding."""
    try:
        settings = config.from_process()
    except SettingsError as error:
        return _settings_faults(error)
    try:
        parts = open_parts(settings)
    except SettingsError as error:
        return _settings_faults(error)
    except OSError as error:
        words = f"{error.filename or settings.data_dir} cannot be used ({error.strerror})"
        fix = "make room there, mount it for writing, or give it to the user that runs the gateway"
        return (Finding(part="data folder", ok=False, words=words, fix=fix),)
    except NoTables:
        return (Finding(part="schema", ok=False, words="nothing was ever started here", fix=_NOTHING),)
    except RingMissing:
        return (Finding(part="keys", ok=False, words="the master key opens none of them", fix=_OTHER_KEYS),)
    parts.versions.refresh()
    looks: dict[str, Callable[[], Finding | list[Finding]]] = {
        "worker": lambda: _check_worker(settings),
        "menus folder": lambda: _check_folder(parts, settings),
        "account": lambda: _check_account(parts, settings),
        "sign-in": lambda: _second_factor(parts),
        "recovery": lambda: _recovery_sheet(parts),
    }
    return (
        Finding(part="settings", ok=True, words="can be used"),
        *health.look_around(parts),
        *(found for part, look_at in looks.items() for found in health.look_safely(part, look_at)),
    )


def _settings_faults(error: SettingsError) -> tuple[Finding, ...]:
    fix = "config/example.env and config/gateway.toml say what each of them means"
    return tuple(Finding(part="settings", ok=False, words=fault, fix=fix) for fault in error.faults)


def _recovery_sheet(parts: Services) -> list[Finding]:
    """Report whether backups can be restored: they are encrypted to a sheet, and somebody has confirmed it on paper."""
    try:
        with parts.store.read() as tx:
            known, confirmed = key_care.find_public_key(tx), key_care.is_confirmed(tx)
    except Unavailable:
        return []  # the database check reports this already
    if confirmed:
        return [Finding(part="recovery", ok=True, words="the sheet is on paper")]
    if known is None:
        words = "there is no recovery sheet, so there can be no backup"
        return [Finding(part="recovery", ok=False, words=words, fix=upkeep.HOW_TO_MAKE)]
    words = "nobody has said that the recovery sheet is on paper"
    return [Finding(part="recovery", ok=False, words=words, fix=upkeep.HOW_TO_CONFIRM)]


def _check_worker(settings: Settings) -> Finding:
    client = open_redis(settings)
    count = nudge.count_listeners(client)
    client.close()
    if count:
        return Finding(part="worker", ok=True, words=f"{count} at work")
    fix = "start `gateway worker` (`gateway up` does); until then the clock sends, some seconds later"
    return Finding(part="worker", ok=False, words="none takes nudges", fix=fix)


def _check_folder(parts: Services, settings: Settings) -> list[Finding]:
    folder = settings.env.gateway_menus_dir
    try:
        differs = stored.has_changed(parts, folder)
    except Unavailable:
        return []  # the database check reports this already
    if not differs:
        return [Finding(part="menus folder", ok=True, words=f"{folder} is what is live")]
    fix = "`gateway menus publish` takes the folder up; `gateway menus versions` shows what is live"
    return [Finding(part="menus folder", ok=False, words=f"{folder} differs from the live version", fix=fix)]


def _check_account(parts: Services, settings: Settings) -> list[Finding]:
    if not settings.has_account:
        return [Finding(part="account", ok=True, words="none is set: texts stay here, in the simulator")]
    if parts.line.missing:
        missing = ", ".join(parts.line.missing)
        fix = f"set {missing} under [line] in gateway.toml, then start again"
        return [
            Finding(part="account", ok=False, words="is set, but no text leaves for real phones", fix=fix)
        ]
    real = [name for name, channel in parts.channels.items() if channel.contract.real]
    return [
        Finding(
            part="account", ok=True, words=f"reaches real phones by {', '.join(real) or 'no line: a sandbox'}"
        )
    ]


def _second_factor(parts: Services) -> Finding:
    if parts.asks_second_factor:
        return Finding(
            part="sign-in", ok=True, words="asks supervisors and administrators for a second factor"
        )
    fix = "unset GATEWAY_SECOND_FACTOR, which is for trials, and start again"
    return Finding(part="sign-in", ok=False, words="a password alone opens everything", fix=fix)


def _describe_finding(finding: Finding) -> str:
    line = f"{'green' if finding.ok else 'red  '}  {finding.part:<13} {finding.words}"
    return line if finding.ok else f"{line}\n{'':<22}→ {finding.fix}"
