"""Records the outcome of a call, notes, and decisions on requests in review; each form is applied once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from gateway.domain.callbacks import queue_rules
from gateway.domain.callbacks.outcomes import (
    MOST_ATTEMPTS,
    NOT_REACHED,
    CallReport,
    Outcome,
)
from gateway.domain.callbacks.queue_rules import DANGER
from gateway.domain.callbacks.states import OPEN, CallbackEvent, CallbackState, IllegalMove
from gateway.domain.contact_safety import When
from gateway.domain.permissions import AuditAct, NotPermitted, Permission, check_permission
from gateway.foundation.time_and_chance import new_id
from gateway.helpdesk.alerts import line_alerts
from gateway.helpdesk.calls.attempts import is_open, write_attempt
from gateway.helpdesk.errors import (
    ClaimedByOther,
    NoSuchCallback,
    NotSafe,
    Withheld,
    explain_refusal,
    find_callback,
    permit_writing,
)
from gateway.helpdesk.queue.claim import LEASE, give_back, is_to_decide
from gateway.helpdesk.queue.consequences import find_meaning, list_changes, plan_consequence
from gateway.helpdesk.queue.undo import seal_undo
from gateway.helpdesk.requests import case_record, planning
from gateway.helpdesk.requests.planning import find_duty_hours, plan_window
from gateway.storage import attempts, audit, callbacks, notes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.storage.attempts import Attempt
    from gateway.storage.callbacks import Callback
    from gateway.storage.database import Tx

LONGEST_NOTE = 500
UNCLEAR = "unclear"
REASONS = ("helped", "referred", "informed", "no_need", "duplicate", "silent", "prank", "unsafe", "other")
"""Reasons for closing a callback; free text belongs in a note, which is encrypted."""

DECISIONS = {
    "waiting": CallbackEvent.TRY_AGAIN,
    "given_up": CallbackEvent.GIVE_UP,
    "closed": CallbackEvent.CLOSE,
}


class BadWords(ValueError):
    """An outcome, reason, decision or note is invalid; the message lists what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """The recorded outcome of an attempt, the callback's state and window after it, and the token to undo it."""

    callback_id: str
    outcome: str
    state: CallbackState
    due_at: datetime | None
    due_until: datetime | None
    undo: str = field(default="", compare=False)


