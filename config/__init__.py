"""Reads the operator's settings and sets the environment of child processes; the only package that touches it.

The environment of the processes that ``gateway up`` and ``gateway web`` start or fork is written here and nowhere
else; every other setting is read once and passed on.
"""

import os

from config.settings import Settings


def set_child_environment(settings: Settings) -> dict[str, str]:
    """Set what the children must agree on in this process's environment, which they inherit, and return the whole.

    Only what differs is written, because setproctitle looks for the command line before the first variable.
    """
    agreed = {
        "GATEWAY_DATA_DIR": str(settings.data_dir),
        "GATEWAY_MENUS_DIR": str(settings.env.gateway_menus_dir.absolute()),
        "PORT": str(settings.env.port),
        "PYTHONUNBUFFERED": "1",
        "SPT_NOENV": "1",  # a process's title leaves its environment readable (documentation of setproctitle)
    }
    os.environ.update({name: value for name, value in agreed.items() if os.environ.get(name) != value})
    return dict(os.environ)
