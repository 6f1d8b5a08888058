"""Faults that people reported of other help desks, tried on ours: each names where it was read.

Drafts that are lost or stand at somebody else, badges that say another number than the list, days and months that are
cut in another zone, numbers that are not found as they are written, names that go with their person.
"""

import re
from dataclasses import replace
from datetime import date, datetime
from html import unescape
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from gateway.domain.callbacks.states import CallbackState
from gateway.domain.permissions import Role
from gateway.helpdesk.queue import claim, outcome, search
from gateway.helpdesk.requests import referrals
from gateway.helpdesk.staff import people
from gateway.helpdesk.staff.centre_policy import find_month_span
from gateway.operations.reporting import monthly_report
from gateway.storage import callers, conversations
from tests.support.desk_rig import HER, OTHER

NUMBERS = [f"+8562055510{n:03d}" for n in range(12)]


def text_of(answer) -> str:
    return unescape(answer.get_data(as_text=True))


def rows_in(page: str) -> list[str]:
    return re.findall(r'<li class="row[^"]*" id="row-([^"]+)"', page)


def note_in(page: str) -> str:
    return page.split('id="note"')[1].split(">", 1)[1].split("</textarea>", maxsplit=1)[0]


@pytest.fixture
def noy(signed):
    return signed()


@pytest.fixture
def two(line, noy):
    found = [line.requested(number, when="now") for number in (HER, OTHER)]
    for one in found:
        noy.post(f"/callbacks/{one}/claim")
    return found


@pytest.mark.parametrize(
    "view", ["", "?tab=mine", "?tab=later", "?only=danger", "?show=400", "?tab=closed&who=x"]
)
def test_a_draft_is_there_whatever_list_its_request_was_opened_from(noy, two, view):
    """chatwoot/chatwoot#6000: drafts were kept in some views of the conversation only; #4876: lost on leaving."""
    noy.post(f"/callbacks/{two[0]}/draft", text="half a thought")
    noy.get("/hand-over")
    assert note_in(text_of(noy.get(f"/callbacks/{two[0]}{view}"))) == "half a thought"


def test_what_was_typed_for_one_stands_at_no_other(noy, two, signed):
    """deltachat/deltachat-desktop#582: the text stayed in the field when another chat was opened, and went to the wrong one."""
    noy.post(f"/callbacks/{two[0]}/draft", text="only about the first")
    assert note_in(text_of(noy.get(f"/callbacks/{two[1]}"))) == ""
    noy.post(f"/callbacks/{two[1]}/note", text="about the second", form="f")
    assert note_in(text_of(noy.get(f"/callbacks/{two[0]}"))) == "only about the first"
    assert "only about the first" not in text_of(signed("Dao").get(f"/callbacks/{two[0]}"))


def in_every_state(line, noy, boss) -> None:
    """Requests of many numbers in every state that a tab shows."""
    for n, number in enumerate(NUMBERS):
        wanted = line.requested(
            number, when="now" if n % 3 else "evening", danger="yes" if n % 4 == 0 else "no"
        )
        actor = (noy, boss)[n % 2]
        if n % 3 == 0 or n in {1, 10}:
            continue
        claim.claim_callback(line.parts, actor, wanted)
        if n in {4, 5}:
            line.calling(actor, wanted)
        if n == 7:
            line.calling(actor, wanted)
            outcome.record_outcome(line.parts, actor, callback_id=wanted, outcome="wrong_number")
        if n == 8:
            outcome.close_callback(line.parts, actor, wanted, reason="no_need")


@pytest.mark.parametrize("role", [Role.COUNSELLOR, Role.SUPERVISOR])
def test_a_badge_says_how_many_stand_in_its_list(line, signed, role):
    """fazer-ai/chatwoot#416: the tab listed what its badge did not count; freescout#1723 and #272: a count and no rows."""
    browser, other = signed("Own", role), line.person("Other", number="+8562055590002")
    own = people.find_actor(line.parts, "Own")
    in_every_state(line, own, other)
    for _round in range(2):
        page = text_of(browser.get("/"))
        for tab in ("mine", "later", "review"):
            badge = re.search(rf'data-n="{tab}"[^>]*>(\d+)<', page)
            assert badge, tab
            assert int(badge.group(1)) == len(rows_in(text_of(browser.get(f"/{tab}")))), tab
        line.clock.set("2026-11-24T18:30:00+07:00")  # and when evening has come


