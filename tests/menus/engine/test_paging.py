"""Cutting screens into pages: what stays together, what goes first, what is kept free."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.domain.events import SMS_LIMITS, USSD_LIMITS, Limits, PieceKind
from gateway.menus.engine import paging
from gateway.menus.engine.model import Variant
from gateway.menus.engine.paging import (
    CannotCut,
    QuestionSplit,
    TextTooLong,
    cut_anyway,
    cut_screen,
    cut_text,
    lay_out_text,
    write_page,
)
from gateway.menus.engine.screens import Choices, End, Entry, Information, Offer, Question
from gateway.menus.engine.text_breaks import PLACEHOLDER
from gateway.menus.engine.text_size import measure_text
from gateway.menus.engine.wording import find_longest_values
from tests.support.examples import count_examples
from tests.support.menu_builders import MESSAGES, changed, choice, en, small_menu
from tests.support.menu_strategies import LINES, ROOMS, SENTENCES, menus, texts

MENU = small_menu()


def cut(screen, language="en", variant=-1, limits=USSD_LIMITS, how=cut_screen, menu=MENU):
    menu = changed(menu, screen)
    pages = how(menu, screen, variant, language, limits, find_longest_values(menu, language))
    return ["\n".join(piece.text for piece in page) for page in pages]


def lao(text):
    return {"lo": text}


def test_one_page_with_its_navigation():
    assert cut(Information(id="x", text=en("Short."), choices=(choice("7", "main", "Call me"),))) == [
        "Short.\n7 Call me\n0 Back\n00 Home"
    ]


def test_start_and_home_have_no_way_back():
    assert cut(MENU.screens["language"])[0].endswith("9 SOS")
    assert cut(MENU.screens["main"]) == [
        "1 My pay\n7 Call me back\n9 SOS\n98 More",
        "8 Numbers and settings\n0 Back",
    ]


def test_an_end_has_no_navigation():
    assert cut(End(id="x", text=en("Bye."))) == ["Bye."]


def test_a_screen_may_go_without_a_way_back():
    assert cut(Choices(id="x", back=False, choices=(choice("1", "pay", "Pay"),))) == ["1 Pay\n00 Home"]


def test_a_forced_page_begins_with_its_choice():
    lines = [choice(str(key), "pay", f"Way {key}", page={3: 2, 5: 3}.get(key, 0)) for key in range(1, 7)]
    pages = cut(Choices(id="x", choices=tuple(lines)))
    assert [page.split("\n")[0] for page in pages] == ["1 Way 1", "3 Way 3", "5 Way 5"]
    assert [page.split("\n")[2:] for page in pages] == [
        ["98 More", "0 Back", "00 Home"],
        ["98 More", "0 Back", "00 Home"],
        ["0 Back", "00 Home"],
    ]


@pytest.mark.parametrize("page", [1, 2, 3, 9])
def test_a_page_named_too_far_ahead_is_the_next_one(page):
    lines = (
        choice("1", "pay", "One", page=page),
        choice("2", "pay", "Two"),
        choice("3", "pay", "Three", page=page + 5),
    )
    assert [text.split("\n")[0] for text in cut(Choices(id="x", choices=lines))] == ["1 One", "3 Three"]


def test_options_stay_whole():
    label = "ໜັງສືຜ່ານແດນ ແລະ ເອກະສານ"
    pages = cut(Choices(id="x", choices=tuple(choice(str(n), "pay", lao(label)) for n in range(1, 6))), "lo")
    lines = [line for page in pages for line in page.split("\n") if line.endswith(label)]
    assert lines == [f"{n} {label}" for n in range(1, 6)]


def test_sentences_go_before_words_and_words_before_clusters():
    text = "Write down every day and every hour. Keep your slips, photos and messages in a safe place. " * 3
    pages = cut(Information(id="x", text=en(text)))
    assert len(pages) > 1
    assert all(page.split("\n")[0].endswith(".") for page in pages)
    words = cut(Information(id="x", text=en("word " * 60)))
    assert all(page.split("\n")[0].endswith("word") for page in words)


def test_lao_without_spaces_is_cut_at_safe_places():
    text = "ທ່ານມີສິດໄດ້ຮັບຄ່າແຮງງານເຕັມຈຳນວນນາຍຈ້າງຍຶດໜັງສືຜ່ານແດນບໍ່ໄດ້" * 3
    pages = cut(Information(id="x", text=lao(text)), "lo")
    assert "".join(page.split("\n")[0] for page in pages) == text
    assert all(measure_text(page).units <= 70 for page in pages)


def test_a_placeholder_is_never_cut_and_its_longest_value_has_room():
    text = "ຄ່າແຮງຂັ້ນຕ່ຳຢູ່ບາງກອກ ແລະ ຈັງຫວັດອ້ອມຂ້າງ ແມ່ນ {th.wage} ບາດ {th.wage} ບາດ {th.wage} ບາດຕໍ່ມື້"
    pages = cut(Information(id="x", text=lao(text)), "lo")
    assert sum(len(PLACEHOLDER.findall(page)) for page in pages) == 3
    assert len(pages) == 2


def test_home_is_shown_only_where_room_is_left_in_lao():
    tight = cut(
        Choices(
            id="x",
            text=lao("ຄ່າແຮງ"),
            choices=tuple(choice(str(n), "pay", lao("ບໍ່ໄດ້ເງິນ")) for n in range(1, 5)),
        ),
        "lo",
    )
    assert tight[0].endswith("0 ກັບ")
    loose = cut(Choices(id="x", text=lao("ຄ່າແຮງ"), choices=(choice("1", "pay", lao("ບໍ່")),)), "lo")
    assert loose[0].endswith("0 ກັບ\n00 ໜ້າຫຼັກ")


def test_home_is_reserved_in_the_small_alphabet_unless_it_costs_a_page():
    two = cut(Information(id="x", text=en("Write the days. " * 16)))
    assert all(page.endswith("00 Home") for page in two)
    one = cut(Information(id="x", text=en("x" * 150)))
    assert one == ["x" * 150 + "\n0 Back"]


def test_a_text_that_nobody_translated_keeps_the_small_alphabet():
    assert cut(Information(id="x", text=en("y " * 60)), "lo") == [("y " * 60).strip() + "\n0 Kap\n00 Na lak"]


@pytest.mark.parametrize(("text", "pages"), [("a" * 182, 1), ("a" * 183, 2), ("ກ" * 80, 1), ("ກ" * 81, 2)])
def test_the_hard_stops_of_a_screen(text, pages):
    stops = Limits(name="stop", gsm7=182, ucs2=80, gsm7_stop=182, ucs2_stop=80)
    bare = changed(MENU, Information(id="x", text={"en": text}, back=False))
    menu = small_menu(messages={**MESSAGES, "home": {}, "more": {}})
    assert len(cut(bare.screens["x"], limits=stops, menu=menu, how=cut_anyway)) == pages


@pytest.mark.parametrize("screen", ["phone_seen", "danger"])
def test_a_question_keeps_its_answers_even_where_back_has_no_room(screen):
    (page,) = cut(MENU.screens[screen], "lo")
    assert measure_text(page).units <= 70


def test_a_question_that_does_not_fit_is_refused():
    question = Question(
        id="x", asks="when", text=en("When? " * 30), choices=(choice("1", label="Now", answer="now"),)
    )
    with pytest.raises(QuestionSplit) as refused:
        cut(question)
    assert (refused.value.screen, refused.value.language) == ("x", "en")


def test_a_question_with_a_forced_page_is_refused():
    question = Question(
        id="x", asks="when", text=en("When?"), choices=(choice("1", label="Now", answer="now", page=2),)
    )
    with pytest.raises(QuestionSplit):
        cut(question)


@pytest.mark.parametrize(
    "screen",
    [
        End(id="x", text=en("Bye. " * 40)),
        Entry(id="x", text=en("Type. " * 40), digits=4, does="look_up_code", to="main"),
        Choices(id="x", choices=(choice("1", "pay", "y" * 170),)),
        Information(id="x", text=en("1" * 170)),
    ],
)
def test_what_cannot_be_cut_is_refused(screen):
    with pytest.raises(TextTooLong):
        cut(screen)
    assert cut(screen, how=cut_anyway)


def test_an_option_may_stay_on_the_first_page_while_the_text_flows_on():
    sos = Information(
        id="x",
        text=en("Police 191. Ambulance 1669. Help centre 1300. " * 4),
        choices=(choice("7", "call_me", "Call me", page=1),),
    )
    pages = cut(sos)
    assert len(pages) == 2
    assert "7 Call me" in pages[0]
    assert "7 Call me" not in pages[1]


def test_a_variant_is_cut_without_what_never_stands_beside_it():
    seen = Variant(only_if={"phone_seen": ("sometimes",)}, text=en("Others look."))
    screen = Choices(
        id="x",
        text=en("Nobody looks."),
        variants=(seen,),
        choices=(
            choice("1", "pay", "Finish"),
            choice("2", "pay", "Texts", only_if={"phone_seen": ("no",)}),
            choice("3", "pay", "Thai", only_if={"script": ("th",)}),
        ),
    )
    assert cut(screen) == ["Nobody looks.\n1 Finish\n2 Texts\n0 Back\n00 Home"]
    assert cut(screen, variant=0) == ["Others look.\n1 Finish\n0 Back\n00 Home"]


def test_two_choices_with_the_same_line_stand_once():
    assert cut(MENU.screens["script"])[0].count("2 Bo dai (ABC)") == 1


def test_typography_is_measured_as_it_will_be_sent():
    assert len(cut(Information(id="x", text=en("Don’t sign. " * 11)))) == 1


def test_a_text_of_three_parts_is_one_page():
    assert len(cut(MENU.screens["not_paid"], limits=SMS_LIMITS)) == 1


def test_an_empty_screen_is_one_page():
    assert cut(Offer(id="x")) == ["0 Back\n00 Home"]


@settings(max_examples=count_examples(60), suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    texts(SENTENCES, 30),
    st.lists(texts(LINES, 1), max_size=8),
    st.sampled_from(["en", "lo", "th"]),
    st.integers(0, 3),
)
def test_pages_hold_everything_once_in_order_and_fit(text, labels, language, forced):
    lines = tuple(
        choice(str(n), "pay", label, page=2 if n == forced else 0) for n, label in enumerate(labels, start=1)
    )
    screen = Information(id="x", text=text, choices=lines)
    menu = changed(MENU, screen)
    room = find_longest_values(menu, language)
    pages = cut_screen(menu, screen, -1, language, USSD_LIMITS, room)
    body = [piece for page in pages for piece in page if piece.kind is PieceKind.TEXT]
    options = [piece.text for page in pages for piece in page if piece.kind is PieceKind.OPTION]
    assert "".join("".join(piece.text for piece in body).split()) == "".join(
        menu.text(text, language).split()
    )
    assert options == [f"{line.key} {menu.text(line.label, language)}" for line in lines]
    for page in pages:
        size = measure_text(write_page(page, room))
        assert size.units <= {"gsm7": 160, "ucs2": 70}[size.coding]


@settings(max_examples=count_examples(25), suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(menus(), st.sampled_from(["en", "lo", "lo-Latn", "th", "xx"]), st.integers(8, 200))
def test_anything_is_cut_somehow(menu, language, room):
    tiny = Limits(name="tiny", gsm7=room, ucs2=room // 2, gsm7_stop=room, ucs2_stop=room // 2)
    for name in [*ROOMS, "consent", "thanks"]:
        assert cut_anyway(menu, menu.screens[name], -1, language, tiny, find_longest_values(menu, language))


def cut_or_refuse(cut, *args):
    try:
        return cut(*args)
    except CannotCut as why:
        return type(why), str(why)


MESSAGES_TOO = st.sampled_from(
    [{}, {"home": {}}, {"home": {"lo": "ໜ້າຫຼັກ"}, "back": {"en": "Back‑up {th.wage}"}}, {"back": {"lo": "ກັບ"}}]
)


@settings(max_examples=count_examples(150), suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(menus(), MESSAGES_TOO, st.sampled_from(["en", "lo", "lo-Latn", "th"]), st.integers(8, 200), st.data())
def test_a_text_that_fits_whole_is_the_page_that_cutting_line_by_line_makes(
    menu, messages, language, room, data
):
    menu = replace(menu, messages={**menu.messages, **messages})
    parts = data.draw(st.sampled_from([1, 3]))
    large = data.draw(st.integers(8, 200))
    limits = data.draw(
        st.sampled_from(
            [
                USSD_LIMITS,
                SMS_LIMITS,
                Limits(name="odd", gsm7=room, ucs2=large, gsm7_stop=room, ucs2_stop=large, parts=parts),
            ]
        )
    )
    longest = find_longest_values(menu, language)
    for screen in menu.screens.values():
        for variant in range(-1, len(screen.variants)):
            text = lay_out_text(menu, screen, variant, language, longest)
            plainly = cut_or_refuse(paging._cut_by_lines, paging._Cutter(text, limits))
            assert cut_or_refuse(cut_text, text, limits) == plainly


class OpenQuestion(Question):
    """A kind that asks and may take several pages, as none of ours does."""

    def lay_out(self, text):
        return replace(super().lay_out(text), whole=False)


@pytest.mark.parametrize(
    ("screen", "home", "limits"),
    [
        # Beside a Lao label the page has more room than its lines have alone.
        (
            Information(id="x", text=en("Write down the days.")),
            {"lo": "ໜ້າຫຼັກ"},
            Limits(name="odd", gsm7=20, ucs2=200, gsm7_stop=20, ucs2_stop=200),
        ),
        # Key 0 stands behind 00 where room for 00 is kept first.
        (OpenQuestion(id="x", asks="when", text=en("When?")), en("Home"), USSD_LIMITS),
    ],
    ids=["two codings", "a question of several pages"],
)
def test_what_fits_whole_but_not_from_the_start_is_cut_line_by_line(screen, home, limits):
    menu = replace(changed(MENU, screen), messages={**MENU.messages, "home": home})
    text = lay_out_text(menu, screen, -1, "lo", find_longest_values(menu, "lo"))
    assert not text.fits_whole(limits)
    plainly = cut_or_refuse(paging._cut_by_lines, paging._Cutter(text, limits))
    assert cut_or_refuse(cut_text, text, limits) == plainly


@pytest.mark.parametrize("limits", [USSD_LIMITS, SMS_LIMITS], ids=lambda limits: limits.name)
def test_most_texts_of_a_menu_are_cut_without_looking_at_their_lines(limits):
    longest = find_longest_values(MENU, "en")
    texts = [lay_out_text(MENU, screen, -1, "en", longest) for screen in MENU.screens.values()]
    assert sum(text.fits_whole(limits) for text in texts) * 4 > len(texts) * 3
