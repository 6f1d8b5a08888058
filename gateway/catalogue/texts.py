"""Every text of a menu with its path, for proofs that read them all alike."""

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.engine.cuts import PLACEHOLDER, SOFT_BREAK
from gateway.engine.lines import FORM_PLACEHOLDERS
from gateway.engine.menu import DUTY_PLACEHOLDERS, LINE_PLACEHOLDERS, RESULT_PLACEHOLDERS, Menu, Text


@dataclass(frozen=True, slots=True)
class Written:
    """One text in all its languages; ``screen`` is empty for a message and for a fact."""

    path: tuple[str, ...]
    text: Text
    screen: str = ""
    required: bool = False


def written(menu: Menu) -> Iterator[Written]:
    """Yield the messages, every text and label of every screen, then what stands in for facts that are old."""
    for name in menu.messages:
        yield from of_message(menu, name)
    for name in menu.screens:
        yield from of_screen(menu, name)
    for name, fact in menu.facts.items():
        for number, value in enumerate(fact.values):
            inherited = number > 0 and value.when_old is fact.values[number - 1].when_old
            if value.when_old and not inherited:
                yield Written(("facts", name, str(number), "when_old"), value.when_old, required=True)


def of_message(menu: Menu, name: str) -> Iterator[Written]:
    """Yield the wordings of one message: its own, then those of its variants."""
    yield Written(("messages", name, "text"), menu.messages[name], required=True)
    for number, variant in enumerate(menu.message_variants.get(name, ())):
        yield Written(("messages", name, "variants", str(number), "text"), variant.text, required=True)


def of_screen(menu: Menu, name: str) -> Iterator[Written]:
    """Yield the texts of one screen: its own, those of its variants, the labels of its choices."""
    screen = menu.screens[name]
    path = ("screens", name)
    if screen.text:
        yield Written((*path, "text"), screen.text, name, required=True)
    for number, variant in enumerate(screen.variants):
        yield Written((*path, "variants", str(number), "text"), variant.text, name, required=True)
    for number, choice in enumerate(screen.choices):
        if choice.label:
            yield Written((*path, "choices", str(number), "label"), choice.label, name)


def names_unknown(menu: Menu, one: Written) -> bool:
    """Say whether any language of a text names what nothing fills, so that nothing more can be said of its values."""
    results = RESULT_PLACEHOLDERS | DUTY_PLACEHOLDERS
    known = {*menu.facts, *LINE_PLACEHOLDERS, *results, *FORM_PLACEHOLDERS}
    names = (name for words in one.text.values() for name in PLACEHOLDER.findall(words))
    return any(name.partition(":")[0] not in known for name in names)


def each_text(menu: Menu) -> Iterator[tuple[Written, str, str]]:
    """Yield every text with its language and its words as they are sent."""
    for one in written(menu):
        for language, words in one.text.items():
            yield one, language, words.replace(SOFT_BREAK, "")


def counted(number: int, noun: str) -> str:
    """Return the number with its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
