"""Calls that a provider makes: it rings the counsellor, who hears the code and presses 1, and only then her phone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.domain.callbacks.bridged_call import SUGGESTS, BridgeState, Result
from gateway.domain.outbox.kinds import CALL, KINDS
from gateway.domain.permissions import Permission, check_permission
from gateway.foundation.ids import new_id
from gateway.helpdesk.calls import attempts, call_limits
from gateway.helpdesk.errors import AlreadyCalling, NoBridge
from gateway.storage import attempts as attempt_rows
from gateway.storage import bridges, callbacks, outbox
from gateway.storage.bridges import ONCE, BridgeRow

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.helpdesk.calls.attempts import Begun
    from gateway.storage.database import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """A call that a provider makes, as the one who pressed Call sees it; it never holds her number.

    Attributes:
        id: the bridge.
        callback_id: the request.
        attempt_id: the attempt on record.
        code: what is said to the counsellor, and what she says first to her.
        state: asked, calling_you, press_one, calling_her, talking, ended or lost.
        since: when it came into this state.
        talking_since: when she answered; None while she did not.
        seconds: how long they talked, once it is over.
        result: what came of it, once it is over: a word of ``callbacks.bridge.Result``.
        suggests: the outcome that the form is preset with; empty where nothing can be said.
        form: the one-time id of the outcome form; empty where no outcome is asked, because her phone never rang.
    """

    id: str
    callback_id: str
    attempt_id: str
    code: str
    state: str
    since: datetime
    talking_since: datetime | None
    seconds: int
    result: str
    suggests: str
    form: str


def find_obstacle(parts: Services) -> str:
    """Return why no call can be bridged now, as a word: off, no_number, used_up or paused; empty where one can."""
    with parts.store.read() as tx:
        return call_limits.why_not(parts, tx)


def begin_call(parts: Services, actor: Actor, callback_id: str, *, reason: str = "") -> Bridge:
    """Write the attempt and ask for the call. The same person asking again gets the bridge that lives.

    Args:
        parts: the parts.
        actor: who calls.
        callback_id: a callback that the actor has claimed, or has reached and agreed to call once more.
        reason: why a supervisor takes somebody else's, or calls outside her window; kept as a note.

    Raises:
        NoBridge: no provider can ring both phones now, or a call that the actor began has not ended.
        Refused, NoPhone, ClockStopped, Held, AlreadyCalling, NotSafe, IllegalMove, NoSuchCallback: as
            ``attempts.begin`` does.
    """
    check_permission(actor, Permission.WORK_QUEUE)

    def work(tx: Tx) -> tuple[Bridge, str | None]:
        begun = attempts.start(parts, tx, actor, callback_id, reason=reason, how="bridge")
        if begun.is_new:
            row, asked = _ask_for_call(parts, tx, actor, begun)
            return _show_bridge(row, begun.callback.code, begun.attempt.form), asked
        running = bridges.by_attempt(tx, begun.attempt.id)
        if running is None:
            raise AlreadyCalling(begun.attempt.who)  # her number is on the screen for a helpline phone
        return _show_bridge(running, begun.callback.code, begun.attempt.form), None

    bridge, asked = parts.store.run(work)
    if asked is not None:
        parts.count.add("attempt", "bridge")
        parts.nudge(asked)
    return bridge


def find_current_call(parts: Services, actor: Actor) -> Bridge | None:
    """Return this person's bridge that lives, or the newest that is over and whose outcome is not said yet."""
    check_permission(actor, Permission.WORK_QUEUE)
    with parts.store.read() as tx:
        row = bridges.find_standing(tx, actor.person_id)
        return _see_bridge(tx, row) if row is not None else None


def find_last_call(parts: Services, actor: Actor, callback_id: str) -> Bridge | None:
    """Return this person's newest bridge on a request, over or not: it says why her phone was never dialled."""
    check_permission(actor, Permission.WORK_QUEUE)
    with parts.store.read() as tx:
        row = bridges.newest_of(tx, actor.person_id, callback_id)
        return _see_bridge(tx, row) if row is not None else None


def _ask_for_call(parts: Services, tx: Tx, actor: Actor, begun: Begun) -> tuple[BridgeRow, str | None]:
    """Write the bridge and the row that rings the counsellor, one call of the day spent.

    Raises:
        NoBridge: none can be had.
    """
    now, channel = parts.clock.now(), call_limits.spend_call(parts, tx)
    if begun.callback.trial and parts.channels[channel].contract.real:
        raise NoBridge("off")  # whoever tried a phone made a number up, and somebody may have it
    row = BridgeRow(
        id=new_id(now),
        callback_id=begun.callback.id,
        attempt_id=begun.attempt.id,
        person_id=actor.person_id,
        channel=channel,
        state=BridgeState.ASKED,
        at=now,
        since=now,
        heard_at=now,
    )
    if not bridges.add_bridge(tx, row):
        raise NoBridge("live")
    asked = outbox.add_row(
        tx,
        kind=CALL,
        channel=channel,
        lane=f"call:{actor.person_id}",  # it does not wait behind an alert to the same phone
        due_at=now,
        expires_at=now + KINDS[CALL].lasts,
        once=ONCE + row.id,
        now=now,
        priority=KINDS[CALL].priority,
        person_id=actor.person_id,
        callback_id=begun.callback.id,
    )
    return row, asked


def _see_bridge(tx: Tx, row: BridgeRow) -> Bridge:
    callback = callbacks.by_id(tx, row.callback_id)
    attempt = attempt_rows.by_id(tx, row.attempt_id)
    asks = attempt is not None and attempt.ended_at is None
    return _show_bridge(row, callback.code if callback else "", attempt.form if attempt and asks else "")


def _show_bridge(row: BridgeRow, code: str, form: str) -> Bridge:
    suggested = SUGGESTS.get(Result(row.result)) if row.result else None
    return Bridge(
        id=row.id,
        callback_id=row.callback_id,
        attempt_id=row.attempt_id,
        code=code,
        state=row.state.value,
        since=row.since,
        talking_since=row.talking_at,
        seconds=row.seconds,
        result=row.result,
        suggests=suggested.value if suggested else "",
        form=form,
    )
