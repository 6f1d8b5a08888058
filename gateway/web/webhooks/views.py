"""Receives webhook posts: verifies them, passes each event to its use case, and responds to the provider."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, assert_never

from flask import Blueprint, Flask, Response, request
from flask.blueprints import BlueprintSetupState
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.routing import BaseConverter, Rule

from gateway.channels.contract import Answer, BadRequest, Calls, Channel, NotSigned, Simulated
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
from gateway.foundation.time_and_chance import Clock, new_id
from gateway.web.shared.front import Scope, Sent
from gateway.web.webhooks.request_guard import (
    HEADERS,
    RawPost,
    Refusal,
    check_size,
    open_environ,
    verify_channel,
    verify_signature,
)

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from gateway.conversations.ussd import RenderedPage
    from gateway.storage.callers import SentText
    from gateway.storage.counts import Counters

# Dispatch of events to use cases, and the response of each.


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

    turn: Callable[[Inbound], RenderedPage]
    text: Callable[[Inbound], bool]
    ended: Callable[[Ended], bool]
    opt_out: Callable[[OptOut], bool]
    delivery: Callable[[Delivery], None]
    thread: Callable[[ThreadAsked], Sequence[SentText]]
    missed: Callable[[MissedCall], bool]
    seen: Callable[[ChannelSeen], None]
    call: Callable[[CallEvent], CallStep]
    notice: Callable[[NotANumber], bool]


def give_events(doors: Doors, channel: Channel, events: Sequence[Event]) -> Answer:
    """Handle every event; one that could not be stored gives 503, so that the provider posts again."""
    if len(events) == 1:
        return _give_one(doors, channel, events[0])
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


def _answer_thread(sent: Sequence[SentText]) -> Answer:
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
    count: Counters
    clock: Clock
    down: str = DOWN


def build_blueprint(gate: Gate) -> Blueprint:
    """Return the blueprint of the webhooks."""
    webhooks = Blueprint("webhooks", __name__)
    webhooks.record(_add_rules)

    @webhooks.endpoint("webhooks.receive")
    def receive(channel: str, secret: str, event: str, tail: str = "") -> Response:
        parts = tail.split("/") if tail else ()
        return make_response(answer_post(gate, open_environ(request.environ), channel, secret, event, *parts))

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


@dataclass(frozen=True, slots=True)
class ReadPost:
    """A verified post: what it reports, and how that is answered."""

    gate: Gate
    name: str
    event: str
    events: Sequence[Event]

    def give(self) -> Answer:
        """Handle what the post reports and return the answer; raises nothing but ``NeedsThread``."""
        try:
            return give_events(self.gate.doors, self.gate.channels[self.name], self.events)
        except Exception as error:  # noqa: BLE001 - a provider must not get an HTML error page, nor a phone an error
            return _answer_fault(self.gate, error, self.name, self.event, self.events)


def answer_post(gate: Gate, post: RawPost, name: str, secret: str, event: str, *tail: str) -> Answer:
    """Verify a post, handle what it reports and return the answer; never raises.

    ``tail`` is what the provider added to the address of the event, part by part.
    """
    found = read_post(gate, post, name, secret, event, *tail)
    return found.give() if isinstance(found, ReadPost) else found


def read_post(gate: Gate, post: RawPost, name: str, secret: str, event: str, *tail: str) -> ReadPost | Answer:
    """Verify a post and read what it reports, without any input or output; return the answer where it is refused."""
    known = name if name in gate.channels else ""
    try:
        channel, now = verify_channel(gate.channels, gate.secrets, name, secret), gate.clock.now()
        posted = verify_signature(post, channel, event, now=now, tail=tail)
        gate.count.hear(name, now)
        return ReadPost(gate, name, event, channel.parse(posted))
    except NotSigned as error:
        gate.count.add("webhook_refused", error.why, channel=known)
        return Answer(body=str(error), status=error.status)
    except BadRequest as error:
        gate.count.add("webhook_refused", "field", channel=known)
        return Answer(body=str(error), status=400)
    except Refusal as refusal:
        gate.count.add("webhook_refused", refusal.why, channel=known)
        return refusal.answer
    except Exception as error:  # noqa: BLE001 - see ``ReadPost.give``
        return _answer_fault(gate, error, name, event, ())


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
        place = _split_place(environ["REQUEST_METHOD"], path)
        if place is None:
            return hooks.wsgi_app(environ, start_response)
        status, headers, body = _write_answer(answer_post(gate, open_environ(environ), *place))
        start_response(f"{status} {HTTP_STATUS_CODES.get(status, 'Unknown').upper()}", headers)
        return [body]

    app.wsgi_app = choose_app  # type: ignore[method-assign]
    app.extensions["webhook door"] = WebhookDoor(gate)


class WebhookDoor:
    """The way to the webhooks for the front, which has read the body: no WSGI environment and no routing between."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def open(self, scope: Scope, headers: Mapping[str, str], body: bytes) -> Callable[[], Sent] | Sent | None:
        """Return the answer of a refused post, or what answers it; None where the application shall see the request.

        What answers is run as a turn of the loop (``loop_turns.run_turn``), and in a thread where that is too little.
        """
        path, query = scope.path, scope.query_string
        place = _split_place(scope.method, path) if query.isascii() else None
        if place is None:
            return None
        post = RawPost(scope.method, path, query, headers, partial(check_size, body))
        found = read_post(self._gate, post, *place)
        if isinstance(found, Answer):
            return _write_answer(found)
        return lambda: _write_answer(found.give())


def _split_place(method: str, path: str) -> list[str] | None:
    """Return channel, secret, event and tail of an address of ``/webhooks/``; None for an odd address or method."""
    place = path.split("/")[2:]
    usual = method in ("POST", "GET") and len(place) >= _PLACE_PARTS and all(place) and path.isascii()
    return place if usual else None


def _refuse_request(error: HTTPException) -> Answer:
    return Answer(body=error.name, status=error.code or InternalServerError.code)


def _write_answer(answer: Answer) -> Sent:
    """Write what ``make_response`` writes, without its objects."""
    body = answer.body.encode()
    own = [("Content-Type", answer.content_type), ("Content-Length", str(len(body)))]
    if not answer.headers:
        return answer.status, [*own, *_EVERY_HEADER], body
    return answer.status, [*(dict(own) | dict(answer.headers) | HEADERS).items()], body


_EVERY_HEADER = list(HEADERS.items())


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
