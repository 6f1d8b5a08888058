"""Passing a claim on by name: who can be given it, why somebody cannot, and how the colleague hears of it."""

import pytest
from sqlalchemy import update

from gateway.domain.callbacks.states import CallbackState, IllegalMove
from gateway.domain.permissions import Actor, NotPermitted, Role
from gateway.helpdesk.alerts import alert_answers
from gateway.helpdesk.calls import attempts
from gateway.helpdesk.errors import ClaimedByOther, NoSuchCallback
from gateway.helpdesk.queue import claim, outcome, queue, transfer
from gateway.helpdesk.queue.transfer import NotPassed, UnfitReason
from gateway.storage import outbox, people
from gateway.storage import tables as stored
from tests.support.desk_rig import HER, OTHER, Desk

TO_DECIDE = "wrong_number"


@pytest.fixture
def four(light: Desk) -> dict[str, Actor]:
    """More than three people, so that what a bigger centre needs is there."""
    return {
        "noy": light.person("Noy", on_duty=True, languages=("lo",)),
        "dao": light.person("Dao", on_duty=True, languages=("lo", "th"), gender="woman"),
        "kham": light.person("Kham", on_duty=True, languages=("th",)),
        "boss": light.person("Boss", Role.SUPERVISOR, on_duty=True),
    }


def taken(desk: Desk, actor: Actor, number: str = HER, **answers: str) -> str:
    callback = desk.requested(number, **{"when": "now"} | answers)
    claim.claim_callback(desk.parts, actor, callback)
    return callback


def why_not(desk: Desk, actor: Actor, callback: str, to: str) -> NotPassed:
    before = desk.callback(callback)
    with pytest.raises(NotPassed) as refused:
        transfer.hand_over(desk.parts, actor, callback, to, reason="lunch")
    assert desk.callback(callback) == before
    assert not desk.rows("SELECT 1 FROM notes")
    return refused.value


def test_a_claim_is_passed_on_with_a_lease_of_its_own(line: Desk) -> None:
    noy, dao = line.person("Noy"), line.person("Dao", on_duty=True)
    callback = taken(line, noy)
    line.clock.forward(minutes=10)
    transfer.hand_over(line.parts, noy, callback, dao.person_id)
    row = line.callback(callback)
    assert (row.holder_id, row.held_until) == (dao.person_id, line.clock.now() + claim.LEASE)
    with pytest.raises(ClaimedByOther) as held:
        transfer.hand_over(line.parts, noy, callback, noy.person_id)
    assert held.value.name == "Dao"
    assert line.rows("SELECT act, detail FROM audit ORDER BY id")[-1] == ("handed over", dao.person_id)


def test_a_supervisor_passes_on_what_somebody_else_has(light: Desk, four: dict[str, Actor]) -> None:
    callback = taken(light, four["noy"])
    transfer.hand_over(light.parts, four["boss"], callback, four["dao"].person_id)
    assert light.callback(callback).holder_id == four["dao"].person_id


def test_the_colleague_reads_why_and_may_give_it_back(light: Desk, four: dict[str, Actor]) -> None:
    noy, dao = four["noy"], four["dao"]
    callback = taken(light, noy)
    transfer.hand_over(light.parts, noy, callback, dao.person_id, reason="  I must leave now ")
    shown = queue.show_callback(light.parts, dao, callback)
    assert [(note.who, note.text) for note in shown.notes] == [("Noy", "I must leave now")]
    assert (shown.history[-1].act, shown.history[-1].who, shown.history[-1].to) == (
        "handed over",
        "Noy",
        "Dao",
    )
    claim.release_callback(light.parts, dao, callback)
    assert light.callback(callback).state is CallbackState.WAITING


def test_without_a_reason_no_note_is_written(light: Desk, four: dict[str, Actor]) -> None:
    callback = taken(light, four["noy"])
    transfer.hand_over(light.parts, four["noy"], callback, four["dao"].person_id, reason=" ")
    assert light.rows("SELECT count(*) FROM notes") == [(0,)]


