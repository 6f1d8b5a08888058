"""Interpret one text of an SMS thread: keyword, answer to the form, number of a list, courtesy, or not understood.

Used for callers and for the conversation tests of menu authors. Order: danger words, answers to what was sent last,
other keywords, copies of our own texts, courtesy, the open form, numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.domain.events import SMS_LIMITS, Limits
from gateway.foundation.display_values import DisplayValues
from gateway.menus.engine import navigation, sms_reply
from gateway.menus.engine.effects import CallbackAccepted, Gone, Receipt, RefuseCalls, RequestCallback
from gateway.menus.engine.engine import begin_session, open_screen, settle_session, step_session
from gateway.menus.engine.model import Menu, Reaction
from gateway.menus.engine.session import FORM, FURTHER, Known, Session, ThreadState, find_thread_state
from gateway.menus.engine.sms_reply import (
    COPY,
    COURTESY,
    DANGER,
    NOT_UNDERSTOOD,
    REFUSED,
    SILENCE,
    START,
    STOP,
    Meant,
    write_reply,
)
from gateway.menus.engine.visibility import DEFAULT_LANGUAGE, add_hours, open_choices
from gateway.menus.keywords import (
    Match,
    answer_beside,
    detect_language,
    find_key,
    find_nearest_topics,
    find_number,
    find_refusal,
    is_courtesy,
    is_declined,
    read_form_answer,
    strip_copies,
    understand_text,
)

__all__ = [
    "COPY",
    "COURTESY",
    "DANGER",
    "NOT_UNDERSTOOD",
    "REFUSED",
    "SILENCE",
    "START",
    "STOP",
    "Meant",
    "apply_receipts",
    "interpret_text",
    "write_reply",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class _TextTurn:
    """One text with everything that its meaning depends on."""

    menu: Menu
    words: str
    standing: ThreadState
    known: Known
    limits: Limits

    @property
    def session(self) -> Session | None:
        return self.standing.session

    @property
    def typed(self) -> str:
        """The number that was sent, or the key of the open option whose label was sent; else an empty string."""
        key = navigation.clean_key(self.words)
        if " " in key and key.replace(" ", "").isdigit():
            return key  # several numbers, which are no option of any list
        if len(key) <= navigation.MOST_CODE_DIGITS and key.isascii() and key.isdigit():
            return key if len(key) >= navigation.CODE_DIGITS or not key.strip("0") else key.lstrip("0")
        labels = sms_reply.list_labels(self.menu, self.session, self.standing.listed)
        return find_key(self.menu, self.words, labels) or find_number(self.menu, self.words)

    @property
    def script(self) -> str:
        """Language tag of the reply where no keyword decides it: chosen by number, detected, else as before."""
        had = self.session.script if self.session else self.known.script
        return self.standing.language or detect_language(self.menu, self.words) or had or DEFAULT_LANGUAGE

    def at(self, screen: str, script: str, *, lost: bool = False) -> Session:
        """Return a session at the screen of a keyword or number, else at home."""
        script = script or self.known.script or DEFAULT_LANGUAGE
        known = replace(self.known, language=script.partition("-")[0], script=script, lost=lost)
        session = begin_session(self.menu, known)
        return open_screen(self.menu, session, screen) if screen else session

    def keep_state(
        self, session: Session, *, waits_for: str = "", listed: Mapping[str, str] | None = None
    ) -> ThreadState:
        """Return the thread state for this session; the language chosen by number stays."""
        return find_thread_state(session, self.standing.language, waits_for=waits_for, listed=listed)


def interpret_text(
    menu: Menu,
    words: str,
    standing: ThreadState,
    known: Known,
    limits: Limits = SMS_LIMITS,
    *,
    stopped: bool = False,
) -> Meant:
    """Return the meaning of a text.

    Args:
        menu: the live version.
        words: the text.
        standing: state of the thread before it.
        known: what is known about the sender.
        limits: page sizes of a reply.
        stopped: the sender opted out by STOP; a text without a keyword is then not answered, but listed for staff.
    """
    text = _TextTurn(menu=menu, words=words, standing=standing, known=known, limits=limits)
    speaks = standing.language or (standing.session.script if standing.session else known.script)
    match = understand_text(menu, words, speaks)
    led = None if match and match.keyword.danger else _read_chosen(text, match)
    if led is not None:
        return led
    if match is not None:
        return replace(_with_answer(text, _read_word(text, match, stopped=stopped), match), match=match)
    if strip_copies(menu, words).copied:
        return Meant(understood=COPY, session=text.at("", speaks), says=SILENCE)
    meaning = _answer_courtesy(text) if is_courtesy(menu, words) and not stopped else _form_or_number(text)
    if stopped and meaning.understood == NOT_UNDERSTOOD and standing.waits_for != FORM:
        return replace(meaning, says=SILENCE, near=())
    return meaning


def apply_receipts(
    menu: Menu, meaning: Meant, receipts: tuple[Receipt, ...], line: DisplayValues, now: datetime
) -> Meant:
    """Return the meaning after its effects: the session that receipts lead to, or the message of a refused request."""
    codes = [receipt.code for receipt in receipts if isinstance(receipt, CallbackAccepted)]
    if meaning.says != "sms_saved":
        if meaning.understood == FURTHER and any(isinstance(receipt, Gone) for receipt in receipts):
            return replace(
                meaning, says="sms_help", words="", standing=find_thread_state(meaning.session, "")
            )
        led = meaning.session if meaning.also else settle_session(menu, meaning.session, receipts, line, now)
        values = {**led.values, "code": codes[0]} if codes and meaning.also else led.values
        return replace(meaning, session=led.copy_with(values=values), also=meaning.also if codes else "")
    if not codes:
        return replace(meaning, says="sms_no_call", understood="refused")
    return _ask_further(menu, meaning, receipts)


def _ask_further(menu: Menu, meaning: Meant, receipts: tuple[Receipt, ...]) -> Meant:
    """Show the code of the saved request, followed by the form's first further question, if any."""
    accepted = next(each for each in receipts if isinstance(each, CallbackAccepted))
    asked = next(each for each in meaning.effects if isinstance(each, RequestCallback))
    session = meaning.session.copy_with(values={"code": accepted.code}, callback=accepted.callback)
    at = sms_reply.open_next(menu, session.copy_with(answers=asked.answers))
    if at is None or meaning.standing is None:
        return replace(meaning, session=session)
    stands = find_thread_state(at, meaning.standing.language, waits_for=FURTHER)
    return replace(meaning, session=at, standing=stands)


