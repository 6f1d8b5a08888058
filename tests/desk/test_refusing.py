"""A refusal is a deed: whatever was asked for from her number, her phone does not ring until she asks again."""

import hashlib

import pytest

from gateway.callbacks.model import State
from gateway.desk import claim, refusing
from gateway.engine.effects import Noted, RefuseCalls
from tests.desk.rig import HER, Desk

HOWS = ("plain", "said", "stop")


def refuses(
    line: Desk, how: str = "plain", number: str = HER, *, session: str = "later", **more: str
) -> None:
    """She refuses in a turn of her own."""
    effect = RefuseCalls(how=how, **more)  # type: ignore[arg-type]
    key = hashlib.sha256(session.encode()).digest()
    assert line.does(refusing.refuse_calls, number, effect=effect, session=key) == Noted()


def at_evening(line: Desk) -> None:
    line.clock.forward(hours=5)


@pytest.fixture
def nok(line: Desk):
    return line.person("Nok")


@pytest.mark.fault("R1")
@pytest.mark.parametrize(
    ("how", "state"), [("plain", State.CANCELLED), ("said", State.REVIEW), ("stop", State.REVIEW)]
)
@pytest.mark.parametrize("stands", ["waiting", "claimed"])
def test_on_her_own_phone_a_refusal_takes_the_request_off_the_line(line, nok, how, state, stands):
    callback = line.requested()
    at_evening(line)
    if stands == "claimed":
        claim.claim(line.parts, nok, callback)
    refuses(line, how)
    found = line.callback(callback)
    assert (found.state, found.withheld, found.reason) == (state, how, "refused")
    assert found.holder_id is None or found.state is State.CANCELLED
    with pytest.raises(Exception):  # noqa: B017 - whatever the word, no number is shown
        line.calling(nok, callback)
