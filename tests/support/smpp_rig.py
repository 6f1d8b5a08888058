"""A house whose line is an SMPP link: the webhooks on a socket, the link in a thread, the centre of a library."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from flask import Flask

from gateway.channels import find_channel
from gateway.channels.contract import ChannelConfig
from gateway.channels.smpp import SmppChannel
from gateway.foundation.services import Services
from gateway.foundation.time_and_chance import Serials
from gateway.storage.database import Store
from gateway.web.app import _build_doors
from gateway.web.webhooks.views import Gate, build_blueprint
from tests.support.clocks import SetClock
from tests.support.house import made_parts
from tests.support.serving import serve_app
from tests.support.smpp_centre import Centre
from workers import Stop
from workers.main import run_links

NUMBER = "1444"


@dataclass
class SmppRig:
    """The house and the centre."""

    parts: Services
    centre: Centre
    channel: SmppChannel
    stop: Stop


def smpp_config(port: int, folder: Path, options: Mapping[str, str]) -> ChannelConfig:
    """The block of the line."""
    account = {"host": f"127.0.0.1:{port}", "system_id": "gateway", "password": "secret08"}
    return ChannelConfig(
        name="smpp",
        provider="smpp",
        menu="helpline",
        service_codes=("*144#",),
        sms_number=NUMBER,
        rate=100,
        options=account | dict(options),
        run_dir=str(folder / "links"),
    )


@contextmanager
def smpp_line(
    store: Store, clock: SetClock, folder: Path, redis: object = None, **options: str
) -> Iterator[SmppRig]:
    """Run it."""
    with Centre() as centre:
        found = made_parts(store, clock, folder, redis)  # type: ignore[arg-type]
        channel = find_channel(smpp_config(centre.port, folder, options))
        assert isinstance(channel, SmppChannel)
        parts = replace(found, channels={**found.channels, "smpp": channel})
        serials = Serials(["smpp"], key=lambda: store.ring.key("webhook"), read=lambda _: None)
        gate = Gate(
            channels=parts.channels,
            secrets=serials.secrets,
            doors=_build_doors(parts),
            count=parts.count,
            clock=clock,
        )
        app = Flask("webhooks")
        app.register_blueprint(build_blueprint(gate))
        stop = Stop()
        with serve_app(app) as url:
            thread = threading.Thread(target=run_links, args=(parts, url, serials), kwargs={"stop": stop})
            thread.start()
            try:
                centre.wait_bound()
                yield SmppRig(parts, centre, channel, stop)
            finally:
                stop.ask()
                thread.join(20)
