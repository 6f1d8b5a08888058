"""A whole conversation to its code through every USSD dialect, over HTTP, each post and answer as the provider has them."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path

import pytest
import redis
from flask import Flask

from gateway.channels.contract import Channel
from gateway.domain.events import Inbound
from gateway.foundation.services import Services
from gateway.foundation.time_and_chance import Serials
from gateway.storage.database import Store
from gateway.web.app import _build_doors
from gateway.web.webhooks.views import Gate, build_blueprint, list_addresses
from tests.channels.test_every_channel import post_to
from tests.support.channel_tables import PROVIDERS, line_of, table_of
from tests.support.clocks import SetClock
from tests.support.house import made_parts, publish, requests
from tests.support.serving import serve_app
from tests.support.standin import Posted

pytestmark = pytest.mark.fault("F4")

KEYS = "4 7 2 2 3 1 1"


@dataclass(frozen=True)
class Speaker:
    """How a provider posts the latest of these inputs of a session, and how its answer is read into text and end."""

    post: Callable[[str, tuple[str, ...]], Mapping[str, str]]
    read: Callable[[Posted], tuple[str, bool]]


def read_words(posted: Posted) -> tuple[str, bool]:
    word, _, text = posted.body.partition(" ")
    assert word in ("CON", "END")
    return text, word == "END"


def read_object(
    name: str, goes_on: Callable[[dict[str, object]], object]
) -> Callable[[Posted], tuple[str, bool]]:
    def read(posted: Posted) -> tuple[str, bool]:
        found = json.loads(posted.body)
        return str(found[name]), not goes_on(found)

    return read


def read_elements(name: str, last: str) -> Callable[[Posted], tuple[str, bool]]:
    def read(posted: Posted) -> tuple[str, bool]:
        [text] = re.findall(rf"<{name}>(.*?)</{name}>", posted.body, re.DOTALL)
        return unescape(text), last in posted.body

    return read


def base(provider: str, **more: str) -> dict[str, str]:
    """The fields of the first post in the provider's table, with some replaced."""
    return {
        **next(case for case in table_of(provider).cases if case.event == "ussd").fields,
        **{name.replace("__", "."): value for name, value in more.items()},
    }


SPEAKERS = {
    "africastalking": Speaker(
        lambda s, keys: base("africastalking", sessionId=s, text="*".join(keys)), read_words
    ),
    "simulator": Speaker(lambda s, keys: base("simulator", sessionId=s, text="*".join(keys)), read_words),
    "con_end": Speaker(
        lambda s, keys: base(
            "con_end", SESSIONID=s, INPUT="*415*33" + "".join(f"*{key}" for key in keys) + "#"
        ),
        read_words,
    ),
    "hubtel": Speaker(
        lambda s, keys: base(
            "hubtel",
            SessionId=s,
            Type="Response" if keys else "Initiation",
            Message=keys[-1] if keys else "*711*2#",
            Sequence=str(len(keys) + 1),
        ),
        read_object("Message", lambda found: found["Type"] == "response"),
    ),
    "arkesel": Speaker(
        lambda s, keys: base(
            "arkesel",
            sessionID=s,
            newSession="false" if keys else "true",
            userData=keys[-1] if keys else "*920*1#",
        ),
        read_object("message", lambda found: found["continueSession"]),
    ),
    "nalo": Speaker(
        lambda s, keys: base(
            "nalo",
            SESSIONID=s,
            MSGTYPE="false" if keys else "true",
            USERDATA=keys[-1] if keys else "*920*180#",
        ),
        read_object("MSG", lambda found: found["MSGTYPE"]),
    ),
    "beem": Speaker(
        lambda s, keys: base(
            "beem",
            session_id=s,
            command="continue" if keys else "initiate",
            payload__response=keys[-1] if keys else "*149*46#",
        ),
        lambda posted: (
            json.loads(posted.body)["payload"]["request"],
            json.loads(posted.body)["command"] == "terminate",
        ),
    ),
    "infobip_ussd": Speaker(
        lambda s, keys: (
            base("infobip_ussd", text=keys[-1] if keys else "*123#")
            | {"/session": s, "/step": "response" if keys else "start"}
        ),
        read_object("ussdMenu", lambda found: not found["shouldClose"]),
    ),
    "comviva": Speaker(
        lambda s, keys: base("comviva", SessionID=s, input=keys[-1] if keys else "543"),
        lambda posted: (posted.body, posted.headers["freeflow"] == "FB"),
    ),
    "comviva_xml": Speaker(
        lambda s, keys: base(
            "comviva_xml",
            sessionId=s,
            newRequest="0" if keys else "1",
            subscriberInput=keys[-1] if keys else "165",
        ),
        read_elements("applicationResponse", "<freeflowState>FB"),
    ),
    "smpp": Speaker(
        lambda s, keys: (
            base(
                "smpp",
                session=s,
                id=f"{s}-{len(keys)}",
                kind="go-on" if keys else "begin",
                coding="15",
                octets=(keys[-1] if keys else "*144#").encode().hex(),
            )
            | {"from": "8562055500001", "to": "1444"}
        ),
        read_object("text", lambda found: not found["ends"]),
    ),
    "truroute": Speaker(
        lambda s, keys: base(
            "truroute", sessionid=s, type="2" if keys else "1", msg=keys[-1] if keys else "*120*1#"
        ),
        read_elements("msg", "<type>3</type>"),
    ),
}


