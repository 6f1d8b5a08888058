"""The pages of the phone; they exist only where whoever runs the server lets them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, abort, jsonify, render_template, request

from gateway.catalogue.written import write
from gateway.phone.lines import TrialLine, trial_line
from gateway.phone.source import written
from gateway.phone.walked import NotAWalk, read_walk
from gateway.phone.words import words
from gateway.versions import NoMenu
from gateway.web.guard import anyone

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flask import Response

    from gateway.parts import Parts

NUMBERS = ("+8562055500001", "+8562055500002")
NOT_FOUND, UNREADABLE = 404, 422


def blueprint(parts: Parts, secrets: Callable[[str], Sequence[str]], on: bool) -> Blueprint:  # noqa: FBT001 - a switch
    """Return the pages of the phone.

    Args:
        parts: of the house.
        secrets: the live secrets of a line's webhook, newest first.
        on: whether the phone is served; off, there is nothing at its addresses.
    """
    pages = Blueprint("phone", __name__, url_prefix="/phone", template_folder="templates")
    if on:
        _add_phone(pages, parts, secrets)
        _add_source(pages, parts)
        _add_test(pages, parts, secrets)
    return pages


def _add_phone(pages: Blueprint, parts: Parts, secrets: Callable[[str], Sequence[str]]) -> None:
    @pages.get("/")
    @anyone
    def phone() -> str:
        line = trial_line(parts.channels, secrets)
        return render_template("phone/phone.html", line=line, numbers=NUMBERS, words=words())


def _add_source(pages: Blueprint, parts: Parts) -> None:
    @pages.get("/yaml/<version>/<screen>")
    @anyone
    def source(version: str, screen: str) -> str:
        found = written(parts, version, screen)
        if found is None:
            abort(NOT_FOUND)
        return render_template("phone/source.html", found=found, screen=screen)


def _add_test(pages: Blueprint, parts: Parts, secrets: Callable[[str], Sequence[str]]) -> None:
    @pages.post("/test")
    @anyone
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
