"""How files become a menu: merged, checked name by name, built."""

import json

import pytest

from gateway.domain.events import USSD_LIMITS
from gateway.menus.authoring.json_schema import build_json_schema, list_about
from gateway.menus.authoring.pages import reserve_values
from gateway.menus.authoring.problems import Level
from gateway.menus.authoring.schema.grammar import SCREEN
from gateway.menus.engine.model import Deed, Reaction
from gateway.menus.engine.paging import cut_screen
from gateway.menus.engine.screens import Choices, End, Form, Information, Offer, Question
from gateway.menus.engine.shapes import REQUIRED_MESSAGES
from tests.support.menu_folders import base, checked, with_change
from tests.support.reviewed import reviewed


def menu():
    found = checked(base()).menu
    assert found is not None
    return found


def told(files) -> list[tuple[str, str]]:
    return [(problem.code, problem.message) for problem in checked(files).problems]


def test_every_part_of_the_grammar_arrives_in_the_menu():
    built = menu()
    assert (built.id, built.start, built.home, built.offer, built.sos, built.call_me) == (
        "helpline",
        "language",
        "main",
        "offer",
        "sos",
        "call_me",
    )
    assert built.languages == {"lo": "ລາວ", "en": "English"}
    assert built.fallback == {"lo": ("en",)}
    assert set(built.messages) == REQUIRED_MESSAGES
    kinds = {name: type(screen) for name, screen in built.screens.items()}
    assert kinds["main"] is Choices
    assert kinds["pay"] is Information
    assert kinds["danger"] is Question
    assert kinds["call_me"] is Form
    assert kinds["offer"] is Offer
    assert kinds["thanks"] is End
    assert built.screens["main"].takes_code
    assert built.screens["main"].code_to == "status"
    assert built.screens["code"].back is False
    assert built.screens["code"].sensitive is True
    assert built.screens["pay"].topic == "pay"
    assert built.screens["code"].variants[0].only_if == {"when": ("now",)}
    assert built.screens["call_me"].questions == ("danger", "phone_seen", "when", "consent")
    assert built.screens["consent"].choices[0].does is Deed.REQUEST_CALLBACK
    assert built.screens["sos"].choices[0].answers == {"danger": "yes"}
    assert built.screens["language"].choices[0].script == "lo"
    assert built.keywords[1].reaction is Reaction.CALL_ME
    assert built.keywords[1].words == {"en": ("call me",), "lo": ("ໂທຫາຂ້ອຍ",)}
    assert built.keywords[2].danger is True
    assert [value.value for value in built.facts["th.wage"].values] == ["400", "410"]


def test_an_entry_and_forced_pages_are_read():
    extra = '  my_code: {kind: entry, digits: 4, does: look_up_code, to: status, text: {en: "Type your code:"}}\n  offer:\n'
    files = with_change("screens.yaml", "  offer:\n", extra)
    files |= {
        "screens.yaml": files["screens.yaml"].replace(
            b'{key: "9", to: sos, label: {en: SOS, lo',
            b'{key: "8", page: "2", to: my_code, label: {en: SOS, lo',
        )
    }
    built = checked(files).menu
    assert built.screens["my_code"].digits == 4
    assert built.screens["my_code"].does is Deed.LOOK_UP_CODE
    assert built.screens["main"].choices[2].page == 2


def test_files_may_be_cut_up_as_the_author_likes():
    whole = menu()
    one = "schema: 1\n" + "\n".join(
        content.decode().removeprefix("schema: 1\n")
        for name, content in base().items()
        if name != "screens.yaml"
    )
    together = {"all.yaml": one.encode(), "screens.yaml": base()["screens.yaml"]}
    assert checked(together).menu == whole
    assert checked(dict(reversed(base().items()))).menu == whole


def test_the_same_screen_in_two_files_is_told_at_the_second():
    files = base() | {"z.yaml": b"schema: 1\nscreens:\n  pay: {kind: end, text: {en: Bye.}}\nstart: main\n"}
    assert ("yaml-repeated-key", "'pay' stands already in screens.yaml:15:3") in told(files)
    assert ("yaml-repeated-key", "'start' stands already in head.yaml:5:8") in told(files)


def test_a_file_that_cannot_be_read_does_not_make_every_name_in_it_unknown():
    files = base() | {"callback.yaml": b"schema: 1\nscreens:\n\tx: y\n"}
    assert [code for code, _ in told(files)] == ["yaml-syntax"]


