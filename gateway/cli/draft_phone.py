"""A phone that shows a draft folder: what callers would read, before it is published, with nothing recorded."""

from gateway.catalogue.proofs import Asked
from gateway.catalogue.tests import Moved
from gateway.channels.simulator.handset import Shown
from gateway.clock import Clock
from gateway.engine.menu import Menu
from gateway.engine.render import as_text
from gateway.publishing.draft_talk import cut_draft, open_talk


class DraftPhone:
    """One phone with one number, pinned to one menu; a new dial begins anew.

    Attributes:
        number: its own number.
        session: not empty while one is open.
    """

    def __init__(self, menu: Menu, number: str, asked: Asked, clock: Clock) -> None:
        self.number = number
        self.session = ""
        self._menu = cut_draft(menu, asked)
        self._asked = asked
        self._clock = clock
        self._talk = open_talk(self._menu, number, asked, clock.now())

    def dial(self, code: str) -> Shown:
        """Begin a session; the draft answers whichever code is dialled."""
        self.session = code
        self._talk = open_talk(self._menu, self.number, self._asked, self._clock.now())
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
