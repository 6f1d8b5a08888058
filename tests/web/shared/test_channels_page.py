"""The page of channels: what is set, what to paste where, and no secret that was not asked for."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.bootstrap import open_serials
from gateway.channels import find_channel
from gateway.channels.contract import ChannelConfig
from gateway.delivery import channel_status
from gateway.domain.events import ChannelSeen, NotANumber
from gateway.domain.outbox.send_policy import Bucket
from gateway.domain.permissions import Role
from gateway.foundation.time_and_chance import matches_secret
from gateway.operations import channel_desk
from gateway.storage import audit, counts
from tests.support.web_apps import links_of, pages_of
from tests.support.web_surroundings import Browser, somebody, token_of

HERE = "/admin/channels"
LINES = {
    "android": {
        "provider": "android",
        "sms_number": "+8562055000001",
        "part_price": "0.06 USD",
        "day_spend": "5 USD",
        "fallback": ("kannel",),
        "caller_prefixes": ("+856",),
        "options": {
            "api_url": "http://127.0.0.1:1",
            "username": "sms-user",
            "password": "phone-password",
            "signing_key": "phone-signing-key",
            "sim": "1",
        },
    },
    "kannel": {"provider": "kannel", "options": {"send_url": "", "smsc": "ltc"}},
    "hubtel": {"provider": "hubtel", "service_codes": ("*711*2#",)},
}


@pytest.fixture
def parts(parts):
    channels = {
        name: find_channel(ChannelConfig(name=name, menu="helpline", **fields))
        for name, fields in LINES.items()
    }
    return replace(parts, channels=channels, public_url="https://helpline.example.org")


@pytest.fixture
def boss(parts):
    return came_in(parts, Role.ADMINISTRATOR)


def came_in(parts, role):
    somebody(parts, "Boss", role, number="+8562055500111")
    browser = Browser(pages_of(parts).test_client()).carry(token_of(parts, "Boss"))
    browser.get("/me")
    return browser


def text_of(answer):
    return answer.get_data(as_text=True)


def secrets_of(parts):
    found = {}
    for name, events in links_of(parts).list_all().items():
        found[name] = next(iter(events.values())).split("/")[-2]
    return found


@pytest.mark.parametrize("role", [Role.COUNSELLOR, Role.SUPERVISOR, Role.READER, Role.TRANSLATOR])
def test_only_administrators_open_it_and_press_on_it(parts, role):
    browser = came_in(parts, role)
    assert browser.get(HERE).status_code == 403
    for press in ("notices", "android/look", "android/addresses", "android/secret", "android/try/sms"):
        assert browser.post(f"{HERE}/{press}").status_code == 403


def test_every_channel_stands_there_with_its_settings_and_no_secret(parts, boss):
    page = text_of(boss.get(HERE))
    for words in (
        "android", "kannel", "hubtel", "+8562055000001", "*711*2#", "0.00 USD / 5.00 USD", "a part costs 0.06 USD",
        "instead while it stands still: kannel", "+856", "trial: reaches nobody", "real phones", "was never heard from",
        "none leave by it", "KANNEL_USERNAME", "<dd>ltc</dd>", "set, not shown",
        "https://helpline.example.org/webhooks/hubtel/••••••/ussd",
    ):  # fmt: skip
        assert words in page, words
    for secret in (
        *secrets_of(parts).values(),
        "phone-password",
        "phone-signing-key",
        "sms-user",
        "127.0.0.1:1",
    ):
        assert secret not in page, secret


def test_a_pause_says_until_when_and_why_and_spending_is_shown(parts, boss, clock):
    now = clock.now()
    with parts.store.write() as tx:
        paused = Bucket(tokens=0, filled_at=now, paused_until=now + timedelta(hours=1), why="no-connection")
        counts.ensure_buckets(tx, {"android": paused})
        counts.save_bucket(tx, "android", paused)
    channel_status.note_seen(parts, ChannelSeen(channel="android", battery=15, charging=False))
    page = text_of(boss.get(HERE))
    assert re.search(r"Paused until .*?\d\d:\d\d.*? · reason <code>no-connection</code>", page)
    assert "15 %" in page


def test_the_addresses_are_shown_when_asked_for_once_and_that_is_on_record(parts, boss):
    secrets = secrets_of(parts)
    shown = text_of(boss.post(f"{HERE}/kannel/addresses"))
    assert f"/webhooks/kannel/{secrets['kannel']}/sms" in shown
    assert secrets["android"] not in shown
    assert secrets["kannel"] not in text_of(boss.get(HERE))
    with parts.store.read() as tx:
        (row,) = audit.list_about(tx, "channel", "kannel")
    assert (row.act, row.who) == ("channel.addresses", "Boss")


def test_a_new_secret_is_shown_once_and_the_one_before_stays_live(parts, boss):
    before = secrets_of(parts)["kannel"]
    shown = text_of(boss.post(f"{HERE}/kannel/secret", seen="1"))
    serials = links_of(parts)
    serials.renew()
    after = next(iter(serials.list_all()["kannel"].values())).split("/")[-2]
    assert after != before
    assert f"/webhooks/kannel/{after}/sms" in shown
    assert "The one before stays live" in shown
    assert after not in text_of(boss.get(HERE))
    with parts.store.read() as tx:
        assert [row.act for row in audit.list_about(tx, "channel", "kannel")] == ["channel.secret"]


@pytest.mark.parametrize("again", ["1", "", "x", "9"])
def test_a_page_sent_twice_does_not_end_the_secret_that_the_provider_still_uses(parts, boss, again):
    """A reload of the page with the new addresses, or a second press, used to make a third secret."""
    boss.post(f"{HERE}/kannel/secret", seen="1")
    first = find_secret(parts)
    assert "was renewed already" in text_of(boss.post(f"{HERE}/kannel/secret", seen=again))
    assert find_secret(parts) == first
    assert 'name="seen" value="2"' in text_of(boss.get(HERE)), "whoever looks again may renew it again"


def find_secret(parts):
    """Return the secret of the channel that is in use now."""
    serials = open_serials(parts)
    serials.renew()
    return serials.secrets("kannel")[0]


def is_taken(parts, secret):
    """Return whether a webhook takes the secret after the refresh of every second, in whichever process."""
    serials = open_serials(parts)
    serials.renew()
    return matches_secret(secret, serials.secrets("kannel"))


def test_an_old_secret_is_ended_by_a_press_and_only_that_one(parts, boss):
    old = find_secret(parts)
    assert "Refuse the old addresses now" not in text_of(boss.get(HERE)), "there is none before the first"
    boss.post(f"{HERE}/kannel/secret", seen="1")
    new = find_secret(parts)
    assert (is_taken(parts, old), is_taken(parts, new)) == (True, True)
    assert text_of(boss.get(HERE)).count("Refuse the old addresses now") == 1
    assert boss.post(f"{HERE}/kannel/old-secret", seen="2").status_code == 303
    assert (is_taken(parts, old), is_taken(parts, new)) == (False, True)
    page = text_of(boss.get(HERE))
    assert "are refused from now on" in page
    assert "Refuse the old addresses now" not in page
    with parts.store.read() as tx:
        acts = {row.act for row in audit.list_about(tx, "channel", "kannel")}
    assert acts == {"channel.secret", "channel.secret-ended"}
    boss.post(f"{HERE}/kannel/secret", seen="2")
    assert (is_taken(parts, old), is_taken(parts, new)) == (False, True), "the next one has its own time"
    assert find_secret(parts) != new


@pytest.mark.parametrize("seen", ["1", "3", "", "x", "²", "-1"])
def test_an_old_secret_is_not_ended_by_an_old_page(parts, boss, seen):
    """Two administrators: one renewed meanwhile, and the provider still posts to what the other would end."""
    old = find_secret(parts)
    boss.post(f"{HERE}/kannel/secret", seen="1")
    boss.post(f"{HERE}/kannel/old-secret", seen=seen)
    assert is_taken(parts, old)
    assert "nothing was changed" in text_of(boss.get(HERE))


def test_a_channel_that_is_none_shows_nothing_and_makes_nothing(parts, boss):
    for press, status in (("addresses", 200), ("secret", 200), ("old-secret", 303)):
        assert boss.post(f"{HERE}/nobody/{press}").status_code == status
    with parts.store.read() as tx:
        assert audit.list_about(tx, "channel", "nobody") == ()
    assert boss.post(f"{HERE}/nobody/look").status_code == 303
    assert boss.post(f"{HERE}/nobody/try/sms").status_code == 303


def test_notices_of_operators_are_read_by_a_press(parts, boss):
    for nth, (sender, words) in enumerate((("Unitel", "Your SIM expires"), ("8484", "No credit <b>"))):
        event = NotANumber(channel="android", turn=f"t{nth}", sender=sender, text=words)
        assert channel_status.keep_notice(parts, event)
    page = text_of(boss.get(HERE))
    assert "Not read yet: 2" in page
    assert "No credit &lt;b&gt;" in page
    assert boss.post(f"{HERE}/notices").location == f"{HERE}#notices"
    page = text_of(boss.get(HERE))
    assert "Not read yet" not in page
    assert "Your SIM expires" in page


def test_a_channel_is_asked_whether_it_lives(parts, boss, monkeypatch):
    assert "does not answer" in text_of(boss.get(boss.post(f"{HERE}/android/look").location))
    monkeypatch.setattr(
        type(parts.channels["android"]), "look", lambda *_, **__: ChannelSeen(channel="android")
    )
    assert "android answers." in text_of(boss.get(boss.post(f"{HERE}/android/look").location))


class TestAddress:
    """An address is tried from outside, over a socket."""

    @pytest.fixture
    def house(self, parts):
        from tests.support.served_webhooks import served

        with served(*parts.channels.values()) as house:
            yield house

    def links(self, house):
        return channel_desk.WebhookLinks(
            list_all=lambda: {name: house.addresses(name) for name in house.channels}, renew=lambda: None
        )

    def tried(self, parts, links, name="kannel", event="sms"):
        return channel_desk.ask_address(parts, channel_desk_actor(), links, name, event)

    def test_one_that_leads_here_is_known_and_nothing_happens_behind_it(self, parts, house):
        for name, channel in parts.channels.items():
            for event in channel.contract.events:
                assert self.tried(parts, self.links(house), name, event) is channel_desk.Reached.HERE
        assert house.behind.taken == []

    def test_one_with_an_old_secret_or_nobody_behind_it_is_said(self, parts, house):
        wrong = {
            name: {
                event: address.replace(house.serials.secrets(name)[0], "old")
                for event, address in each.items()
            }
            for name, each in self.links(house).list_all().items()
        }
        links = channel_desk.WebhookLinks(list_all=lambda: wrong, renew=lambda: None)
        assert self.tried(parts, links) is channel_desk.Reached.REFUSED
        nobody = {"kannel": {"sms": "http://127.0.0.1:1/webhooks/kannel/x/sms"}}
        links = channel_desk.WebhookLinks(list_all=lambda: nobody, renew=lambda: None)
        assert self.tried(parts, links) is channel_desk.Reached.NOWHERE
        assert self.tried(parts, links, "nobody") is channel_desk.Reached.REFUSED

    def test_another_server_is_said(self, parts, house):
        other = {"kannel": {"sms": f"{house.url}/healthz-of-somebody"}}
        links = channel_desk.WebhookLinks(list_all=lambda: other, renew=lambda: None)
        assert self.tried(parts, links) in (channel_desk.Reached.ELSEWHERE, channel_desk.Reached.REFUSED)


def channel_desk_actor():
    from gateway.helpdesk.staff.people import OWNER

    return OWNER


def test_an_option_is_shown_only_where_it_can_be_no_secret():
    account = ("host", "system_id")
    for name, value, shown in (
        ("alphabet", "gsm7", "gsm7"),
        ("target", "1/1", "1/1"),
        ("host", "10.0.0.1", ""),
        ("delivery_url", "x", ""),
        ("signature_secret", "x", ""),
        ("api_key", "x", ""),
        ("webhook_token", "x", ""),
        ("phone_id", "PN1", ""),
        ("note", "a" * 25, ""),
        ("note", "https://a/webhooks/x", ""),
    ):
        assert channel_desk.show_option(name, value, account) == shown, name
