"""Where words end in scripts that put no spaces between them, asked of ICU's dictionaries where they are installed."""

from collections.abc import Collection
from functools import cache, partial
from importlib import import_module
from itertools import accumulate
from typing import TYPE_CHECKING

from gateway.engine.cuts import Breaks

if TYPE_CHECKING:
    from icu4py.breakers import LineBreaker


@cache
def line_breaks(language: str) -> Breaks | None:
    """Return what names the line breaks of a text in this language; None without the extra ``segment``.

    They are advice: the cutter takes one only where the letters themselves allow a cut.
    """
    breaker = _line_breaker()
    return partial(_breaks, breaker, language) if breaker else None


@cache
def _line_breaker() -> "type[LineBreaker] | None":
    try:
        found: type[LineBreaker] = import_module("icu4py.breakers").LineBreaker
    except ImportError:
        return None
    return found


def _breaks(breaker: "type[LineBreaker]", language: str, text: str) -> Collection[int]:
    ends = (end for _, end in breaker(text, language).segments())
    if text.isascii() or max(text, default="") <= "\uffff":
        return frozenset(ends)
    # ICU counts UTF-16 units: a character above U+FFFF is two of them.
    units = accumulate((1 + (each > "\uffff") for each in text), initial=0)
    places = {unit: place for place, unit in enumerate(units)}
    return frozenset(places[end] for end in ends if end in places)
