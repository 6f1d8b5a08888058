"""One model of a turn for every provider: inputs joined or one by one, with ids or without, and ids that come again."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import redis

from gateway.channels.contract import Channel, ChannelConfig, Request
from gateway.channels.ussd_only import UssdOnly
from gateway.conversations import ussd
from gateway.conversations.ussd import RenderedPage
from gateway.domain.events import Inbound, Kind
from gateway.foundation.services import Services
from gateway.storage.database import Store
from tests.support.clocks import SetClock
from tests.support.house import HER, made_parts, publish, requests

TO_CODE = "4 7 2 2 3 1"


class _OneByOne(UssdOnly):
    """A channel that gets the latest input alone."""

    def parse(self, request: Request) -> Any:
        raise NotImplementedError


class _Numbered(_OneByOne):
    has_turn_id = True


class _Joined(_OneByOne):
    accumulates = True


LINES = {"numbered": _Numbered, "bare": _OneByOne, "joined": _Joined}


@dataclass
class Dialler:
    """A phone behind one of the three kinds of providers, all of which say which post is the first."""

    parts: Services
    line: str
    session: str = "7"
    inputs: tuple[str, ...] = ()
    count: int = 0

    def dial(self, digits: str = "", *, session: str = "7") -> RenderedPage:
        self.session, self.count = session, 0
        self.inputs = tuple(digits.split("*")) if digits else ()
        return self.post(digits, first=True)

    def press(self, keys: str) -> RenderedPage:
        for key in keys.split():
            self.count += 1
            self.inputs = (*self.inputs, key)
            page = self.post(key)
        return page

    def again(self) -> RenderedPage:
        """The last post once more."""
        return ussd.answer_turn(self.parts, self.last)

    def post(self, text: str, *, first: bool = False) -> RenderedPage:
        joined = "*".join(self.inputs) if self.line == "joined" else text
        turn = str(self.count) if self.line == "numbered" else ""
        self.last = Inbound(
            channel=self.line,
            kind=Kind.USSD,
            number=HER,
            session=self.session,
            text=joined,
            turn=turn,
            first=first,
        )
        return ussd.answer_turn(self.parts, self.last)


@pytest.fixture(params=LINES)
def dialler(
    request: pytest.FixtureRequest,
    sqlite_store: Store,
    clock: SetClock,
    tmp_path: Path,
    redis_client: redis.Redis,
) -> Dialler:
    name = str(request.param)
    config = ChannelConfig(name=name, provider="none", menu="helpline")
    lines: dict[str, Channel] = {name: LINES[name](config)}  # type: ignore[dict-item] # nothing is answered here
    parts = made_parts(sqlite_store, clock, tmp_path, redis_client, channels=lines)
    publish(parts)
    return Dialler(parts, name)


def test_a_conversation_runs_to_its_code_and_no_key_is_lost(dialler: Dialler) -> None:
    assert dialler.dial().screen == "language"
    page = dialler.press(TO_CODE)
    [request] = requests(dialler.parts)
    assert request.code in page.text
    assert dialler.press("1").ends


def test_the_same_key_twice_is_two_inputs(dialler: Dialler) -> None:
    dialler.dial()
    assert [dialler.press(key).screen for key in ("4", "1", "1")] == ["main", "pay", "wage_area"]


def test_digits_dialled_behind_the_code_are_inputs(dialler: Dialler) -> None:
    assert dialler.dial("4*1").screen == "pay"
    assert dialler.press("1").screen == "wage_area"


def test_digits_up_to_the_save_are_one_request_however_often_they_come(dialler: Dialler) -> None:
    page = dialler.dial(TO_CODE.replace(" ", "*"))
    [request] = requests(dialler.parts)
    assert request.code in page.text
    assert {dialler.again().text for _ in range(3)} == {page.text}
    with ThreadPoolExecutor(4) as pool:
        assert {one.text for one in pool.map(lambda _: dialler.again(), range(8))} == {page.text}
    assert len(requests(dialler.parts)) == 1


def test_two_deeds_of_one_session_are_two(dialler: Dialler) -> None:
    """Without an id of a turn the second would find the record of the first, and be told and not done."""
    dialler.dial()
    dialler.press(TO_CODE)
    code = requests(dialler.parts)[0].code
    dialler.press("1")
    dialler.dial(session="8")
    dialler.press(f"4 {code}")
    page = dialler.press("2")
    assert requests(dialler.parts) == []
    assert code not in page.text


def test_a_repeat_gets_the_same_page(dialler: Dialler) -> None:
    first = dialler.dial()
    assert dialler.again() == first
    page = dialler.press("4 1")
    if dialler.line != "bare":  # there the same key pressed again looks alike, and is taken as that
        assert dialler.again() == page
    last = dialler.press("0 7 2 2 3 1 1")
    assert last.ends
    assert {dialler.again().text for _ in range(3)} == {last.text}
    assert len(requests(dialler.parts)) == 1


@pytest.mark.parametrize("keys", ["", "4", "4 7 2 2", f"{TO_CODE}", f"{TO_CODE} 1"])
def test_a_session_id_that_comes_again_within_minutes_shows_nothing_of_the_one_before(
    dialler: Dialler, keys: str
) -> None:
    first = dialler.dial()
    if keys:
        dialler.press(keys)
    dialler.parts.clock.forward(minutes=2)  # type: ignore[attr-defined]
    assert dialler.dial().text == first.text
    assert dialler.press("4 1").screen == "pay"


def test_a_request_under_an_id_that_comes_again_is_made_and_not_read_out_of_the_record_of_the_first(
    dialler: Dialler,
) -> None:
    codes = []
    for _ in range(3):
        dialler.dial()
        page = dialler.press(TO_CODE)
        codes = [found.code for found in requests(dialler.parts)]
        assert any(code in page.text for code in codes)
        dialler.press("1")
        dialler.parts.clock.forward(minutes=3)  # type: ignore[attr-defined]
    assert len(set(codes)) == 3  # a shared phone has up to three


def test_a_session_that_was_lost_begins_again_in_one_line_and_goes_on(
    dialler: Dialler, redis_client: redis.Redis
) -> None:
    first = dialler.dial()
    dialler.press("4 7 2")
    redis_client.flushall()
    lost = dialler.press("2")
    assert lost.screen == "language"
    assert lost.text != first.text
    assert dialler.press("4").screen == "main"
    assert dialler.press("1").screen == "pay"
    assert requests(dialler.parts) == []


def test_a_deed_whose_session_was_lost_is_told_again_where_its_turn_has_an_id(
    dialler: Dialler, redis_client: redis.Redis
) -> None:
    dialler.dial()
    page = dialler.press(TO_CODE)
    redis_client.flushall()
    told = dialler.again()
    assert len(requests(dialler.parts)) == 1
    assert told.text == page.text if dialler.line != "bare" else told.screen == "language"


def test_inputs_after_the_end_begin_again(dialler: Dialler) -> None:
    """Some providers go on posting under an id whose session we ended."""
    dialler.dial()
    assert dialler.press(f"{TO_CODE} 1").ends
    assert dialler.press("3").screen == "language"
    assert dialler.press("4").screen == "main"
    assert dialler.press("1").screen == "pay"


def test_an_input_may_hold_a_star_or_be_empty(dialler: Dialler) -> None:
    dialler.dial()
    dialler.press("4")
    for text in ("1*1", "*", "") if dialler.line != "joined" else ("1*", "*"):
        dialler.count += 1
        dialler.inputs = (*dialler.inputs, text)
        assert not dialler.post(text).ends
    assert replace(dialler.last).number == HER
