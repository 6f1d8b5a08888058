"""A random person on a random sound menu: a key does what its line says, and nothing she does breaks anything."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gateway.domain.events import SMS_LIMITS, USSD_LIMITS, PieceKind
from gateway.menus.engine import session as sessions
from gateway.menus.engine.effects import (
    AmendCallback,
    CallbackAccepted,
    CallbackCancelled,
    CallbackChanged,
    CallbackRefused,
    CancelCallback,
    ChangeWindow,
    CodeWrong,
    Erased,
    EraseEverything,
    Gone,
    LookUpCode,
    Noted,
    RequestCallback,
)
from gateway.menus.engine.engine import (
    begin_session,
    forget_notice,
    render_reply,
    settle_session,
    step_session,
)
from gateway.menus.engine.screens import Entry, Form, Information, Question
from gateway.menus.engine.session import Session
from tests.support.examples import count_examples
from tests.support.menu_builders import ACCEPTED, FOUND, LINE, NOW
from tests.support.menu_strategies import HOSTILE, KNOWN, menus

WITH_RESULTS = {"code", "status"}


def size(text):
    """Count by the tables of the standard, not by the engine."""
    try:
        text.encode("ascii")
    except UnicodeEncodeError:
        return "ucs2", len(text.encode("utf-16-le")) // 2
    return "gsm7", len(text) + sum(text.count(mark) for mark in "{}[]~^|\\")


def receipts_for(effect):
    """Everything that may come of an effect."""
    moment = {"due_at": NOW, "due_until": NOW + timedelta(minutes=30)}
    match effect:
        case RequestCallback():
            return [
                ACCEPTED,
                CallbackAccepted(callback="cb2", code="7350", now=True, **moment),
                CallbackRefused(reason="full"),
            ]
        case LookUpCode():
            return [FOUND, CodeWrong(), CodeWrong()]
        case ChangeWindow():
            return [CallbackChanged(now=True, **moment), Gone()]
        case AmendCallback():
            return [Noted(), Gone()]
        case CancelCallback():
            return [CallbackCancelled(), Gone()]
        case EraseEverything():
            return [Erased()]
        case _:
            return [Noted()]


class Person(RuleBasedStateMachine):
    """She dials, reads, presses what she sees, and sometimes what she does not see."""

    limits = USSD_LIMITS

    @initialize(menu=menus(), known=KNOWN)
    def dial(self, menu, known):
        self.menu = menu
        self.known = known
        self.session = begin_session(menu, known)

    def told(self, session=None, **changes):
        return render_reply(self.menu, (session or self.session).copy_with(**changes), LINE, self.limits, NOW)

    def shown(self):
        """Every line with a key, on all pages of her screen."""
        count = self.told().pages
        pages = [self.told(page=page, notice="") for page in range(1, count + 1)]
        return [piece for page in pages for piece in page.pieces if piece.key]

    def press(self, text):
        before = forget_notice(self.session, self.told())
        taken = step_session(self.menu, before, text, self.limits)
        assert taken == step_session(
            self.menu, sessions.load_session(sessions.dump_session(before)), text, self.limits
        )
        self.session = taken.session
        return taken

    def settled(self, data, effects):
        for effect in effects:
            receipt = data.draw(st.sampled_from(receipts_for(effect)))
            self.session = settle_session(self.menu, self.session, (receipt,), LINE, NOW)

    @rule(data=st.data())
    def press_what_is_shown(self, data):
        lines = [piece for piece in self.told().pieces if piece.key]
        if not lines or self.session.ended:
            return
        line = data.draw(st.sampled_from(lines))
        before, reply = self.session, self.told()
        taken = self.press(line.key)
        assert self.session.wrong == (before.wrong if reply.alone and line.key == "98" else 0)
        assert self.session.notice == ""
        if line.kind is PieceKind.NAVIGATION:
            self.navigated(before, reply, line.key)
        else:
            self.followed(before, line)
        self.settled(data, taken.effects)

    def navigated(self, before, reply, key):
        now = self.session
        if key == "98":
            assert (now.screen, now.page) == (before.screen, reply.page + (not reply.alone))
        elif key == "0" and reply.page > 1:
            assert (now.screen, now.page) == (before.screen, reply.page - 1)
        elif key == "0":
            assert (now.screen, now.page) == before.trail[-1]
            assert now.trail == before.trail[:-1]
        else:
            assert now.screen == (self.menu.home if before.language else self.menu.start)
            assert now.trail == ()

    def followed(self, before, line):
        """The line's own words say where it leads: the choice of this screen that has them."""
        screen = self.menu.screens[before.screen]
        language = self.told(before).language
        said = [
            choice
            for choice in screen.choices
            if f"{choice.key} {self.menu.text(choice.label, language)}".replace("’", "'") == line.text
        ]
        assert self.session.screen in {self.lands(before, screen, choice) for choice in said}

    def lands(self, before, screen, choice):
        if choice.to in {"@here", "@back"}:
            return before.trail[-1][0]
        answers = {**before.answers, **choice.answers}
        if isinstance(screen, Question):
            answers[screen.asks] = choice.answer
        if choice.to == "@form" or (isinstance(screen, Question) and not choice.to):
            return self.passed(self.asks_next(answers), answers)
        if isinstance(self.menu.screens[choice.to], Form):
            return self.passed(self.asks_next(choice.answers), choice.answers)
        return self.passed(choice.to, answers)

    def passed(self, name, answers):
        """A question about the time is not shown where no time is on offer: *never* leads on by itself."""
        screen = self.menu.screens[name]
        if getattr(screen, "asks", "") != "when" or "when" in answers:
            return name
        if any(choice.answer in self.session.offers for choice in screen.choices):
            return name
        return next(choice.to for choice in screen.choices if choice.answer == "never")

    def asks_next(self, answers):
        order = ["danger", "phone_seen", "when", "consent"]
        return next((name for name in order if name not in answers), "code")

    @rule(data=st.data(), text=HOSTILE)
    def press_anything(self, data, text):
        before, lines = self.session, {piece.key for piece in self.shown()}
        screen = self.menu.screens[before.screen]
        silent = {choice.key for choice in screen.choices if not choice.label}
        taken = self.press(text)
        typed_code = any(isinstance(effect, LookUpCode) for effect in taken.effects)
        assert not typed_code or isinstance(screen, Entry) or screen.takes_code
        if (
            text.isascii()
            and text.strip().isalnum()
            and text.strip() not in lines | silent | {"0", "00", "98"}
        ):
            assert typed_code or self.is_told_wrong(before)
        self.settled(data, taken.effects)

    def is_told_wrong(self, before):
        if before.ended:
            return self.session == forget_notice(before, self.told(before))
        if self.session.screen == before.screen:
            return self.session.notice == "invalid" and self.session.wrong in {0, before.wrong + 1}
        return self.session.screen == "offer" and before.wrong == 2

    @rule()
    def dial_again(self):
        if self.session.ended:
            self.session = begin_session(self.menu, self.known)

    @invariant()
    def stands_on_a_screen_that_can_be_seen(self):
        screen = self.menu.screens[self.session.screen]
        assert not isinstance(screen, Form)
        reply = self.told()
        assert reply.screen == self.session.screen
        assert 1 <= reply.page <= reply.pages
        assert len(self.session.trail) <= sessions.MAX_TRAIL

    @invariant()
    def survives_json(self):
        assert sessions.load_session(sessions.dump_session(self.session)) == self.session

    @invariant()
    def is_told_the_same_twice_and_ends_when_over(self):
        reply = self.told()
        assert reply == self.told()
        assert reply.ends == self.session.ended
        assert reply.text == "\n".join(piece.text for piece in reply.pieces)
        assert "{" not in reply.text

    @invariant()
    def page_fits(self):
        coding, units = size(self.told().text)
        foreseen = self.session.screen not in WITH_RESULTS
        soft = {"gsm7": self.limits.gsm7, "ucs2": self.limits.ucs2}
        hard = {"gsm7": self.limits.gsm7_stop, "ucs2": self.limits.ucs2_stop}
        assert units <= (soft if foreseen else hard)[coding]

    @invariant()
    def leafing_shows_everything_once(self):
        reply = self.told(page=1)
        pages = [self.told(page=page, notice="") for page in range(1, reply.pages + 1)]
        for number, page in enumerate(pages, start=1):
            assert any(piece.key == "98" for piece in page.pieces) == (number < len(pages))
        options = [piece for page in pages for piece in page.pieces if piece.kind is PieceKind.OPTION]
        assert len(options) == len(set(options))
        if isinstance(self.menu.screens[self.session.screen], Question):
            assert reply.pages == 1

    @invariant()
    def an_answer_is_one_that_was_offered(self):
        when = self.session.answers.get("when", "never")
        assert when == "never" or when in self.session.offers


