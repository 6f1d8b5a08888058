"""Check the placeholders in texts and report those that nothing fills."""

import re
from collections.abc import Iterable, Iterator

from gateway.menus.authoring.problems import Problem, did_you_mean, suggest_name
from gateway.menus.authoring.schema.grammar import ALWAYS_ANSWERED
from gateway.menus.authoring.yaml_nodes import (
    MapNode,
    Node,
    Scalar,
    get_items,
    get_pairs,
    get_text,
    get_wordings,
)
from gateway.menus.engine.model import DUTY_PLACEHOLDERS, FACT_PARTS, LINE_PLACEHOLDERS, RESULT_PLACEHOLDERS
from gateway.menus.engine.shapes import BESIDE_MESSAGES, FORM_MESSAGES, FORM_PLACEHOLDERS
from gateway.menus.engine.visibility import HOURS

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_BRACE = re.compile(r"[{}]")


def check_placeholders(root: MapNode) -> Iterator[Problem]:
    """Yield every placeholder that is neither a fact, a setting of the helpline nor a result."""
    windows = (f"{HOURS}.{name.text}" for name, _ in get_pairs(root, "windows"))
    facts = frozenset((*(name.text for name, _ in get_pairs(root, "facts")), *windows))
    for name, message in get_pairs(root, "messages"):
        for text in _list_wordings(message):
            of_form = FORM_PLACEHOLDERS if name.text in FORM_MESSAGES else frozenset()
            own = of_form | BESIDE_MESSAGES.get(name.text, frozenset())
            yield from _check_text(text, facts | own, "")
    for name, screen in get_pairs(root, "screens"):
        for text in _list_texts(screen):
            yield from _check_text(text, facts, name.text)
        yield from _check_labels(name.text, screen, facts)
    for fact, values in get_pairs(root, "facts"):
        for value in get_items(values):
            yield from _stand_ins(fact, value)


def _stand_ins(fact: Scalar, value: Node) -> Iterator[Problem]:
    """Yield every brace in the text of an expired fact, which is a value itself and is not filled."""
    for language, text in get_pairs(value, "when_old"):
        if isinstance(text, Scalar) and _BRACE.search(text.text):
            yield Problem(
                code="unknown-placeholder",
                place=text.place,
                message=f"nothing is filled in when_old of '{fact.text}'",
                hint="write it in words, without braces",
                language=language.text,
            )


def _check_labels(screen: str, node: Node, facts: frozenset[str]) -> Iterator[Problem]:
    """Yield unknown placeholders in labels; beside a window, its hours are known."""
    for choice in get_items(node, "choices"):
        if isinstance(choice, MapNode) and (label := choice.get("label")) is not None:
            yield from _check_text(label, facts | {HOURS} if _names_hours(choice) else facts, screen)


def _list_wordings(message: Node) -> Iterator[Node]:
    varied = (each.get("text") for each in get_items(message, "variants") if isinstance(each, MapNode))
    for text in (get_wordings(message), *varied):
        if text is not None:
            yield text


def _names_hours(choice: MapNode) -> bool:
    """Say whether the choice has a window with hours."""
    whens = [
        get_text(choice, "answer"),
        *(get_text(v) for n, v in get_pairs(choice, "answers") if n.text == "when"),
    ]
    return any(when and when not in ALWAYS_ANSWERED for when in whens)


def _list_texts(screen: Node) -> Iterator[Node]:
    if not isinstance(screen, MapNode):
        return
    holders = (screen, *get_items(screen, "variants"))
    for holder in holders:
        found = holder.get("text") if isinstance(holder, MapNode) else None
        if found is not None:
            yield found


def _check_text(node: Node, facts: frozenset[str], screen: str) -> Iterator[Problem]:
    for language, text in get_pairs(node):
        if isinstance(text, Scalar) and _BRACE.search(text.text):
            for code, about, message, hint in _find_faults(text.text, facts):
                yield Problem(
                    code=code,
                    place=text.place,
                    message=message,
                    hint=hint,
                    screen=screen,
                    language=language.text,
                    about=about,
                )


def _find_faults(text: str, facts: frozenset[str]) -> Iterator[tuple[str, str, str, str]]:
    for name in PLACEHOLDER.findall(text):
        yield from _find_unfilled(name, facts)
    if _BRACE.search(PLACEHOLDER.sub("", text)):
        yield (
            "unknown-placeholder",
            "",
            "a { or } stands alone",
            "write placeholders as {name} and no other braces",
        )


def _list_known_names(plain: Iterable[str]) -> str:
    return f"write one of: {', '.join(sorted(plain))}, or the name of a fact"


def _find_unfilled(name: str, facts: frozenset[str]) -> Iterator[tuple[str, str, str, str]]:
    """Yield (code, text, message, hint) of a placeholder that nothing fills."""
    plain = LINE_PLACEHOLDERS | RESULT_PLACEHOLDERS | DUTY_PLACEHOLDERS
    fact, of, part = name.partition(":")
    if (fact in facts and (not of or part in FACT_PARTS)) or name in plain:
        return
    if fact in facts:
        parts = (f"{fact}:{each}" for each in FACT_PARTS)
        hint = did_you_mean(name, parts)
        yield "unknown-placeholder", f"{{{name}}}", f"a fact does not tell '{part}'", hint
    elif "." in fact:
        hint = suggest_name(fact, facts, f"add {fact}: under facts")
        yield "unknown-fact", f"{{{name}}}", f"there is no fact '{fact}'", hint
    else:
        hint = suggest_name(fact if fact in plain else name, (*plain, *facts), _list_known_names(plain))
        yield "unknown-placeholder", f"{{{name}}}", f"nothing fills {{{name}}}", hint
