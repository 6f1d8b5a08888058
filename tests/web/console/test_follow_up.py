"""Beside the call: figures that belong to nobody, a number sent only where texts are safe, the next call, a child."""

import re
from types import SimpleNamespace

import pytest

from gateway.domain.callbacks.states import CallbackState
from gateway.domain.permissions import Role
from gateway.helpdesk.requests import case_record, referrals
from gateway.helpdesk.requests.referrals import Referral
from gateway.helpdesk.staff import centre_policy
from gateway.menus.engine.model import Choice, Menu
from gateway.menus.engine.screens import Choices, Information
from gateway.web.console.call_sheet import name_way
from tests.support.desk_rig import HER, OTHER
from tests.support.lists import WORDS


def text_of(answer) -> str:
    return answer.get_data(as_text=True)


@pytest.fixture
def noy(signed):
    return signed()


@pytest.fixture
def held(line, noy):
    """A request of hers, safe for texts, that Noy has."""
    wanted = line.requested(HER, sms_safe="yes", when="now")
    assert noy.post(f"/callbacks/{wanted}/claim").status_code == 303
    return wanted


@pytest.fixture
def reached(line, noy, held):
    noy.post(f"/callbacks/{held}/call")
    form = re.search(r'name="form" value="([\w-]{16,})"', text_of(noy.get(f"/callbacks/{held}"))).group(1)
    noy.post(f"/callbacks/{held}/outcome", outcome="reached", form=form)
    assert line.callback(held).state is CallbackState.REACHED
    return held


def said(line, callback_id):
    from gateway.storage import notes

    with line.parts.store.read() as tx:
        return dict(notes.find_record(tx, callback_id))


class TestTheFiguresForm:
    def test_two_questions_are_visible_and_only_her_topic_is_ticked(self, noy, reached):
        page = text_of(noy.get(f"/callbacks/{reached}")).split('id="sheet"')[1].split("</form>")[0]
        seen, folded = page.split("<details>", 1)
        assert 'name="topics" value="pay" checked' in seen
        assert [re.search(rf'name="{name}"', seen) is not None for name in case_record.VISIBLE] == [
            True,
            True,
        ]
        assert "age" not in seen
        ticked = re.findall(r'value="(\w+)" checked', folded)
        assert set(ticked) == {"not_asked"}

    def test_two_taps_and_save(self, noy, line, reached):
        held = reached
        data = {"person": "woman", "topics": ["pay", "hours"], "csrf_token": noy.csrf}
        assert noy.client.post(f"/callbacks/{held}/figures", data=data).status_code == 303
        assert said(line, held) == {"person": "woman", "topics": ["pay", "hours"]}
        page = text_of(noy.get(f"/callbacks/{held}"))
        assert 'name="person" value="woman" checked' in page
        assert 'name="topics" value="hours" checked' in page

    @pytest.mark.parametrize(
        "wrong", [{"person": "queen"}, {"women": "many"}, {"claimed": "-5"}, {"received": "9" * 16}]
    )
    def test_what_is_no_choice_is_refused_in_words(self, noy, line, held, wrong):
        answer = noy.post(f"/callbacks/{held}/figures", **wrong)
        assert answer.status_code == 422
        assert "not one of the choices" in text_of(answer)
        assert said(line, held) == {}

    def test_every_word_of_the_form_has_its_name(self, noy, reached):
        page = text_of(noy.get(f"/callbacks/{reached}"))
        names = [*WORDS, *case_record.NUMBERS]
        for code in [name for name in names if "_" in name] + [w for ws in WORDS.values() for w in ws]:
            assert f"> {code.replace('_', ' ')}</label>" not in page or code in {
                "overtime", "deductions", "injury", "dismissal", "violence", "settled", "decided", "withdrawn",
                "refused", "accepted", "family", "not_said", "recruitment_fee", "under_18",
            }  # fmt: skip

    def test_a_colleague_sees_no_form_and_cannot_send_it(self, signed, held):
        dao = signed("Dao")
        assert 'id="sheet"' not in text_of(dao.get(f"/callbacks/{held}"))
        assert dao.post(f"/callbacks/{held}/figures", person="woman").status_code == 403


