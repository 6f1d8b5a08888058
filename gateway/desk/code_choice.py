"""Chooses the code of a request by the candidates of its turn: longer where short ones are in use, and never none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.callbacks import codes
from gateway.engine.keys import CODE_DIGITS, MOST_CODE_DIGITS
from gateway.ids import code_candidates
from gateway.store import codes_in_use

if TYPE_CHECKING:
    from collections.abc import Collection

    from gateway.parts import Parts
    from gateway.store.engines import Tx


def choose_code(
    parts: Parts, turn_key: bytes, number: str, *, tx: Tx | None, besides: Collection[str] = ()
) -> str:
    """Return the code of a turn: the same for every repeat of it, and none that is simple, hers or in use.

    Args:
        parts: the parts.
        turn_key: the turn; its code comes from it alone, but for what is in use.
        number: whose request it is; a code is not the end of her number.
        tx: where codes in use are asked for; None while SQL is away.
        besides: further codes that this number was told.

    Returns:
        Four digits; five or six only where the candidates of four are all in use. Where those are too, one that
        stands for another number's request as well, for nobody is refused for want of a code: on the phone a code
        is looked up among the requests of that phone's number, and a counsellor's search shows all that bear it.
    """
    key, turn = parts.store.ring.key("code"), turn_key.hex()
    candidates: list[str] = []
    for digits in range(CODE_DIGITS, MOST_CODE_DIGITS + 1):
        candidates = code_candidates(key, turn, digits)
        taken = frozenset(besides) | (
            codes_in_use.find_taken(tx, candidates) if tx is not None else frozenset()
        )
        code = codes.pick(candidates, last_four=number[-CODE_DIGITS:], taken=taken)
        if code is not None:
            return code
    shared = codes.pick(candidates, last_four=number[-CODE_DIGITS:], taken=besides)
    return shared if shared is not None else candidates[-1]
