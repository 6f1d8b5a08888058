"""Apply each effect of a turn: rows and a receipt, inside the turn's single transaction."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from gateway.domain.events import Ended, OptOut
from gateway.foundation.phone_numbers import to_e164
from gateway.foundation.services import Services
from gateway.helpdesk.requests import accept, refuse
from gateway.menus.engine import session
from gateway.menus.engine.effects import (
    AmendCallback,
    CallbackAccepted,
    CancelCallback,
    ChangeWindow,
    Effect,
    EraseEverything,
    LookUpCode,
    Noted,
    Receipt,
    RefuseCalls,
    ReportWrong,
    RequestCallback,
)
from gateway.menus.engine.sms import DANGER
from gateway.storage import callers, conversations
from gateway.storage.callers import Caller
from gateway.storage.database import Tx, Unavailable

_OnSavedRequest = AmendCallback | ChangeWindow | CancelCallback | LookUpCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What the effects of one turn have in common.

    Attributes:
        key: the turn's key.
        session: keyed hash of channel and provider session.
        channel: name of the channel.
        version: menu version of the session.
        now: the instant of the turn.
    """

    key: bytes
    session: bytes
    channel: str
    version: str
    now: datetime


def apply_effect(
    parts: Services,
    tx: Tx,
    effect: Effect,
    *,
    caller: Caller,
    at: Context,
    told: Receipt | None = None,
    is_new: bool = False,
) -> tuple[Receipt, tuple[str, ...]]:
    """Apply one effect.

    Args:
        parts: the services of the process.
        tx: the open write transaction.
        effect: what to do.
        caller: whose turn it is.
        at: the context of the turn.
        told: the receipt that was promised while the turn was in the spool; else None.
        is_new: this transaction created the caller and has written nothing else of hers, so there is nothing to read.

    Returns:
        Its receipt, and ids of outbox rows to nudge after the commit.
    """
    match effect:
        case RequestCallback():
            return _request_callback(parts, tx, effect, caller, at, told, is_new=is_new)
        case RefuseCalls():
            return refuse.refuse_calls(
                parts, tx, caller=caller, effect=effect, session=at.session, now=at.now
            ), ()
        case EraseEverything():
            return accept.erase_caller(parts, tx, caller=caller, now=at.now), ()
        case ReportWrong():
            parts.count.add(
                "report_wrong", channel=at.channel, version=at.version, item=f"{effect.screen}/{effect.digit}"
            )
            return Noted(), ()
        case _:
            return _change_request(parts, tx, effect, caller, at, told), ()


def _change_request(
    parts: Services, tx: Tx, effect: _OnSavedRequest, caller: Caller, at: Context, told: Receipt | None
) -> Receipt:
    """Apply an effect to a saved request."""
    match effect:
        case AmendCallback():
            return accept.amend_request(
                parts, tx, caller=caller, effect=effect, now=at.now, session=at.session
            )
        case ChangeWindow():
            return accept.change_window(
                parts, tx, caller=caller, effect=effect, now=at.now, session=at.session, promised=told
            )
        case CancelCallback():
            return accept.cancel_request(
                parts, tx, caller=caller, effect=effect, now=at.now, session=at.session
            )
        case LookUpCode():
            return accept.find_by_code(parts, tx, caller=caller, code=effect.code, now=at.now)
        case _:
            assert_never(effect)


def _request_callback(
    parts: Services,
    tx: Tx,
    effect: RequestCallback,
    caller: Caller,
    at: Context,
    told: Receipt | None,
    *,
    is_new: bool,
) -> tuple[Receipt, tuple[str, ...]]:
    may_have_said = effect.answers.get("danger") != "yes" and not is_new
    if may_have_said and conversations.has_understood(tx, caller.id, DANGER, since=at.now - session.LASTS):
        effect = replace(effect, answers={**effect.answers, "danger": "yes"})
    # Consent is to the wording of this menu version, so the version is what is stored.
    consented = replace(effect, answers={**effect.answers, "consent": at.version})
    accepted = accept.accept_request(
        parts,
        tx,
        caller=caller,
        effect=consented if effect.answers.get("consent") == "yes" else effect,
        turn_key=at.key,
        session=at.session,
        channel=at.channel,
        version=at.version,
        now=at.now,
        promised=told,
        is_new=is_new,
    )
    if isinstance(accepted.receipt, CallbackAccepted):
        parts.count.add(
            "asked", channel=at.channel, language=effect.script, version=at.version, item=effect.topic
        )
    return accepted.receipt, accepted.nudges


# Provider events: end of a session, opt-out from texts.


def end_session(parts: Services, ended: Ended) -> bool:
    """Count how a session ended; nothing else depends on this event, because providers may not send it."""
    parts.count.add("ended", channel=ended.channel, item=ended.status)
    return True


def opt_out(parts: Services, event: OptOut) -> bool:
    """Stop every text to this number, and let staff decide about calls.

    Returns:
        False where it could not be stored, so that the provider retries.
    """
    number = to_e164(event.number, parts.line.regions)
    if number is None:
        return True
    now = parts.clock.now()
    try:
        with parts.store.write() as tx:
            caller = callers.upsert_caller(tx, number, now=now, trial=parts.is_trial(event.channel))
            refuse.refuse_calls(
                parts, tx, caller=caller, effect=RefuseCalls(how="stop"), session=b"", now=now
            )
    except Unavailable:
        return False
    return True
