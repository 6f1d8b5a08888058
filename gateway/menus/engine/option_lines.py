"""The names of the lines that are no screens: which a menu must have, which it may have, and what they may name."""

from collections.abc import Mapping

REQUIRED_MESSAGES = frozenset(
    {
        "back",  # the label of key 0
        "home",  # the label of key 00
        "more",  # the label of key 98
        "invalid",  # a key that is not on this screen
        "again",  # the place was lost, she begins again
        "down",  # something of ours failed; ends the session
        "sms_help",  # a text that nobody understood
        "sms_form",  # the questions of the callback, in one text
        "sms_form_again",  # an answer to sms_form that cannot be read
        "sms_saved",  # {code}: the callback is on record
        "sms_no_call",  # she chose not to be called
        "sms_started",  # texts are welcome again after STOP
    }
)

BESIDE_MESSAGES: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("ours_missed", "opener_wrong"), frozenset()),
    "ours_number": frozenset({"number"}),  # a number that she was promised
    "opener": frozenset(),  # {code} is a result as on screens
    **dict.fromkeys(
        (f"staff_{name}" for name in ("asked", "urgent", "still", "texted", "passed", "many", "test")),
        frozenset(),
    ),
    "staff_facts": frozenset({"ended", "soon", "day"}),  # two counts and the first last day, as 2027-05-24
    "staff_digits": frozenset({"mark"}),  # below an alert: with which digits it is answered
    **dict.fromkeys(
        (f"staff_{name}" for name in ("taken", "cannot", "gone", "full", "answered", "late")), frozenset()
    ),
    "staff_which": frozenset({"choices"}),
}
"""Texts beside the screens, with the placeholders that they alone have: those that we start to her (``ours_``), those
to our own people (``staff_``), and the first words of a call."""

OPTIONAL_MESSAGES = frozenset(
    {
        "sms_reply",  # below an answer with numbers: how to go on
        "sms_near",  # above the topics that come nearest to a text that nobody understood
        "sms_language",  # above the list of languages
        "sms_form_cannot",  # an answer to sms_form that cannot be kept; below it stand the times that can
        "sms_read",  # the three that a person sends who has read a text that nobody understood
        "sms_say_again",
        "sms_ask_call",
        "sms_no_time",  # a wish to be called, while no time at all can be promised
        "sms_noted",  # an answer to a further question of the form
        "checked_old",  # in place of the day of checking, where nobody vouches for a fact any more
        "opens_unknown",  # in place of {opens}, where nobody is there within two weeks
    }
) | frozenset(BESIDE_MESSAGES)
"""Lines that a menu may have; without them the answers say less."""

PREPARED = ("sms_read", "sms_say_again", "sms_ask_call")
"""The answers a person can send: no topic, no organisation, no name, since the text stays on her phone."""

FORM_PLACEHOLDERS = frozenset({"times", "time"})
"""What the texts of the form name: the times that can be promised now with their numbers, a line each, and the number
of the first of them, for an example that can be followed."""

FORM_MESSAGES = frozenset({"sms_form", "sms_form_again", "sms_form_cannot"})
"""The texts that ask for the answers of the callback."""

VARIED_MESSAGES = REQUIRED_MESSAGES.union(OPTIONAL_MESSAGES).difference(
    PREPARED,
    BESIDE_MESSAGES,
    ("back", "home", "more", "sms_language", "sms_reply", "checked_old", "opens_unknown"),
)
"""Lines that may say something else to callers of another country; labels of keys and prepared answers may not."""
