"""A whole house on a real socket, with the phone switched on and a worker that sends at once."""

from dataclasses import replace
from pathlib import Path

import redis
from flask import Flask

from config.settings import load_settings
from gateway.channels import find_channel
from gateway.delivery import send
from gateway.foundation.fault_injection import STORE, Outages
from gateway.foundation.services import Services
from gateway.foundation.time_and_chance import Serials
from gateway.menus.authoring.folder import read_folder
from gateway.storage.database import Store
from gateway.web.app import create_app
from tests.support.clocks import SetClock
from tests.support.house import MENUS, made_parts, sample
from tests.support.house import publish as publish_compiled


def house(store: Store, clock: SetClock, folder: Path, client: redis.Redis | None = None) -> Services:
    """Real parts whose nudge sends the row in the same breath, as a worker beside them would.

    Outages may be tried in it, as bootstrap lets them be where there is no account.
    """
    parts = made_parts(store, clock, folder, client)
    outages = outages_of(parts)
    store._away = lambda: outages.until(STORE, now=clock.now()) is not None
    line = parts.channels["simulator"].config
    tried = replace(line, part_price="0.05 USD", options={"outages": str(folder / "outages")})
    parts = replace(parts, channels={**parts.channels, "simulator": find_channel(tried)})

    def nudge(row: str) -> bool:
        send.drain_outbox(parts, first=row, seconds=2)
        return True

    found = replace(parts, nudge=nudge)
    publish_compiled(found)
    return found


def outages_of(parts: Services) -> Outages:
    """What is out of order on purpose."""
    return Outages(parts.data_dir / "outages")


def app_of(parts: Services, *, phone: str = "on", **environ: str) -> Flask:
    """The application, with the phone switched as said."""
    serials = Serials(parts.channels, key=lambda: parts.store.ring.key("webhook"), read=lambda _name: None)
    said = {"GATEWAY_PHONE": phone, "GATEWAY_DATA_DIR": str(parts.data_dir), **environ}
    return create_app(parts, load_settings(said), serials)


def files() -> dict[str, str]:
    """The sample's files as a version keeps them."""
    return {name: content.decode() for name, content in read_folder(MENUS).items()}


__all__ = ["app_of", "files", "house", "outages_of", "sample"]