class PersonByText(Person):
    """The same, with the room of three texts."""

    limits = SMS_LIMITS


for machine in (Person, PersonByText):
    machine.TestCase.settings = settings(
        max_examples=count_examples(40),
        stateful_step_count=20,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )

TestPerson = Person.TestCase
TestPersonByText = PersonByText.TestCase


@pytest.mark.parametrize("screen", ["gone", "", "language/../main"])
def test_a_session_of_a_withdrawn_menu_begins_again(screen):
    from tests.support.menu_builders import small_menu

    menu = small_menu()
    lost = Session(
        screen=screen,
        page=7,
        language="en",
        script="en",
        trail=(("x", 1),),
        answers={"when": "now"},
        offers=("now",),
    )
    for text in ("1", "98", "0", ""):
        taken = step_session(menu, lost, text)
        assert taken.effects == ()
        assert (taken.session.screen, taken.session.notice, taken.session.trail) == ("language", "again", ())
        assert taken.session.answers == {}
    assert render_reply(menu, lost, LINE, USSD_LIMITS, NOW).text.startswith("We lost your place")


def test_information_is_what_a_report_names():
    from tests.support.menu_builders import small_menu, walk

    menu = small_menu()
    assert isinstance(menu.screens["wage"], Information)
    taken = walk(menu, "4 1 1 00 8 3 1")
    assert [effect.screen for effect in taken.effects] == ["wage"]
