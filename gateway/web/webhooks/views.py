"""Receives webhook posts: verifies them, passes each event to its use case, and responds to the provider."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, assert_never

from flask import Blueprint, Flask, Response, request
from flask.blueprints import BlueprintSetupState
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.routing import BaseConverter, Rule

from gateway.channels.contract import (
    Answer,
    BadRequest,
    Calls,
    Channel,
    NotSigned,
    Simulated,
)
from gateway.domain.events import (
    CallEvent,
    CallStep,
    ChannelSeen,
    Delivery,
    Ended,
    Event,
    Inbound,
    Kind,
    MissedCall,
    NotANumber,
    OptOut,
    Piece,
    PieceKind,
    Reply,
    ThreadAsked,
)
from gateway.foundation.clock import Clock
from gateway.foundation.ids import new_id
from gateway.web.webhooks.request_guard import Refusal, verify_channel, verify_signature

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# Dispatch of events to use cases, and the response of each.


class ReportedPage(Protocol):
    """A rendered page, as a turn returns it."""

    @property
    def reply(self) -> Reply:
        """The page in pieces."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """Properties of the page for the simulator, by name, such as its encoding and length."""


class Sent(Protocol):
    """A message to a simulator phone, as its thread shows it."""

    @property
    def id(self) -> str:
        """The outbox row's id."""

    @property
    def channel(self) -> str:
        """The channel through which it was to be sent."""

    @property
    def text(self) -> str:
        """The message text."""

    @property
    def at(self) -> datetime:
        """When it was sent, or added if it was not sent."""

    @property
    def state(self) -> str:
        """The outbox state; only ``sent`` is on the phone."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """Its encoding, length, parts and price, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """The use cases behind the webhooks. A result of False means that the event could not be stored anywhere.

    Attributes:
        turn: handles one hop of a USSD session.
        text: handles an SMS from a caller.
        ended: handles the end of a session.
        opt_out: handles an opt-out from messages.
        delivery: handles a delivery report.
        thread: returns the messages to a simulator phone.
        missed: handles a missed call.
        seen: handles a heartbeat of a channel.
        call: handles an event of a bridged call, and returns the next step.
        notice: keeps a text from a name or a short code, which nobody answers.
    """

    turn: Callable[[Inbound], ReportedPage]
    text: Callable[[Inbound], bool]
    ended: Callable[[Ended], bool]
    opt_out: Callable[[OptOut], bool]
    delivery: Callable[[Delivery], None]
    thread: Callable[[ThreadAsked], Sequence[Sent]]
    missed: Callable[[MissedCall], bool]
    seen: Callable[[ChannelSeen], None]
    call: Callable[[CallEvent], CallStep]
    notice: Callable[[NotANumber], bool]


def give_events(doors: Doors, channel: Channel, events: Sequence[Event]) -> Answer:
    """Handle every event; one that could not be stored gives 503, so that the provider posts again."""
    answers = [_give_one(doors, channel, event) for event in events]
    refused = [answer for answer in answers if answer.status != 200]  # noqa: PLR2004
    return (refused or answers or [_answer_taken(channel, is_stored=True)])[-1]


def _give_one(doors: Doors, channel: Channel, event: Event) -> Answer:
    match event:
        case Inbound(kind=Kind.USSD):
            page = doors.turn(event)
            answer = channel.answer(page.reply, event)
            return (
                channel.add_facts(answer, page.facts)
                if page.facts and isinstance(channel, Simulated)
                else answer
            )
        case ThreadAsked():
            return _answer_thread(doors.thread(event))
        case CallEvent():
            step = doors.call(event)
            return (
                channel.answer_call(step)
                if isinstance(channel, Calls)
                else _answer_taken(channel, is_stored=True)
            )
        case _:
            return _answer_taken(channel, is_stored=_keep_event(doors, event))


def _keep_event(
    doors: Doors, event: Inbound | Ended | Delivery | OptOut | NotANumber | MissedCall | ChannelSeen
) -> bool:
    """Handle an event that needs no content in the response; return whether it was stored."""
    match event:
        case Inbound():
            return doors.text(event)
        case Ended():
            return doors.ended(event)
        case Delivery():
            doors.delivery(event)
        case OptOut():
            return doors.opt_out(event)
        case MissedCall():
            return doors.missed(event)
        case ChannelSeen():
            doors.seen(event)
        case NotANumber():
            return doors.notice(event)
        case _:
            assert_never(event)
    return True


