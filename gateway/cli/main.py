"""Defines the ``gateway`` command group; each command's module is imported only when it is used."""

from importlib import import_module
from typing import Any

import click

_COMMANDS = {
    "up": "gateway.cli.up:up",
    "web": "gateway.cli.processes:web",
    "worker": "gateway.cli.processes:worker",
    "clock": "gateway.cli.processes:clock",
    "db": "gateway.cli.upkeep:db",
    "keys": "gateway.cli.upkeep:keys",
    "backup": "gateway.cli.upkeep:backup",
    "restore": "gateway.cli.upkeep:restore",
    "erase": "gateway.cli.upkeep:erase",
    "report": "gateway.cli.report:report",
    "doctor": "gateway.cli.doctor:doctor",
    "menus": "gateway.cli.menus:menus",
    "dial": "gateway.cli.dial:dial",
    "text": "gateway.cli.dial:text",
    "channels": "gateway.cli.channels:channels",
    "webhooks": "gateway.cli.channels:webhooks",
    "people": "gateway.cli.people:people",
    "callbacks": "gateway.cli.callbacks:callbacks",
    "audit": "gateway.cli.upkeep:audit",
    "outbox": "gateway.cli.outbox:outbox",
}


class _Lazy(click.Group):
    """A click group that imports commands lazily, so that ``gateway dial`` starts at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the signature is click's
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - the same
        path = _COMMANDS.get(cmd_name)
        if path is None:
            return None
        module, _, name = path.partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, with known errors turned into sentences."""
        from gateway.cli.errors import in_words

        with in_words():
            return super().invoke(ctx)


@click.group(cls=_Lazy)
@click.version_option(package_name="helpline-gateway", prog_name="gateway")
def main() -> None:
    """The helpline gateway: USSD and SMS menus, and a callback that is never lost."""
