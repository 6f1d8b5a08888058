"""What an administrator sees and does about channels: addresses, health, spending, notices.

An address of a channel holds a secret, so it is shown only when it is asked for, and that is on record. The account of
a channel is never shown, only whether it is set: it lives in the environment, out of reach of the pages.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from gateway.channels import find_account
from gateway.channels.contract import Channel, Watched
from gateway.channels.http_client import NoAnswer, OverHttp
from gateway.delivery import channel_status
from gateway.delivery.channel_status import ChannelStatus
from gateway.domain.permissions import Actor, AuditAct, Permission, check_permission
from gateway.foundation.services import Services, StatedSetting
from gateway.foundation.time_and_chance import ENDED_PREFIX, FIRST_SERIAL, PREFIX, has_old_secret
from gateway.storage import audit, settings
from gateway.storage.conversations import OperatorNotice
from gateway.storage.database import Tx

HIDDEN = "••••••"
"""Stands for the secret in an address."""

TIMES = (3.0, 5.0)
"""Seconds to connect to an address of ours from outside, and to wait for its answer."""

_WRONG_METHOD, _NOT_FOUND = 405, (403, 404)
_PLAIN_VALUE = re.compile(r"[\w+./ -]{1,24}")
_SECRET_NAMES = ("secret", "password", "key", "token", "url", "user", "sid", "id")


class Reached(StrEnum):
    """What came of a request to an address of ours from outside."""

    HERE = "here"
    REFUSED = "refused"
    ELSEWHERE = "elsewhere"
    NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookLinks:
    """The addresses of the channels.

    Attributes:
        list_all: returns channel → event → address, secrets included.
        renew: reads the serials of the secrets again.
    """

    list_all: Callable[[], Mapping[str, Mapping[str, str]]]
    renew: Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelCard:
    """One channel as the page shows it.

    Attributes:
        status: its health, and what it sent and spent today.
        addresses: event → address, its secret hidden.
        options: option → value as it may be shown; empty where only that it is set may be.
        unset: environment variables of its account that are not set.
        has_look: it can be asked now whether it lives.
        serial: number of its secret, by which a form that was sent twice is known.
        has_old: the secret before it is still taken.
    """

    status: ChannelStatus
    addresses: Mapping[str, str]
    options: Mapping[str, str]
    unset: tuple[str, ...]
    has_look: bool
    serial: int
    has_old: bool

    @property
    def channel(self) -> Channel:
        """Its adapter."""
        return self.status.channel


def show_channels(parts: Services, actor: Actor, links: WebhookLinks) -> tuple[ChannelCard, ...]:
    """Return every channel, in the order of the configuration.

    Raises:
        NotPermitted: the actor may not see channels.
        Unavailable: the database cannot be reached.
    """
    check_permission(actor, Permission.MANAGE_CHANNELS)
    addresses = links.list_all()
    with parts.store.read() as tx:
        serials = {name: _read_serials(tx, name) for name in parts.channels}
    return tuple(
        _make_card(status, addresses[status.name], *serials[status.name])
        for status in channel_status.list_statuses(parts)
    )


def _read_serials(tx: Tx, name: str) -> tuple[int, int]:
    """Return the serial of a channel's secret, and the newest one that was ended."""
    serial = settings.get_setting(tx, PREFIX + name, FIRST_SERIAL)
    return serial, settings.get_setting(tx, ENDED_PREFIX + name, 0)


def _make_card(status: ChannelStatus, addresses: Mapping[str, str], serial: int, ended: int) -> ChannelCard:
    config = status.channel.config
    account = find_account(config.provider)
    return ChannelCard(
        status=status,
        addresses={event: hide_secret(address) for event, address in addresses.items()},
        options={name: show_option(name, value, account) for name, value in sorted(config.options.items())},
        unset=tuple(
            f"{config.name.upper().replace('-', '_')}_{name.upper()}"
            for name in account
            if not config.options.get(name)
        ),
        serial=serial,
        has_old=has_old_secret(serial, ended),
        has_look=isinstance(status.channel, Watched) and status.channel.contract.silent_after is not None,
    )


def show_option(name: str, value: str, account: tuple[str, ...]) -> str:
    """Return the value of an option where it can be no secret, else nothing: a short plain word of a plain option."""
    parts_of_name = name.casefold().split("_")
    is_secret = name in account or any(part in _SECRET_NAMES for part in parts_of_name)
    return "" if is_secret or not _PLAIN_VALUE.fullmatch(value) else value


def hide_secret(address: str) -> str:
    """Return an address of a webhook without its secret, which is the second part behind ``/webhooks/``."""
    before, mark, rest = address.partition("/webhooks/")
    name, _, event = rest.partition("/")
    return f"{before}{mark}{name}/{HIDDEN}/{event.partition('/')[2]}"


