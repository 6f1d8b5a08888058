"""Find the keyword that a text contains: danger words first, then commands, refusals, wishes and topics.

A wish inside a refusal ("do not call me") is a refusal; a wish after a negation ("did not call me") is none.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from gateway.menus.engine.model import Keyword, Menu, Reaction
from gateway.menus.keywords.fuzzy_match import Near, find_near_words
from gateway.menus.keywords.lexicon import COMMANDS, Group, Lexicon, LexiconEntry, Spelling, build_lexicon
from gateway.menus.keywords.phonetic import Bare, find_bare, find_heard_places, find_moved_places
from gateway.menus.keywords.scanned_text import (
    Longer,
    drop_unread,
    is_filled_by,
    read_otherwise,
    strip_copies,
)
from gateway.menus.keywords.script_runs import (
    LAO,
    LONGEST_HEARD,
    LONGEST_TEXT,
    PLAIN,
    THAI,
    Run,
    fold_text,
    split_runs,
)

# Refusals and negations.

MOST_BRIDGES = 8
"""Most words between a negation and its object: I do not want anybody to ever try to - call."""


@dataclass(frozen=True, slots=True)
class Negated:
    """One negation in a run, and the positions its scope can reach.

    Attributes:
        start: position of the negation.
        ends: positions reached over words that may be between.
        refuses: it is a refusal; otherwise it only negates a wish (you did not call me).
        word: letters of the menu's word.
        language: its language tag.
    """

    start: int
    ends: frozenset[int]
    refuses: bool
    word: str
    language: str


def find_negated(lexicon: Lexicon, run: Run, longer: Longer) -> tuple[Negated, ...]:
    """Return the negations of a run, without those inside a longer one."""
    found = [
        (start, end, entry, refuses)
        for group, refuses in ((lexicon.negations, False), (lexicon.refusals, True))
        for start, end, entry in group.places(run)
        if not longer.hold(start, end)
    ]
    return tuple(
        Negated(start, _find_reached(lexicon.bridges, run, end), refuses, entry.letters, entry.language)
        for start, end, entry, refuses in found
        if not any(_lies_in((start, end), other[:2]) for other in found)
    )


def find_refused(lexicon: Lexicon, run: Run, longer: Longer) -> Iterator[tuple[str, str]]:
    """Yield the menu's words by which a run refuses calls, with their language."""
    for negated in find_negated(lexicon, run, longer):
        if negated.refuses:
            for place in sorted(negated.ends):
                for end, entry in lexicon.contact.at(run, place):
                    if not longer.hold(place, end):
                        yield f"{negated.word} {entry.letters}", negated.language


def _find_reached(bridges: Group[LexiconEntry], run: Run, start: int) -> frozenset[int]:
    reached = {start}
    edge = {start}
    for _ in range(MOST_BRIDGES):
        edge = {end for place in edge for end, _ in bridges.at(run, place)} - reached
        if not edge:
            break
        reached |= edge
    return frozenset(reached)


def _lies_in(inner: tuple[int, int], outer: tuple[int, int]) -> bool:
    return outer != inner and outer[0] <= inner[0] and inner[1] <= outer[1]


_SHORT = 3
"""Most words of a text that is a greeting as a whole."""

_SHORTEST = 2
"""Fewest letters of a danger word; skipping shorter runs keeps a text of single letters cheap."""

_RANK = {
    Reaction.REFUSE: 1,
    Reaction.CALL_ME: 2,
    Reaction.SHOW: 3,
    Reaction.LANGUAGE: 4,
    Reaction.HELP: 5,
}
_BY_SOUND, _ONE_OFF, _TWO_OFF = "by its sound", "one letter off", "two letters off"


@dataclass(frozen=True, slots=True)
class Match:
    """The keyword found in a text.

    Attributes:
        keyword: the entry of the menu.
        language: tag of the word's list; the reply is in this language.
        why: the menu's word and how it was found; never the caller's words.
    """

    keyword: Keyword
    language: str
    why: str

    @property
    def topic(self) -> str:
        """The screen it leads to, else the name of its reaction."""
        return find_topic(self.keyword)


