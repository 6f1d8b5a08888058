"""What a text of hers means: the word of the menu that it holds, or her answer to the questions of the callback."""

from gateway.engine.words.choices import is_courtesy, is_declined, key_of, number_in
from gateway.engine.words.copies import own_words
from gateway.engine.words.fold import digits
from gateway.engine.words.form import answer_beside, form_answer
from gateway.engine.words.match import Match, find_refusal, understand
from gateway.engine.words.topics import language_of, nearest_topics

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
    "understand",
]
