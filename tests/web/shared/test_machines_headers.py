"""What every answer bears, also one to a machine, and one that no application saw."""

import pytest
from flask import Flask

from gateway.web.shared import BARE, health
from gateway.web.shared.front import _PLAIN
from tests.support.web_apps import pages_of

pytestmark = pytest.mark.fault("K16")


@pytest.fixture
def app(parts) -> Flask:
    app = pages_of(parts)
    app.register_blueprint(health.build_blueprint(parts))
    return app


@pytest.mark.parametrize(
    "where", ["/healthz", "/readyz", "/metrics", "/sign-in", "/no-such", "/static/app.css", "/a%00b", "/me"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "TRACE"])
def test_every_answer_bears_the_least(app: Flask, where: str, method: str) -> None:
    with app.test_client().open(where, method=method) as answer:
        assert answer.status_code < 500 or where == "/readyz"
        assert [name for name in (*BARE, "Cache-Control") if name not in answer.headers] == []


def test_an_answer_that_no_application_saw_bears_it_too() -> None:
    assert {name.lower() for name in (*BARE, "Cache-Control")} <= {name for name, _ in _PLAIN}
