"""Two people press Call in one second on a running gateway, against a provider that rings both phones: one Dial a number."""

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from tests.support.running import CONFIG, Running, wait
from tests.support.standin import KEY
from tests.support.standin_voice import VOICE, Script, VoiceStandin
from tests.support.trial_phones import LANGUAGES, Phone
from tests.support.visitors import Visitor

pytestmark = [pytest.mark.kills, pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.xdist_group("calls")]

PASSWORD = "a long enough password"
NOW = ("7", "2", "2", "5", "1")
"""Call me; no danger; sometimes seen by others; now; yes, that is the save."""

RINGS = 1.0
"""Seconds: what never rang her is over at once, and then the other may call; here both are to press while it lives."""

ROUNDS: tuple[tuple[str, Script, str, int], ...] = (
    ("answered", Script(), "talked", 1),
    ("her line is busy", Script(her="busy"), "busy", 1),
    ("no answer", Script(her="no_answer", cause=False), "no_answer", 1),
    ("doubled and late", Script(times=2, late=True), "talked", 1),
    ("four equal posts at the same moment", Script(times=4, at_once=True), "talked", 1),
    ("over before our commit", Script(early="all", repeats_id=False), "talked", 1),
    ("the last words are missing", Script(final=False), "talked", 1),
    ("the counsellor never presses 1", Script(keys=(), rings=RINGS), "not_pressed", 0),
    ("the counsellor does not answer", Script(you="no_answer", rings=RINGS), "you_no_answer", 0),
)


class Counsellor(Visitor):
    """Somebody at a browser, whose helpline phone is entered."""

    def __init__(self, running: Running, name: str, phone: str) -> None:
        super().__init__(running, name, "counsellor")
        self.get("/me")
        assert self.post("/me/number", number=phone) == 200


@pytest.fixture(scope="module")
def provider() -> Iterator[VoiceStandin]:
    with VoiceStandin() as standin:
        yield standin


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, provider: VoiceStandin) -> Iterator[Running]:
    account = {
        "AFRICASTALKING_USERNAME": "sandbox",
        "AFRICASTALKING_API_KEY": KEY,
        "AFRICASTALKING_API_URL": provider.url,
        "AFRICASTALKING_VOICE_NUMBER": VOICE,
    }
    house = Running(tmp_path_factory.mktemp("calls"), account)
    options = '\n[channels.africastalking.options]\nbridge = "yes"\n'
    (house.folder / "gateway.toml").write_text(CONFIG + options)
    with house:
        provider.posts_to(house.asked("webhooks")["africastalking"]["voice"])
        yield house


@pytest.fixture(scope="module")
def people(running: Running) -> list[Counsellor]:
    return [Counsellor(running, name, f"+85620555900{n}") for n, name in enumerate(("Noy", "Dao"), 10)]


def asked_twice(running: Running) -> tuple[Phone, list[str]]:
    """One phone that others see too, and two requests that came from it."""
    phone = Phone(running.provider())
    before = {row["id"] for row in running.callbacks()}
    for _ in range(2):
        phone.walk([*LANGUAGES["en"], *NOW])
    made = [row["id"] for row in running.callbacks() if row["id"] not in before]
    assert len(made) == 2
    return phone, made


def pressed_at_once(people: list[Counsellor], requests: list[str]) -> list[int]:
    """Both press Call at the same moment."""
    gate = threading.Barrier(len(people))

    def press(pair: tuple[Counsellor, str]) -> int:
        who, request = pair
        gate.wait(30)
        return who.post(f"/callbacks/{request}/bridge")

    with ThreadPoolExecutor(len(people)) as pool:
        return list(pool.map(press, zip(people, requests, strict=True)))


def result_of(running: Running, request: str) -> str:
    """What the ledger says came of the newest bridge of a request."""
    with closing(sqlite3.connect(f"file:{running.data / 'gateway.sqlite3'}?mode=ro", uri=True)) as ledger:
        asked = "SELECT result FROM bridges WHERE callback_id = ? ORDER BY at DESC"
        return str(ledger.execute(asked, [request]).fetchone()[0])


def test_two_people_press_call_for_one_number_in_one_second(
    running: Running, provider: VoiceStandin, people: list[Counsellor]
) -> None:
    print(f"\n{'the provider':<38}answers     calls  dials  posts  result")
    for name, script, result, dials in ROUNDS:
        phone, requests = asked_twice(running)
        for who, request in zip(people, requests, strict=True):
            who.get("/")
            assert who.post(f"/callbacks/{request}/claim") == 200
        provider.script = script
        before = len(provider.calls)

        answers = pressed_at_once(people, requests)

        wait(lambda before=before: len(provider.calls) > before, 30, "the worker asks for the call")
        provider.wait()
        made, came = provider.calls[before:], result_of(running, requests[answers.index(200)])
        posts = sum(len(call.answers) for call in made)
        print(f"{name:<38}{answers}  {len(made):>5}  {provider.dialled(phone.number):>5}  {posts:>5}  {came}")
        assert sorted(answers) == [200, 409], "one of them calls, the other is told who"
        assert len(made) == 1
        assert (provider.dialled(phone.number), came) == (dials, result)
        winner = answers.index(200)
        assert made[0].to == people[winner].phone
        shown = [running.shown(request) for request in requests]
        if dials:
            assert [row["state"] for row in shown][winner] == "calling"
            running.command("callbacks", "record", requests[winner], "reached", "--as", people[winner].name)
            running.command("callbacks", "release", requests[1 - winner], "--as", people[1 - winner].name)
        else:
            assert shown[winner]["state"] == "waiting"
            assert shown[winner]["attempts"] == 0
            assert any(happened["what"] == "not_dialled" for happened in shown[winner]["history"])
            running.command("callbacks", "release", requests[1 - winner], "--as", people[1 - winner].name)
    assert len({dial.number for dial in provider.dials}) == len(provider.dials), (
        "no number was ever dialled twice"
    )
    assert all(phone[4:] not in running.said() for phone in [dial.number for dial in provider.dials])


def test_both_press_call_for_the_same_request(
    running: Running, provider: VoiceStandin, people: list[Counsellor]
) -> None:
    phone, requests = asked_twice(running)
    provider.script = Script()
    people[0].get("/")
    assert people[0].post(f"/callbacks/{requests[0]}/claim") == 200
    before = len(provider.calls)

    answers = pressed_at_once(people, [requests[0]] * 2)

    wait(lambda: len(provider.calls) > before, 30, "the worker asks for the call")
    provider.wait()
    assert answers == [200, 409]
    assert len(provider.calls) == before + 1
    assert provider.dialled(phone.number) == 1


def test_a_ring_to_the_voice_number_is_rejected_and_does_nothing_for_a_stranger(running: Running) -> None:
    posted = running.provider().post(
        "voice",
        isActive="1",
        sessionId="ATVId_ring",
        direction="Inbound",
        callerNumber="+8562055590099",
        destinationNumber=VOICE,
    )

    assert (posted.status, posted.headers["content-type"]) == (200, "application/xml")
    assert posted.body.endswith("<Response><Reject/></Response>")
