"""An edit changes its own place and not one byte beside it, however the file is written."""

import random
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.menus.authoring import yaml_edit
from gateway.menus.authoring.yaml_spans import NotEditable, measure_spans
from tests.support.examples import count_examples
from tests.support.house import MENUS

FILE = """\
# A comment above.
schema: 1
facts:   # behind a key
  wage:
    - {value: "400", valid_from: 2025-07-01, source: 'it''s here'}  # old
    # between
    - value: "410"
      valid_from: 2026-07-01
      source: |
        two
        lines
  phone:
    - {value: "191", "valid_from": 2026-01-01, source: plain words}

screens:
  pay:
    text:
      en: My pay
      lo: "ຄ່າແຮງ"
    choices:
      - {key: "1", to: wage}
      - {key: "2", to: hours}  # the second
"""


def lines_changed(before: str, after: str) -> list[str]:
    old, new = before.splitlines(), after.splitlines()
    return [line for line in new if line not in old]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize(
    ("path", "words", "line"),
    [
        (
            ("facts", "wage", "0", "value"),
            "405",
            "{value: \"405\", valid_from: 2025-07-01, source: 'it''s here'}",
        ),
        (("facts", "wage", "0", "valid_from"), "2025-08-01", "valid_from: 2025-08-01,"),
        (("facts", "wage", "0", "source"), 'a "b": c # d', r'source: "a \"b\": c # d"'),
        (("facts", "wage", "1", "value"), "yes", '- value: "yes"'),
        (("screens", "pay", "text", "en"), "Pay", "      en: Pay"),
        (("screens", "pay", "text", "en"), "null", '      en: "null"'),
        (("screens", "pay", "text", "lo"), "ເງິນ\nເດືອນ", r'      lo: "ເງິນ\nເດືອນ"'),
        (("screens", "pay", "text", "th"), "ค่าจ้าง", '      th: "ค่าจ้าง"'),
        (("screens", "pay", "choices", "1", "to"), "papers", '{key: "2", to: papers}  # the second'),
    ],
)
def test_words_are_written_at_their_place_only(path, words, line, ending, mark):
    text = mark + FILE.replace("\n", ending)
    after = yaml_edit.write_words(text, path, words)
    assert yaml_edit.read_part(after, path) == words
    changed = lines_changed(text, after)
    assert len(changed) == 1
    assert line in changed[0]
    assert after.count("\r\n") == (after.count("\n") if ending == "\r\n" else 0)
    assert after.startswith(mark)


def test_a_block_of_lines_is_replaced_whole():
    after = yaml_edit.write_words(FILE, ("facts", "wage", "1", "source"), "one")
    assert yaml_edit.read_part(after, ("facts", "wage", "1", "source")) == "one"
    assert "two" not in after
    assert after.endswith(FILE[FILE.index("  phone:") :])


def test_items_and_entries_come_last_and_keep_the_form_of_their_list():
    value = {"value": "420", "valid_from": "2027-01-01", "source": "x: y"}
    after = yaml_edit.add_item(FILE, ("facts", "phone"), value)
    line = '    - {value: "420", valid_from: 2027-01-01, source: "x: y"}'
    assert lines_changed(FILE, after) == [line]
    assert after.replace(line + "\n", "") == FILE
    after = yaml_edit.add_entry(FILE, ("screens",), "new", {"text": {"en": "New, here"}})
    assert after == FILE + '  new: {text: {en: "New, here"}}\n'
    after = yaml_edit.add_entry(FILE, ("screens", "pay", "choices", "0"), "if", {"region": ["LA"]})
    assert '- {key: "1", to: wage, if: {region: [LA]}}' in after


def test_a_part_goes_with_its_line_and_its_comment():
    after = yaml_edit.remove_part(FILE, ("screens", "pay", "choices", "1"))
    assert FILE.replace('      - {key: "2", to: hours}  # the second\n', "") == after
    after = yaml_edit.remove_part(FILE, ("facts", "wage", "0", "source"))
    assert "valid_from: 2025-07-01}  # old" in after
    after = yaml_edit.remove_part(FILE, ("screens", "pay", "text", "lo"))
    assert FILE.replace('      lo: "ຄ່າແຮງ"\n', "") == after


def test_two_items_change_places_with_their_comments():
    after = yaml_edit.move_item_down(FILE, ("screens", "pay", "choices"), 0)
    first, second = '      - {key: "1", to: wage}\n', '      - {key: "2", to: hours}  # the second\n'
    assert after == FILE.replace(first + second, second + first)
    assert yaml_edit.move_item_down(after, ("screens", "pay", "choices"), 0) == FILE


WORDS = """\
keywords:
  - words:
      en: [call me, "call: back",  # how it is said
        # of pay
        pay, wage]
      lo: ໂທ
    to: pay
harmless:
  - one  # the first
  # of two
  - two
  - three
"""


