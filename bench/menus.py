"""What the size of a menu costs: loading and checking 10,000 screens, and one hop in ten and in 10,000."""

import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from statistics import median

from gateway.conversations import ussd
from gateway.domain.events import SMS_LIMITS, USSD_LIMITS, Inbound, Kind
from gateway.foundation.display_values import DisplayValues
from gateway.foundation.services import Services
from gateway.menus.authoring.check import Checked, check_menu
from gateway.menus.authoring.checks import CheckContext
from gateway.menus.authoring.pages import add_pages
from gateway.menus.engine import engine, serialization
from gateway.menus.engine.model import Menu
from gateway.menus.engine.session import Known
from gateway.storage.live_menus import Versions

ROUNDS = 11
HOPS = 600
TURNS = 60
FEW, MANY = 11, 10_000
WALK = ("2", "9", "0", "7", "2", "3", "0", "0", "0", "5")
"""Keys on the screens that both menus share; 5 is a wrong key."""

_FAN, _A_FILE = 8, 50
_NOW = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)
_LINE = DisplayValues(zone="Asia/Vientiane", values={"helpline": "021000000", "days": "90"})

_HEAD = """schema: 1
menu: helpline
languages: {lo: ລາວ, en: English}
fallback: {lo: [en]}
start: language
home: main
offer: offer
sos: sos
call_me: call_me
messages:
  back: {en: Back, lo: ກັບ}
  home: {en: Home, lo: ໜ້າຫຼັກ}
  more: {en: More, lo: ຕໍ່}
  invalid: {en: Not a valid choice. Try again., lo: ລອງໃໝ່}
  again: {en: We begin again., lo: ເລີ່ມໃໝ່}
  down: {en: "Sorry, try again later. {helpline}", lo: "ລອງໃໝ່ພາຍຫຼັງ. {helpline}"}
  sms_help: {en: Text CALL ME., lo: ສົ່ງ ໂທຫາຂ້ອຍ}
  sms_form: {en: Reply with two numbers., lo: ຕອບສອງເລກ}
  sms_form_again: {en: Reply with two numbers., lo: ຕອບສອງເລກ}
  sms_saved: {en: "{code}", lo: "{code}"}
  sms_no_call: {en: OK., lo: ໄດ້.}
  sms_started: {en: OK., lo: ໄດ້.}
windows:
  evening: {hours: "18:00-21:00"}
calendar:
  en: {days: [Mon, Tue, Wed, Thu, Fri, Sat, Sun]}
  lo: {days: [ຈັນ, ອັງຄານ, ພຸດ, ພະຫັດ, ສຸກ, ເສົາ, ອາທິດ]}
topics:
  danger: {en: Danger, lo: ອັນຕະລາຍ}
facts:
  th.police:
    - {value: "191", valid_from: 2020-01-01, source: Police, checked_on: 2026-11-24, expires_on: 2027-05-24}
keywords:
  - {words: {en: call me, lo: ໂທຫາຂ້ອຍ}, reaction: call_me}
screens:
  language:
    text: {en: "Info line. Choose:"}
    choices:
      - {key: "1", language: lo, script: lo, to: main, label: {en: Phasa Lao}}
      - {key: "2", language: en, script: en, to: main, label: {en: English}}
      - {key: "9", to: sos, label: {en: SOS}}
  main:
    choices:
      - {key: "1", to: t0, label: {en: Topics, lo: ເລື່ອງ}}
      - {key: "7", to: call_me, label: {en: Call me back, lo: ໂທຫາຂ້ອຍ}}
      - {key: "9", to: sos, label: {en: SOS, lo: SOS}}
  sos:
    kind: information
    topic: danger
    text: {en: "Police {th.police}. We are not the police.", lo: "ຕຳຫຼວດ {th.police}"}
  offer:
    kind: offer
    text: {en: Shall we call?, lo: ໂທບໍ?}
    choices: [{key: "1", to: "@here", label: {en: Back, lo: ກັບ}}]
  call_me: {kind: form, questions: [danger, when, consent], to: code}
  danger:
    kind: question
    asks: danger
    text: {en: Are you in danger now?, lo: ທ່ານຢູ່ໃນອັນຕະລາຍບໍ?}
    choices:
      - {key: "1", answer: "yes", label: {en: "Yes", lo: ແມ່ນ}}
      - {key: "2", answer: "no", label: {en: "No", lo: ບໍ່}}
  when:
    kind: question
    asks: when
    text: {en: When is it safe?, lo: ຕອນໃດປອດໄພ?}
    choices:
      - {key: "3", answer: evening, label: {en: "Evening {hours}", lo: "ແລງ {hours}"}}
      - {key: "6", answer: never, to: thanks, label: {en: Do not call, lo: ຢ່າໂທ}}
  consent:
    kind: question
    asks: consent
    text: {en: We keep your number to call you. OK?, lo: ເກັບເບີເພື່ອໂທຫາ. ໄດ້ບໍ?}
    choices: [{key: "1", answer: "yes", does: request_callback, to: code, label: {en: "Yes", lo: ໄດ້}}]
  code: {text: {en: "{code} {when}", lo: "{code} {when}"}, choices: [{key: "1", to: thanks, label: {en: End, lo: ຈົບ}}]}
  thanks: {kind: end, text: {en: Thank you., lo: ຂອບໃຈ.}}
"""


