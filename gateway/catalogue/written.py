"""Writes a walk through the menu down as an author's conversation, so that what was tried once is tried for ever."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.catalogue.conversations import Case, read
from gateway.catalogue.pages import with_pages
from gateway.catalogue.problems import Place
from gateway.catalogue.tests import CODE, Moved, Talk, fields_of, name_of, run
from gateway.engine.cuts import PLACEHOLDER
from gateway.engine.effects import Effect
from gateway.engine.hours import offers_in
from gateway.engine.menu import Menu
from gateway.engine.render import as_text
from gateway.engine.shown import pages_of
from gateway.engine.values import fill
from gateway.messages import USSD_LIMITS, Limits

HER_CODE = "{code}"
"""What stands in a walk where she typed the code that she had been told."""

_PLAIN = re.compile(r"[a-z][a-z_]+", re.ASCII)
_GUESSED = frozenset({"yes", "no", "on", "off", "true", "false", "null"})
_WHY = frozenset({"topic", "danger", "phone_seen", "when", "language", "script", "path"})
"""Of a request, what an author looks at; the rest follows from the texts of the menu."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """One session as it was walked on a phone.

    Attributes:
        it: what it shows, in the author's words.
        number: of the phone.
        at: when it began.
        dial: the code that was dialled.
        keys: what was sent, in order.
        seen: the screens that were shown, the first one included; empty where nobody noted them.
        language: what was remembered of her when she dialled.
        script: likewise.
        offers: the windows that were offered.
    """

    it: str
    number: str
    at: datetime
    dial: str
    keys: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    language: str = ""
    script: str = ""
    offers: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """The conversation, and in words what keeps it from being a test of what was walked; none where it passes."""

    text: str
    differences: tuple[str, ...] = ()


def write(menu: Menu, walk: Walk, *, zone: str, limits: Limits = USSD_LIMITS) -> Written:
    """Write the walk as the tests of a folder would see it, and run it once.

    Pages are cut as those tests cut them: with the longest values, not with those of one server.
    """
    tested = with_pages(menu, (limits,))
    talk = Talk(tested, _case(walk), zone=zone, limits=limits)
    moved = list(_moves(talk, walk))
    text = "\n".join(
        [
            *_head(menu, walk, zone),
            *(_line(tested, walk, at, each, limits) for at, each in enumerate(moved)),
            "",
        ]
    )
    cases, problems = read({"saved.yaml": text.encode("utf-8", "replace")}, zone)
    failed = [
        each.message for case in cases for each in run(tested, case, zone=zone, limits=limits).differences
    ]
    refused = [problem.message for problem in problems]
    return Written(text, (*refused, *failed, *_otherwise(walk, moved)))


def _moves(talk: Talk, walk: Walk) -> Iterator[Moved]:
    for sent in (None, *walk.keys):
        moved = talk.move(CODE if sent == HER_CODE else sent)
        if moved is None:
            return
        yield moved


def _otherwise(walk: Walk, moved: Sequence[Moved]) -> Iterator[str]:
    """Say where the phone stood elsewhere than the test will."""
    for number, (seen, each) in enumerate(zip(walk.seen, moved, strict=False), start=1):
        if seen and seen != each.screen:
            yield f"step {number}: the phone showed screen {seen}, the test shows {each.screen}"
            return
    if len(walk.keys) >= len(moved):
        yield f"step {len(moved) + 1}: the session of the test is over by then"


def _case(walk: Walk) -> Case:
    region = "LA" if walk.number.startswith("+856") else "TH" if walk.number.startswith("+66") else ""
    return Case(
        it=walk.it,
        place=Place(),
        at=walk.at.replace(second=0, microsecond=0),
        region=region,
        language=walk.language,
        script=walk.script,
        offers=walk.offers,
    )


def _head(menu: Menu, walk: Walk, zone: str) -> Iterator[str]:
    at = walk.at.astimezone(ZoneInfo(zone))
    yield f"- it: {quoted(walk.it)}"
    yield f"  from: {quoted(walk.number)}"
    yield f'  at: "{at:%Y-%m-%d %H:%M}"'
    if walk.language:
        yield f"  language: {quoted(walk.language)}"
    if walk.script:
        yield f"  script: {quoted(walk.script)}"
    if walk.offers is not None and walk.offers != offers_in(menu):
        yield f"  offers: [{', '.join(_word(each) for each in walk.offers)}]"
    yield "  steps:"


def _line(menu: Menu, walk: Walk, at: int, moved: Moved, limits: Limits) -> str:
    sent = walk.keys[at - 1] if at else ""
    did = f"sends: {quoted(CODE if sent == HER_CODE else sent)}" if at else f"dial: {quoted(walk.dial)}"
    fields = [did, f"screen: {_word(moved.screen)}", f"sees: {quoted(_template(menu, moved, limits))}"]
    if moved.reply.ends:
        fields.append("ends: true")
    if moved.effects:
        fields.append(f"effects: [{', '.join(_effect(effect) for effect in moved.effects)}]")
    return f"    - {{{', '.join(fields)}}}"


def _template(menu: Menu, moved: Moved, limits: Limits) -> str:
    """Return the page with placeholders where its text has them, so that a new value does not break the test."""
    shown = as_text(moved.reply)
    pages = pages_of(menu, moved.session, limits)
    raw = "\n".join(piece.text for page in pages for piece in page)
    values = {name: moved.values.get(name, "") for name in PLACEHOLDER.findall(raw)}
    template = _put_back(shown, values)
    return template if fill(template, moved.values) == shown else shown


def _put_back(shown: str, values: Mapping[str, str]) -> str:
    names = {value: name for name, value in values.items() if value}
    if not names:
        return shown
    longest_first = sorted(names, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, longest_first)), lambda found: f"{{{names[found[0]]}}}", shown)


def _effect(effect: Effect) -> str:
    fields = {
        name: value
        for name, value in fields_of(effect).items()
        if name_of(effect) != "callback" or name in _WHY
    }
    if not fields:
        return name_of(effect)
    written = ", ".join(f"{name}: {_word(value)}" for name, value in fields.items())
    return f"{{{name_of(effect)}: {{{written}}}}}"


def _word(text: str) -> str:
    return text if _PLAIN.fullmatch(text) and text not in _GUESSED else quoted(text)


def quoted(text: str) -> str:
    """Return the text in the double quotes of YAML; what cannot be seen is escaped."""
    return "".join(
        each if each.isprintable() else f"\\U{ord(each):08x}" for each in json.dumps(text, ensure_ascii=False)
    )
