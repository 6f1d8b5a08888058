"""Parse the provider's posts about calls, and write the next step as its XML (provider's page "Voice: actions").

Hangup causes are those of ITU-T Q.850 under their FreeSWITCH names, as the provider posts them.
"""

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from gateway.channels.africastalking import codes
from gateway.channels.contract import Answer, BadRequest, Request
from gateway.domain.events import (
    AskOne,
    CallEvent,
    CallKind,
    CallStep,
    Cause,
    DialCaller,
    Event,
    MissedCall,
    Reject,
    SayGone,
    Silence,
)
from gateway.foundation.phone_numbers import read_posted_number

XML = "application/xml"
ID_SIZE = 120
SECONDS_TO_PRESS = 20
NO_WORDS = ("", "None", "null")
ACTIVE: Mapping[str, bool] = {"1": True, "true": True, "0": False, "false": False}

# Of either side; a cause that is missing here or in the post is unknown.
CAUSES: Mapping[str, Cause] = {
    "NORMAL_CLEARING": Cause.CLEARED,
    "CALL_REJECTED": Cause.REJECTED,
    "NORMAL_TEMPORARY_FAILURE": Cause.FAILED,
    "RECOVERY_ON_TIMER_EXPIRE": Cause.FAILED,
    "ORIGINATOR_CANCEL": Cause.NO_ANSWER,
    "LOSE_RACE": Cause.NO_ANSWER,
    "USER_BUSY": Cause.BUSY,
    "BUSY": Cause.BUSY,
    "NO_ANSWER": Cause.NO_ANSWER,
    "NOTANSWERED": Cause.NO_ANSWER,
    "NO_USER_RESPONSE": Cause.NO_ANSWER,
    "SUBSCRIBER_ABSENT": Cause.SWITCHED_OFF,
    "USER_NOT_REGISTERED": Cause.SWITCHED_OFF,
    "SERVICE_UNAVAILABLE": Cause.FAILED,
    "UNALLOCATED_NUMBER": Cause.FAILED,
}
# States in which the caller's phone is still ringing, whatever else the post contains.
RINGS = ("Ringing", "Dialing")
# The provider's text-to-speech is English, so the names of languages are too.
LANGUAGES: Mapping[str, str] = {
    "lo": "Lao",
    "th": "Thai",
    "en": "English",
    "km": "Khmer",
    "my": "Burmese",
    "vi": "Vietnamese",
    "sw": "Swahili",
}


def read_call_events(channel: str, own_number: str, request: Request) -> Sequence[Event]:
    """Read a post about a call; the end of an inbound call has no event.

    Raises:
        BadRequest: a field is missing.
    """
    session, active = request.need("sessionId")[:ID_SIZE], _is_active(request)
    caller, other = _read_field(request, "callerNumber"), _read_field(request, "destinationNumber")
    if not _is_own_call(request):
        return _read_ring(channel, session, read_posted_number(caller)) if active else ()
    own = read_posted_number(own_number) or own_number
    sides = [read_posted_number(caller), read_posted_number(other)]
    return (
        CallEvent(
            channel=channel,
            session=session,
            kind=_read_kind(request) if active else CallKind.OVER,
            own_id=_read_field(request, "clientRequestId")[:ID_SIZE],
            number=next((side for side in sides if side and side != own), ""),
            digits=_read_field(request, "dtmfDigits")[:ID_SIZE],
            seconds=codes.read_count(request, "dialDurationInSeconds"),
            cause=_read_cause(request),
        ),
    )


def write_call_step(step: CallStep, *, own_number: str) -> Answer:
    """Write the next step of a call as XML."""
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Response>{_write_action(step, own_number)}</Response>'
    return Answer(body=body, content_type=XML)


def _is_active(request: Request) -> bool:
    active = request.need("isActive").strip().casefold()
    if active not in ACTIVE:
        raise BadRequest("field isActive is neither 0 nor 1")
    return ACTIVE[active]


def _is_own_call(request: Request) -> bool:
    """Say whether we requested this call; without a direction, only such a call has our request id."""
    direction = _read_field(request, "direction").casefold()
    return direction == "outbound" or (not direction and bool(_read_field(request, "clientRequestId")))


def _read_ring(channel: str, session: str, number: str | None) -> Sequence[Event]:
    """Return a missed-call event and the call-control query; calls without a caller id are only rejected."""
    asks = CallEvent(channel=channel, session=session, kind=CallKind.RANG, number=number or "")
    if number is None:
        return (asks,)
    return (MissedCall(channel=channel, number=number, turn=session), asks)


def _read_kind(request: Request) -> CallKind:
    """Return what an active post is about.

    After the caller answers it has the caller's number and no dial status; when that leg is over it has one.
    """
    if _read_field(request, "dialStatus") or _read_field(request, "lastBridgeHangupCause"):
        return CallKind.DIAL_OVER
    if _read_field(request, "dialDestinationNumber"):
        return CallKind.OTHER if _read_field(request, "callSessionState") in RINGS else CallKind.CONNECTED
    return CallKind.KEY if _read_field(request, "dtmfDigits") else CallKind.ANSWERED


def _read_cause(request: Request) -> Cause:
    """Return why the call ended: the cause of the caller's leg if given, that of the whole call last."""
    for name in ("lastBridgeHangupCause", "dialStatus", "hangupCause", "callSessionState"):
        word = _read_field(request, name).upper().replace("-", "_").replace(" ", "_")
        if word in CAUSES:
            return CAUSES[word]
    return Cause.UNKNOWN


def _read_field(request: Request, name: str) -> str:
    value = request.fields.get(name, "").strip()
    return "" if value in NO_WORDS else value


def _write_action(step: CallStep, own_number: str) -> str:
    match step:
        case AskOne(code, language):
            return _write_question(code, language)
        case DialCaller(number, max_seconds):
            return (
                f"<Dial phoneNumbers={quoteattr(number)} callerId={quoteattr(own_number)}"
                f' maxDuration="{max_seconds}" record="false"/>'
            )
        case SayGone():
            return _write_speech("This call is no longer wanted. Goodbye.")
        case Reject():
            return "<Reject/>"
        case Silence():
            return ""


def _write_question(code: str, language: str) -> str:
    """Ask for one key; without a key press the provider posts nothing, so the text after the question ends the call."""
    name = LANGUAGES.get(language.partition("-")[0], "")
    words = ["Helpline."]
    words += [f"Code {' '.join(code)}."] if code else []
    words += [f"Language: {name}."] if name else []
    question = _write_speech(" ".join([*words, "Press 1 to call."]))
    ask = f'<GetDigits numDigits="1" timeout="{SECONDS_TO_PRESS}">{question}</GetDigits>'
    return ask + _write_speech("Nothing was pressed. Goodbye.")


def _write_speech(words: str) -> str:
    return f"<Say>{escape(words)}</Say>"