@pytest.mark.parametrize(
    ("path", "items", "fresh"),
    [
        (("keywords", "0", "words", "en"), ["call me", "call: back", "pay", "wage"], []),
        (
            ("keywords", "0", "words", "en"),
            ["call me", "call: back", "salary", "pay", "wages", "null"],
            ['      en: [call me, "call: back", salary,  # how it is said', '        pay, wages, "null"]'],
        ),
        (("keywords", "0", "words", "en"), ["call me", "wage"], ["      en: [call me, wage]"]),
        (("keywords", "0", "words", "lo"), ["ໂທ", "ໂທຫາ"], ['      lo: ["ໂທ", "ໂທຫາ"]']),
        (("keywords", "0", "words", "lo"), ["ໂທຫາ"], ['      lo: "ໂທຫາ"']),
        (("keywords", "0", "words", "th"), ["โทร"], ['      th: ["โทร"]']),
        (("keywords", "0", "words", "lo"), [], []),
        (("harmless",), ["one", "four", "three", "five"], ["  - four", "  - five"]),
        (("harmless",), ["zero", "one"], ["  - zero"]),
    ],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_lists_keep_the_place_and_the_comments_of_words_that_stay(path, items, fresh, ending):
    text = WORDS.replace("\n", ending)
    after = yaml_edit.write_items(text, path, items)
    found = yaml_edit.read_part(after, path)
    assert found == (None if not items else items[0] if isinstance(found, str) else items)
    assert lines_changed(text, after) == fresh
    assert after.count("\r\n") == (after.count("\n") if ending == "\r\n" else 0)


@settings(max_examples=count_examples(40))
@given(
    kept=st.lists(st.booleans(), min_size=4, max_size=4),
    fresh=st.lists(
        st.tuples(st.integers(0, 4), st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=8))
    ),
    flow=st.booleans(),
)
def test_any_list_becomes_any_other(kept, fresh, flow):
    """The oracle is the reader of YAML: the list reads as asked, and everything beside it as before."""
    was = ["a b", "c", "ໂທ", "no"]
    path = ("words", "en")
    inside = ", # x\n    ".join(f'"{each}"' for each in was)
    listed = f"[{inside}]" if flow else "".join(f'\n    - "{each}" # x' for each in was)
    text = f"words:\n  en: {listed}\n  lo: [d] # y\nnext: z\n"
    items = [each for each, stays in zip(was, kept, strict=True) if stays]
    for place, word in fresh:
        items.insert(place, word)
    after = yaml_edit.write_items(text, path, items)
    assert yaml_edit.read_part(after, path) == ([normalize("NFC", each) for each in items] or None)
    assert after.endswith("  lo: [d] # y\nnext: z\n")


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: yaml_edit.write_words(text, ("facts", "wage"), "x"),
        lambda text: yaml_edit.write_words(text, ("nowhere", "x"), "x"),
        lambda text: yaml_edit.add_item(text, ("screens", "pay"), "x"),
        lambda text: yaml_edit.add_entry(text, ("screens",), "pay", "x"),
        lambda text: yaml_edit.remove_part(text, ("facts", "phone", "0")),
        lambda text: yaml_edit.move_item_down(text, ("screens", "pay", "choices"), 1),
        lambda text: yaml_edit.write_words(text, ("screens", "pay", "text", "en"), "\x00"),
        lambda text: yaml_edit.write_words(text + "  : [", ("screens", "pay", "text", "en"), "x"),
        lambda text: yaml_edit.write_words(text[2:10], ("a",), "x"),
    ],
)
def test_what_cannot_be_edited_alone_is_refused(edit):
    with pytest.raises(NotEditable):
        edit(FILE)


@settings(max_examples=count_examples(25))
@given(seed=st.integers(0, 10**6), words=st.text(min_size=1, max_size=40))
def test_any_words_at_any_text_of_the_sample(seed, words):
    """The oracle is the proof inside the edit; here it is held against the bytes before and after the place."""
    name, spans = random.Random(seed).choice(_SAMPLE)
    path, start, end = random.Random(seed).choice(spans)
    text = _TEXTS[name]
    try:
        after = yaml_edit.write_words(text, path, words)
    except NotEditable:
        assert not words.isprintable()
        return
    assert after.startswith(text[:start])
    assert after.endswith(text[end:])
    assert len(after) >= start + len(text) - end


def _list_scalars(span, path=()):
    if span.text is not None:
        yield path, span.start, span.end
    steps = span.keys if span.keys is not None else map(str, range(len(span.parts)))
    for step, part in zip(steps, span.parts, strict=True):
        yield from _list_scalars(part, (*path, step))


_TEXTS = {
    path.name: path.read_text(encoding="utf-8")
    for path in map(MENUS.joinpath, ["pay.yaml", "callback.yaml", "hours.yaml"])
}
_SAMPLE = [(name, list(_list_scalars(measure_spans(text)))) for name, text in _TEXTS.items()]