def record_outcome(
    parts: Services,
    actor: Actor,
    *,
    callback_id: str,
    outcome: str,
    form: str = "",
    agreed: bool = False,
    named_at: datetime | None = None,
) -> Recorded:
    """Record the outcome of an attempt once; the same form again changes nothing and returns what is recorded.

    ``form`` is the one-time id that came with the number; empty for the running call, or one made without the page.
    ``agreed``: after ``cut_off`` she wants another call at once. ``named_at``: when she asked to be called.

    Raises:
        NotPermitted, ClaimedByOther, BadWords, NoSuchCallback, IllegalMove: another's call; no such thing; no call.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    report = CallReport(outcome=_outcome(parts, outcome), agreed=agreed, named=named_at)
    now, counted = parts.clock.now(), list["Mapping[str, Any]"]()

    def work(tx: Tx) -> tuple[Recorded, bool, Callback]:
        callback = find_callback(tx, actor, callback_id)
        attempt = _find_attempt(parts, tx, actor, callback, form)
        if attempt.person_id != actor.person_id:
            raise ClaimedByOther(attempt.who)
        if not attempts.finish_attempt(tx, attempt.id, outcome=report.outcome, now=now):
            return _make_recorded(callback, attempt.outcome), False, callback
        _on_record(tx, actor, callback_id, AuditAct.OUTCOME, now, outcome)
        moved = _move_callback(parts, tx, callback, attempt, report)
        counted[:] = [case_record.take_form(tx, callback_id)] if moved.state is CallbackState.CLOSED else []
        undo = _seal_outcome(tx, actor, callback, moved, attempt.id, report.outcome, counted)
        return replace(_make_recorded(moved, report.outcome), undo=undo), True, callback

    recorded, is_new, callback = parts.store.run(work)
    parts.count.add("outcome", recorded.outcome, n=int(is_new), trial=callback.trial)
    for values in counted:
        case_record.count_form(parts, values, callback)
    return recorded


def _seal_outcome(
    tx: Tx,
    actor: Actor,
    before: Callback,
    after: Callback,
    attempt_id: str,
    outcome: str,
    counted: Sequence[Mapping[str, Any]],
) -> str:
    """Return the token to undo an outcome; empty for a call without the page, or one that she cancelled meanwhile."""
    if before.state is not CallbackState.CALLING or after.state is CallbackState.CALLING:
        return ""
    form = counted[0] if counted else None
    return seal_undo(
        tx, actor, before, after, after.changed_at, attempt_id=attempt_id, outcome=outcome, form=form
    )


def add_note(parts: Services, actor: Actor, callback_id: str, text: str, *, form: str = "") -> None:
    """Add an encrypted note; the same form again adds nothing.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue, or sees only the row of this callback.
        ClaimedByOther: somebody else holds it.
        BadWords: the text is empty or longer than LONGEST_NOTE characters.
        NoSuchCallback: there is none.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    words = tidy_note(text)
    now = parts.clock.now()

    def work(tx: Tx) -> None:
        callback = find_callback(tx, actor, callback_id)
        permit_writing(tx, actor, callback)
        write_note(tx, actor, callback_id, words, form=form, now=now)
        callbacks.hold_claim(tx, callback_id, holder_id=actor.person_id, until=now + LEASE)

    parts.store.run(work)


def tidy_note(text: str) -> str:
    """Return the words of a note.

    Raises:
        BadWords: the text is empty or longer than LONGEST_NOTE characters.
    """
    words = text.strip()
    if not 1 <= len(words) <= LONGEST_NOTE:
        raise BadWords(f"a note has 1 to {LONGEST_NOTE} characters")
    return words


def write_note(tx: Tx, actor: Actor, callback_id: str, words: str, *, form: str, now: datetime) -> None:
    """Write a note in an open transaction and drop its draft; the same form again adds nothing."""
    note_id = form[:20] or new_id(now)
    notes.add_note(
        tx, note_id=note_id, callback_id=callback_id, person_id=actor.person_id, text=words, now=now
    )
    notes.drop_draft(tx, callback_id, actor.person_id)


