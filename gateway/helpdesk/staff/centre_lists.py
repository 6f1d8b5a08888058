"""Lists the values that forms offer (topics, languages, form fields) and names them in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.domain.contact_safety import When
from gateway.helpdesk.requests.planning import find_menu
from gateway.menus.engine.navigation import OTHER
from gateway.menus.engine.visibility import HOURS, find_window, format_hours

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gateway.foundation.services import Services
    from gateway.menus.engine.model import Menu, Text

_FIXED: Mapping[str, tuple[str, ...]] = {
    "person": ("woman", "man", "other", "not_said"),
    "topics": (),
    "service": ("information", "counselling", "legal_counselling", "referral", "complaint_support"),
    "contact": ("new", "repeat"),
    "age": ("under_18", "18_24", "25_34", "35_49", "over_50"),
    "stage": ("potential", "abroad", "returned", "family"),
    "country": (),
    "sector": (),
    "complaint": (),
    "lodged": (),
    "result": ("pending", "settled", "decided", "withdrawn", "refused"),
    "referred": ("accepted", "refused", "unknown"),
    "currency": (),
}
"""Fields of the statistics form; an empty tuple is filled from the settings or, for topics, from the menus."""

FIELDS = tuple(_FIXED)


def list_words(parts: Services) -> Mapping[str, tuple[str, ...]]:
    """Return the allowed values of each field of the statistics form."""
    found = {name: words or _list_own(parts, name) for name, words in _FIXED.items()}
    return {**found, "topics": list_topics(parts)}


def list_topics(parts: Services) -> tuple[str, ...]:
    """Return the topics of all live menus, and ``other``."""
    words = [word for menu in _list_menus(parts) for word in menu.topics if word != OTHER]
    return (*dict.fromkeys(words), OTHER)


def list_languages(parts: Services) -> Mapping[str, str]:
    """Return language tag → name: the languages of the menus, then those of the settings."""
    spoken = {
        tag: name
        for menu in _list_menus(parts)
        for tag, name in menu.languages.items()
        if tag.partition("-")[0] == tag or tag.partition("-")[0] not in menu.languages
    }
    return {**spoken, **{tag: name for tag, name in parts.desk.languages.items() if tag not in spoken}}


def name_word(parts: Services, group: str, word: str, language: str) -> str:
    """Return the label of a form value in the page's language; empty if it is no longer configured."""
    if group == "topic":
        return _find_first(
            read_text(menu, menu.topics.get(word, {}), language) for menu in _list_menus(parts)
        )
    if group == "language":
        named = (menu.languages.get(word, "") for menu in _list_menus(parts))
        return _find_first((*named, parts.desk.languages.get(word, "")))
    if group == "when":
        return _find_first(_find_window(menu, word, language) for menu in _list_menus(parts))
    if group == "field":
        rows = (menu.fields.get(word) for menu in _list_menus(parts))
        return _find_first(
            read_text(menu, row.label, language)
            for menu, row in zip(_list_menus(parts), rows, strict=True)
            if row
        )
    if group == "tick":
        labels = (rows[word] for rows in parts.desk.lists.values() if word in rows)
        return _find_first(
            label.get(language) or label.get("en") or next(iter(label.values()), "") for label in labels
        )
    if group in ("outcome", "happening") and word in parts.desk.outcomes:
        label = parts.desk.outcomes[word].label
        return label.get(language) or label.get("en") or next(iter(label.values()), "")
    return ""


def name_answers(
    parts: Services, version: str, answers: Mapping[str, str], language: str
) -> tuple[tuple[str, str], ...]:
    """Return the caller's answers to further menu questions as (label, answer) pairs in the reader's language.

    The menu version that the caller saw is searched first; a question that no version knows any more is left out.
    """
    own = parts.versions.get(version) if version else None
    menus = (own, *_list_menus(parts)) if own else _list_menus(parts)
    found = []
    for word, value in answers.items():
        menu = next((menu for menu in menus if word in menu.fields), None)
        if menu is not None:
            label = read_text(menu, menu.fields[word].label, language) or word.replace("_", " ")
            found.append((label, _find_answer(menu, word, value, language) or value))
    return tuple(found)


def _find_answer(menu: Menu, asks: str, value: str, language: str) -> str:
    questions = (each for each in menu.screens.values() if each.get_asked() == asks)
    lines = (choice for question in questions for choice in question.choices if choice.answer == value)
    return _find_first(read_text(menu, choice.label, language) for choice in lines)


def _list_menus(parts: Services) -> tuple[Menu, ...]:
    """Return each live menu once, that of the first channel first."""
    names = dict.fromkeys(
        (*(one.config.menu for one in parts.channels.values()), *sorted(parts.versions.loaded()))
    )
    loaded = parts.versions.loaded()
    found = tuple(parts.versions.live(name)[1] for name in names if name in loaded)
    usual = find_menu(parts)
    return found or ((usual,) if usual else ())


def _list_own(parts: Services, name: str) -> tuple[str, ...]:
    words = tuple(word for word in parts.desk.lists.get(name, {}) if word != OTHER)
    return words if name == "currency" else (*words, OTHER)


def read_text(menu: Menu, text: Text, language: str) -> str:
    """Return a text of a menu in the reader's language, or else in English or the menu's first language."""
    return menu.text(text, language) or text.get("en") or next(iter(text.values()), "")


def _find_window(menu: Menu, word: str, language: str) -> str:
    when = When(word) if When(word).days else menu.windows.get(word, When(word))
    for label in _list_labels(menu, word):
        hours = format_hours(when)
        return read_text(menu, label, language).replace(f"{{{HOURS}}}", hours).strip()
    return ""


def _list_labels(menu: Menu, word: str) -> Iterator[Text]:
    for screen in menu.screens.values():
        asks = screen.get_asked()
        yield from (
            choice.label for choice in screen.choices if find_window(choice, asks) == word and choice.label
        )


def _find_first(names: Iterable[str]) -> str:
    return next((name for name in names if name), "")
