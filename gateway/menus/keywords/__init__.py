"""What a text of hers means: the word of the menu that it holds, or her answer to the questions of the callback."""

from gateway.menus.keywords.answers import (
    answer_beside,
    form_answer,
    is_courtesy,
    is_declined,
    key_of,
    language_of,
    nearest_topics,
    number_in,
)
from gateway.menus.keywords.match import Match, find_refusal, understand_text
from gateway.menus.keywords.scanned_text import own_words
from gateway.menus.keywords.script_runs import digits

__all__ = [
    "Match",
    "answer_beside",
    "digits",
    "find_refusal",
    "form_answer",
    "is_courtesy",
    "is_declined",
    "key_of",
    "language_of",
    "nearest_topics",
    "number_in",
    "own_words",
    "understand_text",
]
