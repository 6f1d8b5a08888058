"""Write the SMS reply to an interpreted text: pages, lists, further questions, and the thread state afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.domain.events import SMS_LIMITS, Limits, Piece, PieceKind, Reply
from gateway.foundation.display_values import DisplayValues
from gateway.menus.engine import choices, navigation
from gateway.menus.engine.effects import AmendCallback, Effect, RequestCallback
from gateway.menus.engine.engine import render_reply
from gateway.menus.engine.model import Choice, Deed, Keyword, Menu
from gateway.menus.engine.render import forget_notice
from gateway.menus.engine.session import FURTHER, LASTS, Session, ThreadState, find_thread_state
from gateway.menus.engine.text_breaks import split_text
from gateway.menus.engine.text_size import ESCAPE, GSM7_SINGLE, fold_to_gsm7, split_parts
from gateway.menus.engine.visibility import (
    NEVER,
    find_further,
    find_message,
    find_template,
    find_time_questions,
    find_variant,
    format_option,
    get_message,
    open_choices,
)
from gateway.menus.engine.wording import fill_template, find_current_values, list_named_facts
from gateway.menus.keywords import Match

# Ask the further questions of the callback form by SMS, one after the other, once the request is saved.


def open_next(menu: Menu, session: Session) -> Session | None:
    """Return the session at the first further question without an answer; None where none is left."""
    for question in find_further(menu):
        at = session.copy_with(screen=question.id, page=1, trail=(), wrong=0, notice="", ended=False)
        if question.get_asked() not in session.answers and len(list_answers(menu, at)) > 1:
            return at
    return None


def list_answers(menu: Menu, session: Session) -> tuple[Choice, ...]:
    """Return the choices that answer the session's current question and are open to this caller."""
    question = menu.screens.get(session.screen)
    if question is None or not question.get_asked():
        return ()
    return tuple(choice for choice in open_choices(menu, session, question) if choice.answer)


def ask_further(menu: Menu, session: Session) -> str:
    """Return the session's current question as text, with one answer a line."""
    question = menu.screens[session.screen]
    words = find_template(menu, question, find_variant(question, session), session.script)
    lines = (format_option(menu, choice, session.script) for choice in list_answers(menu, session))
    return "\n".join(filter(None, (words, *lines)))


def answer_further(menu: Menu, session: Session, choice: Choice) -> tuple[Session, Effect]:
    """Return the session with the answer, and its effect: an addition to the request, or a refusal of calls."""
    question = menu.screens[session.screen]
    own_answer = {question.get_asked(): choice.answer} if question.get_asked() else {}
    answers = {**choice.answers, **own_answer}
    answered = session.copy_with(answers={**session.answers, **answers})
    if choices.find_deed(question, choice) is Deed.REFUSE_CALLS:
        return answered, choices.make_effect(answered, Deed.REFUSE_CALLS, choice)
    return answered, AmendCallback(callback=session.callback, answers=answers)


def find_reply(menu: Menu, session: Session, choice: Choice) -> str:
    """Return the text of the information screen to which an answer leads; empty where it stays in the form."""
    screen = menu.screens.get(choice.to)
    if screen is None or not screen.informs:
        return ""
    return find_template(menu, screen, find_variant(screen, session), session.script)


# Define the meaning of one text, and the classifications by which metrics count texts.

SILENCE = "silence"
"""Stands for the name of a message where nothing is answered."""

STOP, START = "stop", "start"
"""Classification of texts that end and restart messages from us."""

DANGER = "danger"
"""Classification of a text with a danger word."""

REFUSED = "refused_said"
"""Classification of a sentence that refuses calls; staff read it."""

COPY = "copy"
"""Classification of one of our own texts that the phone or its user sent back; listed for staff."""

COURTESY = "courtesy"
"""Classification of thanks, yes and emoji; answered once in a thread."""

