"""The benches tell the truth of small tables: what is right, what is noisy, who is fastest, and who is not there."""

import json
import re
import socket
import threading
from dataclasses import replace

import pytest

from bench import peers, size
from bench.load import Client, Order, find_body, find_percentile, is_right, write_posts
from bench.servers import NotComparable, Round, check_reply
from bench.web import AGAIN, BARE, YARDSTICK, Found, compare, find_noisy, list_fastest, list_lines
from tests.laws.trees import ROOT

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
PLAIN = Round(1000.0, 500.0, 50.0, 10.0, 0, 20.0, 0.0)


@pytest.mark.parametrize(
    ("reply", "body"),
    [
        (HEAD + b"CON hello", b"CON hello"),
        (HEAD + b"CON hel", None),
        (HEAD[:20], None),
        (CHUNKS + b"4\r\nCON \r\n5;x=1\r\nhello\r\n0\r\n\r\n", b"CON hello"),
        (CHUNKS + b"4\r\nCON \r\n5\r\nhel", None),
        (CHUNKS + b"4\r\nCON \r\n5\r\nhello\r\n", None),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
    ],
)
def test_a_reply_is_read_when_it_is_whole(reply, body):
    assert find_body(reply) == body


@pytest.mark.parametrize(
    ("reply", "right", "expected"),
    [
        (HEAD + b"CON hello", b"CON hello", True),
        (HEAD + b"CON hullo", b"CON hello", False),
        (HEAD + b"CON hello", b"hello", False),  # the end alone is not the page
        (HEAD + b"CON hello", b"~hello", True),
        (HEAD + b"CON hello", b"~code", False),
        (HEAD + b"CON hel", b"CON hello", None),
        (HEAD.replace(b"200", b"500") + b"CON hello", b"CON hello", False),
        (CHUNKS + b"9\r\nCON hello\r\n0\r\n\r\n", b"CON hello", True),
    ],
)
def test_a_reply_is_right_byte_for_byte(reply, right, expected):
    assert is_right(reply, right) is expected


def test_the_length_of_each_post_is_that_of_its_body():
    walk = ("", "1", "1*2#+%")
    for post, _ in write_posts(Order(1, "/w/%C3%A9", [walk], dict.fromkeys(walk, "CON x")))[0]:
        head, _, body = (post % (7, 7)).partition(b"\r\n\r\n")
        assert int(re.search(rb"Content-Length: (\d+)", head)[1]) == len(body)
        assert b"phoneNumber=%2B88800000000007&" in body


@pytest.mark.parametrize("rate", [None, 200.0])
@pytest.mark.parametrize("keeps", [True, False])
def test_the_client_counts_each_hop_and_each_wrong_reply(rate, keeps):
    """A server that answers every seventh post with another page, and closes where it does not keep connections."""
    answered = []

    def serve(listener):
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=talk, args=(line,), daemon=True).start()

    def talk(line):
        with line:
            while line.recv(4096):
                answered.append(len(answered))
                line.sendall(HEAD + (b"CON hullo" if len(answered) % 7 == 0 else b"CON hello"))
                if not keeps:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        texts = ("", "1", "1*1")
        client = Client(
            Order(
                listener.getsockname()[1], "/ussd", [texts], dict.fromkeys(texts, "CON hello"),
                keeps=keeps, connections=3, seconds=0.2, rate=rate,
            )
        )  # fmt: skip
        (told,) = client.run_paced() if rate else client.run_closed()
        client.close()
    assert told.hops == len(answered) == sum(told.slots.values())
    assert told.wrong == len(answered) // 7
    assert told.sessions * 3 + told.wrong <= told.hops
    assert not rate or told.hops == 40


def test_percentiles_of_a_table():
    slots = {0: 50, 9: 45, 99: 4, 20_000: 1}
    at = [round(find_percentile(slots, share), 4) for share in (0.5, 0.95, 0.99, 1.0)]
    assert at == [0.0001, 0.001, 0.01, 2.0001]
    assert find_percentile({}, 0.5) == 0.0


def rows(**of):
    """Rows of three rounds: hops a second by name."""
    names = {"a": YARDSTICK, "aa": AGAIN, "bare": BARE}
    return {
        names.get(name, name): [replace(PLAIN, hops_a_second=one) for one in told]
        for name, told in of.items()
    }


