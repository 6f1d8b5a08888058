"""The one view to which providers post; whatever happens, it answers in plain text."""

import logging
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from flask import Blueprint, Response, request
from flask.blueprints import BlueprintSetupState
from werkzeug.routing import BaseConverter, Rule

from gateway.channels.contract import Answer, BadRequest, Channel, NotSigned, Request, Signed
from gateway.foundation.clock import Clock
from gateway.foundation.ids import new_id
from gateway.foundation.webhook_secrets import matches_secret
from gateway.web.webhooks.dispatch import Doors, give_events
from gateway.web.webhooks.request_guard import Refusal, strip_post

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
