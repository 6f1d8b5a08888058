"""Random sound menus, random people, and inputs that wish us ill."""

from hypothesis import strategies as st

from gateway.menus.engine.model import Choice, Deed, Menu, Variant
from gateway.menus.engine.screens import Choices, End, Entry, Form, Information, Offer, Question
from gateway.menus.engine.session import Known, Session
from tests.support.menu_builders import FACTS, KEYWORDS, OFFERS, menu_of

ROOMS = [f"room{number}" for number in range(6)]
LINES = {
    "en": ["My pay", "Hours", "Papers", "Going home", "Money", "Call me"],
    "lo": ["ຄ່າແຮງ", "ເວລາ", "ໜັງສື", "ເງິນ", "ໂທຫາຂ້ອຍ", "ຕໍ່"],
    "th": ["ค่าจ้าง", "เวลา", "พาสปอร์ต", "เงิน", "โทรหาฉัน", "ต่อ"],
}
SENTENCES = {
    "en": ["Write the hours.", "Keep slips.", "Phone 1546 or 1506.", "Pay is {th.wage} baht.", "Don’t sign."],
    "lo": ["ຈົດມື້ ແລະ ຊົ່ວໂມງ.", "ເກັບຮູບ.", "ໂທ 1546.", "{th.wage} ບາດ/ມື້."],
    "th": ["จดวันและชั่วโมงที่ทำงาน", "เก็บรูป", "โทร 1546", "{th.wage} บาท/วัน"],
}
OPEN_KEYS = ["1", "2", "3", "4", "5", "6", "7"]
CONDITIONS = st.sampled_from(
    [
        {},
        {},
        {},
        {"region": ("LA",)},
        {"language": ("lo",)},
        {"script": ("th", "en")},
        {"phone_seen": ("no",)},
    ]
)
HOSTILE = st.one_of(
    st.sampled_from(
        ["0", "00", "98", "1", "2", "3", "7", "9", "4821", "0000", "", " ", "*", "#", "1*2", "01", "1.0", "-1", "+1",
         "²", "①", "໑", "๒", "٣", "７", "\u200f1", "1\u200e", "\u00a02", "\x00", "\x1b", "\ud83d", "1" * 161, "ກ" * 200,
         "DROP TABLE", "{code}", "{th.wage}", "{}", "%s", "\n", "\r\n1"]
    ),
    st.text(max_size=6),
)  # fmt: skip


@st.composite
def texts(draw, pool, most):
    """A text in English and perhaps in the other languages."""
    spoken = ["en", *draw(st.lists(st.sampled_from(["lo", "th"]), unique=True))]
    return {
        tag: " ".join(draw(st.lists(st.sampled_from(pool[tag]), min_size=1, max_size=most))) for tag in spoken
    }


@st.composite
def ways(draw, targets):
    """Choices with different keys; some are hidden, some have no line of their own, some begin a page."""
    keys = sorted(draw(st.lists(st.sampled_from(OPEN_KEYS), unique=True, max_size=6)))
    return tuple(
        Choice(
            key=key,
            label=draw(texts(LINES, 1)) if draw(st.integers(0, 5)) else {},
            to=draw(st.sampled_from(targets)),
            page=draw(st.sampled_from([0, 0, 0, 0, 2])),
            only_if=draw(CONDITIONS),
        )
        for key in keys
    )


@st.composite
def rooms(draw, name):
    """A screen to walk through: a list, or something to read."""
    targets = [*ROOMS, "main", "call_me", "sos", "my_code", "thanks"]
    common = {
        "id": name,
        "choices": draw(ways(targets)),
        "topic": draw(st.sampled_from(["", "pay", "hours"])),
        "back": draw(st.sampled_from([True, True, True, False])),
        "variants": tuple(
            Variant(only_if=condition, text=draw(texts(SENTENCES, 5)))
            for condition in draw(st.lists(CONDITIONS, max_size=1))
        ),
    }
    if draw(st.booleans()):
        return Choices(text=draw(texts(LINES, 2)), takes_code=draw(st.booleans()), code_to="status", **common)
    return Information(text=draw(texts(SENTENCES, 14)), **common)


def question(name, answers, **to):
    return Question(
        id=name,
        asks=name,
        text={"en": f"What about {name}?", "lo": "ແນວໃດ?"},
        choices=tuple(
            Choice(
                key=str(number),
                answer=answer,
                label={"en": answer.replace("_", " ")},
                to=to.get(answer, ""),
                does=Deed.REQUEST_CALLBACK if name == "consent" and answer == "yes" else None,
            )
            for number, answer in enumerate(answers, start=1)
        ),
    )


