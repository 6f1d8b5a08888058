"""Whole calls against a provider of our own, on both databases: whatever it posts, her phone is dialled once or never."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from gateway.channels.contract import Request
from gateway.delivery.send import drain_outbox
from gateway.domain.permissions import Actor
from gateway.helpdesk.calls import bridge_events, bridged_calls
from gateway.helpdesk.calls.bridged_calls import Bridge
from gateway.helpdesk.queue import claim, outcome
from gateway.storage import attempts, outbox
from gateway.web import app
from gateway.web.webhooks.views import give_events
from tests.support.desk_rig import HER, Desk
from tests.support.standin_voice import VOICE, Script, VoiceStandin

HERS = "+8562055590001"
"""The helpline phone of the one who calls."""


@dataclass(frozen=True)
class Walk:
    """One call, and where it must end. ``rule`` is what the provider does with our request."""

    name: str
    script: Script
    state: str
    result: str
    dials: int
    suggests: str = ""
    rule: tuple[str, dict[str, object]] | None = None
    silent: bool = False

    def __str__(self) -> str:
        return self.name


def talked(name: str, script: Script, **more: object) -> Walk:
    return Walk(name, script, "ended", "talked", 1, "reached", **more)


def hers(name: str, script: Script, result: str, **more: object) -> Walk:
    return Walk(name, script, "ended", result, 1, result, **more)


def undialled(name: str, script: Script, result: str, state: str = "ended", **more: object) -> Walk:
    return Walk(name, script, state, result, 0, **more)


NOBODY = Script(you="no_answer", final=False)
WALKS = (
    talked("answered and bridged", Script()),
    hers("busy", Script(her="busy"), "busy"),
    hers("no answer", Script(her="no_answer"), "no_answer"),
    hers("switched off", Script(her="switched_off"), "switched_off"),
    hers("no answer and no cause", Script(her="no_answer", cause=False), "no_answer"),
    hers("no answer, only the last word", Script(her="no_answer", dial_over=False), "no_answer"),
    undialled("the counsellor does not answer", Script(you="no_answer"), "you_no_answer"),
    undialled("the counsellor is busy", Script(you="busy"), "you_busy"),
    undialled("the counsellor never presses 1", Script(keys=()), "not_pressed"),
    undialled("the counsellor presses other keys", Script(keys=("5", "5", "5", "5")), "not_pressed"),
    talked("another key first", Script(keys=("5", "1"))),
    talked("hang-up mid-call", Script(seconds=3)),
    talked("duplicate webhooks", Script(times=3)),
    talked("four equal webhooks at the same moment", Script(times=4, at_once=True)),
    talked("late webhooks", Script(late=True)),
    talked("late and duplicate webhooks", Script(late=True, times=2)),
    hers("busy, late and duplicate", Script(her="busy", late=True, times=2), "busy"),
    undialled("never pressed, late and duplicate", Script(keys=(), late=True, times=2), "not_pressed"),
    talked("the last word is missing", Script(final=False)),
    Walk(
        "both last words are missing",
        Script(final=False, dial_over=False),
        "lost",
        "talked",
        1,
        "reached",
        silent=True,
    ),
    Walk(
        "all words after the dial are missing",
        Script(final=False, dial_over=False, connected=False),
        "lost",
        "failed",
        1,
        silent=True,
    ),
    undialled("every word is missing", NOBODY, "failed", "lost", silent=True),
    undialled("silence at the question", Script(keys=(), final=False), "not_pressed", "lost", silent=True),
    talked("the word that she answered is missing", Script(connected=False)),
    talked("our id is not repeated", Script(repeats_id=False)),
    talked("the first word comes before the answer to our request", Script(early="first")),
    talked("the same, and our id is not repeated", Script(early="first", repeats_id=False)),
    talked("the whole call is over before our commit", Script(early="all")),
    talked("the whole call before our commit, doubled and late", Script(early="all", times=2, late=True)),
    undialled(
        "the counsellor does not answer, before our commit", Script(you="busy", early="all"), "you_busy"
    ),
    talked("our request is taken and its answer lost", Script(), rule=("reset", {"at": "after"})),
    talked(
        "our request is taken and answered 502", Script(), rule=("status", {"status": 502, "accept": True})
    ),
    undialled("our request is lost", NOBODY, "failed", "lost", rule=("drop", {}), silent=True),
    undialled("no credit", NOBODY, "failed", rule=("code", {"body": "InsufficientCredit"})),
    undialled(
        "a number that cannot be rung", NOBODY, "failed", rule=("code", {"body": "InvalidPhoneNumber"})
    ),
    undialled("a wrong key", NOBODY, "failed", rule=("status", {"status": 401})),
)


@pytest.fixture
def provider() -> Iterator[VoiceStandin]:
    with VoiceStandin() as standin:
        yield standin


@pytest.fixture
def desk(line: Desk, provider: VoiceStandin) -> Desk:
    return spoken_for(line, provider)


@pytest.fixture
def light_desk(light: Desk, provider: VoiceStandin) -> Desk:
    return spoken_for(light, provider)


def spoken_for(line: Desk, provider: VoiceStandin) -> Desk:
    """The desk, whose provider posts to the very doors of the product."""
    made = line.with_bridge(provider.url)
    channel, doors = made.parts.channels["africastalking"], app._build_doors(made.parts)

    def answered(fields: dict[str, str]) -> str:
        return give_events(doors, channel, channel.parse(Request(event="voice", fields=fields))).body

    provider.answers = answered
    return made


def begun(desk: Desk, actor: Actor, number: str = HER) -> str:
    """A request in its window, claimed, and its call asked for."""
    callback = desk.requested(number)
    due = desk.callback(callback).due_at
    assert due is not None
    desk.clock.set(max(due, desk.clock.now()))
    claim.claim_callback(desk.parts, actor, callback)
    bridged_calls.begin_call(desk.parts, actor, callback)
    return callback


def rung(desk: Desk, provider: VoiceStandin, walk: Walk) -> tuple[str, Actor, Bridge]:
    """Let the whole call happen, and what the clock does after it."""
    provider.script = walk.script
    if walk.rule is not None:
        provider.rule(walk.rule[0], **walk.rule[1])
    noy = desk.person("Noy", number=HERS)
    callback = begun(desk, noy)
    drain_outbox(desk.parts)
    provider.wait()
    bridge_events.roll_bridges(desk.parts)
    if walk.silent:
        bridge = bridged_calls.find_last_call(desk.parts, noy, callback)
        assert bridge is not None
        assert bridge.state not in ("ended", "lost"), "nothing is given up before its time"
        desk.clock.forward(minutes=36 if walk.dials else 3)
        bridge_events.roll_bridges(desk.parts)
    bridge = bridged_calls.find_last_call(desk.parts, noy, callback)
    assert bridge is not None
    return callback, noy, bridge


def outcome_of(desk: Desk, callback: str) -> list[tuple[str, bool]]:
    with desk.parts.store.read() as tx:
        return [(one.outcome, one.ended_at is None) for one in attempts.list_attempts(tx, callback)]


@pytest.mark.parametrize("walk", WALKS, ids=str)
def test_each_call_ends_as_it_must_and_never_dials_twice(
    desk: Desk, provider: VoiceStandin, walk: Walk
) -> None:
    before = desk.clock.now()
    callback, noy, bridge = rung(desk, provider, walk)

    print(f"{walk.name}: {bridge.state}, {bridge.result}, dials {provider.dialled(HER)}")
    assert (bridge.state, bridge.result, bridge.suggests) == (walk.state, walk.result, walk.suggests)
    assert provider.dialled(HER) == len(provider.dials) == walk.dials
    row = desk.callback(callback)
    if walk.dials:
        assert provider.dials[0].caller_id == VOICE
        assert (row.state, outcome_of(desk, callback)) == ("calling", [("", True)]), (
            "the counsellor says what came of it"
        )
        assert bridge.form
        assert bridged_calls.find_current_call(desk.parts, noy) == bridge
    else:
        assert (row.state, row.attempts, row.holder_id) == ("waiting", 0, None)
        assert outcome_of(desk, callback) == [("not_dialled", False)]
        assert (bridge.form, bridged_calls.find_current_call(desk.parts, noy)) == ("", None)
        assert row.due_until is not None
        assert row.due_until > desk.clock.now(), "in the same window"
    assert before <= bridge.since


@pytest.mark.parametrize("walk", [walk for walk in WALKS if walk.dials], ids=str)
def test_what_the_counsellor_says_stands_whatever_is_posted_after(
    light_desk: Desk, provider: VoiceStandin, walk: Walk
) -> None:
    callback, noy, bridge = rung(light_desk, provider, walk)
    said = outcome.record_outcome(
        light_desk.parts, noy, callback_id=callback, outcome=walk.suggests or "voicemail", form=bridge.form
    )

    for fields in provider.calls[0].posts:
        provider.answers(fields)

    assert outcome_of(light_desk, callback) == [(said.outcome, False)]
    assert light_desk.callback(callback).state == said.state
    assert bridged_calls.find_current_call(light_desk.parts, noy) is None
    assert len(provider.dials) == 1


@pytest.mark.parametrize("walk", [walk for walk in WALKS if not walk.dials], ids=str)
def test_what_was_not_dialled_costs_her_nothing_and_may_be_tried_at_once(
    light_desk: Desk, provider: VoiceStandin, walk: Walk
) -> None:
    callback, noy, _ = rung(light_desk, provider, walk)
    asked_at = light_desk.callback(callback).asked_at
    light_desk.clock.forward(minutes=11)  # a pause of the bridge is over by then
    provider.script = Script()

    claim.claim_callback(light_desk.parts, noy, callback)
    bridged_calls.begin_call(light_desk.parts, noy, callback)
    drain_outbox(light_desk.parts)
    provider.wait()

    bridge = bridged_calls.find_current_call(light_desk.parts, noy)
    assert bridge is not None
    assert (bridge.state, bridge.result, provider.dialled(HER)) == ("ended", "talked", 1)
    assert light_desk.callback(callback).asked_at == asked_at
    outcome.record_outcome(light_desk.parts, noy, callback_id=callback, outcome="no_answer", form=bridge.form)
    assert light_desk.callback(callback).attempts == 1


@pytest.mark.parametrize("walk", [walk for walk in WALKS if walk.rule is not None], ids=str)
def test_a_request_of_which_nobody_knew_is_settled_without_a_person(
    light_desk: Desk, provider: VoiceStandin, walk: Walk
) -> None:
    rung(light_desk, provider, walk)

    with light_desk.parts.store.read() as tx:
        (row,) = [row for row in outbox.list_rows(tx) if row.kind == "call"]
    assert row.state == ("sent" if walk.dials else "failed")
    assert len(provider.posts) == 1, "an unclear call is never asked for again"
