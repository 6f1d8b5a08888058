"""Write a session from the simulator as an author's conversation test."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.domain.events import USSD_LIMITS, Limits
from gateway.menus.authoring.conversation_files import Case, read_conversations
from gateway.menus.authoring.conversation_runner import (
    CODE,
    Moved,
    Talk,
    list_fields,
    name_of,
    run_conversation,
)
from gateway.menus.authoring.pages import add_pages
from gateway.menus.authoring.problems import Place
from gateway.menus.engine.effects import Effect
from gateway.menus.engine.model import Menu
from gateway.menus.engine.render import list_pages
from gateway.menus.engine.text_breaks import PLACEHOLDER
from gateway.menus.engine.visibility import list_offers
from gateway.menus.engine.wording import fill_template

HER_CODE = "{code}"
"""Placeholder in a walk for the code that the caller was given."""

_PLAIN = re.compile(r"[a-z][a-z_]+", re.ASCII)
_GUESSED = frozenset({"yes", "no", "on", "off", "true", "false", "null"})
_WHY = frozenset({"topic", "danger", "phone_seen", "when", "language", "script", "path"})
"""Fields of a request that a test compares; the others follow from the menu."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """One session as it was walked in the simulator.

    Attributes:
        it: title of the test, in the author's words.
        number: the phone's number.
        at: when it began.
        dial: the code dialled.
        keys: inputs, in order.
        seen: ids of the screens shown, the first included; empty where not recorded.
        language: stored language of the caller at the dial.
        script: stored language tag of the texts.
        offers: windows on offer.
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
class WrittenConversation:
    """The test as YAML, and the reasons why it would fail; empty where it passes."""

    text: str
    differences: tuple[str, ...] = ()


def write_conversation(
    menu: Menu, walk: Walk, *, zone: str, limits: Limits = USSD_LIMITS
) -> WrittenConversation:
    """Write the walk as a test, and run it once.

    Pages are cut as tests cut them: with the longest values, not with those of one server.
    """
    tested = add_pages(menu, (limits,))
    talk = Talk(tested, _write_case(walk), zone=zone, limits=limits)
    moved = list(_list_moves(talk, walk))
    text = "\n".join(
        [
            *_write_head(menu, walk, zone),
            *(_write_line(tested, walk, at, each, limits) for at, each in enumerate(moved)),
            "",
        ]
    )
    cases, problems = read_conversations({"saved.yaml": text.encode("utf-8", "replace")}, zone)
    failed = [
        each.message
        for case in cases
        for each in run_conversation(tested, case, zone=zone, limits=limits).differences
    ]
    refused = [problem.message for problem in problems]
    return WrittenConversation(text, (*refused, *failed, *_list_departures(walk, moved)))


def _list_moves(talk: Talk, walk: Walk) -> Iterator[Moved]:
    for sent in (None, *walk.keys):
        moved = talk.move(CODE if sent == HER_CODE else sent)
        if moved is None:
            return
        yield moved


def _list_departures(walk: Walk, moved: Sequence[Moved]) -> Iterator[str]:
    """Yield where the simulator showed another screen than the test will."""
    for number, (seen, each) in enumerate(zip(walk.seen, moved, strict=False), start=1):
        if seen and seen != each.screen:
            yield f"step {number}: the phone showed screen {seen}, the test shows {each.screen}"
            return
    if len(walk.keys) >= len(moved):
        yield f"step {len(moved) + 1}: the session of the test is over by then"


def _write_case(walk: Walk) -> Case:
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


def _write_head(menu: Menu, walk: Walk, zone: str) -> Iterator[str]:
    at = walk.at.astimezone(ZoneInfo(zone))
    yield f"- it: {quote_text(walk.it)}"
    yield f"  from: {quote_text(walk.number)}"
    yield f'  at: "{at:%Y-%m-%d %H:%M}"'
    if walk.language:
        yield f"  language: {quote_text(walk.language)}"
    if walk.script:
        yield f"  script: {quote_text(walk.script)}"
    if walk.offers is not None and walk.offers != list_offers(menu):
        yield f"  offers: [{', '.join(_write_word(each) for each in walk.offers)}]"
    yield "  steps:"


def _write_line(menu: Menu, walk: Walk, at: int, moved: Moved, limits: Limits) -> str:
    sent = walk.keys[at - 1] if at else ""
    did = (
        f"sends: {quote_text(CODE if sent == HER_CODE else sent)}" if at else f"dial: {quote_text(walk.dial)}"
    )
    fields = [
        did,
        f"screen: {_write_word(moved.screen)}",
        f"sees: {quote_text(_write_template(menu, moved, limits))}",
    ]
    if moved.reply.ends:
        fields.append("ends: true")
    if moved.effects:
        fields.append(f"effects: [{', '.join(_write_effect(effect) for effect in moved.effects)}]")
    return f"    - {{{', '.join(fields)}}}"


def _write_template(menu: Menu, moved: Moved, limits: Limits) -> str:
    """Return the page with placeholders instead of values, so that a new value does not break the test."""
    shown = moved.reply.text
    pages = list_pages(menu, moved.session, limits)
    written = "\n".join(piece.text for page in pages for piece in page)
    template = _put_back(shown, written, moved.values)
    return template if fill_template(template, moved.values) == shown else shown


def _put_back(shown: str, written: str, values: Mapping[str, str]) -> str:
    """Return the shown lines as the menu writes them.

    A line is taken from the menu, not made out of the value: an 8 stands in 98, as a key and in figures that are no
    fact as well, and a test with those would break on the day the fact changes.
    """
    of_menu = {fill_template(line, values): line for line in written.split("\n") if PLACEHOLDER.search(line)}
    used = {values.get(name, ""): name for name in PLACEHOLDER.findall(written)}
    longest_first = sorted(filter(None, used), key=len, reverse=True)
    whole = re.compile(rf"(?<!^)(?<![\w.,])(?:{'|'.join(map(re.escape, longest_first))})(?![\w])(?![.,]\d)")
    return "\n".join(
        of_menu[line]
        if line in of_menu
        else whole.sub(lambda found: f"{{{used[found[0]]}}}", line)  # a line that was cut
        if longest_first
        else line
        for line in shown.split("\n")
    )


def _write_effect(effect: Effect) -> str:
    fields = {
        name: value
        for name, value in list_fields(effect).items()
        if name_of(effect) != "callback" or name in _WHY
    }
    if not fields:
        return name_of(effect)
    written = ", ".join(f"{name}: {_write_word(value)}" for name, value in fields.items())
    return f"{{{name_of(effect)}: {{{written}}}}}"


def _write_word(text: str) -> str:
    return text if _PLAIN.fullmatch(text) and text not in _GUESSED else quote_text(text)


def quote_text(text: str) -> str:
    """Return the text in double quotes of YAML; invisible characters are escaped."""
    return "".join(
        each if each.isprintable() else f"\\U{ord(each):08x}" for each in json.dumps(text, ensure_ascii=False)
    )