class TestSendingANumber:
    @pytest.fixture
    def entry(self, line):
        boss = line.person("Boss", Role.SUPERVISOR)
        made = Referral(id="", team="main", name="Labour office", number="1362")
        return referrals.save_entry(line.parts, boss, made)

    @pytest.mark.fault("Q13")
    def test_where_texts_are_safe_it_goes_once(self, noy, line, held, entry):
        assert "Send her this number" in text_of(noy.get(f"/callbacks/{held}"))
        for _ in range(2):
            assert noy.post(f"/callbacks/{held}/send-number", referral=entry).status_code == 303
        assert line.rows("SELECT count(*) FROM outbox WHERE kind = 'ours'") == [(1,)]
        assert line.rows("SELECT count(*) FROM audit WHERE act = 'sent a number'") == [(1,)]
        page = text_of(noy.get(f"/callbacks/{held}"))
        assert '<p class="notice" role="status">This number was sent to her before.</p>' in page

    def test_where_they_are_not_there_is_no_button_and_no_text(self, noy, line, entry):
        shared = line.requested(OTHER, phone_seen="sometimes")
        noy.post(f"/callbacks/{shared}/claim")
        page = text_of(noy.get(f"/callbacks/{shared}"))
        assert "Send her this number" not in page
        assert "read the number out" in page
        answer = noy.post(f"/callbacks/{shared}/send-number", referral=entry)
        assert answer.status_code == 409
        assert "Nothing was sent" in text_of(answer)
        assert line.rows("SELECT count(*) FROM outbox WHERE kind = 'ours'") == [(0,)]

    def test_with_none_that_fits_the_page_says_so_and_leads_to_the_book(self, noy, held):
        page = text_of(noy.get(f"/callbacks/{held}"))
        assert "Nothing in the book fits her language and topic." in page
        assert 'href="/admin/referrals" target="_blank"' in page

    def test_an_entry_that_is_none_is_refused(self, noy, held):
        assert noy.post(f"/callbacks/{held}/send-number", referral="no-such").status_code == 422


class TestTheNextCall:
    def test_it_is_a_new_request_and_this_one_is_closed(self, noy, line, reached):
        assert "Agree on another call" in text_of(noy.get(f"/callbacks/{reached}"))
        answer = noy.post(f"/callbacks/{reached}/follow-up", on="2026-11-27", when="evening")
        fresh = line.callback(answer.location.rsplit("/", 1)[1])
        assert (fresh.state, fresh.window) == (CallbackState.WAITING, "evening")
        assert line.callback(reached).state is CallbackState.CLOSED
        assert f"/callbacks/{reached}" in text_of(noy.get(answer.location)).split("Earlier contacts")[1]

    @pytest.mark.parametrize(
        ("on", "when", "status"),
        [
            ("", "", 422),
            ("someday", "", 422),
            ("2027-11-27", "evening", 409),
            ("2026-11-27", "midnight", 422),
        ],
    )
    def test_a_day_that_cannot_be_is_said_and_nothing_is_closed(self, noy, line, reached, on, when, status):
        assert noy.post(f"/callbacks/{reached}/follow-up", on=on, when=when).status_code == status
        assert line.callback(reached).state is CallbackState.REACHED


def test_the_mark_of_a_child_is_shown_and_taken_away(noy, line, held):
    assert noy.post(f"/callbacks/{held}/minor", on="yes").status_code == 303
    assert line.callback(held).minor
    assert "Ask a supervisor" in text_of(noy.get(f"/callbacks/{held}"))
    noy.post(f"/callbacks/{held}/minor", on="no")
    assert not line.callback(held).minor


def way_on(page: str) -> list[str]:
    """The steps of her way as the page shows them."""
    return re.findall(r"<span>(.*?)</span>", page.partition('<p class="way">')[2].partition("</p>")[0])