def _read_chosen(text: _TextTurn, match: Match | None) -> Meant | None:
    """Return the meaning of an answer to our last texts: to the form, or a number or label of a list; else None."""
    if (answered := _further(text)) is not None:
        return answered
    form, waits = text.standing.open_form, text.standing.waits_for == FORM
    if form is not None and waits and is_declined(text.menu, text.words):
        refusal, stands = RefuseCalls(how="said"), text.keep_state(form)
        return Meant(
            understood="no_call", session=form, says="sms_no_call", standing=stands, effects=(refusal,)
        )
    answers = read_form_answer(text.menu, text.words) if form is not None and not _is_a_line(text) else None
    if form is not None and answers is not None:
        return _read_form(text, form, answers)
    # "Call me" as a word sends all questions in one text; the option of a screen would ask them one by one.
    if waits or (match is not None and match.keyword.reaction is Reaction.CALL_ME):
        return None
    is_asked = text.session is not None or text.standing.listed or text.standing.again
    return _read_number(text) if is_asked and text.typed else None


def _further(text: _TextTurn) -> Meant | None:
    """Read an answer to the open further question, unless its number is an option of a screen sent after it."""
    waits = text.standing.waits_for == FURTHER
    at = text.standing.further
    if at is None or (not waits and _is_a_line(text)):
        return None
    answers = sms_reply.list_answers(text.menu, at)
    key = text.typed or find_key(text.menu, text.words, sms_reply.list_labels(text.menu, at, {}))
    choice = next((each for each in answers if each.key == key), None)
    if choice is None:
        if not waits or not answers or not key or len(key) >= navigation.CODE_DIGITS or not key.strip("0"):
            return None
        return Meant(
            understood="again", session=at, says="invalid", standing=text.keep_state(at, waits_for=FURTHER)
        )
    answered, effect = sms_reply.answer_further(text.menu, at, choice)
    words = sms_reply.find_reply(text.menu, answered, choice)
    following = None if isinstance(effect, RefuseCalls) else sms_reply.open_next(text.menu, answered)
    session = following or text.at("", at.script)
    return Meant(
        understood="further",
        session=session,
        says="sms_noted",
        words=words,
        standing=text.keep_state(session, waits_for=FURTHER if following else ""),
        effects=(effect,),
    )


def _answer_courtesy(text: _TextTurn) -> Meant:
    """Answer thanks and emoji once: with help where there is no thread yet, or with the open form again."""
    waits, session = text.standing.waits_for, text.session or text.at("", text.script)
    if text.standing.thanked or (text.session is not None and waits != FORM):
        return Meant(understood=COURTESY, session=session, says=SILENCE)
    stands = replace(text.keep_state(session, waits_for=waits), thanked=True)
    says = "sms_form_again" if waits == FORM else "sms_help"
    return Meant(understood=COURTESY, session=session, says=says, standing=stands)


