"""A house that dies where it is told to: eleven points of a hop, the last post once more, and a ledger to compare with."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import redis
from sqlalchemy import event, func, select

from gateway.conversations import commit, ussd
from gateway.conversations.ussd import RenderedPage
from gateway.conversations.ussd_session import SavedSession
from gateway.domain.events import Inbound
from gateway.foundation.bounded_table import BoundedTable
from gateway.foundation.services import Services
from gateway.menus.engine.visibility import get_message
from gateway.storage import callbacks, callers
from gateway.storage.database import Store
from gateway.storage.sessions import Asking
from gateway.storage.tables import outbox
from tests.support.house import Phone

POINTS = (
    *("load", "loaded", "stepped", "begin", "turn key", "deed"),
    *("receipt", "commit", "nudge", "save", "answer"),
)
"""Where a hop can die, in order; a hop without a deed passes the first three and the last two."""

CODE = "CODE"
"""Stands in the keys of a way for the code that the session before was told."""


class Killed(BaseException):
    """The process died here: nothing after it runs, no handler included."""


@dataclass
class Fuse:
    """Kills at the point that it is armed for, once, and knows which points were passed."""

    armed: str = ""
    passed: list[str] = field(default_factory=list)

    def reach(self, point: str) -> None:
        self.passed.append(point)
        if point == self.armed:
            self.armed = ""
            raise Killed(point)


def wired(parts: Services, fuse: Fuse, monkeypatch: pytest.MonkeyPatch) -> Services:
    """Lay the fuse along every door of a hop; what is behind the doors stays what it is."""

    def around(owner: Any, name: str, before: str = "", after: str = "") -> None:
        real = getattr(owner, name)

        def door(*args: Any, **kwargs: Any) -> Any:
            if before:
                fuse.reach(before)
            found = real(*args, **kwargs)
            if after:
                fuse.reach(after)
            return found

        monkeypatch.setattr(owner, name, door)

    around(Asking, "load", "load", "loaded")
    around(ussd.engine, "step_session", after="stepped")
    around(Store, "run", "begin")
    around(commit.callers, "begin_turn_of", "turn key")
    around(commit, "apply_effect", "deed")
    around(commit.conversations, "finish_turn", "receipt")
    event.listen(parts.store._engines().write, "commit", lambda _: fuse.reach("commit"))
    around(Asking, "save", "save", "answer")

    def nudge(_row: str) -> bool:
        fuse.reach("nudge")
        return True

    # Without remembered moves, which pass fewer doors: each hop goes the long way.
    return replace(parts, nudge=nudge, moves=BoundedTable(0))


@dataclass(frozen=True)
class Way:
    """Keys of one session, from its dial on; ``before`` are the keys of an earlier session of the same number."""

    keys: str
    before: str = ""

    def __str__(self) -> str:
        return f"{self.before} / {self.keys}" if self.before else self.keys


@dataclass(frozen=True)
class Hop:
    """What one hop shows and leaves behind when nothing dies, and the points that it passes."""

    page: RenderedPage
    ledger: Any
    points: tuple[str, ...]


@dataclass
class Rig:
    """Phones that lose their place: each run has a number of its own, so that one ledger serves them all."""

    parts: Services
    fuse: Fuse
    valkey: redis.Redis
    take: Callable[[Services, Inbound], RenderedPage] = ussd.answer_turn
    figures: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: iter(range(10_000, 99_999)))

    def control(self) -> "Rig":
        """The same house answering as others do, with figures of its own."""
        return replace(self, take=naive, figures=Counter(), faults=[])

    def truth(self, way: Way) -> tuple[Hop, ...]:
        """Walk the way with nobody dying."""
        phone, keys = self._phone(way)
        hops = []
        for key in ("", *keys):
            before = len(self.fuse.passed)
            told = self._post(phone, key)
            points = tuple(self.fuse.passed[before:])
            hops.append(Hop(self._plain(told), self.ledger(phone.number), points))
        return tuple(hops)

    def run(self, way: Way, truth: tuple[Hop, ...], at: int, point: str) -> None:
        """Die at this point of this hop, wipe Valkey, post once more, and look at what she reads and has."""
        phone, keys = self._phone(way)
        for key in ("", *keys[: at - 1])[:at]:
            self._post(phone, key)
        self.fuse.armed = point
        with pytest.raises(Killed):
            self._post(phone, keys[at - 1] if at else "")
        self.valkey.flushall()
        told = self._plain(self.take(self.parts, phone.inbound(phone.text)))
        self.figures["runs"] += 1
        self.figures[point] += 1
        self._judge(f"{way} hop {at} {point}", phone, told, truth, at, POINTS.index(point))
        if (
            self.is_again(told)
            and told.screen == truth[0].page.screen
            and at
            and not self._has_changed(truth, at)
        ):
            self._walk_again(f"{way} hop {at} {point}, again", phone, keys, truth)

    def _judge(
        self, what: str, phone: Phone, told: RenderedPage, truth: tuple[Hop, ...], at: int, point: int
    ) -> None:
        ledger, before, after = self.ledger(phone.number), truth[max(0, at - 1)].ledger, truth[at].ledger
        committed = point > POINTS.index("commit")
        self._expect(
            ledger == (after if committed else _either(told == truth[at].page, after, before)), "ledger", what
        )
        forgotten = committed and after is None  # an erased receipt cannot be told
        if told == truth[at].page:
            self.figures["told"] += 1
        elif self.is_again(told):
            self.figures["again"] += 1
            self._expect(not committed or after == before or forgotten, "done and not told", what)
        else:
            self._expect(False, "wrong screen", f"{what}: {told.screen}")

    def _walk_again(self, what: str, phone: Phone, keys: list[str], truth: tuple[Hop, ...]) -> None:
        told = truth[0].page
        for key in keys:
            told = self._plain(self._post(phone, key))
        self._expect(told == truth[-1].page, "wrong screen", f"{what}: {told.screen}")
        self._expect(self.ledger(phone.number) == truth[-1].ledger, "ledger", what)

    def _has_changed(self, truth: tuple[Hop, ...], at: int) -> bool:
        return any("deed" in hop.points for hop in truth[: at + 1])

    def _expect(self, so: bool, fault: str, what: str) -> None:
        if not so:
            self.figures[fault] += 1
            self.faults.append(f"{fault}: {what}")

    def is_again(self, told: RenderedPage) -> bool:
        """Say whether a page is a first screen with the one line of notice above it."""
        menu = self.parts.versions.live("helpline")[1]
        lines = {get_message(menu, "again", script) for script in ("", *menu.languages)}
        return told.screen in (menu.start, menu.home) and told.text.startswith(tuple(lines))

    def ledger(self, number: str) -> Any:
        """All that the ledger holds of a number, without what differs from run to run; None where it knows no such number."""
        with self.parts.store.read() as tx:
            caller = callers.find_caller(tx, number)
            if caller is None:
                return None
            hers = [_request(one) for one in callbacks.list_of_caller(tx, caller.id)]
            announced = tx.execute(
                select(func.count()).select_from(outbox).where(outbox.c.caller_id == caller.id)
            ).scalar()
        return (caller.script, caller.contact, tuple(sorted(hers, key=str)), announced)

    def _phone(self, way: Way) -> tuple[Phone, list[str]]:
        phone = Phone(self.parts, number=f"+85620555{next(self._numbers)}")
        code = ""
        if way.before:
            phone.dial(way.before)
            found = re.search(r"\d{4}", phone.shown[-1].text)
            code = found.group() if found else ""
        phone._made += 1
        phone.session, phone.text = f"ATUid_{phone.number}_{phone._made}", ""
        return phone, [code if key == CODE else key for key in way.keys.split()]

    def _post(self, phone: Phone, key: str) -> RenderedPage:
        phone.text = f"{phone.text}*{key}" if phone.text else key
        return self.take(self.parts, phone.inbound(phone.text))

    @staticmethod
    def _plain(told: RenderedPage) -> RenderedPage:
        """The page with every code of four digits made one."""
        pieces = (
            replace(piece, text=re.sub(r"(?<![\d:])\d{4}(?!\d)", "0000", piece.text))
            for piece in told.reply.pieces
        )
        return replace(told, reply=replace(told.reply, pieces=tuple(pieces)), facts={})


def _either(told: bool, after: Any, before: Any) -> Any:
    """What must be on record where the deed had not been committed when the process died."""
    return after if told else before


def _request(one: Any) -> tuple[Any, ...]:
    answers = {name: value for name, value in one.answers.items() if name != "consent_at"}
    return (
        *(one.state.value, one.slot, one.priority, one.window, one.asks, one.wants_woman, one.script),
        *(one.topic, one.path, one.due_at, one.due_until, sorted(answers.items())),
    )


class _Naive(ussd.UssdTurn):
    """What others do with a lost session: walk the accumulated text again from the start, deed by deed."""

    def _recover_lost(self) -> SavedSession:
        held = self._start_session(lost=False)
        menu = self.parts.versions.get(held.version)
        assert menu is not None
        return self._apply_inputs(replace(held, inputs=""), menu)

    def _turn_key(self, so_far: str) -> bytes:
        _Naive.made += 1
        return super()._turn_key(f"{so_far} {_Naive.made}")

    made = 0


def naive(parts: Services, inbound: Inbound) -> RenderedPage:
    """Answer a post by replaying the text, with no key of the turn: the control that the rig must catch."""
    return _Naive(parts, inbound).answer()


MAIN = {"lo": "1 1", "lo-Latn": "2", "th": "3 1", "en": "4"}
OWN, SHARED = "7 2 1 3 1", "7 2 2 3 1"


def ways(script: str) -> list[Way]:
    """Ways through the sample menu in one language: every kind of deed, and a walk that only reads."""
    to = MAIN[script]
    asks = [
        Way(f"{to} 7 {danger} {seen} {when} 1 1")
        for danger in ("2", "1 1")
        for seen in ("1", "2")
        for when in ("1", "3", "5")
    ]
    later = [
        Way(f"{to} 7 2 3 1 1 1"),
        Way(f"{to} 7 2 2 6"),
        Way(f"{to} 7 2 1 3 2"),
        Way(f"{to} {OWN} 2 3 4 1"),
        Way(f"{to} 1 1 0 2 00 98 0"),
        Way(f"{to} {CODE} 1 2 1", before=f"{to} {SHARED}"),
        Way(f"{to} {CODE} 2", before=f"{to} {SHARED}"),
        Way(f"{to} {CODE} 3 1", before=f"{to} {SHARED}"),
        Way(f"{to} 98 8 5 {CODE} 2", before=f"{to} {SHARED}"),
        Way("7 2 1 1 1 1", before=f"{to} {OWN}"),
        Way("98 8 8 1", before=f"{to} {OWN}"),
        Way(f"{to} 98 8 98 10 2", before=f"{to} {SHARED}"),
        Way(f"{to} {SHARED} 1", before=f"{to} {SHARED}"),
    ]
    return asks + later
