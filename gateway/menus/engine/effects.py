"""What a turn asks for (effects, imperative) and what came of it (receipts, past): two closed unions of plain data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestCallback:
    """She agreed to be called. ``answers`` holds danger, phone_seen, when and consent (the consent text's version).

    ``hours`` are the days and minutes of the window that she read, as ``When.rule`` writes them.
    """

    topic: str
    path: tuple[str, ...]
    answers: Mapping[str, str]
    language: str
    script: str
    hours: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendCallback:
    """She added to her request after it was saved: ``woman``, ``other_language`` or ``sms_safe``."""

    callback: str
    answers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeWindow:
    """She opened her request by its code and named another time; ``hours`` as for a request."""

    callback: str
    when: str
    hours: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelCallback:
    """She opened her request by its code and does not want it any more."""

    callback: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseCalls:
    """She does not want to be called: what was asked for from this number leaves the line.

    Attributes:
        how: ``plain`` by the form, ``said`` read out of a sentence, ``stop`` by STOP or an opt-out.
        callback: the request that she had opened by its code; empty where she opened none.
        phone_seen: her newest answer to who else sees the phone; empty where she gave none.
    """

    how: Literal["plain", "said", "stop"]
    callback: str = ""
    phone_seen: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUpCode:
    """She typed four digits where a code may be typed."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseEverything:
    """She wants everything about this number to be gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportWrong:
    """She reports wrong information: ``digit`` says which kind; ``screen`` where she was before."""

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
    """Her request is on record, new or merged with the one she had.

    ``due_at`` and ``due_until`` bound the planned window; ``now`` says that the promise dies at ``due_until``.
    """

    callback: str
    code: str
    due_at: datetime
    due_until: datetime
    now: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackRefused:
    """No request was made: ``number`` (never called by us), ``full`` (too many on a shared phone)."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackFound:
    """The code opens this request; ``missed`` says that she was called as often as agreed and not reached."""

    callback: str
    code: str
    due_at: datetime
    due_until: datetime
    missed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeWrong:
    """The digits open nothing; told like any wrong choice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackChanged:
    """The request has a new planned window."""

    due_at: datetime
    due_until: datetime
    now: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackCancelled:
    """The request is off the line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """What was added, reported or refused is on record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """Nothing about the number is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """The request cannot be changed any more: closed, cancelled or expired meanwhile."""


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
