"""What is remembered of one caller between two inputs: frozen, and JSON both ways."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

FORMAT = 1
MAX_TRAIL = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a caller when her session begins; it decides what keys mean until it ends.

    Attributes:
        language: the language she speaks, where she let us remember it.
        script: the language tag of the texts that her phone shows, where remembered.
        region: the country of her number.
        offers: the windows in which somebody is on duty.
        opens: the next instant from which *now* can be promised, in ISO form; empty where none is near.
        lost: an earlier place was lost; she is told so in one line.
    """

    language: str = ""
    script: str = ""
    region: str = ""
    offers: tuple[str, ...] = ()
    opens: str = ""
    lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Where she is and what she said so far.

    Attributes:
        screen: the screen that she sees.
        page: its page, from 1.
        language: the language she speaks; empty until chosen.
        script: the language tag of the texts.
        trail: the screens behind her with their pages, oldest first; ``0`` goes back along it.
        answers: fields of the callback form, by name.
        topic: the topic of the nearest screen on her way that has one.
        path: the screens on her way when she entered the form.
        region: see Known.
        offers: see Known.
        opens: see Known.
        wrong: wrong keys in a row.
        notice: the name of a message to show once above the screen (``invalid``, ``again``), or empty; between two
            inputs it says that nothing but this message was shown, and 98 leads to the screen.
        values: results that receipts gave, by placeholder: ``code``, ``when``, ``until``.
        read: the last screen of information that she read; a report of wrong information names it.
        callback: the id of the callback that this session made or opened by its code.
        ended: the session is over.
    """

    screen: str
    page: int = 1
    language: str = ""
    script: str = ""
    trail: tuple[tuple[str, int], ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    topic: str = ""
    path: tuple[str, ...] = ()
    region: str = ""
    offers: tuple[str, ...] = ()
    opens: str = ""
    wrong: int = 0
    notice: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    read: str = ""
    callback: str = ""
    ended: bool = False

    def having(self, **changes: Any) -> "Session":
        """Return the same session with these fields changed."""
        return replace(self, **changes)

    def with_promises(self, known: Known) -> "Session":
        """Return the same session with what can be promised by what is known now."""
        return replace(self, offers=known.offers, opens=known.opens)


_NAMES = tuple(each.name for each in fields(Session))


class UnreadableSession(ValueError):
    """The stored session is of a format that this release does not know."""


def dump(session: Session) -> str:
    """Return the session as JSON that says its format."""
    # Without asdict, which copies each value deeply: this is done on every hop.
    values = {name: getattr(session, name) for name in _NAMES}
    return json.dumps({"format": FORMAT, **values}, ensure_ascii=False, separators=(",", ":"))


def load(text: str) -> Session:
    """Read what ``dump`` wrote.

    Raises:
        UnreadableSession: another format, or no session at all.
    """
    try:
        values = json.loads(text)
        if values.pop("format") != FORMAT:
            raise UnreadableSession("another format")
        values["trail"] = tuple((screen, page) for screen, page in values["trail"])
        values["path"] = tuple(values["path"])
        values["offers"] = tuple(values["offers"])
        return Session(**values)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise UnreadableSession("no session") from error
