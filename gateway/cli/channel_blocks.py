"""Write the block of configuration of a new channel; an account is named in it and never written."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from pydantic import ValidationError

import gateway.channels
from config.settings import File, Settings, is_secret
from gateway.channels import UnknownProvider, find_account, find_channel
from gateway.channels.contract import BadAccount, Channel, ChannelConfig

if TYPE_CHECKING:
    from pathlib import Path

_DELETE, _ESCAPED_DELETE = "\x7f", "\\u007f"
"""The one character that JSON leaves as it is and TOML does not take."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_OPTION = re.compile(r"[a-z][a-z0-9_]{0,39}")


class BadBlock(ValueError):
    """A block cannot be added as asked for; the message names the setting and the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewChannel:
    """What is known of a channel to add."""

    name: str
    provider: str
    menu: str
    codes: Sequence[str] = ()
    number: str = ""
    options: Mapping[str, str] = field(default_factory=dict)


def list_providers() -> tuple[str, ...]:
    """Return the providers, by their folders."""
    return tuple(
        folder.name
        for folder in iter_modules(gateway.channels.__path__)
        if folder.ispkg and hasattr(import_module(f"gateway.channels.{folder.name}"), "build")
    )


def _list_account_of(provider: str) -> tuple[str, ...]:
    return find_account(provider) if provider in list_providers() else ()


def write_block(new: NewChannel) -> tuple[str, Channel]:
    """Return the block as it stands in the file, and the channel that it makes without its account.

    Raises:
        BadBlock: the provider is unknown, a setting that it needs is missing, or an option is part of an account.
    """
    if not _NAME.fullmatch(new.name):
        raise BadBlock("the name of a line has small letters, digits and _, and begins with a letter")
    for option in new.options:
        if not _OPTION.fullmatch(option):
            raise BadBlock("an option is written as NAME=VALUE, its name with small letters, digits and _")
        if is_secret(option) or option in _list_account_of(new.provider):
            raise BadBlock(
                f"{option} belongs to the account: set {_name_variable(new.name, option)} in the environment"
            )
    channel = _build_trial(new)
    _check_numbers(new, channel)
    options = {} if channel.contract.carries_texts else {"live": "no"}
    return _format_block(new, channel, {**options, **new.options}), channel


def _build_trial(new: NewChannel) -> Channel:
    config = ChannelConfig(
        name=new.name,
        provider=new.provider,
        menu=new.menu,
        service_codes=tuple(new.codes),
        sms_number=new.number,
        options=dict(new.options),
    )
    try:
        return find_channel(config)
    except UnknownProvider as error:
        raise BadBlock(f"{error}; the providers are {', '.join(list_providers())}") from None
    except BadAccount as error:
        raise BadBlock(str(error)) from None


def _check_numbers(new: NewChannel, channel: Channel) -> None:
    events = channel.contract.events
    if "ussd" not in events and new.codes:
        raise BadBlock(f"{new.provider} carries no USSD: leave --code out")
    if "sms" not in events and new.number:
        raise BadBlock(f"{new.provider} carries no texts: leave --number out")
    if new.codes or new.number:
        return
    wanted = [
        way
        for event, way in (("ussd", "--code, as callers dial it"), ("sms", "--number, where texts go"))
        if event in events
    ]
    raise BadBlock(f"{new.provider} needs {' or '.join(wanted)}")


def _format_block(new: NewChannel, channel: Channel, options: Mapping[str, str]) -> str:
    account = [_name_variable(new.name, option) for option in find_account(new.provider)]
    head = f"# {channel.contract.guide}" if channel.contract.guide else ""
    if account:
        head = f"{head or '#'}; its account is in {', '.join(account)}, never here"
    values: dict[str, object] = {"provider": new.provider, "menu": new.menu}
    if new.codes:
        values["service_codes"] = list(new.codes)
    if new.number:
        values["sms_number"] = new.number
    if channel.contract.carries_texts:
        values["rate"] = channel.config.rate
    lines = [*filter(None, [head]), f"[channels.{new.name}]", *_format_values(values)]
    if options:
        lines += ["", f"[channels.{new.name}.options]", *_format_values(options)]
    return "\n".join(lines) + "\n"


def _format_values(values: Mapping[str, object]) -> list[str]:
    """Return TOML lines; text and lists of text are written as in JSON, whose escapes are TOML's (TOML 1.0)."""
    written = ((name, json.dumps(value, ensure_ascii=False)) for name, value in values.items())
    return [f"{name} = {value.replace(_DELETE, _ESCAPED_DELETE)}" for name, value in written]


def _name_variable(name: str, option: str) -> str:
    return f"{name}_{option}".upper()


def add_block(path: Path, name: str, block: str) -> None:
    """Append the block, if the file can be read with it.

    Raises:
        BadBlock: the name is taken, or the file would be no configuration any more; nothing is written.
        OSError: the file cannot be read or written.
    """
    before = path.read_text(encoding="utf-8")
    gap = "\n" if before.endswith("\n") else "\n\n"
    try:
        if name in File.model_validate(tomllib.loads(before)).channels:
            raise BadBlock(f"[channels.{name}] is there already; choose another --name")
        File.model_validate(tomllib.loads(before + gap + block))
    except (tomllib.TOMLDecodeError, ValidationError):
        raise BadBlock(f"{path.name} could not be read with the block; nothing was written") from None
    with path.open("a", encoding="utf-8") as file:
        file.write(gap + block)
        file.flush()
        os.fsync(file.fileno())


def list_missing(settings: Settings, name: str) -> tuple[str, ...]:
    """Return the variables of a channel's account that are not set."""
    known = settings.channel_options(name)
    account = find_account(settings.file.channels[name].provider)
    return tuple(_name_variable(name, option) for option in account if not known.get(option))
