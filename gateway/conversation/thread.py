"""The same menu by SMS: what a text means in its thread, and where the thread stands afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.callbacks.windows import offered
from gateway.conversation import kept as threads_kept
from gateway.conversation import listed
from gateway.conversation.apply import Context, apply
from gateway.conversation.kept import FORM, Kept
from gateway.conversation.understood import NOT_UNDERSTOOD, Answer
from gateway.engine import keys
from gateway.engine import step as engine
from gateway.engine.effects import CallbackAccepted, RequestCallback
from gateway.engine.menu import Menu, Reaction
from gateway.engine.render import as_text
from gateway.engine.session import Known, Session
from gateway.engine.showing import DEFAULT_LANGUAGE, message
from gateway.engine.text import sms_parts
from gateway.engine.values import current, fill
from gateway.engine.words import Match, form_answer, language_of, nearest_topics, understand
from gateway.messages import Inbound, Limits, Reply
from gateway.numbers import region_of
from gateway.outbox.kinds import KINDS
from gateway.parts import Parts
from gateway.store import callers, outbox, shifts, threads
from gateway.store.callers import Caller
from gateway.store.engines import Tx

TEXTS = ("answer", "ours")
"""The kinds of outbox rows that reach her phone as a text."""

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
    kept: Kept

    @property
    def session(self) -> Session | None:
        """Where she stands."""
        return self.kept.session

    @property
    def typed(self) -> str:
        """What she sent, if it is short enough to be a key, with digits as 0 to 9; else nothing."""
        key = keys.clean(self.inbound.text)
        return key if len(key) <= _LONGEST_KEY and key.isascii() and key.isdigit() else ""


def answer(
    parts: Parts, tx: Tx, inbound: Inbound, caller: Caller, *, key: bytes, now: datetime
) -> tuple[Answer, tuple[str, ...]]:
    """Say what this text is answered with, do its deeds, and keep where the thread stands."""
    text = _read(parts, tx, inbound, caller, key, now)
    language = text.kept.language or (text.session.script if text.session else caller.script)
    match = understand(text.menu, inbound.text, language)
    if match and match.keyword.reaction is Reaction.STOP:
        return replace(_stop(text), match=match), ()
    if caller.stopped:
        if match is None:
            return Answer(text="", understood="stopped", version=text.version), ()
        callers.set_stopped(tx, caller.id, stopped_at=None, now=now)
    if match is None:
        return _no_word(text)
    said = replace(_word(text, match), match=match)
    return said, _told(text) if match.keyword.danger else ()


def _read(parts: Parts, tx: Tx, inbound: Inbound, caller: Caller, key: bytes, now: datetime) -> _Text:
    version, menu = parts.versions.live(parts.channels[inbound.channel].config.menu)
    kept = threads_kept.load(tx, inbound.channel, caller.id, menu, version, now=now)
    if kept.session is not None:
        # A thread lasts a day: what may be promised is what holds now.
        kept = replace(kept, session=kept.session.having(offers=_offers(parts, tx, now)))
    return _Text(
        parts=parts,
        tx=tx,
        inbound=inbound,
        caller=caller,
        key=key,
        now=now,
        version=version,
        menu=menu,
        kept=kept,
    )


def _offers(parts: Parts, tx: Tx, now: datetime) -> tuple[str, ...]:
    hours = shifts.hours(tx, "main", parts.line.hours, parts.line.zone, now)
    return offered(hours, parts.line.zone, now)


def _stop(text: _Text) -> Answer:
    """Nothing leaves any more, what is due already included; a confirmation would be one text too many."""
    callers.set_stopped(text.tx, text.caller.id, stopped_at=text.now, now=text.now)
    outbox.cancel_of_caller(text.tx, text.caller.id, reason="stopped", now=text.now, kinds=TEXTS)
    threads.drop(text.tx, text.caller.id)
    return Answer(text="", understood="stop", version=text.version)


def _told(text: _Text) -> tuple[str, ...]:
    """Tell those on duty that a word of danger came: once an hour a number, and without anything of hers."""
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


def _word(text: _Text, match: Match) -> Answer:
    session = _session_at(text, match.keyword.to, text.kept.language or match.language)
    match match.keyword.reaction:
        case Reaction.CALL_ME:
            before = (text.session or session).having(language=session.language, script=session.script)
            session = engine.open_screen(text.menu, before, text.menu.call_me)
            _keep(text, session, waits_for=FORM)
            return _say(text, session, "sms_form", "call_me")
        case Reaction.HELP:
            _keep(text, session)
            return _say(text, session, "sms_help", "help")
        case Reaction.START:
            _keep(text, session)
            return _say(text, session, "sms_started", "start")
        case Reaction.LANGUAGE:
            words, numbers = listed.languages(text.menu, session.script)
            _keep(text, text.session or session, numbers=numbers)
            return _words(text, session, words, "language")
        case _:
            understood = "danger" if match.keyword.danger else match.keyword.to
            return _show(text, session, understood)


def _no_word(text: _Text) -> tuple[Answer, tuple[str, ...]]:
    if text.kept.waits_for == FORM and text.session is not None:
        return _form(text, text.session)
    key = text.typed
    screen = listed.chosen(text.kept.listed, key, listed.SCREEN)
    language = listed.chosen(text.kept.listed, key, listed.LANGUAGE)
    if screen in text.menu.screens:
        return _show(text, _session_at(text, screen, _script(text)), "nearest"), ()
    if language in text.menu.languages:
        return _show(text, _session_at(text, text.menu.home, language), "language", language=language), ()
    if key and text.session is not None:
        return _step(text, text.session)
    if key and text.kept.again:
        return _show(text, _session_at(text, "", _script(text), lost=True), "again"), ()
    return _help(text), ()


def _help(text: _Text) -> Answer:
    """Answer a text that nobody understood: how to go on, and the two topics that come nearest; a person reads it."""
    session = (text.session or _session_at(text, "", _script(text))).having(script=_script(text))
    said = _say(text, session, "sms_help", NOT_UNDERSTOOD)
    near = () if text.typed else nearest_topics(text.menu, text.inbound.text)
    words, numbers = listed.topics(text.menu, near, session.script, said.text)
    if numbers:
        _keep(text, session, numbers=numbers)
    return replace(said, text=words)


def _script(text: _Text) -> str:
    """Return the language to answer in where no word tells it: what she asked for, what she writes, what she had."""
    had = text.session.script if text.session else text.caller.script
    return text.kept.language or language_of(text.menu, text.inbound.text) or had or DEFAULT_LANGUAGE


def _form(text: _Text, session: Session) -> tuple[Answer, tuple[str, ...]]:
    answers = form_answer(text.inbound.text)
    if answers is None:
        return _say(text, session, "sms_form_again", NOT_UNDERSTOOD), ()
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


def _show(text: _Text, session: Session, understood: str, *, language: str = "") -> Answer:
    reply = engine.tell(text.menu, session, text.parts.line.for_engine(), _limits(text), text.now)
    _keep(text, session.having(notice="", ended=reply.ends), language=language)
    return _words(text, session, _going_on(text, reply, session.script), understood)


def _going_on(text: _Text, reply: Reply, script: str) -> str:
    """Say below the first answer of a thread how to go on, and below later ones where it costs nothing."""
    shown = as_text(reply)
    how = message(text.menu, "sms_reply", script, beside=shown)
    if reply.ends or not how or not any(piece.key for piece in reply.pieces):
        return shown
    longer = f"{shown}\n{how}"
    most = _limits(text).parts if text.session is None else len(sms_parts(shown))
    return longer if len(sms_parts(longer)) <= most else shown


def _say(text: _Text, session: Session, name: str, understood: str) -> Answer:
    values = current(text.menu, session, text.parts.line.for_engine(), text.now)
    return _words(text, session, fill(listed.wording(text.menu, name, session.script), values), understood)


def _words(text: _Text, session: Session, words: str, understood: str) -> Answer:
    return Answer(text=words, understood=understood, language=session.script, version=text.version)


def _session_at(text: _Text, screen: str, script: str, *, lost: bool = False) -> Session:
    """Return a session at the screen that a word or a number leads to, else at home."""
    script = script or text.caller.script or DEFAULT_LANGUAGE
    known = Known(
        language=script.partition("-")[0],
        script=script,
        region=region_of(text.inbound.number),
        offers=_offers(text.parts, text.tx, text.now),
        lost=lost,
    )
    session = engine.begin(text.menu, known)
    return engine.open_screen(text.menu, session, screen) if screen else session


def _limits(text: _Text) -> Limits:
    return text.parts.channels[text.inbound.channel].contract.sms


def _keep(
    text: _Text,
    session: Session,
    *,
    waits_for: str = "",
    numbers: Mapping[str, str] | None = None,
    language: str = "",
) -> None:
    kept = Kept(
        session=session,
        waits_for=waits_for,
        language=language or text.kept.language,
        listed=numbers or {},
    )
    threads_kept.save(
        text.tx, text.inbound.channel, text.caller.id, text.menu, text.version, kept, now=text.now
    )


def _context(text: _Text) -> Context:
    return Context(
        key=text.key, session=text.key, channel=text.inbound.channel, version=text.version, now=text.now
    )
