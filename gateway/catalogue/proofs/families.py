"""The families of proofs, run one after the other."""

from collections.abc import Callable, Iterator

from gateway.catalogue.declared import Declared
from gateway.catalogue.nodes import Places
from gateway.catalogue.pages import cut_menu
from gateway.catalogue.problems import Problem
from gateway.catalogue.proofs import (
    beside,
    danger,
    emoji,
    facts,
    languages,
    leftovers,
    lengths,
    moved,
    reach,
    reviewed,
    safety,
    same,
    scripts,
    sisters,
    words,
)
from gateway.catalogue.proofs.asked import Asked, Subject
from gateway.catalogue.reviews import Reviews
from gateway.engine.menu import Menu

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
    words.lookalike,
    words.legacy_font,
    words.keyword_shadowed,
    facts.figure_in_text,
    facts.figure_with_unit,
    emoji.emoji,
    leftovers.leftover,
    facts.fact_expired,
    sisters.sister_left_behind,
    languages.text_missing,
    languages.path_missing,
    languages.untranslated,
    danger.number_without_country,
    reviewed.unreviewed,
    reviewed.translation_stale,
    reviewed.translation_unmarked,
    reviewed.review_in_future,
    same.placeholders_differ,
    scripts.wrong_script,
    danger.danger_not_asked,
    danger.danger_number_hidden,
    beside.wrong_fact,
    safety.consent_before_number,
    safety.refusal_has_its_deed,
    safety.setting_missing,
    safety.window_never_staffed,
    safety.hours_typed,
    safety.hours_told,
    moved.key_moved,
)


def prove(
    menu: Menu,
    places: Places,
    asked: Asked,
    *,
    reviews: Reviews | None = None,
    declared: Declared | None = None,
) -> list[Problem]:
    """Return every problem that the proofs find in a menu that was built."""
    cut = cut_menu(menu, asked.limits, asked.settings)
    subject = Subject(menu, asked, places, reviews or Reviews(), cut, declared or Declared())
    return [problem for proof in FAMILIES for problem in proof(subject)]