def _read_word(text: _TextTurn, match: Match, *, stopped: bool) -> Meant:
    session = text.at(match.keyword.to, text.standing.language or match.language)
    keeping = text.keep_state(session)
    match match.keyword.reaction:
        case Reaction.STOP:
            stop = RefuseCalls(how="stop")
            return Meant(understood=STOP, session=session, says=SILENCE, effects=(stop,))
        case Reaction.REFUSE:
            refusal, stands = RefuseCalls(how="said"), text.keep_state(text.session or session)
            says = SILENCE if stopped else "sms_no_call"
            return Meant(understood=REFUSED, session=session, says=says, standing=stands, effects=(refusal,))
        case Reaction.CALL_ME:
            before = (text.session or session).copy_with(language=session.language, script=session.script)
            at_form = open_screen(text.menu, before.with_promises(text.known), text.menu.call_me)
            if not sms_reply.has_times(text.menu, at_form):
                return Meant(understood="no_time", session=at_form, says=sms_reply.NO_TIME)
            waiting = text.keep_state(at_form, waits_for=FORM)
            return Meant(understood="call_me", session=at_form, says="sms_form", standing=waiting)
        case Reaction.HELP:
            return Meant(understood="help", session=session, says="sms_help", standing=keeping)
        case Reaction.START:
            return Meant(understood=START, session=session, says="sms_started", standing=keeping)
        case Reaction.LANGUAGE:
            words, numbers = sms_reply.list_languages(text.menu, session.script)
            stands = text.keep_state(text.session or session, listed=numbers)
            return Meant(
                understood="language", session=session, says="sms_language", words=words, standing=stands
            )
        case _:
            danger = match.keyword.danger
            refused = danger and find_refusal(text.menu, text.words) is not None
            effects = (RefuseCalls(how="said"),) if refused else ()
            return Meant(understood=DANGER if danger else match.keyword.to, session=session, effects=effects)


def _form_or_number(text: _TextTurn) -> Meant:
    """Read an answer to the open form, else a number of the last reply."""
    form = text.standing.open_form
    if form is None:
        return _read_number(text)
    if text.standing.waits_for == FORM:
        return Meant(understood=NOT_UNDERSTOOD, session=form, says="sms_form_again")
    return _read_number(text)


def _is_a_line(text: _TextTurn) -> bool:
    """Say whether the text is the key of an option on display, where something was sent after the form."""
    if text.standing.waits_for == FORM or text.session is None or not text.typed:
        return False
    screen = text.menu.screens.get(text.session.screen)
    lines = open_choices(text.menu, text.session, screen) if screen is not None else ()
    return text.typed in text.standing.listed or any(choice.key == text.typed for choice in lines)


def _with_answer(text: _TextTurn, meaning: Meant, match: Match) -> Meant:
    """Add the answer to the open form that a keyword's text also contains, so that neither is lost."""
    form = text.standing.open_form
    shows = match.keyword.reaction in (Reaction.SHOW, Reaction.CALL_ME)
    if form is None or not shows or text.typed or meaning.effects:
        return meaning
    answers = answer_beside(text.menu, text.words)
    if answers is None:
        return meaning
    if match.keyword.reaction is Reaction.CALL_ME:
        return _read_form(text, form, answers)
    answered = _read_form(text, form, answers, danger=match.keyword.danger)
    if answered.says != "sms_saved":
        return meaning
    return replace(meaning, effects=answered.effects, also="sms_saved")


def _read_number(text: _TextTurn) -> Meant:
    """Return the meaning of a text without keyword: a number of a list, a key of the last screen, or not understood."""
    key, menu = text.typed, text.menu
    screen = sms_reply.find_chosen(text.standing.listed, key, sms_reply.SCREEN)
    language = sms_reply.find_chosen(text.standing.listed, key, sms_reply.LANGUAGE)
    if screen in menu.screens:
        return Meant(understood="nearest", session=text.at(screen, text.script))
    if language in menu.languages:
        return Meant(understood="language", session=text.at(menu.home, language), language=language)
    if key and text.session is not None:
        moved = step_session(menu, text.session, key, text.limits)
        return Meant(understood="key", session=moved.session, effects=moved.effects)
    if key and text.standing.again:
        return Meant(understood="again", session=text.at("", text.script, lost=True))
    session = (text.session or text.at("", text.script)).copy_with(script=text.script)
    near = () if key else find_nearest_topics(menu, text.words)
    return Meant(understood=NOT_UNDERSTOOD, session=session, says="sms_help", near=near)


def _read_form(text: _TextTurn, form: Session, answers: Mapping[str, str], *, danger: bool = False) -> Meant:
    """Return the meaning of callback answers that were given in one text."""
    session = form.with_promises(text.known)
    stands = text.keep_state(session)
    cannot, words = sms_reply.list_offered_times(text.menu, session, answers["phone_seen"])
    lent = answers["phone_seen"] == "not_mine" and answers["when"] != "now"
    if answers["when"] == "never" or lent:
        refusal = RefuseCalls(how="plain", phone_seen=answers["phone_seen"])
        says, words = (cannot, words) if cannot and answers["when"] != "never" else ("sms_no_call", "")
        return Meant(
            understood="no_call", session=session, says=says, words=words, standing=stands, effects=(refusal,)
        )
    if answers["when"] not in session.offers:
        return Meant(understood="no_call", session=session, says=cannot or "sms_form_again", words=words)
    in_danger = danger or text.standing.danger_until is not None
    request = RequestCallback(
        topic=session.topic or "other",
        path=session.path,
        answers={"danger": "yes" if in_danger else "no", "consent": "yes", **answers},
        language=session.language,
        script=session.script,
    )
    return Meant(
        understood="callback",
        session=session,
        says="sms_saved",
        standing=stands,
        effects=add_hours(text.menu, (request,)),
    )
