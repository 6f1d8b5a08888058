"""Build the menu from YAML nodes whose names and shapes have been checked."""

from dataclasses import replace
from datetime import date
from typing import Any, TypedDict

from gateway.domain.contact_safety import DAYS, When, read_span
from gateway.menus.authoring.schema.conform import parse_day
from gateway.menus.authoring.schema.grammar import NAMED_WORDS
from gateway.menus.authoring.yaml_nodes import (
    MapNode,
    Node,
    get_items,
    get_pairs,
    get_scalars,
    get_text,
    get_wordings,
)
from gateway.menus.engine.dates import NUMBERS, Pattern
from gateway.menus.engine.model import (
    Choice,
    Condition,
    Deed,
    Fact,
    FactValue,
    Field,
    Keyword,
    Menu,
    Reaction,
    Screen,
    Speech,
    Text,
    Variant,
)
from gateway.menus.engine.screens import SCREEN_KINDS, USUAL_KIND
from gateway.menus.engine.shapes import Named, Record, Several, Shape
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
        id=get_text(root, "menu"),
        languages=build_text(root, "languages"),
        fallback={name.text: _read_texts(chain) for name, chain in get_pairs(root, "fallback")},
        start=get_text(root, "start"),
        home=get_text(root, "home"),
        offer=get_text(root, "offer"),
        sos=get_text(root, "sos"),
        call_me=get_text(root, "call_me"),
        screens={name.text: build_screen(name.text, node) for name, node in get_pairs(root, "screens")},
        messages={name.text: build_message(node) for name, node in get_pairs(root, "messages")},
        message_variants={
            name.text: tuple(
                Variant(only_if=_build_condition(each), text=build_text(each, "text")) for each in variants
            )
            for name, node in get_pairs(root, "messages")
            if (variants := get_items(node, "variants"))
        },
        keywords=tuple(_build_keyword(node) for node in get_items(root, "keywords")),
        speech=_build_speech(root.get("speech")),
        facts={name.text: build_fact(name.text, node) for name, node in get_pairs(root, "facts")},
        calendar={tag.text: build_pattern(node) for tag, node in get_pairs(root, "calendar")},
        topics={name.text: build_text(node) for name, node in get_pairs(root, "topics")},
        fields={
            name.text: Field(label=build_text(node, "label"), values=_read_texts(node, "values"))
            for name, node in get_pairs(root, "fields")
        },
        windows={name.text: build_window(name.text, node) for name, node in get_pairs(root, "windows")},
        source=get_text(root, "written_in"),
    )


def build_message(node: Node) -> Text:
    """Return the wordings of a message by language."""
    return build_text(get_wordings(node))


def build_text(node: Node | None, key: str = "") -> Text:
    """Return a text that is never cut, so the author's marks for cutting are removed."""
    return {name: words.replace(SOFT_BREAK, "") for name, words in _cut_text(node, key).items()}


def _cut_text(node: Node | None, key: str = "") -> Text:
    return {name.text: get_text(value) for name, value in get_pairs(node, key)}


def _read_texts(node: Node | None, key: str = "") -> tuple[str, ...]:
    return tuple(each.text.replace(SOFT_BREAK, "") for each in get_scalars(node, key))


def _build_condition(node: Node) -> Condition:
    return {name.text: _read_texts(values) for name, values in get_pairs(node, "if")}


def build_screen(name: str, node: Node) -> Screen:
    """Return a screen of any kind; its references must be checked."""
    kind = SCREEN_KINDS[get_text(node, "kind", USUAL_KIND)]
    written = {key.text: value for key, value in get_pairs(node) if key.text in kind.shape}
    own = {key: _read_shape(value, kind.shape[key]) for key, value in written.items()}
    return kind(**_build_common(name, node), **kind.read_fields(own))


def _read_shape(node: Node, shape: Shape) -> Any:
    """Return what a key of a kind's own holds: a text, a tuple of texts, or a mapping."""
    match shape:
        case Several():
            return _read_texts(node)
        case Record():
            return {name.text: _read_shape(value, shape.fields[name.text]) for name, value in get_pairs(node)}
        case Named():
            return {name.text: _read_shape(value, shape.of) for name, value in get_pairs(node)}
        case _:
            return get_text(node)