def _answer_taken(channel: Channel, *, is_stored: bool) -> Answer:
    if is_stored:
        return Answer(body=channel.contract.received, content_type=channel.contract.received_type)
    return Answer(body="This cannot be kept now; post it again later.", status=503)


def _answer_thread(sent: Sequence[Sent]) -> Answer:
    shown = [
        {
            "id": each.id,
            "channel": each.channel,
            "text": each.text,
            "at": each.at.isoformat(),
            "state": each.state,
            **each.facts,
        }
        for each in sent
    ]
    return Answer(body=json.dumps(shown, ensure_ascii=False), content_type="application/json")


DOWN = "Sorry, something failed here. Please dial again later."

_log = logging.getLogger(__name__)


class _Anything(BaseConverter):
    """URL converter for any rest of a path; it matches after all more specific rules."""

    regex = ".*"
    weight = 1_000
    part_isolating = False


class CountHook(Protocol):
    """Collects counters."""

    def add(self, what: str, item: str = "", *, channel: str = "") -> None:
        """Add one to a counter."""

    def hear(self, channel: str) -> None:
        """Record that a channel made a request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What the webhook view needs.

    Attributes:
        channels: the configured channels by name.
        secrets: returns the valid secrets of a channel, newest first; called for each post, so it must not block.
        doors: the use cases.
        count: the counters.
        clock: the time, for fault ids.
        down: the text for a caller if a turn fails.
    """

    channels: Mapping[str, Channel]
    secrets: Callable[[str], Sequence[str]]
    doors: Doors
    count: CountHook
    clock: Clock
    down: str = DOWN


def build_blueprint(gate: Gate) -> Blueprint:
    """Return the blueprint of the webhooks."""
    webhooks = Blueprint("webhooks", __name__)
    webhooks.record(_add_rules)

    @webhooks.endpoint("webhooks.receive")
    def receive(channel: str, secret: str, event: str, tail: str = "") -> Response:
        parts = tail.split("/") if tail else ()
        return make_response(answer_post(gate, request.environ, channel, secret, event, *parts))

    @webhooks.endpoint("webhooks.nowhere")
    def nowhere(rest: str = "") -> Response:  # noqa: ARG001 - passed by the URL map
        return make_response(Answer(body="Not found", status=404))

    return webhooks


def _add_rules(state: BlueprintSetupState) -> None:
    state.app.url_map.converters["anything"] = _Anything
    # Rules without methods accept every method, so that the view itself responds to wrong ones (405).
    for path, endpoint in (
        ("/webhooks/<channel>/<secret>/<event>", "receive"),
        ("/webhooks/<channel>/<secret>/<event>/<path:tail>", "receive"),
        ("/webhooks/<anything:rest>", "nowhere"),
    ):
        state.app.url_map.add(Rule(path, endpoint=f"webhooks.{endpoint}", merge_slashes=False))


def answer_post(
    gate: Gate, environ: WSGIEnvironment, name: str, secret: str, event: str, *tail: str
) -> Answer:
    """Verify a post, handle what it reports and return the answer; never raises.

    ``tail`` is what the provider added to the address of the event, part by part.
    """
    known = name if name in gate.channels else ""
    events: Sequence[Event] = ()
    try:
        channel = verify_channel(gate.channels, gate.secrets, name, secret)
        posted = verify_signature(environ, channel, event, now=gate.clock.now(), tail=tail)
        gate.count.hear(name)
        events = channel.parse(posted)
        return give_events(gate.doors, channel, events)
    except NotSigned as error:
        gate.count.add("webhook_refused", error.why, channel=known)
        return Answer(body=str(error), status=error.status)
    except BadRequest as error:
        gate.count.add("webhook_refused", "field", channel=known)
        return Answer(body=str(error), status=400)
    except Refusal as refusal:
        gate.count.add("webhook_refused", refusal.why, channel=known)
        return refusal.answer
    except Exception as error:  # noqa: BLE001 - a provider must not get an HTML error page, nor a phone an error
        return _answer_fault(gate, error, name, event, events)


