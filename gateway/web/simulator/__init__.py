"""Serves the simulator, if the settings allow it: a basic phone in the browser that posts to its channel's webhook."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, jsonify, redirect, render_template, request

from gateway.channels.operator_posts import list_dialects
from gateway.domain.permissions import Permission, check_permission
from gateway.foundation.fault_injection import KINDS
from gateway.menus.authoring.conversation_writer import write_conversation
from gateway.menus.authoring.graph import find_keys_to_languages
from gateway.storage.live_menus import NoMenu
from gateway.web.shared.auth import anyone, get_actor
from gateway.web.shared.forms import read_field
from gateway.web.simulator import controls
from gateway.web.simulator.controls import NoSuchTime, find_wished, list_words
from gateway.web.simulator.draft import (
    VERSION,
    DraftFolder,
    NotAWalk,
    StoredDrafts,
    find_source,
    find_written,
    read_walk,
)
from gateway.web.simulator.draft_pages import (
    NUMBERS,
    TrialLine,
    add_draft,
    add_stored_drafts,
    find_trial_channel,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from flask import Response
    from flask.typing import ResponseReturnValue
    from werkzeug.wrappers import Response as Answer

    from gateway.foundation.fault_injection import Outages
    from gateway.foundation.services import Services
    from gateway.operations.publishing.draft_checks import CheckedDrafts

    View = Callable[..., ResponseReturnValue]
    Shows = Callable[[View], View]


__all__ = ["build_blueprint"]


NOT_FOUND, UNREADABLE, SEE_OTHER = 404, 422, 303


def build_blueprint(
    parts: Services,
    secrets: Callable[[str], Sequence[str]],
    on: bool,  # noqa: FBT001 - a switch
    outages: Outages | None = None,
    *,
    menus: Path,
    checks: CheckedDrafts,
    guarded: bool = False,
) -> Blueprint:
    """Return the blueprint of the simulator.

    Args:
        parts: the services of this process.
        secrets: returns the valid webhook secrets of a channel, newest first.
        on: whether the simulator is served; otherwise its paths give 404, but for drafts of the database.
        outages: what can be put out of order; None if a real phone could be reached.
        menus: the folder shown as a draft.
        checks: the checked drafts of this process.
        guarded: a provider account is set, so only signed-in administrators may see the pages.
    """
    shows = _ask_administrator if guarded else anyone
    pages = Blueprint("phone", __name__, url_prefix="/phone", template_folder="templates")
    if on:
        folder = DraftFolder(parts, menus)
        _add_phone(pages, parts, secrets, outages, shows)
        _add_source(pages, parts, folder, shows)
        _add_test(pages, parts, secrets, shows)
        add_draft(pages, parts, folder, lambda: find_trial_channel(parts.channels, secrets), shows)
    add_stored_drafts(
        pages, parts, StoredDrafts(parts, checks), lambda: find_trial_channel(parts.channels, secrets)
    )
    if on and outages is not None:
        _add_outages(pages, parts, outages, shows)
    return pages


def _ask_administrator(view: View) -> View:
    """Mark a view for people who draft menus; the sign-in itself is checked before."""

    @wraps(view)
    def asked(*args: str, **kwargs: str) -> ResponseReturnValue:
        check_permission(get_actor(), Permission.DRAFT_MENUS)
        return view(*args, **kwargs)

    return asked


def _add_phone(
    pages: Blueprint,
    parts: Services,
    secrets: Callable[[str], Sequence[str]],
    outages: Outages | None,
    shows: Shows,
) -> None:
    def shown(wrong: str = "") -> str:
        line = find_trial_channel(parts.channels, secrets)
        return render_template(
            "phone/phone.html",
            line=line,
            numbers=NUMBERS,
            words=list_words(),
            around=controls.gather_state(parts, outages, _name_of(line)),
            zone=parts.line.zone,
            languages_of=_list_languages(parts, line),
            wrong=wrong,
            draft=None,
            dialects=tuple(list_dialects()),
            base="/phone",
            code=line.code if line else "",
            paths=line.paths if line else {},
        )

    @pages.get("/")
    @shows
    def phone() -> str:
        return shown()

    @pages.post("/state")
    @shows
    def state() -> Response:
        line = find_trial_channel(parts.channels, secrets)
        return jsonify(controls.gather_state(parts, outages, _name_of(line), read_field("number")))

    if parts.clock.is_moved_by_tests:
        _add_clock(pages, parts, shown, shows)


def _add_clock(pages: Blueprint, parts: Services, shown: Callable[[str], str], shows: Shows) -> None:
    @pages.post("/clock")
    @shows
    def clock() -> Answer | tuple[str, int]:
        now = parts.clock.now()
        here, real = now.astimezone(ZoneInfo(parts.line.zone)), now - parts.clock.moved_by
        try:
            parts.clock.move(find_wished(read_field("to"), read_field("at"), now=here, real=real))
        except NoSuchTime:
            return shown(list_words()["no_time"]), UNREADABLE
        return redirect("/phone/", SEE_OTHER)


def _add_outages(pages: Blueprint, parts: Services, outages: Outages, shows: Shows) -> None:
    @pages.post("/outage")
    @shows
    def outage() -> Answer:
        kind = read_field("kind")
        if kind not in KINDS:
            abort(NOT_FOUND)
        if read_field("on") == "yes":
            outages.begin(kind, now=parts.clock.now())
        else:
            outages.end(kind)
        return redirect("/phone/", SEE_OTHER)


def _add_source(pages: Blueprint, parts: Services, folder: DraftFolder, shows: Shows) -> None:
    @pages.get("/yaml/<version>/<screen>")
    @shows
    def source(version: str, screen: str) -> str:
        is_draft = version == VERSION
        found = find_written(folder.read().files, screen) if is_draft else find_source(parts, version, screen)
        if found is None:
            abort(NOT_FOUND)
        return render_template("phone/source.html", found=found, screen=screen, back="/phone/")


def _add_test(
    pages: Blueprint, parts: Services, secrets: Callable[[str], Sequence[str]], shows: Shows
) -> None:
    @pages.post("/test")
    @shows
    def test() -> Response | tuple[Response, int]:
        line = find_trial_channel(parts.channels, secrets)
        try:
            walk = read_walk(request.form.get("walk", ""), at=parts.clock.now())
            menu = parts.versions.live(_menu_of(line))[1]
        except (NotAWalk, NoMenu) as error:
            return jsonify({"error": str(error)}), UNREADABLE
        saved = write_conversation(menu, walk, zone=parts.line.zone)
        return jsonify({"text": saved.text, "differences": saved.differences})


def _menu_of(line: TrialLine | None) -> str:
    return line.config.menu if line else ""


def _name_of(line: TrialLine | None) -> str:
    return line.config.name if line else ""


def _list_languages(parts: Services, line: TrialLine | None) -> Mapping[str, Mapping[str, object]]:
    """Return the live menu's languages with their names and the keys that select them; empty without a menu."""
    try:
        menu = parts.versions.live(_menu_of(line))[1]
    except NoMenu:
        return {}
    return {
        tag: {"name": menu.languages[tag], "typed": typed}
        for tag, typed in find_keys_to_languages(menu).items()
    }
