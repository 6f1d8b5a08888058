"""Proof that no text holds what a tool left behind: marks of other formats, lost letters, the bare name of a fact."""

import re
from collections.abc import Iterator

from gateway.menus.authoring.checks.context import Subject
from gateway.menus.authoring.problems import Problem
from gateway.menus.authoring.texts import each_text
from gateway.menus.engine.text_breaks import PLACEHOLDER

_LOST = re.compile(r"\ufffd|\?{4,}")
"""Letters that a file in another encoding lost: U+FFFD, or a question mark for each."""

_MARKUP = re.compile(
    r"</?[a-z][a-z0-9]{0,9}(?:\s[^<>]{0,99})?/?>|&(?:[a-z]{2,8}|#\d{1,5}|#x[0-9a-f]{1,5});", re.IGNORECASE
)
"""Tags and entities of HTML, which come along out of a page or a translator's tool."""

_FORMAT = re.compile(r"[%$#@]\{[^{}]*\}|%(?:\d\$)?[sd@](?![A-Za-z])|\\(?:u[0-9a-fA-F]{4}|[nrt\"'])")
"""Placeholders and escapes of other formats: ``%s``, ``${name}``, ``\\u0ec1``, ``\\n``."""

_BRACES = re.compile("[\uff5b\uff5d\ufe5b\ufe5c\u2774\u2775]")
"""Braces that only look like those of a placeholder; a keyboard for wide letters types them."""


def leftover(subject: Subject) -> Iterator[Problem]:
    """No text shows a caller the marks of a file, a translator's tool or another format."""
    names = sorted(subject.menu.facts, key=len, reverse=True)
    for one, language, words in each_text(subject.menu):
        found = find_leftover(words, names)
        if found:
            what, hint = found
            yield subject.warning(
                "leftover-marks",
                (*one.path, language),
                f"callers read '{what}'",
                hint,
                language=language,
                about=what,
            )


def find_leftover(words: str, facts: list[str]) -> tuple[str, str] | None:
    """Return what a caller would read that nobody means, and what to do; or None.

    Args:
        words: of one language of a text.
        facts: the names of the menu's facts, which a text shows only through a placeholder.
    """
    for pattern, hint in (
        (_LOST, "type the lost letters again, and save the file as UTF-8"),
        (_MARKUP, "delete the mark, a phone shows it as it stands"),
        (_FORMAT, "write placeholders as {name}, and signs as they are"),
        (_BRACES, "write the braces { and } of the keyboard"),
    ):
        found = pattern.search(words)
        if found:
            return found[0], hint
    plain = PLACEHOLDER.sub(" ", words)
    named = next(
        (
            name
            for name in facts
            if "." in name and re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.])", plain)
        ),
        "",
    )
    return (named, f"write {{{named}}} for its value") if named else None
