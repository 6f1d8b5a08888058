"""Run authors' conversation tests on a menu, with simple receipts for effects, and report differences."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from gateway.domain.contact_safety import PhoneSeen
from gateway.domain.events import USSD_LIMITS, Limits, Reply
from gateway.foundation.display_values import DisplayValues
from gateway.menus.authoring.conversation_files import Case, ConversationStep, Expected
from gateway.menus.authoring.differences import show_side_by_side
from gateway.menus.authoring.problems import Place
from gateway.menus.engine import sms
from gateway.menus.engine.effects import (
    AmendCallback,
    CallbackAccepted,
    CallbackCancelled,
    CallbackChanged,
    CallbackFound,
    CancelCallback,
    ChangeWindow,
    CodeWrong,
    Effect,
    Erased,
    EraseEverything,
    LookUpCode,
    Noted,
    Receipt,
    RefuseCalls,
    ReportWrong,
    RequestCallback,
)
from gateway.menus.engine.engine import (
    begin_session,
    render_reply,
    resume_session,
    settle_session,
    step_session,
)
from gateway.menus.engine.model import Menu
from gateway.menus.engine.render import forget_notice
from gateway.menus.engine.session import Known, Session, ThreadState, dump_session, load_session
from gateway.menus.engine.sms import SILENCE, Meant
from gateway.menus.engine.visibility import list_offers
from gateway.menus.engine.wording import fill_template, find_current_values

# SMS threads.


@dataclass(slots=True)
class Thread:
    """One caller's SMS thread; ``does`` returns the receipt of an effect."""

    menu: Menu
    known: Known
    does: Callable[[Effect], Receipt]
    standing: ThreadState = field(default_factory=ThreadState)
    stopped: bool = False

    def take(self, words: str, line: DisplayValues, now: datetime) -> tuple[Meant, Reply]:
        """Take one text; return its meaning after effects, and the reply."""
        before = self.standing.at(now)
        meaning = sms.interpret_text(self.menu, words, before, self.known, stopped=self.stopped)
        receipts = tuple(map(self.does, meaning.effects))
        if meaning.says == SILENCE:
            if meaning.understood == sms.STOP:
                self.stopped, self.standing = True, ThreadState()
            return meaning, Reply(pieces=(), screen=SILENCE, language=meaning.session.script)
        meaning = sms.apply_receipts(self.menu, meaning, receipts, line, now)
        self.stopped = self.stopped and meaning.understood not in (sms.START, "callback")
        reply, stands = sms.write_reply(self.menu, meaning, before, line, now)
        self.standing = stands or before
        return meaning, reply


CODE = "4821"
LINE_VALUES: Mapping[str, str] = {
    "helpline": "021000000",
    "mrc": "021000001",
    "embassy": "",
    "price": "",
    "days": "90",
}

_SUNDAY = 6
_NOW_MINUTES = 30
_HOURS = {
    "morning": (time(6), time(9)),
    "noon": (time(12), time(13)),
    "evening": (time(18), time(21)),
    "sunday": (time(9), time(18)),
}


_NAMES: Mapping[type[Effect], str] = {
    RequestCallback: "callback",
    AmendCallback: "amend",
    ChangeWindow: "change",
    CancelCallback: "cancel",
    RefuseCalls: "refuse",
    LookUpCode: "look_up",
    EraseEverything: "erase",
    ReportWrong: "report",
}


@dataclass(frozen=True, slots=True)
class StepDifference:
    """One step whose result differs from the test."""

    place: Place
    message: str


@dataclass(slots=True)
class Ran:
    """The result of one conversation: differences, and the screens shown, also with their language."""

    case: Case
    differences: list[StepDifference] = field(default_factory=list)
    screens: set[str] = field(default_factory=set)
    seen: set[tuple[str, str]] = field(default_factory=set)


