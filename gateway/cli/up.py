"""Implements ``gateway up``: starts all processes on this machine, and restarts them when they end.

It imports everything once while the embedded Valkey starts, and forks web, worker and clock. What opens the database
(the preparation, an answer about the recovery sheet) runs in a child of its own and ends with it.
"""

import os
import select
import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import click

from config import set_child_environment
from config import settings as config
from config.settings import Settings
from gateway.cli import processes
from gateway.cli.errors import in_words
from gateway.cli.processes import OWNER_ONLY
from gateway.foundation.time_and_chance import Clock
from gateway.operations import forking
from gateway.operations import supervisor as operations_supervisor
from gateway.operations.supervisor import (
    CannotStart,
    DataFolder,
    Process,
    Supervisor,
    is_port_free,
    spawn_process,
)

# The rest is imported beside the start of the embedded Valkey.
if TYPE_CHECKING:
    from gateway.cli.first_start import Prepared
    from gateway.operations.maintenance.key_care import SheetQuestion

T = TypeVar("T")

_STORE_UP_WITHIN = 10.0
_PORT_FREE_WITHIN = 5.0

_RUN: dict[str, Callable[[], None]] = {
    "web": processes.serve_web,
    "worker": processes.run_worker,
    "clock": processes.run_clock,
    "links": processes.run_links,
}


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
        question = _start_all(settings, supervisor, clock, folder)
        supervisor.watch(_ask_for_group(settings, question) if question else None)
    finally:
        supervisor.stop()


def _free_port(settings: Settings, clock: Clock) -> None:
    if not _wait_for(lambda: is_port_free(settings.env.host, settings.env.port), _PORT_FREE_WITHIN, clock):
        raise CannotStart(
            f"Port {settings.env.port} is taken; stop what listens there, or set PORT to another."
        )


def _start_all(
    settings: Settings, supervisor: Supervisor, clock: Clock, folder: DataFolder
) -> "SheetQuestion | None":
    """Start everything and print the addresses; return the question about the recovery sheet, if one is open."""
    environment = set_child_environment(settings)
    embedded = settings.env.redis_url is None
    if embedded:
        supervisor.start(
            "store",
            lambda: operations_supervisor.start_valkey(settings.data_dir, environment=environment),
            outlives=True,
        )
    processes.import_image(settings)
    if embedded and not _wait_for(
        lambda: operations_supervisor.does_answer(settings.data_dir), _STORE_UP_WITHIN, clock
    ):
        click.echo(
            "The embedded Valkey does not answer; sessions are kept elsewhere until it does.", err=True
        )
    prepared = forking.run_apart(partial(_prepare, settings, at_terminal=sys.stdout.isatty()))
    processes.load_menus(settings, prepared.versions)
    for name in _list_names(settings):
        supervisor.start(name, partial(_start_process, name, environment, folder))
    from gateway.cli import first_start

    if first_start.is_ready(settings, clock, supervisor):
        for line in prepared.lines:
            click.echo(line)
        click.echo("Ready. Ctrl-C stops everything.")
        if prepared.question is not None and sys.stdin.isatty():
            click.echo(f"{prepared.question.words}:")
            return prepared.question
    return None


def _list_names(settings: Settings) -> list[str]:
    """Return the processes to start: without a channel that keeps a link, none for links."""
    from gateway.bootstrap import has_links

    return [name for name in _RUN if name != "links" or has_links(settings)]


def _start_process(name: str, environment: dict[str, str], folder: DataFolder) -> Process:
    if forking.CAN_FORK:
        return forking.fork_process(partial(_run_process, name, folder))
    return spawn_process([sys.executable, "-m", "gateway.cli", name], environment)


def _run_process(name: str, folder: DataFolder) -> None:
    """Run one of the processes in a forked child."""
    folder.close()
    _say(_RUN[name])


def _prepare(settings: Settings, *, at_terminal: bool) -> "Prepared":
    from gateway.cli import first_start

    return _say(partial(first_start.prepare_start, settings, at_terminal=at_terminal))


def _say(work: Callable[[], T]) -> T:
    """Do the work of a child; known errors are printed in a sentence, as they are for any command."""
    try:
        with in_words():
            return work()
    except CannotStart as error:
        click.echo(str(error), err=True)
        raise SystemExit(1) from None
    except click.ClickException as error:
        error.show()
        raise SystemExit(error.exit_code) from None


def _ask_for_group(settings: Settings, question: "SheetQuestion") -> Callable[[], None]:
    """Return a function that checks without blocking whether the group was typed."""
    open_still = [question]

    def look() -> None:
        if open_still and select.select([sys.stdin], [], [], 0)[0] and _is_settled(settings, question):
            open_still.clear()

    return look


def _is_settled(settings: Settings, question: "SheetQuestion") -> bool:
    typed = sys.stdin.readline()
    if not typed:
        return True  # the terminal was closed
    if not typed.strip():
        return False
    return forking.run_apart(partial(_take_answer, settings, question, typed))


def _take_answer(settings: Settings, question: "SheetQuestion", typed: str) -> bool:
    from gateway.bootstrap import open_parts
    from gateway.cli import upkeep
    from gateway.storage.database import Unavailable

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
