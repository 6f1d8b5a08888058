"""Define the state of one caller between two inputs: the session of a menu, and the state of an SMS thread.

Both are frozen; a session is stored as JSON with a format number, so that a new release can reject an old one.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

FORMAT = 1
MAX_TRAIL = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known about a caller when a session begins; it decides the meaning of keys until the session ends.

    Attributes:
        language: spoken language, where the caller allowed us to store it.
        script: language tag of the texts that the phone shows, where stored.
        region: country of the number (ISO 3166-1 alpha-2).
        offers: words of the windows in which staff are on duty.
        opens: the next instant from which *now* can be offered, ISO 8601; empty where none is near.
        lost: an earlier session was lost; a notice says so.
    """

    language: str = ""
    script: str = ""
    region: str = ""
    offers: tuple[str, ...] = ()
    opens: str = ""
    lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Position in a menu, answers and results of one caller.

    Attributes:
        screen: id of the current screen.
        page: its page, from 1.
        language: spoken language; empty until chosen.
        script: language tag of the texts.
        trail: previous screens with their pages, oldest first; key 0 goes back along it.
        answers: form field → value.
        topic: topic of the last screen on the path that has one.
        path: ids of the screens on the way into the form.
        region: see ``Known``.
        offers: see ``Known``.
        opens: see ``Known``.
        wrong: consecutive wrong keys.
        notice: name of a message to show once above the screen (``invalid``, ``again``), or empty; in a stored
            session it says that the message had a page of its own, from which 98 leads to the screen.
        values: results of receipts by placeholder: ``code``, ``when``, ``until``.
        read: id of the last information screen; a report of wrong information names it.
        callback: id of the request that this session made or opened by its code.
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

    def copy_with(self, **changes: Any) -> "Session":
        """Return a copy with these fields changed."""
        # Not dataclasses.replace, which looks at each field again: a hop changes its session several times.
        values: dict[str, Any] = dict(zip(_NAMES, _read_fields(self), strict=True))
        values.update(changes)
        return Session(**values)

    def with_promises(self, known: Known) -> "Session":
        """Return a copy with the windows that can be offered now."""
        return replace(self, offers=known.offers, opens=known.opens)


_NAMES = tuple(each.name for each in fields(Session))
_read_fields = attrgetter(*_NAMES)


class UnreadableSession(ValueError):
    """The stored session has a format that this release does not know."""


def dump_session(session: Session) -> str:
    """Return the session as JSON with its format number."""
    # Not asdict, which copies each value deeply: this runs on every USSD hop.
    return _write_json({"format": FORMAT, **dict(zip(_NAMES, _read_fields(session), strict=True))})


_write_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def load_session(text: str) -> Session:
    """Read the JSON of ``dump_session``.

    Raises:
        UnreadableSession: an unknown format, or no session.
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


# SMS threads: the state between two texts.

FORM = "form"
"""Value of ``waits_for`` after all questions of the callback were sent in one text."""

FURTHER = "further"
"""Value of ``waits_for`` after a further question of the form was sent."""

LASTS = timedelta(hours=24)
"""How long a form can be answered whatever comes between, and a danger word counts for the next request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadState:
    """State of an SMS thread between two texts.

    Attributes:
        session: position in the menu; None where there is nothing to choose.
        waits_for: ``form`` or ``further`` where the last text asked for answers; else empty.
        language: language tag that was chosen by number, if any.
        listed: key → ``screen:ID`` or ``language:TAG``, where the last reply was a numbered list.
        again: the stored position does not exist in the live version.
        form: the form that was sent and is not answered yet, whatever came after it.
        form_until: until when it can be answered.
        danger_until: until when a danger word marks the next request as danger.
        further: the further question that was sent and is not answered yet, whatever came after it.
        further_until: until when it can be answered.
        thanked: a courtesy text was answered already.
    """

    session: Session | None = None
    waits_for: str = ""
    language: str = ""
    listed: Mapping[str, str] = field(default_factory=dict)
    again: bool = False
    form: Session | None = None
    form_until: datetime | None = None
    danger_until: datetime | None = None
    further: Session | None = None
    further_until: datetime | None = None
    thanked: bool = False

    @property
    def open_form(self) -> Session | None:
        """The form that can be answered now."""
        return self.session if self.form is None and self.waits_for == FORM else self.form

    def at(self, now: datetime) -> "ThreadState":
        """Return a copy without what has expired."""
        is_open = self.form_until is not None and now < self.form_until
        is_further = self.further_until is not None and now < self.further_until
        is_danger = self.danger_until is not None and now < self.danger_until
        return replace(
            self,
            session=None if self.waits_for == FURTHER and not is_further else self.session,
            form=self.form if is_open else None,
            form_until=self.form_until if is_open else None,
            danger_until=self.danger_until if is_danger else None,
            further=self.further if is_further else None,
            further_until=self.further_until if is_further else None,
        )


def find_thread_state(
    session: Session, language: str, *, waits_for: str = "", listed: Mapping[str, str] | None = None
) -> ThreadState:
    """Return the thread state for this session; results are dropped, and an ended session becomes None."""
    stored = None if session.ended else session.copy_with(values={})
    return ThreadState(session=stored, language=language, waits_for=waits_for, listed=listed or {})