def test_opening_takes_nothing_and_the_first_claim_stays(line, signed):
    """zammad/zammad#3156: whoever opened it next became its owner."""
    wanted = line.requested(HER, when="now")
    browsers = [signed(name) for name in ("Noy", "Dao", "Keo")]
    for browser in browsers:
        browser.get(f"/callbacks/{wanted}")
    assert line.callback(wanted).state is CallbackState.WAITING
    browsers[1].post(f"/callbacks/{wanted}/claim")
    for browser in browsers:
        browser.get(f"/callbacks/{wanted}")
        browser.post(f"/callbacks/{wanted}/claim")
    holder = people.find_person(line.parts, "Dao").id
    assert line.callback(wanted).holder_id == holder


def test_of_two_who_decide_at_once_the_second_is_told_and_changes_nothing(line, signed):
    """zammad/zammad#1216: two agents merged in opposite directions at the same time, and nobody answered either."""
    wanted, noy = line.requested(HER, when="now"), line.person("Noy")
    line.calling(noy, wanted)
    outcome.record_outcome(line.parts, noy, callback_id=wanted, outcome="wrong_number")
    one, two = (signed(name, Role.SUPERVISOR) for name in ("One", "Two"))
    assert one.post(f"/callbacks/{wanted}/decide", decision="given_up", reason="other").status_code == 303
    answer = two.post(f"/callbacks/{wanted}/decide", decision="waiting", reason="other")
    assert answer.status_code == 409
    assert "given up" in text_of(answer)
    assert line.callback(wanted).state is CallbackState.GIVEN_UP


@pytest.mark.parametrize(
    "written",
    [
        "+8562055512345", "8562055512345", "008562055512345", "020 5551 2345", "(020) 555-123-45",
        "020.5551.2345", "020\u00a05551\u00a02345", "020\u20115551\u20112345", "\u200e+856 20 55512345\u200f",
        "໐໒໐໕໕໕໑໒໓໔໕", "tel:+8562055512345",
    ],
)  # fmt: skip
def test_a_number_is_found_however_it_is_written(line, noy, written):
    """chatwoot/chatwoot#3159: found without the country code only; odoo/odoo#75106, kimball#190: not with hyphens."""
    wanted = line.requested(HER, when="now")
    answer = noy.post("/search", written=written)
    assert answer.location == f"/callbacks/{wanted}"


def test_who_was_removed_keeps_the_name_wherever_it_stood(line, signed):
    """bitwarden/server#2104, ansible/awx#2143, obot#3377: *unknown user* wherever somebody had been removed."""
    noy, wanted = line.person("Noy Vong"), line.requested(HER, when="now")
    boss = signed("Boss", Role.SUPERVISOR)
    line.calling(noy, wanted)
    outcome.add_note(line.parts, noy, wanted, "she asked for papers")
    outcome.record_outcome(line.parts, noy, callback_id=wanted, outcome="reached")
    outcome.close_callback(line.parts, noy, wanted, reason="helped")
    people.disable_person(line.parts, people.OWNER, noy.person_id)
    page = text_of(boss.get(f"/callbacks/{wanted}"))
    assert page.count("Noy Vong") >= 3
    for address in (
        "/closed",
        "/admin/record",
        f"/admin/record?who={noy.person_id}",
        f"/closed?who={noy.person_id}",
    ):
        assert "Noy Vong" in text_of(boss.get(address)), address
    assert "nknown" not in text_of(boss.get("/admin/record"))


