"""The grammar of menu files, as one table of shapes."""

from collections.abc import Iterator, Mapping
from dataclasses import fields as dataclass_fields
from functools import lru_cache

from gateway.domain.contact_safety import DAYS
from gateway.menus.authoring.passages import EXAMPLE, MARK
from gateway.menus.engine.model import Deed, Reaction, Screen, Speech
from gateway.menus.engine.screens import SCREEN_KINDS, USUAL_KIND
from gateway.menus.engine.shapes import ByKind, Day, Either, Named, Record, Several, Shape, Word

ALWAYS_ANSWERED = ("now", "never")
"""Answers to the time question that exist in every menu: at once, or not at all."""

CONDITIONS = ("region", "language", "script", "missed")
"""Names that a condition may use beside the fields of the form."""

SPECIAL_TARGETS = ("@form", "@here", "@back")

_ANY = Word()
_YES_NO = Word(values=("yes", "no"))
_TEXT = Named(of=_ANY, keys="language", least=1)
_IF = Named(of=Several(of=_ANY, or_one=True, least=1), keys="condition", least=1)
_SCREEN_NAME = Word(pattern=r"[a-z][a-z0-9_]*", example="wage_bangkok")

CHOICE = Record(
    what="a choice",
    fields={
        "key": Word(example='"1"'),
        "label": _TEXT,
        "to": _ANY,
        "answer": _ANY,
        "answers": Named(of=_ANY, keys="field"),
        "language": _ANY,
        "script": _ANY,
        "does": Word(values=tuple(Deed)),
        "page": Word(pattern=r"[1-9]", example='"2"', numeric=True),
        "if": _IF,
    },
    required=("key",),
    one_of=("to", "answer", "does"),
)

_VARIANTS = Several(of=Record(what="a variant", fields={"if": _IF, "text": _TEXT}, required=("if", "text")))

MESSAGE = Either(
    short=_TEXT,
    long=Record(what="a message", fields={"text": _TEXT, "variants": _VARIANTS}, required=("text",)),
)

_COMMON: Mapping[str, Shape] = {
    "kind": _ANY,
    "topic": _ANY,
    "text": _TEXT,
    "variants": _VARIANTS,
    "sensitive": _YES_NO,
    "rests_on": Several(of=_ANY, or_one=True),
    "back": _YES_NO,
    "choices": Several(of=CHOICE, least=1),
}


@lru_cache(maxsize=32)
def _make_record(kind: str, found: type[Screen]) -> Record:
    return Record(what=f"a screen of kind {kind}", fields={**_COMMON, **found.shape}, required=found.required)


class _KindRecords(Mapping[str, Record]):
    """The shape of each kind of screen, read from its class when it is asked for."""

    def __getitem__(self, kind: str) -> Record:
        return _make_record(kind, SCREEN_KINDS[kind])

    def __iter__(self) -> Iterator[str]:
        return iter(SCREEN_KINDS)

    def __len__(self) -> int:
        return len(SCREEN_KINDS)


SCREEN = ByKind(key="kind", default=USUAL_KIND, kinds=_KindRecords())

KEYWORD = Record(
    what="a keyword",
    fields={
        "words": Named(of=Several(of=_ANY, or_one=True, least=1), keys="language", least=1),
        "to": _ANY,
        "reaction": Word(values=tuple(each for each in Reaction if each is not Reaction.SHOW)),
        "danger": _YES_NO,
    },
    required=("words",),
    one_of=("to", "reaction"),
)

_WORDS = Named(of=Several(of=_ANY, or_one=True), keys="language")

NAMED_WORDS = {"answers": "answer", "lists": "list"}
"""Parts of the speech that hold words by a name, and what the name is of."""

SPEECH = Record(
    what="speech",
    fields={
        each.name: Named(of=_WORDS, keys=NAMED_WORDS[each.name]) if each.name in NAMED_WORDS else _WORDS
        for each in dataclass_fields(Speech)
    },
)

MOST_OF_A_NAME = 35
"""Most letters of a fact's name, since it is part of a counter's name."""

FACT_NAME = Word(pattern=rf"[A-Za-z0-9_][A-Za-z0-9_.\-]{{0,{MOST_OF_A_NAME - 1}}}", example="th.wage.bangkok")

WINDOW_NAME = Word(pattern=r"[a-z][a-z0-9_]{0,30}", example="weekday_morning")

TOPIC_NAME = Word(pattern=r"[a-z][a-z0-9_]{0,19}", example="pay")

FACT = Several(
    of=Record(
        what="a value of a fact",
        fields={
            "value": _ANY,
            "date": Day(coarse=True),
            "valid_from": Day(),
            "source": _ANY,
            "checked_on": Day(),
            "expires_on": Day(),
            "when_old": _TEXT,
        },
        required=("valid_from", "source", "checked_on", "expires_on"),
        one_of=("value", "date"),
    )
)

WINDOW = Record(
    what="a window",
    fields={
        "days": Several(of=Word(values=DAYS), or_one=True, least=1),
        "hours": Word(
            pattern=r"([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)", example='"09:00-12:00"'
        ),
    },
    required=("hours",),
)
"""A window of a call: without ``days`` it applies every day."""

CALENDAR = Record(
    what="a calendar",
    fields={
        "days": Several(of=_ANY),
        "months": Several(of=_ANY),
        "between": Word(may_be_empty=True),
        "era": Word(pattern=r"\d{1,4}", example='"543"', numeric=True),
    },
    required=("days",),
)
"""Date pattern of a language."""

FIELD = Record(
    what="a field of the form",
    fields={"label": _TEXT, "values": Several(of=_ANY, or_one=True)},
    required=("label",),
)
"""A further question of the form: its label for staff, and its allowed values."""

HEAD: Mapping[str, Shape] = {
    "menu": Word(pattern=r"[a-z][a-z0-9-]{0,39}", example="helpline"),
    "languages": Named(of=_ANY, keys="language", least=1),
    "fallback": Named(of=Several(of=_ANY, or_one=True), keys="language"),
    "start": _ANY,
    "home": _ANY,
    "offer": _ANY,
    "sos": _ANY,
    "call_me": _ANY,
    "drafts": Several(of=_ANY, or_one=True),
    "written_in": _ANY,
    "countries": Named(of=Named(of=Several(of=_ANY, or_one=True), keys="language"), keys="country"),
    "units": Named(of=Several(of=_ANY, or_one=True), keys="language"),
    "messages": Named(of=MESSAGE, keys="message"),
    "windows": Named(of=WINDOW, keys="window"),
    "calendar": Named(of=CALENDAR, keys="language"),
    "topics": Named(of=_TEXT, keys="topic"),
    "fields": Named(of=FIELD, keys="field"),
}

FILE = Record(
    what="a menu file",
    fields={
        "schema": Word(values=("1",), numeric=True),
        "review": Word(values=("draft",)),
        **HEAD,
        "screens": Named(of=SCREEN, keys="screen"),
        "keywords": Several(of=KEYWORD),
        "speech": SPEECH,
        "facts": Named(of=FACT, keys="fact"),
        "reviews": Named(of=Named(of=Word(pattern=MARK, example=EXAMPLE), keys="text"), keys="language"),
    },
    required=("schema",),
)

POINTERS = ("start", "home", "offer", "sos", "call_me")
"""Keys of the head whose value is a screen."""

REQUIRED_HEAD = ("menu", "languages", *POINTERS, "messages", "windows", "calendar", "topics", "screens")

SCREEN_NAME = _SCREEN_NAME
