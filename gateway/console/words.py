"""The words of the counsellors' pages for what the desk says in codes, and what is said first on the phone."""

from __future__ import annotations

from typing import Any

import phonenumbers
from phonenumbers import PhoneNumberFormat

from gateway.web.translate import later as _

_WORDS: dict[str, dict[str, Any]] = {
    "topic": {
        "pay": _("Pay"),
        "hours": _("Hours and leave"),
        "papers": _("Passport and papers"),
        "injury": _("Injury or illness"),
        "going": _("Going to Thailand"),
        "money": _("Debt and money"),
        "danger": _("Danger"),
        "other": _("Something else"),
    },
    "language": {
        "lo": "ລາວ",
        "lo-Latn": "ລາວ (ABC)",
        "th": "ไทย",
        "en": "English",
    },
    "line": {
        "never": _("was never heard from"),
        "silent": _("is silent; nothing leaves by it"),
        "paused": _("cannot send now and waits"),
        "full": _("has sent all that it may today"),
        "battery": _("has a weak battery"),
    },
    "text": {
        "answer": _("answer to her text"),
        "ours": _("text by us"),
        "alert": _("alert to one of us"),
    },
    "delivery": {
        "pending": _("waits to leave"),
        "sending": _("is leaving"),
        "sent": _("left"),
        "moving": _("on its way"),
        "delivered": _("delivered"),
        "failed": _("failed"),
        "unclear": _("unclear"),
        "cancelled": _("taken back"),
        "expired": _("expired"),
    },
    "state": {
        "waiting": _("waiting"),
        "claimed": _("claimed"),
        "calling": _("calling"),
        "review": _("unclear"),
        "reached": _("reached"),
        "given_up": _("given up"),
        "closed": _("closed"),
        "cancelled": _("cancelled by her"),
        "expired": _("expired"),
    },
    "outcome": {
        "reached": _("Reached"),
        "no_answer": _("No answer"),
        "busy": _("Busy"),
        "switched_off": _("Switched off"),
        "voicemail": _("Voicemail"),
        "cut_off": _("Cut off"),
        "someone_else": _("Someone else"),
        "asked_later": _("Asked to call later"),
        "wrong_number": _("Wrong number"),
        "not_safe": _("Not safe"),
        "silent": _("Silent"),
        "prank": _("Prank"),
        "unclear": _("Unclear"),
    },
    "reason": {
        "helped": _("Helped"),
        "referred": _("Referred to somebody else"),
        "informed": _("Told her what she asked"),
        "no_need": _("No need any more"),
        "duplicate": _("Asked twice"),
        "silent": _("Silent"),
        "prank": _("Prank"),
        "unsafe": _("Not safe to go on"),
        "other": _("Another reason"),
        "unclear": _("no outcome was entered"),
        "by her": _("by her"),
        "attempts": _("tried as often as it may be"),
        "wrong_number": _("Wrong number"),
        "not_safe": _("Not safe"),
        "outside her window": _("outside her window"),
        "held by another": _("held by another"),
    },
    "decision": {
        "waiting": _("One more try"),
        "given_up": _("Give up"),
        "closed": _("Close it"),
    },
    "bridge": {
        "asked": _("Calling you …"),
        "calling_you": _("Calling you …"),
        "press_one": _("Press 1"),
        "calling_her": _("Calling her …"),
        "talking": _("Talking"),
        "ended": _("The call is over"),
        "lost": _("No word of the call any more"),
    },
    "bridged": {
        "you_no_answer": _("You did not answer your phone. Hers never rang."),
        "you_busy": _("Your phone was busy. Hers never rang."),
        "not_pressed": _("You did not press 1. Her phone never rang."),
        "no_answer": _("She did not answer."),
        "busy": _("Her phone was busy."),
        "switched_off": _("Her phone was off."),
        "talked": _("You talked."),
        "failed": _("The line could not make this call."),
    },
    "no_bridge": {
        "used_up": _("The line has made all the calls that it may today: call from the helpline phone."),
        "paused": _("The line makes no calls just now: call from the helpline phone."),
        "off": _("No line makes calls here: call from the helpline phone."),
        "no_number": _("No line makes calls here: call from the helpline phone."),
        "live": _("A call that you began has not ended yet. Hang up your phone to end it."),
    },
    "phone": {
        "no": _("Only she uses this phone"),
        "sometimes": _("Others sometimes see this phone"),
        "not_mine": _("Not her phone"),
    },
    "field": {
        "person": _("Who was it?"),
        "topics": _("Topics"),
        "service": _("What was done"),
        "contact": _("First contact or again"),
        "age": _("Age"),
        "stage": _("Where in her migration"),
        "country": _("Country"),
        "sector": _("Kind of work"),
        "complaint": _("Complaint about"),
        "lodged": _("Complaint lodged at"),
        "result": _("How it ended"),
        "referred": _("Referral"),
        "currency": _("Currency"),
        "women": _("Women in the complaint"),
        "men": _("Men in the complaint"),
        "claimed": _("Amount claimed"),
        "awarded": _("Amount awarded"),
        "received": _("Amount really received"),
    },
    "tick": {
        "not_asked": _("not asked"),
        "woman": _("Woman"),
        "man": _("Man"),
        "other": _("Other"),
        "not_said": _("not said"),
        "information": _("Information"),
        "counselling": _("Counselling"),
        "legal_counselling": _("Legal counselling"),
        "referral": _("Referral"),
        "complaint_support": _("Help with a complaint"),
        "new": _("First contact"),
        "repeat": _("Again"),
        "under_18": _("under 18"),
        "18_24": "18–24",
        "25_34": "25–34",
        "35_49": "35–49",
        "over_50": "50+",
        "potential": _("before going"),
        "abroad": _("abroad now"),
        "returned": _("came back"),
        "family": _("family"),
        "laos": _("Laos"),
        "thailand": _("Thailand"),
        "domestic": _("Domestic work"),
        "construction": _("Construction"),
        "manufacturing": _("Factory"),
        "agriculture": _("Farming"),
        "entertainment": _("Entertainment"),
        "fishing": _("Fishing"),
        "unpaid": _("not paid"),
        "underpaid": _("paid too little"),
        "overtime": _("overtime"),
        "deductions": _("deductions"),
        "papers_held": _("papers kept"),
        "contract_swap": _("contract changed"),
        "recruitment_fee": _("recruitment fee"),
        "injury": _("injury"),
        "dismissal": _("dismissal"),
        "violence": _("violence"),
        "labour_office": _("Labour office"),
        "police": _("Police"),
        "court": _("Court"),
        "embassy": _("Embassy"),
        "union": _("Union"),
        "employer": _("Employer"),
        "pending": _("not decided yet"),
        "settled": _("settled"),
        "decided": _("decided"),
        "withdrawn": _("withdrawn"),
        "refused": _("refused"),
        "accepted": _("accepted"),
        "unknown": _("not known"),
        "kip": "₭",
        "baht": "฿",
        "dollar": "$",
    },
    "counted": {
        "dialled": _("Calls to the menu, by language"),
        "shown": _("Pages shown, by screen"),
        "text": _("Texts, by what was understood"),
        "asked": _("Requests for a call, by topic"),
        "outcome": _("Calls made, by outcome"),
        "report_wrong": _("Pages reported as wrong, by screen"),
        "outbox": _("Messages, by what became of them"),
    },
    "how": {
        "visitor": _("She is here"),
        "phoned_in": _("She phones us"),
        "family": _("Her family"),
        "texted": _("She sent a text"),
    },
    "when": {
        "morning": _("mornings"),
        "noon": _("at noon"),
        "evening": _("evenings"),
        "sunday": _("Sundays"),
        "now": _("now"),
        "never": _("never"),
    },
    "happening": {
        "asked": _("she asked"),
        "asked again": _("she asked again"),
        "claimed": _("claimed"),
        "released": _("given back"),
        "taken over": _("taken over"),
        "handed over": _("passed on"),
        "reveal": _("number shown"),
        "bridge": _("called through the line"),
        "not_dialled": _("her phone did not ring"),
        "cancelled": _("cancelled by her"),
        "closed": _("closed"),
        "given_up": _("given up"),
        "one more try": _("one more try"),
        "expired": _("expired"),
        "added to": _("she added to it"),
        "moved": _("she named another time"),
        "claim ran out": _("claim ran out"),
        "window passed": _("her window passed"),
        "erased": _("erased at her wish"),
        "unclear": _("no outcome was entered"),
    },
}
# Spoken, not read: in the language of the one who answers, so it is no text of the page.
_OPENERS = {
    "lo": ("ສະບາຍດີ, ເບີນີ້ລົງທ້າຍດ້ວຍ {code} ແມ່ນບໍ?", "ຂໍໂທດ, ໂທຜິດເບີ."),
    "th": ("สวัสดีค่ะ เบอร์นี้ลงท้ายด้วย {code} ใช่ไหมคะ", "ขอโทษค่ะ โทรผิดเบอร์"),
    "en": ("Hello, does this number end in {code}?", "Sorry, wrong number."),
}


def of(group: str, code: str) -> str:
    """Return the word of a code; a code without a word is shown as it is, readable."""
    head, _separator, detail = str(code).partition(" (")
    word = _WORDS[group].get(head)
    if word is None and group == "happening":
        word = _WORDS["outcome"].get(head)
    shown = str(word) if word is not None else head.replace("_", " ")
    return f"{shown} ({of('reason', detail.removesuffix(')'))})" if detail else shown


def spaced(number: str) -> str:
    """Return a number in the groups in which people read it out."""
    try:
        return phonenumbers.format_number(phonenumbers.parse(number), PhoneNumberFormat.INTERNATIONAL)
    except phonenumbers.NumberParseException:
        return number


def opener(language: str, code: str) -> list[tuple[str, str, str]]:
    """Return what to say first and what to say to anybody else: her language, then English."""
    tongue = language.partition("-")[0]
    tongues = [tongue] if tongue in _OPENERS else []
    return [
        (one, _OPENERS[one][0].format(code=code), _OPENERS[one][1])
        for one in [*tongues, *({"en"} - set(tongues))]
    ]
