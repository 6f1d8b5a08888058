"""Say what the status of a submit_sm_resp proves: every status but 0 means that the message was surely not taken.

SMPP 3.4, section 5.1.3. Centres have codes of their own from 0x400 on.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from gateway.channels.contract import SendOutcome, SendResult

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