class TestRefused:
    def test_a_colleague_who_is_away(self, light: Desk, four: dict[str, Actor]) -> None:
        late = light.person("Late", languages=("lo",))
        refused = why_not(light, four["noy"], taken(light, four["noy"]), late.person_id)
        assert (refused.why, refused.name) == (UnfitReason.AWAY, "Late")

    def test_a_colleague_who_does_not_speak_her_language(self, light: Desk, four: dict[str, Actor]) -> None:
        callback = taken(light, four["noy"], language="lo-Latn")
        refused = why_not(light, four["noy"], callback, four["kham"].person_id)
        assert (refused.why, refused.name) == (UnfitReason.LANGUAGE, "Kham")
        transfer.hand_over(light.parts, four["noy"], callback, four["dao"].person_id)

    def test_a_colleague_who_has_enough(self, light: Desk, four: dict[str, Actor]) -> None:
        with light.parts.store.write() as tx:
            people.set_capacity(tx, four["dao"].person_id, 1)
        taken(light, four["dao"], OTHER)
        refused = why_not(light, four["noy"], taken(light, four["noy"]), four["dao"].person_id)
        assert (refused.why, refused.capacity) == (UnfitReason.FULL, 1)

    @pytest.mark.parametrize("role", [Role.READER, Role.ADMINISTRATOR])
    def test_somebody_who_does_not_work_the_queue(
        self, light: Desk, four: dict[str, Actor], role: Role
    ) -> None:
        other = light.person("Other", role, on_duty=True)
        refused = why_not(light, four["noy"], taken(light, four["noy"]), other.person_id)
        assert (refused.why, refused.name) == (UnfitReason.NOT_WORKING, "Other")

    def test_somebody_who_was_removed(self, light: Desk, four: dict[str, Actor]) -> None:
        with light.parts.store.write() as tx:
            people.disable_person(tx, four["dao"].person_id, now=light.clock.now())
        refused = why_not(light, four["noy"], taken(light, four["noy"]), four["dao"].person_id)
        assert refused.why is UnfitReason.NOT_WORKING

    def test_a_decision_goes_only_to_those_who_decide(self, light: Desk, four: dict[str, Actor]) -> None:
        boss, chief = four["boss"], light.person("Chief", Role.SUPERVISOR, on_duty=True)
        callback = light.requested(when="now")
        light.calling(four["noy"], callback)
        outcome.record_outcome(light.parts, four["noy"], callback_id=callback, outcome=TO_DECIDE)
        claim.claim_callback(light.parts, boss, callback)
        assert why_not(light, boss, callback, four["dao"].person_id).why is UnfitReason.DECIDES_NOT
        transfer.hand_over(light.parts, boss, callback, chief.person_id)
        assert light.callback(callback).holder_id == chief.person_id

    def test_nobody_and_somebody_of_another_team(self, light: Desk, four: dict[str, Actor]) -> None:
        callback, far = taken(light, four["noy"]), light.person("Far", on_duty=True)
        with light.parts.store.write() as tx:
            tx.execute(
                update(stored.people).where(stored.people.c.id == far.person_id).values(team="elsewhere")
            )
        for to in ("nobody", "", far.person_id):
            with pytest.raises(NoSuchCallback):
                transfer.hand_over(light.parts, four["noy"], callback, to)

    def test_what_nobody_has_and_what_is_being_called(self, light: Desk, four: dict[str, Actor]) -> None:
        waiting = light.requested(when="now")
        with pytest.raises(IllegalMove):
            transfer.hand_over(light.parts, four["noy"], waiting, four["dao"].person_id)
        light.calling(four["noy"], waiting)
        with pytest.raises(IllegalMove):
            transfer.hand_over(light.parts, four["noy"], waiting, four["dao"].person_id)
        with pytest.raises(ClaimedByOther):
            transfer.hand_over(light.parts, four["dao"], waiting, four["noy"].person_id)

    def test_those_who_work_no_queue(self, light: Desk, four: dict[str, Actor]) -> None:
        reader = light.person("Reader", Role.READER)
        for deed in (
            lambda: transfer.hand_over(light.parts, reader, "one", four["dao"].person_id),
            lambda: transfer.list_colleagues(light.parts, reader, "one"),
            lambda: transfer.list_passed_to(light.parts, reader),
        ):
            with pytest.raises(NotPermitted):
                deed()


