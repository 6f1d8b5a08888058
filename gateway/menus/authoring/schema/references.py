"""Check references between the parts of a menu: screens, languages, fields, topics, facts and messages."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from gateway.menus.authoring.problems import (
    Place,
    Problem,
    did_you_mean,
    is_blank,
    suggest_name,
    suggest_of_few,
)
from gateway.menus.authoring.schema.grammar import (
    CONDITIONS,
    FACT_NAME,
    MOST_OF_A_NAME,
    NAMED_WORDS,
    POINTERS,
    REQUIRED_HEAD,
    SCREEN,
    SCREEN_NAME,
    SPECIAL_TARGETS,
)
from gateway.menus.authoring.schema.rows import OTHER, Answers, check_rows, list_answers
from gateway.menus.authoring.yaml_nodes import (
    MapNode,
    Node,
    Scalar,
    get_items,
    get_pairs,
    get_scalars,
    get_text,
    get_wordings,
)
from gateway.menus.engine.screens import USUAL_KIND
from gateway.menus.engine.shapes import (
    OPTIONAL_MESSAGES,
    REQUIRED_MESSAGES,
    VARIED_MESSAGES,
    Record,
    Several,
    Shape,
    Word,
)

_ELSE = "under screens, or name another; check that every file of the folder is read"


LONGEST_TAG = 16
"""Most letters of a language tag that a request can store."""


def check_references(root: MapNode) -> Iterator[Problem]:
    """Yield every name that the folder does not define."""
    defined = _list_defined(root)
    screens, languages = defined.screens, defined.languages
    yield from _check_head(root, screens, languages)
    yield from (*_long_tags(root), *check_rows(root, languages))
    yield from _check_messages(root, languages)
    for name, screen in get_pairs(root, "screens"):
        if not re.fullmatch(SCREEN_NAME.pattern, name.text):
            yield _report_bad_name(name)
        for problem in _check_screen(screen, defined):
            yield Problem(
                code=problem.code,
                place=problem.place,
                message=problem.message,
                hint=problem.hint,
                screen=name.text,
                language=problem.language,
            )
    for name, values in get_pairs(root, "facts"):
        if not re.fullmatch(FACT_NAME.pattern, name.text):
            yield _fact_named_badly(name)
        for value in get_items(values):
            yield from _check_tags(get_pairs(value, "when_old"), languages)
    for keyword in get_items(root, "keywords"):
        yield from _check_target(_find_node(keyword, "to"), screens)
        yield from _check_tags(get_pairs(keyword, "words"), languages)
    yield from _check_speech(root, languages)


@dataclass(frozen=True, slots=True)
class _Defined:
    """The names that a folder defines, and its screen kind → the keys that name screens, with their shapes."""

    screens: frozenset[str]
    languages: frozenset[str]
    topics: frozenset[str]
    facts: frozenset[str]
    answers: Answers
    pointing: Mapping[str, tuple[tuple[str, Shape], ...]]


def _list_defined(root: MapNode) -> _Defined:
    screens, languages, topics, facts = (
        frozenset(name.text for name, _ in get_pairs(root, key))
        for key in ("screens", "languages", "topics", "facts")
    )
    pointing = {
        kind: tuple((key, shape) for key, shape in record.fields.items() if _may_name_screen(shape))
        for kind, record in SCREEN.kinds.items()
    }
    return _Defined(screens, languages, topics | {OTHER}, facts, list_answers(root), pointing)


def _may_name_screen(shape: Shape) -> bool:
    match shape:
        case Word():
            return bool(shape.names)
        case Several():
            return _may_name_screen(shape.of)
        case Record():
            return any(map(_may_name_screen, shape.fields.values()))
        case _:
            return False


def _long_tags(root: MapNode) -> Iterator[Problem]:
    for name, _ in get_pairs(root, "languages"):
        if len(name.text) > LONGEST_TAG:
            yield _report_unknown(
                f"the tag '{name.text}' is too long", name.place, "write a short one, like lo-Latn"
            )


def _check_speech(root: MapNode, languages: frozenset[str]) -> Iterator[Problem]:
    for name, words in get_pairs(root, "speech"):
        for group in (value for _, value in get_pairs(words)) if name.text in NAMED_WORDS else (words,):
            yield from _check_tags(get_pairs(group), languages)


def _find_node(node: Node, key: str) -> Node | None:
    return node.get(key) if isinstance(node, MapNode) else None


def _report_bad_name(name: Scalar) -> Problem:
    return Problem(
        code="yaml-syntax",
        place=name.place,
        message=f"a screen cannot be called '{name.text}'",
        hint=f"use small letters, digits and _, like {SCREEN_NAME.example}",
        screen=name.text,
    )


def _fact_named_badly(name: Scalar) -> Problem:
    return Problem(
        code="yaml-syntax",
        place=name.place,
        message=f"a fact cannot be called '{name.text}'",
        hint=f"use letters, digits, _ and ., at most {MOST_OF_A_NAME}, like {FACT_NAME.example}",
    )


def _check_head(root: MapNode, screens: frozenset[str], languages: frozenset[str]) -> Iterator[Problem]:
    for key in REQUIRED_HEAD:
        if root.get(key) is None:
            yield Problem(
                code="missing-key",
                place=root.place,
                message=f"the menu needs '{key}'",
                hint=f"add {key}: to one of its files",
            )
    for key in POINTERS:
        yield from _check_target(root.get(key), screens, special=())
    yield from _check_tags(get_pairs(root, "fallback"), languages)
    for _, chain in get_pairs(root, "fallback"):
        yield from _check_languages(get_scalars(chain), languages)
    yield from _check_languages(get_scalars(root, "drafts"), languages)
    yield from _check_languages(get_scalars(root, "written_in"), languages)
    yield from _check_tags(get_pairs(root, "reviews"), languages)
    yield from _check_tags(get_pairs(root, "units"), languages)


def _check_messages(root: MapNode, languages: frozenset[str]) -> Iterator[Problem]:
    messages = root.get("messages")
    if not isinstance(messages, MapNode):
        return
    for name, text in messages.entries:
        if name.text not in REQUIRED_MESSAGES | OPTIONAL_MESSAGES:
            yield Problem(
                code="unknown-key",
                place=name.place,
                message=f"unknown message '{name.text}'",
                hint=did_you_mean(name.text, REQUIRED_MESSAGES | OPTIONAL_MESSAGES),
            )
        yield from _check_tags(get_pairs(get_wordings(text)), languages)
        yield from _check_variants(name, text, languages)
    for missing in sorted(REQUIRED_MESSAGES.difference(messages.keys())):
        yield Problem(
            code="missing-key",
            place=messages.place,
            message=f"messages needs '{missing}'",
            hint=f"add {missing}: with its text in each language",
        )


def _check_variants(name: Scalar, message: Node, languages: frozenset[str]) -> Iterator[Problem]:
    """Yield problems of a message's variants, whose only condition can be the country."""
    variants = get_items(message, "variants")
    if variants and name.text in REQUIRED_MESSAGES | OPTIONAL_MESSAGES and name.text not in VARIED_MESSAGES:
        yield _report_unknown(
            f"'{name.text}' says the same to everybody", name.place, "write its languages only"
        )
    for variant in variants:
        yield from _check_tags(get_pairs(variant, "text"), languages)
        for condition, _ in get_pairs(variant, "if"):
            if condition.text != "region":
                hint = "write if: {region: [LA]}, with the country in two letters"
                yield _report_unknown(f"a message cannot depend on '{condition.text}'", condition.place, hint)


