"""Starts all of the product on one machine, and keeps it running."""

import sys
from collections.abc import Callable

import click

from config import settings as config
from config.settings import Settings
from gateway import embedded
from gateway.cli import first_start
from gateway.clock import Clock
from gateway.up import CannotStart, DataFolder, Supervisor, port_is_free, spawn

_STORE_UP_WITHIN = 10.0
_PORT_FREE_WITHIN = 5.0


@click.command()
def up() -> None:
    """Start everything on this machine and keep it running."""
    settings = config.from_process()
    clock = Clock()
    try:
        folder = DataFolder(settings.data_dir)
        folder.hold()
        folder.end_leftovers(clock)
        _free_port(settings, clock)
    except CannotStart as error:
        click.echo(str(error), err=True)
        raise SystemExit(1) from None
    supervisor = Supervisor(folder, clock)
    supervisor.listen()
    try:
        _start(settings, supervisor, clock)
        supervisor.watch()
    except CannotStart as error:
        click.echo(str(error), err=True)
        raise SystemExit(1) from None
    finally:
        supervisor.stop()


def _free_port(settings: Settings, clock: Clock) -> None:
    if not _wait(lambda: port_is_free(settings.env.host, settings.env.port), _PORT_FREE_WITHIN, clock):
        raise CannotStart(
            f"Port {settings.env.port} is taken; stop what listens there, or set PORT to another."
        )


def _start(settings: Settings, supervisor: Supervisor, clock: Clock) -> None:
    environment = config.environment_for_children(settings)
    if settings.env.redis_url is None:
        supervisor.start(
            "store", lambda: embedded.start(settings.data_dir, environment=environment), outlives=True
        )
        if not _wait(lambda: embedded.answers(settings.data_dir), _STORE_UP_WITHIN, clock):
            raise CannotStart("The embedded Valkey does not answer; run `gateway doctor` to see why.")
    said = first_start.prepare(settings)
    for name in ("web", "worker", "clock"):
        command = [sys.executable, "-m", "gateway.cli", name]
        supervisor.start(name, lambda command=command: spawn(command, environment))  # type: ignore[misc]
    if first_start.is_ready(settings, clock, supervisor):
        for line in said:
            click.echo(line)
        click.echo("Ready. Ctrl-C stops everything.")


def _wait(done: Callable[[], bool], seconds: float, clock: Clock) -> bool:
    until = clock.monotonic() + seconds
    while not done():
        if clock.monotonic() > until:
            return False
        clock.sleep(0.1)
    return True
