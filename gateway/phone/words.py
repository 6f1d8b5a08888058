"""The words that the phone's script puts on the page, in the page's language."""

from gateway.web.translate import _


def words() -> dict[str, str]:
    """Return every word that the script needs, by the name it has there; {n} and the like are filled there."""
    return _of_the_handset() | _of_our_texts() | _of_the_truth() | _of_deeds()


def _of_the_handset() -> dict[str, str]:
    return {
        "call": _("Call"),
        "clear": _("Clear"),
        "send": _("Send"),
        "cancel": _("Cancel"),
        "ok": _("OK"),
        "reply": _("Reply:"),
        "dial": _("Dial:"),
        "waiting": _("Please wait …"),
        "ended": _("Call ended"),
        "lost": _("Connection lost"),
        "timed_out": _("The network ended the session"),
        "gave_up": _("Connection problem or invalid code"),
        "no_gateway": _("No gateway answers at the webhook. Is it running?"),
        "refused": _("The webhook answered {status}: {words}"),
        "rang": _("Rang once"),
        "no_call": _("No call is open: press the green key first."),
        "in_a_call": _("This phone is in a call: hang up first."),
        "sent": _("Text sent"),
        "not_sent": _("Text not sent"),
    }


def _of_our_texts() -> dict[str, str]:
    return {
        "part": _("1 part of at most {most}"),
        "parts": _("{n} of at most {most} parts"),
        "cost": _("about {cost}"),
        "is_pending": _("waits to leave"),
        "is_sending": _("is leaving"),
        "is_failed": _("not sent"),
        "is_unclear": _("unclear"),
        "is_expired": _("not sent: it grew too old"),
        "no_time": _("Choose a date and a time within 400 days of today."),
        "not_done": _("This was not done. Load the page again."),
    }


def _of_the_truth() -> dict[str, str]:
    return {
        "gsm7": "GSM-7",
        "ucs2": "UCS-2",
        "goes_on": _("CON, goes on"),
        "ends": _("END, over"),
        "units": _("{n} of {limit}"),
        "page": _("{n} of {m}"),
        "time": _("{ms} ms of {limit} s"),
        "same": _("Sent again: the same answer, and nothing was done twice."),
        "other": _("Sent again: another answer came!"),
        "copied": _("Copied"),
        "passes": _("This test passes."),
        "fails": _("This test does not pass:"),
        "not_saved": _("The gateway could not write this down. Load the page again and walk once more."),
        "it": _("walks to {screen}"),
    }


def _of_deeds() -> dict[str, str]:
    return {
        "RequestCallback": _("asked for a callback"),
        "AmendCallback": _("added to the request"),
        "ChangeWindow": _("changed the time"),
        "CancelCallback": _("cancelled the request"),
        "RefuseCalls": _("refused to be called"),
        "LookUpCode": _("looked up a code"),
        "EraseEverything": _("erased everything about this number"),
        "ReportWrong": _("reported wrong information"),
    }
