"""A house whose line is a phone: real parts, the webhooks on a socket, and the stand-in phone at the other end."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from flask import Flask

from gateway.channels import find_channel
from gateway.channels.contract import ChannelConfig
from gateway.delivery import channel_status
from gateway.domain.events import ChannelSeen
from gateway.foundation.services import Services
from gateway.foundation.time_and_chance import Serials
from gateway.storage.database import Store
from gateway.web.app import _build_doors
from gateway.web.webhooks.views import Gate, build_blueprint, list_addresses
from tests.support.clocks import SetClock
from tests.support.house import made_parts
from tests.support.serving import serve_app
from tests.support.standin_phone import KEY, NAME, PASSWORD, Posts, StandinPhone

OURS = "+8562055500009"


def config_of(phone: StandinPhone, name: str = "android", **more: str) -> ChannelConfig:
    """The block of a phone's line."""
    options = {"api_url": phone.url, "username": NAME, "password": PASSWORD, "signing_key": KEY, **more}
    rate = int(options.pop("rate", "1"))
    prefixes = tuple(filter(None, options.pop("prefixes", "").split()))
    fallback = tuple(filter(None, options.pop("fallback", "").split()))
    return ChannelConfig(
        name=name, provider="android", menu="helpline", sms_number=OURS, rate=rate,
        prefixes=prefixes, fallback=fallback, options=options,
    )  # fmt: skip


@dataclass
class Rig:
    """The house and the phone."""

    parts: Services
    phone: StandinPhone
    posts: Posts
    clock: SetClock

    def pass_by(self, **span: float) -> None:
        """Let time pass for the house and for the phone's own clock."""
        self.clock.forward(**span)
        self.posts.now = self.clock.now().timestamp()

    def is_seen(self) -> None:
        """Let the phone be heard once."""
        channel_status.note_seen(self.parts, ChannelSeen(channel="android"))


@contextmanager
def phone_line(store: Store, clock: SetClock, folder: Path, **more: str) -> Iterator[Rig]:
    """Serve it."""
    with StandinPhone() as phone:
        line = find_channel(config_of(phone, **more))
        found = made_parts(store, clock, folder)
        parts = replace(found, channels={**found.channels, "android": line})
        serials = Serials(parts.channels, key=lambda: parts.store.ring.key("webhook"), read=lambda _: None)
        app = Flask("webhooks")
        gate = Gate(
            channels=parts.channels,
            secrets=serials.secrets,
            doors=_build_doors(parts),
            count=parts.count,
            clock=clock,
        )
        app.register_blueprint(build_blueprint(gate))
        with serve_app(app) as base:
            addresses = list_addresses(base, parts.channels, serials.secrets)["android"]
            yield Rig(parts, phone, Posts(addresses, now=clock.now().timestamp()), clock)