def find_topic(keyword: Keyword) -> str:
    """Return the screen that a keyword leads to, else the name of its reaction."""
    return keyword.to or str(keyword.reaction)


@dataclass(frozen=True, slots=True)
class _Hit:
    spelling: Spelling
    run: Run
    at: int
    start: int
    end: int

    @property
    def keyword(self) -> Keyword:
        return self.spelling.keyword

    def lies_in(self, other: "_Hit") -> bool:
        longer = other.end - other.start > self.end - self.start
        return longer and self.at == other.at and other.start <= self.start and self.end <= other.end


_REFUSAL = Keyword(words={}, reaction=Reaction.REFUSE)
"""The match of a text that refuses by its grammar, without a keyword of its own."""


def understand_text(menu: Menu, text: str, language: str = "") -> Match | None:
    """Return the keyword of a text, or None where it contains none.

    Order: danger anywhere in the text, STOP and START where the text is little else, refusal, wish to be called,
    first word with a screen, LANGUAGE, HELP. A word inside a longer word of the menu does not count, except danger.
    Copies of our own texts, addresses and times of day are ignored. Without a whole word, similar words count, except
    for danger, STOP and START.

    Args:
        menu: the version to search.
        text: the text as received.
        language: tag of earlier texts; decides where a word is in several lists.
    """
    lexicon = build_lexicon(menu)
    own = strip_copies(menu, text[:LONGEST_HEARD])
    heard = drop_unread(lexicon, own.words)
    danger = _find_danger_heard(lexicon, heard, language)
    if danger is not None:
        return danger
    ways = (heard, *read_otherwise(heard[:LONGEST_TEXT]))
    found = (_find_command(lexicon, way, language) for way in ways)
    wanted = (_find_wanted(lexicon, way, language) for way in ways)
    nearly_there = (_find_nearest(lexicon, way[:LONGEST_TEXT], language) for way in ways if not own.copied)
    return next((match for match in chain(found, wanted, nearly_there) if match is not None), None)


def find_danger(menu: Menu, text: str, language: str = "") -> Match | None:
    """Return the danger word anywhere in a text, or None."""
    lexicon = build_lexicon(menu)
    heard = drop_unread(lexicon, strip_copies(menu, text[:LONGEST_HEARD]).words)
    return _find_danger_heard(lexicon, heard, language)


def _find_danger_heard(lexicon: Lexicon, heard: str, language: str) -> Match | None:
    """Return the danger word in a text without copies and addresses, or None."""
    ways = (heard, *read_otherwise(heard))
    found = (_find_first(lexicon, _find_dangers(lexicon, way), language) for way in ways)
    return next((match for match in found if match is not None), None)


def is_danger_throughout(menu: Menu, text: str) -> bool:
    """Say whether a text is a danger word from its first letter to its last, so that nothing longer can hide it.

    What ``find_danger`` finds without looking further, for a text that is no copy of ours. No may still be danger.
    """
    lexicon = build_lexicon(menu)
    runs = split_runs(drop_unread(lexicon, text), LONGEST_HEARD)
    return any(
        len(run.letters) >= _SHORTEST
        and (lexicon.danger.list_filling(run) or lexicon.danger_phrases.fills(run))
        for run in runs
    )


def is_keyword_throughout(menu: Menu, text: str, topic: str) -> bool:
    """Say whether a text is a keyword of this topic from its first letter to its last, and nothing in it comes before.

    What ``understand_text`` finds without weighing what else the text holds, for a text that is no copy of ours. No
    may still be this topic.
    """
    lexicon = build_lexicon(menu)
    heard = drop_unread(lexicon, text)
    runs = split_runs(heard)
    if len(runs) != 1 or len(heard) > LONGEST_TEXT or fold_text(heard) != heard or read_otherwise(heard):
        return False
    run = runs[0]
    commands = (each for group in lexicon.commands.values() for each in group.find_inside(run))
    if any(commands) or any(lexicon.refusals.find_inside(run)) or _find_danger_heard(lexicon, heard, ""):
        return False
    hits = [_Hit(each, run, 0, 0, len(run.letters)) for each in lexicon.others.list_filling(run)]
    return bool(hits) and all(_does_count(hit) and find_topic(hit.keyword) == topic for hit in hits)


