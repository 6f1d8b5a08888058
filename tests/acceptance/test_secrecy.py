"""What whoever steals the machine's files finds of her: neither her number nor an answer, in no form."""

import base64
import json
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.running import Running, wait
from tests.support.trial_phones import FORM, LANGUAGES, Phone

pytestmark = [pytest.mark.kills, pytest.mark.xdist_group("secrecy")]

WORDS = "my boss Khamphet keeps the passport"
ANSWERS = ("sometimes", "not_mine", "evening", "morning")
"""Answers that no other thing on the machine is called; the menu itself holds them too, so they are counted."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(tmp_path_factory.mktemp("secrecy")) as running:
        yield running


def test_neither_number_nor_answer_is_on_the_machine(running: Running) -> None:
    _empty_the_log(running)
    before = _answers(running)
    phones = _callers(running)
    time.sleep(1.5)  # Valkey writes its file every second

    files = sorted(path for path in [*running.data.rglob("*"), running.log] if path.is_file())
    content = {path: path.read_bytes() for path in files}
    names = {str(path.relative_to(running.folder)) for path in files}
    assert any(name.endswith(".sqlite3-wal") for name in names)
    assert any("appendonly" in name and name.endswith(".aof") for name in names)
    for phone in phones:
        for form in forms(phone.number):
            assert not _with(content, form), (form, "her number")
        assert not _with(content, "*".join(FORM[1:]).encode()), "what she typed"
        assert not phone.session or not _with(content, phone.session.encode()), (
            "the provider's name of her session"
        )
    for word in (WORDS, "Khamphet"):
        for form in (word.encode(), word.encode("utf-16-le"), json.dumps(word)[1:-1].encode()):
            assert not _with(content, form), word
    _empty_the_log(running)
    after = _answers(running)
    assert after == before, "what is more than before her came is hers"
    size = sum(map(len, content.values())) >> 10
    print(
        f"{len(phones)} callers in {len(files)} files, {size} KiB: {sum(len(forms(p.number)) for p in phones)} forms, 0 found"
    )


def _callers(running: Running) -> list[Phone]:
    """One who is done, one halfway, one whose request waits in the spool, one whose turn fails, one who texts."""
    provider = running.provider()
    done, halfway, spooled, failed, texts = (Phone(provider) for _ in range(5))
    done.walk([*LANGUAGES["lo"], *FORM])
    done.press("1")
    done.hang_up()
    halfway.walk([*LANGUAGES["th"], *FORM[:-1]])
    with closing(
        sqlite3.connect(running.data / "gateway.sqlite3", timeout=10, isolation_level=None)
    ) as ledger:
        ledger.execute(
            "CREATE TRIGGER boom BEFORE INSERT ON callbacks BEGIN SELECT RAISE(ABORT, 'forced'); END"
        )
        assert failed.walk([*LANGUAGES["en"], *FORM]).startswith("END Sorry")
        ledger.execute("DROP TRIGGER boom")
        ledger.execute("BEGIN IMMEDIATE")
        assert spooled.walk([*LANGUAGES["en"], *FORM]).startswith("CON Your code is")
        kept = list((running.data / "spool").iterdir())
        assert kept
        for form in forms(spooled.number):
            assert not any(form in path.read_bytes() for path in kept)
        ledger.execute("ROLLBACK")
    wait(lambda: not list((running.data / "spool").iterdir()), 15, "the spool is replayed")
    provider.sms("secret 1", texts.number, WORDS)
    provider.sms("secret 2", texts.number, "ຄ່າແຮງ")
    provider.sms("secret 3", texts.number, "call me")
    provider.sms("secret 4", texts.number, "2 3")
    wait(lambda: len(running.callbacks()) == 3, 15, "the three that saved are in the line")
    return [done, halfway, spooled, failed, texts]


def forms(number: str) -> list[bytes]:
    """A number as it may lie in a file: alone, in other alphabets, packed, turned round."""
    digits = number[1:]
    national = digits[3:]
    spelt = [
        number,
        digits,
        "0" + national,
        national,
        national[::-1],
        f"{national[:2]} {national[2:5]} {national[5:]}",
    ]
    found = [each.encode(coding) for each in spelt for coding in ("utf-8", "utf-16-le", "utf-16-be")]
    found += [each.encode().hex().encode() for each in (number, national)]
    swapped = "".join(b + a for a, b in zip(digits[::2], (digits + "F")[1::2], strict=True))
    found += [swapped.encode(), bytes.fromhex(swapped.replace("F", "f"))]
    found += [int(digits).to_bytes(6, order) for order in ("big", "little")]
    for lead in range(3):  # wherever it begins among three bytes
        packed = base64.b64encode(b"\0" * lead + national.encode())
        found.append(packed[4:-4])
    return found


def _with(content: dict[Path, bytes], form: bytes) -> list[str]:
    return [path.name for path, held in content.items() if form in held]


def _empty_the_log(running: Running) -> None:
    """Bring the log's pages into the database, so that both times the same is counted."""
    with closing(
        sqlite3.connect(running.data / "gateway.sqlite3", timeout=10, isolation_level=None)
    ) as ledger:
        busy, _, _ = ledger.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        assert not busy


def _answers(running: Running) -> Counter[str]:
    """How often each answer's word lies in each kind of file."""
    counted: Counter[str] = Counter()
    for path in [*running.data.rglob("*"), running.log]:
        if path.is_file() and path.parent.name != "live":
            held = path.read_bytes()
            for word in ANSWERS:
                counted[f"{word} in {path.suffix or path.parent.name}"] += held.count(word.encode())
    return +counted