def _build_common(name: str, node: Node) -> _Fields:
    return {
        "id": name,
        "text": _cut_text(node, "text"),
        "variants": tuple(
            Variant(only_if=_build_condition(each), text=_cut_text(each, "text"))
            for each in get_items(node, "variants")
        ),
        "choices": tuple(build_choice(each) for each in get_items(node, "choices")),
        "topic": get_text(node, "topic"),
        "sensitive": get_text(node, "sensitive") == "yes",
        "back": get_text(node, "back", "yes") == "yes",
        "rests_on": _read_texts(node, "rests_on"),
    }


def build_choice(node: Node) -> Choice:
    """Return one choice of a screen."""
    does = get_text(node, "does")
    return Choice(
        key=get_text(node, "key"),
        label=build_text(node, "label"),
        to=get_text(node, "to"),
        answer=get_text(node, "answer"),
        answers=build_text(node, "answers"),
        language=get_text(node, "language"),
        script=get_text(node, "script"),
        does=Deed(does) if does else None,
        page=int(get_text(node, "page", "0")),
        only_if=_build_condition(node),
    )


def _build_keyword(node: Node) -> Keyword:
    return Keyword(
        words={language.text: _read_texts(words) for language, words in get_pairs(node, "words")},
        to=get_text(node, "to"),
        reaction=Reaction(get_text(node, "reaction", "show")),
        danger=get_text(node, "danger") == "yes",
    )


def build_pattern(node: Node) -> Pattern:
    """Return the date pattern of a language."""
    return Pattern(
        days=_read_texts(node, "days"),
        months=_read_texts(node, "months"),
        between=get_text(node, "between", NUMBERS.between),
        era=int(get_text(node, "era", "0")),
    )


def build_window(word: str, node: Node) -> When:
    """Return the window with its days and hours."""
    days = [each.text for each in get_scalars(node, "days")] or DAYS
    return When(word, (DAYS.index(day) for day in days), read_span(get_text(node, "hours")))


def _build_speech(node: Node | None) -> Speech:
    plain = {name.text: value for name, value in get_pairs(node) if name.text not in NAMED_WORDS}
    return Speech(
        **{name: _read_words(value) for name, value in plain.items()},
        answers=_read_named_words(node, "answers"),
        lists=_read_named_words(node, "lists"),
    )


def _read_named_words(node: Node | None, key: str) -> dict[str, dict[str, tuple[str, ...]]]:
    return {name.text: _read_words(words) for name, words in get_pairs(node, key)}


def _read_words(node: Node) -> dict[str, tuple[str, ...]]:
    return {language.text: _read_texts(words) for language, words in get_pairs(node)}


def build_fact(name: str, node: Node) -> Fact:
    """Return a fact with its values, oldest first."""
    values: list[FactValue] = []
    for each in list_dated_values(node):
        value = _build_value(each)
        if not value.when_old and values:  # when_old is inherited by the next value
            value = replace(value, when_old=values[-1].when_old)
        values.append(value)
    return Fact(id=name, values=tuple(values))


def list_dated_values(fact: Node) -> list[Node]:
    """Return the values of a fact, oldest first, in whatever order they were written."""
    return sorted(get_items(fact), key=lambda each: get_text(each, "valid_from"))


def _build_value(node: Node) -> FactValue:
    return FactValue(
        value=get_text(node, "date") or get_text(node, "value").replace(SOFT_BREAK, ""),
        valid_from=_read_day(node, "valid_from"),
        source=get_text(node, "source"),
        checked_on=_read_day(node, "checked_on"),
        expires_on=_read_day(node, "expires_on"),
        is_date=bool(get_text(node, "date")),
        when_old=build_text(node, "when_old"),
    )


def _read_day(node: Node, key: str) -> date:
    day = parse_day(get_text(node, key))
    if day is None:
        raise ValueError(f"{key} was not checked before building")
    return day
