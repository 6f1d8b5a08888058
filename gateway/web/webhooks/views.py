"""Receives provider posts: verifies them, gives each event to its use case, answers in plain text."""

import json
import logging
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, assert_never

from flask import Blueprint, Response, request
from flask.blueprints import BlueprintSetupState
from werkzeug.routing import BaseConverter, Rule

from gateway.channels.contract import Answer, BadRequest, Calls, Channel, NotSigned, Request, Signed
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
    ThreadAsked,
)
from gateway.foundation.clock import Clock
from gateway.foundation.ids import new_id
from gateway.foundation.webhook_secrets import matches_secret
from gateway.web.webhooks.request_guard import Refusal, strip_post

# Gives each event to the use case it is for, and says what goes back to the provider.


class ReportedPage(Protocol):
    """One rendered page, as a turn gives it back."""

    @property
    def text(self) -> str:
        """The page."""

    @property
    def ends(self) -> bool:
        """Whether the session is over."""

    @property
    def screen(self) -> str:
        """The id of its screen."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """What is true of the page beside its words; only trial phones are told."""


class Sent(Protocol):
    """One text to a trial phone, as its thread shows it."""

    @property
    def id(self) -> str:
        """The row's id."""

    @property
    def channel(self) -> str:
        """The line by which it was to leave."""

    @property
    def text(self) -> str:
        """Its words."""

    @property
    def at(self) -> datetime:
        """When it was sent, or written where it was not."""

    @property
    def state(self) -> str:
        """Where it stands; only ``sent`` is on the phone."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """What it takes and costs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """The use cases behind the webhooks. False says that the event could be kept nowhere.

    Attributes:
        turn: takes one hop of a session.
        text: takes one text of hers.
        ended: takes the end of a session.
        opt_out: takes a number's wish for no more texts.
        delivery: takes the provider's word on a text of ours.
        thread: tells what a trial phone was sent.
        missed: takes a ring that nobody took.
        seen: takes a sign of life of a line.
        call: takes a word on a call, and says what happens next.
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


def give_events(doors: Doors, channel: Channel, events: Sequence[Event]) -> Answer:
    """Give every event on; one that could not be kept makes the answer a 503, so that the provider comes again."""
    answers = [_give_one(doors, channel, event) for event in events]
    refused = [answer for answer in answers if answer.status != 200]  # noqa: PLR2004
    return (refused or answers or [Answer(body=channel.contract.received)])[-1]


def _give_one(doors: Doors, channel: Channel, event: Event) -> Answer:
    match event:
        case Inbound(kind=Kind.USSD):
            told = doors.turn(event)
            return channel.answer(told.text, ends=told.ends, screen=told.screen, facts=told.facts)
        case ThreadAsked():
            return _answer_thread(doors.thread(event))
        case CallEvent():
            step = doors.call(event)
            return (
                channel.answer_call(step) if isinstance(channel, Calls) else _answer_taken(channel, kept=True)
            )
        case _:
            return _answer_taken(channel, kept=_keep_event(doors, event))


def _keep_event(
    doors: Doors, event: Inbound | Ended | Delivery | OptOut | NotANumber | MissedCall | ChannelSeen
) -> bool:
    """Give on an event that is answered by no more than the word that it was taken."""
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
            pass  # nobody can be answered there
        case _:
            assert_never(event)
    return True


def _answer_taken(channel: Channel, *, kept: bool) -> Answer:
    if kept:
        return Answer(body=channel.contract.received)
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
    """The rest of an address, whatever is in it; it comes after every rule that says more."""

    regex = ".*"
    weight = 1_000
    part_isolating = False


class CountHook(Protocol):
    """Where figures are counted."""

    def add(self, what: str, item: str = "", *, channel: str = "") -> None:
        """Count one."""

    def hear(self, channel: str) -> None:
        """Note that a channel posted something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What the view needs.

    Attributes:
        channels: the configured lines, by name.
        secrets: the live secrets of a line; asked at each post, so it must not wait for anything.
        doors: the use cases behind.
        count: figures.
        clock: the time, for the ids of faults.
        down: what she reads when a turn fails where no use case could say it better.
    """

    channels: Mapping[str, Channel]
    secrets: Callable[[str], Sequence[str]]
    doors: Doors
    count: CountHook
    clock: Clock
    down: str = DOWN


def blueprint(gate: Gate) -> Blueprint:
    """Return the blueprint with the one address of all webhooks."""
    webhooks = Blueprint("webhooks", __name__)
    webhooks.record(_add_rules)

    @webhooks.endpoint("webhooks.receive")
    def receive(channel: str, secret: str, event: str) -> Response:
        return _make_response(_receive_post(gate, channel, secret, event))

    @webhooks.endpoint("webhooks.nowhere")
    def nowhere(rest: str = "") -> Response:  # noqa: ARG001 - the map gives it
        return _make_response(Answer(body="Not found", status=404))

    return webhooks


def _add_rules(state: BlueprintSetupState) -> None:
    state.app.url_map.converters["anything"] = _Anything
    # Added to the map by hand: a rule without methods takes every method, so that each gets its words from the view.
    for path, endpoint in (
        ("/webhooks/<channel>/<secret>/<event>", "receive"),
        ("/webhooks/<anything:rest>", "nowhere"),
    ):
        state.app.url_map.add(Rule(path, endpoint=f"webhooks.{endpoint}", merge_slashes=False))


def _receive_post(gate: Gate, name: str, secret: str, event: str) -> Answer:
    known = name if name in gate.channels else ""
    try:
        channel = _verify_channel(gate, name, secret)
        posted = _verify_signature(gate, channel, event)
        gate.count.hear(name)
        return give_events(gate.doors, channel, channel.parse(posted))
    except NotSigned as error:
        gate.count.add("webhook_refused", error.why, channel=known)
        return Answer(body=str(error), status=401)
    except BadRequest as error:
        gate.count.add("webhook_refused", "field", channel=known)
        return Answer(body=str(error), status=400)
    except Refusal as refusal:
        gate.count.add("webhook_refused", refusal.why, channel=known)
        return refusal.answer
    except Exception as error:  # noqa: BLE001 - a provider must never see a page of ours, nor a phone our fault
        return _answer_fault(gate, error, name, event)


def _verify_channel(gate: Gate, name: str, secret: str) -> Channel:
    channel = gate.channels.get(name)
    if channel is None:
        raise Refusal(404, "Not found", why="channel")
    if not matches_secret(secret, gate.secrets(name)):
        raise Refusal(channel.contract.refusal, "Not found", why="secret")
    return channel


def _verify_signature(gate: Gate, channel: Channel, event: str) -> Request:
    stripped = strip_post(request, channel.contract, event)
    if isinstance(channel, Signed):
        channel.verify(stripped, now=gate.clock.now())
    return stripped


def _answer_fault(gate: Gate, error: Exception, name: str, event: str) -> Answer:
    channel = gate.channels[name]
    kind = event if event in channel.contract.events else "unknown"
    # Neither the exception's words nor a traceback: both can hold what she typed.
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
        return channel.answer(gate.down, ends=True)
    return Answer(body="This cannot be taken now; post it again later.", status=503)


def _make_response(answer: Answer) -> Response:
    response = Response(answer.body, status=answer.status, content_type=answer.content_type)
    response.headers.update(answer.headers)
    response.headers["Cache-Control"] = "no-store"
    return response


# Writes down the addresses that are pasted into a provider's dashboard, and that the trial phones call.


def list_addresses(
    base: str, channels: Mapping[str, Channel], secrets: Callable[[str], Sequence[str]]
) -> dict[str, dict[str, str]]:
    """Return line → event → address, with the newest secret in each."""
    return {
        name: {
            event: make_address(base, name, secrets(name)[0], event)
            for event in sorted(channel.contract.events)
        }
        for name, channel in channels.items()
    }


def make_address(base: str, channel: str, secret: str, event: str) -> str:
    """Return one address."""
    return f"{base}/webhooks/{channel}/{secret}/{event}"
