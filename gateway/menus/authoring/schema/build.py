"""Builds the Menu from nodes in which every name and shape is known to be sound."""

from dataclasses import replace
from datetime import date
from typing import TypedDict

from gateway.domain.contact_safety import DAYS, When, read_span
from gateway.menus.authoring.schema.conform import as_day
from gateway.menus.authoring.yaml_nodes import (
    MapNode,
    Node,
    items_in,
    pairs_in,
    scalars_in,
    text_in,
    wordings_in,
)
from gateway.menus.engine.dates import NUMBERS, Pattern
from gateway.menus.engine.model import (
    Choice,
    Choices,
    Condition,
    Deed,
    End,
    Entry,
    Fact,
    FactValue,
    Field,
    Form,
    Information,
    Keyword,
    Menu,
    Offer,
    Question,
    Reaction,
    Screen,
    Speech,
    Text,
    Variant,
)
from gateway.menus.engine.text_breaks import SOFT_BREAK


class _Fields(TypedDict):
    id: str
    text: Text
    variants: tuple[Variant, ...]
    choices: tuple[Choice, ...]
    topic: str
    sensitive: bool
    back: bool
    rests_on: tuple[str, ...]


def build_menu(root: MapNode) -> Menu:
    """Return the menu of a merged folder."""
    return Menu(
        id=text_in(root, "menu"),
        languages=build_text(root, "languages"),
        fallback={name.text: _read_texts(chain) for name, chain in pairs_in(root, "fallback")},
        start=text_in(root, "start"),
        home=text_in(root, "home"),
        offer=text_in(root, "offer"),
        sos=text_in(root, "sos"),
        call_me=text_in(root, "call_me"),
        screens={name.text: build_screen(name.text, node) for name, node in pairs_in(root, "screens")},
        messages={name.text: build_message(node) for name, node in pairs_in(root, "messages")},
        message_variants={
            name.text: tuple(
                Variant(only_if=_build_condition(each), text=build_text(each, "text")) for each in variants
            )
            for name, node in pairs_in(root, "messages")
            if (variants := items_in(node, "variants"))
        },
        keywords=tuple(_build_keyword(node) for node in items_in(root, "keywords")),
        speech=_build_speech(root.get("speech")),
        facts={name.text: build_fact(name.text, node) for name, node in pairs_in(root, "facts")},
        calendar={tag.text: build_pattern(node) for tag, node in pairs_in(root, "calendar")},
        topics={name.text: build_text(node) for name, node in pairs_in(root, "topics")},
        fields={
            name.text: Field(label=build_text(node, "label"), values=_read_texts(node, "values"))
            for name, node in pairs_in(root, "fields")
        },
        windows={name.text: build_window(name.text, node) for name, node in pairs_in(root, "windows")},
        source=text_in(root, "written_in"),
    )


def build_message(node: Node) -> Text:
    """Return the languages of a message."""
    return build_text(wordings_in(node))


def build_text(node: Node | None, key: str = "") -> Text:
    """Return a text that is never cut, so that an author's marks for cutting have no meaning in it."""
    return {name: words.replace(SOFT_BREAK, "") for name, words in _cut_text(node, key).items()}


def _cut_text(node: Node | None, key: str = "") -> Text:
    return {name.text: text_in(value) for name, value in pairs_in(node, key)}


def _read_texts(node: Node | None, key: str = "") -> tuple[str, ...]:
    return tuple(each.text.replace(SOFT_BREAK, "") for each in scalars_in(node, key))


def _build_condition(node: Node) -> Condition:
    return {name.text: _read_texts(values) for name, values in pairs_in(node, "if")}


def build_screen(name: str, node: Node) -> Screen:
    """Return a screen of any kind; what it names is known to be there."""
    common = _build_common(name, node)
    match text_in(node, "kind", "choices"):
        case "information":
            return Information(**common)
        case "question":
            return Question(**common, asks=text_in(node, "asks"))
        case "form":
            return Form(**common, questions=_read_texts(node, "questions"), to=text_in(node, "to"))
        case "entry":
            return Entry(
                **common,
                digits=int(text_in(node, "digits")),
                does=Deed(text_in(node, "does")),
                to=text_in(node, "to"),
            )
        case "offer":
            return Offer(**common)
        case "end":
            return End(**common)
        case _:
            code = node.get("takes_code") if isinstance(node, MapNode) else None
            return Choices(
                **common,
                takes_code=code is not None,
                code_to=text_in(code, "to"),
                takes_words=_read_texts(node, "takes_words"),
            )


