"""Replaces this process with one of the product's processes, for the Procfile."""

import os
import resource
import sys

import click

from config import settings as config

_CONNECTIONS = 2048
"""Connections per process; each costs a file descriptor and some kilobytes, and an idle one is closed."""

_HEAD_WITHIN_MS = "20000"
"""Milliseconds for the head of a request, and for the next one on a kept-alive connection.

The proxy of the deployment guide closes its connections earlier."""

OWNER_ONLY = 0o077
"""umask(2) of the processes: their files hold keys, encrypted rows and webhook secrets."""


@click.command()
def web() -> None:
    """Serve the webhooks and the pages."""
    settings = config.from_process()
    _allow_files(2 * _CONNECTIONS)
    _become_process(
        # RSGI, since in Granian's WSGI a thread waits for the body without a limit (gateway/web/shared/front.py).
        *("-m", "granian", "--interface", "rsgi", "--factory", "gateway.web.app:create_front"),
        *("--host", settings.env.host, "--port", str(settings.env.port)),
        *("--workers", str(settings.env.web_workers), "--backlog", str(_CONNECTIONS)),
        # HTTP/1 only: with HTTP/2 enabled, silent connections have no timeout, and no provider needs it.
        *("--backpressure", str(_CONNECTIONS), "--http", "1", "--http1-header-read-timeout", _HEAD_WITHIN_MS),
        # No access log, because webhook URLs hold secrets (OWASP Logging Cheat Sheet, data to exclude).
        *("--respawn-failed-workers", "--no-access-log", "--log-level", "error", "--no-ws"),
        *("--workers-kill-timeout", "5"),
    )


@click.command()
def worker() -> None:
    """Send due messages when a nudge arrives."""
    _become_process("-m", "workers.main", "worker")


@click.command()
def clock() -> None:
    """Run the periodic tasks, and send what no nudge reached."""
    _become_process("-m", "workers.main", "clock")


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
