"""Commands that simulate a phone in the terminal: dial a code, or send a text."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import click

from config import settings as config
from gateway.bootstrap import open_clock
from gateway.channels.contract import NoGateway, NotTaken
from gateway.channels.simulator import ON_THE_PHONE, Handset, HandsetPage, Received
from gateway.cli import phones as cli_phones
from gateway.cli.menus import ask_here, read_sound_menu
from gateway.cli.phones import HELP, DraftPhone, Hand, OpenPhone, Page, write_test
from gateway.domain.events import USSD_LIMITS
from gateway.foundation.phone_numbers import to_e164
from gateway.foundation.services import Services
from gateway.foundation.time_and_chance import Clock
from gateway.menus.authoring.conversation_runner import CODE
from gateway.menus.authoring.graph import find_keys_to_language
from gateway.menus.engine.model import Menu
from gateway.menus.engine.text_size import GSM7, measure_text, split_parts
from gateway.menus.keywords import find_nearest_topics, understand_text
from gateway.storage.live_menus import NoMenu

HERS = "+8562055500001"
ANSWER_SECONDS = 10
NEXT_ANSWER_SECONDS = 0.6

T = TypeVar("T")

_from = click.option(
    "--from", "number", default=HERS, show_default=True, help="The number that the phone has."
)


@click.command()
@click.argument("code")
@click.option(
    "--from",
    "numbers",
    multiple=True,
    default=(HERS,),
    show_default=True,
    help="The number that the phone has; given twice there are two phones, and s takes the other.",
)
@click.option("--keys", help="What to type, hop by hop, with commas between; then stop.")
@click.option("--language", help="Choose this language first: lo, lo-Latn, th, en.")
@click.option("--json", "as_json", is_flag=True, help="Print every page as JSON.")
@click.option(
    "--draft", type=click.Path(path_type=Path), help="Show this folder, unpublished; nothing is recorded."
)
def dial(
    code: str,
    numbers: tuple[str, ...],
    keys: str | None,
    language: str | None,
    as_json: bool,  # noqa: FBT001 - click passes flags so
    draft: Path | None,
) -> None:
    """Dial CODE on a phone of the simulator.

    Besides keys: d drops the session, t lets it time out, r dials again, s switches to the other phone.
    Without --keys
    the input is read from the terminal, and the conversation test of it is printed at the end.
    """
    whole = [_read_number(each) for each in numbers]
    opened = _open_live(code, whole) if draft is None else _open_draft(draft, whole)
    first = find_language_keys(opened.find_menu(), language) if language else []
    typed = iter([*first, *(keys.split(",") if keys else [])])
    asks = keys is None and not as_json
    hand = Hand(opened.phones, code, _list_moments())
    pages = _talk_with(
        lambda: list(_print_pages(hand.type_in(_then_asked(typed) if asks else typed), show=not as_json))
    )
    if as_json:
        several = len(opened.phones) > 1
        click.echo(
            json.dumps([_as_json(each, several=several) for each in pages], ensure_ascii=False, indent=1)
        )
    if asks and any(session.keys for session in hand.walked):
        click.echo(write_test(opened.find_menu(), hand, code, zone=opened.zone), nl=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Phones:
    """The simulated phones and their menu, which is loaded only when its words are needed."""

    phones: Sequence[OpenPhone]
    find_menu: Callable[[], Menu]
    zone: str


def _open_live(code: str, numbers: list[str]) -> _Phones:
    parts, phones = cli_phones.open_handsets(config.from_process(), numbers)
    return _Phones(phones=phones, find_menu=lambda: _find_menu(parts, code), zone=parts.line.zone)


def _open_draft(folder: Path, numbers: list[str]) -> _Phones:
    menu, context, clock = read_sound_menu(folder), ask_here(), open_clock(config.from_process())
    click.echo(f"A draft: {folder}. Nothing is recorded, and every request gets the code {CODE}.", err=True)
    phones = [DraftPhone(menu, number, context, clock) for number in numbers]
    return _Phones(phones=phones, find_menu=lambda: menu, zone=context.zone)


@click.command()
@click.argument("to", metavar="NUMBER")
@click.argument("words")
@_from
@click.option("--channel", help="Let the text come by this line, as its provider would post it.")
@click.option("--explain", is_flag=True, help="Print first as what it is understood, and why.")
def text(to: str, words: str, number: str, channel: str | None, explain: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Send WORDS to NUMBER from a phone of the simulator, and print what it answers."""
    chosen = config.from_process()
    parts, phone = cli_phones.open_handset(chosen, _read_number(number))
    if explain:
        click.echo(explain_text(_find_menu(parts, to), words))
    send = (
        phone.text
        if channel is None
        else cli_phones.open_sender(chosen, parts, channel, _read_number(number))
    )
    answers = _talk_with(lambda: _send_text(phone, lambda: send(to, words), Clock()))
    for answer in answers or ():
        count = len(split_parts(answer.text))
        click.echo(f"--- SMS {count} part{'s' * (count != 1)} {measure_text(answer.text).coding}")
        click.echo(answer.text)
    if answers is None:
        click.echo("Silence, as it should be: the text was taken, and no answer to it was written.")
    elif not answers:
        click.echo(
            f"An answer was written and did not leave within {ANSWER_SECONDS} s: does the worker run? "
            "gateway doctor says.",
            err=True,
        )
        raise SystemExit(1)