def test_all_problems_are_told_at_once_in_the_order_of_the_file():
    files = with_change("screens.yaml", "to: pay, label", "to: pya, label")
    files |= {
        "screens.yaml": files["screens.yaml"]
        .replace(b"topic: danger", b"topic: dangre")
        .replace(b'key: "9"', b'key: "98"')
    }
    found = checked(files).problems
    assert [problem.code for problem in found] == [
        "key-reserved",
        "unknown-screen",
        "key-reserved",
        "unknown-key",
    ]
    assert [problem.place.line for problem in found] == [8, 12, 14, 23]


@pytest.mark.parametrize(
    ("file", "old", "new", "code", "words"),
    [
        ("head.yaml", "menu: helpline\n", "", "missing-key", "the menu needs 'menu'"),
        (
            "head.yaml",
            "start: language\n",
            "start: langauge\n",
            "unknown-screen",
            "there is no screen 'langauge'",
        ),
        ("head.yaml", "  back: {en: Back, lo: ກັບ}\n", "", "missing-key", "messages needs 'back'"),
        ("head.yaml", "  back:", "  bakc:", "unknown-key", "unknown message 'bakc'"),
        (
            "head.yaml",
            "fallback: {lo: [en]}",
            "fallback: {lo: [eng]}",
            "unknown-language",
            "'eng' is none of",
        ),
        ("head.yaml", "menu: helpline\n", "menu: Help line\n", "yaml-syntax", "'menu' cannot be 'Help line'"),
        ("head.yaml", "schema: 1\n", "schema: 2\n", "unknown-key", "unknown value '2' of 'schema'"),
        ("head.yaml", "schema: 1\n", "", "missing-key", "a menu file needs 'schema'"),
        (
            "screens.yaml",
            "    kind: offer\n",
            "    kind: ofer\n",
            "unknown-key",
            "unknown value 'ofer' of 'kind'",
        ),
        (
            "screens.yaml",
            "    topic: pay\n",
            "    asks: when\n",
            "unknown-key",
            "unknown key 'asks' in a screen of kind",
        ),
        ("screens.yaml", "  offer:\n", "  Offer-1:\n", "yaml-syntax", "a screen cannot be called 'Offer-1'"),
        (
            "screens.yaml",
            "text: {en: Shall a person call you?, lo: ໃຫ້ຄົນໂທຫາທ່ານບໍ?}",
            "text: Hello",
            "yaml-syntax",
            "'text' must be written as language: …",
        ),
        (
            "screens.yaml",
            "takes_code: {to: status}",
            "takes_code: status",
            "yaml-syntax",
            "takes_code must be written",
        ),
        (
            "callback.yaml",
            "questions: [danger,",
            "questions: [dangre,",
            "unknown-screen",
            "there is no screen 'dangre'",
        ),
        ("callback.yaml", "if: {when: now}", "if: {wehn: now}", "unknown-key", "unknown condition 'wehn'"),
        (
            "callback.yaml",
            "if: {when: now}",
            "if: {when: nwo}",
            "unknown-key",
            "there is no window 'nwo'",
        ),
        ("callback.yaml", "if: {when: now}", "if: {script: lao}", "unknown-language", "'lao' is none of"),
        (
            "callback.yaml",
            "does: cancel_callback",
            "does: cancel",
            "unknown-key",
            "unknown value 'cancel' of 'does'",
        ),
        (
            "screens.yaml",
            'answers: {danger: "yes"}',
            "answers: {dagner: yes}",
            "unknown-key",
            "unknown answer 'dagner'",
        ),
        (
            "screens.yaml",
            '{key: "1", to: pay, label',
            '{key: "1", label',
            "missing-key",
            "a choice needs one of 'to'",
        ),
        ("screens.yaml", '{key: "1", to: pay', "{to: pay", "missing-key", "a choice needs 'key'"),
        ("screens.yaml", '{key: "1", to: pay', '{key: "a", to: pay', "key-reserved", "'a' cannot be a key"),
        ("screens.yaml", '{key: "1", to: pay', '{key: "²", to: pay', "key-reserved", "'²' cannot be a key"),
        ("screens.yaml", '{key: "1", to: pay', '{key: "01", to: pay', "key-reserved", "'01' cannot be a key"),
        (
            "words.yaml",
            "reaction: call_me",
            "reaction: callme",
            "unknown-key",
            "unknown value 'callme' of 'reaction'",
        ),
        ("words.yaml", ", reaction: call_me", "", "missing-key", "a keyword needs one of 'to', 'reaction'"),
        (
            "words.yaml",
            "valid_from: 2027-01-01",
            "valid_from: 2025-07-01",
            "yaml-repeated-key",
            "'th.wage' has a value from",
        ),
        (
            "words.yaml",
            ", expires_on: 2027-05-24}\n    - ",
            "}\n    - ",
            "missing-key",
            "a value of a fact needs 'expires_on'",
        ),
        (
            "words.yaml",
            "checked_on: 2026-11-24",
            'checked_on: "24 Nov"',
            "yaml-guessed",
            "'checked_on': '24 Nov' is no day",
        ),
        ("screens.yaml", "{th.police}", "{th.police", "unknown-placeholder", "a { or } stands alone"),
        ("screens.yaml", "{th.police}", "{0.__class__}", "unknown-fact", "there is no fact '0.__class__'"),
        ("screens.yaml", "{th.police}", "{}", "unknown-placeholder", "nothing fills {}"),
        ("screens.yaml", "{th.police}", "{{7*7}}", "unknown-placeholder", "nothing fills {7*7}"),
    ],
)
def test_each_slip_is_named(file, old, new, code, words):
    found = [(problem.code, problem.message) for problem in checked(with_change(file, old, new)).problems]
    assert any(c == code and m.startswith(words) for c, m in found), found


