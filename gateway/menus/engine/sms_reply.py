"""Render the reply to an interpreted text, and compute the state of its thread afterwards."""

from dataclasses import replace
from datetime import datetime

from gateway.domain.events import SMS_LIMITS, Limits, Piece, PieceKind, Reply
from gateway.foundation.display_values import DisplayValues
from gateway.menus.engine import further, sms_pages
from gateway.menus.engine.effects import RequestCallback
from gateway.menus.engine.engine import render_reply
from gateway.menus.engine.model import Menu
from gateway.menus.engine.placeholders import fill_template, find_current_values
from gateway.menus.engine.render import as_text, forget_notice
from gateway.menus.engine.session import FURTHER, LASTS, ThreadState, standing_at
from gateway.menus.engine.sms_meaning import Meant
from gateway.menus.engine.text_size import sms_parts
from gateway.menus.engine.visibility import get_message
from gateway.menus.engine.wording import list_named_facts


def told(
    menu: Menu,
    meaning: Meant,
    before: ThreadState,
    line: DisplayValues,
    now: datetime,
    limits: Limits = SMS_LIMITS,
) -> tuple[Reply, ThreadState | None]:
    """Return the reply, and the new state of the thread; None leaves the state unchanged."""
    if meaning.says:
        reply, stands = _message(menu, meaning, before, line, now)
        return reply, None if stands is None else _carrying(stands, meaning, before, now)
    reply = render_reply(menu, meaning.session, line, limits, now)
    stands = standing_at(forget_notice(meaning.session, reply), meaning.language or before.language)
    first = before.session is None
    reply = _going_on(menu, reply, meaning.session.script, limits.parts if first else 0)
    if meaning.also:
        below = fill_template(
            sms_pages.find_wording(menu, meaning.also, meaning.session), meaning.session.values
        )
        reply = replace(reply, pieces=(*reply.pieces, Piece(PieceKind.TEXT, below)))
    return reply, _carrying(stands, meaning, before, now)


def _carrying(stands: ThreadState, meaning: Meant, before: ThreadState, now: datetime) -> ThreadState:
    """Return the new state with the open form, the further question and the danger mark of the last 24 hours."""
    form, form_until = before.form, before.form_until
    if meaning.understood == "call_me":
        form, form_until = stands.session, now + LASTS
    elif any(isinstance(effect, RequestCallback) for effect in meaning.effects):
        form, form_until = None, None
    is_danger = meaning.match is not None and meaning.match.keyword.danger
    danger_until = now + LASTS if is_danger else before.danger_until
    further_form, further_ends_at = before.further, before.further_until
    if stands.waits_for == FURTHER:
        further_form, further_ends_at = stands.session, now + LASTS
    elif meaning.understood in {FURTHER, "callback"}:
        further_form, further_ends_at = None, None
    return replace(
        stands,
        form=form,
        form_until=form_until,
        danger_until=danger_until,
        further=further_form,
        further_until=further_ends_at,
    )


def _message(
    menu: Menu, meaning: Meant, before: ThreadState, line: DisplayValues, now: datetime
) -> tuple[Reply, ThreadState | None]:
    session, stands = meaning.session, meaning.standing
    wording = sms_pages.find_wording(menu, meaning.says, session)
    values = find_current_values(menu, session, line, now) | dict(sms_pages.name_open_times(menu, session))
    words = fill_template(meaning.words or wording, values)
    if stands is not None and stands.waits_for == FURTHER:
        words = "\n".join(filter(None, (words, further.ask(menu, session))))
    if meaning.near:
        words, numbers = sms_pages.list_topics(menu, meaning.near, session.script, words)
        stands = standing_at(session, before.language, listed=numbers) if numbers else stands
    return (
        Reply(
            pieces=(Piece(PieceKind.TEXT, words),) if words else (),
            screen=meaning.says,
            language=session.script,
            facts=list_named_facts(menu, (wording,)),
        ),
        stands,
    )


def _going_on(menu: Menu, reply: Reply, script: str, parts: int) -> Reply:
    """Add the hint how to reply: to the first answer of a thread, and to later ones where it costs no further part."""
    shown = as_text(reply)
    how = get_message(menu, "sms_reply", script, beside=shown)
    if reply.ends or not how or not any(piece.key for piece in reply.pieces):
        return reply
    fits = len(sms_parts(f"{shown}\n{how}")) <= (parts or len(sms_parts(shown)))
    return replace(reply, pieces=(*reply.pieces, Piece(PieceKind.TEXT, how))) if fits else reply