def files(screens: int, *, different: bool = False) -> dict[str, bytes]:
    """Return a sound folder of so many screens, eleven at least: a callback, and topics below one another.

    ``different`` gives each topic and label words of its own, so that nothing found for one text serves another.
    """
    topics = range(max(1, screens - FEW + 1))
    found = {"head.yaml": _HEAD.encode()}
    for first in range(0, len(topics), _A_FILE):
        lines = [
            _topic(number, len(topics), different=different) for number in topics[first : first + _A_FILE]
        ]
        found[f"topics{first:04}.yaml"] = "\n".join(["schema: 1", "screens:", *lines, ""]).encode()
    return found


def asked() -> CheckContext:
    """Ask what a publish would ask, on one day."""
    return CheckContext(today=date(2026, 11, 24), limits=(USSD_LIMITS, SMS_LIMITS))


def checked(screens: int) -> Checked:
    """Return the menu of so many screens, checked."""
    return check_menu(files(screens), asked())


def report(parts: Services) -> None:
    """Measure and print."""
    menu = _loading()
    small = _published(FEW)
    menus = {
        f"{FEW} screens (A)": small,
        f"{FEW} screens again (A/A)": serialization.load_menu(serialization.dump_menu(small)),
        f"{MANY:,} screens": menu,
    }
    print(f"\nA hop in a small and in a large menu: {ROUNDS} interleaved rounds, processor time")
    for name, count, hop in (
        ("step and tell", HOPS, _step_and_tell),
        ("the whole turn", TURNS, _turns(parts)),
    ):
        _compare(name, count, hop, menus)


def _loading() -> Menu:
    content = files(MANY)
    begun = time.process_time()
    found = check_menu(content, asked())
    took = time.process_time() - begun
    if found.menu is None:
        raise SystemExit(f"the generated menu is not sound: {found.problems[0]}")
    begun = time.process_time()
    menu = add_pages(found.menu, (USSD_LIMITS, SMS_LIMITS))
    cut = time.process_time() - begun
    stored = serialization.dump_menu(menu)
    begun = time.process_time()
    tracemalloc.start()
    loaded = serialization.load_menu(stored)
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    size = sum(map(len, content.values())) / 1e3
    print(
        f"\nA menu of {len(menu.screens):,} screens in 2 languages, {size:.0f} KB of YAML in {len(content)} files"
    )
    print(f"{'read and checked':34}{took:9.2f} s of the processor")
    print(f"{'its pages cut for both channels':34}{cut:9.2f} s of the processor")
    content = files(MANY, different=True)
    begun = time.process_time()
    check_menu(content, asked())
    print(f"{'each text different, as above':34}{time.process_time() - begun:9.2f} s of the processor")
    print(f"{'held by a process':34}{held / 2**20:9.1f} MB   while it is loaded {peak / 2**20:.1f} MB")
    return loaded


