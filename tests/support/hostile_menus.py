"""Three hundred hostile files from one seed: grown from a small grammar of attacks, and bombs made by hand."""

import random
from collections.abc import Callable

from gateway.menus.authoring.yaml_nodes import MAX_BYTES, MAX_DEPTH, MAX_NODES

SEED = 20261124
COUNT = 300

Grow = Callable[[random.Random], str | bytes]


def _word(dice: random.Random) -> str:
    return "".join(dice.choice("abcdefgກຂຄกขค_") for _ in range(dice.randint(1, 12)))


def _laughs(dice: random.Random) -> str:
    levels, width = dice.randint(3, 30), dice.randint(2, 12)
    lines = [f"a0: &a0 [{', '.join(['lol'] * width)}]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, levels)]
    return "\n".join(lines)


def _merges(dice: random.Random) -> str:
    return "base: &b {k: v}\n" + "".join(
        f"{_word(dice)}{n}: {{<<: *b}}\n" for n in range(dice.randint(1, 200))
    )


def _tags(dice: random.Random) -> str:
    tag = dice.choice(
        ["!!python/object/apply:os.system", "!!binary", "!!set", "!x", "!<tag:yaml.org,2002:str>", "!!int"]
    )
    return f"screens:\n  {_word(dice)}: {tag} [{', '.join(_word(dice) for _ in range(dice.randint(1, 50)))}]"


def _deep(dice: random.Random) -> str:
    depth = dice.randint(MAX_DEPTH + 1, 60_000)
    opening = dice.choice(["[", "{a: ", "[ ", "[\n", "{? ", "[{a: "])
    return opening * min(depth, MAX_BYTES // len(opening) - 2)


def _deep_block(dice: random.Random) -> str:
    return "".join(f"{' ' * n}{_word(dice)}:\n" for n in range(dice.randint(MAX_DEPTH + 2, 300)))


def _dense(dice: random.Random) -> str:
    signs = dice.choice(["- ", "? ", "- - ", "? - ", ": ", "- ? "])
    return signs * dice.randint(MAX_DEPTH + 2, 20_000)


def _wide(dice: random.Random) -> str:
    many = dice.randint(MAX_NODES + 1, 3 * MAX_NODES)
    return dice.choice(["- a\n" * many, "[" + "a," * many + "]", "".join(f"k{n}: v\n" for n in range(many))])


def _woven(dice: random.Random) -> str:
    wide, entry = dice.randint(2, 400), dice.choice(["a", "ab", "abc", "{a: b}", '"1"'])
    one = dice.choice([f"[{','.join([entry] * wide)}]", "".join(f"\n  - {entry}" for _ in range(wide))])
    return "".join(f"- {one}\n" for _ in range(MAX_NODES // wide))


def _twice(dice: random.Random) -> str:
    return (
        f"{_word(dice)}: &_ x\n" * dice.randint(2, 500)
        if dice.random() < 0.3
        else "k: v\n" * dice.randint(2, 1500)
    )


def _control(dice: random.Random) -> str:
    sign = dice.choice("\x00\x01\x07\x0b\x0c\x1b\x7f\x85\u2028\u2029\ufeff\ufffe\uffff")
    before = f"text: {_word(dice)}\n" * dice.randint(0, 4000)
    return before + sign + _word(dice)


def _bytes(dice: random.Random) -> bytes:
    start = dice.choice(
        [b"\xff\xfe", b"\xfe\xff", b"\xc3\x28", b"\xed\xa0\x80", b"\x80", b"\xf8\x88\x80\x80\x80"]
    )
    return b"a: b\n" * dice.randint(0, 5000) + start + dice.randbytes(dice.randint(1, 2000))


def _large(dice: random.Random) -> str:
    return (
        dice.choice(["a: ", "# ", "'", "|\n ", "[", " ", "\n"]) * (MAX_BYTES // dice.randint(1, 2) + 1)
        + "x" * MAX_BYTES
    )


def _unclosed(dice: random.Random) -> str:
    opening = dice.choice(["'", '"', "[a, ", "{a: b, ", '"\\', "a: |9\n", "a: >-5\n x"])
    return f"text: {opening}" + f"{_word(dice)} " * dice.randint(1, 8000)


def _documents(dice: random.Random) -> str:
    return dice.choice(
        ["---\n", "a: b\n---\n", "...\n", "%YAML 1.1\n---\n", "%TAG ! tag:x,2026:\n---\n"]
    ) * dice.randint(2, 2000)


def _guessed(dice: random.Random) -> str:
    value = dice.choice(
        ["0", "18:00", "1e309", "0x" + "f" * 2000, "9" * 4000, "~", "2026-11-24", "true", ".inf"]
    )
    return f"schema: 1\nscreens:\n  {_word(dice)}: {{text: {{en: {value}}}}}\n"


def _escapes(dice: random.Random) -> str:
    escape = dice.choice(
        ["\\0", "\\x07", "\\u2028", "\\ud800", "\\U0010ffff", "\\e", "\\ufeff", "\\UFFFFFFFF"]
    )
    return f'text: "{escape * dice.randint(1, 3000)}"'


def _keys(dice: random.Random) -> str:
    return dice.choice(
        ["? [a, b]\n: c\n", "{[a]: b}\n", "? {a: b}\n: c\n", "a: b: c\n", "a:\n\tb: c\n", "a: *\n"]
    ) * dice.randint(1, 400)


def _indents(dice: random.Random) -> str:
    return "".join(f"{' ' * dice.randint(0, 40)}{_word(dice)}:\n" for _ in range(dice.randint(20, 1500)))


def _noise(dice: random.Random) -> str:
    return (
        "".join(dice.choice(" \n\t:-?[]{},#&*!|>'\"%@`~\\0aກ") for _ in range(dice.randint(30, 6000)))
        + "\n*x &y !z"
    )


GRAMMAR: tuple[Grow, ...] = (
    _laughs, _merges, _tags, _deep, _deep_block, _dense, _wide, _woven, _twice, _control, _bytes, _large,
    _unclosed, _documents, _guessed, _escapes, _keys, _indents, _noise,
)  # fmt: skip

BY_HAND: dict[str, bytes] = {
    "laughs": b"a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]",
    "an alias to itself": b"a: &a [*a]",
    "deep lists": b"[" * 100_000,
    "deep maps": b"{a: " * 40_000,
    "dashes": b"- " * 20_000,
    "questions": b"? " * 20_000,
    "quotes": b"'" * 50_001,
    "colons": b":" * 100_000,
    "commas": b"[" + b"," * 100_000,
    "spaces before a tab": b" " * 100_000 + b"\t",
    "a comment without end": b"#" * (MAX_BYTES + 1),
    "a key without end": b"k" * 200_000,
    "anchors": b"&a " * 50_000,
    "tags": b"! " * 50_000,
    "nothing": b"",
    "zeros": bytes(MAX_BYTES),
    "an archive": b"PK\x03\x04" + bytes(range(256)) * 100,
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 10,
}


def files() -> dict[str, bytes]:
    """Return the files by a name that says how each came to be."""
    dice = random.Random(SEED)
    found = dict(BY_HAND)
    while len(found) < COUNT:
        grow = GRAMMAR[len(found) % len(GRAMMAR)]
        grown = grow(dice)
        content = grown if isinstance(grown, bytes) else grown.encode("utf-8", "surrogatepass")
        found[f"{grow.__name__.strip('_')} {len(found)}"] = content
    return found


def sound(size: int) -> bytes:
    """Return a sound file of about this size, as dense as authors' files are: short labels, lists of short words."""
    # Longer ones where it must be large, for a file has no more than so many parts.
    share = max(1, size // 13_000)
    lines, length, number = ["schema: 1", "screens:"], 20, 0
    while length < size // 3:
        lines += [f"  s{number}:", "    choices:"]
        lines += [
            f'      - {{key: "{key}", to: s{number}, label: {{en: {"Topic " * share}, lo: {"ເລື່ອງ " * share}}}}}'
            for key in range(1, 7)
        ]
        length += sum(len(line.encode()) + 1 for line in lines[-8:])
        number += 1
    lines.append("keywords:")
    while length < size:
        words = ", ".join(f"{chr(97 + at)}{number:02}" * share for at in range(20))
        lines.append(f"  - {{words: {{en: [{words}]}}, to: s0}}")
        length += len(lines[-1].encode()) + 1
        number += 1
    return "\n".join(lines).encode()
