"""Hostile strings from a seed, and an oracle of what a cut may never hurt; it shares no code with the splitter.

The oracle looks at nothing but the two sides of a cut, with the rules written from the scripts themselves: as
patterns over the last signs of a part and the first of the next.
"""

import random
import re
import unicodedata
from collections.abc import Iterator, Sequence

SEED = 1_000_000_007

_SIGNS = (
    "กขคงจฉชซดตถทนบปผพฟมยรลวสหอฮ", "ະັາຳິີຶືຸູົຼຽເແໂໃໄໆ່້໊໋໌ໍ", "ກຂຄງຈສຊຍດຕຖທນບປຜຝພຟມຢຣລວຫອຮໜໝ",
    "ะัาำิีึืุูเแโใไๅๆ็่้๊๋์ํฯ", "ကခဂငစဆညတထနပဖဘမယရလဝသဟအ", "ါာိီုူေဲံ့း္်ျြွှ", "កខគងចឆជញដតថទនបផពភមយរលវសហអ",
    "\u17b6\u17b7\u17b8\u17bb\u17bd\u17be\u17c0\u17c1\u17c2\u17c4\u17c6\u17c7\u17cb\u17d2", "0123456789", "໐໑໕໖๐๑๙",
    "abcxyz", "   \n", ".,:;!?/-+%", "()[]{}«»“”‘’", "😀👋🏽🇱🇦🇹🇭👩\u200d🌾", "\u0301\u0323\u200d\u200b\u00ad", "।។៕ៗ၊။", "€^~|\\",
)  # fmt: skip
_WORDS = (
    "ນາຍຈ້າງ", "ໜັງສືຜ່ານແດນ", "ຄ່າແຮງງານ", "ບໍ່ໄດ້", "นายจ้าง", "หนังสือเดินทาง", "ค่าแรง", "ပတ်စ်ပို့", "မန္တလေး", "လုပ်ခ",
    "ប្រាក់ឈ្នួល", "ខ្ញុំ", "លិខិតឆ្លងដែន", "1546", "+856 20 555 00 000", "021 212 345", "18-21", "1/7/2569", "2,000", "7.5%", "18:30",
    "{th.wage.bangkok}", "{code}", "\r\n", "pay", "Kha heng", "e\u0301t\u0301", "👨‍👩‍👧", "(1362)", "…", " – ",
)  # fmt: skip


def strings(count: int, seed: int = SEED) -> Iterator[str]:
    """Yield so many strings of up to sixty signs: words of the field, runs of one script, and plain disorder."""
    dice = random.Random(seed)
    for _ in range(count):
        parts = []
        for _ in range(dice.randint(1, 8)):
            kind = dice.random()
            if kind < 0.45:
                parts.append(dice.choice(_WORDS))
            elif kind < 0.85:
                signs = dice.choice(_SIGNS)
                parts.append("".join(dice.choices(signs, k=dice.randint(1, 6))))
            else:
                parts.append("".join(dice.choice(dice.choice(_SIGNS)) for _ in range(dice.randint(1, 6))))
        yield "".join(parts)


# Each pair is (what a part ends with, what the next one begins with); together they are one thing that was cut.
_THAI, _LAO = "ก-ฮ", "ກ-ຮໜໝ"
_HURT: tuple[tuple[str, re.Pattern[str], re.Pattern[str]], ...] = tuple(
    (name, re.compile(f"(?:{before})\\Z"), re.compile(after))
    for name, before, after in (
        ("leading vowel", "[เแโใไເແໂໃໄ]", "(?s:.)"),
        ("vowel behind", "(?s:.)", "[ะาำๅๆฯະາຳຽໆຯ]"),
        ("short a or o", "[\u0e31\u0eb1\u0ebb][\u0e48-\u0e4d\u0ec8-\u0ecd]*", "(?s:.)"),
        ("Khmer stack", "\u17d2", "(?s:.)"),
        ("Burmese stack", "\u1039", "(?s:.)"),
        ("killed consonant", "(?s:.)", "[\u1000-\u1021\u103f][\u1037\u103b-\u103e]*[\u1039\u103a]"),
        ("digits", r"\d", r"\d"),
        ("number and its sign", r"\d", r"[-.,/:+]\d"),
        ("sign and its number", r"\d[-.,/:+]", r"\d"),
        ("plus of a phone number", r"\+", r"\d"),
        ("line break", "\r", "\n"),
        ("joined signs", "\u200d", "(?s:.)"),
        ("joined signs", "(?s:.)", "\u200d"),
        ("skin tone", "(?s:.)", "[\U0001f3fb-\U0001f3ff]"),
        ("closing sign", "(?s:.)", "[]),.:;?!%}»”’…។៕ៗ၊။]"),
        ("opening sign", r"[(\[{«“‘]", "(?s:.)"),
    )
)
_FLAGS = re.compile("[\U0001f1e6-\U0001f1ff]+\\Z")
_PLACEHOLDER = re.compile(r"\{[a-z0-9_.]+\}")
_PHONE = re.compile(r"(?<!\d)(?:\+\d{1,3}|0\d{1,3})(?:[ \-]\d{2,})+(?!\d)")
_COMBINING = {"Mn", "Mc", "Me"}


def faults(text: str, parts: Sequence[str], limit: int) -> list[str]:
    """Return what was hurt: text lost or added, a part too long, a thing cut in two although its part held a good place."""
    if "".join(parts) != text:
        return ["text lost"]
    # A value will stand where a placeholder stands, most often a number.
    valued = _PLACEHOLDER.sub(lambda found: "0" * len(found[0]), text)
    found = ["too long" for part in parts if len(part.encode("utf-16-le")) > 2 * limit]
    for part in parts[:-1]:
        # What a part begins with is judged with that part: nobody reads it together with the one before.
        hurt = harm(valued, len(part))
        if hurt and not all(harm(valued, place) for place in range(1, len(part))):
            found.append(hurt)
        valued = valued[len(part) :]
    return found


def harm(text: str, at: int) -> str:
    """Name what a cut at this place would hurt, or return nothing."""
    before, after = text[max(0, at - 24) : at], text[at : at + 24]
    if unicodedata.category(after[0]) in _COMBINING:
        return "mark from its letter"
    flags = _FLAGS.search(text[:at])
    if flags and len(flags[0]) % 2 and "\U0001f1e6" <= after[0] <= "\U0001f1ff":
        return "flag"
    if any(found.start() < at < found.end() for found in _PHONE.finditer(text)):
        return "phone number"
    return next((name for name, left, right in _HURT if left.search(before) and right.match(after)), "")
