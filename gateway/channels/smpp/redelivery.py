"""Give a message that a centre delivers a second time the id of the first, so that it is one turn.

SMPP has no id of a message on its way to us: after a lost answer the centre delivers the same octets again, and only
that the answer was, or may have been, lost tells them from a woman who sends the same word twice. What was kept lies in
a file too, so that a killed process knows it again; it holds keyed hashes alone.
"""

import hashlib
import hmac
import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gateway.foundation.clock import Clock
from gateway.foundation.ids import new_token

UNSURE_SECONDS = 10.0
"""An answer this young when its connection was lost may not have arrived."""

UNSURE_FOR, UNANSWERED_FOR = 300.0, 86_400.0
"""Seconds for which the same octets count as the same message, after an unsure answer and after none."""

MOST_LINES = 2_000


@dataclass(slots=True)
class _TakenMessage:
    """A message that was handed on: its turn, its session, when it came, when it was answered (0: not yet)."""

    turn: str
    session: int
    came: float
    answered: float = 0.0
    lost: float = 0.0


class Redelivery:
    """What one channel was handed lately, and what of it may come again."""

    def __init__(self, file: Path, key: bytes, clock: Clock) -> None:
        self._file = file
        self._key = key
        self._clock = clock
        self._kept: dict[str, _TakenMessage] = {}
        self._ended: set[int] = set()
        self._lines = 0
        self._load()

    def name_turn(self, octets: bytes, session: int) -> tuple[str, str]:
        """Return (mark, turn id) of a message by its octets without their sequence number."""
        mark, now = hmac.new(self._key, octets, hashlib.sha256).hexdigest()[:32], self._now()
        known = self._kept.get(mark)
        again = known is not None and known.lost and now - known.lost < self._span(known)
        turn = known.turn if known is not None and again else new_token(12)
        self._kept[mark] = _TakenMessage(turn, session, now)
        self._write(mark)
        return mark, turn

    def note_answer(self, mark: str, session: int) -> None:
        """Note that the message was kept and its answer written."""
        known = self._kept.get(mark)
        if known is not None and known.session == session:
            known.answered = 0.0 if session in self._ended else self._now()
            self._write(mark)

    def note_refusal(self, mark: str) -> None:
        """Note that the centre was told to deliver the message again: it may have been kept before that was known."""
        known = self._kept.get(mark)
        if known is not None:
            known.lost = self._now()

    def note_end(self, session: int) -> None:
        """Note that the connection is lost: what it did not answer, or just now, may come again."""
        now = self._now()
        self._ended.add(session)
        for known in self._kept.values():
            if known.session == session and not (known.answered and now - known.answered > UNSURE_SECONDS):
                known.lost = now
        self._forget(now)

    def _span(self, known: _TakenMessage) -> float:
        return UNSURE_FOR if known.answered else UNANSWERED_FOR

    def _now(self) -> float:
        return self._clock.now().timestamp()

    def _forget(self, now: float) -> None:
        self._kept = {
            mark: known
            for mark, known in self._kept.items()
            if (known.lost and now - known.lost < self._span(known)) or not known.answered
        }

    def _write(self, mark: str) -> None:
        """Append what is known of a message; a full disk costs the knowledge, never the message."""
        known = self._kept[mark]
        line = json.dumps([mark, known.turn, known.came, known.answered])
        with suppress(OSError):
            if self._lines >= MOST_LINES:
                self._rewrite()
            with self._file.open("a", encoding="ascii") as file:
                file.write(f"{line}\n")
            self._lines += 1

    def _rewrite(self) -> None:
        self._lines = 0
        now = self._now()
        self._kept = {
            mark: known
            for mark, known in self._kept.items()
            if known.lost or not known.answered or now - known.answered < UNSURE_SECONDS
        }
        lines = [json.dumps([mark, each.turn, each.came, each.answered]) for mark, each in self._kept.items()]
        self._file.write_text("".join(f"{line}\n" for line in lines), encoding="ascii")

    def _load(self) -> None:
        """Read what the process before was handed; its end is the last thing that it wrote."""
        with suppress(OSError, ValueError):
            for line in self._file.read_text(encoding="ascii").splitlines():
                mark, turn, came, answered = json.loads(line)
                self._kept[mark] = _TakenMessage(turn, 0, came, answered)
        last = max((max(each.came, each.answered) for each in self._kept.values()), default=0.0)
        for known in self._kept.values():
            if not known.answered or last - known.answered <= UNSURE_SECONDS:
                known.lost = last
        self._forget(self._now())
        with suppress(OSError):
            self._rewrite()