def fixed():
    """The screens that every sound menu has."""
    return (
        Choices(
            id="language",
            text={"en": "Choose:"},
            choices=(
                Choice(key="1", to="main", language="lo", script="lo", label={"en": "Lao"}),
                Choice(key="2", to="main", language="lo", script="lo-Latn", label={"en": "ABC"}),
                Choice(key="3", to="main", language="th", script="th", label={"en": "Thai"}),
                Choice(key="4", to="main", language="en", script="en", label={"en": "English"}),
                Choice(key="9", to="sos", label={"en": "SOS"}),
            ),
        ),
        Form(id="call_me", questions=("danger", "phone_seen", "when", "consent"), to="code"),
        question("danger", ("yes", "no"), yes="danger_numbers"),
        Information(
            id="danger_numbers",
            text={"en": "Police {th.police}."},
            choices=(Choice(key="7", to="@form", label={"en": "Call me"}),),
        ),
        question("phone_seen", ("no", "sometimes", "not_mine")),
        question("when", (*OFFERS, "never"), never="no_call"),
        question("consent", ("yes", "no"), yes="code", no="no_call"),
        Choices(
            id="code",
            back=False,
            text={"en": "Code {code}, {when}.", "lo": "ລະຫັດ {code}. ຈະໂທ {when}."},
            choices=(
                Choice(key="1", to="thanks", label={"en": "Finish"}),
                Choice(
                    key="2",
                    to="code",
                    does=Deed.AMEND_CALLBACK,
                    answers={"woman": "yes"},
                    label={"en": "A woman"},
                ),
            ),
        ),
        Choices(
            id="status",
            text={"en": "We call {when}."},
            choices=(
                Choice(
                    key="1",
                    to="status",
                    does=Deed.CHANGE_WINDOW,
                    answers={"when": "now"},
                    label={"en": "Now"},
                ),
                Choice(key="2", to="thanks", does=Deed.CANCEL_CALLBACK, label={"en": "Cancel"}),
            ),
        ),
        Entry(id="my_code", text={"en": "Your code?"}, digits=4, does=Deed.LOOK_UP_CODE, to="status"),
        Information(
            id="sos",
            topic="danger",
            text={"en": "Police {th.police}."},
            choices=(Choice(key="7", to="call_me", answers={"danger": "yes"}, label={"en": "Call me"}),),
        ),
        Offer(
            id="offer",
            text={"en": "Shall we call?"},
            choices=(
                Choice(key="1", to="call_me", label={"en": "Call me"}),
                Choice(key="2", to="@here", label={"en": "Go on"}),
                Choice(key="3", to="@back", label={"en": "Back there"}),
            ),
        ),
        End(id="no_call", text={"en": "No call. {helpline}"}),
        End(id="thanks", text={"en": "Thank you.", "lo": "ຂອບໃຈ."}),
        Choices(
            id="erase",
            text={"en": "Erase?"},
            choices=(Choice(key="1", to="thanks", does=Deed.ERASE, label={"en": "Yes"}),),
        ),
    )


@st.composite
def menus(draw) -> Menu:
    """A sound menu: every target exists, every text fits."""
    main = Choices(
        id="main", takes_code=True, code_to="status", choices=draw(ways([*ROOMS, "call_me", "sos", "erase"]))
    )
    first, *others = fixed()
    return menu_of(
        first, main, *others, *(draw(rooms(name)) for name in ROOMS), facts=FACTS, keywords=KEYWORDS
    )


KNOWN = st.builds(
    Known,
    language=st.sampled_from(["", "", "lo", "th", "en", "xx"]),
    script=st.sampled_from(["", "lo", "lo-Latn", "th", "xx"]),
    region=st.sampled_from(["", "LA", "TH"]),
    offers=st.lists(st.sampled_from(OFFERS), unique=True).map(tuple),
    lost=st.booleans(),
)


_WORDS = st.text(max_size=12)
SESSIONS = st.builds(
    Session,
    screen=_WORDS,
    page=st.integers(1, 9),
    language=_WORDS,
    script=_WORDS,
    trail=st.lists(st.tuples(_WORDS, st.integers(1, 9)), max_size=5).map(tuple),
    answers=st.dictionaries(_WORDS, _WORDS, max_size=4),
    topic=_WORDS,
    path=st.lists(_WORDS, max_size=4).map(tuple),
    region=_WORDS,
    offers=st.lists(_WORDS, max_size=4).map(tuple),
    wrong=st.integers(0, 3),
    notice=_WORDS,
    values=st.dictionaries(_WORDS, _WORDS, max_size=4),
    read=_WORDS,
    callback=_WORDS,
    ended=st.booleans(),
)
"""Any session, also such as no menu makes."""
