"""Phones of callers: numbers nobody has, the ways to a code in four languages, and a page measured by other arithmetic."""

import itertools
import json
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.support.standin import Posted, Provider

BASIC = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = set("\f^{}\\[~]|€")
PAGE = {"gsm7": 160, "ucs2": 70}
HARD = {"gsm7": 182, "ucs2": 80}

LANGUAGES = {
    "lo": ("1", "1"),
    "lo-Latn": ("2",),
    "th": ("3", "1"),
    "en": ("4",),
}
"""From the first dial to the main menu, by the script in which she reads."""

FORM = ("7", "2", "2", "3", "1")
"""Call me; no danger; sometimes seen by others; in the evening; yes, that is the save."""

_CODE = re.compile(r"(?<!\d)\d{4}(?!\d)")
_numbers = itertools.count(10_000)
_sessions = itertools.count(1)


def new_number() -> str:
    """A made-up Lao mobile number that no other phone of this run has."""
    return f"+85620555{next(_numbers):05d}"


def measured(text: str) -> tuple[str, int]:
    """The coding that a page needs and the room that it takes there, counted by hand and not by the product."""
    if all(letter in BASIC or letter in EXTENSION for letter in text):
        return "gsm7", sum(2 if letter in EXTENSION else 1 for letter in text)
    return "ucs2", len(text.encode("utf-16-le")) // 2


def texts_on(simulator: Provider, number: str) -> list[str]:
    """The texts that have left for this phone, oldest first; the thread also lists those that still wait."""
    thread = json.loads(simulator.post("thread", phoneNumber=number).body)
    return [each["text"] for each in thread if each["state"] == "sent"]


@dataclass
class Phone:
    """One phone: what it dials is posted as the provider posts it, and every answer is looked at."""

    provider: Provider
    number: str = field(default_factory=new_number)
    typed: list[str] = field(default_factory=list)
    session: str = ""
    pages: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def dial(self) -> str:
        """Dial the short code and return the first page."""
        self.session, self.typed = f"ATUid_{next(_sessions):032x}", []
        return self._hop()

    def press(self, keys: str) -> str:
        """Type something, send it, and return the next page."""
        self.typed.append(keys)
        return self._hop()

    def walk(
        self, keys: Sequence[str], *, between: Callable[[], object] = lambda: None, until: str = ""
    ) -> str:
        """Dial and press these keys, or fewer where a page holds ``until``; return the last page."""
        page = self.dial()
        for key in keys:
            if until and until in page:
                break
            between()
            page = self.press(key)
        return page

    def again(self) -> Posted:
        """Let the provider post the last hop once more."""
        return self.provider.ussd(self.session, self.number, "*".join(self.typed))

    def hang_up(self) -> None:
        """End the session as the provider tells it, with all that it quotes of her."""
        self.provider.ended(
            self.session, self.number, status="Incomplete", typed="*".join(self.typed), read=self.pages[-1]
        )

    def _hop(self) -> str:
        began = time.monotonic()
        answer = self.provider.ussd(self.session, self.number, "*".join(self.typed))
        self.seconds.append(time.monotonic() - began)
        assert answer.status == 200, answer
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        word, _, page = answer.body.partition(" ")
        assert word in ("CON", "END"), answer.body
        coding, size = measured(page)
        assert size <= PAGE[coding] <= HARD[coding], (coding, size, page)
        self.pages.append(answer.body)
        return answer.body


def code_in(page: str) -> str:
    """The four digits of a page that shows her code."""
    found = set(_CODE.findall(page))
    assert len(found) == 1, page
    return str(found.pop())


def percentile(seconds: Sequence[float], of: float) -> float:
    """The value that so many of a hundred do not exceed."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(len(ordered) * of / 100))]