NOT_UNDERSTOOD = ""
"""Classification of the texts that are listed for staff to read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """The meaning of one text.

    Attributes:
        understood: the classification that metrics count: a constant of this module, a screen id or another fixed
            word.
        session: session from which the reply is rendered; without ``says``, its screen is the reply.
        says: name of the message to reply with, or ``silence``.
        words: text of that message, where it is not the menu's wording.
        standing: state of the thread afterwards; None leaves it unchanged, or after a screen derives it from the
            screen.
        language: language tag chosen by number.
        near: nearest topics, to be listed above the help.
        effects: effects to perform.
        match: the keyword that was found.
        also: name of a message to add below the screen.
    """

    understood: str
    session: Session
    says: str = ""
    words: str = ""
    standing: ThreadState | None = None
    language: str = ""
    near: tuple[Keyword, ...] = ()
    effects: tuple[Effect, ...] = ()
    match: Match | None = None
    also: str = ""


# Build the texts of an SMS reply: numbered lists of languages, topics and windows, and the cut to the
# allowed parts.
#
# A number in the next text chooses from the list. Parts are counted after 3GPP TS 23.040 (concatenated
# messages), as operators bill them.

# Length of an SMS.

MOST_PARTS = 3
"""Most SMS parts of a reply; a menu that needs more fails its check."""


@dataclass(frozen=True, slots=True)
class Sms:
    """A text ready to send, and its number of billed parts."""

    text: str
    parts: int


def cut_sms(text: str, most: int = MOST_PARTS) -> Sms:
    """Return the text as it is sent, cut at a safe place where a value made it longer than was checked."""
    whole = fold_to_gsm7(text.replace(ESCAPE, ""))
    if _count_parts(whole[: most * GSM7_SINGLE + 1]) <= most:
        return Sms(whole, _count_parts(whole))
    first = split_text(whole[: most * GSM7_SINGLE + 1], most, _count_parts)[0].rstrip()
    return Sms(first, _count_parts(first))


def _count_parts(text: str) -> int:
    return len(split_parts(text))


SCREEN, LANGUAGE = "screen", "language"


def get_wording(menu: Menu, name: str, language: str) -> str:
    """Return a message that is a text of its own, in the given language whichever coding it needs."""
    return menu.text(menu.messages.get(name, {}), language)


def find_wording(menu: Menu, name: str, session: Session) -> str:
    """Return a message that answers a text, in its variant for the caller's country."""
    return menu.text(find_message(menu, name, session), session.script)


def list_languages(menu: Menu, language: str) -> tuple[str, Mapping[str, str]]:
    """Return the text that lists the languages, and key → ``language:TAG`` for its numbers.

    Numbers and labels are those of the first screen, whose GSM-7 text every phone can show.
    """
    start = menu.screens[menu.start].choices
    lines = {
        choice.key: (choice.script, menu.text(choice.label, language)) for choice in start if choice.script
    }
    if not lines:
        lines = {str(at): each for at, each in enumerate(menu.languages.items(), start=1)}
    shown = [f"{key} {label or menu.languages[tag]}" for key, (tag, label) in lines.items()]
    text = "\n".join(filter(None, (get_wording(menu, "sms_language", language), *shown)))
    return text, {key: f"{LANGUAGE}:{tag}" for key, (tag, _) in lines.items()}


CANNOT, NO_TIME = "sms_form_cannot", "sms_no_time"
"""Messages for a time that cannot be offered: with the times that can, and where there is none."""


def list_offered_times(menu: Menu, session: Session, phone_seen: str) -> tuple[str, str]:
    """Return the name and the text of the message that lists the windows on offer; both empty without such a message.

    On a borrowed phone (``not_mine``) only *now* is offered. The text is empty where the menu's message is complete.
    """
    times = [
        choice
        for choice in _open_times(menu, session)
        if phone_seen != "not_mine" or choice.answer in ("now", NEVER)
    ]
    if menu.messages.get(NO_TIME) and all(choice.answer == NEVER for choice in times):
        return NO_TIME, ""
    above = find_wording(menu, CANNOT, session)
    lines = [format_option(menu, choice, session.script) for choice in times]
    return (CANNOT, "\n".join((above, *lines))) if above and lines else ("", "")


def has_times(menu: Menu, session: Session) -> bool:
    """Say whether a window can be offered now, or the menu has no message to say that none can."""
    times = _open_times(menu, session)
    return not menu.messages.get(NO_TIME) or any(choice.answer != NEVER for choice in times)


def name_open_times(menu: Menu, session: Session) -> Mapping[str, str]:
    """Return the placeholders ``times`` and ``time`` of the form sent as one text: only windows on offer now."""
    choices = _open_times(menu, session)
    lines = filter(None, (format_option(menu, choice, session.script) for choice in choices))
    first = min(choices, key=lambda choice: choice.answer == NEVER, default=None)
    return {"times": "\n".join(lines), "time": first.key if first else ""}