def _published(screens: int) -> Menu:
    found = checked(screens).menu
    if found is None:
        raise SystemExit(f"the menu of {screens} screens is not sound")
    return serialization.load_menu(serialization.dump_menu(add_pages(found, (USSD_LIMITS, SMS_LIMITS))))


def _spell(number: int, letters: str) -> str:
    """Write a number in letters of one script, since a digit in a text would be a figure."""
    return " " + "".join(letters[int(digit)] for digit in str(number))


def _topic(number: int, count: int, *, different: bool) -> str:
    def words(of: int) -> list[str]:
        return [_spell(of, letters) if different else "" for letters in ("bdfgklmnst", "ກຂຄງຈຊຍດຕນ")]

    en, lo = words(number)
    below = [child for child in range(_FAN * number + 1, _FAN * number + _FAN + 1) if child < count]
    if not below:
        return (
            f"  t{number}: {{kind: information, text: {{en: Ask us about this and that; we know it and it is free."
            f" Write the days down{en}., lo: ຖາມພວກເຮົາ. ຈົດມື້ ແລະ ຊົ່ວໂມງໄວ້{lo}}}}}"
        )
    lines = [f"  t{number}:", f"    text: {{en: Choose a topic{en}, lo: ເລືອກເລື່ອງ{lo}}}", "    choices:"]
    lines += [
        f'      - {{key: "{at}", to: t{child}, label: {{en: Topic{there}, lo: ເລື່ອງ{too}}}}}'
        for at, child in enumerate(below, start=1)
        for there, too in (words(child),)
    ]
    return "\n".join(lines)


def _compare(name: str, count: int, hop: Callable[[Menu, int], None], menus: dict[str, Menu]) -> None:
    spans: dict[str, list[float]] = {each: [] for each in menus}
    for number in range(ROUNDS + 1):
        for each, menu in menus.items():
            begun = time.process_time()
            hop(menu, count)
            if number:  # the first round only warms up
                spans[each].append((time.process_time() - begun) / count * 1e6)
    first, again, large = spans.values()
    noise = [other - one for one, other in zip(first, again, strict=True)]
    more = median(other - one for one, other in zip(first, large, strict=True))
    for each, micros in spans.items():
        print(f"{f'{name}, {each}':44}{median(micros):9.1f} µs")
    where = "inside" if min(noise) <= more <= max(noise) else "OUTSIDE"
    spread = f"A/A {min(noise):+.1f} to {max(noise):+.1f}"
    print(f"{'':4}{MANY:,} screens cost {more:+.1f} µs a hop, {where} the spread ({spread})")


def _step_and_tell(menu: Menu, count: int) -> None:
    session = engine.begin_session(menu, Known(region="LA", offers=("evening",)))
    for number in range(count):
        if number % len(WALK) == 0:
            session = engine.begin_session(menu, Known(region="LA", offers=("evening",)))
        session = engine.step_session(menu, session, WALK[number % len(WALK)]).session
        engine.render_reply(menu, session, _LINE, USSD_LIMITS, _NOW)


class _One(Versions):
    """One menu that is live, whatever was published."""

    def __init__(self, menu: Menu) -> None:
        self._menu = menu

    def live(self, menu: str) -> tuple[str, Menu]:
        """Return the menu."""
        return menu, self._menu

    def get(self, version_id: str) -> Menu:  # noqa: ARG002
        """Return the menu."""
        return self._menu


def _turns(parts: Services) -> Callable[[Menu, int], None]:
    names = _names()

    def hops(menu: Menu, count: int) -> None:
        house = replace(parts, versions=_One(menu))
        for _ in range(count // (len(WALK) + 1)):
            session = next(names)
            for hop in range(len(WALK) + 1):
                inbound = Inbound(
                    channel="africastalking",
                    kind=Kind.USSD,
                    number="+85620555" + session[-5:],
                    session=session,
                    text="*".join(WALK[:hop]),
                    first=hop == 0,
                )
                ussd.answer_turn(house, inbound)

    return hops


def _names() -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield f"menus{number:05}"
