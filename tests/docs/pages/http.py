"""Lists the addresses and the metrics of a gateway by building one, on a database of its own that is thrown away."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask

from config import settings as config
from gateway import bootstrap
from gateway.foundation.services import Services
from gateway.operations.reporting import metrics
from gateway.storage import migrate
from gateway.web.app import create_app
from gateway.web.shared import auth

QUIET = {"HEAD", "OPTIONS"}


@contextmanager
def _open_gateway() -> Iterator[tuple[Flask, Services]]:
    with tempfile.TemporaryDirectory() as folder:
        settings = config.load_settings({"GATEWAY_DATA_DIR": folder, "GATEWAY_PHONE": "on"})
        store = bootstrap.open_ledger(settings)
        migrate.upgrade(store)
        services = bootstrap.open_parts(settings)
        try:
            yield create_app(services, settings, bootstrap.open_serials(services)), services
        finally:
            services.store.close()
            store.close()


def list_addresses() -> str:
    rows = []
    with _open_gateway() as (app, _):
        rules = [*app.url_map.iter_rules(), *app.extensions["webhooks"].url_map.iter_rules()]
        for rule in sorted(rules, key=lambda rule: rule.rule):
            methods = ", ".join(sorted((rule.methods or {"any"}) - QUIET))
            view = app.view_functions.get(rule.endpoint)
            open_to_all = view in auth._FOR_ANYONE or rule.endpoint.startswith("webhooks.")
            rows.append(f"| `{rule.rule}` | {methods} | {'' if open_to_all else 'yes'} |")
    return "\n".join(["| address | methods | only signed in |", "|---|---|---|", *rows])


def list_metrics() -> str:
    with _open_gateway() as (_, services):
        page = metrics.render_metrics(services).decode()
    kinds = dict(line.split()[2:4] for line in page.splitlines() if line.startswith("# TYPE"))
    helps = (
        line.removeprefix("# HELP ").partition(" ") for line in page.splitlines() if line.startswith("# HELP")
    )
    rows = [f"| `{name}` | {kinds[name]} | {words} |" for name, _, words in helps]
    return "\n".join(["| metric | sort | what it is |", "|---|---|---|", *rows])
