"""Simulates one or more phones in a terminal: keys go to the phone in hand, and sessions can be dropped or time out."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from typing import Protocol

import click

from config.settings import Settings
from gateway.bootstrap import open_parts, open_serials
from gateway.channels.simulator import Handset, HandsetPage
from gateway.foundation.services import Services
from gateway.foundation.time_and_chance import Clock
from gateway.menus.authoring.checks import CheckContext
from gateway.menus.authoring.conversation_runner import Moved
from gateway.menus.authoring.conversation_writer import Walk, write_conversation
from gateway.menus.engine.model import Menu
from gateway.operations.publishing.draft_checks import cut_draft, open_talk
from gateway.web.webhooks.views import list_addresses

DROP, REDIAL, TIME_OUT, SWITCH, STOP = "d", "r", "t", "s", "q"
HELP = "Type what she types. d drops, t lets it time out, r dials again, s takes the other phone, q or nothing ends."

_SAID = {DROP: "(dropped: nobody is told)", TIME_OUT: "(timed out: the network ends it)"}


class OpenPhone(Protocol):
    """A simulated phone; ``session`` is non-empty while a session is open."""

    number: str
    session: str

    def dial(self, code: str) -> HandsetPage:
        """Dial a service code."""
        ...

    def press(self, keys: str) -> HandsetPage:
        """Send an input in the open session."""
        ...

    def hang_up(self) -> None:
        """End the open session."""
        ...

    def drop(self) -> None:
        """Lose the network connection."""
        ...

    def time_out(self) -> None:
        """Wait until the network ends the session."""
        ...


@dataclass(frozen=True, slots=True)
class Page:
    """A page on a phone, with the input before it; ``shown`` is None for a plain message."""

    number: str
    typed: str
    shown: HandsetPage | None = None
    said: str = ""


@dataclass(slots=True)
class _Session:
    """Inputs and pages from one dial to its end."""

    number: str
    at: datetime
    keys: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)


class Hand:
    """The simulated phones, one of which is in hand."""

    def __init__(self, phones: Sequence[OpenPhone], code: str, now: Iterator[datetime]) -> None:
        self._phones = phones
        self._code = code
        self._now = now
        self._at = 0
        self._open: dict[str, _Session] = {}
        self.walked: list[_Session] = []

    @property
    def phone(self) -> OpenPhone:
        """The phone in hand."""
        return self._phones[self._at]

    def type_in(self, typing: Iterable[str]) -> Iterator[Page]:
        """Dial, then send each input until there is none left; an open session is then ended.

        Raises:
            NoGateway: no gateway responds.
            NotTaken: the gateway refused the request.
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
        """Apply one input; None if no session is open any more."""
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
        return self._note_page(typed, self.phone.press(typed))

    def _dial(self, typed: str) -> Page:
        """Dial, also during a session: a real phone that dials again has lost its session without notice."""
        number = self.phone.number
        session = _Session(number, next(self._now))
        self._open[number] = session
        self.walked.append(session)
        shown = self.phone.dial(self._code)
        session.seen.append(shown.screen)
        return Page(number, typed, shown)

    def _note_page(self, typed: str, shown: HandsetPage) -> Page:
        session = self._open[self.phone.number]
        session.keys.append(typed)
        session.seen.append(shown.screen)
        return Page(self.phone.number, typed, shown)

    def _leave(self, how: str) -> None:
        if how == TIME_OUT:
            self.phone.time_out()
        else:
            self.phone.drop()


def write_test(menu: Menu, hand: Hand, code: str, *, zone: str) -> str:
    """Return what was typed as conversation tests, each with what keeps it from passing as a note."""
    cases = [_write_case(menu, session, code, zone) for session in hand.walked if session.keys]
    return "\n".join(cases)


def _write_case(menu: Menu, session: _Session, code: str, zone: str) -> str:
    walk = Walk(
        it="says what this shows",
        number=session.number,
        at=session.at,
        dial=code,
        keys=tuple(session.keys),
        seen=tuple(session.seen),
    )
    written = write_conversation(menu, walk, zone=zone)
    notes = "".join(f"# differs: {line}\n" for each in written.differences for line in each.splitlines())
    return f"{notes}{written.text}"


