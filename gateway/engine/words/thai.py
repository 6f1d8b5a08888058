"""Where a Thai word may begin and end inside an unspaced run: cautious, because many vowels are not written."""

import re

_LEADS = frozenset("เแโใไ")
_SIGNS = frozenset("ะาำๅัิีึืฺุูํ็่้๊๋์")
_SILENCER = "์"
_NEVER_LAST = frozenset("ฃฅฉผฝฌหฮอ")
"""Consonants that begin syllables and never end one."""

_CLOSED = frozenset("ะำๅ็")
_CLUSTER = re.compile("(?:[กขคตปผพทสซ][รลว]|ห[งญนมยรลว]|อย)")
_BARE = re.compile("(?:คน|รถ|นม|จน|กด|ลง|ลด|ตก|ตน|พบ|บน|บท|ทน|สด|นก|จบ|ยก|งบ|ขน|มด|กบ|ลม|ชน|ดม)(?![ะาำๅัิีึืุู็่้๊๋])")
"""Common syllables whose vowel is not written."""


_NEAR = 4
"""Letters before and behind a place that decide whether a word begins or ends there."""


def begins_in(letters: str, start: int, left: int) -> bool:
    """Say whether a word may begin at this place, where the unspaced run begins at ``left``."""
    window = max(left, start - _NEAR)
    return begins(letters[window : start + _NEAR], start - window)


def ends_in(letters: str, start: int, end: int, right: int) -> bool:
    """Say whether a word from ``start`` to ``end`` may end there, where the unspaced run ends at ``right``."""
    window = max(start, end - _NEAR)
    return ends(letters[window : min(right, end + 2 * _NEAR)], 0, end - window)


def begins(run: str, start: int) -> bool:
    """Say whether a word may begin at this place of the run."""
    if start == 0:
        return True
    before, first = run[start - 1], run[start]
    if before in _LEADS or first in _SIGNS:
        return False
    if start == 1 and _is_consonant(before):
        return False
    # The second half of a cluster is no beginning: รัก is not in ตรัก.
    return first in _LEADS or not (
        _CLUSTER.match(run, start - 1) and (start == 1 or run[start - 2] in _LEADS)
    )


def ends(run: str, start: int, end: int) -> bool:
    """Say whether a word that begins at ``start`` may end at ``end``: what follows does not belong to its end."""
    if end == len(run):
        return True
    follower = run[end]
    if follower in _SIGNS or _SILENCER in run[end + 1 : end + 3]:
        return False
    if not _is_consonant(follower) or not _is_open(run[start:end]):
        return True
    return follower in _NEVER_LAST or _begins_syllable(run, end)


def _is_consonant(letter: str) -> bool:
    return "ก" <= letter <= "ฮ"


def _is_open(word: str) -> bool:
    """Say whether the last syllable of a word could still take a consonant at its end."""
    bare = word.rstrip("่้๊๋")
    if not bare or bare[-1] in _CLOSED:
        return False
    if bare[-1] in _SIGNS:
        return True
    return len(bare) > 1 and bare[-2] in "เแโ"


def _begins_syllable(run: str, place: int) -> bool:
    after, second, third = (run[place + step : place + step + 1] for step in (1, 2, 3))
    if after and after in _SIGNS:
        return True
    # อ and ว between two consonants are vowels.
    if after == "อ" and second not in {"", "อ"}:
        return True
    if after == "ว" and _is_consonant(second) and (not third or third not in _SIGNS):
        return True
    cluster = _CLUSTER.match(run, place)
    if cluster and second and second in _SIGNS:
        return True
    return bool(_BARE.match(run, place))