def run_conversation(menu: Menu, case: Case, *, zone: str, limits: Limits = USSD_LIMITS) -> Ran:
    """Run one conversation, up to the first step that differs."""
    ran = Ran(case)
    unknown = sorted(set(case.offers or ()) - set(list_offers(menu)))
    if unknown:
        ran.differences.append(StepDifference(case.place, f"there is no window '{unknown[0]}' to be offered"))
        return ran
    talk = Talk(menu, case, zone=zone, limits=limits)
    for number, each in enumerate(case.steps, start=1):
        found = list(talk.take(each))
        ran.screens |= talk.screens
        ran.seen |= talk.seen
        if found:
            did = _describe_deed(each)
            ran.differences += [
                StepDifference(each.place, f"step {number}, {did}: {words}") for words in found
            ]
            break
    return ran


def _describe_deed(asked: ConversationStep) -> str:
    if asked.texts is not None:
        return f"texts {asked.texts}"
    return f"dial {asked.dial}" if asked.sends is None else f"sends {asked.sends}"


def list_unseen(menu: Menu, ran: list[Ran]) -> list[str]:
    """Return the screens that no conversation showed."""
    seen = {screen for each in ran for screen in each.screens}
    shown = {name for name, screen in menu.screens.items() if screen.is_shown}
    return sorted(shown - seen)


@dataclass(frozen=True, slots=True)
class Moved:
    """The result of one step; ``values`` are those of its placeholders."""

    reply: Reply
    session: Session
    effects: tuple[Effect, ...]
    values: Mapping[str, str]

    @property
    def screen(self) -> str:
        """The screen shown."""
        return self.reply.screen or self.session.screen


class Talk:
    """One caller in the menu; the session is written to JSON and read back between steps, as in production."""

    def __init__(
        self,
        menu: Menu,
        case: Case,
        *,
        zone: str,
        limits: Limits,
        values: Mapping[str, str] = LINE_VALUES,
    ) -> None:
        self._menu, self._case, self._limits = menu, case, limits
        self._line = DisplayValues(zone=zone, values=values)
        self._now = case.at
        self._kept = ""
        self._known = Known(
            language=case.language,
            script=case.script,
            region=case.region,
            offers=case.offers if case.offers is not None else list_offers(menu),
            opens=case.opens,
        )
        self._thread = Thread(
            menu,
            self._known,
            lambda effect: _make_receipt(effect, self._now, self._line.zone),
        )
        self.screens: set[str] = set()
        self.seen: set[tuple[str, str]] = set()

    def take(self, asked: ConversationStep) -> Iterator[str]:
        """Run a step and yield differences."""
        self._now += asked.after
        moved = self.move(asked.sends) if asked.texts is None else self.text(asked.texts)
        if moved is None:
            yield "there is no session; the first step must be dial"
            return
        self.screens.add(moved.screen)
        self.seen.add((moved.screen, moved.reply.language))
        yield from _effects_differ(asked.effects, moved.effects)
        yield from _reply_differs(asked, moved)

    def move(self, sends: str | None) -> Moved | None:
        """Dial (None) or send an input; None where there is no open session."""
        effects: tuple[Effect, ...] = ()
        if sends is None:
            session = self._begin_session()
        elif not self._kept:
            return None
        else:
            taken = step_session(self._menu, load_session(self._kept), sends, self._limits)
            session, effects = taken.session, taken.effects
        receipts = tuple(_make_receipt(effect, self._now, self._line.zone) for effect in effects)
        if receipts:
            session = settle_session(self._menu, session, receipts, self._line, self._now)
        reply = render_reply(self._menu, session, self._line, self._limits, self._now)
        self._kept = "" if reply.ends else dump_session(forget_notice(session, reply))
        values = {"code": CODE, **find_current_values(self._menu, session, self._line, self._now)}
        return Moved(reply, session, effects, values)

    def text(self, words: str) -> Moved:
        """Send a text in the caller's thread, which begins with the first one."""
        meaning, reply = self._thread.take(words, self._line, self._now)
        values = {"code": CODE, **find_current_values(self._menu, meaning.session, self._line, self._now)}
        return Moved(reply, meaning.session, meaning.effects, values)

    def _begin_session(self) -> Session:
        case = self._case
        if self._kept and case.phone_seen == PhoneSeen.NO:
            again = resume_session(self._menu, load_session(self._kept))
            if again is not None:
                return again
        return begin_session(self._menu, self._known)


