"""Whatever bytes an author's file holds, the loader answers with nodes or with problems, and fast."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.menus.authoring.check import check_menu
from gateway.menus.authoring.yaml_loader import load
from gateway.menus.authoring.yaml_nodes import MAX_BYTES, MAX_NODES, ListNode, MapNode, Scalar, get_text
from tests.support.menu_folders import asked, base

YAML_SIGNS = st.text(
    alphabet=" \n\t:-?[]{},#&*!|>'\"%@`~\\0198.yesnoab<=_/+ກ່ำ\u00a0\u2028\ufeff\x07", max_size=120
)


def problems(text: str | bytes):
    return load("x.yaml", text.encode() if isinstance(text, str) else text).problems


def codes(text: str | bytes) -> list[str]:
    return [problem.code for problem in problems(text)]


def test_all_scalars_are_text_with_their_place():
    loaded = load("x.yaml", "schema: 1\nno: No\nຄ່າ:\n  - 'a'\n  - {k: \"0\"}\n".encode())
    assert loaded.problems == ()
    root = loaded.root
    assert isinstance(root, MapNode)
    assert root.keys() == ("schema", "no", "ຄ່າ")
    assert root.get("no") == Scalar("No", root.get("no").place, plain=True)
    assert (root.get("no").place.line, root.get("no").place.column) == (2, 5)
    several = root.get("ຄ່າ")
    assert isinstance(several, ListNode)
    assert [item.place.line for item in several.items] == [4, 5]


@pytest.mark.parametrize(
    "value",
    [
        "0",
        "00",
        "98",
        "-1",
        "+7",
        "1_000",
        "0o17",
        "0x1f",
        "1.5",
        ".5",
        "1e3",
        ".inf",
        ".NaN",
        "18:00",
        "12:30:01",
        "true",
        "False",
        "null",
        "~",
        "2026-11-24",
        "2026-11-24 10:00",
    ],
)
def test_what_yaml_would_guess_must_be_quoted(value):
    assert codes(f"a: {value}") == ["yaml-guessed"]
    assert problems(f"a: {value}")[0].hint == f'write "{value}"'
    assert codes(f'a: "{value}"') == []


@pytest.mark.parametrize(
    "value", ["yes", "no", "on", "off", "1 ຄ່າ", "6-9", "18-21", "1 Jul", "*384#", "Now (30 min)"][:8]
)
def test_what_no_reader_of_this_version_guesses_may_stand_bare(value):
    assert codes(f"a: {value}") == []


def test_days_and_the_schema_number_may_stand_bare_where_they_belong():
    assert codes("schema: 1\nvalid_from: 2026-11-24\ndigits: 4\npage: 2") == []
    assert codes("other: 2026-11-24") == ["yaml-guessed"]
    assert codes("schema: 01") == ["yaml-guessed"]


@pytest.mark.parametrize("value", ["2025-07-01", "2025-07", "2021"])
def test_the_date_of_a_fact_may_stand_bare(value):
    assert codes(f"date: {value}") == []


@pytest.mark.parametrize("value", ["2025-7-1", "20250701", "1.5", "2025-07-01 10:00"])
def test_what_a_date_cannot_be_may_not(value):
    assert codes(f"date: {value}") == ["yaml-guessed"]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("key: *\n", 'write the sign in quotes: "*"'),
        ("key: #\n", 'write key: "#"'),
        ("{key: #, to: x}\n", 'write the sign in quotes: "#"'),
        ("a:\n\tb: c\n", "indent with spaces, not with tabs"),
        ("a: b: c\n", "put a text that holds a colon into quotes"),
        ("{a: b\n", "close the { or [ of line 1, and put texts that hold , or : into quotes"),
    ],
)
def test_the_usual_slips_have_their_own_hint(text, hint):
    assert problems(text)[0].hint == hint


@pytest.mark.parametrize(
    "text",
    [
        "a: &x b",
        "a: *x",
        "a: !!python/object:os.system b",
        "!x a",
        "a: ! b",
        "%YAML 1.1\n---\na: b",
        "a: b\n---\nc: d",
        "",
        "# nothing",
        'a: "\\0"',
        "a: b\x07",
        "a: b\u2028",
        "a: \x1b",
    ],
)
def test_what_could_hurt_is_refused(text):
    assert codes(text) == ["yaml-refused"]


@pytest.mark.parametrize("content", [b"\xff\xfea\x00", b"a: \xed\xa0\x80", "a: ຄ".encode("utf-16"), b"\x80"])
def test_other_encodings_are_refused(content):
    assert codes(content) == ["yaml-refused"]


def test_a_repeated_key_is_told_with_the_line_of_the_first():
    found = problems("a: b\nc: d\na: e")
    assert [(p.code, p.place.line, p.message) for p in found] == [
        ("yaml-repeated-key", 3, "'a' stands here already, in line 1")
    ]


def test_texts_are_composed_but_never_folded_further():
    loaded = load("x.yaml", "a: e\u0301\nb: \u0e95\u0ec8\u0eb3\n".encode())
    assert loaded.root.get("a").text == "\u00e9"
    assert loaded.root.get("b").text == "\u0e95\u0ec8\u0eb3"


BOMBS = {
    "laughs": "a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]",
    "deep lists": "[" * 100_000,
    "deep maps": "{a: " * 40_000,
    "deep blocks": "".join(f"{' ' * depth}a:\n" for depth in range(400)),
    "many nodes": "- a\n" * (MAX_NODES + 10),
    "large": "a: " + "b" * MAX_BYTES,
    "dashes": "- " * 20_000,
    "questions": "? " * 20_000,
    "quotes": "'" * 50_001,
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_before_they_grow(name):
    start = time.perf_counter()
    found = codes(BOMBS[name])
    took = time.perf_counter() - start
    assert found in (["yaml-refused"], ["yaml-syntax"])
    assert took < 1.0  # most take a few ms; the machine may be busy


@given(st.binary(max_size=300))
@example(b"\x00")
def test_random_bytes_give_nodes_or_problems(content):
    loaded = load("x.yaml", content)
    assert loaded.root is not None or loaded.problems
    assert all(problem.hint for problem in loaded.problems)


@given(YAML_SIGNS)
@example('"\\UFFFFFFFF"')
@example("%TAG ! x\n---\na")
@example("- ? :")
@example("a: |9\n b")
@example("? a\n? b")
def test_hostile_yaml_gives_a_verdict_and_never_an_exception(text):
    found = check_menu({"x.yaml": text.encode("utf-8", "surrogatepass")}, asked())
    assert not found.sound
    assert all(problem.place.line >= 1 for problem in found.problems)


@given(st.sampled_from(sorted(base())), st.data())
def test_a_sound_menu_that_is_mangled_gives_a_verdict_and_never_an_exception(file, data):
    text = base()[file].decode()
    at = data.draw(st.integers(0, len(text)))
    gone = data.draw(st.integers(0, 40))
    put = data.draw(
        st.one_of(st.just(""), YAML_SIGNS, st.sampled_from(["\n", "  ", "to: ", "{}", "[]", '""', "0"]))
    )
    found = check_menu(
        base() | {file: (text[:at] + put + text[at + gone :]).encode("utf-8", "replace")}, asked()
    )
    assert all(problem.hint for problem in found.problems)
    assert found.sound or found.problems


@pytest.mark.fault("U4")
def test_the_mark_that_some_editors_put_first_is_read_away():
    loaded = load("a.yaml", "\ufeffa: b\n".encode())
    assert loaded.problems == ()
    assert get_text(loaded.root, "a") == "b"
    assert (
        load("a.yaml", "a: \ufeffb".encode()).problems[0].message
        == "the character U+FEFF cannot stand in a menu"
    )
    assert [each.code for each in load("a.yaml", "\ufeff\ufeffa: b".encode()).problems] == ["yaml-refused"]


@pytest.mark.fault("U5")
@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            "a: {en: Hello, friend, lo: x}",
            "a comma ends the text before 'friend'",
            "put a text that holds a comma into quotes",
        ),
        (
            "a: {en: Hi, you, there, lo: x}",
            "a comma ends the text before 'you'",
            "put a text that holds a comma into quotes",
        ),
        (
            "a: {lo: ສະບາຍດີ, ໝູ່}",
            "a comma ends the text before 'ໝູ່'",
            "put a text that holds a comma into quotes",
        ),
        ("a: {?b: c}", "the ? before 'b' is not read", 'write "?b" in quotes'),
        ("a：\n  b: c", "", "'：' is not the : of the keyboard: type : in its place"),
        ("a: {b: c， d: e}", "", "'，' is not the , of the keyboard: type , in its place"),
        ("a: “b", None, None),
    ],
)
def test_the_cause_is_told_and_not_what_follows_from_it(text, message, hint):
    problems = load("a.yaml", text.encode()).problems
    if hint is None:
        assert problems == ()
        return
    assert problems[0].hint == hint
    assert message in problems[0].message
    assert sum(each.hint == hint for each in problems) <= 2