def find_refusal(menu: Menu, text: str, language: str = "") -> Match | None:
    """Return the refusal of calls in a text, whatever else it says, or None."""
    lexicon = build_lexicon(menu)
    heard = drop_unread(lexicon, strip_copies(menu, text[:LONGEST_HEARD]).words)
    wanted = (_find_wanted(lexicon, way, language) for way in (heard, *read_otherwise(heard[:LONGEST_TEXT])))
    return next((each for each in wanted if each and each.keyword.reaction is Reaction.REFUSE), None)


def _find_wanted(lexicon: Lexicon, heard: str, language: str) -> Match | None:
    """Return the wish, refusal or topic that a whole word expresses."""
    runs = split_runs(heard[:LONGEST_TEXT])
    longers = [Longer(lexicon, run) for run in runs]
    for run, longer in zip(runs, longers, strict=True):
        for word, tongue in find_refused(lexicon, run, longer):
            return Match(_REFUSAL, tongue, f"{Reaction.REFUSE}: {word}")
    hits = [hit for hit in _find_hits(lexicon, runs, longers) if _does_count(hit)]
    hits = [hit for hit in hits if not _is_negated(lexicon, longers[hit.at], hit)]
    return _find_best(lexicon, hits, language)


def _find_first(lexicon: Lexicon, hits: Iterator[_Hit], language: str) -> Match | None:
    """Return the match at the first position, whatever other words are inside or around it."""

    def order(hit: _Hit) -> tuple[object, ...]:
        return hit.at, hit.start, -hit.end, _rank_strangeness(lexicon.menu, hit.spelling.language, language)

    return _make_match(min(hits, key=order, default=None))


def _make_match(hit: _Hit | None) -> Match | None:
    if hit is None:
        return None
    return Match(hit.keyword, hit.spelling.language, _explain_match(hit.keyword, hit.spelling.word))


def _find_dangers(lexicon: Lexicon, heard: str) -> Iterator[_Hit]:
    """Yield, for each run and danger word, the first position where it occurs."""
    for at, run in enumerate(split_runs(heard, LONGEST_HEARD)):
        if len(run.letters) < _SHORTEST:
            continue
        longer = Longer(lexicon, run)
        for spelling in lexicon.danger.find_inside(run):
            yield from _find_once(spelling, run, at, longer, spelling.places(run))
        yield from _find_phrases(lexicon, run, at, longer)
        for spelling, *place in find_heard_places(lexicon, run):
            yield from _find_once(spelling, run, at, longer, iter([(place[0], place[1])]))
        if run.script in (LAO, THAI):
            bare = Bare(run)
            for spelling in find_bare(lexicon, bare):
                yield from _find_once(spelling, run, at, longer, find_moved_places(spelling, bare))


def _find_phrases(lexicon: Lexicon, run: Run, at: int, longer: Longer) -> Iterator[_Hit]:
    for start, end, spelling in lexicon.danger_phrases.places(run):
        if not longer.hold(start, end):
            yield _Hit(spelling, run, at, start, end)


def _find_once(
    spelling: Spelling, run: Run, at: int, longer: Longer, places: Iterator[tuple[int, int]]
) -> Iterator[_Hit]:
    """Yield the first position that is not inside a longer word."""
    place = next((each for each in places if not longer.hold(*each)), None)
    if place:
        yield _Hit(spelling, run, at, *place)


def _find_command(lexicon: Lexicon, heard: str, language: str) -> Match | None:
    """Return STOP or START where the text contains little else: courtesy, repeats, punctuation."""

    def order(spelling: Spelling) -> tuple[object, ...]:
        return _rank_strangeness(lexicon.menu, spelling.language, language)

    for reaction in COMMANDS:
        found = is_filled_by(heard, lexicon.commands[reaction], lexicon.beside_commands)
        if found and not all(_is_inside_longer(lexicon, heard, entry) for entry in found):
            letters = found[0].letters
            same = [each for each in lexicon.commands[reaction].entries if each.letters == letters]
            best = min(same, key=order)
            return Match(best.keyword, best.language, _explain_match(best.keyword, best.word))
    return None