def _reply_differs(asked: ConversationStep, moved: Moved) -> Iterator[str]:
    shown = moved.reply.text
    if asked.screen is not None and asked.screen != moved.screen:
        yield f"expected screen {asked.screen}, got {moved.screen}{_quote_text(shown)}"
    if asked.sees is not None and fill_template(asked.sees, moved.values).rstrip("\n") != shown:
        yield "\n    ".join(
            [
                "the text differs",
                *show_side_by_side(fill_template(asked.sees, moved.values).rstrip("\n"), shown),
            ]
        )
    if asked.contains is not None and fill_template(asked.contains, moved.values) not in shown:
        yield f"expected a text with '{fill_template(asked.contains, moved.values)}', got{_quote_text(shown)}"
    if asked.ends is not None and asked.ends != moved.reply.ends:
        yield f"expected {'an end' if asked.ends else 'no end'}, got{_quote_text(shown)}"


def _quote_text(text: str) -> str:
    return "".join(f"\n    | {line}" for line in text.splitlines())


def _effects_differ(expected: tuple[Expected, ...], got: tuple[Effect, ...]) -> Iterator[str]:
    if [each.name for each in expected] != [name_of(effect) for effect in got]:
        wanted = ", ".join(each.name for each in expected) or "none"
        yield f"expected effects: {wanted}; got: {', '.join(name_of(each) for each in got) or 'none'}"
        return
    for each, effect in zip(expected, got, strict=True):
        fields = list_fields(effect)
        for name, value in each.fields.items():
            if fields.get(name) != value:
                yield f"expected {each.name} with {name}: {value}, got {fields.get(name, 'nothing')}"


def name_of(effect: Effect) -> str:
    """Return the word by which an author asks for an effect."""
    return _NAMES[type(effect)]


def list_fields(effect: Effect) -> dict[str, str]:
    """Return field → value of an effect, as authors can compare them."""
    match effect:
        case RequestCallback():
            own = {"topic": effect.topic, "language": effect.language, "script": effect.script}
            return {**own, "path": " ".join(effect.path), **effect.answers}
        case AmendCallback():
            return dict(effect.answers)
        case ChangeWindow():
            return {"when": effect.when}
        case LookUpCode():
            return {"code": effect.code}
        case ReportWrong():
            return {"screen": effect.screen, "digit": effect.digit}
        case RefuseCalls():
            return {"how": effect.how, "phone_seen": effect.phone_seen}
        case CancelCallback() | EraseEverything():
            return {}


def _make_receipt(effect: Effect, now: datetime, zone: str) -> Receipt:
    match effect:
        case RequestCallback():
            when = effect.answers.get("when", "")
            start, end = _find_window(when, now, zone)
            return CallbackAccepted(callback="1", code=CODE, due_at=start, due_until=end, now=when == "now")
        case LookUpCode():
            start, end = _find_window("evening", now, zone)
            found = CallbackFound(callback="1", code=CODE, due_at=start, due_until=end)
            return found if effect.code == CODE else CodeWrong()
        case ChangeWindow():
            start, end = _find_window(effect.when, now, zone)
            return CallbackChanged(due_at=start, due_until=end, now=effect.when == "now")
        case CancelCallback():
            return CallbackCancelled()
        case EraseEverything():
            return Erased()
        case AmendCallback() | RefuseCalls() | ReportWrong():
            return Noted()


def _find_window(when: str, now: datetime, zone: str) -> tuple[datetime, datetime]:
    """Return the next hours of this window, as if staff were always on duty."""
    if when not in _HOURS:
        return now, now + timedelta(minutes=_NOW_MINUTES)
    first, last = _HOURS[when]
    day = now.astimezone(ZoneInfo(zone)).date()
    while True:
        start, end = (datetime.combine(day, hour, ZoneInfo(zone)) for hour in (first, last))
        if end > now and (when != "sunday" or day.weekday() == _SUNDAY):
            return max(start, now), end
        day += timedelta(days=1)