def _check_screen(screen: Node, defined: _Defined) -> Iterator[Problem]:
    parts = _index_parts(screen)
    for key, shape in defined.pointing.get(get_text(parts.get("kind"), default=USUAL_KIND), ()):
        yield from _check_named_screens(parts.get(key), shape, defined.screens)
    yield from _check_topic(parts.get("topic"), defined.topics)
    yield from _check_asked(parts.get("asks"), defined.answers)
    yield from _check_resting(parts.get("rests_on"), defined.facts)
    yield from _check_tags(get_pairs(parts.get("text")), defined.languages)
    for variant in get_items(parts.get("variants")):
        yield from _check_tags(get_pairs(variant, "text"), defined.languages)
        yield from _check_conditions(variant, defined)
    # A question without a field is reported once, not for each answer.
    usual = "?" if get_text(parts.get("kind")) == "question" else ""
    asks = "?" if _asks_nothing_said(parts.get("asks")) else get_text(parts.get("asks"), default=usual)
    for choice in get_items(parts.get("choices")):
        yield from _check_choice(choice, asks, defined)


def _index_parts(node: Node) -> Mapping[str, Node]:
    return {name.text: value for name, value in node.entries} if isinstance(node, MapNode) else {}


def _check_named_screens(node: Node | None, shape: Shape, screens: frozenset[str]) -> Iterator[Problem]:
    """Yield unknown screens that a key names, wherever its shape says that it names one."""
    match shape:
        case Word(names="screen"):
            yield from _check_target(node, screens, special=())
        case Word(names="target"):
            yield from _check_target(node, screens)
        case Several():
            for item in get_items(node) or ((node,) if node is not None and shape.or_one else ()):
                yield from _check_named_screens(item, shape.of, screens)
        case Record():
            for key, inner in shape.fields.items():
                yield from _check_named_screens(_find_node(node, key) if node else None, inner, screens)
        case _:
            pass


def _check_resting(rests_on: Node | None, facts: frozenset[str]) -> Iterator[Problem]:
    """Yield unknown facts that a screen depends on."""
    for name in get_scalars(rests_on):
        if name.text not in facts:
            yield Problem(
                code="unknown-fact",
                place=name.place,
                message=f"there is no fact '{name.text}'",
                hint=suggest_name(name.text, facts, f"add {name.text}: under facts"),
            )