def _is_inside_longer(lexicon: Lexicon, heard: str, entry: Spelling) -> bool:
    """Say whether a longer word contains the command wherever it occurs: ขอหยุด asks for a day off."""
    return all(Longer(lexicon, run).hold(*place) for run in split_runs(heard) for place in entry.places(run))


def _find_hits(lexicon: Lexicon, runs: tuple[Run, ...], longers: list[Longer]) -> Iterator[_Hit]:
    for at, run in enumerate(runs):
        for start, end, spelling in lexicon.others.places(run):
            if not longers[at].hold(start, end):
                yield _Hit(spelling, run, at, start, end)


def _is_negated(lexicon: Lexicon, longer: Longer, hit: _Hit) -> bool:
    """Say whether a wish to be called follows a negation."""
    if hit.keyword.reaction is not Reaction.CALL_ME:
        return False
    return any(hit.start in each.ends for each in find_negated(lexicon, hit.run, longer))


def _find_best(lexicon: Lexicon, hits: list[_Hit], language: str) -> Match | None:
    whole = [hit for hit in hits if not any(hit.lies_in(other) for other in hits)]
    whole = [
        hit for hit in whole if not any(_is_more_particular(lexicon.menu, other, hit) for other in whole)
    ]

    def order(hit: _Hit) -> tuple[object, ...]:
        strange = _rank_strangeness(lexicon.menu, hit.spelling.language, language)
        return _RANK[hit.keyword.reaction], hit.at, hit.start, -hit.end, strange

    return _make_match(min(whole, key=order, default=None))


def _is_more_particular(menu: Menu, hit: _Hit, other: _Hit) -> bool:
    """Say whether a word names an answer of the subject whose list another word names: a province beside "salary"."""
    answer, listed = menu.screens.get(hit.keyword.to), menu.screens.get(other.keyword.to)
    if answer is None or listed is None or not answer.topic:
        return False
    return answer.informs and not listed.informs and answer.topic == listed.topic


def _find_nearest(lexicon: Lexicon, read: str, language: str) -> Match | None:
    """Return the best similar keyword, unless a longer word with another meaning covers the place."""
    runs = split_runs(read)
    longers = [Longer(lexicon, run) for run in runs]

    def order(near: Near) -> tuple[object, ...]:
        strange = _rank_strangeness(lexicon.menu, near.language, language)
        return near.edits, _RANK[near.keyword.reaction], -near.length, near.at, near.start, strange

    close = (
        each
        for each in find_near_words(lexicon.menu, read)
        if not longers[each.at].cover(each.start, each.start + each.length)
    )
    best = min(close, key=order, default=None)
    if best is None:
        return None
    if best.keyword.reaction is Reaction.CALL_ME:
        for negated in find_negated(lexicon, runs[best.at], longers[best.at]):
            if best.start in negated.ends:
                return Match(_REFUSAL, best.language, f"refuse: {negated.word}") if negated.refuses else None
    how = (_BY_SOUND, _ONE_OFF, _TWO_OFF)[best.edits]
    return Match(best.keyword, best.language, f"{_explain_match(best.keyword, best.word)}, {how}")


def _does_count(hit: _Hit) -> bool:
    """Say whether a greeting is nearly all of the text: a longer text should be read by staff."""
    if hit.keyword.reaction is not Reaction.HELP:
        return True
    run, length = hit.run, hit.end - hit.start
    if not (run.first and run.last):
        return len(run.letters) == length
    return run.words() <= _SHORT if run.script == PLAIN else len(run.letters) <= 2 * length


def _rank_strangeness(menu: Menu, tag: str, language: str) -> tuple[bool, bool, int]:
    """Rank the lists of a word: the caller's language first, then the language that others fall back to."""
    return (
        tag != language,
        bool(menu.fallback.get(tag)),
        list(menu.languages).index(tag) if tag in menu.languages else len(menu.languages),
    )


def _explain_match(keyword: Keyword, word: str) -> str:
    return f"{'danger' if keyword.danger else keyword.reaction}: {word}"
