"""Checks of a built menu, listed and run in order: one module a subject, each check a small pure function."""

from collections.abc import Callable, Iterator

from gateway.menus.authoring.checks import characters, facts, languages, lengths, reach, reviewed, safety
from gateway.menus.authoring.checks.context import CheckContext, Places, Subject
from gateway.menus.authoring.graph import Declared
from gateway.menus.authoring.pages import cut_menu
from gateway.menus.authoring.passages import Reviews
from gateway.menus.authoring.problems import Problem
from gateway.menus.engine.model import Menu

__all__ = ["CheckContext", "Places", "Subject", "run_checks"]


Proof = Callable[[Subject], Iterator[Problem]]

FAMILIES: tuple[Proof, ...] = (
    reach.unreachable,
    reach.loop_no_exit,
    reach.no_way_back,
    reach.danger_far,
    lengths.pages_fit,
    lengths.long_screen,
    lengths.messages_fit,
    lengths.texts_fit,
    lengths.first_screen_is_plain,
    lengths.typography,
    characters.lookalike,
    characters.legacy_font,
    characters.keyword_shadowed,
    facts.figure_in_text,
    facts.figure_with_unit,
    languages.check_emoji,
    characters.leftover,
    facts.fact_expired,
    facts.sister_left_behind,
    languages.text_missing,
    languages.path_missing,
    languages.find_untranslated,
    languages.find_copied,
    safety.number_without_country,
    reviewed.find_unreviewed,
    reviewed.translation_stale,
    reviewed.translation_unmarked,
    reviewed.review_in_future,
    languages.placeholders_differ,
    languages.wrong_script,
    safety.danger_not_asked,
    safety.danger_number_hidden,
    safety.danger_misled,
    facts.wrong_fact,
    safety.consent_before_number,
    safety.refusal_has_its_deed,
    safety.find_missing_settings,
    safety.window_never_staffed,
    safety.hours_typed,
    safety.hours_told,
    reviewed.key_moved,
)


def run_checks(
    menu: Menu,
    places: Places,
    asked: CheckContext,
    *,
    reviews: Reviews | None = None,
    declared: Declared | None = None,
) -> list[Problem]:
    """Return every problem that the checks find in a built menu."""
    cut = cut_menu(menu, asked.limits, asked.settings)
    subject = Subject(menu, asked, places, reviews or Reviews(), cut, declared or Declared())
    return [problem for proof in FAMILIES for problem in proof(subject)]
