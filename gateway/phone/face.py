"""The pages of the phone; they exist only where whoever runs the server lets them."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, jsonify, redirect, render_template, request

from gateway.access import Permission, permit
from gateway.catalogue.language_keys import keys_to_languages
from gateway.catalogue.written import write
from gateway.outages import KINDS
from gateway.phone import around
from gateway.phone.draft import VERSION, DraftFolder
from gateway.phone.draft_pages import NUMBERS, add_draft
from gateway.phone.lines import TrialLine, trial_line
from gateway.phone.source import find_written, written
from gateway.phone.time_travel import NoSuchTime, wished
from gateway.phone.walked import NotAWalk, read_walk
from gateway.phone.words import words
from gateway.versions import NoMenu
from gateway.web.forms import field
from gateway.web.guard import actor, anyone

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from flask import Response
    from flask.typing import ResponseReturnValue
    from werkzeug.wrappers import Response as Answer

    from gateway.outages import Outages
    from gateway.parts import Parts

    View = Callable[..., ResponseReturnValue]
    Shows = Callable[[View], View]

NOT_FOUND, UNREADABLE, SEE_OTHER = 404, 422, 303


def blueprint(
    parts: Parts,
    secrets: Callable[[str], Sequence[str]],
    on: bool,  # noqa: FBT001 - a switch
    outages: Outages | None = None,
    *,
    menus: Path,
    guarded: bool = False,
) -> Blueprint:
    """Return the pages of the phone.

    Args:
        parts: of the house.
        secrets: the live secrets of a line's webhook, newest first.
        on: whether the phone is served; off, there is nothing at its addresses.
        outages: what may be put out of order from here; None where a real phone could be reached.
        menus: the folder that is seen as a draft before it is published.
        guarded: there is an account, so only a signed-in administrator gets to the pages.
    """
    shows = _administrators if guarded else anyone
    pages = Blueprint("phone", __name__, url_prefix="/phone", template_folder="templates")
    if on:
        folder = DraftFolder(parts, menus)
        _add_phone(pages, parts, secrets, outages, shows)
        _add_source(pages, parts, folder, shows)
        _add_test(pages, parts, secrets, shows)
        add_draft(pages, parts, folder, lambda: trial_line(parts.channels, secrets), shows)
    if on and outages is not None:
        _add_outages(pages, parts, outages, shows)
    return pages


def _administrators(view: View) -> View:
    """Mark a view that only who drafts menus may see; whoever is not signed in never gets here."""

    @wraps(view)
    def asked(*args: str, **kwargs: str) -> ResponseReturnValue:
        permit(actor(), Permission.DRAFT_MENUS)
        return view(*args, **kwargs)

    return asked


def _add_phone(
    pages: Blueprint,
    parts: Parts,
    secrets: Callable[[str], Sequence[str]],
    outages: Outages | None,
    shows: Shows,
) -> None:
    def shown(wrong: str = "") -> str:
        line = trial_line(parts.channels, secrets)
        return render_template(
            "phone/phone.html",
            line=line,
            numbers=NUMBERS,
            words=words(),
            around=around.state(parts, outages, _name_of(line)),
            zone=parts.line.zone,
            languages_of=_languages(parts, line),
            wrong=wrong,
            draft=None,
        )

    @pages.get("/")
    @shows
    def phone() -> str:
        return shown()

    @pages.post("/state")
    @shows
    def state() -> Response:
        line = trial_line(parts.channels, secrets)
        return jsonify(around.state(parts, outages, _name_of(line), field("number")))

    if parts.clock.is_moved_by_tests:
        _add_clock(pages, parts, shown, shows)


def _add_clock(pages: Blueprint, parts: Parts, shown: Callable[[str], str], shows: Shows) -> None:
    @pages.post("/clock")
    @shows
    def clock() -> Answer | tuple[str, int]:
        now = parts.clock.now()
        here, real = now.astimezone(ZoneInfo(parts.line.zone)), now - parts.clock.moved_by
        try:
            parts.clock.move(wished(field("to"), field("at"), now=here, real=real))
        except NoSuchTime:
            return shown(words()["no_time"]), UNREADABLE
        return redirect("/phone/", SEE_OTHER)


def _add_outages(pages: Blueprint, parts: Parts, outages: Outages, shows: Shows) -> None:
    @pages.post("/outage")
    @shows
    def outage() -> Answer:
        kind = field("kind")
        if kind not in KINDS:
            abort(NOT_FOUND)
        if field("on") == "yes":
            outages.begin(kind, now=parts.clock.now())
        else:
            outages.end(kind)
        return redirect("/phone/", SEE_OTHER)


def _add_source(pages: Blueprint, parts: Parts, folder: DraftFolder, shows: Shows) -> None:
    @pages.get("/yaml/<version>/<screen>")
    @shows
    def source(version: str, screen: str) -> str:
        is_draft = version == VERSION
        found = find_written(folder.read().files, screen) if is_draft else written(parts, version, screen)
        if found is None:
            abort(NOT_FOUND)
        return render_template("phone/source.html", found=found, screen=screen)


def _add_test(pages: Blueprint, parts: Parts, secrets: Callable[[str], Sequence[str]], shows: Shows) -> None:
    @pages.post("/test")
    @shows
    def test() -> Response | tuple[Response, int]:
        line = trial_line(parts.channels, secrets)
        try:
            walk = read_walk(request.form.get("walk", ""), at=parts.clock.now())
            menu = parts.versions.live(_menu_of(line))[1]
        except (NotAWalk, NoMenu) as error:
            return jsonify({"error": str(error)}), UNREADABLE
        saved = write(menu, walk, zone=parts.line.zone)
        return jsonify({"text": saved.text, "differences": saved.differences})


def _menu_of(line: TrialLine | None) -> str:
    return line.config.menu if line else ""


def _name_of(line: TrialLine | None) -> str:
    return line.config.name if line else ""


def _languages(parts: Parts, line: TrialLine | None) -> Mapping[str, Mapping[str, object]]:
    """Return the live menu's languages with their names and what a phone types to reach each; none without a menu."""
    try:
        menu = parts.versions.live(_menu_of(line))[1]
    except NoMenu:
        return {}
    return {
        tag: {"name": menu.languages[tag], "typed": typed} for tag, typed in keys_to_languages(menu).items()
    }