def _build_common(name: str, node: Node) -> _Fields:
    return {
        "id": name,
        "text": _cut_text(node, "text"),
        "variants": tuple(
            Variant(only_if=_build_condition(each), text=_cut_text(each, "text"))
            for each in items_in(node, "variants")
        ),
        "choices": tuple(build_choice(each) for each in items_in(node, "choices")),
        "topic": text_in(node, "topic"),
        "sensitive": text_in(node, "sensitive") == "yes",
        "back": text_in(node, "back", "yes") == "yes",
        "rests_on": _read_texts(node, "rests_on"),
    }


def build_choice(node: Node) -> Choice:
    """Return one choice of a screen."""
    does = text_in(node, "does")
    return Choice(
        key=text_in(node, "key"),
        label=build_text(node, "label"),
        to=text_in(node, "to"),
        answer=text_in(node, "answer"),
        answers=build_text(node, "answers"),
        language=text_in(node, "language"),
        script=text_in(node, "script"),
        does=Deed(does) if does else None,
        page=int(text_in(node, "page", "0")),
        only_if=_build_condition(node),
    )


def _build_keyword(node: Node) -> Keyword:
    return Keyword(
        words={language.text: _read_texts(words) for language, words in pairs_in(node, "words")},
        to=text_in(node, "to"),
        reaction=Reaction(text_in(node, "reaction", "show")),
        danger=text_in(node, "danger") == "yes",
    )


def build_pattern(node: Node) -> Pattern:
    """Return how a language tells days and dates."""
    return Pattern(
        days=_read_texts(node, "days"),
        months=_read_texts(node, "months"),
        between=text_in(node, "between", NUMBERS.between),
        era=int(text_in(node, "era", "0")),
    )


def build_window(word: str, node: Node) -> When:
    """Return when a window is open."""
    days = [each.text for each in scalars_in(node, "days")] or DAYS
    return When(word, (DAYS.index(day) for day in days), read_span(text_in(node, "hours")))


def _build_speech(node: Node | None) -> Speech:
    lists = {name.text: value for name, value in pairs_in(node) if name.text != "answers"}
    return Speech(
        **{name: _read_words(value) for name, value in lists.items()},
        answers={value.text: _read_words(words) for value, words in pairs_in(node, "answers")},
    )


def _read_words(node: Node) -> dict[str, tuple[str, ...]]:
    return {language.text: _read_texts(words) for language, words in pairs_in(node)}


def build_fact(name: str, node: Node) -> Fact:
    """Return a fact with its values, oldest first."""
    values: list[FactValue] = []
    for each in list_dated_values(node):
        value = _build_value(each)
        if not value.when_old and values:  # the words for a value that is too old go on with the next one
            value = replace(value, when_old=values[-1].when_old)
        values.append(value)
    return Fact(id=name, values=tuple(values))


def list_dated_values(fact: Node) -> list[Node]:
    """Return the values of a fact, oldest first, in whichever order they are written."""
    return sorted(items_in(fact), key=lambda each: text_in(each, "valid_from"))


def _build_value(node: Node) -> FactValue:
    return FactValue(
        value=text_in(node, "date") or text_in(node, "value").replace(SOFT_BREAK, ""),
        valid_from=_read_day(node, "valid_from"),
        source=text_in(node, "source"),
        checked_on=_read_day(node, "checked_on"),
        expires_on=_read_day(node, "expires_on"),
        is_date=bool(text_in(node, "date")),
        when_old=build_text(node, "when_old"),
    )


def _read_day(node: Node, key: str) -> date:
    day = as_day(text_in(node, key))
    if day is None:
        raise ValueError(f"{key} was not checked before building")
    return day
