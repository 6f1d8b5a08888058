"""What others reported about YAML, tried on a menu file: a clear fault with its place and a way out, and nothing lost.

Each case names the public report it comes from; files and words are our own.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.menus.authoring.schema.conform import check_shape
from gateway.menus.authoring.schema.grammar import FILE
from gateway.menus.authoring.yaml_loader import load
from gateway.menus.authoring.yaml_nodes import MapNode, Scalar

Place = tuple[int, int]
TEXT = "screens:\n  a:\n    text:\n      en: "
TABS, QUOTES, COMMENT = "indent with spaces", "into quotes", "two spaces before a comment"
BEHIND, BACKSLASH = "behind the closing quote", "write \\\\"

# report → file, code, line and column, and what the hint says
FAULTS: dict[str, tuple[str | bytes, str, Place, str]] = {
    "ansible/ansible#18343": ('screens:\n  a:\n    choices:\n\t- {key: "1"}\n', "yaml-syntax", (4, 1), TABS),
    "go-yaml/yaml#727": ("screens:\n\ta: bad\n        d: good\n", "yaml-syntax", (2, 1), TABS),
    "ingydotnet/yaml-pm#128": ("screens:\n  a:\n  \t  text: {en: x}\n", "yaml-syntax", (3, 3), TABS),
    "alphagov/styleguides#69": (f"{TEXT}|\n\tone\n", "yaml-syntax", (5, 1), TABS),
    "yaml/pyyaml#165": ("a: {en: b}\na:\n  en: c\n  en: d\n", "yaml-repeated-key", (4, 3), "delete one"),
    "dtolnay/serde-yaml#299": ("a: {en: x, en: y}\n", "yaml-repeated-key", (1, 12), "delete one"),
    "r-lib/yaml#58": ("base: &t {en: x}\na:\n  <<: *t\n", "yaml-refused", (1, 7), "where it is needed"),
    "phrase/phraseapp-client#87": ("a:\n  <<: *t\n  b: c\n", "yaml-refused", (2, 7), QUOTES[5:]),
    "oven-sh/bun#24729": ("a: &a {k: v}\nb: {<<: [*a, *a]}\n", "yaml-refused", (1, 4), "where it is needed"),
    "Eijebong/Archipelago-lobby#134": ("---\n\ufeffschema: 1\n", "yaml-refused", (2, 1), "delete it"),
    "yaml/pyyaml#397": (f"{TEXT}|\n        \x1b[1mtwo\n", "yaml-refused", (5, 9), "delete it"),
    "adrienverge/yamllint#812": ("schema: 1\nmenu: val\0ue\n", "yaml-refused", (2, 10), "delete it"),
    "yaml/pyyaml#793": ("---\nschema: 1\n...\nother stuff\n", "yaml-refused", (4, 1), "a file of its own"),
    "goccy/go-yaml#877": ("a: 1st\n---\nb: lost\n", "yaml-refused", (2, 1), "a file of its own"),
    "dtolnay/serde-yaml#413": ("a: 1st\n---\n", "yaml-refused", (2, 1), "a file of its own"),
    "borb-sh/quillmark#645": (f"{TEXT}Police: 191 or: 1669\n", "yaml-syntax", (4, 17), QUOTES),
    "yaml/yaml-test-suite#125": ("screens: a:\n", "yaml-syntax", (1, 11), QUOTES),
    "fossaryhq/catalog#18": ("schema: 1\nmenu:\n  - Province: any\n", "yaml-syntax", (3, 3), "helpline"),
    "a # in a text": (f"{TEXT}Press 1 # then wait\n", "yaml-guessed", (4, 19), COMMENT),
    "a # behind one word": (f"{TEXT}press # to go on\n", "yaml-guessed", (4, 17), COMMENT),
    "a # in a list": ("keywords:\n  - words: {en: [pay #1, wage]}\n", "yaml-guessed", (2, 22), COMMENT),
    "a # in braces": ("a: {en: Dial *123 #, lo: x}\n", "yaml-guessed", (1, 19), COMMENT),
    "an open quote": (f'{TEXT}"Hello\n      lo: x\n  b: y\n', "yaml-syntax", (4, 11), "at the end"),
    "an open brace": ("a: {en: one, lo: two\nb: c\n", "yaml-syntax", (2, 2), "the { or [ of line 1"),
    "an apostrophe": ("a: {en: 'don't pay'}\n", "yaml-syntax", (1, 14), "apostrophe"),
    "an apostrophe in a block": (f"{TEXT}'Boss's car\n", "yaml-syntax", (4, 17), BEHIND),
    "ansible/ansible#10140": (f'{TEXT}"Stop" work\n', "yaml-syntax", (4, 18), BEHIND),
    "a path": ('a: {en: "C:\\users"}\n', "yaml-syntax", (1, 14), BACKSLASH),
    "half a sign": ('a: {en: "a\\ud83d"}\n', "yaml-refused", (1, 9), "itself"),
    "ssbarnea, escaped": ('a: {en: "a\\u001b"}\n', "yaml-refused", (1, 9), "backslash"),
    "a sign that YAML keeps": (f"{TEXT}@home\n", "yaml-syntax", (4, 11), "begins with @"),
    "timbrel/GitSavvy#1152": (f"{TEXT}%d baht\n", "yaml-syntax", (4, 11), "begins with %"),
    "an odd space": ("screens:\n\u00a0\u00a0a: b\n", "yaml-syntax", (2, 1), "U+00A0"),
    "moraes/config#1": ("screens:\n  \u3000a: b\n", "yaml-syntax", (2, 3), "U+3000"),
    "no space": ("schema:1\nmenu:x\n", "yaml-syntax", (1, 1), "a space behind schema:"),
    "supernovae-st/nika#791": ("a\u200b: {en: x}\n", "yaml-syntax", (1, 1), "U+200B"),
    "another editor's letters": ("schema: 1\n".encode("utf-16-le"), "yaml-refused", (1, 1), "UTF-8"),
    "a Thai editor's letters": ("a: ไทย\n".encode("cp874"), "yaml-refused", (1, 4), "UTF-8"),
}  # fmt: skip


@pytest.mark.fault("M9")
@pytest.mark.fault("U5")
@pytest.mark.parametrize("report", FAULTS)
def test_a_fault_is_told_with_its_place_and_a_way_out(report: str) -> None:
    written, code, place, hint = FAULTS[report]
    loaded = load("x.yaml", written if isinstance(written, bytes) else written.encode())
    found = loaded.problems or tuple(check_shape(loaded.root, FILE))
    first = found[0]
    assert (first.code, (first.place.line, first.place.column)) == (code, place), found
    assert first.place.file == "x.yaml"
    assert hint in first.hint, first.hint


@pytest.mark.parametrize(
    ("report", "written"),
    [
        ("yaml/pyyaml#250", "en: ring 🙋 now\n"),
        ("aaubry/YamlDotNet#324", "\ufeffen: ring 🙋 now\n"),
        ("symfony/symfony#16784", "en: ring 🙋 now  # the default: nothing\n"),
        ("AlphaWallet/alpha-wallet-ios#3650", "---\nen: ring 🙋 now\n...\n"),
        ("Windows", "en: ring 🙋 now\r\n"),
        ("a folded text", "en: >-\n  ring\n  🙋\n  now\n"),
        ("JSON", '{\n\t"en": "ring 🙋 now",\n}\n'),
    ],
)
def test_what_is_sound_is_read_whole(report: str, written: str) -> None:
    loaded = load("x.yaml", written.encode())
    assert loaded.problems == (), report
    assert isinstance(loaded.root, MapNode)
    text = loaded.root.get("en")
    assert isinstance(text, Scalar)
    assert text.text == "ring 🙋 now"


@given(st.text(alphabet="aB# ,:'\"ກ1\\*", max_size=12).map(str.strip).filter(bool))
def test_no_end_of_a_text_is_lost_in_silence(words: str) -> None:
    loaded = load("x.yaml", f"en: Go {words}\n".encode())
    text = loaded.root.get("en") if isinstance(loaded.root, MapNode) else None
    read = text.text if isinstance(text, Scalar) else ""
    assert loaded.problems or read.split() == f"Go {words}".split() or "  #" in f"Go {words}"
