"""A folder becomes the next version or nothing does; an older version comes back; every process takes it up."""

import json
import os
import threading
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from gateway.domain.callbacks.windows import DAYS, Hours, Shift
from gateway.domain.permissions import Actor, NotPermitted, Role
from gateway.menus.authoring.problems import Level
from gateway.menus.engine.model import make_page_key
from gateway.operations import health
from gateway.operations.publishing import publish as publishing
from gateway.operations.publishing import stored
from gateway.operations.publishing.publish import NotSound, Overtaken, Published, publish_menu, roll_back_menu
from gateway.operations.publishing.stored import NoVersion
from gateway.storage import audit, duty, live_menus, people
from gateway.storage import versions as rows
from gateway.storage.database import Unavailable
from gateway.storage.live_menus import NoMenu, Versions
from gateway.storage.tables import versions as menu_versions
from tests.support.draft_house import empty_house
from tests.support.menu_folders import HERE

BASE = HERE / "base"


@pytest.fixture
def parts(store, clock, tmp_path):
    return empty_house(store, clock, tmp_path)


def texts(old: str = "", new: str = "") -> dict[str, str]:
    files = stored.read_folder_files(BASE)
    return {name: text.replace(old, new) if old else text for name, text in files.items()}


def doing(parts, files=None):
    told = publish_menu(parts, files or texts(), author="Noy", why="new wage")
    assert isinstance(told, Published)
    return told


def words_of_main(parts, screen="pay") -> str:
    _, menu = parts.versions.live("helpline")
    return menu.screens[screen].text["en"]


def test_before_anything_is_published_there_is_no_menu(parts):
    parts.versions.refresh()
    with pytest.raises(NoMenu):
        parts.versions.live("helpline")
    assert parts.versions.loaded() == {}


def test_a_sound_folder_goes_live_with_its_pages_and_an_audit_row(parts):
    told = doing(parts)
    assert (told.version.number, told.fresh, told.version.author, told.version.why) == (
        1,
        True,
        "Noy",
        "new wage",
    )
    version, menu = parts.versions.live("helpline")
    assert version == told.version.id
    assert menu.pages[make_page_key("ussd", "lo", "main", -1)]
    assert menu.pages[make_page_key("sms", "lo", "main", -1)]
    with parts.store.read() as tx:
        (entry,) = audit.list_about(tx, "version", version)
        assert (entry.act, entry.detail) == ("menu.publish", "helpline 1, by Noy: new wage")
        assert rows.find_source(tx, version) == texts()


def test_the_same_folder_again_changes_nothing(parts):
    first = doing(parts)
    again = doing(parts)
    assert (again.version, again.fresh) == (first.version, False)
    with parts.store.read() as tx:
        assert len(rows.list_versions(tx)) == 1


def test_a_broken_folder_is_refused_and_what_is_live_goes_on(parts):
    doing(parts)
    told = publish_menu(parts, texts("to: pay, label", "to: pya, label"), author="Noy", why="")
    assert isinstance(told, NotSound)
    assert [problem.code for problem in told.problems] == ["unknown-screen"]
    parts.versions.refresh()
    assert words_of_main(parts).startswith("At least")
    with parts.store.read() as tx:
        assert len(rows.list_versions(tx)) == 1


def test_bytes_that_are_no_text_are_refused_by_the_check(parts, tmp_path):
    (tmp_path / "x.yaml").write_bytes(b"\xff")
    told = publish_menu(parts, stored.read_folder_files(tmp_path), author="Noy", why="")
    assert [problem.code for problem in told.problems] == ["yaml-refused"]


def test_who_may_not_publish_is_refused(parts):
    reader = Actor.of(person_id="1", name="Keo", role=Role.READER)
    with pytest.raises(NotPermitted):
        publish_menu(parts, texts(), author="Keo", why="", actor=reader)
    with pytest.raises(NotPermitted):
        roll_back_menu(parts, "helpline", actor=reader)


