"""Proofs that the languages of one text say the same: the same facts, numbers, codes and days."""

from collections import Counter
from collections.abc import Iterator, Mapping

from gateway.catalogue.graph import callback_path
from gateway.catalogue.problems import Level, Problem
from gateway.catalogue.proofs.asked import Subject
from gateway.catalogue.proofs.facts import find_figure
from gateway.catalogue.texts import Written, names_unknown, written
from gateway.engine.cuts import PLACEHOLDER
from gateway.engine.menu import RESULT_PLACEHOLDERS, Menu

_DANGER = "danger"


def placeholders_differ(subject: Subject) -> Iterator[Problem]:
    """No language of a text lacks a placeholder that the others have, or names another.

    What most languages say is taken as meant; where they are even, what says more: a word is sooner lost than added.
    On the way to danger numbers, a callback or her code it is an error: there one word less can hurt.
    """
    path = frozenset(callback_path(subject.menu))
    for one in written(subject.menu):
        if names_unknown(subject.menu, one):
            continue  # told where it is written
        named = {tag: _named(subject.menu, words) for tag, words in one.text.items() if words}
        meant = _meant(subject.menu, named)
        level = Level.ERROR if _may_hurt(subject.menu, path, one, named) else Level.WARNING
        for language, found in named.items():
            typed = find_figure(one.text[language])
            for odd in sorted(found ^ meant):
                if typed and odd in meant:
                    continue  # a figure stands in its place, and is told as such
                yield _differs(subject, one, language, odd, named, level)


def _named(menu: Menu, words: str) -> frozenset[str]:
    """Return the placeholders of one language; a fact's form for one language counts as the fact itself."""
    return frozenset(_plain(menu, name) for name in PLACEHOLDER.findall(words))


def _plain(menu: Menu, name: str) -> str:
    """Return the fact that ``name_th`` is the Thai form of, if there are both; else the name."""
    stem, _, tag = name.rpartition("_")
    return stem if stem in menu.facts and tag in {each.partition("-")[0] for each in menu.languages} else name


def _meant(menu: Menu, named: Mapping[str, frozenset[str]]) -> frozenset[str]:
    counts = Counter(named.values())
    most = max(counts.values(), default=0)
    likely = [tag for tag, found in named.items() if counts[found] == most]
    likely.sort(key=lambda tag: (-len(named[tag]), len(menu.fallback.get(tag, ()))))
    return named[likely[0]] if likely else frozenset()


def _differs(
    subject: Subject,
    one: Written,
    language: str,
    odd: str,
    named: Mapping[str, frozenset[str]],
    level: Level,
) -> Problem:
    lacks = odd not in named[language]
    others = ", ".join(tag for tag, found in named.items() if (odd in found) == lacks and tag != language)
    what = "lacks" if lacks else "names"
    verb = ("have" if lacks else "do not") if "," in others else ("has" if lacks else "does not")
    return subject.problem(
        "placeholders-differ",
        (*one.path, language),
        f"the {language} text {what} {{{odd}}}, which {others} {verb}",
        f"write {{{odd}}} here too" if lacks else f"delete {{{odd}}}, or write it in every language",
        level=level,
        screen=one.screen,
        language=language,
        about="" if lacks else f"{{{odd}}}",
    )


def _may_hurt(menu: Menu, path: frozenset[str], one: Written, named: Mapping[str, frozenset[str]]) -> bool:
    """Say whether somebody in danger, on her way to a callback or with her code reads this text."""
    screen = menu.screens.get(one.screen)
    near = one.screen in path or (screen is not None and screen.topic == _DANGER)
    told = any(RESULT_PLACEHOLDERS & found for found in named.values())
    return near or told or one.path[0] == "messages"
