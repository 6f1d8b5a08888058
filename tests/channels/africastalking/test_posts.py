"""Posts as other senders, test tools and other versions of the provider's documents spell them."""

from collections.abc import Mapping

import pytest

from gateway.channels.africastalking import AfricasTalkingChannel
from gateway.channels.contract import ChannelConfig, Request
from gateway.domain.events import OPTED_OUT, Delivery, Event, Inbound, OptOut

LINE = AfricasTalkingChannel(
    ChannelConfig(name="africastalking", provider="africastalking", menu="helpline"), None
)
HER = "+8562055500001"


def read(event: str, **fields: str) -> Event | None:
    return read_fields(event, fields)


def read_fields(event: str, fields: Mapping[str, str]) -> Event | None:
    found = LINE.parse(Request(event=event, fields=fields))
    return found[0] if found else None


@pytest.mark.fault("A4", "A2")
@pytest.mark.parametrize(
    "written",
    [
        HER, "8562055500001", " 8562055500001", "+856 20 5550 0001", "00856 2055500001", "008562055500001",
        "tel:+8562055500001", "tel:008562055500001", "++8562055500001", "%2B8562055500001", "%2b8562055500001", f"{HER}  ",
        "+856-20-5550-0001",
    ],
)  # fmt: skip
def test_a_number_with_its_country_is_read_in_every_form(written: str) -> None:
    assert read("optout", phoneNumber=written, senderId="22384") == OptOut(
        channel="africastalking", number=HER
    )
    for event, fields in (
        ("ussd", {"sessionId": "s", "phoneNumber": written}),
        ("sms", {"from": written, "id": "1"}),
    ):
        found = read_fields(event, fields)
        assert isinstance(found, Inbound)
        assert (found.number, found.text) == (HER, "")


@pytest.mark.parametrize(
    "written",
    ["", "anonymous", "Restricted", "22384", "+22384", "AFRICASTKNG", "0700000001", "02055500001", "sip:x@y", "+85620555", "+", "00", "tel:"],
)  # fmt: skip
def test_what_names_no_number_is_nobody(written: str) -> None:
    assert read("optout", phoneNumber=written, senderId="22384") is None


@pytest.mark.fault("A2")
def test_a_first_hop_may_come_without_the_field_of_its_inputs() -> None:
    found = read("ussd", sessionId="s", phoneNumber=HER, serviceCode="*384*1#")
    assert isinstance(found, Inbound)
    assert (found.first, found.text) == (True, "")


@pytest.mark.fault("A5")
@pytest.mark.parametrize(
    ("word", "ends"),
    [
        *((word, True) for word in ("", "deletion", "Deletion", "delete", "unsubscribe", "UNSUBSCRIBED", "removal", "opt-out", "OptOut", "deactivation", "cancelled", "Stop")),
        *((word, False) for word in ("addition", "Addition ", "ADD", "renewal", "resubscribe", "opt-in", "optin", "activation", "reactivation", "start", "update", "modification")),
    ],
)  # fmt: skip
def test_only_what_ends_a_subscription_opts_her_out(word: str, ends: bool) -> None:
    assert (read("optout", phoneNumber=HER, shortCode="22384", updateType=word) is not None) is ends


@pytest.mark.parametrize(
    ("status", "state"),
    [
        *((each, "delivered") for each in ("Success", "success", "SUCCESS", "Delivered", "DeliveredToTerminal")),
        *((each, "failed") for each in ("Failed", "failed ", "REJECTED", "expired", "Undelivered", "UNDELIVERABLE", "DeliveryFailure")),
        *((each, "moving") for each in ("Sent", "submitted", "Buffered", "AbsentSubscriber", "", "Vanished", "NotDelivered")),
    ],
)  # fmt: skip
def test_a_status_counts_however_it_is_spelled(status: str, state: str) -> None:
    found = read("delivery", id="ATXid_1", status=status)
    assert isinstance(found, Delivery)
    assert found.state == state


@pytest.mark.fault("R7")
@pytest.mark.parametrize(
    ("reason", "refuses"),
    [
        *((each, True) for each in ("UserInBlacklist", "UserInBlackList", "User In Blacklist", "userinblacklist ", "UserIsBlacklisted", "Blacklisted", "OptedOut", "User opted out", "DoNotDisturbRejection", "Do not disturb", "UserUnsubscribed")),
        *((each, False) for each in ("", "InsufficientCredit", "UserDoesNotExist", "UserNotSubscribedToProduct", "UserIsInactive", "DeliveryFailure", "NotNetworkSubscriber")),
    ],
)  # fmt: skip
def test_her_own_word_to_the_provider_is_known_however_it_is_spelled(reason: str, refuses: bool) -> None:
    found = read("delivery", id="ATXid_1", status="Failed", failureReason=reason)
    assert isinstance(found, Delivery)
    assert (found.reason == OPTED_OUT) is refuses