def test_the_next_version_is_live_and_the_one_before_still_serves_its_sessions(parts):
    first = doing(parts).version
    second = doing(parts, texts("At least", "Not under")).version
    assert second.number == 2
    assert words_of_main(parts).startswith("Not under")
    assert parts.versions.get(first.id).screens["pay"].text["en"].startswith("At least")


def test_another_process_takes_up_the_new_version_when_it_looks(parts, tmp_path):
    other = Versions(parts.store, tmp_path / "other")
    first = doing(parts).version
    assert other.refresh()
    assert other.live("helpline")[0] == first.id
    second = doing(parts, texts("At least", "Not under")).version
    assert other.live("helpline")[0] == first.id
    assert other.get(second.id) is not None  # a session begun at a faster process
    other.refresh()
    assert other.live("helpline")[0] == second.id


def test_rollback_goes_one_back_or_to_the_number_named(parts):
    one = doing(parts).version
    two = doing(parts, texts("At least", "Not under")).version
    three = doing(parts, texts("At least", "Never under")).version
    assert roll_back_menu(parts, "helpline").version == two
    assert roll_back_menu(parts, "helpline").version == one
    assert roll_back_menu(parts, "helpline", 3).version == three
    assert words_of_main(parts).startswith("Never")
    with parts.store.read() as tx:
        acts = sorted(entry.act for entry in audit.list_about(tx, "version", two.id))
    assert acts == ["menu.publish", "menu.rollback"]
    shown = publishing.list_versions(parts, "helpline")
    assert [(each.version.number, each.live) for each in shown] == [(3, True), (2, False), (1, False)]


def test_rollback_to_what_is_not_there_is_said(parts):
    with pytest.raises(NoVersion, match="no earlier version"):
        roll_back_menu(parts, "helpline")
    doing(parts)
    with pytest.raises(NoVersion, match="no earlier version"):
        roll_back_menu(parts, "helpline")
    with pytest.raises(NoVersion, match="no version 7"):
        roll_back_menu(parts, "helpline", 7)


def test_a_withdrawn_version_is_gone_for_every_session(parts):
    one = doing(parts).version
    two = doing(parts, texts("At least", "Not under")).version
    assert parts.versions.get(two.id) is not None
    roll_back_menu(parts, "helpline", withdraw=True)
    assert parts.versions.live("helpline")[0] == one.id
    assert parts.versions.get(two.id) is None
    with pytest.raises(NoVersion):
        roll_back_menu(parts, "helpline", 2)


def test_who_is_overtaken_is_told(parts, monkeypatch):
    doing(parts)
    monkeypatch.setattr(rows, "point_live", lambda *_, **__: False)
    with pytest.raises(Overtaken):
        publish_menu(parts, texts("At least", "Not under"), author="Noy", why="")
    monkeypatch.undo()
    with parts.store.read() as tx:
        assert len(rows.list_versions(tx)) == 1  # the version that could not go live was not kept


def test_the_first_start_publishes_once(parts):
    assert publishing.publish_first(parts, BASE) == ()
    assert publishing.publish_first(parts, HERE / "broken" / "yaml-syntax") == ()
    assert parts.versions.live("helpline")
    with parts.store.read() as tx:
        assert [each.number for each in rows.list_versions(tx)] == [1]


def test_the_first_start_says_what_keeps_a_folder_from_being_published(parts, tmp_path):
    (tmp_path / "menu.yaml").write_text("schema: 1\nmenu: x\n", encoding="utf-8")
    found = publishing.publish_first(parts, tmp_path)
    assert found
    assert all(problem.level is Level.ERROR for problem in found)
    assert "add start:" in " ".join(str(problem) for problem in found)
    assert [str(problem) for problem in publishing.publish_first(parts, Path("/nowhere"))] == [
        ": error: the folder holds no .yaml file [missing-key]; name the folder that holds the menu"
    ]