# A phone on an unpublished menu folder; nothing is stored.


class DraftPhone:
    """A phone with one number and one menu; each dial starts anew.

    Attributes:
        number: its number in E.164.
        session: non-empty while a session is open.
    """

    def __init__(self, menu: Menu, number: str, asked: CheckContext, clock: Clock) -> None:
        self.number = number
        self.session = ""
        self._menu = cut_draft(menu, asked)
        self._asked = asked
        self._clock = clock
        self._talk = open_talk(self._menu, number, asked, clock.now())

    def dial(self, code: str) -> HandsetPage:
        """Start a session, whichever code is dialled."""
        self.session = code
        self._talk = open_talk(self._menu, self.number, self._asked, self._clock.now())
        return self._show(self._talk.move(None))

    def press(self, keys: str) -> HandsetPage:
        """Send an input in the open session."""
        return self._show(self._talk.move(keys))

    def drop(self) -> None:
        """Forget the session."""
        self.session = ""

    hang_up = time_out = drop

    def _show(self, moved: Moved | None) -> HandsetPage:
        if moved is None:
            raise ValueError("there is no session to type into")
        self.session = "" if moved.reply.ends else self.session
        return HandsetPage(moved.reply.text, moved.reply.ends, moved.screen)


# Connection to the gateway that runs on this machine.

NOT_RUNNING = 2


def find_address(chosen: Settings) -> str:
    """Return the local base URL of the gateway, whatever its public URL is."""
    host = _find_host(chosen)
    return f"http://[{host}]:{chosen.env.port}" if ":" in host else f"http://{host}:{chosen.env.port}"


def open_handset(chosen: Settings, number: str) -> tuple[Services, Handset]:
    """Return a simulated phone with this number; exits with 2 before anything is created if no gateway runs."""
    if not _is_listening(chosen):
        say_not_running(chosen)
    parts = open_parts(chosen)
    line = next((name for name, each in parts.channels.items() if each.config.provider == "simulator"), None)
    if line is None:
        click.echo("There is no simulator: add [channels.simulator] to gateway.toml.", err=True)
        raise SystemExit(NOT_RUNNING)
    serials = open_serials(parts)
    serials.renew()
    return parts, Handset(list_addresses(find_address(chosen), parts.channels, serials.secrets)[line], number)


def open_handsets(chosen: Settings, numbers: Sequence[str]) -> tuple[Services, list[Handset]]:
    """Return a phone for each number, as ``open_handset`` does."""
    parts, first = open_handset(chosen, numbers[0])
    return parts, [first, *(Handset(first.addresses, number) for number in numbers[1:])]


def open_sender(chosen: Settings, parts: Services, name: str, number: str) -> Callable[[str, str], None]:
    """Return a function that sends a text through this channel, made by the provider's own package."""
    channel = parts.channels.get(name)
    if channel is None:
        raise click.BadParameter(f"the lines are {', '.join(parts.channels)}", param_hint="--channel")
    if channel.contract.real:
        raise click.BadParameter(f"{name} reaches real phones: text it from one", param_hint="--channel")
    provider = import_module(f"gateway.channels.{channel.config.provider}")
    if not hasattr(provider, "make_texter"):
        raise click.BadParameter(f"{name} has no handset for trials", param_hint="--channel")
    serials = open_serials(parts)
    serials.renew()
    where = list_addresses(find_address(chosen), parts.channels, serials.secrets)[name]
    # The provider's package defines the type.
    return provider.make_texter(channel.config, where, number)  # type: ignore[no-any-return]


def say_not_running(chosen: Settings) -> None:
    """Print how to start the gateway, and exit with 2."""
    click.echo(f"No gateway answers at {find_address(chosen)}: start it with gateway up", err=True)
    raise SystemExit(NOT_RUNNING)


def _find_host(chosen: Settings) -> str:
    return "127.0.0.1" if chosen.env.host in ("", "0.0.0.0", "::") else chosen.env.host  # noqa: S104 - compared, not bound


def _is_listening(chosen: Settings) -> bool:
    try:
        socket.create_connection((_find_host(chosen), chosen.env.port), timeout=3).close()
    except OSError:
        return False
    return True
