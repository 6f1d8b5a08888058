"""Hand a text to the process that keeps the link, over its Unix socket, and read what became of it."""

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from gateway.channels.contract import SendOutcome, SendResult
from gateway.domain.events import Outgoing

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