def test_two_choices_may_share_a_key_when_they_can_never_meet():
    shared = (
        '{key: "1", to: thanks, if: {when: now}, label: {en: Finish, lo: ຈົບ}}\n'
        '      - {key: "1", to: thanks, if: {when: [evening, noon]}, label: {en: End, lo: ຈົບ}}'
    )
    files = with_change("callback.yaml", '{key: "1", to: thanks, label: {en: Finish, lo: ຈົບ}}', shared)
    assert checked(files).sound
    files |= {"callback.yaml": files["callback.yaml"].replace(b"[evening, noon]", b"[evening, now]")}
    assert "key-twice" in [code for code, _ in told(files)]


def test_a_draft_file_makes_translations_drafts():
    """The words of the first release still take reviews away; they never gave any."""
    assert checked(reviewed(base())).menu.waiting == {}
    files = reviewed(base()) | {"words.yaml": base()["words.yaml"] + b"review: draft\n"}
    assert set(checked(files).menu.waiting) == {"lo"}
    head = reviewed(with_change("head.yaml", "call_me: call_me\n", "call_me: call_me\ndrafts: [en]\n"))
    assert "main.key1" in checked(head).menu.waiting["en"]
    assert set(checked(base()).menu.waiting) == {"lo", "en"}


def test_facts_are_ordered_by_the_day_they_begin():
    files = with_change("words.yaml", "valid_from: 2025-07-01", "valid_from: 2028-07-01")
    assert [value.value for value in checked(files).menu.facts["th.wage"].values] == ["410", "400"]


def test_an_empty_folder_is_told():
    found = checked({})
    assert [(problem.code, problem.level) for problem in found.problems] == [("missing-key", Level.ERROR)]


def test_the_schema_for_editors_knows_every_kind_and_closes_every_record():
    schema = build_json_schema()
    json.dumps(schema)
    screens = schema["properties"]["screens"]["additionalProperties"]["oneOf"]
    assert [one["properties"]["kind"]["const"] for one in screens] == list(SCREEN.kinds)
    assert schema["additionalProperties"] is False
    assert all(one["additionalProperties"] is False for one in screens)
    question = screens[list(SCREEN.kinds).index("question")]
    assert {"kind", "asks", "text", "choices"} <= set(question["required"])


def test_the_menu_that_was_built_can_be_cut():
    built = menu()
    pages = cut_screen(built, built.screens["main"], -1, "lo", USSD_LIMITS, reserve_values(built, "lo"))
    assert len(pages) == 1


def test_every_key_is_explained_to_an_author_and_nothing_else_is():
    keys: set[str] = set()

    def walk(schema):
        for name, below in schema.get("properties", {}).items():
            keys.add(name)
            assert below["description"].startswith(list_about()[name])
        for value in schema.values():
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, dict):
                    walk(each)

    walk(build_json_schema())
    assert keys == set(list_about())