def test_a_folder_differs_until_it_is_published(parts, tmp_path):
    for name, text in texts().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert stored.has_changed(parts, tmp_path)
    publishing.publish_first(parts, tmp_path)
    assert not stored.has_changed(parts, tmp_path)
    (tmp_path / "head.yaml").write_text(texts("Home", "Start")["head.yaml"], encoding="utf-8")
    assert stored.has_changed(parts, tmp_path)
    assert not stored.has_changed(parts, tmp_path / "nowhere")


def test_a_restart_without_sql_answers_from_the_kept_file(parts, tmp_path, monkeypatch):
    version = doing(parts).version
    again = Versions(parts.store, tmp_path / "live")

    def gone():
        raise Unavailable("gone")

    monkeypatch.setattr(parts.store, "read", gone)
    assert again.refresh() is False
    assert again.live("helpline")[0] == version.id
    assert again.get(version.id) == again.live("helpline")[1]
    assert again.get("another") is None
    assert parts.versions.refresh() is False
    assert parts.versions.live("helpline")[0] == version.id


def test_a_spoilt_file_is_passed_over(parts, tmp_path, monkeypatch):
    doing(parts)
    (tmp_path / "live" / "helpline.json").write_text("{", encoding="utf-8")
    (tmp_path / "live" / "other.json").write_text(
        json.dumps({"version": "1", "menu": "{}"}), encoding="utf-8"
    )
    again = Versions(parts.store, tmp_path / "live")

    def gone():
        raise Unavailable("gone")

    monkeypatch.setattr(parts.store, "read", gone)
    assert again.refresh() is False
    with pytest.raises(NoMenu):
        again.live("helpline")


def test_a_version_of_a_later_release_leaves_the_older_one_live(parts):
    first = doing(parts).version
    with parts.store.write() as tx:
        later = rows.add_version(
            tx,
            menu="helpline",
            source={},
            compiled='{"format": 99}',
            format=99,
            hash="x",
            author="",
            why="",
            now=parts.clock.now(),
        )
        rows.point_live(tx, "helpline", later.id, seen=first.id, now=parts.clock.now())
    assert parts.versions.refresh()
    assert parts.versions.live("helpline")[0] == first.id


def damage_newest(parts, damage):
    """Publish a second version and damage its row; return both."""
    first, second = doing(parts).version, doing(parts, texts("baht a day", "baht")).version
    parts.store.run(lambda tx: damage(tx, second.id))
    return first, second


def spoil(words):
    return lambda tx, version_id: tx.execute(
        update(menu_versions).where(menu_versions.c.id == version_id).values(compiled=words)
    )


def cut_in_half(tx, version_id):
    spoil(rows.find_compiled(tx, version_id)[:1000])(tx, version_id)


