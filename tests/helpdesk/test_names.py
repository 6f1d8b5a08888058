"""Names of any script, by chance: what is shown can be typed again, and one name has one key."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from gateway.helpdesk.staff.passwords import MOST_KEY, MOST_NAME, name_key, tidy_name

SCRIPTS = st.text(
    alphabet=st.one_of(
        st.characters(min_codepoint=0x0E80, max_codepoint=0x0EFF),
        st.characters(min_codepoint=0x0E00, max_codepoint=0x0E7F),
        st.sampled_from("abcXYZ đĐßİıÅ\u0301\u200b\u200d\u202e .-'"),
        st.characters(),
    ),
    max_size=60,
)


@given(SCRIPTS)
def test_a_tidy_name_is_a_name_and_stays_as_it_is(written):
    name = tidy_name(written)
    if name is not None:
        assert 2 <= len(name) <= MOST_NAME
        assert tidy_name(name) == name
        assert 0 < len(name_key(name)) <= MOST_KEY
        assert not any(
            unicodedata.bidirectional(c) in {"RLO", "LRO", "RLE", "LRE", "RLI", "LRI"} for c in name
        )


@given(SCRIPTS)
def test_the_key_ignores_case_spaces_and_how_letters_are_composed(written):
    key = name_key(written)
    assert name_key(f"  {written}  ") == key
    assert name_key(unicodedata.normalize("NFD", written)) == key
    assert name_key(unicodedata.normalize("NFC", written)) == key


@given(SCRIPTS)
def test_a_key_is_its_own_key(written):
    assert name_key(name_key(written)) == name_key(written)
