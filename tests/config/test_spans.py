"""What is said of hours of duty that somebody typed otherwise: the slip itself."""

import pytest

from config.settings import SettingsError, load_settings

pytestmark = pytest.mark.fault("U5")

SLIPS = [
    ('mon = "08:00-12:00"', "[hours.mon]", 'write [ ] around it, like ["…"]'),
    ("mon = 8", "[hours.mon]", "write [ ] around it"),
    ("mon = 08:00:00", "[hours.mon]", "write [ ] around it"),
    ('mon = [["08:00-12:00"]]', "[hours.mon.0]", "take the inner [ ] away"),
    ("mon = [8]", "[hours.mon.0]", "write it in quotes"),
    ("mon = [08:00:00]", "[hours.mon.0]", "write it in quotes"),
    ('mon = ["08:00–12:00"]', "[hours.mon.0]", "not the dash of the keyboard"),
    ('mon = ["08:00−12:00"]', "[hours.mon.0]", "not the dash of the keyboard"),
    ('mon = ["08：00-12：00"]', "[hours.mon.0]", "not the colon of the keyboard"),
    ('mon = ["08:00-12:00, 13:00-17:00"]', "[hours.mon.0]", "holds more than one span"),
    ('mon = ["08:00-12:00 13:00-17:00"]', "[hours.mon.0]", "holds more than one span"),
    ('mon = ["08:00-12:00-17:00"]', "[hours.mon.0]", "holds more than one span"),
    ('mon = ["8am-5pm"]', "[hours.mon.0]", "without am and pm"),
    ('mon = ["08:00 - 12:00"]', "[hours.mon.0]", "holds a space"),
    ('mon = ["08:00"]', "[hours.mon.0]", "lacks the end"),
    ('mon = ["8-12"]', "[hours.mon.0]", "needs two digits for the hour"),
    ('mon = ["08.00-12.00"]', "[hours.mon.0]", "needs two digits for the hour"),
    ('mon = ["0800-1200"]', "[hours.mon.0]", "needs two digits for the hour"),
    ('mon = ["08:00-25:00"]', "[hours.mon.0]", "is no time of day"),
    ('mon = ["08:60-12:00"]', "[hours.mon.0]", "is no time of day"),
    ('mon = ["໐໘:໐໐-໑໒:໐໐"]', "[hours.mon.0]", "no digit of the keyboard"),
    ('mon = ["๐๘:๐๐-๑๒:๐๐"]', "[hours.mon.0]", "no digit of the keyboard"),
    ('mon = ["18:00-08:00"]', "[hours.mon.0]", "over midnight as two, on two days"),
    ('mon = ["20:00-00:00"]', "[hours.mon.0]", "is written 24:00"),
    ('mon = ["12:00-12:00"]', "[hours.mon.0]", "ends before it begins"),
    ('Monday = ["08:00-12:00"]', "[hours.Monday", "write 'mon', 'tue'"),
    ('ຈັນ = ["08:00-12:00"]', "hours", ""),
]


def told(tmp_path, line):
    file = tmp_path / "gateway.toml"
    file.write_text(f"[hours]\n{line}\n", encoding="utf-8")
    try:
        load_settings({"GATEWAY_CONFIG": str(file), "GATEWAY_DATA_DIR": str(tmp_path / "var")})
    except SettingsError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(("line", "place", "words"), SLIPS)
def test_the_slip_is_named_at_its_place(tmp_path, line, place, words):
    said = told(tmp_path, line)
    assert said
    if words:
        assert place in said
        assert words in said
    assert "tuple" not in said
    assert "^(" not in said


@pytest.mark.parametrize(
    "line",
    [
        'mon = ["08:00-12:00"]',
        'sun = ["00:00-24:00"]',
        "mon = []",
        'fri = ["06:30-09:00", "18:00-23:59"]',
        "",
    ],
)
def test_hours_that_are_such_pass(tmp_path, line):
    assert told(tmp_path, line) == ""


@pytest.mark.parametrize("line", ['regions = "LA"', "regions = 5"])
def test_the_same_is_said_of_every_list(tmp_path, line):
    file = tmp_path / "gateway.toml"
    file.write_text(f"[line]\n{line}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"regions.*write \[ \] around it"):
        load_settings({"GATEWAY_CONFIG": str(file), "GATEWAY_DATA_DIR": str(tmp_path / "var")})
