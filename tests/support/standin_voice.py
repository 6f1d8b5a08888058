"""Stands in for Africa's Talking with its voice: rings as it is asked, posts what becomes of each call, obeys the XML it gets.

What it was told is kept: every call that it took and every Dial in any answer, so that a number rung twice is seen.
"""

import json
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.support.standin import KEY, Rule, Standin, _Wire, post_bytes

VOICE = "+254711000000"
CAUSES = {
    "busy": "USER_BUSY",
    "no_answer": "NO_ANSWER",
    "switched_off": "SUBSCRIBER_ABSENT",
    "answer": "NORMAL_CLEARING",
}
MOST_QUESTIONS = 4


@dataclass(frozen=True)
class Script:
    """What the people at both phones do, and how the provider behaves.

    Attributes:
        you: what the phone of our own person does: answer, busy, no_answer.
        keys: what is pressed at each question, one after the other; nothing left means that nobody presses.
        her: what her phone does: answer, busy, no_answer, switched_off.
        seconds: how long they talk; 0: the line breaks at once.
        rings: for how many seconds our own person's phone rings first.
        connected: whether it posts when she answers.
        dial_over: whether it posts, still active, when her side is over.
        final: whether it posts the end.
        cause: whether it says why, at the end and before.
        repeats_id: whether it repeats our id.
        times: how often it makes each post.
        at_once: whether it makes those at the same moment, and obeys whichever answer asks for something.
        late: makes all posts once more after the end, the last one first.
        early: makes its posts before it answers the request for the call: none, first, all.
    """

    you: str = "answer"
    keys: tuple[str, ...] = ("1",)
    her: str = "answer"
    seconds: int = 42
    rings: float = 0
    connected: bool = True
    dial_over: bool = True
    final: bool = True
    cause: bool = True
    repeats_id: bool = True
    times: int = 1
    at_once: bool = False
    late: bool = False
    early: str = "none"


@dataclass
class Call:
    """One call that was taken."""

    own_id: str
    ours: str
    to: str
    session: str
    posts: list[dict[str, str]] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    first: str = ""


@dataclass(frozen=True)
class Dialled:
    """One Dial that it was told."""

    session: str
    number: str
    caller_id: str
    max_duration: str


class VoiceStandin(Standin):
    """The server with its voice. ``answers`` posts a call's fields to the gateway and returns the body."""

    def __init__(self, port: int = 0, *, ledger: Path | None = None, key: str = KEY) -> None:
        self.calls: list[Call] = []
        self.dials: list[Dialled] = []
        self.scripts: dict[str, Script] = {}  # by the number of our own person
        self.script = Script()
        self.answers: Callable[[dict[str, str]], str] = lambda _: "<Response/>"
        self._going_on = 0
        super().__init__(port, ledger=ledger, key=key)

    def posts_to(self, address: str) -> None:
        """Post to the address that the gateway printed."""

        def post(fields: dict[str, str]) -> str:
            return post_bytes(address, urlencode(fields).encode()).body

        self.answers = post

    def take(self, form: dict[str, str]) -> Call:
        """Take one call."""
        with self._lock:
            session = f"ATVId_{len(self.calls) + 1:032x}"
            call = Call(form.get("clientRequestId", ""), form["from"], form["to"], session)
            self.calls.append(call)
            self._going_on += 1
        return call

    def script_of(self, call: Call) -> Script:
        return self.scripts.get(call.to, self.script)

    def begin(self, call: Call) -> None:
        """Let the rest of a call happen beside whatever else goes on."""
        threading.Thread(target=Play(self, call, self.script_of(call)).rest, daemon=True).start()

    def over(self) -> None:
        """One call less goes on."""
        with self._lock:
            self._going_on -= 1

    def wait(self, seconds: float = 30) -> None:
        """Wait until every call that was taken is over."""
        deadline = time.monotonic() + seconds
        while self._going_on:
            assert time.monotonic() < deadline, f"{self._going_on} calls go on"
            time.sleep(0.005)

    def dialled(self, number: str) -> int:
        """How often it was told to ring this number."""
        return sum(dial.number == number for dial in self.dials)


