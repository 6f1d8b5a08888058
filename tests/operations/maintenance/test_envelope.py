"""A sealed file opens with its sheet, whole, and in no other case."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.operations.maintenance import backup, key_care
from gateway.operations.maintenance.backup import NotOpened

SECRET = bytes(range(32))
_BIG = 65_536


def _sealed(*contents: bytes) -> bytes:
    file = io.BytesIO()
    writer = backup.Writer(file, key_care.derive_public_half(SECRET))
    for content in contents:
        writer.write(content)
    writer.close()
    return file.getvalue()


def _opened(sealed: bytes, secret: bytes = SECRET) -> bytes:
    return b"".join(backup.read_sealed(io.BytesIO(sealed), secret))


@given(contents=st.lists(st.binary(), max_size=5))
def test_what_was_sealed_is_opened(contents: list[bytes]) -> None:
    assert _opened(_sealed(*contents)) == b"".join(contents)


@pytest.mark.parametrize("size", [0, 1, _BIG - 1, _BIG, _BIG + 1, 2 * _BIG, 3 * _BIG + 5])
def test_any_length(size: int) -> None:
    content = bytes(n % 251 for n in range(size))
    assert _opened(_sealed(content)) == content


@pytest.mark.parametrize("size", [10, 2 * _BIG])
@settings(deadline=None)
@given(cut=st.floats(0, 1, exclude_max=True))
def test_a_cut_end_is_noticed(size: int, cut: float) -> None:
    sealed = _sealed(b"x" * size)
    with pytest.raises(NotOpened):
        _opened(sealed[: int(len(sealed) * cut)])


def test_a_cut_between_two_pieces_is_noticed() -> None:
    sealed = _sealed(b"x" * (2 * _BIG + 1))
    with pytest.raises(NotOpened, match="end is missing"):
        _opened(sealed[: len(backup.MAGIC) + 32 + 2 * (4 + _BIG + 16)])


def test_what_was_added_is_noticed() -> None:
    with pytest.raises(NotOpened, match="added"):
        _opened(_sealed(b"x") + b"y")


def test_pieces_in_another_order_are_noticed() -> None:
    sealed = _sealed(b"a" * _BIG + b"b" * _BIG + b"c")
    head, piece = len(backup.MAGIC) + 32, 4 + _BIG + 16
    first, second = sealed[head : head + piece], sealed[head + piece : head + 2 * piece]
    with pytest.raises(NotOpened):
        _opened(sealed[:head] + second + first + sealed[head + 2 * piece :])


@given(at=st.integers(0, 200), flip=st.integers(1, 255))
def test_a_changed_byte_is_noticed(at: int, flip: int) -> None:
    sealed = bytearray(_sealed(b"x" * 150))
    sealed[at] ^= flip
    with pytest.raises(NotOpened):
        _opened(bytes(sealed))


def test_another_sheet_does_not_open_it() -> None:
    with pytest.raises(NotOpened, match="sheet"):
        _opened(_sealed(b"x"), bytes(32)[:-1] + b"\x01")


@given(garbage=st.binary(max_size=300))
def test_garbage_is_no_backup(garbage: bytes) -> None:
    for content in (garbage, backup.MAGIC + garbage):
        with pytest.raises(NotOpened):
            _opened(content)


def test_equal_contents_make_different_files() -> None:
    assert _sealed(b"x") != _sealed(b"x")
