"""Puts the counsellors' pages together."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from flask import Blueprint

from gateway.console import (
    adding,
    aftercare,
    bar,
    callback,
    deeds,
    drafting,
    exporting,
    finding,
    lines,
    one_tap,
    passing,
    queue,
    reading,
    words,
)
from gateway.desk.lists import name_word
from gateway.desk.wordings import word_opener
from gateway.web.languages import language

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.parts import Parts


def naming(parts: Parts) -> Callable[[str, str], str]:
    """Return what gives a code its word: the centre's own rows first, then the catalogues, then the code itself."""

    def of(group: str, code: str) -> str:
        return name_word(parts, group, code, language()) or words.of(group, code)

    return of


def blueprint(parts: Parts) -> Blueprint:
    """Return the pages of the queue and of one callback."""
    pages = Blueprint("console", __name__, template_folder="templates")
    queue.add_to(pages, parts)
    callback.add_to(pages, parts)
    deeds.add_to(pages, parts)
    drafting.add_to(pages, parts)
    passing.add_to(pages, parts)
    aftercare.add_to(pages, parts)
    one_tap.add_to(pages, parts, lambda refusal: deeds.why(parts, refusal))
    exporting.add_to(pages, parts)
    lines.add_to(pages, parts)
    finding.add_to(pages, parts)
    adding.add_to(pages, parts)
    reading.add_to(pages, parts)
    bar.add_to(pages, parts)
    pages.app_context_processor(lambda: {"of": naming(parts), "opener": partial(word_opener, parts)})
    return pages
