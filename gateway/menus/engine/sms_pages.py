"""Build the texts of an SMS reply: numbered lists of languages, topics and windows, and the cut to the allowed parts.

A number in the next text chooses from the list. Parts are counted after 3GPP TS 23.040 (concatenated messages), as
operators bill them.
"""

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

# Length of an SMS.

MOST_PARTS = 3
"""Most SMS parts of a reply; a menu that needs more fails its check."""


@dataclass(frozen=True, slots=True)
class Sms:
    """A text ready to send, and its number of billed parts."""

    text: str
    parts: int


def as_sms(text: str, most: int = MOST_PARTS) -> Sms:
    """Return the text as it is sent, cut at a safe place where a value made it longer than was checked."""
    whole = fold(text.replace(ESCAPE, ""))
    if _count_parts(whole[: most * GSM7_SINGLE + 1]) <= most:
        return Sms(whole, _count_parts(whole))
    first = split_text(whole[: most * GSM7_SINGLE + 1], most, _count_parts)[0].rstrip()
    return Sms(first, _count_parts(first))


def _count_parts(text: str) -> int:
    return len(sms_parts(text))


SCREEN, LANGUAGE = "screen", "language"


def get_wording(menu: Menu, name: str, language: str) -> str:
    """Return a message that is a text of its own, in the given language whichever coding it needs."""
    return menu.text(menu.messages.get(name, {}), language)


def find_wording(menu: Menu, name: str, session: Session) -> str:
    """Return a message that answers a text, in its variant for the caller's country."""
    return menu.text(find_message(menu, name, session), session.script)


def list_languages(menu: Menu, language: str) -> tuple[str, Mapping[str, str]]:
    """Return the text that lists the languages, and key → ``language:TAG`` for its numbers.

    Numbers and labels are those of the first screen, whose GSM-7 text every phone can show.
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
"""Messages for a time that cannot be offered: with the times that can, and where there is none."""


def list_kept_times(menu: Menu, session: Session, phone_seen: str) -> tuple[str, str]:
    """Return the name and the text of the message that lists the windows on offer; both empty without such a message.

    On a borrowed phone (``not_mine``) only *now* is offered. The text is empty where the menu's message is complete.
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
    """Say whether a window can be offered now, or the menu has no message to say that none can."""
    times = _open_times(menu, session)
    return not menu.messages.get(NO_TIME) or any(choice.answer != NEVER for choice in times)


def name_open_times(menu: Menu, session: Session) -> Mapping[str, str]:
    """Return the placeholders ``times`` and ``time`` of the form sent as one text: only windows on offer now."""
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
    """Return the help below the nearest topics, and key → ``screen:ID``; the help alone where both exceed the parts."""
    listed = {str(at): keyword for at, keyword in enumerate(keywords, start=1)}
    lines = [f"{key} {_find_name(menu, keyword, language)}" for key, keyword in listed.items()]
    text = "\n".join(filter(None, (get_wording(menu, "sms_near", language), *lines, help_text)))
    if not lines or len(sms_parts(text)) > MOST_PARTS:
        return help_text, {}
    return text, {key: f"{SCREEN}:{keyword.to}" for key, keyword in listed.items()}


def find_chosen(listed: Mapping[str, str], key: str, sort: str) -> str:
    """Return the target of a number in the list, where it is of this sort (``screen`` or ``language``)."""
    found, _, target = listed.get(key, "").partition(":")
    return target if found == sort else ""


def list_labels(menu: Menu, session: Session | None, listed: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return key → labels, in every language of the menu, of the options that can be chosen now."""
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
    """Return the keyword's first word in the language, else in a fallback of it, else in any."""
    for tag in (language, *menu.fallback.get(language, ()), *keyword.words):
        if keyword.words.get(tag):
            return keyword.words[tag][0]
    return keyword.to
