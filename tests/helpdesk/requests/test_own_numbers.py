"""Our own numbers are no callers: a ring to ourselves keeps somebody from being called who waits."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.channels import find_channel
from gateway.channels.contract import ChannelConfig
from gateway.conversations import one_shot
from gateway.domain.contact_safety import PhoneSeen, When
from gateway.domain.events import MissedCall
from gateway.helpdesk.errors import Rejected, Why
from gateway.helpdesk.requests import accept, add
from gateway.helpdesk.requests.add import ManualRequest, RequestOrigin
from gateway.menus.engine.effects import CallbackAccepted, CallbackRefused, RequestCallback
from gateway.storage.database import Store
from tests.support import house
from tests.support.clocks import SetClock
from tests.support.desk_rig import HER, Desk
from tests.support.standin import KEY

HELPLINE, CENTRE, VOICE, GOES_TO, STAFF = (f"+856205559010{n}" for n in range(1, 6))

pytestmark = pytest.mark.fault("N4")


@pytest.fixture
def ours(sqlite_store: Store, clock: SetClock, tmp_path: Path) -> Desk:
    """A line with a number of each sort that is its own."""
    account = {"username": "helpline", "api_key": KEY, "api_url": "http://127.0.0.1:9", "voice_number": VOICE}
    config = ChannelConfig(
        name="africastalking", provider="africastalking", menu="helpline", sms_number="020 5559 0104",
        options=account,
    )  # fmt: skip
    channels = {"africastalking": find_channel(config)}
    settings = replace(house.LINE, helpline="020 5559 0101", mrc=CENTRE)
    parts = house.made_parts(sqlite_store, clock, tmp_path, channels=channels, line=settings)
    house.publish(parts)
    return Desk(parts, clock)


@pytest.mark.parametrize("number", [HELPLINE, CENTRE, VOICE, GOES_TO])
def test_a_number_of_the_line_asks_for_nothing_by_dialling(ours: Desk, number: str) -> None:
    phone = house.Phone(ours.parts, number=number)
    assert phone.dial("4 7 2 1 3 1").screen == "no_call"
    assert house.requests(ours.parts, number) == []


@pytest.mark.parametrize("number", [HELPLINE, STAFF])
def test_nor_by_text_nor_by_a_ring(ours: Desk, number: str) -> None:
    phone = house.Phone(ours.parts, number=number)
    assert phone.dial("4 7 2 1 3 1").text  # while it is nobody's helpline phone yet, STAFF is taken
    ours.person("Noy", number=STAFF)
    phone.texts("call me")
    phone.texts("2 3")
    one_shot.accept_ring(
        ours.parts, MissedCall(channel="africastalking", number=number, turn="r"), now=ours.clock.now()
    )
    assert [one.asks for one in house.requests(ours.parts, number)] == ([1] if number == STAFF else [])


def test_a_helpline_phone_of_somebody_who_works_here_asks_for_nothing(ours: Desk) -> None:
    ours.person("Noy", number=STAFF)
    assert ours.asks(STAFF).receipt == CallbackRefused(reason="number")
    assert isinstance(ours.asks(HER).receipt, CallbackAccepted)


@pytest.mark.parametrize("number", [HELPLINE, CENTRE, VOICE, GOES_TO, STAFF])
def test_nobody_adds_a_request_for_one(ours: Desk, number: str) -> None:
    noy = ours.person("Noy", number=STAFF)
    asked = ManualRequest(
        how=RequestOrigin.PHONED_IN, number=number, consented=True, phone_seen=PhoneSeen.NO, when=When("evening"),
        language="lo",
    )  # fmt: skip
    with pytest.raises(Rejected) as declined:
        add.add_request(ours.parts, noy, asked, form="f")
    assert declined.value.why is Why.NUMBER


def test_while_sql_is_away_none_is_promised_either(ours: Desk) -> None:
    given = {"danger": "no", "phone_seen": "no", "when": "evening", "consent": "v1"}
    effect = RequestCallback(topic="pay", path=(), answers=given, language="lo", script="lo")
    promised = [
        accept.promise_request(
            ours.parts, effect=effect, turn_key=b"k" * 32, number=number, now=ours.clock.now()
        )
        for number in (HELPLINE, VOICE, HER)
    ]
    assert promised[:2] == [CallbackRefused(reason="number")] * 2
    assert isinstance(promised[2], CallbackAccepted)
