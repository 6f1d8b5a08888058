"""From outside, over HTTP alone: 24 kinds of refusal, each said while her request waits, is held, or is being called."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from gateway.domain.permissions import Role
from gateway.foundation.services import Services
from gateway.foundation.time_and_chance import Serials
from gateway.storage.database import Store
from gateway.web.app import _build_doors
from gateway.web.webhooks.views import Gate, build_blueprint, list_addresses
from tests.support import house
from tests.support.clocks import SetClock
from tests.support.desk_rig import Desk
from tests.support.web_apps import pages_of
from tests.support.web_surroundings import Browser, token_of

HER = "+8562055512345"
CODE = re.compile(r"\b\d{4}\b")
OWN, SHARED = "7 2 1 3 1", "7 2 2 3 1"

BY_KEY = {
    "do not call, own phone": "7 2 1 6",
    "do not call, seen by others": "7 2 2 6",
    "not my phone, no": "7 2 3 2",
    "no consent, own phone": "7 2 1 3 2",
    "no consent, seen by others": "7 2 2 1 2",
    "no consent, another's phone": "7 2 3 1 2",
    "do not call, in danger": "7 1 1 1 6",
    "no consent, in danger": "7 1 1 2 4 2",
    "do not call, after going back": "7 2 1 3 0 6",
    "do not call, after a wrong key": "7 2 1 9 6",
    "do not call, from another screen": "1 1 7 2 1 6",
    "no consent, after changing the time": "7 2 1 3 0 1 2",
}
BY_TEXT = {
    "1 6": ("call me", "1 6"),
    "2 6": ("call me", "2 6"),
    "3 6": ("call me", "3 6"),
    "26, after other words": ("call me", "wage", "2 6"),
    "Lao digits": ("ໂທຫາຂ້ອຍ", "໑ ໖"),
    "Thai digits": ("โทรหาฉัน", "๑ ๖"),
    "another's phone at noon": ("call me", "3 2"),
    "STOP": ("STOP",),
    "stop, politely": ("Stop. Thank you",),
    "stop in Lao": ("ຢຸດ",),
    "stop in romanised Lao": ("yut",),
    "stop in Thai": ("หยุดครับ",),
}


@dataclass
class Outside:
    """One helpline behind its addresses: her provider on one side, a counsellor's browser on the other."""

    client: FlaskClient
    pages: Flask
    parts: Services
    addresses: dict[str, str]
    clock: SetClock
    turns: int = 0

    def dials(self, keys: str) -> str:
        self.turns += 1
        typed, page = "", self.hop("")
        for key in (["4"] if "Phasa" in page else []) + keys.split():
            typed = f"{typed}*{key}" if typed else key
            page = self.hop(typed)
        return page

    def refuses(self, keys: str) -> None:
        assert "You can dial again any time." in self.dials(keys)

    def hop(self, text: str) -> str:
        fields = {
            "sessionId": f"s{self.turns}", "phoneNumber": HER, "networkCode": "99999",
            "serviceCode": "*384*12345#", "text": text,
        }  # fmt: skip
        answer = self.client.post(self.addresses["ussd"], data=fields)
        assert answer.status_code == 200, answer.data
        return answer.get_data(as_text=True)

    def texts(self, *words: str) -> None:
        for each in words:
            self.turns += 1
            fields = {"from": HER, "to": "22384", "text": each, "id": f"t{self.turns}", "date": "2026-11-24"}
            assert self.client.post(self.addresses["sms"], data=fields).status_code == 200

    def browser(self, name: str, role: Role) -> Browser:
        browser = Browser(self.pages.test_client()).carry(token_of(self.parts, name))
        browser.get("/me")
        assert role
        return browser


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def ledger(request: pytest.FixtureRequest) -> Store:
    found: Store = request.getfixturevalue(f"{request.param}_store")
    return found


@pytest.fixture
def outside(ledger: Store, clock: SetClock, tmp_path: Path) -> Outside:
    parts = house.made_parts(ledger, clock, tmp_path)
    house.publish(parts)
    serials = Serials(parts.channels, key=lambda: b"k" * 32, read=lambda _: None)
    app = Flask("webhooks")
    gate = Gate(
        channels=parts.channels, secrets=serials.secrets, doors=_build_doors(parts),
        count=parts.count, clock=clock, down="Down.",
    )  # fmt: skip
    app.register_blueprint(build_blueprint(gate))
    desk = Desk(parts, clock)
    desk.person("Noy", number="+85620555900001")
    desk.person("Boss", Role.SUPERVISOR, number="+85620555900002")
    found = list_addresses("", parts.channels, serials.secrets)["africastalking"]
    return Outside(client=app.test_client(), pages=pages_of(parts), parts=parts, addresses=found, clock=clock)


