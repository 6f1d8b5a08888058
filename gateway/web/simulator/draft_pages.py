"""Serves the simulator on the unpublished menus folder, to everyone who may see the simulator."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Response, jsonify, render_template, request

from gateway.channels.contract import Channel, ChannelConfig
from gateway.channels.simulator.channel import FACTS, SCREEN
from gateway.foundation.phone_numbers import to_e164
from gateway.menus.authoring.conversation_writer import write_conversation
from gateway.menus.authoring.declared import find_keys_to_languages
from gateway.web.shared.forms import read_field
from gateway.web.simulator import controls
from gateway.web.simulator.controls import list_words
from gateway.web.simulator.draft import NoDraft
from gateway.web.simulator.saved_walks import NotAWalk, read_walk

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue

    from gateway.foundation.services import Services
    from gateway.web.simulator.draft import DraftFolder

    View = Callable[..., ResponseReturnValue]

# The simulator channel that phones of the page dial.


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialLine:
    """A simulator channel: its configuration, and event → path of its webhook."""

    config: ChannelConfig
    paths: Mapping[str, str]

    @property
    def code(self) -> str:
        """The service code to dial."""
        return next(iter(self.config.service_codes), "*123#")


def find_trial_channel(
    channels: Mapping[str, Channel], secrets: Callable[[str], Sequence[str]]
) -> TrialLine | None:
    """Return the first simulator channel; None if none is configured."""
    for name, channel in channels.items():
        live = secrets(name)
        if channel.contract.shows_facts and live:
            paths = {
                event: f"/webhooks/{name}/{live[0]}/{event}" for event in sorted(channel.contract.events)
            }
            return TrialLine(config=channel.config, paths=paths)
    return None


UNREADABLE = 422
NUMBERS = ("+8562055500001", "+8562055500002")
_PATHS = {"ussd": "/phone/draft/ussd", "ussd-end": "/phone/draft/end"}


def add_draft(
    pages: Blueprint,
    parts: Services,
    folder: DraftFolder,
    find_line: Callable[[], TrialLine | None],
    shows: Callable[[View], View],
) -> None:
    """Register the page of the draft and the addresses its phone posts to.

    Args:
        pages: the simulator's blueprint.
        parts: the services of this process.
        folder: the folder shown.
        find_line: returns the simulator channel whose code is dialled.
        shows: marks a view for everyone who may see the simulator.
    """
    _add_page(pages, parts, folder, find_line, shows)
    _add_session(pages, parts, folder, shows)
    _add_test(pages, parts, folder, shows)


def _add_page(
    pages: Blueprint,
    parts: Services,
    folder: DraftFolder,
    find_line: Callable[[], TrialLine | None],
    shows: Callable[[View], View],
) -> None:
    @pages.get("/draft")
    @shows
    def draft() -> str:
        found, line = folder.read(), find_line()
        languages = find_keys_to_languages(found.menu) if found.menu else {}
        names = found.menu.languages if found.menu else {}
        return render_template(
            "phone/phone.html",
            line=TrialLine(config=line.config, paths=_PATHS) if line else None,
            numbers=NUMBERS,
            words=list_words(),
            around=controls.gather_state(parts, None, ""),
            zone=parts.line.zone,
            languages_of={tag: {"name": names[tag], "typed": typed} for tag, typed in languages.items()},
            wrong="",
            draft=found,
        )


def _add_session(
    pages: Blueprint, parts: Services, folder: DraftFolder, shows: Callable[[View], View]
) -> None:
    @pages.post("/draft/ussd")
    @shows
    def draft_hop() -> ResponseReturnValue:
        number = to_e164(read_field("phoneNumber"), parts.line.regions)
        typed = request.form.get("text", "")
        if number is None:
            return "the number is no phone number", UNREADABLE
        try:
            hop = folder.answer(number, typed.split("*") if typed else ())
        except NoDraft as error:
            return str(error), UNREADABLE
        answer = Response(("END " if hop.ends else "CON ") + hop.text, mimetype="text/plain")
        answer.headers[SCREEN] = hop.screen
        answer.headers[FACTS] = json.dumps(hop.facts, separators=(",", ":"))
        return answer

    @pages.post("/draft/end")
    @shows
    def draft_end() -> str:
        return ""  # no session to end: a hop is computed from the typed keys alone


def _add_test(pages: Blueprint, parts: Services, folder: DraftFolder, shows: Callable[[View], View]) -> None:
    @pages.post("/draft/test")
    @shows
    def draft_test() -> ResponseReturnValue:
        menu = folder.read().menu
        try:
            walk = read_walk(request.form.get("walk", ""), at=parts.clock.now())
        except NotAWalk as error:
            return jsonify({"error": str(error)}), UNREADABLE
        if menu is None:
            return jsonify({"error": "the folder is no menu"}), UNREADABLE
        saved = write_conversation(menu, walk, zone=parts.line.zone)
        return jsonify({"text": saved.text, "differences": saved.differences})
