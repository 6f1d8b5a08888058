"""Trial phones show any number they like, so whatever they do never meets whoever bears that number."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.channels import find_channel
from gateway.conversations import one_shot
from gateway.conversations.effects import opt_out
from gateway.domain.callbacks.states import CallbackState
from gateway.domain.events import MissedCall, OptOut, ThreadAsked
from gateway.foundation.services import Services
from gateway.helpdesk.requests.refuse import forget_number, forget_spooled
from gateway.storage import callbacks, callers, migrate
from gateway.storage.callbacks import Callback
from gateway.storage.callers import TRIAL
from gateway.storage.database import Unavailable
from gateway.storage.tables import callbacks as requested
from gateway.storage.tables import callers as table
from tests.support.house import HER, Phone

pytestmark = pytest.mark.fault("K6")
ALONE, SHARED = "4 7 2 1 3 1", "4 7 2 2 3 1"
STATUS = "status"
REAL, TRIED = "africastalking", "simulator"


@pytest.fixture
def beside(parts: Services) -> Services:
    """The house with an account: one line reaches real phones, the simulator stands beside it."""
    line = parts.channels[REAL].config
    real = find_channel(replace(line, options={"username": "helpline", "api_key": "k"}))
    assert real.contract.real
    return replace(parts, channels={**parts.channels, REAL: real})


@pytest.fixture
def hers(beside: Services) -> Phone:
    return Phone(beside, channel=REAL)


@pytest.fixture
def stranger(beside: Services) -> Phone:
    """Shows her number."""
    return Phone(beside, channel=TRIED)


def of(parts: Services, *, trial: bool) -> list[Callback]:
    with parts.store.read() as tx:
        caller = callers.find_caller(tx, HER, trial=trial)
        return list(callbacks.list_of_caller(tx, caller.id)) if caller else []


def ring(parts: Services, line: str, turn: str = "r") -> None:
    assert one_shot.RINGS.take(parts, MissedCall(channel=line, number=HER, turn=f"{turn} {line}"))


def test_a_stranger_who_knows_her_code_neither_sees_nor_cancels_her_request(
    hers: Phone, stranger: Phone
) -> None:
    hers.dial(SHARED)
    (made,) = of(hers.parts, trial=False)
    assert stranger.dial(f"4 {made.code}").screen != STATUS
    stranger.press("2 1")
    assert [one.state for one in of(hers.parts, trial=False)] == [made.state]
    assert hers.dial(f"4 {made.code}").screen == STATUS, "her own phone still opens it"


def test_her_language_is_not_shown_to_a_stranger(hers: Phone, stranger: Phone) -> None:
    hers.dial("1 1 7 2 1 3 1")
    assert hers.dial().screen == "main", "she comes back to her language"
    assert stranger.dial().screen == "language"


def test_asking_as_her_is_another_request_and_leaves_hers_as_it_is(hers: Phone, stranger: Phone) -> None:
    hers.dial(ALONE)
    (before,) = of(hers.parts, trial=False)
    stranger.dial("4 7 2 1 1 1")
    assert of(hers.parts, trial=False) == [before]
    (tried,) = of(hers.parts, trial=True)
    assert tried.trial
    assert not before.trial
    assert tried.code != before.code


def test_three_wrong_codes_of_a_stranger_do_not_close_hers(hers: Phone, stranger: Phone) -> None:
    hers.dial(SHARED)
    (made,) = of(hers.parts, trial=False)
    stranger.dial(SHARED)
    for code in ("9753", "9754", "9755"):
        stranger.dial(f"4 {code}")
    assert hers.dial(f"4 {made.code}").screen == STATUS


def test_a_stop_by_a_trial_phone_stops_nobody_else(hers: Phone, stranger: Phone) -> None:
    assert hers.texts("wage")
    stranger.texts("STOP")
    assert opt_out(hers.parts, OptOut(channel=TRIED, number=HER))
    with hers.parts.store.read() as tx:
        found = callers.find_caller(tx, HER, trial=False)
        tried = callers.find_caller(tx, HER, trial=True)
    assert found is not None
    assert tried is not None
    assert (found.stopped, tried.stopped) == (False, True)
    assert hers.texts("wage")


def test_erasing_as_her_erases_nothing_of_hers(hers: Phone, stranger: Phone) -> None:
    hers.dial(ALONE)
    with hers.parts.store.read() as tx:
        her = callers.find_caller(tx, HER, trial=False)
        assert her is not None
    (made,) = of(hers.parts, trial=False)
    stranger.dial(ALONE)
    assert of(hers.parts, trial=True)
    stranger.texts("erase")
    stranger.texts("1")
    assert of(hers.parts, trial=True) == []
    assert of(hers.parts, trial=False) == [made]
    stranger.dial(ALONE)
    assert forget_number(hers.parts, HER), "whoever runs the server erases both"
    for trial in (False, True):
        assert of(hers.parts, trial=trial) == []


def test_a_ring_of_a_trial_phone_uses_up_no_ring_of_hers(hers: Phone, stranger: Phone) -> None:
    for phone in (hers, stranger):
        phone.dial(ALONE)
        made = of(hers.parts, trial=phone is stranger)[0]
        phone.dial(f"4 {made.code} 3 1")
    ended = {trial: [one.id for one in of(hers.parts, trial=trial)] for trial in (False, True)}
    ring(hers.parts, TRIED)
    assert [one.id for one in of(hers.parts, trial=False)] == ended[False]
    ring(hers.parts, REAL)
    after = {trial: of(hers.parts, trial=trial) for trial in (False, True)}
    assert all(not one.trial for one in after[False])
    assert all(one.trial for one in after[True])


def test_a_trial_phone_reads_no_text_of_hers(hers: Phone, stranger: Phone) -> None:
    assert hers.texts("wage")
    asked = ThreadAsked(channel=TRIED, number=HER)
    assert callers.list_thread(hers.parts.store, asked, lines=[TRIED]) == ()
    stranger.texts("passport")
    assert [each.channel for each in callers.list_thread(hers.parts.store, asked, lines=[TRIED])] == [TRIED]


def test_a_trial_that_erases_leaves_what_she_left_in_the_spool(
    hers: Phone, stranger: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = hers.parts
    hers.dial("4 7 2 1 3")

    def away(_work: Any) -> Any:
        raise Unavailable

    with monkeypatch.context() as patch:
        patch.setattr(parts.store, "run", away)
        code = hers.press("1").text
        stranger.dial(ALONE)
    assert forget_spooled(parts, HER, trial=True) == 1
    assert one_shot.replay_spool(parts) == 1
    (made,) = of(parts, trial=False)
    assert made.code in code
    assert not made.trial


def test_a_digit_from_a_trial_phone_that_shows_a_helpline_phone_takes_nothing(
    beside: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(
        "gateway.helpdesk.alerts.alert_answers.take_reply", lambda *_args, **_named: asked.append("asked")
    )
    for line in (TRIED, REAL):
        Phone(beside, channel=line).texts("1")
    assert asked == ["asked"], "on the real line alone"


class TestALedgerOfTheFirstRelease:
    def made_before(self, phone: Phone) -> str:
        """Make the caller's row as the first release wrote it: one for both worlds."""
        with phone.parts.store.write() as tx:
            found = callers.find_caller(tx, HER)
            assert found is not None
            tx.execute(
                table.update()
                .where(table.c.id == found.id)
                .values(lookup=tx.ring.lookup("caller", HER), lookup_key=tx.ring.key_id("caller"), trial=True)
            )
            return found.id

    def parted(self, parts: Services) -> int:
        lines = [name for name in parts.channels if parts.is_trial(name)]
        with parts.store.write() as tx:
            return migrate.part_trials(tx, trial_lines=lines, now=parts.clock.now())

    def test_what_only_trials_did_is_a_trials(self, beside: Services, stranger: Phone, hers: Phone) -> None:
        stranger.dial(SHARED)
        old = self.made_before(stranger)
        assert self.parted(beside) == 1
        assert self.parted(beside) == 0
        (made,) = of(beside, trial=True)
        assert made.caller_id == old
        assert of(beside, trial=False) == []
        assert stranger.dial(f"4 {made.code}").screen == STATUS
        assert hers.dial().screen == "language"

    def test_a_trial_that_dialled_since_keeps_its_own(self, beside: Services, stranger: Phone) -> None:
        stranger.dial(ALONE)
        old = self.made_before(stranger)
        stranger.dial(ALONE)
        newer = of(beside, trial=True)[0].caller_id
        assert newer != old
        assert self.parted(beside) == 1
        with beside.store.read() as tx:
            kept, gone = callers.find_caller(tx, HER, trial=True), callers.by_id(tx, old)
        assert kept is not None
        assert kept.id == newer
        assert gone is not None
        assert gone.number is None

    def test_a_number_that_dialled_for_real_is_real_and_keeps_its_request(
        self, beside: Services, hers: Phone
    ) -> None:
        hers.dial("1 1 7 2 1 3 1")
        (asked,) = of(beside, trial=False)
        old = self.made_before(hers)
        with beside.store.write() as tx:
            callers.set_stopped(tx, old, stopped_at=beside.clock.now(), now=beside.clock.now())
        assert self.parted(beside) == 1
        with beside.store.read() as tx:
            found = callers.find_caller(tx, HER, trial=False)
        assert found is not None
        assert (found.id, found.trial, found.stopped) == (old, False, True)
        assert (found.consent_at, found.contact, found.language) == (None, None, "")
        assert hers.dial(f"4 {asked.code}").screen == STATUS

    def test_the_requests_that_trials_made_in_her_name_end(
        self, beside: Services, hers: Phone, stranger: Phone
    ) -> None:
        hers.dial(SHARED)
        old = self.made_before(hers)
        stranger.dial(SHARED)
        (tried,) = of(beside, trial=True)
        with beside.store.write() as tx:
            mixed = requested.update().where(requested.c.id == tried.id).values(caller_id=old, slot=1)
            tx.execute(mixed)
        assert self.parted(beside) == 1
        (kept,) = of(beside, trial=False)
        assert (kept.channel, kept.state) == (REAL, CallbackState.WAITING)
        with beside.store.read() as tx:
            ended = callbacks.by_id(tx, tried.id)
        assert ended is not None
        assert (ended.state, ended.caller_id) == (CallbackState.CANCELLED, None)

    def test_the_key_says_whose_it_is(self, beside: Services, stranger: Phone, hers: Phone) -> None:
        stranger.dial(ALONE)
        hers.dial(ALONE)
        with beside.store.read() as tx:
            found = {row.trial: row.lookup_key for row in tx.execute(table.select())}
        assert found[True] == found[False] + TRIAL
