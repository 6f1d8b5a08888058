"""Serves the simulator on unpublished menus: the menus folder, and each draft of the database."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from flask import Response, abort, jsonify, render_template, request

from gateway.channels.contract import Channel, ChannelConfig
from gateway.channels.simulator import FACTS, SCREEN
from gateway.foundation.phone_numbers import to_e164
from gateway.menus.authoring.conversation_writer import write_conversation
from gateway.menus.authoring.graph import find_keys_to_languages
from gateway.operations.publishing import draft_checks, menu_drafts
from gateway.operations.publishing.menu_drafts import UnknownDraft
from gateway.web.shared.auth import anyone, get_actor
from gateway.web.shared.forms import read_field
from gateway.web.simulator import controls
from gateway.web.simulator.controls import list_words
from gateway.web.simulator.draft import (
    MOST_KEYS,
    Draft,
    NoDraft,
    NotAWalk,
    answer_draft,
    find_written,
    read_walk,
)

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue

    from gateway.foundation.services import Services
    from gateway.web.simulator.draft import DraftFolder, StoredDrafts

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


UNREADABLE, NOT_FOUND = 422, 404
NUMBERS = ("+8562055500001", "+8562055500002")
_FOLDER = "/phone/draft"
_FURTHEST_YEAR = 2100


def add_draft(
    pages: Blueprint,
    parts: Services,
    folder: DraftFolder,
    find_line: Callable[[], TrialLine | None],
    shows: Callable[[View], View],
) -> None:
    """Register the page of the menus folder and the addresses its phone posts to.

    Args:
        pages: the simulator's blueprint.
        parts: the services of this process.
        folder: the folder shown.
        find_line: returns the simulator channel whose code is dialled.
        shows: marks a view for everyone who may see the simulator.
    """

    @pages.get("/draft")
    @shows
    def draft() -> str:
        around = controls.gather_state(parts, None, "")
        return _render_phone(parts, folder.read(), find_line(), _FOLDER, around=around)

    @pages.post("/draft/ussd")
    @shows
    def draft_hop() -> ResponseReturnValue:
        return _answer_hop(parts, folder.read())

    @pages.post("/draft/end")
    @shows
    def draft_end() -> str:
        return ""  # no session to end: a hop is computed from the typed keys alone

    @pages.post("/draft/test")
    @shows
    def draft_test() -> ResponseReturnValue:
        return _write_test(parts, folder.read())


def add_stored_drafts(
    pages: Blueprint,
    parts: Services,
    drafts: StoredDrafts,
    find_line: Callable[[], TrialLine | None],
) -> None:
    """Register the phone of each draft of the database: for who works on menus, and for who has a link to it.

    It is there also where the simulator is switched off: nothing of it reaches a caller, or is kept.
    """

    def show(draft_id: str) -> Draft:
        return drafts.show(menu_drafts.read_draft(parts, get_actor(), draft_id))

    def show_linked(token: str) -> Draft:
        return drafts.show(draft_checks.open_draft_link(parts, token))

    _add_stored(pages, parts, find_line, _Door("drafts", show, lambda view: view))
    _add_stored(pages, parts, find_line, _Door("shared", show_linked, anyone))


@dataclass(frozen=True, slots=True)
class _Door:
    """A way to the phone of a draft: what its addresses begin with, what opens it, who may come in."""

    name: str
    show: Callable[[str], Draft]
    shows: Callable[[View], View]

    def open(self, which: str) -> Draft:
        try:
            return self.show(which)
        except UnknownDraft:
            abort(NOT_FOUND)


def _add_stored(
    pages: Blueprint, parts: Services, find_line: Callable[[], TrialLine | None], door: _Door
) -> None:
    def page(which: str) -> str:
        return _render_phone(parts, door.open(which), find_line(), f"/phone/{door.name}/{which}")

    def hop(which: str) -> ResponseReturnValue:
        return _answer_hop(parts, door.open(which))

    def end(which: str) -> str:
        door.open(which)
        return ""

    def test(which: str) -> ResponseReturnValue:
        return _write_test(parts, door.open(which))

    def source(which: str, screen: str) -> str:
        found = find_written(door.open(which).files, screen)
        if found is None:
            abort(NOT_FOUND)
        return render_template(
            "phone/source.html", found=found, screen=screen, back=f"/phone/{door.name}/{which}"
        )

    views: tuple[tuple[str, str, View], ...] = (
        ("GET", "", page),
        ("POST", "/ussd", hop),
        ("POST", "/end", end),
        ("POST", "/test", test),
        ("GET", "/yaml/<screen>", source),
    )
    for method, ending, view in views:
        pages.add_url_rule(
            f"/{door.name}/<which>{ending}",
            f"{door.name}_{view.__name__}",
            door.shows(view),
            methods=[method],
        )


def _render_phone(
    parts: Services,
    draft: Draft,
    line: TrialLine | None,
    base: str,
    *,
    around: Mapping[str, object] | None = None,
) -> str:
    """Return the page of a draft's phone.

    Args:
        parts: the services of this process.
        draft: the draft.
        line: the simulator channel whose code is dialled, if there is one.
        base: what the page's own addresses begin with.
        around: the state of the house around the phones; None to leave it out.
    """
    languages = find_keys_to_languages(draft.menu) if draft.menu else {}
    names = draft.menu.languages if draft.menu else {}
    day = _read_day()
    ending = f"?day={day}" if day else ""
    paths = {"ussd": f"{base}/ussd{ending}", "ussd-end": f"{base}/end"}
    return render_template(
        "phone/phone.html",
        line=TrialLine(config=line.config, paths=paths) if line else None,
        code=line.code if line else find_code(parts),
        paths=paths,
        base=base,
        day=day,
        numbers=NUMBERS,
        words=list_words(),
        around=around,
        zone=parts.line.zone,
        languages_of={tag: {"name": names[tag], "typed": typed} for tag, typed in languages.items()},
        wrong="",
        draft=draft,
        plain=_walk_plain(parts, draft, day),
    )


def find_code(parts: Services) -> str:
    """Return a code that callers of this line dial; a made one where no channel has any."""
    codes = (code for each in parts.channels.values() for code in each.config.service_codes)
    return next(codes, "*123#")


def _walk_plain(parts: Services, draft: Draft, day: date | None) -> Mapping[str, str]:
    """Return what a browser without JavaScript typed into the draft, and the page to which it leads."""
    typed = request.args.get("keys", "")[:MOST_KEYS]
    if draft.menu is None or "keys" not in request.args:
        return {"keys": typed, "text": "", "fault": ""}
    try:
        hop = answer_draft(
            parts, draft, NUMBERS[0], typed.replace(",", "*").split("*") if typed else (), day=day
        )
    except NoDraft:
        return {"keys": typed, "text": "", "fault": "yes"}
    return {"keys": typed, "text": hop.text, "fault": ""}


def _read_day() -> date | None:
    """Return the day of the address on which the draft is dialled; None for today and for what is no day."""
    try:
        day = date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        return None
    return day if day.year <= _FURTHEST_YEAR else None


def _answer_hop(parts: Services, draft: Draft) -> ResponseReturnValue:
    number = to_e164(read_field("phoneNumber"), parts.line.regions)
    typed = request.form.get("text", "")
    if number is None:
        return "the number is no phone number", UNREADABLE
    try:
        hop = answer_draft(parts, draft, number, typed.split("*") if typed else (), day=_read_day())
    except NoDraft as error:
        return str(error), UNREADABLE
    answer = Response(("END " if hop.ends else "CON ") + hop.text, mimetype="text/plain")
    answer.headers[SCREEN] = hop.screen
    answer.headers[FACTS] = json.dumps(hop.facts, separators=(",", ":"))
    return answer


def _write_test(parts: Services, draft: Draft) -> ResponseReturnValue:
    try:
        walk = read_walk(request.form.get("walk", ""), at=parts.clock.now())
    except NotAWalk as error:
        return jsonify({"error": str(error)}), UNREADABLE
    if draft.menu is None:
        return jsonify({"error": "the draft is no menu"}), UNREADABLE
    saved = write_conversation(draft.menu, walk, zone=parts.line.zone)
    return jsonify({"text": saved.text, "differences": saved.differences})