def _answer_fault(gate: Gate, error: Exception, name: str, event: str, events: Sequence[Event]) -> Answer:
    channel = gate.channels[name]
    kind = event if event in channel.contract.events else "unknown"
    # Without message and traceback, which may quote the caller's input (OWASP Logging Cheat Sheet).
    frames = traceback.extract_tb(error.__traceback__)
    place = " < ".join(
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in reversed(frames[-6:])
    )
    fault = new_id(gate.clock.now())
    _log.error(
        "webhook failed event=%s kind=%s line=%s/%s at=%s", fault, type(error).__name__, name, kind, place
    )
    gate.count.add("webhook_fault", kind, channel=name)
    if kind == "ussd":
        apology = Reply(pieces=(Piece(PieceKind.TEXT, gate.down),), ends=True)
        return channel.answer(apology, next((each for each in events if isinstance(each, Inbound)), None))
    return Answer(body="This cannot be taken now; post it again later.", status=503)


HEADERS = {
    "Cache-Control": "no-store",
    # What is no page needs these two alone (OWASP Secure Headers Project).
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""What each answer carries beside its own headers."""


def make_response(answer: Answer) -> Response:
    """Return the answer as Flask sends it."""
    response = Response(answer.body, status=answer.status, content_type=answer.content_type)
    response.headers.update(answer.headers)
    response.headers.update(HEADERS)
    return response


# The app of the webhooks, beside that of the pages.

_PLACE_PARTS = 3
"""Channel, secret and event."""


def mount_webhooks(app: Flask, gate: Gate, *, most_bytes: int) -> None:
    """Serve the addresses below ``/webhooks/`` from an app of their own, without the hooks of the pages.

    A provider's post has no cookies, no form token and no language, and none of what looks for them may fail it. The
    usual post does not even need Flask's routing: ``answer_post``, which is the blueprint's view, is called directly.
    """
    hooks = Flask("webhooks", static_folder=None)
    hooks.config["MAX_CONTENT_LENGTH"] = most_bytes
    hooks.register_blueprint(build_blueprint(gate))
    hooks.register_error_handler(HTTPException, lambda error: make_response(_refuse_request(error)))
    app.extensions["webhooks"] = hooks
    pages = app.wsgi_app

    def choose_app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if not path.startswith("/webhooks/"):
            return pages(environ, start_response)
        place = path.split("/")[2:]
        if (
            environ["REQUEST_METHOD"] not in ("POST", "GET")
            or len(place) < _PLACE_PARTS
            or not all(place)
            or not path.isascii()
        ):
            return hooks.wsgi_app(environ, start_response)
        return _write_answer(answer_post(gate, environ, *place), start_response)

    app.wsgi_app = choose_app  # type: ignore[method-assign]


def _refuse_request(error: HTTPException) -> Answer:
    return Answer(body=error.name, status=error.code or InternalServerError.code)


def _write_answer(answer: Answer, start_response: StartResponse) -> Iterable[bytes]:
    """Write what ``make_response`` writes, without its objects."""
    body = answer.body.encode()
    own = {"Content-Type": answer.content_type, "Content-Length": str(len(body))}
    headers = own | dict(answer.headers) | HEADERS
    phrase = HTTP_STATUS_CODES.get(answer.status, "Unknown").upper()
    start_response(f"{answer.status} {phrase}", list(headers.items()))
    return [body]


# Webhook URLs, for a provider's dashboard and for the simulator.


def list_addresses(
    base: str, channels: Mapping[str, Channel], secrets: Callable[[str], Sequence[str]]
) -> dict[str, dict[str, str]]:
    """Return channel → event → URL, with the newest secret in each."""
    return {
        name: {
            event: make_address(base, name, secrets(name)[0], event)
            for event in sorted(channel.contract.events)
        }
        for name, channel in channels.items()
    }


def make_address(base: str, channel: str, secret: str, event: str) -> str:
    """Return the URL of one event."""
    return f"{base}/webhooks/{channel}/{secret}/{event}"
