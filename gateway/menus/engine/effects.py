"""Define the effects that a turn asks for (imperative) and the receipts that report their results (past tense).

Both are closed unions of frozen data: the engine performs nothing itself, and mypy names every place that does not
handle a new member.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestCallback:
    """The caller agreed to be called.

    Attributes:
        topic: the topic word of the menu, as ``pay``.
        path: ids of the screens on the way into the form, oldest first.
        answers: form field → value: ``danger``, ``phone_seen``, ``when``, ``consent`` (version of the consent text).
        language: language to be spoken in.
        script: language tag of the texts that the phone can show.
        hours: days and minutes of the window as it was shown, in the form of ``When.rule``.
    """

    topic: str
    path: tuple[str, ...]
    answers: Mapping[str, str]
    language: str
    script: str
    hours: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendCallback:
    """The caller added to a saved request; ``answers`` holds ``woman``, ``other_language`` or ``sms_safe``."""

    callback: str
    answers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeWindow:
    """The caller opened a request by its code and chose another window; ``hours`` as in ``RequestCallback``."""

    callback: str
    when: str
    hours: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelCallback:
    """The caller opened a request by its code and withdrew it."""

    callback: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseCalls:
    """The caller does not want to be called: open requests of this number leave the queue.

    Attributes:
        how: ``plain`` by an answer of the form, ``said`` recognised in a sentence, ``stop`` by STOP or an operator's
            opt-out.
        callback: id of the request that was opened by its code; empty where none was.
        phone_seen: the newest answer to who else sees the phone; empty where none was given.
    """

    how: Literal["plain", "said", "stop"]
    callback: str = ""
    phone_seen: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUpCode:
    """The caller typed digits where a screen accepts the code of a request."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseEverything:
    """The caller wants all data about this number deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportWrong:
    """The caller reports wrong information: ``digit`` says which kind, ``screen`` where it was read."""

    screen: str
    digit: str


Effect = (
    RequestCallback
    | AmendCallback
    | ChangeWindow
    | CancelCallback
    | RefuseCalls
    | LookUpCode
    | EraseEverything
    | ReportWrong
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackAccepted:
    """The request is saved, as a new one or merged with an open one of the same number.

    ``due_at`` and ``due_until`` bound the planned window; ``now`` marks a request that expires at ``due_until``.
    """

    callback: str
    code: str
    due_at: datetime
    due_until: datetime
    now: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackRefused:
    """No request was saved: ``number`` (we never call such numbers) or ``full`` (too many open on a shared phone)."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackFound:
    """The code opens this request; ``missed`` says that every agreed attempt was made and none reached the caller."""

    callback: str
    code: str
    due_at: datetime
    due_until: datetime
    missed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeWrong:
    """The digits open no request; shown like any wrong key, so that codes cannot be probed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackChanged:
    """The request has a new planned window, bounded by ``due_at`` and ``due_until``."""

    due_at: datetime
    due_until: datetime
    now: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackCancelled:
    """The request has left the queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """An addition, a report or a refusal is saved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """All data about the number is deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """The request cannot be changed any more: it was closed, cancelled or expired in the meantime."""


Receipt = (
    CallbackAccepted
    | CallbackRefused
    | CallbackFound
    | CodeWrong
    | CallbackChanged
    | CallbackCancelled
    | Noted
    | Erased
    | Gone
)