class Play:
    """One call as it happens."""

    def __init__(self, standin: VoiceStandin, call: Call, script: Script) -> None:
        self.standin, self.call, self.script = standin, call, script

    def first(self) -> None:
        """Our own person's phone rings, and is answered or not."""
        time.sleep(self.script.rings)
        if self.script.you == "answer":
            self.call.first = self.post()

    def rest(self) -> None:
        """Everything that follows, to the end of the call."""
        try:
            self._rest()
        finally:
            self.standin.over()

    def _rest(self) -> None:
        if not self.call.first:
            self.first()
        her: dict[str, str] = {}
        if self.script.you == "answer":
            her = self._dialled(self._pressed())
        if self.script.final:
            cause = CAUSES[self.script.her if her else self.script.you]
            self.post(
                isActive="0",
                durationInSeconds="61",
                currencyCode="KES",
                amount="1.20",
                callSessionState="Completed",
                **her,
                **({"hangupCause": cause} if self.script.cause else {}),
            )
        if self.script.late:
            for fields in reversed(list(self.call.posts)):
                self._sent(fields)

    def post(self, **more: str) -> str:
        """Post as often as told; the provider goes by the first answer."""
        fields = {
            "isActive": "1",
            "sessionId": self.call.session,
            "direction": "Outbound",
            "callerNumber": self.call.to,
            "destinationNumber": self.call.ours,
            "callerCountryCode": "856",
            "callStartTime": "2026-11-24 11:00:00",
            **({"clientRequestId": self.call.own_id} if self.script.repeats_id and self.call.own_id else {}),
            **more,
        }
        self.call.posts.append(fields)
        if not self.script.at_once:
            return [self._sent(fields) for _ in range(self.script.times)][0]  # noqa: RUF015 - all of them are sent
        with ThreadPoolExecutor(self.script.times) as pool:
            told = list(pool.map(self._sent, [fields] * self.script.times))
        return max(told, key=lambda body: len(list(tree_of(body))))

    def _sent(self, fields: dict[str, str]) -> str:
        body = self.standin.answers(fields)
        self.call.answers.append(body)
        for dial in tree_of(body).iter("Dial"):
            found = Dialled(
                session=self.call.session,
                number=dial.get("phoneNumbers", ""),
                caller_id=dial.get("callerId", ""),
                max_duration=dial.get("maxDuration", ""),
            )
            with self.standin._lock:
                self.standin.dials.append(found)
        return body

    def _pressed(self) -> str:
        """Answer each question with the next key; without one the provider makes no post and the call ends."""
        body, keys = self.call.first, list(self.script.keys)
        for _ in range(MOST_QUESTIONS):
            if tree_of(body).find("GetDigits") is None or not keys:
                break
            body = self.post(dtmfDigits=keys.pop(0))
        return body

    def _dialled(self, body: str) -> dict[str, str]:
        """Ring her where we are told so; return what the later posts say of her side."""
        dial = tree_of(body).find("Dial")
        if dial is None:
            return {}
        number = {"dialDestinationNumber": dial.get("phoneNumbers", "")}
        answered = self.script.her == "answer"
        if answered and self.script.connected:
            self.post(**number, callSessionState="Bridged")
        seconds = str(self.script.seconds if answered else 0)
        over = {**number, "dialDurationInSeconds": seconds}
        if self.script.dial_over:
            word = {"lastBridgeHangupCause": CAUSES[self.script.her]} if self.script.cause else {}
            self.post(
                **over,
                **word,
                dialStatus="Completed" if answered else "Failed" if not word else "NotAnswered",
            )
        return over


def tree_of(body: str) -> ET.Element:
    """The XML of an answer; what is none does nothing."""
    try:
        return ET.fromstring(body.encode())
    except ET.ParseError:
        return ET.Element("nothing")


class _VoiceWire(_Wire):
    def do_POST(self) -> None:  # noqa: N802 - the base gives it its name
        if urlsplit(self.path).path != "/call":
            super().do_POST()
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        form = {name: values[0] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()}
        self._calling(form)

    def _calling(self, form: dict[str, str]) -> None:
        standin = self.server.standin
        assert isinstance(standin, VoiceStandin)
        standin.posts.append({"path": self.path, "headers": dict(self.headers.items()), "form": form})
        if self.headers.get("apiKey") != standin.key:
            self._answer(401, b"The supplied authentication is invalid", "text/plain")
            return
        if not all(form.get(name) for name in ("username", "to", "from")):
            self._answer(400, b"Request is missing required form field", "text/plain")
            return
        rule = standin.next_rule()
        if self._before(rule):
            self._rung(standin, rule, form)

    def _rung(self, standin: VoiceStandin, rule: Rule, form: dict[str, str]) -> None:
        entry: dict[str, Any] = {
            "phoneNumber": form["to"],
            "status": rule.body or "InsufficientCredit",
            "sessionId": "None",
        }
        call = None
        if rule.do not in ("code", "silent") and not (rule.do == "status" and not rule.accept):
            call = standin.take(form)
            entry |= {"status": "Queued", "sessionId": call.session}
            script = standin.script_of(call)
            if script.early != "none":
                Play(standin, call, script).first()
            if script.early == "all":
                Play(standin, call, script).rest()
        if self._after(rule):
            self._told_of_call(rule, entry)
        if call is not None and standin.script_of(call).early != "all":
            standin.begin(call)

    def _told_of_call(self, rule: Rule, entry: dict[str, Any]) -> None:
        whole: dict[str, Any] = {"entries": [entry], "errorMessage": "None"}
        if rule.do == "silent":
            whole = {"entries": [], "errorMessage": rule.body}
        told = json.dumps(whole).encode()
        answers = {
            "status": (rule.status, rule.body.encode(), "text/plain", rule.headers),
            "html": (200, b"<!doctype html><html><body>Please log in</body></html>", "text/html", {}),
            "charset": (201, told, "application/json; charset=utf-8", {}),
            "broken": (201, told[:-5], "application/json", {}),
            "huge": (201, told[:-1] + b" " * 1_000_000 + b"}", "application/json", {}),
        }
        status, body, content_type, headers = answers.get(rule.do, (201, told, "application/json", {}))
        self._answer(status, body, content_type, headers)


VoiceStandin.wire = _VoiceWire
