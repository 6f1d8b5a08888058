"""Answer an SMS by the menu: join its parts, load the thread, interpret the text, apply its effects, reply, save.

A thread lasts 24 hours and survives a new menu version where the screen that it waits on keeps its shape.

Parts of a long text come in whatever order and however often. Each is a row before its delivery is acknowledged. The
text is answered when its last part has come, or, with what came, when the others are not to be expected any more: a
cry for help must not wait for a part that the network lost.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from gateway.conversations.effects import Context, apply_effect
from gateway.domain.callbacks.windows import list_promises
from gateway.domain.events import Inbound, Kind, Reply
from gateway.domain.outbox.states import KINDS
from gateway.foundation.phone_numbers import find_region
from gateway.foundation.services import Services
from gateway.menus.engine import session as sessions
from gateway.menus.engine import sms
from gateway.menus.engine.model import Menu
from gateway.menus.engine.session import Known, Session, ThreadState, UnreadableSession
from gateway.menus.engine.sms import COPY, NOT_UNDERSTOOD, REFUSED, SILENCE, Meant
from gateway.menus.keywords import Match
from gateway.storage import callers, conversations, outbox
from gateway.storage.callers import Caller
from gateway.storage.conversations import ReceivedText
from gateway.storage.database import Tx
from gateway.storage.duty import find_offers
from gateway.storage.live_menus import find_texted

# Storing a thread.

THREAD_AGE = timedelta(hours=24)


def load_thread(
    tx: Tx, channel: str, caller_id: str, menu: Menu, version: str, *, now: datetime
) -> ThreadState:
    """Return the state of the thread in this menu version.

    A number means the option that was read: after a publish the position is kept only where the screen has the same
    shape.
    """
    state: dict[str, Any] = conversations.load_thread(tx, channel, caller_id, now=now) or {}
    session = _read_session(state)
    moved = state.get("version") != version and session is not None
    form = _read_session(state, "form")
    is_form = form is not None and state.get("form_shape") == describe_shape(menu, form.screen)
    further = _read_session(state, "further")
    is_further = further is not None and state.get("further_shape") == describe_shape(menu, further.screen)
    carried = ThreadState(
        form=form if is_form else None,
        form_until=_read_instant(state, "form_until"),
        further=further if is_further else None,
        further_until=_read_instant(state, "further_until"),
        danger_until=_read_instant(state, "danger_until"),
    ).at(now)
    if moved and (session is None or state.get("shape") != describe_shape(menu, session.screen)):
        return replace(carried, language=_recall_language(menu, state), again=True)
    return replace(
        carried,
        session=session,
        waits_for=str(state.get("waits_for", "")),
        language=_recall_language(menu, state),
        listed=dict(state.get("listed", {})),
        thanked=bool(state.get("thanked", False)),
    )


def save_thread(
    tx: Tx, channel: str, caller_id: str, menu: Menu, version: str, thread: ThreadState, *, now: datetime
) -> None:
    """Store the state of the thread for 24 hours.

    Stored keys: those of ``ThreadState``, sessions as JSON text, instants in ISO 8601, and ``version``, ``shape``,
    ``form_shape``, ``further_shape`` to recognise a changed menu.
    """
    session = thread.session
    state = {
        "version": version,
        "session": sessions.dump_session(session) if session else "",
        "shape": describe_shape(menu, session.screen) if session else "",
        "waits_for": thread.waits_for,
        "language": thread.language,
        "listed": dict(thread.listed),
        "thanked": thread.thanked,
        "form": sessions.dump_session(thread.form) if thread.form else "",
        "form_shape": describe_shape(menu, thread.form.screen) if thread.form else "",
        "form_until": thread.form_until.isoformat() if thread.form_until else "",
        "further": sessions.dump_session(thread.further) if thread.further else "",
        "further_shape": describe_shape(menu, thread.further.screen) if thread.further else "",
        "further_until": thread.further_until.isoformat() if thread.further_until else "",
        "danger_until": thread.danger_until.isoformat() if thread.danger_until else "",
    }
    conversations.save_thread(tx, channel, caller_id, state, version=version, expires_at=now + THREAD_AGE)


def describe_shape(menu: Menu, screen_id: str) -> str:
    """Return the meaning of a screen's keys as text: its kind, and target, answers and action of each choice."""
    screen = menu.screens.get(screen_id)
    if screen is None:
        return ""
    lines = sorted(
        f"{choice.key}>{choice.to}={choice.answer}{dict(sorted(choice.answers.items())) or ''}{choice.does or ''}"
        for choice in screen.choices
    )
    return " ".join((type(screen).__name__, screen.describe_input(), *lines))