def attempts(outside: Outside) -> int:
    from sqlalchemy import text

    with outside.parts.store.read() as tx:
        return int(tx.execute(text("SELECT count(*) FROM attempts")).scalar_one())


def everybody_tries(outside: Outside, callback: str) -> None:
    """Both people press whatever might ring her."""
    for person in ("Noy", "Boss"):
        browser = outside.browser(person, Role.COUNSELLOR)
        for act in ("claim", "call", "bridge"):
            answer = browser.post(f"/callbacks/{callback}/{act}", reason="I think she wants to")
            assert HER[-6:] not in answer.get_data(as_text=True)
        browser.post("/callbacks/next")


def stands(outside: Outside, keys: str, state: str) -> tuple[str, int]:
    assert CODE.search(outside.dials(keys))
    (request,) = house.requests(outside.parts, HER)
    outside.clock.forward(hours=4)
    browser = outside.browser("Noy", Role.COUNSELLOR)
    if state != "waiting":
        assert browser.post(f"/callbacks/{request.id}/claim").status_code == 303
    if state == "calling":
        assert browser.post(f"/callbacks/{request.id}/call").status_code == 303
    return request.id, attempts(outside)


def refusals() -> list[tuple[str, Callable[[Outside], object]]]:
    by_key = [(f"USSD: {name}", lambda out, keys=keys: out.refuses(keys)) for name, keys in BY_KEY.items()]
    by_text = [
        (f"SMS: {name}", lambda out, words=words: out.texts(*words)) for name, words in BY_TEXT.items()
    ]
    return by_key + by_text


def refusals_by_state() -> list[Any]:
    """Every refusal in every state; the usual run tries each in one state, in turn, and `make slow` all."""
    return [
        pytest.param(how, state, id=f"{name}-{state}", marks=pytest.mark.slow if (nth + at) % 3 else ())
        for nth, (name, how) in enumerate(refusals())
        for at, state in enumerate(("waiting", "claimed", "calling"))
    ]


def refusals_on_a_shared_phone() -> list[Any]:
    """Every refusal; the usual run tries each fourth, among them keys and texts, and `make slow` all."""
    return [
        pytest.param(how, id=name, marks=pytest.mark.slow if nth % 4 else ())
        for nth, (name, how) in enumerate(refusals())
    ]


@pytest.mark.fault("R1")
@pytest.mark.parametrize(("refuses", "state"), refusals_by_state())
def test_whatever_the_way_she_refuses_nobody_is_rung(
    outside: Outside, refuses: Callable[[Outside], object], state: str
) -> None:
    callback, before = stands(outside, OWN, state)
    refuses(outside)
    if state == "calling":  # the call that ran when she refused is said what came of it
        browser = outside.browser("Noy", Role.COUNSELLOR)
        browser.post(f"/callbacks/{callback}/outcome", outcome="cut_off", agreed="yes")
    for hours in (0, 14, 24):
        outside.clock.forward(hours=hours)
        everybody_tries(outside, callback)
    assert attempts(outside) == before


@pytest.mark.fault("R1")
@pytest.mark.parametrize("refuses", refusals_on_a_shared_phone())
def test_on_a_shared_phone_nobody_is_rung_before_a_person_decides(
    outside: Outside, refuses: Callable[[Outside], object]
) -> None:
    callback, before = stands(outside, SHARED, "waiting")
    refuses(outside)
    everybody_tries(outside, callback)
    assert attempts(outside) == before
    assert [one.state for one in house.requests(outside.parts, HER)] in (["review"], ["claimed"])


@pytest.mark.fault("R1")
def test_a_request_after_a_refusal_is_called(outside: Outside) -> None:
    stands(outside, OWN, "waiting")
    outside.dials("7 2 1 6")
    assert CODE.search(outside.dials(OWN))
    (request,) = house.requests(outside.parts, HER)
    browser = outside.browser("Noy", Role.COUNSELLOR)
    browser.post(f"/callbacks/{request.id}/claim")
    assert browser.post(f"/callbacks/{request.id}/call").status_code == 303
    assert attempts(outside) == 1
