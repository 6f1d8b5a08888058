"""Proofs of the numbers for danger: each stands beside its country, and none is a screen too far."""

from collections.abc import Iterator

from gateway.catalogue.problems import Problem
from gateway.catalogue.proofs.asked import Subject
from gateway.catalogue.texts import Written, names_unknown, of_screen, written
from gateway.engine.cuts import PLACEHOLDER
from gateway.engine.facts import named
from gateway.engine.menu import LINE_PLACEHOLDERS, Condition, Form, Information, Menu, Question, page_key
from gateway.engine.showing import PLAIN
from gateway.messages import Limits

_MESSAGES = "messages"
_DANGER = "danger"
_POLICE = "police"
"""How the last part of a fact's name begins that is the number of the police."""

_UNCUT = frozenset({""})
"""What is shown on a page that could not be cut, which is told elsewhere."""


def number_without_country(subject: Subject) -> Iterator[Problem]:
    """A short number means another office, or none, across the border: its country is named in the same text.

    On a screen that only callers of that country see nothing else can be meant; a text message may be read anywhere.
    """
    countries = subject.declared.countries
    for one in written(subject.menu):
        only_for = _only_for(subject.menu, one)
        for language, words in one.text.items():
            plain = PLACEHOLDER.sub(" ", words).casefold()
            for fact in dict.fromkeys(PLACEHOLDER.findall(words)):
                country = country_of(fact)
                names = countries.get(country, {}).get(language, ())
                if fact not in danger_facts(subject.menu) or not names or only_for == (country,):
                    continue
                if not any(name.casefold() in plain for name in names):
                    yield subject.problem(
                        "number-without-country",
                        (*one.path, language),
                        f"{{{fact}}} stands without its country",
                        f"write '{names[0]}' before the number",
                        screen=one.screen,
                        language=language,
                        about=f"{{{fact}}}",
                    )


def danger_not_asked(subject: Subject) -> Iterator[Problem]:
    """The form asks first whether she is in danger: numbers of help stand before any question for data."""
    menu = subject.menu
    for name, screen in menu.screens.items():
        if not isinstance(screen, Form):
            continue
        asked = [menu.screens[each] for each in screen.questions]
        if not asked or not isinstance(asked[0], Question) or asked[0].asks != _DANGER:
            yield subject.problem(
                "danger-not-asked",
                ("screens", name, "questions"),
                f"the form '{name}' does not ask first whether she is in danger",
                "put the question that asks danger at the beginning of questions:",
            )


def danger_number_hidden(subject: Subject) -> Iterator[Problem]:
    """Every screen of danger numbers shows one on its first page, and that of the police where there is one."""
    menu = subject.menu
    for name in _number_screens(menu):
        for one in _texts_of(menu, name):
            if names_unknown(menu, one):
                continue  # told where it is written
            wanted = _must_show(menu, one)
            for language in menu.languages:
                if not menu.text(one.text, language):
                    continue
                for limits in subject.asked.limits:
                    shown = _first_page(subject, one, language, limits)
                    lacking = wanted and not (wanted & shown)
                    if shown is not _UNCUT and (lacking or not shown):
                        yield _hidden(subject, one, language, wanted)
                        break


def country_of(fact: str) -> str:
    """Return the country of a fact in two letters, by its name: ``th.phone.police`` is of ``TH``."""
    return fact.partition(".")[0].upper()


def danger_facts(menu: Menu) -> frozenset[str]:
    """Return the facts that the screen of danger numbers names, in whatever language and for whatever country."""
    texts = (words for one in of_screen(menu, menu.sos) for words in one.text.values())
    return frozenset(name for words in texts for name in PLACEHOLDER.findall(words) if name in menu.facts)


def _only_for(menu: Menu, one: Written) -> tuple[str, ...]:
    """Return the countries whose callers alone see a text of a screen; none where anybody may."""
    if "variants" not in one.path or one.path[0] == _MESSAGES:
        return ()
    condition: Condition = menu.screens[one.screen].variants[int(one.path[3])].only_if
    return tuple(condition.get("region", ()))


def _number_screens(menu: Menu) -> Iterator[str]:
    """Yield the screen of danger numbers, and those to which a yes to danger leads if they show numbers too."""
    yield menu.sos
    answers = (
        choice.to
        for screen in menu.screens.values()
        if isinstance(screen, Question) and screen.asks == _DANGER
        for choice in screen.choices
        if choice.answer == "yes"
    )
    for name in dict.fromkeys(answers):
        if name in menu.screens and name != menu.sos and isinstance(menu.screens[name], Information):
            yield name


def _texts_of(menu: Menu, name: str) -> Iterator[Written]:
    """Yield the text of a screen and those of its variants, without its labels."""
    return (one for one in of_screen(menu, name) if "choices" not in one.path)


def _must_show(menu: Menu, one: Written) -> frozenset[str]:
    """Return the numbers of the police of whoever reads this text; she needs one of them."""
    countries = _only_for(menu, one) or tuple({country_of(fact) for fact in danger_facts(menu)})
    return frozenset(
        fact
        for fact in menu.facts
        if country_of(fact) in countries and fact.rpartition(".")[2].startswith(_POLICE)
    )


def _first_page(subject: Subject, one: Written, language: str, limits: Limits) -> frozenset[str]:
    variant = int(one.path[3]) if "variants" in one.path else PLAIN
    pages = subject.cut.pages.get(page_key(limits.name, language, one.screen, variant))
    if not pages:
        return _UNCUT
    texts = [piece.text for piece in pages[0]]
    settings = {name for words in texts for name in PLACEHOLDER.findall(words) if name in LINE_PLACEHOLDERS}
    return frozenset({*named(subject.menu, texts), *settings})


def _hidden(subject: Subject, one: Written, language: str, wanted: frozenset[str]) -> Problem:
    which = " or ".join(f"{{{fact}}}" for fact in sorted(wanted)) or "a number"
    return subject.problem(
        "danger-number-hidden",
        (*one.path, language),
        f"the first page of '{one.screen}' does not show {which}",
        "write it at the beginning of the text",
        screen=one.screen,
        language=language,
    )
