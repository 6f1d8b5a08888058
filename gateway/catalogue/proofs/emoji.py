"""Proof that no text holds an emoji: the cheapest phones show an empty box in its place."""

import re
from collections.abc import Iterator

from gateway.catalogue.problems import Problem
from gateway.catalogue.proofs.asked import Subject
from gateway.catalogue.texts import each_text

# Unicode's blocks of pictures (UTS 51), with what joins or colours them; letters, dashes and signs of money are none.
_PICTURE = re.compile(
    "[\u2190-\u21ff\u231a-\u23ff\u25a0-\u27bf\u2b00-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
    "[\ufe0e\ufe0f\u20e3\u200d\U0001f3fb-\U0001f3ff]*|[0-9#*]\ufe0f?\u20e3"
)


def emoji(subject: Subject) -> Iterator[Problem]:
    """No text shows a picture among its letters."""
    for one, language, words in each_text(subject.menu):
        found = find_emoji(words)
        if found:
            yield subject.warning(
                "emoji-in-text",
                (*one.path, language),
                f"the picture '{found}' is an empty box on many phones",
                "write it in words, or delete it",
                language=language,
                about=found,
            )


def find_emoji(words: str) -> str:
    """Return the first picture in a text with what belongs to it, or nothing."""
    found = _PICTURE.search(words)
    return found[0] if found else ""
