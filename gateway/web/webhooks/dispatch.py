"""Gives each event to the use case it is for, and says what goes back to the provider."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, assert_never

from gateway.channels.contract import Answer, Calls, Channel
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