def test_a_day_that_is_chosen_right_after_midnight_is_that_day(line, clock):
    """zammad/zammad#1693: between 00:00 and 01:00 a date went back by one day with each saving."""
    noy = line.person("Noy")
    clock.set("2026-11-24T18:20:00+07:00")
    wanted = line.requested(HER, when="evening")
    line.calling(noy, wanted)
    outcome.record_outcome(line.parts, noy, callback_id=wanted, outcome="reached")
    clock.set("2026-11-25T00:20:00+07:00")  # still the 24th in UTC
    fresh = line.callback(referrals.follow_up(line.parts, noy, wanted, on=date(2026, 11, 25)))
    assert fresh.due_at is not None
    assert fresh.due_at.astimezone(ZoneInfo("Asia/Vientiane")).isoformat() == "2026-11-25T18:00:00+07:00"


@pytest.mark.parametrize(
    "zone",
    ["Asia/Vientiane", "Asia/Yangon", "Europe/London", "America/St_Johns", "Pacific/Apia", "Pacific/Chatham"],
)
def test_months_follow_each_other_without_a_gap_in_every_zone(zone):
    """zammad/zammad#6134, chatwoot/chatwoot#12795: a year without October where the clocks are changed in it."""
    now = datetime.fromisoformat("2026-11-24T14:05:00+07:00")
    spans = [
        find_month_span(f"{year}-{month:02}", ZoneInfo(zone), now)
        for year in (2025, 2026, 2027)
        for month in range(1, 13)
    ]
    assert all(end == start for (_start, end), (start, _end) in pairwise(spans))
    assert all(start < end for start, end in spans)


def test_what_is_done_after_midnight_is_counted_in_the_month_that_has_begun(line, clock):
    """zammad/zammad#5865 and #5538: work of the last night of a month stood in the wrong one, as months were cut in UTC."""
    noy = line.person("Noy")
    for at, number in (("2026-11-30T20:50:00", HER), ("2026-12-01T08:10:00", OTHER)):
        clock.set(f"{at}+07:00")
        wanted = line.requested(number, when="now")
        clock.forward(minutes=1)
        line.calling(noy, wanted)
        clock.set(clock.now().isoformat())
        outcome.record_outcome(line.parts, noy, callback_id=wanted, outcome="reached")
    clock.set("2026-12-01T00:30:00+07:00")
    line.parts.count.add("asked", "pay")
    line.parts.count.flush(line.parts.store)
    boss = line.person("Boss", Role.SUPERVISOR)

    def items(month: str) -> set[tuple[str, str]]:
        return {
            (cell.section.what, cell.name) for cell in monthly_report.report_month(line.parts, boss, month)
        }

    assert items("2026-11") == {("outcome", "reached")}
    assert items("2026-12") == {("outcome", "reached"), ("asked", "pay")}


def test_a_table_that_is_taken_out_holds_what_the_lists_hold_and_says_its_zone(line, signed):
    """freescout#4404: fewer rows in the file than on the page; zammad#2697, #3018: other hours in it, and no zone."""
    boss = line.person("Boss", Role.SUPERVISOR)
    in_every_state(line, line.person("Noy"), boss)
    browser = signed("Own", Role.SUPERVISOR)
    shown = {
        one
        for tab in ("", "mine", "later", "review", "closed")
        for one in rows_in(text_of(browser.get(f"/{tab}")))
    }
    out = search.export_callbacks(line.parts, replace(boss, proved_at=line.clock.now()))
    assert {one.row.id for one in out} == shown
    for one in out:
        for name, value in search.format_exported(one).items():
            assert not name.endswith("_at") or value is None or value.endswith("Z"), name


def test_the_number_of_danger_texts_falls_when_one_is_read(line, noy, parts):
    """chatwoot/chatwoot-mobile-app#146: the unread count stayed after the conversation had been opened."""
    with parts.store.write() as tx:
        hers = callers.upsert_caller(tx, HER, now=line.clock.now()).id
        for words in ("he beats me", "locked in"):
            conversations.add_text(
                tx, channel="simulator", caller_id=hers, text=words, understood="danger", now=line.clock.now()
            )
    assert "2 texts with a word of danger" in text_of(noy.get("/me"))
    first = re.search(r'id="text-([^"]+)"', text_of(noy.get("/texts"))).group(1)
    assert noy.post(f"/texts/{first}/read").status_code == 303
    for address in ("/me", "/bar", "/later"):
        assert "1 text with a word of danger" in text_of(noy.get(address)), address
