"""Runs web, worker and clock: each as a command of its own for the Procfile, or forked by ``gateway up``."""

from __future__ import annotations

import gc
import multiprocessing
import os
import resource
import sys
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING

import click

from config import set_child_environment
from config import settings as config
from gateway.operations import forking

if TYPE_CHECKING:
    from collections.abc import Collection

    from config.settings import Settings

_CONNECTIONS = 2048
"""Connections per process; each costs a file descriptor and some kilobytes, and an idle one is closed."""

_HEAD_WITHIN_MS = 20_000
"""Milliseconds for the head of a request, and for the next one on a kept-alive connection.

The proxy of the deployment guide closes its connections earlier."""

_KILL_AFTER = 5
"""Seconds from the request to stop until a web process that still works is killed."""

OWNER_ONLY = 0o077
"""umask(2) of the processes: their files hold keys, encrypted rows and webhook secrets."""

_APPLICATION = "gateway.web.app:create_front"

TITLES = {
    "up": "gateway up",
    "web": f"granian {_APPLICATION}",
    "worker": "python -m workers.main worker",
    "clock": "python -m workers.main clock",
    "links": "python -m workers.main links",
}
"""What ps(1) shows of the forked processes: the program that does the same when it is started alone."""


@click.command()
def web() -> None:
    """Serve the webhooks and the pages."""
    os.umask(OWNER_ONLY)
    set_child_environment(config.from_process())
    serve_web()


@click.command()
def worker() -> None:
    """Send due messages when a nudge arrives."""
    _become_process("-m", "workers.main", "worker")


@click.command()
def clock() -> None:
    """Run the periodic tasks, and send what no nudge reached."""
    _become_process("-m", "workers.main", "clock")


@click.command()
def links() -> None:
    """Keep the connections of channels that have one of their own, such as SMPP."""
    _become_process("-m", "workers.main", "links")


_FOUND_LATE = ("jinja2.ext", "encodings.ascii", "encodings.idna")
"""Modules that libraries import by name when each process begins to work."""


def import_image(settings: Settings) -> None:
    """Import once what web, worker and clock need, and keep the collector away from it, before they are forked.

    It connects to nothing and starts no thread.
    """
    gc.disable()  # what an import makes is kept: looking through it again and again finds nothing
    for name in ("gateway.web.app", "granian", "workers.main", "gateway.cli.first_start", *_FOUND_LATE):
        import_module(name)
    for provider in {line.provider for line in settings.file.channels.values()}:
        with suppress(ModuleNotFoundError):  # the preparation names a provider that does not exist
            import_module(f"gateway.channels.{provider}")
    from gateway.storage.encryption import prepare_cipher
    from gateway.storage.sql_drivers import import_driver
    from gateway.web.shared import list_addresses

    import_driver(settings.database_url)
    prepare_cipher()
    list_addresses()  # reads the static files, which all web processes then share
    _set_title("up")  # also the moment at which setproctitle learns where this process's command line stands
    gc.enable()
    forking.freeze_image()


def load_menus(settings: Settings, versions: Collection[str]) -> None:
    """Load the live menus from this machine's copies, so that the forked processes find them in their memory.

    Args:
        settings: of this machine.
        versions: ids of those that the preparation has read from SQL.
    """
    from gateway.storage.live_menus import load_shared_menus

    load_shared_menus(settings.data_dir / "live", versions)
    forking.freeze_image()


def serve_web() -> None:
    """Run the web server until SIGTERM or SIGINT: one process that watches, and those that it forks to answer."""
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces, Loops
    from granian.http import HTTP1Settings
    from granian.log import LogLevels

    import_module(_APPLICATION.partition(":")[0])  # before the fork of those that answer
    settings = config.from_process()
    _allow_files(2 * _CONNECTIONS)
    forking.set_batch_policy()
    forking.freeze_image()
    if forking.CAN_FORK:
        # Python 3.14 would start each with an import of its own.
        multiprocessing.set_start_method("fork", force=True)
    server = Granian(
        _APPLICATION,
        address=settings.env.host,
        port=settings.env.port,
        # RSGI, since in Granian's WSGI a thread waits for the body without a limit (gateway/web/shared/front.py).
        interface=Interfaces.RSGI,
        factory=True,
        loop=Loops.uvloop,
        workers=settings.env.web_workers,
        backlog=_CONNECTIONS,
        backpressure=_CONNECTIONS,
        # HTTP/1 only: with HTTP/2 enabled, silent connections have no timeout, and no provider needs it.
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=_HEAD_WITHIN_MS),
        websockets=False,
        # No access log, because webhook URLs hold secrets (OWASP Logging Cheat Sheet, data to exclude).
        log_access=False,
        log_level=LogLevels.error,
        respawn_failed_workers=True,
        workers_kill_timeout=_KILL_AFTER,
        process_name=TITLES["web"] if _has_titles() else None,
    )
    server.serve()


def run_worker() -> None:
    """Run the worker in this process until SIGTERM or SIGINT."""
    from workers.main import start_worker

    _set_title("worker")
    start_worker(config.from_process())


def run_clock() -> None:
    """Run the clock in this process until SIGTERM or SIGINT."""
    from workers.main import start_clock

    _set_title("clock")
    start_clock(config.from_process())


def run_links() -> None:
    """Keep the links in this process until SIGTERM or SIGINT."""
    from workers.main import start_links

    _set_title("links")
    start_links(config.from_process())


def _has_titles() -> bool:
    with suppress(ImportError):
        import_module("setproctitle")
        return True
    return False  # an installation that was not brought up to date runs under its parent's title


def _set_title(name: str) -> None:
    if _has_titles():
        import_module("setproctitle").setproctitle(TITLES[name])


def _allow_files(wanted: int) -> None:
    """Raise the soft limit of open files up to the hard limit (getrlimit(2))."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    if now != resource.RLIM_INFINITY and now < enough:
        resource.setrlimit(resource.RLIMIT_NOFILE, (enough, most))


def _become_process(*arguments: str) -> None:
    """Replace this process by execv(3), so that signals reach the new one directly."""
    os.umask(OWNER_ONLY)
    os.execv(sys.executable, [sys.executable, *arguments])  # noqa: S606 - a module of this product