def _open_times(menu: Menu, session: Session) -> tuple[Choice, ...]:
    questions = find_time_questions(menu)
    return tuple(choice for question in questions for choice in open_choices(menu, session, question))


def list_topics(
    menu: Menu, keywords: tuple[Keyword, ...], language: str, help_text: str
) -> tuple[str, Mapping[str, str]]:
    """Return the help below the nearest topics, and key → ``screen:ID``; the help alone where both exceed the parts."""
    listed = {str(at): keyword for at, keyword in enumerate(keywords, start=1)}
    lines = [f"{key} {_find_name(menu, keyword, language)}" for key, keyword in listed.items()]
    text = "\n".join(filter(None, (get_wording(menu, "sms_near", language), *lines, help_text)))
    if not lines or len(split_parts(text)) > MOST_PARTS:
        return help_text, {}
    return text, {key: f"{SCREEN}:{keyword.to}" for key, keyword in listed.items()}


def find_chosen(listed: Mapping[str, str], key: str, sort: str) -> str:
    """Return the target of a number in the list, where it is of this sort (``screen`` or ``language``)."""
    found, _, target = listed.get(key, "").partition(":")
    return target if found == sort else ""


def list_labels(menu: Menu, session: Session | None, listed: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return key → labels, in every language of the menu, of the options that can be chosen now."""
    if listed:
        start = {each.script: tuple(each.label.values()) for each in menu.screens[menu.start].choices}
        tags = {key: find_chosen(listed, key, LANGUAGE) for key in listed}
        return {
            key: (menu.languages[tag], *start.get(tag, ()))
            for key, tag in tags.items()
            if tag in menu.languages
        }
    if session is None or session.ended or session.screen not in menu.screens:
        return {}
    lines = open_choices(menu, session, menu.screens[session.screen])
    ways = {navigation.BACK_KEY: "back", navigation.HOME: "home", navigation.MORE: "more"}
    return {each.key: tuple(each.label.values()) for each in lines} | {
        key: tuple(menu.messages[name].values()) for key, name in ways.items() if name in menu.messages
    }


def _find_name(menu: Menu, keyword: Keyword, language: str) -> str:
    """Return the keyword's first word in the language, else in a fallback of it, else in any."""
    for tag in (language, *menu.fallback.get(language, ()), *keyword.words):
        if keyword.words.get(tag):
            return keyword.words[tag][0]
    return keyword.to


def write_reply(
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
        return reply, None if stands is None else _carry_over(stands, meaning, before, now)
    reply = render_reply(menu, meaning.session, line, limits, now)
    stands = find_thread_state(forget_notice(meaning.session, reply), meaning.language or before.language)
    first = before.session is None
    reply = _add_hint(menu, reply, meaning.session.script, limits.parts if first else 0)
    if meaning.also:
        below = fill_template(find_wording(menu, meaning.also, meaning.session), meaning.session.values)
        reply = replace(reply, pieces=(*reply.pieces, Piece(PieceKind.TEXT, below)))
    return reply, _carry_over(stands, meaning, before, now)


def _carry_over(stands: ThreadState, meaning: Meant, before: ThreadState, now: datetime) -> ThreadState:
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
    wording = find_wording(menu, meaning.says, session)
    values = find_current_values(menu, session, line, now) | dict(name_open_times(menu, session))
    words = fill_template(meaning.words or wording, values)
    if stands is not None and stands.waits_for == FURTHER:
        words = "\n".join(filter(None, (words, ask_further(menu, session))))
    if meaning.near:
        words, numbers = list_topics(menu, meaning.near, session.script, words)
        stands = find_thread_state(session, before.language, listed=numbers) if numbers else stands
    return (
        Reply(
            pieces=(Piece(PieceKind.TEXT, words),) if words else (),
            screen=meaning.says,
            language=session.script,
            facts=list_named_facts(menu, (wording,)),
        ),
        stands,
    )


def _add_hint(menu: Menu, reply: Reply, script: str, parts: int) -> Reply:
    """Add the hint how to reply: to the first answer of a thread, and to later ones where it costs no further part."""
    shown = reply.text
    how = get_message(menu, "sms_reply", script, beside=shown)
    if reply.ends or not how or not any(piece.key for piece in reply.pieces):
        return reply
    fits = len(split_parts(f"{shown}\n{how}")) <= (parts or len(split_parts(shown)))
    return replace(reply, pieces=(*reply.pieces, Piece(PieceKind.TEXT, how))) if fits else reply