class TestColleagues:
    def names(self, desk: Desk, actor: Actor, callback: str) -> list[str] | None:
        found = transfer.list_colleagues(desk.parts, actor, callback)
        return None if found is None else [one.name for one in found]

    def test_only_those_who_could_be_given_it(self, light: Desk, four: dict[str, Actor]) -> None:
        light.person("Late", languages=("lo",))
        assert self.names(light, four["noy"], taken(light, four["noy"])) == ["Boss", "Dao"]

    def test_whoever_is_fit_stands_first_and_then_who_has_least(
        self, light: Desk, four: dict[str, Actor]
    ) -> None:
        taken(light, four["dao"], OTHER)
        woman = taken(light, four["noy"], woman="yes")
        found = transfer.list_colleagues(light.parts, four["noy"], woman)
        assert found is not None
        assert [(one.name, one.in_hand, one.fits) for one in found] == [("Dao", 1, True), ("Boss", 0, False)]

    def test_in_a_small_centre_it_is_not_offered(self, light: Desk) -> None:
        noy = light.person("Noy", on_duty=True)
        light.person("Dao", on_duty=True)
        assert self.names(light, noy, taken(light, noy)) is None

    def test_it_is_offered_to_the_holder_and_to_supervisors(
        self, light: Desk, four: dict[str, Actor]
    ) -> None:
        callback = taken(light, four["noy"])
        assert self.names(light, four["boss"], callback) == ["Boss", "Dao"]
        assert self.names(light, four["dao"], callback) is None
        attempts.begin_call(light.parts, four["noy"], callback)
        assert self.names(light, four["noy"], callback) is None
        assert self.names(light, four["noy"], "none") is None


class TestTold:
    def passed(self, desk: Desk, actor: Actor) -> list[tuple[str, str]]:
        return [(one.callback_id, one.by) for one in transfer.list_passed_to(desk.parts, actor)]

    def test_until_the_colleague_does_something_with_it(self, light: Desk, four: dict[str, Actor]) -> None:
        noy, dao = four["noy"], four["dao"]
        first, second = taken(light, noy), taken(light, noy, OTHER)
        taken(light, dao, "+8562055500009")
        for callback in (first, second):
            light.clock.forward(seconds=1)
            transfer.hand_over(light.parts, noy, callback, dao.person_id)
        assert self.passed(light, dao) == [(first, "Noy"), (second, "Noy")]
        assert self.passed(light, noy) == []
        light.clock.forward(seconds=1)
        attempts.begin_call(light.parts, dao, first)
        claim.release_callback(light.parts, dao, second)
        assert self.passed(light, dao) == []

    def test_by_text_whoever_works_without_a_computer(self, light: Desk, four: dict[str, Actor]) -> None:
        noy, dao = four["noy"], four["dao"]
        with light.parts.store.write() as tx:
            people.set_by_text(tx, dao.person_id, on=True)
        callback = taken(light, noy)
        transfer.hand_over(light.parts, noy, callback, dao.person_id)
        with light.parts.store.read() as tx:
            (row,) = [one for one in outbox.list_rows(tx) if one.person_id == dao.person_id]
            words = (outbox.open_row(tx, row).payload or {})["text"]
        assert (row.kind, row.callback_id) == ("alert", callback)
        assert words == "A request was passed to you. Please look at the list."

    def test_nobody_else_is_texted(self, light: Desk, four: dict[str, Actor]) -> None:
        callback = taken(light, four["noy"])
        transfer.hand_over(light.parts, four["noy"], callback, four["dao"].person_id)
        assert light.rows("SELECT count(*) FROM outbox WHERE kind = 'alert'") == [(0,)]

    def test_the_link_in_the_text_leads_to_what_is_theirs(self, light: Desk, four: dict[str, Actor]) -> None:
        dao = four["dao"]
        callback = taken(light, four["noy"])
        with light.parts.store.write() as tx:
            token = alert_answers.make_link(light.parts, tx, dao.person_id, callback).rpartition("/")[2]
        before = alert_answers.find_offer(light.parts, token)
        transfer.hand_over(light.parts, four["noy"], callback, dao.person_id)
        after = alert_answers.find_offer(light.parts, token)
        assert before is not None
        assert after is not None
        assert (before.theirs, after.theirs) == (False, True)
        assert alert_answers.use_link(light.parts, token).callback_id == callback
        assert light.callback(callback).holder_id == dao.person_id
