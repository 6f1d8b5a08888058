"""One or more phones in one terminal: what is typed goes to the one in hand, and can be broken off as networks do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from gateway.catalogue.written import Walk, write
from gateway.channels.simulator.handset import Shown
from gateway.engine.menu import Menu

DROP, REDIAL, TIME_OUT, SWITCH, STOP = "d", "r", "t", "s", "q"
HELP = "Type what she types. d drops, t lets it time out, r dials again, s takes the other phone, q or nothing ends."

_SAID = {DROP: "(dropped: nobody is told)", TIME_OUT: "(timed out: the network ends it)"}


class HeldPhone(Protocol):
    """What a phone can do; ``session`` is not empty while one is open."""

    number: str
    session: str

    def dial(self, code: str) -> Shown:
        """Dial a service code."""
        ...

    def press(self, keys: str) -> Shown:
        """Type something in the open session and send it."""
        ...

    def hang_up(self) -> None:
        """Leave the open session."""
        ...

    def drop(self) -> None:
        """Lose the network."""
        ...

    def time_out(self) -> None:
        """Wait until the network ends the session."""
        ...


@dataclass(frozen=True, slots=True)
class Page:
    """One page on a phone, with what was typed before it; without ``shown`` only something was said."""

    number: str
    typed: str
    shown: Shown | None = None
    said: str = ""


@dataclass(slots=True)
class _Session:
    """What was typed and shown from one dial to its end."""

    number: str
    at: datetime
    keys: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)


class Hand:
    """The phones, of which one is in hand."""

    def __init__(self, phones: Sequence[HeldPhone], code: str, now: Iterator[datetime]) -> None:
        self._phones = phones
        self._code = code
        self._now = now
        self._at = 0
        self._open: dict[str, _Session] = {}
        self.walked: list[_Session] = []

    @property
    def phone(self) -> HeldPhone:
        """The one in hand."""
        return self._phones[self._at]

    def type_in(self, typing: Iterable[str]) -> Iterator[Page]:
        """Dial, then do what is typed, until nothing more is; a session that is open then is hung up.

        Raises:
            NoGateway: nobody answers.
            NotTaken: the gateway refused the post.
        """
        yield self._dial("")
        for typed in typing:
            if typed == STOP:
                break
            page = self._take(typed)
            if page is None:
                break
            yield page
        for phone in self._phones:
            phone.hang_up()

    def _take(self, typed: str) -> Page | None:
        """Do one thing; None where there is nothing left to type into."""
        if typed in _SAID:
            self._leave(typed)
            return Page(self.phone.number, typed, said=_SAID[typed])
        if typed == SWITCH:
            self._at = (self._at + 1) % len(self._phones)
            here = self.phone
            return Page(here.number, typed, said=f"({here.number})") if here.session else self._dial(typed)
        if typed == REDIAL:
            return self._dial(typed)
        if not self.phone.session:
            return None
        return self._noted(typed, self.phone.press(typed))

    def _dial(self, typed: str) -> Page:
        """Dial, whatever is open: a phone that dials again lost its session without a word."""
        number = self.phone.number
        session = _Session(number, next(self._now))
        self._open[number] = session
        self.walked.append(session)
        shown = self.phone.dial(self._code)
        session.seen.append(shown.screen)
        return Page(number, typed, shown)

    def _noted(self, typed: str, shown: Shown) -> Page:
        session = self._open[self.phone.number]
        session.keys.append(typed)
        session.seen.append(shown.screen)
        return Page(self.phone.number, typed, shown)

    def _leave(self, how: str) -> None:
        if how == TIME_OUT:
            self.phone.time_out()
        else:
            self.phone.drop()


def as_test(menu: Menu, hand: Hand, code: str, *, zone: str) -> str:
    """Return what was typed as conversation tests, each with what keeps it from passing as a note."""
    cases = [_case(menu, session, code, zone) for session in hand.walked if session.keys]
    return "\n".join(cases)


def _case(menu: Menu, session: _Session, code: str, zone: str) -> str:
    walk = Walk(
        it="says what this shows",
        number=session.number,
        at=session.at,
        dial=code,
        keys=tuple(session.keys),
        seen=tuple(session.seen),
    )
    written = write(menu, walk, zone=zone)
    notes = "".join(f"# differs: {line}\n" for each in written.differences for line in each.splitlines())
    return f"{notes}{written.text}"
