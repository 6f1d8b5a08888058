"""What is remembered of one caller between two inputs: frozen, and JSON both ways."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
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


def dump_session(session: Session) -> str:
    """Return the session as JSON that says its format."""
    # Without asdict, which copies each value deeply: this is done on every hop.
    values = {name: getattr(session, name) for name in _NAMES}
    return json.dumps({"format": FORMAT, **values}, ensure_ascii=False, separators=(",", ":"))


def load_session(text: str) -> Session:
    """Read what ``dump_session`` wrote.

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


# Where a thread of texts stands between two of them: its place, the open form, what was said in the last
# day.

FORM = "form"
"""What a thread waits for after the questions of the callback were sent in one text."""

FURTHER = "further"
"""What a thread waits for after a further question of the form was asked."""

LASTS = timedelta(hours=24)
"""For how long a form stays answerable whatever comes between, and a word of danger goes into the next request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadState:
    """Where a thread stands between two texts.

    Attributes:
        session: where she stands in the menu; None where nothing is to be chosen.
        waits_for: ``form`` where the questions of the callback were sent in one text.
        language: the tag of the texts that she asked for by number, if she did.
        listed: what the numbers of the last answer stand for, where it listed screens or languages.
        again: she had a place that the live version does not have any more.
        form: the form that was sent and not answered yet, whatever came after it.
        form_until: until when it may be answered.
        danger_until: until when a word of danger that she wrote goes into a request of hers.
        further: a further question of her request that was asked and not answered yet, whatever came after it.
        further_until: until when it may be answered.
        thanked: her thanks or signs had their one answer.
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
        """Return it without what is too old."""
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


def standing_at(
    session: Session, language: str, *, waits_for: str = "", listed: Mapping[str, str] | None = None
) -> ThreadState:
    """Return where a thread stands with this session; results are not kept, nor a session that is over."""
    kept = None if session.ended else session.having(values={})
    return ThreadState(session=kept, language=language, waits_for=waits_for, listed=listed or {})
