"""Settings that pages change: checked like the file, on record, in force without a restart, never over the environment."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.delivery.claim import get_limits
from gateway.domain.callbacks.windows import DAYS
from gateway.domain.permissions import Actor, NotPermitted, Role
from gateway.operations import line_settings, refresh
from gateway.operations.line_settings import ChangeFault, ChangeRefused, change_setting
from gateway.operations.maintenance import purge_expired
from gateway.storage import audit, settings
from gateway.web.admin.channels import GROUPS
from tests.support.house import Phone, apply_over, made_parts, publish

BOSS = Actor.of(person_id="boss", name="Boss", role=Role.ADMINISTRATOR)
NEW = "+85621999999"
NUMBERS = "4 5 4"
"""Keys to the screen that tells our number by heart."""


@pytest.fixture
def parts(store, clock, tmp_path):
    return apply_over(made_parts(store, clock, tmp_path))


@pytest.fixture
def other(parts, store, clock, tmp_path):
    """Another process on the same database and folder."""
    return apply_over(made_parts(store, clock, tmp_path))


def seen(parts, key):
    with parts.store.read() as tx:
        own = settings.list_own(tx).get(key)
    return -1 if own is None else own.rev


def change(parts, key, value, why="the centre moved", actor=BOSS):
    written = value if isinstance(value, dict) or value is None else {"value": value}
    change_setting(parts, actor, key, written, why=why, seen=seen(parts, key))


def test_a_number_is_read_by_the_next_caller_of_every_process(parts, other) -> None:
    publish(parts)
    other.versions.refresh()
    hers = Phone(other)
    before = hers.dial(NUMBERS).reply.text
    assert parts.line.helpline in before
    change(parts, "line.helpline", NEW)
    assert parts.line.helpline == NEW, "here at once"
    refresh.renew_values(other)
    assert NEW in Phone(other, number="+8562055500002").dial(NUMBERS).reply.text
    change(parts, "line.helpline", None, why="moved back")
    refresh.renew_values(other)
    assert Phone(other, number="+8562055500003").dial(NUMBERS).reply.text == before


def test_hours_count_at_once_and_decide_what_is_offered(parts, other) -> None:
    change(parts, "hours.hours", dict.fromkeys(DAYS, ""))
    refresh.renew_values(other)
    assert not any(other.line.hours.days)
    change(parts, "hours.hours", {"mon": "08:00-12:00, 13:00-24:00"})
    refresh.renew_values(other)
    assert other.line.hours.days[0] == ((480, 720), (780, 1440))


def test_limits_of_a_channel_count_where_a_text_is_claimed(parts, other) -> None:
    change(parts, "ch.simulator.day_spend", "2.5 USD")
    change(parts, "ch.simulator.rate", "3")
    refresh.renew_values(other)
    assert (get_limits(other.channels["simulator"]).spend, get_limits(other.channels["simulator"]).rate) == (
        25_000,
        3,
    )
    change(parts, "ch.simulator.day_spend", None)
    refresh.renew_values(other)
    assert get_limits(other.channels["simulator"]).spend == 0, (
        "put back: the file's counts, though another stays changed"
    )
    assert get_limits(other.channels["simulator"]).rate == 3


def test_answers_and_days_that_callers_read(parts, other) -> None:
    change(parts, "answers.number_a_day", "7")
    change(parts, "line.days", "30")
    refresh.renew_values(other)
    assert (other.answers.number_a_day, other.line.days) == (7, 30)
    assert other.line.for_engine().values["days"] == "30"


def test_days_of_retention_count_in_the_next_purge(parts, clock) -> None:
    now = clock.now()
    parts.store.run(
        lambda tx: audit.add_entry(tx, now=now, person_id=None, act="set", kind="setting", subject="x")
    )
    parts.store.run(lambda tx: audit.link_rows(tx, now))
    change(parts, "kept.audit", "30")
    clock.forward(days=31)
    assert purge_expired(parts)["audit"] >= 1


def test_days_of_retention_need_no_file(store, clock, tmp_path) -> None:
    parts = made_parts(store, clock, tmp_path)
    change(parts, "kept.texts", "30")
    assert parts.own == {"kept.texts": 30}


@pytest.mark.parametrize(
    ("key", "written", "why"),
    [
        *(
            ("line.helpline", each, ChangeFault.NUMBER)
            for each in ("call us", "1300; drop", "++", "{code}", "๑๓๐๐", "x" * 40)
        ),
        *(
            ("line.days", each, ChangeFault.WHOLE)
            for each in ("", "0", "366", "-1", "1.5", "1e2", "٣٠", "9" * 20)
        ),
        *(
            ("ch.simulator.day_spend", each, ChangeFault.MONEY)
            for each in ("ten", "1,5", "-1", "10 20", "1 USDUSD")
        ),
        *(
            ("hours.hours", {"mon": each}, ChangeFault.HOURS)
            for each in ("8-12", "22:00-06:00", "08:00–12:00", "08:00-12:00 13:00-14:00", "25:00-26:00")
        ),
        ("line.embassy", "Call {helpline}", ChangeFault.WORDS),
        ("line.embassy", "a\u202eb", ChangeFault.WORDS),
        ("line.price", "x" * 61, ChangeFault.WORDS),
        ("kept.stopped", "30", ChangeFault.WHOLE),
        ("kept.turns", "1", ChangeFault.WHOLE),
        *(
            (key, "1", ChangeFault.LOCKED)
            for key in ("line.zone", "env.PORT", "ch.nobody.rate", "kept.callbacks", "kept.tries", "own", "")
        ),
    ],
)
def test_what_the_file_would_refuse_is_refused_here_and_changes_nothing(
    sqlite_store, clock, tmp_path, key, written, why
):
    parts = apply_over(made_parts(sqlite_store, clock, tmp_path))
    before = parts.line, parts.answers
    with pytest.raises(ChangeRefused) as refused:
        change(parts, key, written)
    assert refused.value.why is why
    refresh.renew_values(parts)
    assert (parts.line, parts.answers, seen(parts, key)) == (*before, -1)


def test_who_when_and_why_stand_on_the_record_with_what_was_before(parts, clock) -> None:
    change(parts, "line.mrc", "1300", why="  the  centre\nhas a number ")
    clock.forward(hours=1)
    change(parts, "line.mrc", "1301", why="they gave us another")
    with parts.store.read() as tx:
        own = settings.list_own(tx)["line.mrc"]
        (first, last) = audit.list_about(tx, "setting", "line.mrc")
    assert (own.by, own.at, own.why, own.value) == ("Boss", clock.now(), "they gave us another", "1301")
    assert [(one["value"], one["why"]) for one in own.past] == [("1300", "the centre has a number")]
    assert (first.act, first.subject, last.at - first.at) == ("set", "line.mrc", timedelta(hours=1))
    assert "130" not in first.detail + last.detail, "the record of acts holds no number"


def test_without_a_reason_nothing_changes(parts) -> None:
    with pytest.raises(ChangeRefused) as refused:
        change(parts, "line.mrc", "1300", why="  ")
    assert refused.value.why is ChangeFault.WHY


def test_two_who_saw_the_same_value_do_not_undo_each_other(parts, other) -> None:
    change_setting(parts, BOSS, "line.mrc", {"value": "1300"}, why="mine", seen=-1)
    with pytest.raises(ChangeRefused) as refused:
        change_setting(other, BOSS, "line.mrc", {"value": "1400"}, why="theirs", seen=-1)
    assert refused.value.why is ChangeFault.MEANWHILE
    change_setting(other, BOSS, "line.mrc", {"value": "1400"}, why="theirs, knowing", seen=0)
    assert other.line.mrc == "1400"


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_only_administrators_change_settings(parts, role) -> None:
    with pytest.raises(NotPermitted):
        change(parts, "line.mrc", "1300", actor=Actor.of(person_id="any", name="Any", role=role))


def test_the_environment_wins_and_the_page_says_that_it_does(store, clock, tmp_path) -> None:
    """Pages whose value an environment variable silently overrode are a common report; here the field is closed."""
    account = {"AFRICASTALKING_USERNAME": "sandbox", "AFRICASTALKING_API_KEY": "atsk_" + "0" * 20}
    held = {"AFRICASTALKING_DAY_LIMIT": "40", **account}
    parts = apply_over(made_parts(store, clock, tmp_path), **held)
    key = "ch.africastalking.day_limit"
    parts.channels["africastalking"].config = replace(
        parts.channels["africastalking"].config, options={"day_limit": "40"}
    )
    shown = line_settings.list_settings(parts, BOSS, ())
    assert key in shown.changeable
    assert key in shown.locked
    with pytest.raises(ChangeRefused) as refused:
        change(parts, key, "900")
    assert refused.value.why is ChangeFault.LOCKED
    now = clock.now()
    parts.store.run(
        lambda tx: settings.save_own(tx, key, 900, why="before it was held", before=None, by="x", now=now)
    )
    refresh.renew_values(parts)
    assert get_limits(parts.channels["africastalking"]).day == 40, "nor does one that was changed before"


def test_a_day_limit_is_set_where_none_was(parts, other) -> None:
    carriers = [name for name, one in parts.channels.items() if one.contract.carries_texts]
    assert carriers
    for n, name in enumerate(carriers, 7):
        key = f"ch.{name}.day_limit"
        before = get_limits(parts.channels[name]).day
        shown = [
            one
            for one in line_settings.list_settings(parts, BOSS, ()).stated
            if line_settings.name_key(one) == key
        ]
        assert [one.value for one in shown] == [str(before) if before else ""]
        change(parts, key, str(n))
        refresh.renew_values(other)
        assert [get_limits(each.channels[name]).day for each in (parts, other)] == [n, n]
        change(parts, key, None)
        assert get_limits(parts.channels[name]).day == before
    silent = [name for name, one in parts.channels.items() if not one.contract.carries_texts]
    assert not any(f"ch.{name}.day_limit" in line_settings.list_changeable(parts) for name in silent)


def test_a_restart_without_sql_goes_on_with_the_changed_number(parts, store, tmp_path) -> None:
    change(parts, "line.helpline", NEW)
    store.shut()
    found = refresh.find_values(store, tmp_path / "live")
    assert refresh.apply_values(parts.apply, found).line.helpline == NEW


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"format": 2, "values": {"line.helpline": "1"}}', '{"format": 1}']
)
def test_a_copy_that_cannot_be_read_leaves_the_file(tmp_path, content) -> None:
    (tmp_path / "settings").write_text(content)
    assert refresh.read_copy(tmp_path) == {}


def test_a_stored_value_that_a_later_release_refuses_leaves_the_others_alone(parts, clock) -> None:
    now = clock.now()

    def work(tx) -> None:
        for key, value in {
            "line.days": 9000,
            "ch.gone.rate": 3,
            "line.gone": "x",
            "line.mrc": "1300",
        }.items():
            settings.save_own(tx, key, value, why="", before=None, by="x", now=now)

    parts.store.run(work)
    refresh.renew_values(parts)
    assert (parts.line.days, parts.line.mrc) == (90, "1300")


def test_an_empty_helpline_is_refused_while_real_phones_reach_it(parts) -> None:
    contract = parts.channels["simulator"].contract
    parts.channels["simulator"].contract = replace(contract, real=True)
    with pytest.raises(ChangeRefused) as refused:
        change(parts, "line.helpline", "")
    assert refused.value.why is ChangeFault.NEEDED


def test_words_for_which_the_published_pages_have_no_room_are_refused(sqlite_store, clock, tmp_path) -> None:
    parts = apply_over(made_parts(sqlite_store, clock, tmp_path))
    publish(parts)
    with pytest.raises(ChangeRefused) as refused:
        change(parts, "line.embassy", "Lao embassy in Bangkok: +66 2 000 0000, day and night")
    assert refused.value.why is ChangeFault.ROOM
    change(parts, "line.helpline", "1300")
    assert parts.line.helpline == "1300", "what is as long as the usual number fits"


def test_a_number_that_is_set_opens_menus_that_name_it(parts) -> None:
    parts.line = replace(parts.line, mrc="")
    parts.versions.note_unset({"mrc"})
    publish(parts)
    assert parts.versions.live_reviewed("helpline")[1] is None
    change(parts, "line.mrc", "1300")
    assert parts.versions.live_reviewed("helpline")[1] is not None


def test_the_days_of_every_rule_that_the_page_lists_may_be_changed(parts) -> None:
    told = {key for group in GROUPS for key in group.says if key.startswith("kept.")}
    assert told - {"kept.callbacks"} == {
        key for key in line_settings.list_changeable(parts) if key.startswith("kept.")
    }
