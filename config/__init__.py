"""Reads the operator's settings, lists them without secrets, applies changes, and sets the environment of children.

The only package that touches the environment.

The environment of the processes that ``gateway up`` and ``gateway web`` start or fork is written here and nowhere
else; every other setting is read once and passed on.
"""

import os
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel, SecretStr, ValidationError

from config.settings import File, Settings, SettingsError, describe_fault, is_secret

DEFAULT, IN_FILE, IN_ENVIRONMENT = "default", "file", "environment"
"""Where a setting was found."""

_ACCOUNTS = ("africastalking_", "android_")
"""Beginnings of variables that belong to an account at a provider: names and addresses there are secrets too."""


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


class ListedSetting(NamedTuple):
    """One setting as it was read.

    Attributes:
        block: ``env``, a block of the file, or ``options`` for what only a provider knows.
        owner: the channel; empty where a setting has none.
        name: as it is written there.
        value: what may be shown; empty for a secret, and where nothing is set.
        is_set: it has a value.
        source: where it was found.
    """

    block: str
    owner: str
    name: str
    value: str
    is_set: bool
    source: str


def list_settings(settings: Settings) -> Iterator[ListedSetting]:
    """Yield every setting with its value and where it was found, but never a secret."""
    for name, value in settings.env:
        source = IN_ENVIRONMENT if name in settings.env.model_fields_set else DEFAULT
        hidden = name.startswith(_ACCOUNTS) or isinstance(value, SecretStr) or "@" in str(value)
        yield ListedSetting(
            "env", "", name.upper(), "" if hidden else str(value), value not in (None, ""), source
        )
    for block in ("line", "answers", "desk"):
        yield from _list_block(block, "", getattr(settings.file, block))
    yield _list_one("hours", "", "hours", settings.file.hours, IN_FILE if settings.file.hours else DEFAULT)
    for channel, lines in settings.file.channels.items():
        yield from _list_block("channels", channel, lines)
        for name, value in lines.options.items():
            yield _list_one(
                "options", channel, name, "" if is_secret(name) else value, IN_FILE, is_set=bool(value)
            )
        for name in settings.own.get(channel, {}):
            yield _list_one("options", channel, name, "", IN_ENVIRONMENT, is_set=True)


def _list_block(block: str, owner: str, model: BaseModel) -> Iterator[ListedSetting]:
    for name, value in model:
        if name != "options":
            yield _list_one(block, owner, name, value, IN_FILE if name in model.model_fields_set else DEFAULT)


def _list_one(
    block: str, owner: str, name: str, value: object, source: str, *, is_set: bool | None = None
) -> ListedSetting:
    shown = _show_value(value)
    return ListedSetting(block, owner, name, shown, bool(shown) if is_set is None else is_set, source)


def _show_value(value: object) -> str:
    """Return a value as it is written in the file, without its signs."""
    if isinstance(value, Mapping):
        found = (
            f"{key} {' '.join(spans)}" if isinstance(spans, tuple) else key for key, spans in value.items()
        )
        return ", ".join(found)
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def apply_changes(settings: Settings, changes: Mapping[tuple[str, ...], Any]) -> Settings:
    """Return the settings with some values of the file replaced, checked as the file is.

    What the environment says still wins, since it is read over the file.

    Args:
        settings: as they were read.
        changes: place in the file, as ``("line", "helpline")`` → value.

    Raises:
        SettingsError: a value is refused, or the file has no such place; all faults are listed.
    """
    written: dict[str, Any] = settings.file.model_dump()
    for place, value in changes.items():
        table = written
        for part in place[:-1]:
            if place[0] == "channels" and part not in table:
                raise SettingsError([f"{'.'.join(place)}: the file has no such channel"])
            table = table[part]
        table[place[-1]] = value
    try:
        return settings.model_copy(update={"file": File.model_validate(written)})
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, one['loc']))}: {describe_fault(one)}" for one in error.errors()]
        raise SettingsError(faults) from None