DAMAGES = {
    "empty": spoil(""),
    "no JSON": spoil("{"),
    "another kind": spoil("[1, 2]"),
    "nothing": spoil("null"),
    "a later format": spoil('{"format": 99}'),
    "half of it": cut_in_half,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_whoever_starts_with_a_damaged_newest_version_answers_with_the_last_good_one(parts, tmp_path, damage):
    first, second = damage_newest(parts, DAMAGES[damage])
    (tmp_path / "live" / "helpline.json").unlink()  # what the running process had kept of the second
    for folder in ("live", "another machine"):
        again = Versions(parts.store, tmp_path / folder)
        assert again.refresh()
        assert again.loaded() == {"helpline": first.id}
        assert again.list_unreadable() == {"helpline": second.id}
        assert again.live("helpline")[1].screens["pay"]
        assert again.refresh()  # and stays so
        assert again.loaded() == {"helpline": first.id}


def test_the_copy_of_the_damaged_version_itself_serves_where_it_was_kept(parts, tmp_path):
    _first, second = damage_newest(parts, spoil("{"))
    again = Versions(parts.store, tmp_path / "live")
    again.refresh()
    assert again.loaded() == {"helpline": second.id}  # the file holds what the row has lost
    assert again.list_unreadable() == {"helpline": second.id}


@pytest.fixture
def forked(monkeypatch, parts, tmp_path):
    """Load the copies as `gateway up` does before it forks, and return a process's menus."""
    monkeypatch.setattr(live_menus, "_SHARED", {})

    def fork(*versions):
        live_menus.load_shared_menus(tmp_path / "live", versions)
        again = Versions(parts.store, tmp_path / "live")
        assert again.refresh()
        return again

    return fork


def test_a_forked_process_has_its_parents_menu_and_leaves_the_copy_alone(parts, tmp_path, forked):
    version = doing(parts).version
    copy = tmp_path / "live" / "helpline.json"
    os.utime(copy, ns=(1, 1))
    one, other = forked(version.id), forked(version.id)
    assert one.live("helpline")[1] is other.live("helpline")[1]
    assert one.live("helpline") == parts.versions.live("helpline")
    assert copy.stat().st_mtime_ns == 1
    assert one.list_whole() == (version.id,)
    copy.unlink()  # who finds none writes it
    other = forked()
    assert json.loads(copy.read_text())["version"] == version.id


def test_a_copy_that_sql_has_not_whole_is_not_taken_for_it(parts, forked):
    _first, second = damage_newest(parts, spoil("{"))
    again = forked()  # the preparation names the versions that it read
    assert again.list_unreadable() == {"helpline": second.id}
    assert again.list_whole() == ()


def test_what_was_withdrawn_or_published_since_the_fork_counts(parts, forked, tmp_path):
    first = doing(parts).version
    again = forked(first.id)
    second = doing(parts, texts("baht a day", "baht per day")).version
    assert again.refresh()
    assert again.live("helpline")[0] == second.id
    assert json.loads((tmp_path / "live" / "helpline.json").read_text())["version"] == second.id
    late = Versions(parts.store, tmp_path / "live")  # a process that comes back after a kill
    assert late.refresh()
    assert late.live("helpline") == again.live("helpline")
    roll_back_menu(parts, "helpline", first.number, author="Noy", why="as it was")
    assert again.refresh()
    assert again.live("helpline")[0] == first.id
    assert json.loads((tmp_path / "live" / "helpline.json").read_text())["version"] == first.id


def test_a_withdrawn_version_never_stands_in(parts, tmp_path):
    first, second = damage_newest(parts, spoil("{"))
    parts.store.run(lambda tx: rows.withdraw_version(tx, first.id, now=parts.clock.now()))
    again = Versions(parts.store, tmp_path / "empty")
    again.refresh()
    assert again.loaded() == {}
    assert again.list_unreadable() == {"helpline": second.id}


def test_a_damaged_version_is_left_by_a_rollback_or_by_the_next_publish(parts, tmp_path):
    first, second = damage_newest(parts, spoil("{"))
    roll_back_menu(parts, "helpline", first.number, author="Noy", why="damaged")
    again = Versions(parts.store, tmp_path / "another")
    again.refresh()
    assert (again.loaded(), again.list_unreadable()) == ({"helpline": first.id}, {})
    third = doing(parts, texts("baht a day", "baht per day")).version
    again.refresh()
    assert (again.loaded(), again.list_unreadable()) == ({"helpline": third.id}, {})
    assert third.number > second.number


def test_doctor_names_a_version_that_cannot_be_read(parts, tmp_path):
    first, second = damage_newest(parts, spoil("{"))
    (tmp_path / "live" / "helpline.json").unlink()
    seen = replace(parts, versions=Versions(parts.store, tmp_path / "live"))
    seen.versions.refresh()
    [found] = [each for each in health.look_around(seen) if each.part == "menu_version"]
    assert not found.ok
    assert found.words == f"cannot be read: helpline: {second.id}, callers read {first.id}"
    assert "rollback" in found.fix
    assert [each.ok for each in health.look_around(seen) if each.part == "menu"] == [True]


def test_live_never_asks_anybody(parts, monkeypatch):
    doing(parts)
    monkeypatch.setattr(parts.store, "read", lambda: 1 / 0)
    assert parts.versions.live("helpline")


def test_readers_never_see_a_half_changed_set_of_menus(parts):
    doing(parts)
    over = threading.Event()
    seen: list[BaseException] = []

    def read():
        while not over.is_set():
            try:
                version, menu = parts.versions.live("helpline")
                assert parts.versions.get(version) is menu or parts.versions.get(version) is not None
            except BaseException as error:  # noqa: BLE001 - whatever it is, the test must say so
                seen.append(error)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(2):
        doing(parts, texts("At least", f"Wage {'i' * number}"))
    over.set()
    for reader in readers:
        reader.join()
    assert seen == []


def test_a_published_menu_reads_back_as_it_was_checked(parts):
    told = doing(parts)
    checked = publishing.check_files(parts, texts()).menu
    _, menu = parts.versions.live("helpline")
    assert told.version.menu == menu.id
    assert replace(menu, pages={}) == checked


# --- who is on duty when

EVENINGS = {"mon": ["18:00-21:00"], "wed": ["18:00-21:00"]}
NOONS = {"tue": ["12:00-13:00"]}
EVENING = '      - {key: "3", answer: evening, label: {en: "Evening {hours}", lo: "ແລງ {hours}"}}\n'
EVERY = EVENING + "".join(
    f'      - {{key: "{key}", answer: {when}, label: {{en: {when}, lo: {when}}}}}\n'
    for key, when in (("1", "morning"), ("2", "noon"), ("4", "sunday"))
)


def works(parts, name, week, *, away=False):
    now = parts.clock.now()
    spans = [(day, start, end) for day, of_day in enumerate(Hours.parse(week).days) for start, end in of_day]
    with parts.store.write() as tx:
        people.add_person(tx, name, name=name, name_key=name, role="counsellor", now=now)
        made = [Shift(person_id=name, day=day, start=start, end=end) for day, start, end in spans]
        duty.save_shifts(tx, name, made, now=now)
        if away:
            duty.add_away(tx, name, now.date(), now.date() + timedelta(days=30), now=now)


@pytest.mark.parametrize(
    ("weeks", "away", "holidays", "never"),
    [
        ([], None, [], {"noon", "sunday"}),  # no shifts: the opening hours count
        ([NOONS], None, [], {"morning", "evening", "sunday"}),
        ([EVENINGS], None, [], {"morning", "noon", "sunday"}),
        ([EVENINGS, NOONS], None, [], {"morning", "sunday"}),
        ([EVENINGS, NOONS], 1, [], {"morning", "noon", "sunday"}),
        ([EVENINGS, NOONS], None, [24, 25, 30], {"morning", "sunday"}),  # a later Wednesday is left
    ],
)
def test_a_window_that_nobody_staffs_is_named_by_the_shifts(parts, weeks, away, holidays, never):
    hours = Hours.parse({day: ["06:00-09:00", "18:00-21:00"] for day in DAYS[:6]})
    parts = replace(parts, line=replace(parts.line, hours=hours))
    for number, week in enumerate(weeks):
        works(parts, f"person {number}", week, away=number == away)
    with parts.store.write() as tx:
        for day in holidays:
            duty.add_holiday(tx, "main", date(2026, 11, day), "a holiday")
    files = texts(EVENING, EVERY)
    more = '  morning: {hours: "06:00-09:00"}\n  sunday: {hours: "06:00-21:00", days: [sun]}\n  noon:'
    files["rows.yaml"] = files["rows.yaml"].replace("  noon:", more)
    checked = publishing.check_files(parts, files)
    named = {one.message.split("'")[1] for one in checked.problems if one.code == "window-never-staffed"}
    assert named == never