VARIED = (
    "  sms_help: {en: Text PAY or CALL ME., lo: ສົ່ງ ຄ່າແຮງ ຫຼື ໂທຫາຂ້ອຍ}",
    (
        "  sms_help:\n    text: {en: Text PAY or CALL ME., lo: ສົ່ງ ຄ່າແຮງ}\n    variants:\n"
        "      - {if: {region: [LA]}, text: {en: Text PAY., lo: ຄ່າແຮງ}}"
    ),
)


@pytest.mark.fault("W3")
def test_a_message_may_have_another_wording_for_a_country():
    built = checked(with_change("head.yaml", *VARIED))
    assert built.problems == ()
    assert built.menu.messages["sms_help"]["en"] == "Text PAY or CALL ME."
    (variant,) = built.menu.message_variants["sms_help"]
    assert variant.only_if == {"region": ("LA",)}
    assert variant.text == {"en": "Text PAY.", "lo": "ຄ່າແຮງ"}


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        ("region: [LA]", "language: [lo]", "unknown-key", "a message cannot depend on 'language'"),
        ("region: [LA]", "when: [now]", "unknown-key", "a message cannot depend on 'when'"),
        (
            "text: {en: Text PAY.",
            "text: {fr: Texte.",
            "unknown-language",
            "'fr' is none of the menu's languages",
        ),
        ("en: Text PAY.,", 'en: "{nobody}",', "unknown-placeholder", "nothing fills {nobody}"),
        ("en: Text PAY.,", 'en: "Pay 12345.",', "figure-in-text", "'12345' is typed into the text"),
        ("    text: {en: Text PAY or CALL ME., lo: ສົ່ງ ຄ່າແຮງ}\n", "", "missing-key", "a message needs 'text'"),
        ("  sms_help:", "  back:", "unknown-key", "'back' says the same to everybody"),
    ],
)
def test_each_slip_in_the_wordings_of_a_message_is_named(old, new, code, words):
    files = with_change("head.yaml", *VARIED)
    text = files["head.yaml"].decode()
    if new == "  back:":
        text = text.replace("  back: {en: Back, lo: ກັບ}\n", "")
    assert old in text
    found = checked(files | {"head.yaml": text.replace(old, new, 1).encode()}).problems
    assert any(each.code == code and each.message.startswith(words) for each in found), found


def test_a_long_wording_for_one_country_is_too_long_at_its_own_place():
    files = with_change("head.yaml", VARIED[0], VARIED[1].replace("Text PAY.,", f"{'Text PAY. ' * 50},"))
    (found,) = checked(files).problems
    assert (found.code, found.language) == ("sms-over-3-parts", "en")
    assert found.place.line == files["head.yaml"].decode().splitlines().index("    variants:") + 2


EMPTY = [
    ("callback.yaml", 'key: "1", answer: "no"', 'key: "{}", answer: "no"', "'key' is empty"),
    ("callback.yaml", "asks: phone_seen", 'asks: "{}"', "'asks' is empty"),
    ("callback.yaml", '{en: "Yes", lo: ແມ່ນ}', '{{en: "{}", lo: ແມ່ນ}}', "en of 'label' is empty"),
    ("head.yaml", "more: {en: More,", 'more: {{en: "{}",', "en of more of 'messages' is empty"),
    ("head.yaml", "languages: {lo: ລາວ", 'languages: {{lo: "{}"', "lo of 'languages' is empty"),
    ("screens.yaml", "lo: ຄ່າແຮງ}", 'lo: "{}"}}', "lo of 'label' is empty"),
    ("screens.yaml", '{en: "Info line. Choose:"}', '{{en: "{}"}}', "en of 'text' is empty"),
    ("words.yaml", 'value: "400"', 'value: "{}"', "'value' is empty"),
    ("words.yaml", 'source: "Police"', 'source: "{}"', "'source' is empty"),
    ("words.yaml", "en: [pay, wage]", 'en: [pay, "{}"]', "en of 'words' is empty"),
]


@pytest.mark.fault("M4")
@pytest.mark.parametrize("nothing", ["", " ", "\\t", "\u00a0", "\u200b", " \u2060\u200d"])
@pytest.mark.parametrize(("file", "old", "new", "message"), EMPTY, ids=[each[3] for each in EMPTY])
def test_what_must_hold_words_is_an_error_where_it_is_empty(file, old, new, message, nothing):
    text = base()[file].decode()
    if old not in text:
        pytest.fail(f"{old} is not in {file}")
    files = with_change(file, old, new.format(nothing))
    assert [(each.code, each.message) for each in checked(files).problems] == [("empty-value", message)]


