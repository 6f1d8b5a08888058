"""Lists in a text, answered by a number in the next one: the languages, and the topics that come nearest."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.menus.engine import keys
from gateway.menus.engine.model import Choice, Keyword, Menu
from gateway.menus.engine.session import Session
from gateway.menus.engine.text_breaks import split_text
from gateway.menus.engine.text_size import ESCAPE, GSM7_SINGLE, fold, sms_parts
from gateway.menus.engine.visibility import (
    NEVER,
    find_message,
    find_time_questions,
    open_choices,
    option_line,
)

# A text as it goes out by SMS: what it costs in parts, and never more of them than allowed.

MOST_PARTS = 3
"""Parts that an answer may cost; a menu that needs more is refused when it is checked."""


@dataclass(frozen=True, slots=True)
class Sms:
    """A text ready to be sent, and the parts that will be paid for."""

    text: str
    parts: int


def as_sms(text: str, most: int = MOST_PARTS) -> Sms:
    """Return the text as it is sent, shortened at a safe place where a value made it longer than was proved."""
    whole = fold(text.replace(ESCAPE, ""))
    if _count_parts(whole[: most * GSM7_SINGLE + 1]) <= most:
        return Sms(whole, _count_parts(whole))
    first = split_text(whole[: most * GSM7_SINGLE + 1], most, _count_parts)[0].rstrip()
    return Sms(first, _count_parts(first))


def _count_parts(text: str) -> int:
    return len(sms_parts(text))


SCREEN, LANGUAGE = "screen", "language"


def get_wording(menu: Menu, name: str, language: str) -> str:
    """Return a message that is a text of its own, in her language whatever the alphabet costs."""
    return menu.text(menu.messages.get(name, {}), language)


def find_wording(menu: Menu, name: str, session: Session) -> str:
    """Return a message that answers a text, as it is worded for the country that she writes from."""
    return menu.text(find_message(menu, name, session), session.script)


def list_languages(menu: Menu, language: str) -> tuple[str, Mapping[str, str]]:
    """Return the text that lists the languages, with what its numbers stand for.

    The numbers and the wording are those of the first screen, which every phone can show.
    """
    start = menu.screens[menu.start].choices
    lines = {
        choice.key: (choice.script, menu.text(choice.label, language)) for choice in start if choice.script
    }
    if not lines:
        lines = {str(at): each for at, each in enumerate(menu.languages.items(), start=1)}
    shown = [f"{key} {label or menu.languages[tag]}" for key, (tag, label) in lines.items()]
    text = "\n".join(filter(None, (get_wording(menu, "sms_language", language), *shown)))
    return text, {key: f"{LANGUAGE}:{tag}" for key, (tag, _) in lines.items()}


CANNOT, NO_TIME = "sms_form_cannot", "sms_no_time"
"""The messages that answer a wish which cannot be kept: with the times that can, and where there is none."""


def list_kept_times(menu: Menu, session: Session, phone_seen: str) -> tuple[str, str]:
    """Return the message that says which times can be kept now, with its words; nothing where the menu has neither.

    On somebody else's phone only *now* can be kept. The words are empty where the message says it all.
    """
    times = [
        choice
        for choice in _open_times(menu, session)
        if phone_seen != "not_mine" or choice.answer in ("now", NEVER)
    ]
    if menu.messages.get(NO_TIME) and all(choice.answer == NEVER for choice in times):
        return NO_TIME, ""
    above = find_wording(menu, CANNOT, session)
    lines = [option_line(menu, choice, session.script) for choice in times]
    return (CANNOT, "\n".join((above, *lines))) if above and lines else ("", "")


def has_times(menu: Menu, session: Session) -> bool:
    """Say whether any time can be promised now, or the menu has no words to say that none can."""
    times = _open_times(menu, session)
    return not menu.messages.get(NO_TIME) or any(choice.answer != NEVER for choice in times)


def name_open_times(menu: Menu, session: Session) -> Mapping[str, str]:
    """Return what the questions of the callback in one text name: only times that can be promised now."""
    choices = _open_times(menu, session)
    lines = filter(None, (option_line(menu, choice, session.script) for choice in choices))
    first = min(choices, key=lambda choice: choice.answer == NEVER, default=None)
    return {"times": "\n".join(lines), "time": first.key if first else ""}


def _open_times(menu: Menu, session: Session) -> tuple[Choice, ...]:
    asked = find_time_questions(menu)
    return tuple(choice for question in asked for choice in open_choices(menu, session, question))


def list_topics(
    menu: Menu, keywords: tuple[Keyword, ...], language: str, help_text: str
) -> tuple[str, Mapping[str, str]]:
    """Return the help with the nearest topics above it, as far as one text has room for both."""
    listed = {str(at): keyword for at, keyword in enumerate(keywords, start=1)}
    lines = [f"{key} {_find_name(menu, keyword, language)}" for key, keyword in listed.items()]
    text = "\n".join(filter(None, (get_wording(menu, "sms_near", language), *lines, help_text)))
    if not lines or len(sms_parts(text)) > MOST_PARTS:
        return help_text, {}
    return text, {key: f"{SCREEN}:{keyword.to}" for key, keyword in listed.items()}


def find_chosen(listed: Mapping[str, str], key: str, sort: str) -> str:
    """Return what a number of the list stands for, where the list was of this sort."""
    found, _, target = listed.get(key, "").partition(":")
    return target if found == sort else ""


def list_labels(menu: Menu, session: Session | None, listed: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return the labels of what she may choose by its key, in every language of the menu."""
    if listed:
        start = {each.script: tuple(each.label.values()) for each in menu.screens[menu.start].choices}
        tags = {key: find_chosen(listed, key, LANGUAGE) for key in listed}
        return {
            key: (menu.languages[tag], *start.get(tag, ()))
            for key, tag in tags.items()
            if tag in menu.languages
        }
    if session is None or session.ended or session.screen not in menu.screens:
        return {}
    lines = open_choices(menu, session, menu.screens[session.screen])
    ways = {keys.BACK_KEY: "back", keys.HOME: "home", keys.MORE: "more"}
    return {each.key: tuple(each.label.values()) for each in lines} | {
        key: tuple(menu.messages[name].values()) for key, name in ways.items() if name in menu.messages
    }


def _find_name(menu: Menu, keyword: Keyword, language: str) -> str:
    """Return the first word of an entry in her language, or in one that stands in for it."""
    for tag in (language, *menu.fallback.get(language, ()), *keyword.words):
        if keyword.words.get(tag):
            return keyword.words[tag][0]
    return keyword.to
