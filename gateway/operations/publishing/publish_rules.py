"""Refuses a publish or rollback that moves safety keys, fails a conversation test, or drops a reviewed language."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date

from gateway.domain.events import USSD_LIMITS
from gateway.foundation.services import Services
from gateway.menus.authoring.conversation_files import read_conversations
from gateway.menus.authoring.conversation_runner import run_conversation
from gateway.menus.authoring.differences import (
    describe_moved_key,
    describe_moved_questions,
    find_moved_keys,
    find_moved_questions,
)
from gateway.menus.authoring.pages import add_pages
from gateway.menus.authoring.problems import Problem, show_place
from gateway.menus.engine.model import Fact, Menu
from gateway.menus.engine.offered_languages import list_reviewed
from gateway.operations.publishing.stored import TESTS
from gateway.storage.live_menus import describe_waiting, list_unset


class KeysMoved(Exception):
    """Nothing went live: keys that callers know by heart would do something else."""


def refuse_moved_keys(live: Menu | None, following: Menu | None, *, move_keys: str = "") -> tuple[str, ...]:
    """Refuse a menu in which safety keys do something else than in the live one.

    Args:
        live: the live menu, if any.
        following: the menu to go live; None if this release cannot read it.
        move_keys: the reason why they move; empty if there is none.

    Returns:
        Every key with another meaning, safety key or not, as ``screen: what became of it``.

    Raises:
        KeysMoved: one of them is about danger, consent or another safety answer, and no reason is given.
    """
    if live is None or following is None:
        return ()
    keys = find_moved_keys(live, following)
    forms = [
        f"{each.screen}: {describe_moved_questions(each)}" for each in find_moved_questions(live, following)
    ]
    described = {f"{each.screen}: {describe_moved_key(following, each)}": each.grave for each in keys}
    grave = [*forms, *(line for line, is_grave in described.items() if is_grave)]
    if grave and not move_keys.strip():
        raise KeysMoved(
            "nothing went live: callers press these keys by heart, and they would mean something else.\n"
            + "\n".join(f"  {line}" for line in grave)
            + "\nWhere it is meant, say --move-keys and the reason"
        )
    return (*forms, *described)


# Conversation tests at a publish: they must pass before the menu goes live.


class ConversationFails(Exception):
    """Nothing was published: a conversation test of the folder fails."""


def refuse_failing_conversations(
    menu: Menu, files: Mapping[str, str], zone: str, *, live: Menu | None = None, today: date | None = None
) -> int:
    """Run every conversation test of the folder and return how many there are.

    A test that goes differently only because a fact has a coming value or a new date of its check is no reason to
    refuse: such a test says what is read on a day to come, and facts change by themselves. Another value for today is.

    Args:
        menu: the menu of the folder.
        files: file name → text.
        zone: time zone of the helpline.
        live: the live menu, if any.
        today: the present day; None compares with no live menu.

    Raises:
        ConversationFails: one fails or cannot be read; the message names each with its place.
    """
    written = {name: text.encode() for name, text in files.items() if name.startswith(TESTS)}
    cases, problems = read_conversations(written, zone)
    paged = add_pages(menu, (USSD_LIMITS,))
    failed = [_describe_problem(problem) for problem in problems]
    dated = keep_dates(menu, live, today) if live is not None and today is not None else menu
    undated = add_pages(dated, (USSD_LIMITS,)) if dated is not menu else None
    for case in cases:
        found = run_conversation(paged, case, zone=zone).differences[:1]
        if found and undated is not None and not run_conversation(undated, case, zone=zone).differences:
            continue
        failed += [f"  {case.it}: {show_place(each.place)}: {each.message}" for each in found]
    if failed:
        raise ConversationFails(
            "nothing was published: conversations of the folder fail\n"
            + "\n".join(failed)
            + "\n`gateway menus test` shows them; --untested publishes all the same"
        )
    return len(cases)


def keep_dates(menu: Menu, live: Menu, today: date) -> Menu:
    """Return the menu with the dates and coming values that its facts have in the live one; values of today stay.

    It is the same object where no fact differs so.
    """
    facts = {
        name: _keep_dates_of(fact, live.facts[name], today) if name in live.facts else fact
        for name, fact in menu.facts.items()
    }
    return menu if facts == menu.facts else replace(menu, facts=facts)


def _keep_dates_of(fact: Fact, before: Fact, today: date) -> Fact:
    begun = {each.valid_from: each for each in fact.values if each.valid_from <= today}
    known = {each.valid_from: each for each in before.values}
    kept = {
        day: replace(known[day], value=each.value) if day in known else each for day, each in begun.items()
    }
    coming = {day: each for day, each in known.items() if day > today}
    values = {**kept, **coming}
    return replace(fact, values=tuple(values[day] for day in sorted(values))) if begun else fact


def _describe_problem(problem: Problem) -> str:
    return f"  {show_place(problem.place)}: {problem.message}"


# Reviewed languages: a publish or rollback must not remove one from real channels unless it is named.


class ReviewsLost(Exception):
    """Nothing went live: callers would lose languages that they read now, because their texts are not reviewed."""


def refuse_lost_reviews(
    parts: Services, live: Menu | None, following: Menu | None, *, without: Collection[str] = ()
) -> None:
    """Refuse a menu with fewer reviewed languages than the live one, or one that needs a number that is not set.

    What the live menu lacks already is no reason to refuse: a correction must not wait for unrelated drafts.

    Args:
        parts: the services of this process; without a real channel nothing is refused.
        live: the live menu, if any.
        following: the menu to go live; None if this release cannot read it.
        without: languages that may be lost.

    Raises:
        ReviewsLost: a language would be lost that is not in ``without``.
    """
    real = {line.config.menu for line in parts.channels.values() if line.contract.real}
    if live is None or following is None or following.id not in real:
        return
    closing = [name for name in list_unset(parts, following) if name not in list_unset(parts, live)]
    if closing:
        raise ReviewsLost(
            f"nothing went live: texts name {', '.join(f'{{{name}}}' for name in closing)}, which is not set, and the "
            f"lines that reach real phones would close. Set {', '.join(closing)} under [line] in gateway.toml and "
            "start again, or take it out of the texts"
        )
    remaining = {*list_reviewed(following), *without}
    lost = [language for language in list_reviewed(live) if language not in remaining]
    if lost:
        waiting = "; ".join(describe_waiting(tag, following.waiting.get(tag, ())) for tag in lost)
        names = " ".join(f"--without {language}" for language in lost)
        raise ReviewsLost(
            f"nothing went live: {', '.join(lost)} would leave the lines that reach real phones. {waiting}. "
            f"Let them be read (`gateway menus reviews read`), or say {names}"
        )