def explain_text(menu: Menu, words: str) -> str:
    """Return how a text is understood: by which keyword of which language, and by which rule it matched."""
    match = understand_text(menu, words)
    if match is not None:
        return f"--- understood {match.topic} in {match.language} ({match.why})"
    near = ", ".join(keyword.to for keyword in find_nearest_topics(menu, words)) or "nothing"
    return f"--- understood nothing; nearest: {near}"


def find_language_keys(menu: Menu, tag: str) -> list[str]:
    """Return what to type from the first screen on, so that the texts are in this language.

    Raises:
        click.BadParameter: the menu offers no such language.
    """
    found = find_keys_to_language(menu, tag)
    if found is None:
        raise click.BadParameter(f"the menu has {', '.join(menu.languages)}", param_hint="--language")
    return [key for _screen, key in found]


def format_head(shown: HandsetPage) -> str:
    """Return the line above a page, such as ``--- CON 110/160 gsm7 main``: kind, length, limit, encoding and screen."""
    size = measure_text(shown.text)
    return f"--- {_find_kind(shown)} {size.units}/{_find_limit(size.coding)} {size.coding} {shown.screen}".rstrip()


def _print_pages(pages: Iterator[Page], *, show: bool) -> Iterator[Page]:
    """Print each page as it arrives."""
    for page in pages:
        if show:
            _print_page(page)
        yield page


def _print_page(page: Page) -> None:
    if page.typed:
        click.echo(f"> {page.typed}")
    if page.shown is None:
        click.echo(page.said)
        return
    click.echo(format_head(page.shown))
    click.echo(page.shown.text)


def _as_json(page: Page, *, several: bool) -> dict[str, object]:
    whose = {"from": page.number} if several else {}
    if page.shown is None:
        return {**whose, "typed": page.typed, "kind": "", "text": page.said}
    size = measure_text(page.shown.text)
    return {
        **whose,
        "typed": page.typed,
        "kind": _find_kind(page.shown),
        "units": size.units,
        "limit": _find_limit(size.coding),
        "coding": size.coding,
        "screen": page.shown.screen,
        "text": page.shown.text,
    }


def _list_moments() -> Iterator[datetime]:
    clock = Clock()
    while True:
        yield clock.now()


def _then_asked(typed: Iterator[str]) -> Iterator[str]:
    yield from typed
    click.echo(HELP, err=True)
    while True:
        try:
            answer: str = click.prompt("", prompt_suffix="> ", default="", show_default=False)
        except click.Abort:
            return
        if not answer:
            return
        yield answer


def _send_text(phone: Handset, send: Callable[[], None], clock: Clock) -> list[Received] | None:
    """Send a text and return the replies that arrive in time; None if there will be none.

    A text and its replies are stored in one transaction. A reply that is not stored by then will never come,
    and silence is the right response to STOP.
    """
    known = {each.id for each in phone.written()}
    send()
    until = clock.monotonic() + ANSWER_SECONDS
    answers: list[Received] = []
    while clock.monotonic() < until:
        fresh = [each for each in phone.written() if each.id not in known]
        if not fresh:
            return None
        arrived = [each for each in fresh if each.state == ON_THE_PHONE]
        if arrived and len(arrived) == len(answers):
            break  # no new message since the last poll, so the reply is complete
        answers = arrived
        clock.sleep(NEXT_ANSWER_SECONDS if arrived else 0.2)
    return answers


def _talk_with(work: Callable[[], T]) -> T:
    try:
        return work()
    except NoGateway:
        cli_phones.say_not_running(config.from_process())
        raise
    except NotTaken as error:
        click.echo(f"The gateway did not take it: {error}", err=True)
        raise SystemExit(1) from None


def _find_menu(parts: Services, code: str) -> Menu:
    parts.versions.refresh()
    lines = [each for each in parts.channels.values() if each.config.provider == "simulator"]
    line = next((each for each in lines if code in each.config.service_codes), lines[0])
    try:
        return parts.versions.live(line.config.menu)[1]
    except NoMenu as error:
        click.echo(f"{error}; publish one with gateway menus publish", err=True)
        raise SystemExit(1) from None


def _read_number(written: str) -> str:
    number = to_e164(written)
    if number is None:
        raise click.BadParameter(
            "write the number with its country code, like +8562055500001", param_hint="--from"
        )
    return number


def _find_kind(shown: HandsetPage) -> str:
    return "END" if shown.ends else "CON"


def _find_limit(coding: str) -> int:
    return USSD_LIMITS.gsm7 if coding == GSM7 else USSD_LIMITS.ucs2
