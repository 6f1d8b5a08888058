"""Serves the counsellors' pages: the queue, a callback, the call and its outcome."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from flask import Blueprint

from gateway.helpdesk.requests.planning import fill_opener
from gateway.helpdesk.staff.centre_lists import name_word
from gateway.web.console import (
    actions,
    add_request,
    call_sheet,
    callback,
    hand_over,
    labels,
    one_tap,
    queue,
    status_bar,
)
from gateway.web.shared.labels import name_detail, name_happening
from gateway.web.shared.languages import get_language

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.foundation.services import Services


__all__ = ["build_blueprint"]


def make_naming(parts: Services) -> Callable[[str, str], str]:
    """Return the function that names a code: by the centre's own lists, then the catalogues, then the code itself."""

    def of(group: str, code: str) -> str:
        return name_word(parts, group, code, get_language()) or labels.find_label(group, code)

    return of


def build_blueprint(parts: Services) -> Blueprint:
    """Return the blueprint of the queue and callback pages."""
    pages = Blueprint("console", __name__, template_folder="templates")
    queue.add_to(pages, parts)
    callback.add_to(pages, parts)
    actions.add_to(pages, parts)
    call_sheet.add_drafts(pages, parts)
    actions.add_transfer(pages, parts)
    callback.add_follow_up(pages, parts)
    one_tap.add_to(pages, parts, lambda refusal: actions.describe_refusal(parts, refusal))
    queue.add_export(pages, parts)
    status_bar.add_channels_page(pages, parts)
    queue.add_search(pages, parts)
    add_request.add_to(pages, parts)
    add_request.add_texts(pages, parts)
    hand_over.add_to(pages, parts)
    status_bar.add_to(pages, parts)
    status_bar.add_confessions(pages, parts)
    pages.app_context_processor(
        lambda: {
            "of": make_naming(parts),
            "name_detail": name_detail,
            "name_happening": name_happening,
            "opener": partial(fill_opener, parts),
        }
    )
    return pages
