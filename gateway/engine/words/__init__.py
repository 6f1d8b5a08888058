"""What a text of hers means: the word of the menu that it holds, or her answer to the questions of the callback."""

from gateway.engine.words.fold import digits
from gateway.engine.words.form import answer_beside, form_answer
from gateway.engine.words.match import Match, understand
from gateway.engine.words.topics import language_of, nearest_topics

__all__ = ["Match", "answer_beside", "digits", "form_answer", "language_of", "nearest_topics", "understand"]
