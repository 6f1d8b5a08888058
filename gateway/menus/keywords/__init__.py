"""Interpret the words of an SMS: the keyword that it contains, or its answer to the callback form."""

from gateway.menus.keywords.answers import (
    answer_beside,
    detect_language,
    find_key,
    find_nearest_topics,
    find_number,
    is_courtesy,
    is_declined,
    read_form_answer,
)
from gateway.menus.keywords.match import Match, find_refusal, understand_text
from gateway.menus.keywords.scanned_text import strip_copies
from gateway.menus.keywords.script_runs import fold_digits

__all__ = [
    "Match",
    "answer_beside",
    "detect_language",
    "find_key",
    "find_nearest_topics",
    "find_number",
    "find_refusal",
    "fold_digits",
    "is_courtesy",
    "is_declined",
    "read_form_answer",
    "strip_copies",
    "understand_text",
]