def test_which_rounds_were_noisy_and_why():
    found = rows(a=[1000, 1000, 1000], aa=[1050, 1150, 1000], bare=[5000, 5000, 5000])
    found[BARE][2] = replace(found[BARE][2], foreign=0.6)
    assert find_noisy(found) == {2: "A/A 1.15", 3: "others took 0.60 processors"}


def test_the_fastest_peer_is_one_without_a_wrong_reply():
    found = rows(a=[1, 1, 1], one=[10, 30, 10], other=[20, 20, 20])
    found["other"][0] = replace(found["other"][0], wrong=1)
    found["other"][1] = replace(found["other"][1], wrong=1)
    found["one"][1] = replace(found["one"][1], wrong=2)
    assert list_fastest(found, ["one", "other"]) == [10, 0.0, 20]
    assert (
        compare([20, 20, 20], [10, 0.0, 20]) == "1.50 (1.00–2.00)"
    )  # a round without a right peer tells nothing
    assert compare([20], [0.0]) == "–"


def test_a_table_of_a_run():
    found = Found(
        {
            name: {16: told}
            for name, told in rows(a=[1000], aa=[990], bare=[5000], ours=[4000], peer=[2000]).items()
        }
    )
    found.peers, found.memory = ["peer"], dict.fromkeys(found.rounds, 30.0)
    lines = {
        line.split(" | ")[0].strip("| "): [cell.strip(" |") for cell in line.split(" | ")]
        for line in list_lines(found)
    }
    assert lines["ours"][2:6] == [
        "4000 (4000–4000)",
        "4.00 (4.00–4.00)",
        "0.80 (0.80–0.80)",
        "2.00 (2.00–2.00)",
    ]
    assert lines["ours"][-2:] == ["0", "30"]


@pytest.mark.parametrize(
    ("told", "words"), [("500 Internal", ""), ("CON something else", "A page about pay."), ("", "")]
)
def test_a_peer_that_answers_something_else_is_refused(told, words):
    with pytest.raises(NotComparable, match="peer"):
        check_reply("peer", "1*1", told, words)


def test_the_words_of_the_menu_that_each_peer_has():
    words = peers.list_words()
    assert len(words) == 1 + 2 + 6
    assert len(set(words.values())) == 1 + 2 + 6, "every page can be told from every other"
    assert max(map(len, words.values())) <= 140, "no peer cuts a page"


def test_a_peer_that_is_not_installed_is_named_and_has_no_row(monkeypatch, tmp_path):
    monkeypatch.setattr(peers, "INSTALLED", tmp_path)
    found, missing = peers.find_peers("unix:///nowhere", 2)
    assert found == []
    assert list(missing) == [
        "mobilex 0.0.5",
        "splathash 1.2.0",
        "ussd-menu-builder 1.2.0",
        "ussd-builder 1.3.2",
    ]


def test_locks_pin_every_package_by_its_hash_and_name_no_host():
    for lock in sorted((ROOT / "bench" / "peers").glob("*.lock")):
        blocks = re.split(r"\n(?=\S)", lock.read_text().strip())
        assert all(
            re.match(r"\S+==\S+ \\\n( {4}--hash=sha256:\w{64}( \\\n)?)+$", block) for block in blocks
        ), lock
    packages = json.loads((ROOT / "bench" / "peers" / "package-lock.json").read_text())["packages"]
    assert all("integrity" in one for name, one in packages.items() if name)
    for file in (ROOT / "bench" / "peers").iterdir():
        assert file.is_dir() or "://" not in file.read_text().replace("unix://", ""), file


def test_the_model_of_a_server_of_one_core():
    assert size.compute_callers(hop=0.001, request=0.01) == pytest.approx(0.5 / 0.012)
    assert size.compute_sessions(1, 1024) == 1024
    assert size.compute_sessions(-5, 1024) == 0
    hop, other = size.Work("a hop", 900, 0.001), size.Work("another", 90, 0.01)
    lines = "\n".join(size.list_lines(size.Carried(hop, other, other, other, 224, 1024)))
    assert "| a hop | 900 | 1 ms | 500 |" in lines
    assert "| open sessions that fit beside all that in 1 GiB | 563200 |" in lines
    assert "**42 a second, 2500 a minute**" in lines


def test_what_two_answers_with_a_code_have_in_common():
    assert size.find_beginning("CON Your code is 21. We", "CON Your code is 23. We") == "CON Your code is "
    with pytest.raises(NotComparable):
        size.find_beginning("END Thank you.", "END Thank you.")
    with pytest.raises(NotComparable):
        size.find_beginning("CON A", "END B")
