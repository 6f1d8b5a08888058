"""Starts one part of the product, as the Procfile does; it imports little, for another root replaces it at once."""

import os
import sys

import click

from config import settings as config


@click.command()
def web() -> None:
    """Serve the webhooks and the pages."""
    settings = config.from_process()
    _become(
        *("-m", "granian", "--interface", "wsgi", "--factory", "gateway.app:create"),
        *("--host", settings.env.host, "--port", str(settings.env.port)),
        *("--workers", str(settings.env.web_workers), "--blocking-threads", str(settings.env.web_threads)),
        # No access log: an address holds the secret of a webhook.
        *("--respawn-failed-workers", "--no-access-log", "--log-level", "error", "--no-ws"),
        *("--workers-kill-timeout", "5"),
    )


@click.command()
def worker() -> None:
    """Send what is due when the queue says so."""
    _become("-m", "workers.main", "worker")


@click.command()
def clock() -> None:
    """Do what the clock asks for, and send what no nudge reached."""
    _become("-m", "workers.main", "clock")


def _become(*arguments: str) -> None:
    """Let another root replace this process, so that signals reach it."""
    os.execv(sys.executable, [sys.executable, *arguments])  # noqa: S606 - our own module
