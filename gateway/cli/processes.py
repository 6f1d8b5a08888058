"""Starts one part of the product, as the Procfile does; it imports little, for another root replaces it at once."""

import os
import resource
import sys

import click

from config import settings as config

_CONNECTIONS = 2048
"""That one process holds at a time; each costs a file and some kilobytes, and a silent one is ended."""

_HEAD_WITHIN_MS = "20000"
"""For the head of a request, and for the next one on a connection that stays open; the guide's proxy waits less."""

OWNER_ONLY = 0o077
"""The mask of files that a part makes: they hold keys, sealed rows and what leads to them."""


@click.command()
def web() -> None:
    """Serve the webhooks and the pages."""
    settings = config.from_process()
    _allow_files(2 * _CONNECTIONS)
    _become_process(
        # Not Granian's WSGI: there a thread waits for the body, without a limit (gateway/web/shared/front.py).
        *("-m", "granian", "--interface", "rsgi", "--factory", "gateway.web.app:create_front"),
        *("--host", settings.env.host, "--port", str(settings.env.port)),
        *("--workers", str(settings.env.web_workers), "--backlog", str(_CONNECTIONS)),
        # With HTTP/2 offered, who says nothing at all is waited for without end; no provider asks for it.
        *("--backpressure", str(_CONNECTIONS), "--http", "1", "--http1-header-read-timeout", _HEAD_WITHIN_MS),
        # No access log: an address holds the secret of a webhook.
        *("--respawn-failed-workers", "--no-access-log", "--log-level", "error", "--no-ws"),
        *("--workers-kill-timeout", "5"),
    )


@click.command()
def worker() -> None:
    """Send what is due when the queue says so."""
    _become_process("-m", "workers.main", "worker")


@click.command()
def clock() -> None:
    """Do what the clock asks for, and send what no nudge reached."""
    _become_process("-m", "workers.main", "clock")


def _allow_files(wanted: int) -> None:
    """Raise the number of files that may be open, as far as the system lets us."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    if now != resource.RLIM_INFINITY and now < enough:
        resource.setrlimit(resource.RLIMIT_NOFILE, (enough, most))


def _become_process(*arguments: str) -> None:
    """Let another root replace this process, so that signals reach it; what it writes is for its owner alone."""
    os.umask(OWNER_ONLY)
    os.execv(sys.executable, [sys.executable, *arguments])  # noqa: S606 - our own module