def _check_topic(topic: Node | None, topics: frozenset[str]) -> Iterator[Problem]:
    for named in get_scalars(topic):
        if named.text not in topics:
            hint = suggest_name(named.text, topics, f"add {named.text}: under topics")
            yield _report_unknown(f"unknown topic '{named.text}'", named.place, hint)


def _asks_nothing_said(asks: Node | None) -> bool:
    """Say whether the field of a question is empty, which is reported by the loader."""
    return any(is_blank(named.text) for named in get_scalars(asks))


def _check_asked(asks: Node | None, answers: Answers) -> Iterator[Problem]:
    for named in get_scalars(asks):
        if named.text not in answers and not is_blank(named.text):
            hint = suggest_name(named.text, answers, f"add {named.text}: under fields")
            yield _report_unknown(f"nothing is asked by '{named.text}'", named.place, hint)


def _check_choice(choice: Node, asks: str, defined: _Defined) -> Iterator[Problem]:
    parts = _index_parts(choice)
    yield from _check_target(parts.get("to"), defined.screens)
    yield from _check_tags(get_pairs(parts.get("label")), defined.languages)
    for key in ("language", "script"):
        yield from _check_languages(get_scalars(parts.get(key)), defined.languages)
    yield from _check_conditions(choice, defined)
    answer = parts.get("answer")
    if isinstance(answer, Scalar):
        yield from _check_answer(answer, asks, answer, defined.answers)
    for name, value in get_pairs(parts.get("answers")):
        yield from _check_answer(name, name.text, value, defined.answers)


def _check_answer(named: Scalar, asked: str, value: Node, answers: Answers) -> Iterator[Problem]:
    if not asked:
        yield _report_unknown(
            "'answer' on a screen that asks nothing", named.place, "write kind: question and asks:"
        )
    elif asked == "?":
        return
    elif asked not in answers:
        yield _report_unknown(f"unknown answer '{asked}'", named.place, suggest_of_few(asked, answers))
    elif asked == "when" and isinstance(value, Scalar) and value.text not in answers[asked]:
        yield _no_window(value, answers[asked])
    elif answers[asked] and isinstance(value, Scalar) and value.text not in answers[asked]:
        hint = suggest_of_few(value.text, answers[asked])
        yield _report_unknown(f"'{asked}' cannot be answered with '{value.text}'", value.place, hint)


def _check_conditions(node: Node, defined: _Defined) -> Iterator[Problem]:
    answers = defined.answers
    for name, values in get_pairs(node, "if"):
        if name.text not in answers and name.text not in CONDITIONS:
            hint = did_you_mean(name.text, (*answers, *CONDITIONS))
            yield _report_unknown(f"unknown condition '{name.text}'", name.place, hint)
        elif name.text in {"language", "script"}:
            yield from _check_languages(get_scalars(values), defined.languages)
        elif answers.get(name.text):
            for value in get_scalars(values):
                yield from _check_answer(value, name.text, value, answers)


def _no_window(value: Scalar, known: Iterable[str]) -> Problem:
    """Report an unknown window; similar names are not suggested, because they mean other hours."""
    message = f"there is no window '{value.text}'"
    hint = f"add {value.text}: with its hours under windows, or name one of: {', '.join(known)}"
    return _report_unknown(message, value.place, hint)


def _report_unknown(message: str, place: Place, hint: str) -> Problem:
    return Problem(code="unknown-key", place=place, message=message, hint=hint)


def _check_target(
    node: Node | None, screens: frozenset[str], special: tuple[str, ...] = SPECIAL_TARGETS
) -> Iterable[Problem]:
    if not isinstance(node, Scalar) or node.text in screens or node.text in special or is_blank(node.text):
        return ()
    known = (*screens, *special) if node.text.startswith("@") else screens
    return (
        Problem(
            code="unknown-screen",
            place=node.place,
            message=f"there is no screen '{node.text}'",
            hint=suggest_name(node.text, known, f"add {node.text}: {_ELSE}"),
        ),
    )


def _check_tags(entries: tuple[tuple[Scalar, Node], ...], languages: frozenset[str]) -> Iterable[Problem]:
    return _check_languages([name for name, _ in entries], languages) if entries else ()


def _check_languages(names: Sequence[Scalar], languages: frozenset[str]) -> Iterable[Problem]:
    return [_report_language(name, languages) for name in names if name.text not in languages]


def _report_language(name: Scalar, languages: frozenset[str]) -> Problem:
    return Problem(
        code="unknown-language",
        place=name.place,
        message=f"'{name.text}' is none of the menu's languages",
        hint=suggest_name(name.text, languages, "add it under languages, or delete it"),
        language=name.text,
    )
