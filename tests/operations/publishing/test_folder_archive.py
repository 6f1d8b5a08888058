"""A folder goes out as a zip and comes back byte for byte; what is no folder of a menu is refused by name."""

import io
import stat
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.operations.publishing import stored
from gateway.operations.publishing.draft_files import keep_lines
from gateway.operations.publishing.stored import (
    MOST_BYTES,
    MOST_FILES,
    BadArchive,
    read_archive,
    write_archive,
)
from gateway.web.shared.labels import show_controls
from tests.support.examples import count_examples
from tests.support.house import MENUS

NAMES = st.from_regex(r"(?:[a-z0-9_-]{1,8}/){0,2}[a-zA-Z0-9_ -]{0,8}[a-z0-9]\.ya?ml", fullmatch=True)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60)
FOLDERS = st.dictionaries(NAMES, TEXTS, min_size=1, max_size=6).filter(
    lambda files: len({name.casefold() for name in files}) == len(files)
)
LINES = st.lists(st.sampled_from(["a: 1", "b: ລາວ", "", "c:\u202e 2", "d\u2028e", " x"]), max_size=7)


def packed(*entries, comment=b""):
    """A zip of (name, content, how) entries, as another program may make it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = comment
        for name, content, *mode in entries:
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (mode[0] if mode else 0) << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


def test_the_sample_comes_back_byte_for_byte():
    files = stored.read_whole_folder(MENUS)
    packed_files = write_archive(files)
    assert read_archive(packed_files) == files
    assert write_archive(files) == packed_files  # the same files are the same bytes


@settings(max_examples=count_examples(60))
@given(files=FOLDERS)
def test_any_folder_comes_back_byte_for_byte(files):
    assert read_archive(write_archive(files)) == files


@pytest.mark.slow
@settings(max_examples=count_examples(500))
@given(files=FOLDERS)
def test_five_hundred_folders_come_back_byte_for_byte(files):
    assert read_archive(write_archive(files)) == files


def test_a_folder_packed_elsewhere_is_read_too():
    files = packed(
        ("menus/", b""),
        ("menus/pay.yaml", b"schema: 1\r\n"),
        ("menus/tests/pay.yaml", b"- it: x\n"),
        ("__MACOSX/menus/._pay.yaml", b"\x00\x05"),
        ("menus/.DS_Store", b"\x00"),
    )
    assert read_archive(files) == {"pay.yaml": "schema: 1\r\n", "tests/pay.yaml": "- it: x\n"}
    alone = packed(("reviews/lo.yaml", b"schema: 1\n"))
    assert list(read_archive(alone)) == ["reviews/lo.yaml"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no-zip"),
        (b"PK\x03\x04 and so on", "no-zip"),
        (packed(("a.yaml", b"a: 1"))[:-30], "no-zip"),
        (packed(), "empty"),
        (packed(*((f"{n}.yaml", b"") for n in range(MOST_FILES + 1))), "many"),
        (packed(("../a.yaml", b"")), "name"),
        (packed(("x/../../a.yaml", b"")), "name"),
        (packed(("..", b"")), "name"),
        (packed(("/etc/a.yaml", b"")), "name"),
        (packed(("C:\\a.yaml", b"")), "name"),
        (packed(("a\\..\\b.yaml", b"")), "name"),
        (packed((f"{'a' * 300}.yaml", b"")), "name"),
        (packed(("a\u202eb.yaml", b"")), "name"),
        (packed(("a//b.yaml", b"")), "name"),
        (packed(("a.yaml", b"/etc/passwd", stat.S_IFLNK | 0o777)), "kind"),
        (packed(("a.yaml", b"", stat.S_IFIFO)), "kind"),
        (packed(("a.exe", b"")), "ending"),
        (packed(("a.yaml", b"\xff")), "text"),
        (packed(("a.yaml", b"a\0b")), "text"),
        (packed(("a.yaml", b""), ("A.yaml", b"")), "twice"),
        (packed(("a.yaml", b" " * 300_000)), "large"),
        (packed(*((f"{n}.yaml", b" " * 250_000) for n in range(MOST_BYTES // 250_000 + 1))), "large"),
    ],
)
def test_what_is_no_folder_is_refused(content, why):
    with pytest.raises(BadArchive) as bad:
        read_archive(content)
    assert bad.value.why == why


def test_a_size_that_the_archive_lies_about_is_counted():
    content = bytearray(packed(("a.yaml", b" " * 5_000_000)))
    size = (5_000_000).to_bytes(4, "little")
    while size in content:
        at = content.index(size)
        content[at : at + 4] = (10).to_bytes(4, "little")
    with pytest.raises(BadArchive):
        read_archive(bytes(content))


@settings(max_examples=count_examples(60))
@given(
    lines=LINES,
    ending=st.sampled_from(["\n", "\r\n"]),
    last=st.booleans(),
    extra=st.sampled_from(["", "new"]),
)
def test_a_text_that_went_through_a_form_keeps_what_was_not_touched(lines, ending, last, extra):
    before = ending.join(lines) + (ending if last and lines else "")
    shown = str(show_controls(before))
    typed = shown.replace("\r\n", "\n").replace("\n", "\r\n")
    assert keep_lines(before, shown, typed) == before
    if extra:
        assert keep_lines(before, shown, f"{extra}\r\n{typed}").endswith(before)


@pytest.mark.parametrize(
    ("before", "typed", "after"),
    [
        ("a\r\nb\r\nc\r\n", "a\r\nB\r\nc\r\n", "a\r\nB\r\nc\r\n"),
        ("a\nb\n", "a\r\nb\r\nc\r\n", "a\nb\nc\n"),
        ("a\r\nb", "a\r\nb\r\nc", "a\r\nb\r\nc"),
        ("a\nb\r\nc\n", "a\r\nb\r\nC\r\n", "a\nb\r\nC\n"),  # mixed ends stay as they are
        ("a\r\nb\r\n", "a", "a"),
        ("", "a\r\n", "a\n"),
    ],
)
def test_line_ends_follow_the_file(before, typed, after):
    assert keep_lines(before, before, typed) == after
