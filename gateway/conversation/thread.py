"""The same menu by SMS: what a text means in its thread, and where the thread stands afterwards."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from gateway.callbacks.windows import offered
from gateway.conversation.apply import Context, apply
from gateway.conversation.understood import Answer
from gateway.engine import session as sessions
from gateway.engine import step as engine
from gateway.engine.effects import CallbackAccepted, RequestCallback
from gateway.engine.menu import Keyword, Menu, Reaction
from gateway.engine.render import as_text
from gateway.engine.session import Known, Session, UnreadableSession
from gateway.engine.showing import DEFAULT_LANGUAGE, message
from gateway.engine.values import current, fill
from gateway.engine.words.form import form_answer
from gateway.engine.words.match import Match, understand
from gateway.messages import Inbound, Limits
from gateway.numbers import region_of
from gateway.parts import Parts
from gateway.store import callers, outbox, shifts, threads
from gateway.store.callers import Caller
from gateway.store.engines import Tx

TEXTS = ("answer", "ours")
"""The kinds of outbox rows that reach her phone as a text."""

THREAD_AGE = timedelta(hours=24)
_FORM = "form"
_LONGEST_KEY = 4  # the digits of a code


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """One text with all that its meaning depends on."""

    parts: Parts
    tx: Tx
    inbound: Inbound
    caller: Caller
    key: bytes
    now: datetime
    version: str
    menu: Menu
    session: Session | None
    waits_for: str


def answer(
    parts: Parts, tx: Tx, inbound: Inbound, caller: Caller, *, key: bytes, now: datetime
) -> tuple[Answer, tuple[str, ...]]:
    """Say what this text is answered with, do its deeds, and keep where the thread stands."""
    text = _read(parts, tx, inbound, caller, key, now)
    language = text.session.script if text.session else caller.script
    match = understand(text.menu, inbound.text, language)
    if match and match.keyword.reaction is Reaction.STOP:
        return _stop(text), ()
    if caller.stopped:
        if match is None:
            return Answer(text="", understood="stopped", version=text.version), ()
        callers.set_stopped(tx, caller.id, stopped_at=None, now=now)
    if match is None:
        return _no_word(text)
    return _word(text, match)


def _read(parts: Parts, tx: Tx, inbound: Inbound, caller: Caller, key: bytes, now: datetime) -> _Text:
    version, menu = parts.versions.live(parts.channels[inbound.channel].config.menu)
    state: dict[str, Any] = threads.load(tx, inbound.channel, caller.id, now=now) or {}
    session: Session | None = None
    if state.get("session") and state.get("version") == version:
        try:
            session = sessions.load(state["session"])
        except UnreadableSession:
            session = None
    return _Text(
        parts=parts,
        tx=tx,
        inbound=inbound,
        caller=caller,
        key=key,
        now=now,
        version=version,
        menu=menu,
        session=session,
        waits_for=str(state.get("waits_for", "")),
    )


def _stop(text: _Text) -> Answer:
    """Nothing leaves any more, what is due already included; a confirmation would be one text too many."""
    callers.set_stopped(text.tx, text.caller.id, stopped_at=text.now, now=text.now)
    outbox.cancel_of_caller(text.tx, text.caller.id, reason="stopped", now=text.now, kinds=TEXTS)
    threads.drop(text.tx, text.caller.id)
    return Answer(text="", understood="stop", version=text.version)


def _word(text: _Text, match: Match) -> tuple[Answer, tuple[str, ...]]:
    session = _session_at(text, match.keyword, match.language)
    match match.keyword.reaction:
        case Reaction.CALL_ME:
            before = (text.session or session).having(language=session.language, script=session.script)
            session = engine.open_screen(text.menu, before, text.menu.call_me)
            _keep(text, session, waits_for=_FORM)
            return _say(text, session, "sms_form", "call_me"), ()
        case Reaction.HELP:
            _keep(text, session)
            return _say(text, session, "sms_help", "help"), ()
        case Reaction.START:
            _keep(text, session)
            return _say(text, session, "sms_started", "start"), ()
        case _:
            understood = "danger" if match.keyword.danger else match.keyword.to
            return _show(text, session, understood), ()


def _no_word(text: _Text) -> tuple[Answer, tuple[str, ...]]:
    if text.waits_for == _FORM and text.session is not None:
        return _form(text, text.session)
    key = text.inbound.text.strip()
    if text.session is not None and len(key) <= _LONGEST_KEY and key.isdecimal():
        return _step(text, text.session)
    session = text.session or _session_at(text, None, text.caller.script)
    return _say(text, session, "sms_help", ""), ()


def _form(text: _Text, session: Session) -> tuple[Answer, tuple[str, ...]]:
    answers = form_answer(text.inbound.text)
    if answers is None:
        return _say(text, session, "sms_form_again", "form_again"), ()
    _keep(text, session)
    never = answers["when"] == "never" or (answers["phone_seen"] == "not_mine" and answers["when"] != "now")
    if never or (answers["when"] not in session.offers):
        return _say(text, session, "sms_no_call" if never else "sms_form_again", "no_call"), ()
    effect = RequestCallback(
        topic=session.topic or "other",
        path=session.path,
        answers={"danger": "no", "consent": "yes", **answers},
        language=session.language,
        script=session.script,
    )
    receipt, nudges = apply(text.parts, text.tx, effect, caller=text.caller, at=_context(text))
    if not isinstance(receipt, CallbackAccepted):
        return _say(text, session, "sms_no_call", "refused"), nudges
    saved = _say(text, session.having(values={"code": receipt.code}), "sms_saved", "callback")
    return saved, nudges


def _step(text: _Text, session: Session) -> tuple[Answer, tuple[str, ...]]:
    """A number is a key of the screen that the last answer showed."""
    moved = engine.step(text.menu, session, text.inbound.text, _limits(text))
    results = [
        apply(text.parts, text.tx, effect, caller=text.caller, at=_context(text)) for effect in moved.effects
    ]
    nudges = tuple(row for _, rows in results for row in rows)
    receipts = tuple(receipt for receipt, _ in results)
    settled = engine.settle(text.menu, moved.session, receipts, text.parts.line.for_engine(), text.now)
    return _show(text, settled, "key"), nudges


def _show(text: _Text, session: Session, understood: str) -> Answer:
    reply = engine.tell(text.menu, session, text.parts.line.for_engine(), _limits(text), text.now)
    _keep(text, session.having(notice="", ended=reply.ends))
    return Answer(text=as_text(reply), understood=understood, language=session.script, version=text.version)


def _say(text: _Text, session: Session, name: str, understood: str) -> Answer:
    values = current(text.menu, session, text.parts.line.for_engine(), text.now)
    words = fill(message(text.menu, name, session.script), values)
    return Answer(text=words, understood=understood, language=session.script, version=text.version)


def _session_at(text: _Text, keyword: Keyword | None, script: str) -> Session:
    """Return a session at the screen that a word leads to, in the language of the word."""
    script = script or text.caller.script or DEFAULT_LANGUAGE
    hours = shifts.hours(text.tx, "main", text.parts.line.hours, text.parts.line.zone, text.now)
    known = Known(
        language=script.partition("-")[0],
        script=script,
        region=region_of(text.inbound.number),
        offers=offered(hours, text.parts.line.zone, text.now),
    )
    session = engine.begin(text.menu, known)
    return engine.open_screen(text.menu, session, keyword.to) if keyword and keyword.to else session


def _limits(text: _Text) -> Limits:
    return text.parts.channels[text.inbound.channel].contract.sms


def _keep(text: _Text, session: Session, *, waits_for: str = "") -> None:
    state = {
        "version": text.version,
        "session": sessions.dump(replace(session, values={})),
        "waits_for": waits_for,
    }
    if session.ended:
        state["session"] = ""
    threads.save(
        text.tx,
        text.inbound.channel,
        text.caller.id,
        state,
        version=text.version,
        expires_at=text.now + THREAD_AGE,
    )


def _context(text: _Text) -> Context:
    return Context(
        key=text.key, session=text.key, channel=text.inbound.channel, version=text.version, now=text.now
    )