@pytest.mark.fault("M4")
def test_the_schema_for_editors_lets_no_word_be_empty():
    free: list[str] = []

    def walk(schema, path=""):
        if schema.get("type") == "string" and not {"enum", "const", "pattern"} & schema.keys():
            free.append(path)
        if schema.get("pattern") == r"\S":
            assert schema["minLength"] == 1
        for name, value in schema.items():
            for at, each in enumerate(value if isinstance(value, list) else [value]):
                if isinstance(each, dict):
                    walk(each, f"{path}/{name}/{at}")

    walk(build_json_schema())
    assert len(free) <= 1, "only what stands between the parts of a date may be nothing"
    screens = build_json_schema()["properties"]["screens"]["additionalProperties"]["oneOf"]
    assert all(one["properties"]["choices"]["minItems"] == 1 for one in screens)
    assert all(one["properties"]["text"]["minProperties"] == 1 for one in screens)


@pytest.mark.fault("M4")
@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "screens.yaml",
            "text: {en: Shall a person call you?, lo: ໃຫ້ຄົນໂທຫາທ່ານບໍ?}",
            "text: {}",
            "'text' is empty",
        ),
        ("words.yaml", "en: [pay, wage]", "en: []", "en of 'words' is empty"),
        (
            "callback.yaml",
            "questions: [danger, phone_seen, when, consent]",
            "questions: []",
            "'questions' is empty",
        ),
    ],
)
def test_what_must_hold_several_is_an_error_where_it_holds_none(file, old, new, message):
    found = [(each.code, each.message) for each in checked(with_change(file, old, new)).problems]
    assert ("empty-value", message) in found


@pytest.mark.fault("M9")
@pytest.mark.parametrize(
    ("new", "code", "hint"),
    [
        ('key: "04"', "key-reserved", 'write key: "4"'),
        ("key: 04", "yaml-guessed", 'write "04"'),
        ('key: "4a"', "key-reserved", "use a key from 1 to 9"),
    ],
)
def test_one_cause_is_one_problem(new, code, hint):
    files = with_change(
        "screens.yaml",
        'key: "7", to: call_me, label: {en: Call me back',
        f"{new}, to: call_me, label: {{en: Call me back",
    )
    assert [(each.code, each.hint) for each in checked(files).problems] == [(code, hint)]


@pytest.mark.fault("M9")
def test_a_list_without_anything_is_told_once():
    files = with_change("callback.yaml", "questions: [danger, phone_seen, when, consent]", "questions: ")
    files = {**files, "callback.yaml": files["callback.yaml"]}
    found = [each.code for each in checked(files).problems]
    assert found == ["yaml-guessed"]


@pytest.mark.fault("U5")
@pytest.mark.parametrize(
    ("file", "old", "new", "hint"),
    [
        (
            "screens.yaml",
            "label: {en: My pay, lo: ຄ່າແຮງ}",
            "label: My pay",
            "put language: before each entry, like {en: …}",
        ),
        (
            "screens.yaml",
            "    topic: pay",
            "    topic：pay",
            "'：' is not the : of the keyboard: type : in its place",
        ),
        (
            "screens.yaml",
            "    topic: pay",
            "    top\u200bic: pay",
            "a character that nobody sees (U+200B) stands here: type the word again",
        ),
    ],
)
def test_a_sign_that_only_looks_right_is_named(file, old, new, hint):
    found = [each.hint for each in checked(with_change(file, old, new)).problems]
    assert hint in found


def test_lists_of_speech_may_stand_in_several_files_each_name_once():
    def speech(words: str) -> bytes:
        return f"schema: 1\nspeech:\n  lists:\n    {words}\n".encode()

    files = base() | {"one.yaml": speech("hits: {en: [hits]}"), "two.yaml": speech("kicks: {en: [kicks]}")}
    found = checked(files).menu
    assert found is not None
    assert {"hits", "kicks"} <= set(found.speech.lists)
    twice = told(files | {"two.yaml": speech("hits: {en: [kicks]}")})
    assert ("yaml-repeated-key", "'hits' stands already in one.yaml:4:5") in twice
    others = told(base() | dict.fromkeys(("one.yaml", "two.yaml"), b"schema: 1\nspeech: {who: {en: [me]}}\n"))
    assert any(code == "yaml-repeated-key" and "'who'" in message for code, message in others)