def _read_instant(state: Mapping[str, Any], name: str) -> datetime | None:
    return datetime.fromisoformat(state[name]) if state.get(name) else None


def _read_session(state: Mapping[str, Any], name: str = "session") -> Session | None:
    try:
        return sessions.load_session(state[name]) if state.get(name) else None
    except UnreadableSession:
        return None


def _recall_language(menu: Menu, state: Mapping[str, Any]) -> str:
    language = str(state.get("language", ""))
    return language if language in menu.languages else ""


# Answering a text.

_LONGEST = 60
READ_BY_A_PERSON = frozenset({REFUSED, COPY, NOT_UNDERSTOOD})
"""Classifications that stay on the list for staff, although an automatic reply may have been sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextAnswer:
    """The reply to one text.

    Attributes:
        text: what to send; empty to send nothing.
        understood: the classification that metrics count.
        language: tag of the reply.
        version: menu version.
        match: the keyword that was found, if any.
        screen: id of the screen, or name of the message, that was sent.
        facts: ids of the facts in the reply.
        code: the request's code, where the reply contains it.
    """

    text: str
    understood: str
    language: str = ""
    version: str = ""
    match: Match | None = None
    screen: str = ""
    facts: tuple[str, ...] = ()
    code: str = ""

    @property
    def kept(self) -> str:
        """The note stored beside the text for staff: classification, language and matched word.

        Empty (not understood) where staff are to read the text.
        """
        if self.understood in READ_BY_A_PERSON:
            return NOT_UNDERSTOOD
        if self.match is None:
            return self.understood
        word = self.match.why.partition(": ")[2]
        return f"{self.understood} ({self.match.language}): {word}"[:_LONGEST]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """One text with everything that its effects depend on."""

    parts: Services
    tx: Tx
    inbound: Inbound
    caller: Caller
    key: bytes
    now: datetime
    version: str
    menu: Menu


def answer_text(
    parts: Services, tx: Tx, inbound: Inbound, caller: Caller, *, key: bytes, now: datetime
) -> tuple[TextAnswer, tuple[str, ...]]:
    """Return the reply to a text and the ids of outbox rows to nudge; apply its effects and save its thread.

    Args:
        parts: the services of the process.
        tx: the open write transaction.
        inbound: the text.
        caller: its sender.
        key: the turn key.
        now: the instant of arrival.
    """
    version, menu, speaks = find_texted(parts, inbound.channel)
    text = _Text(
        parts=parts, tx=tx, inbound=inbound, caller=caller, key=key, now=now, version=version, menu=menu
    )
    known = _find_known(text)
    before = _find_before(text, known)
    limits = parts.channels[inbound.channel].contract.sms
    meaning = sms.interpret_text(menu, inbound.text, before, known, limits, stopped=caller.stopped)
    meaning, nudges = _do_effects(text, meaning)
    if meaning.says == SILENCE:
        return _keep_silent(text, meaning), nudges
    if caller.stopped and meaning.understood == sms.START:
        callers.set_stopped(tx, caller.id, stopped_at=None, now=now)
    reply, stands = sms.write_reply(menu, meaning, before, parts.line.for_engine(), now, limits)
    if not speaks:
        return _leave_unanswered(text, meaning), (*nudges, *_alert_staff(text, meaning))
    is_kept = callers.by_id(tx, caller.id) is not None  # this very text may have erased the caller
    if stands is not None and is_kept:
        save_thread(tx, inbound.channel, caller.id, menu, version, stands, now=now)
    return _make_answer(text, meaning, reply), (*nudges, *_alert_staff(text, meaning))


def _find_known(text: _Text) -> Known:
    parts, caller = text.parts, text.caller
    hours = find_offers(text.tx, parts.line.hours, parts.line.zone, text.now)
    offers, opens = list_promises(text.menu.windows.values(), hours, parts.line.zone, text.now)
    return Known(
        language=caller.language,
        script=caller.script,
        region=find_region(text.inbound.number),
        offers=offers,
        opens=opens,
    )


def _find_before(text: _Text, known: Known) -> ThreadState:
    """Return the state of the thread before this text, with the windows on offer now."""
    found = load_thread(text.tx, text.inbound.channel, text.caller.id, text.menu, text.version, now=text.now)
    session = found.session
    return found if session is None else replace(found, session=session.with_promises(known))


def _keep_silent(text: _Text, meaning: Meant) -> TextAnswer:
    """Return an empty reply; after STOP not even a confirmation is sent, and the thread is dropped."""
    if meaning.understood == sms.STOP:
        conversations.drop_threads(text.tx, text.caller.id)
    return TextAnswer(text="", understood=meaning.understood, version=text.version, match=meaning.match)


def _do_effects(text: _Text, meaning: Meant) -> tuple[Meant, tuple[str, ...]]:
    """Apply the effects of the text; return the meaning after their receipts, and ids of rows to nudge."""
    at = Context(
        key=text.key, session=text.key, channel=text.inbound.channel, version=text.version, now=text.now
    )
    results = [
        apply_effect(text.parts, text.tx, effect, caller=text.caller, at=at) for effect in meaning.effects
    ]
    receipts = tuple(receipt for receipt, _ in results)
    led = sms.apply_receipts(text.menu, meaning, receipts, text.parts.line.for_engine(), text.now)
    return led, tuple(row for _, rows in results for row in rows)


def _alert_staff(text: _Text, meaning: Meant) -> tuple[str, ...]:
    """Alert staff on duty to a danger word, at most once an hour for a number, without any text of the caller."""
    if meaning.match is None or not meaning.match.keyword.danger:
        return ()
    kind = KINDS["danger_text"]
    row = outbox.add_row(
        text.tx,
        kind=kind.name,
        channel=text.inbound.channel,
        lane=f"danger:{text.caller.id}",
        priority=kind.priority,
        due_at=text.now,
        expires_at=text.now + kind.lasts,
        once=f"{kind.name}:{text.caller.id}:{text.now:%Y%m%d%H}",
        caller_id=text.caller.id,
        now=text.now,
    )
    return (row,) if row else ()


def _leave_unanswered(text: _Text, meaning: Meant) -> TextAnswer:
    """Leave the text to staff, because the channel has no reviewed texts to reply with; the thread is not saved.

    Refusals and alerts to danger words are still performed.
    """
    of_danger = meaning.match is not None and meaning.match.keyword.danger
    return TextAnswer(
        text="",
        understood=meaning.understood if of_danger else sms.NOT_UNDERSTOOD,
        version=text.version,
        match=meaning.match if of_danger else None,
    )


def _make_answer(text: _Text, meaning: Meant, reply: Reply) -> TextAnswer:
    return TextAnswer(
        text=reply.text,
        understood=meaning.understood,
        language=meaning.session.script,
        version=text.version,
        match=meaning.match,
        screen=reply.screen,
        facts=reply.facts,
        code=meaning.session.values.get("code", "") if meaning.effects else "",
    )


LATE_AFTER = timedelta(minutes=10)

MISSING = " … "
"""Stands for a part that did not come."""


def join_part(parts: Services, tx: Tx, inbound: Inbound, *, now: datetime) -> tuple[Inbound, ...]:
    """Store one part, and return the texts that are whole by now.

    A part that is there already under another id belongs to a later text, since references come again: what came of the
    earlier one is returned as it is.
    """
    part = inbound.part
    assert part is not None  # noqa: S101 - the caller asks only for parts
    caller = callers.upsert_caller(tx, inbound.number, now=now, trial=parts.is_trial(inbound.channel))
    whole = parts.store.ring.lookup(
        "turn", "part", inbound.channel, inbound.number, part.reference, str(part.total)
    )
    found: list[Inbound] = []
    if conversations.has_part(tx, whole, part.number):
        found += _take(tx, whole)
    conversations.add_part(tx, whole, inbound, caller_id=caller.id, now=now)
    if conversations.count_parts(tx, whole) == part.total:
        found += _take(tx, whole)
    return tuple(found)


def join_late_parts(parts: Services, tx: Tx, *, now: datetime) -> tuple[Inbound, ...]:
    """Return the texts of which nothing more has come for LATE_AFTER, and forget their parts."""
    found = [
        text for whole in conversations.list_late(tx, before=now - LATE_AFTER) for text in _take(tx, whole)
    ]
    for text in found:
        parts.count.add("late_parts", channel=text.channel)
    return tuple(found)


def _take(tx: Tx, whole: bytes) -> tuple[Inbound, ...]:
    text = conversations.take_parts(tx, whole)
    return (_join(text),) if text is not None else ()


def _join(text: ReceivedText) -> Inbound:
    words: list[str] = []
    for number in range(1, text.total + 1):
        if number in text.parts:
            words.append(text.parts[number])
        elif not words or words[-1] != MISSING:
            words.append(MISSING)
    return Inbound(
        channel=text.channel,
        kind=Kind.SMS,
        number=text.number,
        text="".join(words).strip(),
        turn=text.turn,
        service=text.service,
        link=text.link,
    )