@dataclass
class Served:
    """The house with every USSD line."""

    parts: Services
    addresses: Callable[[str], str]


@pytest.fixture(scope="module")
def _lines() -> dict[str, Channel]:
    return {provider: line_of(provider, provider) for provider in SPEAKERS}


@pytest.fixture
def served(
    _lines: dict[str, Channel],
    sqlite_store: Store,
    clock: SetClock,
    tmp_path: Path,
    redis_client: redis.Redis,
) -> Iterator[Served]:
    parts = replace(made_parts(sqlite_store, clock, tmp_path, redis_client), channels=_lines)
    publish(parts)
    serials = Serials(_lines, key=lambda: sqlite_store.ring.key("webhook"), read=lambda _: None)
    gate = Gate(
        channels=_lines, secrets=serials.secrets, doors=_build_doors(parts), count=parts.count, clock=clock
    )
    app = Flask("webhooks")
    app.register_blueprint(build_blueprint(gate))
    with serve_app(app) as base:
        addresses = list_addresses(base, _lines, serials.secrets)
        yield Served(parts, lambda provider: addresses[provider]["ussd"])


def test_every_ussd_provider_has_a_speaker() -> None:
    assert set(SPEAKERS) == {each for each in PROVIDERS if "ussd" in line_of(each).contract.events}


def test_a_conversation_runs_to_its_code_in_every_dialect_and_the_last_post_may_come_twice(
    served: Served,
) -> None:
    pages: dict[str, list[str]] = {}
    for provider, speaker in SPEAKERS.items():
        dialect, keys = table_of(provider).dialect, tuple(KEYS.split())
        [first] = next(case for case in table_of(provider).cases if case.event == "ussd").gives
        assert isinstance(first, Inbound)
        number = first.number
        for n in range(len(keys) + 1):
            fields = speaker.post("77", keys[:n])
            posted = post_to(served.addresses(provider), dialect, fields)
            assert posted.status == 200, provider
            text, ends = speaker.read(posted)
            pages.setdefault(provider, []).append(re.sub(r"\b\d{4}\b", "0000", text))
            assert ends == (n == len(keys)), (provider, n, text)
        again = speaker.read(post_to(served.addresses(provider), dialect, fields))
        assert again == (text, True), provider
        codes = {found.code for found in requests(served.parts, number) if found.channel == provider}
        assert len(codes) == 1, provider
    plain = pages["simulator"]
    assert max(len(page) for page in pages.pop("nalo")) <= 120  # it has a limit of its own, so other cuts
    for provider, told in pages.items():
        assert [page for page in told if page not in plain] == [], provider
    print(f"\ndialects to the code: {len(SPEAKERS)}, posts each {len(plain)}")
