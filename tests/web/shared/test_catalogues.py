"""The catalogues: every text of the pages is there in every language, with its placeholders, compiled as committed."""

import re

import pytest
from babel.messages.catalog import Message

from gateway.web.shared import catalogues
from gateway.web.shared.languages import NAMES

pytestmark = pytest.mark.xdist_group("catalogues")  # reading all sources takes long, and one process needs it
PLACEHOLDER = re.compile(r"%\(\w+\)s")


def texts(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string)


def ids(catalog):
    return {message.id if isinstance(message.id, str) else message.id[0] for message in catalog if message.id}


@pytest.fixture(scope="module")
def collected():
    return catalogues.collect_texts()


def test_the_pages_mark_their_texts(collected):
    assert len(ids(collected)) > 200


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
class TestOne:
    def test_every_text_is_in_it_and_no_other(self, language, collected):
        assert ids(catalogues.read_catalogue(language)) == ids(collected)

    def test_nothing_is_left_untranslated(self, language):
        empty = [m.id for m in catalogues.read_catalogue(language) if m.id and not all(texts(m))]
        assert empty == []

    def test_placeholders_survive(self, language):
        for message in catalogues.read_catalogue(language):
            if message.id:
                source = message.id if isinstance(message.id, str) else message.id[0]
                for text in texts(message):
                    assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(source)), source

    def test_the_compiled_file_is_of_this_very_text(self, language):
        path = catalogues.FOLDER / language / "LC_MESSAGES" / "messages.mo"
        assert path.read_bytes() == catalogues.compile_catalogue(catalogues.read_catalogue(language))

    def test_it_says_that_it_is_a_draft(self, language):
        assert "draft" in catalogues.read_catalogue(language).header_comment


def test_every_language_that_can_be_chosen_has_one():
    assert set(NAMES) == {"en", *catalogues.LANGUAGES}


@pytest.mark.parametrize("face", catalogues.FACES)
def test_no_text_of_a_template_is_unmarked(face):
    """Letters between tags that no ``_()`` wraps are a text somebody forgot to mark."""
    for path in (catalogues.GATEWAY / face).rglob("*.html"):
        source = re.sub(
            r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<svg.*?</svg>",
            "",
            path.read_text(encoding="utf-8"),
            flags=re.DOTALL,
        )
        bare = [text.strip() for text in re.findall(r">([^<>]*)<", source) if re.search(r"[^\W\d_]{2}", text)]
        assert bare == [], path
