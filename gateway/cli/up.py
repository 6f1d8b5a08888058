"""Implements ``gateway up``: starts all processes on this machine, and restarts them when they end."""

import os
import select
import sys
from collections.abc import Callable

import click

from config import settings as config
from config.settings import Settings
from gateway.bootstrap import open_parts
from gateway.cli import first_start, upkeep
from gateway.cli.processes import OWNER_ONLY
from gateway.foundation.clock import Clock
from gateway.operations import supervisor as operations_supervisor
from gateway.operations.maintenance.key_care import SheetQuestion
from gateway.operations.supervisor import CannotStart, DataFolder, Supervisor, is_port_free, spawn_process
from gateway.storage.database import Unavailable

_STORE_UP_WITHIN = 10.0
_PORT_FREE_WITHIN = 5.0


@click.command()
def up() -> None:
    """Start everything on this machine and keep it running."""
    os.umask(OWNER_ONLY)  # inherited by Valkey and the other processes
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
        question = _start_all(settings, supervisor, clock)
        supervisor.watch(_ask_for_group(settings, question) if question else None)
    except CannotStart as error:
        click.echo(str(error), err=True)
        raise SystemExit(1) from None
    finally:
        supervisor.stop()


def _free_port(settings: Settings, clock: Clock) -> None:
    if not _wait_for(lambda: is_port_free(settings.env.host, settings.env.port), _PORT_FREE_WITHIN, clock):
        raise CannotStart(
            f"Port {settings.env.port} is taken; stop what listens there, or set PORT to another."
        )


def _start_all(settings: Settings, supervisor: Supervisor, clock: Clock) -> SheetQuestion | None:
    """Start everything and print the addresses; return the question about the recovery sheet, if one is open."""
    environment = config.list_child_environment(settings)
    if settings.env.redis_url is None:
        supervisor.start(
            "store",
            lambda: operations_supervisor.start_valkey(settings.data_dir, environment=environment),
            outlives=True,
        )
        if not _wait_for(
            lambda: operations_supervisor.does_answer(settings.data_dir), _STORE_UP_WITHIN, clock
        ):
            click.echo(
                "The embedded Valkey does not answer; sessions are kept elsewhere until it does.", err=True
            )
    prepared = first_start.prepare_start(settings, at_terminal=sys.stdout.isatty())
    for name in ("web", "worker", "clock"):
        command = [sys.executable, "-m", "gateway.cli", name]
        supervisor.start(name, lambda command=command: spawn_process(command, environment))  # type: ignore[misc]
    if first_start.is_ready(settings, clock, supervisor):
        for line in prepared.lines:
            click.echo(line)
        click.echo("Ready. Ctrl-C stops everything.")
        if prepared.question is not None and sys.stdin.isatty():
            click.echo(f"{prepared.question.words}:")
            return prepared.question
    return None


def _ask_for_group(settings: Settings, question: SheetQuestion) -> Callable[[], None]:
    """Return a function that checks without blocking whether the group was typed."""
    open_still = [question]

    def look() -> None:
        if open_still and select.select([sys.stdin], [], [], 0)[0] and _is_settled(settings, question):
            open_still.clear()

    return look


def _is_settled(settings: Settings, question: SheetQuestion) -> bool:
    typed = sys.stdin.readline()
    if not typed:
        return True  # the terminal was closed
    if not typed.strip():
        return False
    try:
        parts = open_parts(settings)
    except Unavailable:
        return False
    try:
        return upkeep.take_answer(parts, question, typed)
    except Unavailable:
        click.echo("The database cannot be asked; type it again later.")
        return False
    finally:
        parts.store.close()


def _wait_for(done: Callable[[], bool], seconds: float, clock: Clock) -> bool:
    until = clock.monotonic() + seconds
    while not done():
        if clock.monotonic() > until:
            return False
        clock.sleep(0.1)
    return True
