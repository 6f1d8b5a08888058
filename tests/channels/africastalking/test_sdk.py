"""Holds our replacement of the SDK's request method to the very version that it was written against."""

import inspect
import ssl
from importlib.metadata import version

import pytest
import requests
from africastalking.Service import APIService
from africastalking.SMS import SMSService

from gateway.channels.africastalking import AfricasTalkingAccount
from gateway.channels.africastalking.send import SmsService
from tests.channels.africastalking.test_send import line, sent
from tests.support.standin import Standin


def service(**changes: str) -> SmsService:
    return SmsService(AfricasTalkingAccount(**({"username": "helpline", "api_key": "k"} | changes)))


def test_the_version_is_the_one_that_was_read() -> None:
    assert version("africastalking") == "2.0.3"


def test_the_method_we_replace_is_there_and_takes_the_same_names_in_the_same_order() -> None:
    theirs = inspect.signature(APIService._make_request)
    ours = inspect.signature(SmsService._make_request)

    assert list(ours.parameters) == list(theirs.parameters)
    assert [p.default is inspect.Parameter.empty for p in ours.parameters.values()] == [
        p.default is inspect.Parameter.empty for p in theirs.parameters.values()
    ]


def test_every_road_to_the_network_leads_through_that_method() -> None:
    source = inspect.getsource(SMSService)

    assert "requests." not in source
    assert source.count("self._make_request(") == source.count("return self._make_request(") >= 5


def test_the_sdk_itself_never_opens_a_connection(standin: Standin, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("the SDK's own request method was used")

    monkeypatch.setattr(requests.Session, "request", never)

    sent(line(standin.url))
    sent(line(standin.url), link="link-1")

    assert len(standin.sent) == 2


@pytest.mark.parametrize(
    ("username", "api", "content"),
    [
        (
            "helpline",
            "https://api.africastalking.com/version1",
            "https://content.africastalking.com/version1",
        ),
        (
            "sandbox",
            "https://api.sandbox.africastalking.com/version1",
            "https://api.sandbox.africastalking.com/version1",
        ),
    ],
)
def test_without_an_address_of_our_own_the_hosts_are_the_providers(
    username: str, api: str, content: str
) -> None:
    built = service(username=username)

    assert (built._baseUrl, built._contentUrl) == (api, content)


def test_an_address_of_our_own_replaces_both_hosts() -> None:
    built = service(api_url="http://127.0.0.1:9")

    assert built._baseUrl == built._contentUrl == "http://127.0.0.1:9/version1"


def test_the_providers_certificate_is_asked_for_and_must_bear_its_name() -> None:
    tls = service()._http._tls

    assert (tls.verify_mode, tls.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert tls.cert_store_stats()["x509_ca"] > 50


def test_a_callback_and_a_query_are_refused() -> None:
    for callback, params in ((print, None), (None, {"a": "b"})):
        with pytest.raises(TypeError):
            service()._make_request("http://127.0.0.1:9", "POST", {}, {}, params, callback=callback)