def close_callback(parts: Services, actor: Actor, callback_id: str, *, reason: str = "helped") -> str:
    """Close a callback and return the token to undo it: the holder's own, or a waiting one by a supervisor.

    Raises:
        NotPermitted: only a supervisor may close it.
        ClaimedByOther: somebody else holds it.
        BadWords: no such reason.
        IllegalMove: its state does not accept closing.
        NoSuchCallback: there is none.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    check_reason(reason)

    now = parts.clock.now()

    def work(tx: Tx) -> tuple[Callback, Mapping[str, Any], str]:
        callback = find_callback(tx, actor, callback_id)
        form = close_within(tx, actor, callback, reason, now)
        closed = callbacks.by_id(tx, callback_id) or callback
        is_review = callback.state is CallbackState.REVIEW  # its attempts were ended with it
        undo = "" if is_review else seal_undo(tx, actor, callback, closed, now, form=form)
        return callback, form, undo

    callback, form, undo = parts.store.run(work)
    case_record.count_form(parts, form, callback)
    return undo


def close_within(tx: Tx, actor: Actor, callback: Callback, reason: str, now: datetime) -> Mapping[str, Any]:
    """Close a callback in an open transaction; return its form, which is counted after the commit.

    Raises:
        NotPermitted, ClaimedByOther, IllegalMove: as ``close_callback``.
    """
    if callback.state in (CallbackState.WAITING, CallbackState.REVIEW) or is_to_decide(callback):
        check_permission(actor, Permission.DECIDE)
    if callback.holder_id != actor.person_id and not actor.may(Permission.TAKE_OVER):
        raise (
            explain_refusal(tx, actor, callback, CallbackEvent.CLOSE)
            if callback.state in OPEN
            else NotPermitted("not yours")
        )
    if callback.state is CallbackState.REVIEW:
        attempts.finish_all(tx, callback.id, outcome=UNCLEAR, now=now)
    _end_callback(tx, actor, callback, CallbackEvent.CLOSE, reason, now)
    return case_record.take_form(tx, callback.id)


def decide_review(
    parts: Services, actor: Actor, callback_id: str, *, decision: str, reason: str = "other"
) -> None:
    """Decide a request in review: ``given_up``, ``closed``, or ``waiting`` for one more try.

    Raises:
        NotPermitted: only a supervisor may decide.
        ClaimedByOther: somebody else has claimed it to decide.
        BadWords: no such decision or reason.
        NotSafe: there is no window in which the caller could be tried again.
        IllegalMove: it is not in review.
        NoSuchCallback: there is none.
    """
    check_permission(actor, Permission.DECIDE)
    check_reason(reason)
    if decision not in DECISIONS:
        raise BadWords(f"a decision is one of {', '.join(DECISIONS)}")
    now = parts.clock.now()
    counted: list[Mapping[str, Any]] = []

    def work(tx: Tx) -> Callback:
        callback = find_callback(tx, actor, callback_id)
        if is_to_decide(callback) and callback.holder_id == actor.person_id:
            give_back(tx, callback, now)
            callback = replace(callback, state=CallbackState.REVIEW)
        if callback.state is not CallbackState.REVIEW:
            raise explain_refusal(tx, actor, callback, DECISIONS[decision])
        attempts.finish_all(tx, callback_id, outcome=UNCLEAR, now=now)
        if decision == "waiting":
            _try_again(parts, tx, actor, callback, reason)
        else:
            _end_callback(tx, actor, callback, DECISIONS[decision], reason, now)
            counted[:] = [case_record.take_form(tx, callback_id)]
        return callback

    decided = parts.store.run(work)
    for form in counted:
        case_record.count_form(parts, form, decided)


def _outcome(parts: Services, word: str) -> Outcome:
    """Return the built-in outcome of a word; an outcome of the centre maps to the one that its row names."""
    try:
        return find_meaning(parts, word)
    except ValueError:
        raise BadWords(
            f"an outcome is one of {', '.join(dict.fromkeys((*Outcome, *parts.desk.outcomes)))}"
        ) from None


def check_reason(reason: str) -> None:
    """Check that this is a reason for closing; raise BadWords if not."""
    if reason not in REASONS:
        raise BadWords(f"a reason is one of {', '.join(REASONS)}")


def _find_attempt(parts: Services, tx: Tx, actor: Actor, callback: Callback, form: str) -> Attempt:
    attempt = attempts.by_form(tx, form) if form else attempts.find_live_of_request(tx, callback.id)
    if form and (attempt is None or attempt.callback_id != callback.id):
        raise NoSuchCallback(callback.id)
    return attempt or _add_reported_attempt(parts, tx, actor, callback)


def _add_reported_attempt(parts: Services, tx: Tx, actor: Actor, callback: Callback) -> Attempt:
    """Add the attempt of a call that its holder made without the page."""
    if callback.holder_id != actor.person_id or callback.state is not CallbackState.CLAIMED:
        raise explain_refusal(tx, actor, callback, CallbackEvent.REACHED)
    if is_to_decide(callback):
        raise IllegalMove(CallbackState.REVIEW, CallbackEvent.REACHED)
    if callback.withheld:
        raise Withheld(callback.withheld)
    now = parts.clock.now()
    until = callback.due_until if is_open(callback, now) else None
    attempt = write_attempt(tx, actor, callback, window_from=now, window_until=until, now=now, how="told")
    callbacks.step_callback(tx, callback.id, CallbackEvent.CALL, now=now)
    return attempt


def _move_callback(
    parts: Services, tx: Tx, callback: Callback, attempt: Attempt, report: CallReport
) -> Callback:
    """Move the callback by the table of outcomes.

    If the caller cancelled or the request went to review meanwhile, only the outcome is recorded. A call that became
    unclear is resumed first: whoever made it says later what came of it, and the same follows.
    """
    now = parts.clock.now()
    current = callbacks.by_id(tx, callback.id) or callback
    if current.state is CallbackState.REVIEW and current.reason == UNCLEAR:
        resumed = callbacks.step_callback(tx, callback.id, CallbackEvent.RESUME, now=now, reason="")
        current = resumed or current
    if current.state is not CallbackState.CALLING:
        return current
    after = plan_consequence(
        parts, current, attempt.nth, report, find_duty_hours(parts, tx, now, current.team)
    )
    moved = (
        callbacks.step_callback(tx, callback.id, after.event, now=now, **list_changes(current, after, now))
        or current
    )
    if after.event is CallbackEvent.RUN_OUT and after.reason == NOT_REACHED:
        _tell_missed(parts, tx, moved, now)
    return moved


def _tell_missed(parts: Services, tx: Tx, callback: Callback, now: datetime) -> None:
    """Text the caller, if texts are safe, that the last try failed; otherwise her code tells it in the menu."""
    planning.add_text(
        parts,
        tx,
        callback,
        "missed",
        channel=line_alerts.choose_line(parts, tx, callback.caller_id, callback.channel, now),
        once=f"missed:{callback.id}:{callback.rev}",
        now=now,
    )


def _try_again(parts: Services, tx: Tx, actor: Actor, callback: Callback, reason: str) -> None:
    now = parts.clock.now()
    past, hours = (
        attempts.list_past(tx, callback.caller_id or ""),
        find_duty_hours(parts, tx, now, callback.team),
    )
    window = plan_window(parts, When(callback.window), past, now, hours=hours)
    if window is None or callback.contact is None or not callback.contact.may_ever_call(now):
        raise NotSafe(None)
    danger = callback.priority == DANGER
    callbacks.step_callback(
        tx,
        callback.id,
        CallbackEvent.TRY_AGAIN,
        now=now,
        attempts=min(callback.attempts, MOST_ATTEMPTS - 1),
        reason="",
        withheld="",
        holder_id=None,
        due_at=window[0],
        due_until=window[1],
        escalate_at=queue_rules.plan_first_alert(
            CallbackState.WAITING, danger=danger, due_at=window[0], now=now
        ),
    )
    _on_record(tx, actor, callback.id, AuditAct.ONE_MORE_TRY, now, reason)


def _end_callback(
    tx: Tx, actor: Actor, callback: Callback, event: CallbackEvent, reason: str, now: datetime
) -> None:
    moved = callbacks.step_callback(
        tx, callback.id, event, now=now, reason=reason, closed_at=now, held_until=None, escalate_at=None
    )
    if moved is None:
        raise explain_refusal(tx, actor, callback, event)
    _on_record(tx, actor, callback.id, AuditAct(moved.state.value), now, reason)


def _on_record(tx: Tx, actor: Actor, callback_id: str, act: AuditAct, now: datetime, detail: str) -> None:
    audit.add_entry(
        tx, now=now, person_id=actor.person_id, act=act, kind="callback", subject=callback_id, detail=detail
    )


def _make_recorded(callback: Callback, outcome: str) -> Recorded:
    return Recorded(
        callback_id=callback.id,
        outcome=outcome,
        state=callback.state,
        due_at=callback.due_at,
        due_until=callback.due_until,
    )
