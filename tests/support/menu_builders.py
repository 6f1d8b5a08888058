"""A small sound menu in Python, and short ways to walk through it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

from gateway.domain.events import USSD_LIMITS, Limits, Reply
from gateway.foundation.display_values import DisplayValues
from gateway.menus.engine.dates import Pattern
from gateway.menus.engine.effects import CallbackAccepted, CallbackFound
from gateway.menus.engine.engine import Step, begin_session, forget_notice, render_reply, step_session
from gateway.menus.engine.model import Choice, Deed, Fact, FactValue, Keyword, Menu, Reaction, Screen, Variant
from gateway.menus.engine.screens import Choices, End, Entry, Form, Information, Offer, Question
from gateway.menus.engine.session import Known, Session, dump_session, load_session

NOW = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)
LINE = DisplayValues(
    zone="Asia/Vientiane",
    values={"helpline": "021 000 000", "mrc": "071 000 000", "price": "", "days": "90"},
)
OFFERS = ("morning", "noon", "evening", "sunday", "now")
LANGUAGES = {"lo": "ລາວ", "lo-Latn": "Lao (ABC)", "th": "ไทย", "en": "English"}
FALLBACK = {"lo": ("lo-Latn", "en"), "lo-Latn": ("en",), "th": ("en",), "en": ()}

ACCEPTED = CallbackAccepted(
    callback="cb1",
    code="4821",
    due_at=datetime(2026, 11, 25, 11, tzinfo=UTC),
    due_until=datetime(2026, 11, 25, 14, tzinfo=UTC),
)
FOUND = CallbackFound(callback="cb1", code="4821", due_at=ACCEPTED.due_at, due_until=ACCEPTED.due_until)

CALENDAR = {
    "en": Pattern(
        days=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
        months=("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
        between=" ",
    ),
    "lo": Pattern(days=("ຈັນ", "ອັງຄານ", "ພຸດ", "ພະຫັດ", "ສຸກ", "ເສົາ", "ອາທິດ")),
    "lo-Latn": Pattern(days=("Chan", "Angkhan", "Phut", "Phahat", "Suk", "Sao", "Athit")),
    "th": Pattern(
        days=("จันทร์", "อังคาร", "พุธ", "พฤหัส", "ศุกร์", "เสาร์", "อาทิตย์"),
        months=(
            *("ม.ค.", "ก.พ.", "มี.ค.", "เม.ย.", "พ.ค.", "มิ.ย."),
            *("ก.ค.", "ส.ค.", "ก.ย.", "ต.ค.", "พ.ย.", "ธ.ค."),
        ),
        between=" ",
        era=543,
    ),
}

MESSAGES = {
    "back": {"en": "Back", "lo": "ກັບ", "lo-Latn": "Kap", "th": "กลับ"},
    "home": {"en": "Home", "lo": "ໜ້າຫຼັກ", "lo-Latn": "Na lak", "th": "หน้าแรก"},
    "more": {"en": "More", "lo": "ຕໍ່", "lo-Latn": "To", "th": "ต่อ"},
    "invalid": {"en": "Not a valid choice. Try again.", "lo": "ເລືອກບໍ່ຖືກ. ລອງໃໝ່", "th": "เลือกไม่ถูก ลองใหม่"},
    "again": {"en": "We lost your place. Start again."},
    "down": {"en": "Sorry, try again later."},
    "sms_help": {"en": "Text HELP."},
    "sms_form": {"en": "1 no 2 sometimes 3 not mine"},
    "sms_form_again": {"en": "Please send two digits."},
    "sms_saved": {"en": "Your code is {code}."},
    "sms_no_call": {"en": "OK, no call."},
    "sms_stopped": {"en": "OK. No more messages."},
    "sms_started": {"en": "Welcome back."},
}


def choice(key: str, to: str = "", label: str | Mapping[str, str] = "", **rest: object) -> Choice:
    """A line; a plain label is English."""
    text = {"en": label} if isinstance(label, str) and label else label or {}
    return Choice(key=key, to=to, label=text, **rest)


def en(text: str) -> dict[str, str]:
    return {"en": text}


def fact(name: str, *values: tuple[str, date]) -> Fact:
    dated = tuple(
        FactValue(
            value=value,
            valid_from=day,
            source="Gazette",
            checked_on=date(2026, 11, 1),
            expires_on=date(2027, 5, 1),
        )
        for value, day in values
    )
    return Fact(id=name, values=dated)


def menu_of(*screens: Screen, **changes: object) -> Menu:
    """A menu of these screens; the first is the start and the second home unless told otherwise."""
    by_id = {screen.id: screen for screen in screens}
    names = list(by_id)
    fields = {
        "id": "test",
        "languages": LANGUAGES,
        "fallback": FALLBACK,
        "start": names[0],
        "home": names[min(1, len(names) - 1)],
        "offer": "offer",
        "sos": "sos",
        "call_me": "call_me",
        "messages": MESSAGES,
        "calendar": CALENDAR,
        **changes,
    }
    return Menu(screens=by_id, **fields)


def small_menu(**changes: object) -> Menu:
    """A helpline in small: languages, a main menu, information, danger, the form, the code, settings."""
    return menu_of(
        *_head(), *_information(), *_callback(), *_own(), facts=FACTS, keywords=KEYWORDS, **changes
    )


def changed(menu: Menu, screen: Screen) -> Menu:
    """The same menu with one screen put in or replaced."""
    return replace(menu, screens={**menu.screens, screen.id: screen})


FACTS = {
    "th.wage": fact(
        "th.wage", ("372", date(2025, 1, 1)), ("400", date(2025, 7, 1)), ("450", date(2027, 1, 1))
    ),
    "th.police": fact("th.police", ("191", date(2020, 1, 1))),
    "la.police": fact("la.police", ("1191", date(2020, 1, 1))),
}

KEYWORDS = (
    Keyword(words={"en": ("pay", "wage"), "lo": ("ຄ່າແຮງ",)}, to="pay"),
    Keyword(words={"en": ("call me",)}, reaction=Reaction.CALL_ME),
    Keyword(words={"en": ("help me",)}, to="sos", danger=True),
)


def _head() -> tuple[Screen, ...]:
    return (
        Choices(
            id="language",
            text=en("Info line. Choose:"),
            choices=(
                choice("1", "script", "Phasa Lao", language="lo", script="lo"),
                choice("2", "main", "Lao (ABC)", language="lo", script="lo-Latn"),
                choice("3", "script", "Phasa Thai", language="th", script="th"),
                choice("4", "main", "English", language="en", script="en"),
                choice("9", "sos", "SOS"),
            ),
        ),
        Choices(
            id="main",
            takes_code=True,
            code_to="status",
            choices=(
                choice("1", "pay", {"en": "My pay", "lo": "ຄ່າແຮງ", "th": "ค่าจ้าง"}),
                choice("7", "call_me", {"en": "Call me back", "lo": "ໂທຫາຂ້ອຍ", "th": "โทรหาฉัน"}),
                choice("9", "sos", "SOS"),
                choice("8", "numbers", {"en": "Numbers and settings", "lo": "ເບີໂທ"}, page=2),
            ),
        ),
        Choices(
            id="script",
            text={"en": "Arn dai bo?", "lo": "Arn dai bo?\nທ່ານອ່ານໄດ້ບໍ?", "th": "อ่านได้ไหม"},
            choices=(
                choice("1", "main", "Dai"),
                choice("2", "main", "Bo dai (ABC)", script="lo-Latn", only_if={"language": ("lo",)}),
                choice("2", "main", "Bo dai (ABC)", script="en", only_if={"language": ("th",)}),
            ),
        ),
        Offer(
            id="offer",
            text=en("Shall a person call you?"),
            choices=(choice("1", "call_me", "Call me"), choice("2", "@here", "Go on")),
        ),
    )


def _information() -> tuple[Screen, ...]:
    return (
        Choices(
            id="pay",
            topic="pay",
            text={"en": "My pay", "lo": "ຄ່າແຮງ"},
            choices=(
                choice("1", "wage", {"en": "Minimum wage", "lo": "ຂັ້ນຕ່ຳ"}),
                choice("2", "not_paid", {"en": "Not paid", "lo": "ບໍ່ໄດ້ເງິນ"}),
            ),
        ),
        Information(
            id="wage",
            text={"en": "Bangkok: {th.wage} baht a day.", "lo": "ບາງກອກ {th.wage} ບາດ/ມື້"},
            choices=(choice("7", "call_me", {"en": "Call me", "lo": "ໂທຫາຂ້ອຍ"}),),
        ),
        Information(
            id="not_paid",
            text=en(
                "Write the days and hours you worked. Keep slips, photos, messages. Talk to us first: 7. "
                "Then complain at the labour office where you work: it is free. "
                "An officer decides in about 60 days. Phone 1546 or 1506."
            ),
            choices=(choice("7", "call_me"),),
        ),
        Information(
            id="sos",
            topic="danger",
            text=en("Police {th.police}. We are not the police."),
            variants=(
                Variant(only_if={"region": ("LA",)}, text=en("Police {la.police}. We are not the police.")),
            ),
            choices=(choice("7", "call_me", "Call me", answers={"danger": "yes"}),),
        ),
    )


def _callback() -> tuple[Screen, ...]:
    return (
        Form(id="call_me", questions=("danger", "phone_seen", "when", "consent"), to="code"),
        Question(
            id="danger",
            asks="danger",
            text={"en": "Are you in danger now?", "lo": "ຕອນນີ້ທ່ານຢູ່ໃນອັນຕະລາຍບໍ?"},
            choices=(
                choice("1", "danger_numbers", "Yes", answer="yes"),
                choice("2", label="No", answer="no"),
            ),
        ),
        Information(
            id="danger_numbers",
            text=en("Police {th.police}."),
            choices=(choice("7", "@form", "Call me"),),
        ),
        Question(
            id="phone_seen",
            asks="phone_seen",
            text={
                "en": "Can someone else hold or look at this phone?",
                "lo": "ຄົນອື່ນຈັບ ຫຼື ເບິ່ງໂທລະສັບນີ້ບໍ?",
            },
            choices=(
                choice("1", label={"en": "No", "lo": "ບໍ່"}, answer="no"),
                choice("2", label={"en": "Sometimes", "lo": "ບາງເທື່ອ"}, answer="sometimes"),
                choice(
                    "3", "when_not_mine", {"en": "It is not my phone", "lo": "ບໍ່ແມ່ນຂອງຂ້ອຍ"}, answer="not_mine"
                ),
            ),
        ),
        Question(
            id="when",
            asks="when",
            text=en("When is it safe to call?"),
            choices=(
                choice("1", label="Morning 6-9", answer="morning"),
                choice("2", label="Noon 12-13", answer="noon"),
                choice("3", label="Evening 18-21", answer="evening"),
                choice("4", label="Sunday 9-18", answer="sunday"),
                choice("5", label="Now (30 min)", answer="now"),
                choice("6", "no_call", "Do not call me", answer="never"),
            ),
        ),
        Question(
            id="when_not_mine",
            asks="when",
            text=en("Call now, within 30 minutes?"),
            choices=(
                choice("1", label="Yes", answer="now"),
                choice("2", "no_call", "Do not call", answer="never"),
            ),
        ),
        Question(
            id="consent",
            asks="consent",
            text=en("We keep your number and answers only to call you. Erased {days} days after we finish."),
            choices=(
                choice("1", "code", "I agree", answer="yes", does=Deed.REQUEST_CALLBACK),
                choice("2", "no_call", "No", answer="no"),
            ),
        ),
        Choices(
            id="code",
            back=False,
            text=en("Your code is {code}. We plan to call {when}."),
            variants=(
                Variant(only_if={"when": ("now",)}, text=en("Code {code}. We call before {until}.")),
                Variant(
                    only_if={"phone_seen": ("sometimes", "not_mine")},
                    text=en("Your code is {code}. We plan to call {when}. Clear your call list."),
                ),
            ),
            choices=(
                choice("1", "thanks", "Finish"),
                choice("2", "code", "A woman calls", does=Deed.AMEND_CALLBACK, answers={"woman": "yes"}),
                choice(
                    "3",
                    "code",
                    "Texts are safe",
                    does=Deed.AMEND_CALLBACK,
                    answers={"sms_safe": "yes"},
                    only_if={"phone_seen": ("no",)},
                ),
            ),
        ),
        End(id="no_call", text=en("OK, we will not call. You can call {helpline}.")),
        End(id="thanks", text={"en": "Thank you.", "lo": "ຂອບໃຈ.", "th": "ขอบคุณ"}),
    )


def _own() -> tuple[Screen, ...]:
    return (
        Choices(
            id="numbers",
            choices=(
                choice("4", "language", "Language"),
                choice("5", "my_code", "My code"),
                choice("6", "erase", "Erase my data"),
                choice("3", "report", "Report wrong information"),
            ),
        ),
        Entry(id="my_code", text=en("Type your code."), digits=4, does=Deed.LOOK_UP_CODE, to="status"),
        Choices(
            id="status",
            text=en("We plan to call {when}."),
            choices=(
                choice("1", "other_time", "Change the time"),
                choice("2", "thanks", "Cancel", does=Deed.CANCEL_CALLBACK),
                choice("3", "status", "Now", does=Deed.CHANGE_WINDOW, answers={"when": "now"}),
            ),
        ),
        Choices(
            id="other_time",
            choices=(
                choice("1", "status", "Morning", does=Deed.CHANGE_WINDOW, answers={"when": "morning"}),
                choice("3", "status", "Evening", does=Deed.CHANGE_WINDOW, answers={"when": "evening"}),
            ),
        ),
        Choices(
            id="erase",
            text=en("Erase everything about this number?"),
            choices=(choice("1", "thanks", "Yes, erase", does=Deed.ERASE), choice("2", "@back", "No")),
        ),
        Choices(
            id="report",
            text=en("What is wrong?"),
            choices=(
                choice("1", "thanks", "A number", does=Deed.REPORT_WRONG),
                choice("2", "thanks", "Something else", does=Deed.REPORT_WRONG),
            ),
        ),
    )


def known(**changes: object) -> Known:
    return Known(**{"offers": OFFERS, "region": "TH", **changes})


def walk(menu: Menu, keys: str, session: Session | None = None, limits: Limits = USSD_LIMITS) -> Step:
    """Press the keys, written with spaces between, each time on a session that was told and went to JSON and back."""
    last = Step(session or begin_session(menu, known()))
    for key in keys.split():
        kept = forget_notice(last.session, told(menu, last.session, limits))
        last = step_session(menu, load_session(dump_session(kept)), key, limits)
    return last


def told(menu: Menu, session: Session, limits: Limits = USSD_LIMITS, line: DisplayValues = LINE) -> Reply:
    return render_reply(menu, session, line, limits, NOW)
