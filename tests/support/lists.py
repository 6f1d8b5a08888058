"""The words of the figures form as the shipped settings and the sample menu make them."""

from gateway.helpdesk.staff.centre_lists import _FIXED
from tests.support.house import DESK

TOPICS = ("pay", "hours", "papers", "injury", "going", "money", "danger", "other")
_OTHER = ("country", "sector", "complaint", "lodged")
WORDS = {
    name: words or (*DESK.lists.get(name, {}), *(("other",) if name in _OTHER else ()))
    for name, words in _FIXED.items()
} | {"topics": TOPICS}
