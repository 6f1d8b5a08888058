"""Defines the ``gateway`` command group; each command's module is imported only when it is used."""

from importlib import import_module
from typing import Any

import click

COMMANDS = {
    "up": ("gateway.cli.up:up", "Start everything on this machine and keep it running."),
    "web": ("gateway.cli.processes:web", "Serve the webhooks and the pages."),
    "worker": ("gateway.cli.processes:worker", "Send due messages when a nudge arrives."),
    "clock": ("gateway.cli.processes:clock", "Run the periodic tasks, and send what no nudge reached."),
    "links": (
        "gateway.cli.processes:links",
        "Keep the connections of channels that have one of their own, such as SMPP.",
    ),
    "db": ("gateway.cli.upkeep:db", "The tables of the database."),
    "keys": ("gateway.cli.upkeep:keys", "The keys that encrypt personal data."),
    "backup": (
        "gateway.cli.upkeep:backup",
        "Write the whole database into FILE, encrypted to the recovery sheet.",
    ),
    "restore": (
        "gateway.cli.upkeep:restore",
        "Bring back what FILE holds into an empty database; the recovery sheet is asked for.",
    ),
    "erase": (
        "gateway.cli.upkeep:erase",
        "Erase a number and everything about its caller; the number is asked for, so that no shell history keeps it.",
    ),
    "report": (
        "gateway.cli.callbacks:report",
        "Print the report of MONTH: 2026-11, a quarter 2026-Q4 or a half-year 2026-H2.",
    ),
    "doctor": ("gateway.cli.doctor:doctor", "Check each part: in order, or what to do."),
    "menus": ("gateway.cli.menus:menus", "Check, test, draw and publish menus."),
    "dial": ("gateway.cli.dial:dial", "Dial CODE on a phone of the simulator."),
    "text": (
        "gateway.cli.dial:text",
        "Send WORDS to NUMBER from a phone of the simulator, and print what it answers.",
    ),
    "channels": ("gateway.cli.channels:channels", "Show the status of channels; test one."),
    "webhooks": (
        "gateway.cli.channels:webhooks",
        "Print the addresses to paste into each provider's dashboard, secrets included.",
    ),
    "people": ("gateway.cli.people:people", "Add people, see who there is, take their access away."),
    "callbacks": ("gateway.cli.callbacks:callbacks", "See who waits for a call; claim, release, record."),
    "audit": ("gateway.cli.upkeep:audit", "The audit log, a hash chain that shows later changes."),
    "outbox": ("gateway.cli.callbacks:outbox", "List messages; settle unclear ones."),
}
"""Command → where it is, and the first sentence of its help, for a list of all that imports none of them."""


class _Lazy(click.Group):
    """A click group that imports commands lazily, so that ``gateway dial`` starts at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the signature is click's
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - the same
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - the same
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in sorted(COMMANDS)])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, with known errors turned into sentences."""
        from gateway.cli.errors import in_words

        with in_words():
            return super().invoke(ctx)


@click.group(cls=_Lazy)
@click.version_option(package_name="helpline-gateway", prog_name="gateway")
def main() -> None:
    """The helpline gateway: USSD and SMS menus, and a callback that is never lost."""
