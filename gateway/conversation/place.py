"""Finds where a caller stands when a post comes: a repeat, a next input, a first dial, or a place that was lost."""

import json
from dataclasses import dataclass
from enum import Enum

from gateway.engine import session as sessions
from gateway.engine.session import Session, UnreadableSession
from gateway.store.sessions import Stored


class How(Enum):
    """What a post is to the session that is stored."""

    REPEAT = "repeat"
    NEXT = "next"
    FIRST = "first"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What is kept of a USSD session between two hops.

    Attributes:
        version: the menu version that it stands on.
        text: all inputs so far, as the provider joined them.
        session: where she is.
        reply: the last page as it was sent, so that a repeat gets the same.
        screen: the screen of that page.
        ends: whether it ended the session.
    """

    version: str
    text: str
    session: Session
    reply: str
    screen: str
    ends: bool

    def dump(self) -> str:
        """Return it as JSON."""
        return json.dumps(
            {
                "version": self.version,
                "text": self.text,
                "session": sessions.dump(self.session),
                "reply": self.reply,
                "screen": self.screen,
                "ends": self.ends,
            },
            ensure_ascii=False,
        )


def read(stored: Stored | None) -> Held | None:
    """Read what is stored; None where nothing is, or where another release wrote it in another format."""
    if stored is None:
        return None
    try:
        value = json.loads(stored.state)
        return Held(**{**value, "session": sessions.load(value["session"])})
    except (ValueError, KeyError, TypeError, UnreadableSession):
        return None


@dataclass(frozen=True, slots=True)
class Post:
    """One post, reduced to what its place depends on."""

    mark: str
    text: str
    turn: str
    first: bool


def place(post: Post, stored: Stored | None, held: Held | None, *, accumulates: bool) -> How:
    """Say what this post is to the stored session; pure.

    A post of the stored session whose text does not extend what is known is a late repeat, also a shorter one.
    """
    if stored is None or held is None or stored.mark != post.mark:
        return How.FIRST if post.first else How.LOST
    new = extends(post.text, held.text) if accumulates else not post.turn or post.turn != held.text
    if not new:
        return How.REPEAT
    return How.LOST if held.ends else How.NEXT


def extends(text: str, known: str) -> bool:
    """Say whether ``text`` has inputs beyond ``known``."""
    return text.startswith(f"{known}*") if known else bool(text)


def inputs(text: str, known: str) -> list[tuple[str, str]]:
    """Return each new input with the text up to and with it, oldest first."""
    rest = text.removeprefix(f"{known}*") if known else text
    found: list[tuple[str, str]] = []
    so_far = known
    for nth, item in enumerate(rest.split("*")):
        so_far = f"{so_far}*{item}" if known or nth else item  # she may have sent an empty first input
        found.append((item, so_far))
    return found
