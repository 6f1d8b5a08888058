"""A call through the line on the pages: the bar that goes along, the outcome that is preset, and the way without it."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.channels import find_channel
from gateway.channels.contract import ChannelConfig
from gateway.domain.callbacks.states import CallbackState
from gateway.domain.events import CallEvent, CallKind, Cause
from gateway.helpdesk.calls import bridge_events
from tests.support.desk_rig import HER, OTHER, made_parts

LINE = "africastalking"
ACCOUNT = {
    "username": "sandbox",
    "api_key": "made up",
    "api_url": "http://127.0.0.1:9",
    "bridge": "yes",
    "voice_number": "+254700000099",
}
OURS = "+8562055590001"
SAYS = {
    "calling_you": "Calling you …",
    "press_one": "Press 1",
    "calling_her": "Calling her …",
    "talking": "Talking",
}


def text_of(answer) -> str:
    return answer.get_data(as_text=True)


def bar_of(page: str) -> str:
    found = re.search(r'<div [^>]*class="bridge.*?</div>', page, flags=re.DOTALL)
    return found.group(0) if found else ""


def step_of(page: str) -> str:
    found = re.search(r'aria-current="step">([^<]+)<', bar_of(page))
    return found.group(1) if found else ""


def primary_of(page: str) -> list[str]:
    return re.findall(r'<button[^>]*value="(\w+)"[^>]*class="primary"', page)


@pytest.fixture
def options():
    return dict(ACCOUNT)


@pytest.fixture
def parts(sqlite_store, clock, tmp_path, options):
    line = find_channel(ChannelConfig(name=LINE, provider=LINE, menu="helpline", options=options))
    return replace(made_parts(sqlite_store, clock, tmp_path), channels={LINE: line})


@pytest.fixture
def noy(signed):
    return signed("Noy", number=OURS)


@pytest.fixture
def held(line, noy):
    wanted = line.requested(HER, when="now")
    noy.post(f"/callbacks/{wanted}/claim")
    return wanted


@pytest.fixture
def heard(parts, clock):
    """What the provider tells: ``heard("answered")``."""

    def one(kind: str, **more: object) -> None:
        clock.forward(seconds=2)
        event = CallEvent(channel=LINE, session="ATVId_1", kind=CallKind(kind), number=OURS, **more)
        bridge_events.handle_call_event(parts, event)

    return one


@pytest.fixture
def talking(noy, held, heard):
    noy.post(f"/callbacks/{held}/bridge")
    heard("answered")
    heard("key", digits="1")
    heard("connected")
    return held


class TestTheButton:
    def test_call_rings_the_counsellor_and_the_other_way_is_quieter(self, noy, held):
        page = text_of(noy.get(f"/callbacks/{held}"))
        assert re.search(rf'action="/callbacks/{held}/bridge">.*?class="primary big"', page, flags=re.DOTALL)
        assert re.search(rf'action="/callbacks/{held}/call">.*?class="quiet"', page, flags=re.DOTALL)
        assert page.count('class="primary big"') == 1
        assert "Your phone +856 20 55 590 001 rings first" in page

    def test_the_quieter_way_still_shows_the_number(self, noy, held):
        noy.post(f"/callbacks/{held}/call")
        assert f"tel:{HER}" in text_of(noy.get(f"/callbacks/{held}"))

    @pytest.mark.parametrize("options", [{}, {**ACCOUNT, "bridge": "no"}, {**ACCOUNT, "voice_number": ""}])
    def test_without_a_line_that_calls_it_is_as_before(self, noy, held, line):
        page = text_of(noy.get(f"/callbacks/{held}"))
        assert "/bridge" not in page
        assert "No line makes calls" not in page
        assert re.search(rf'action="/callbacks/{held}/call">.*?class="primary big"', page, flags=re.DOTALL)
        refused = noy.post(f"/callbacks/{held}/bridge")
        assert refused.status_code == 409
        assert "No line makes calls here" in text_of(refused)
        assert line.callback(held).state is CallbackState.CLAIMED

    @pytest.mark.parametrize("options", [{**ACCOUNT, "calls_a_day": "1"}])
    def test_used_up_is_said_in_one_sentence(self, noy, held, line, heard):
        noy.post(f"/callbacks/{held}/bridge")
        heard("over", cause=Cause.NO_ANSWER)
        other = line.requested(OTHER, when="now")
        noy.post(f"/callbacks/{other}/claim")
        page = text_of(noy.get(f"/callbacks/{other}"))
        assert "The line has made all the calls that it may today" in page
        assert "/bridge" not in page

    def test_two_presses_are_one_call(self, noy, held, line):
        for _ in range(2):
            assert noy.post(f"/callbacks/{held}/bridge").location == f"/callbacks/{held}"
        assert line.rows("SELECT count(*) FROM bridges") == [(1,)]

    def test_a_second_request_is_refused_in_words_while_one_runs(self, noy, held, line):
        other = line.requested(OTHER, when="now")
        noy.post(f"/callbacks/{other}/claim")
        noy.post(f"/callbacks/{held}/bridge")
        refused = noy.post(f"/callbacks/{other}/bridge")
        assert refused.status_code == 409
        assert "A call that you began has not ended yet." in text_of(refused)


class TestTheBar:
    def test_it_goes_along_over_every_page(self, noy, held, line, heard):
        noy.post(f"/callbacks/{held}/bridge")
        code = line.callback(held).code
        told = [step_of(text_of(noy.get("/later")))]
        for kind, more in (("answered", {}), ("key", {"digits": "1"}), ("connected", {})):
            heard(kind, **more)
            told.append(step_of(text_of(noy.get("/bar"))))
            for where in ("/", "/mine", "/search", "/lines", f"/callbacks/{held}"):
                bar = bar_of(text_of(noy.get(where)))
                assert f"<b>{code}</b>" in bar
                assert "Hang up your phone to end" in bar
                assert "data-quick" in bar
        assert told == list(SAYS.values())

    def test_her_number_is_on_no_page(self, noy, talking):
        for where in ("/", "/bar", f"/callbacks/{talking}", f"/callbacks/{talking}/look"):
            page = text_of(noy.get(where))
            assert not any(number in page for number in (HER, HER[1:], HER[-7:], "55 512 345")), where

    @pytest.mark.usefixtures("talking")
    def test_how_long_they_talk_is_counted_without_a_new_page(self, noy, clock):
        clock.forward(minutes=3, seconds=12)
        first = noy.client.get("/bar")
        assert ">03:12</time>" in bar_of(text_of(first))
        clock.forward(seconds=30)
        again = noy.client.get("/bar", headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")

    def test_each_step_is_a_new_answer(self, noy, held, heard):
        noy.post(f"/callbacks/{held}/bridge")
        marks = [noy.client.get("/bar").headers["ETag"]]
        for kind, more in (
            ("answered", {}),
            ("key", {"digits": "1"}),
            ("connected", {}),
            ("over", {"seconds": 5}),
        ):
            heard(kind, **more)
            answer = noy.client.get("/bar", headers={"If-None-Match": marks[-1]})
            assert answer.status_code == 200
            marks.append(answer.headers["ETag"])
        assert len(set(marks)) == 5

    @pytest.mark.usefixtures("talking")
    def test_nobody_else_sees_it(self, signed):
        assert bar_of(text_of(signed("Dao").get("/"))) == ""


class TestAfterwards:
    @pytest.mark.parametrize(
        ("over", "preset", "said"),
        [
            ({"seconds": 65}, "reached", "You talked."),
            ({"cause": Cause.BUSY}, "busy", "Her phone was busy."),
            ({"cause": Cause.SWITCHED_OFF}, "switched_off", "Her phone was off."),
            ({"cause": Cause.NO_ANSWER}, "no_answer", "She did not answer."),
        ],
    )
    def test_the_outcome_is_preset_and_the_counsellor_confirms(
        self, noy, held, line, heard, over, preset, said
    ):
        noy.post(f"/callbacks/{held}/bridge")
        heard("answered")
        heard("key", digits="1")
        heard("over", **over)
        assert line.callback(held).state is CallbackState.CALLING
        elsewhere = bar_of(text_of(noy.get("/later")))
        assert said in elsewhere
        assert f"/callbacks/{held}#outcome" in elsewhere
        page = text_of(noy.get(f"/callbacks/{held}"))
        assert said in page
        assert primary_of(page) == [preset]
        assert 'id="first-outcome"' in re.search(rf'<button[^>]*value="{preset}"[^>]*>', page).group(0)
        form = re.search(r'/outcome">.*?name="form" value="([\w-]+)"', page, flags=re.DOTALL).group(1)
        noy.post(f"/callbacks/{held}/outcome", outcome=preset, form=form)
        assert line.rows("SELECT outcome FROM attempts") == [(preset,)]
        assert bar_of(text_of(noy.get("/"))) == ""

    def test_she_may_say_something_else(self, noy, talking, line, heard):
        heard("over", seconds=20)
        page = text_of(noy.get(f"/callbacks/{talking}"))
        form = re.search(r'/outcome">.*?name="form" value="([\w-]+)"', page, flags=re.DOTALL).group(1)
        noy.post(f"/callbacks/{talking}/outcome", outcome="someone_else", form=form)
        assert line.rows("SELECT outcome FROM attempts") == [("someone_else",)]

    @pytest.mark.parametrize(
        ("kinds", "said"),
        [
            ([("over", {"cause": Cause.NO_ANSWER})], "You did not answer your phone."),
            ([("over", {"cause": Cause.BUSY})], "Your phone was busy."),
            ([("answered", {}), ("over", {})], "You did not press 1."),
        ],
    )
    def test_where_her_phone_never_rang_nothing_is_asked(self, noy, held, line, heard, kinds, said):
        noy.post(f"/callbacks/{held}/bridge")
        for kind, more in kinds:
            heard(kind, **more)
        page = text_of(noy.get(f"/callbacks/{held}"))
        assert said in page
        assert "What happened?" not in page
        assert line.callback(held).state is CallbackState.WAITING
        assert bar_of(text_of(noy.get("/"))) == ""
        assert "her phone did not ring" in page

    def test_a_quarter_of_an_hour_later_it_is_history(self, noy, held, heard, clock):
        noy.post(f"/callbacks/{held}/bridge")
        heard("over", cause=Cause.NO_ANSWER)
        clock.forward(minutes=16)
        assert "You did not answer your phone." not in text_of(noy.get(f"/callbacks/{held}"))

    def test_a_line_that_says_nothing_any_more_asks_too(self, noy, talking, parts, clock):
        clock.forward(minutes=36)
        assert bridge_events.roll_bridges(parts) == 1
        page = text_of(noy.get(f"/callbacks/{talking}"))
        assert "No word of the call any more" in page
        assert "What happened?" in page

    def test_whoever_knows_that_it_is_over_need_not_wait_for_the_line(self, noy, talking, line):
        page = text_of(noy.get(f"/callbacks/{talking}"))
        assert "It is over, and this page does not know" in page
        assert "is-stuck" not in page
        form = re.search(r'/outcome">.*?name="form" value="([\w-]+)"', page, flags=re.DOTALL).group(1)
        noy.post(f"/callbacks/{talking}/outcome", outcome="reached", form=form)
        assert line.callback(talking).state is CallbackState.REACHED


def test_the_page_of_a_running_call_is_304_while_nothing_happens(noy, talking, clock):
    at = f"/callbacks/{talking}/look"
    clock.set(clock.now().replace(second=1) + timedelta(minutes=1))
    mark = noy.client.get(at).headers["ETag"]
    clock.forward(seconds=20)
    again = noy.client.get(at, headers={"If-None-Match": mark})
    assert (again.status_code, again.data) == (304, b"")
