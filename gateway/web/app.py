"""Builds the Flask application of a web process from its services and blueprints."""

import gc
import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib import import_module

from flask import Flask
from werkzeug.routing import Rule

from config import settings as config
from config.settings import Settings
from gateway.bootstrap import list_refreshed, open_outages, open_serials, open_serving_parts
from gateway.conversations import effects, one_shot, simulator_facts, ussd, ussd_session
from gateway.delivery import channel_status, results
from gateway.foundation.services import Services
from gateway.foundation.time_and_chance import Serials
from gateway.helpdesk.calls import bridge_events
from gateway.operations import forking
from gateway.operations.channel_desk import WebhookLinks
from gateway.operations.publishing.draft_checks import CheckedDrafts
from gateway.operations.refresh import Refresh, set_up_log
from gateway.web import admin, console, shared, simulator
from gateway.web.shared import health
from gateway.web.shared.front import Front
from gateway.web.webhooks import views
from gateway.web.webhooks.views import Doors, mount_webhooks


def create() -> Flask:
    """Return the application of one web process with its refresh thread started, for any WSGI server."""
    return _create(config.from_process())


def _create(settings: Settings) -> Flask:
    set_up_log(logging.WARNING)
    parts, catch_up = open_serving_parts(settings)
    parts.versions.refresh()
    serials = open_serials(parts)
    app = create_app(parts, settings, serials)
    Refresh(
        [catch_up, *list_refreshed(parts), serials.renew], seldom=[lambda: parts.count.flush(parts.store)]
    ).start()
    return app


_GARBAGE_EVERY = 5_000, 20, 50
"""Objects and rounds between two looks for garbage (``gc.set_threshold``): a hop leaves no cycles."""


def create_front() -> Front:
    """Return the application behind the front that reads request bodies completely, as Granian's RSGI target.

    What exists now lives as long as the process, so the garbage collector is kept away from it: looking through it
    took an eighth of a hop.
    """
    settings = config.from_process()
    forking.keep_to_processor(_find_number(), settings.env.web_workers)  # before any thread is started
    app = _create(settings)
    forking.freeze_image()
    gc.set_threshold(*_GARBAGE_EVERY)
    return Front(
        app,
        threads=settings.env.web_threads,
        most_bytes=app.config["MAX_CONTENT_LENGTH"],
        proxies=settings.env.trusted_proxies,
        larger={shared.LARGE_BELOW: shared.LARGE_BYTES},
        hops=app.extensions["webhook door"],
    )


class _LateRule(Rule):
    """An address whose builder is compiled when a page first names it, not for all of them in each process.

    Werkzeug writes and compiles two functions for each rule, which was half of what making the application cost.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:  # noqa: FBT001, FBT002 - the signature is Werkzeug's
        def build(rule: Rule, **values: object) -> tuple[str, str]:
            compiled = super(_LateRule, self)._compile_builder(append_unknown)
            setattr(rule, "_build_unknown" if append_unknown else "_build", compiled.__get__(rule, None))
            return compiled(rule, **values)

        return build


def _find_number() -> int:
    """Return the number of this web process, which Granian tells in its title alone; 0 where it has none."""
    with suppress(ImportError):
        number = import_module("setproctitle").getproctitle().strip().rpartition(" worker-")[2]
        return int(number) if number.isdigit() else 0
    return 0


def create_app(parts: Services, settings: Settings, serials: Serials) -> Flask:
    """Return the application with every blueprint registered."""
    app = Flask("gateway", static_folder=None)
    app.url_rule_class = _LateRule
    gate = views.Gate(
        channels=parts.channels,
        secrets=serials.secrets,
        doors=_build_doors(parts),
        count=parts.count,
        clock=parts.clock,
        down=_find_last_words(parts),
    )
    shared.install(app, parts)
    mount_webhooks(app, gate, most_bytes=shared.BODY_BYTES)
    shared.use_proxies(app, settings.env.trusted_proxies)  # a proxy stands before both apps
    app.register_blueprint(health.build_blueprint(parts))
    app.register_blueprint(console.build_blueprint(parts))
    checks = CheckedDrafts(parts)
    links = WebhookLinks(
        list_all=lambda: views.list_addresses(parts.public_url, parts.channels, serials.secrets),
        renew=serials.renew,
    )
    app.register_blueprint(admin.build_blueprint(parts, links, checks))
    app.register_blueprint(
        simulator.build_blueprint(
            parts,
            serials.secrets,
            on=settings.phone_is_on,
            outages=open_outages(settings, parts.channels),
            menus=settings.env.gateway_menus_dir,
            checks=checks,
            guarded=settings.has_account or parts.reaches_real_phones,
        )
    )
    return app


def _find_last_words(parts: Services) -> str:
    """Return the apology for a hop that fails entirely, in the default language, as the caller's is unknown."""
    loaded = parts.versions.loaded()
    menu = parts.versions.live(min(loaded))[1] if loaded else None
    return ussd_session.find_apology(menu, "en", parts.line.for_engine().values, parts.clock.now().date())


def _build_doors(parts: Services) -> Doors:
    return Doors(
        turn=partial(ussd.answer_turn, parts),
        text=partial(one_shot.TEXTS.take, parts),
        ended=partial(effects.end_session, parts),
        opt_out=partial(effects.opt_out, parts),
        delivery=partial(results.record_delivery, parts),
        thread=partial(simulator_facts.list_texts, parts),
        missed=partial(one_shot.RINGS.take, parts),
        seen=partial(channel_status.note_seen, parts),
        call=partial(bridge_events.handle_call_event, parts),
        notice=partial(channel_status.keep_notice, parts),
    )
