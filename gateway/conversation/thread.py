"""The same menu by SMS: a text's meaning becomes deeds and an answer, and its thread is kept."""

from dataclasses import dataclass, replace
from datetime import datetime

from gateway.conversation import kept
from gateway.conversation.apply import Context, apply
from gateway.conversation.begin import with_promises
from gateway.conversation.understood import Answer
from gateway.duty import find_hours
from gateway.engine import texted
from gateway.engine.menu import Menu
from gateway.engine.render import as_text
from gateway.engine.session import Known
from gateway.engine.standing import Standing
from gateway.engine.texted import SILENCE, Meant
from gateway.messages import Inbound, Reply
from gateway.numbers import region_of
from gateway.outbox.kinds import KINDS
from gateway.parts import Parts
from gateway.serving import find_texted
from gateway.store import callers, outbox, threads
from gateway.store.callers import Caller
from gateway.store.engines import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """One text with all that its deeds depend on."""

    parts: Parts
    tx: Tx
    inbound: Inbound
    caller: Caller
    key: bytes
    now: datetime
    version: str
    menu: Menu


def answer(
    parts: Parts, tx: Tx, inbound: Inbound, caller: Caller, *, key: bytes, now: datetime
) -> tuple[Answer, tuple[str, ...]]:
    """Say what this text is answered with, do its deeds, and keep where the thread stands."""
    version, menu, speaks = find_texted(parts, inbound.channel)
    text = _Text(
        parts=parts, tx=tx, inbound=inbound, caller=caller, key=key, now=now, version=version, menu=menu
    )
    known = _known(text)
    before = _before(text, known)
    limits = parts.channels[inbound.channel].contract.sms
    meaning = texted.meant(menu, inbound.text, before, known, limits, stopped=caller.stopped)
    meaning, nudges = _done(text, meaning)
    if meaning.says == SILENCE:
        return _silence(text, meaning), nudges
    if caller.stopped and meaning.understood == texted.START:
        callers.set_stopped(tx, caller.id, stopped_at=None, now=now)
    reply, stands = texted.told(menu, meaning, before, parts.line.for_engine(), now, limits)
    if not speaks:
        return _unanswered(text, meaning), (*nudges, *_told(text, meaning))
    is_kept = callers.by_id(tx, caller.id) is not None  # she may have erased herself just now
    if stands is not None and is_kept:
        kept.save(tx, inbound.channel, caller.id, menu, version, stands, now=now)
    return _answer(text, meaning, reply), (*nudges, *_told(text, meaning))


def _known(text: _Text) -> Known:
    parts, caller = text.parts, text.caller
    hours = find_hours(text.tx, parts.line.hours, parts.line.zone, text.now)
    known = Known(language=caller.language, script=caller.script, region=region_of(text.inbound.number))
    return with_promises(known, text.menu, hours, parts.line.zone, text.now)


def _before(text: _Text, known: Known) -> Standing:
    """Return where the thread stood; it lasts a day, and what may be promised is what holds now."""
    found = kept.load(text.tx, text.inbound.channel, text.caller.id, text.menu, text.version, now=text.now)
    session = found.session
    return found if session is None else replace(found, session=session.with_promises(known))


def _silence(text: _Text, meaning: Meant) -> Answer:
    """Answer nothing; after STOP nothing leaves any more, what is due already included, not even a confirmation."""
    if meaning.understood == texted.STOP:
        threads.drop(text.tx, text.caller.id)
    return Answer(text="", understood=meaning.understood, version=text.version, match=meaning.match)


def _done(text: _Text, meaning: Meant) -> tuple[Meant, tuple[str, ...]]:
    """Do what the text asks for, and return where that leads and which rows are due because of it."""
    at = Context(
        key=text.key, session=text.key, channel=text.inbound.channel, version=text.version, now=text.now
    )
    results = [apply(text.parts, text.tx, effect, caller=text.caller, at=at) for effect in meaning.effects]
    receipts = tuple(receipt for receipt, _ in results)
    led = texted.settled(text.menu, meaning, receipts, text.parts.line.for_engine(), text.now)
    return led, tuple(row for _, rows in results for row in rows)


def _told(text: _Text, meaning: Meant) -> tuple[str, ...]:
    """Tell those on duty that a word of danger came: once an hour a number, and without anything of hers."""
    if meaning.match is None or not meaning.match.keyword.danger:
        return ()
    kind = KINDS["danger_text"]
    row = outbox.add(
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


def _unanswered(text: _Text, meaning: Meant) -> Answer:
    """Leave the text to a person: the line has no reviewed words to answer with, and where she stands is not kept.

    What she refuses and whom a word of danger alarms does not wait for a review.
    """
    of_danger = meaning.match is not None and meaning.match.keyword.danger
    return Answer(
        text="",
        understood=meaning.understood if of_danger else texted.NOT_UNDERSTOOD,
        version=text.version,
        match=meaning.match if of_danger else None,
    )


def _answer(text: _Text, meaning: Meant, reply: Reply) -> Answer:
    return Answer(
        text=as_text(reply),
        understood=meaning.understood,
        language=meaning.session.script,
        version=text.version,
        match=meaning.match,
        screen=reply.screen,
        facts=reply.facts,
        code=meaning.session.values.get("code", "") if meaning.effects else "",
    )
