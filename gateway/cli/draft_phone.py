"""A phone that shows a draft folder: what callers would read, before it is published, with nothing recorded."""

from collections.abc import Mapping

from gateway.catalogue.conversations import Case
from gateway.catalogue.pages import with_pages
from gateway.catalogue.problems import Place
from gateway.catalogue.proofs import Asked
from gateway.catalogue.tests import LINE_VALUES, Moved, Talk
from gateway.channels.simulator.handset import Shown
from gateway.clock import Clock
from gateway.engine.hours import offers_in
from gateway.engine.menu import Menu
from gateway.engine.render import as_text
from gateway.messages import USSD_LIMITS
from gateway.numbers import region_of


class DraftPhone:
    """One phone with one number, pinned to one menu; a new dial begins anew.

    Attributes:
        number: its own number.
        session: not empty while one is open.
    """

    def __init__(self, menu: Menu, number: str, asked: Asked, clock: Clock) -> None:
        self.number = number
        self.session = ""
        self._values: Mapping[str, str] = {**dict.fromkeys(LINE_VALUES, ""), **(asked.settings or {})}
        self._menu = with_pages(menu, (USSD_LIMITS,), self._values)
        self._asked = asked
        self._clock = clock
        self._talk = self._open_talk()

    def dial(self, code: str) -> Shown:
        """Begin a session; the draft answers whichever code is dialled."""
        self.session = code
        self._talk = self._open_talk()
        return self._show(self._talk.move(None))

    def press(self, keys: str) -> Shown:
        """Type something in the open session and send it."""
        return self._show(self._talk.move(keys))

    def drop(self) -> None:
        """Leave the session without a word."""
        self.session = ""

    hang_up = time_out = drop

    def _show(self, moved: Moved | None) -> Shown:
        if moved is None:
            raise ValueError("there is no session to type into")
        self.session = "" if moved.reply.ends else self.session
        return Shown(as_text(moved.reply), moved.reply.ends, moved.screen)

    def _open_talk(self) -> Talk:
        case = Case(
            it="draft",
            place=Place(),
            at=self._clock.now(),
            region=region_of(self.number),
            offers=self._find_offers(),
        )
        return Talk(self._menu, case, zone=self._asked.zone, limits=USSD_LIMITS, values=self._values)

    def _find_offers(self) -> tuple[str, ...]:
        """Return the windows in which somebody would be on duty, as a real dial offers them."""
        known = offers_in(self._menu)
        if self._asked.staffed is None:
            return known
        staffed = self._asked.staffed(self._menu.windows.values())
        return tuple(name for name in known if name in staffed)