def show_addresses(parts: Services, actor: Actor, links: WebhookLinks, name: str) -> Mapping[str, str]:
    """Return the addresses of a channel with their secret, and put it on record; none where there is no such channel.

    Raises:
        NotPermitted: the actor may not see channels.
    """
    check_permission(actor, Permission.MANAGE_CHANNELS)
    if name not in parts.channels:
        return {}
    _record_act(parts, actor, AuditAct.CHANNEL_ADDRESSES, name)
    return links.list_all()[name]


def renew_secret(
    parts: Services, actor: Actor, links: WebhookLinks, name: str, *, seen: int | None = None
) -> Mapping[str, str]:
    """Give a channel a new secret and return its new addresses; the secret before stays live until the next one.

    Nothing happens where the secret is no longer the one that was seen: a page sent again, by a reload or by a second
    press, would end the secret that the provider still uses. None stands for whichever it is.

    Raises:
        NotPermitted: the actor may not see channels.
    """
    check_permission(actor, Permission.MANAGE_CHANNELS)
    if name not in parts.channels:
        return {}
    now = parts.clock.now()
    with parts.store.write() as tx:
        serial = settings.get_setting(tx, PREFIX + name, FIRST_SERIAL)
        if seen not in {None, serial}:
            return {}
        settings.save_setting(tx, PREFIX + name, serial + 1, by=actor.name, now=now)
    _record_act(parts, actor, AuditAct.CHANNEL_SECRET, name)
    links.renew()
    return links.list_all()[name]


def end_old_secret(parts: Services, actor: Actor, links: WebhookLinks, name: str, *, seen: int) -> bool:
    """End the secret before the one in use at once; False where there is none, or another was in use when seen.

    Raises:
        NotPermitted: the actor may not see channels.
    """
    check_permission(actor, Permission.MANAGE_CHANNELS)
    if name not in parts.channels:
        return False
    now = parts.clock.now()
    with parts.store.write() as tx:
        serial, ended = _read_serials(tx, name)
        if seen != serial or not has_old_secret(serial, ended):
            return False
        settings.save_setting(tx, ENDED_PREFIX + name, serial - 1, by=actor.name, now=now)
    _record_act(parts, actor, AuditAct.CHANNEL_SECRET_ENDED, name)
    links.renew()
    return True


def _record_act(parts: Services, actor: Actor, act: AuditAct, name: str) -> None:
    now = parts.clock.now()
    with parts.store.write() as tx:
        audit.add_entry(tx, act=act, kind="channel", subject=name, person_id=actor.person_id, now=now)


def ask_address(parts: Services, actor: Actor, links: WebhookLinks, name: str, event: str) -> Reached:
    """Ask an address of ours from outside, by a method that it never takes, so that nothing happens behind it.

    The gateway answers 405 and names the methods of the channel, but only to the right secret.

    Raises:
        NotPermitted: the actor may not see channels.
    """
    check_permission(actor, Permission.MANAGE_CHANNELS)
    address = links.list_all().get(name, {}).get(event)
    if address is None:
        return Reached.REFUSED
    contract = parts.channels[name].contract
    try:
        reply = OverHttp().ask("HEAD", address + "/x" * len(contract.tail), body=b"", headers={}, times=TIMES)
    except NoAnswer:
        return Reached.NOWHERE
    if reply.status == _WRONG_METHOD and reply.headers.get("allow") == ", ".join(sorted(contract.methods)):
        return Reached.HERE
    return Reached.REFUSED if reply.status in _NOT_FOUND else Reached.ELSEWHERE


def ask_channel(parts: Services, actor: Actor, name: str) -> bool:
    """Ask a channel whether it lives, and note it if so.

    Raises:
        NotPermitted: the actor may not see channels.
    """
    check_permission(actor, Permission.MANAGE_CHANNELS)
    channel: object = parts.channels.get(name)
    if not isinstance(channel, Watched):
        return False
    heartbeat = channel.look(now=parts.clock.now())
    if heartbeat is None:
        return False
    channel_status.note_seen(parts, heartbeat)
    return True


def list_notices(parts: Services, actor: Actor, *, mark: bool = False) -> tuple[OperatorNotice, ...]:
    """Return what operators texted, newest first, and mark it as read if asked to.

    Raises:
        NotPermitted: the actor may not see channels.
    """
    check_permission(actor, Permission.MANAGE_CHANNELS)
    return channel_status.read_notices(parts, mark=mark)


def hide_account(parts: Services, one: StatedSetting) -> StatedSetting:
    """Return a setting without its value where that may be a secret of an account."""
    if one.block != "options":
        return one
    channel = parts.channels.get(one.owner)
    account = find_account(channel.config.provider) if channel else (one.name,)
    return replace(one, value=show_option(one.name, one.value, account))
