"""Say what the status of a submit_sm_resp proves: every status but 0 means that the message was surely not taken.

SMPP 3.4, section 5.1.3. Centres have codes of their own from 0x400 on.
"""

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from gateway.channels.contract import SendOutcome, SendResult
from gateway.domain.events import Outgoing

THROTTLED = frozenset({0x58, 0x14})
"""ESME_RTHROTTLED, ESME_RMSGQFUL: too fast, or full."""

PASSING = frozenset({0x08, 0x45, 0x64})
"""ESME_RSYSERR, ESME_RSUBMITFAIL, ESME_RX_T_APPN: later it may work."""

REFUSED: Mapping[int, str] = {
    0x0B: "bad-number",  # ESME_RINVDSTADR
    0x50: "bad-number",  # ESME_RINVDSTTON, as 0x51 of its numbering plan
    0x51: "bad-number",
    0x65: "refused",  # ESME_RX_P_APPN: a permanent error
    0x66: "refused",  # ESME_RX_R_APPN: rejected
}

OURS: Mapping[int, str] = {
    0x01: "bad-form",
    0x02: "bad-form",
    0x03: "bad-form",
    0x04: "wrong-bind",
    0x0A: "wrong-sender",
    0x0D: "wrong-password",
    0x0E: "wrong-password",
    0x0F: "wrong-name",
    0x15: "wrong-service",
    0x48: "wrong-sender",
    0x49: "wrong-sender",
}
"""Faults of the account or the configuration, so somebody must look."""

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0


def find_pause(times: int) -> float:
    """Return the seconds of a pause after so many throttled answers in a row: 1, 2, 4 … 60."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(max(times - 1, 0), 10))


def read_status(status: int, message_id: str, *, now: datetime, pause: float) -> SendResult:
    """Return the result of one message.

    Args:
        status: the answer's.
        message_id: the centre's id.
        now: the instant.
        pause: seconds to wait where it is throttled.
    """
    if status == 0:
        return SendResult(outcome=SendOutcome.SENT, provider_id=message_id[:120])
    if status in THROTTLED:
        return SendResult(
            outcome=SendOutcome.NOT_SENT, reason="throttled", retry_at=now + timedelta(seconds=pause)
        )
    if status in PASSING:
        return SendResult(outcome=SendOutcome.NOT_SENT, reason="centre-fault")
    if status in REFUSED:
        return SendResult(outcome=SendOutcome.REFUSED, reason=REFUSED[status])
    return SendResult(
        outcome=SendOutcome.NOT_SENT, reason=OURS.get(status, f"status-{status:x}"[:40]), alarm=True
    )


# How a worker hands a text to the process that keeps the link, over its Unix socket, and reads what became of it.

CONNECT_SECONDS, ANSWER_SECONDS = 3.0, 20.0
_MOST_SECONDS = 7 * 86_400


def write_result(result: SendResult) -> dict[str, Any]:
    """Return a result as a line of the socket."""
    found: dict[str, Any] = {
        "outcome": result.outcome.value,
        "id": result.provider_id,
        "reason": result.reason,
        "alarm": result.alarm,
        "down": result.down,
    }
    return found | ({"retry": result.retry_at.timestamp()} if result.retry_at else {})


def read_result(line: Mapping[str, Any], now: datetime) -> SendResult:
    """Return the result of such a line."""
    return SendResult(
        outcome=SendOutcome(line["outcome"]),
        provider_id=line["id"],
        reason=line["reason"],
        alarm=line["alarm"],
        down=line["down"],
        retry_at=now + timedelta(seconds=line["retry"] - now.timestamp()) if "retry" in line else None,
    )


def hand_over(path: Path, message: Outgoing, *, now: datetime) -> SendResult:
    """Hand one text to the link and wait for its result."""
    left = int((message.valid_until - now).total_seconds()) if message.valid_until else 0
    asked = {
        "id": message.own_id,
        "number": message.number,
        "text": message.text,
        "seconds": max(60, min(left, _MOST_SECONDS)) if message.valid_until else 0,
    }
    begun = False
    try:
        with _connect(path) as wire:
            wire.sendall(json.dumps(asked).encode() + b"\n")
            with wire.makefile("rb") as lines:
                for line in lines:
                    found = json.loads(line)
                    if "begun" not in found:
                        return read_result(found, now)
                    begun = True
    except TimeoutError:
        # It may be about to begin, so nobody knows.
        return SendResult(outcome=SendOutcome.UNCLEAR, reason="no-answer")
    except (OSError, ValueError, KeyError):
        pass
    if begun:
        return SendResult(outcome=SendOutcome.UNCLEAR, reason="link-ended")
    return SendResult(outcome=SendOutcome.NOT_SENT, reason="no-link", down=True)


def count_binds(path: Path) -> int:
    """Return how many binds can send; 0 where no process keeps the link."""
    try:
        with _connect(path) as wire:
            wire.sendall(b"{}\n")
            with wire.makefile("rb") as lines:
                return int(json.loads(lines.readline())["bound"])
    except (OSError, ValueError, KeyError):
        return 0


@contextmanager
def _connect(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as wire:
        wire.settimeout(CONNECT_SECONDS)
        try:
            wire.connect(str(path))
        except TimeoutError:
            raise ConnectionError from None  # nothing was handed over
        wire.settimeout(ANSWER_SECONDS)
        yield wire