def menu_of_screens(**screens):
    """A menu of another country, of no more than what this page reads."""
    return Menu(
        id="line",
        languages={"km": "ខ្មែរ", "en": "English"},
        fallback={"km": ("en",)},
        start="language",
        home="main",
        offer="",
        sos="",
        call_me="",
        screens=screens,
        messages={"home": {"km": "ទំព័រដើម", "en": "Home"}},
    )


class TestHerWay:
    @pytest.mark.fault("C3", "Q12")
    def test_it_tells_the_lines_that_she_chose_in_the_language_of_the_reader(self, parts, noy, line):
        version, _menu = parts.versions.live("helpline")
        wanted = line.requested(HER, path=("main", "pay", "wage_area"), version=version)
        for tongue, seen in (
            ("en", ["Home", "My pay", "Minimum wage"]),
            ("lo", ["ໜ້າຫຼັກ", "ຄ່າແຮງ", "ຂັ້ນຕ່ຳ"]),
            ("th", ["หน้าหลัก", "ค่าจ้าง", "ขั้นต่ำ"]),
        ):
            noy.post("/language", language=tongue)
            assert way_on(text_of(noy.get(f"/callbacks/{wanted}"))) == seen

    @pytest.mark.fault("C3", "Q12")
    def test_the_line_that_she_chose_counts_and_not_another_that_leads_there(self):
        def line(to, language="", **label):
            return Choice(key="1", to=to, label=label, language=language)

        menu = menu_of_screens(
            language=Choices(id="language", choices=(line("main", language="km", en="Khmer"),)),
            main=Choices(id="main", choices=(line("pay", km="ប្រាក់ឈ្នួល", en="My pay"),)),
            pay=Information(id="pay", choices=(line("wage", en="Wage"), line("wage", en="Minimum"))),
            later=Choices(
                id="later", choices=(line("main", en="Start again"), line("pay", en="Back to pay"))
            ),
            wage=Information(id="wage", text={"en": "Bangkok {th.wage}\nmore"}),
            rest=Information(id="rest", text={"en": "Rest days\nmore", "km": "ថ្ងៃសម្រាក\nផ្សេង"}),
        )
        parts = SimpleNamespace(versions=SimpleNamespace(get=lambda _version: menu))

        def way(language, *path):
            return name_way(parts, SimpleNamespace(version="v", path=path), language)

        assert way("en", "main", "pay", "wage", "gone") == ("Home", "My pay", "Wage / Minimum", "gone")
        assert way("km", "main", "pay") == ("ទំព័រដើម", "ប្រាក់ឈ្នួល")
        assert way("lo", "main", "pay") == ("Home", "My pay")  # a reader of a language that this menu has not
        assert way("km", "rest") == ("ថ្ងៃសម្រាក",)  # by a text, so without a line
        assert way("en", "later", "main") == ("later", "Start again")  # there she did choose it

    def test_a_version_that_is_gone_shows_ids(self, noy, held):
        assert '<p class="way"><span>main</span>' in text_of(noy.get(f"/callbacks/{held}"))


def test_the_words_of_the_centre_stand_on_the_page_of_a_child_as_they_were_written(parts, noy, held, line):
    boss = line.person("Boss", Role.SUPERVISOR)
    noy.post(f"/callbacks/{held}/minor", on="yes")
    assert "has written no rule" in text_of(noy.get(f"/callbacks/{held}"))
    centre_policy.set_policy(parts, boss, "Tell Dao.\n<b>Promise</b> nothing.")
    page = text_of(noy.get(f"/callbacks/{held}"))
    assert '<span class="lines">Tell Dao.\n&lt;b&gt;Promise&lt;/b&gt; nothing.</span>' in page
    noy.post(f"/callbacks/{held}/minor", on="no")
    assert "Tell Dao" not in text_of(noy.get(f"/callbacks/{held}"))
