"""Root of the web processes: Flask from the parts and the faces."""

import logging

from flask import Flask

from config import settings as config
from config.settings import Settings
from gateway import admin, console, phone
from gateway.bootstrap import open_outages, open_serials, open_serving_parts, refreshed
from gateway.conversation import ended, fallback, missed, text, trial, turn
from gateway.desk import call_steps
from gateway.logs import set_up_log
from gateway.parts import Parts
from gateway.path_secrets import Serials
from gateway.refresh import Refresh
from gateway.sending import deliveries, watch
from gateway.web import health, pages
from gateway.web.front import Front
from gateway.webhooks import views
from gateway.webhooks.events import Doors


def create() -> Flask:
    """Return the application of one web process, with its refresh thread running: what any WSGI server can serve."""
    set_up_log(logging.WARNING)
    settings = config.from_process()
    parts, catch_up = open_serving_parts(settings)
    parts.versions.refresh()
    serials = open_serials(parts)
    app = create_app(parts, settings, serials)
    Refresh(
        [catch_up, *refreshed(parts), serials.renew], seldom=[lambda: parts.count.flush(parts.store)]
    ).start()
    return app


def create_front() -> Front:
    """Return that application behind the front that reads each request whole: what Granian is pointed at."""
    settings = config.from_process()
    app = create()
    return Front(
        app,
        threads=settings.env.web_threads,
        most_bytes=app.config["MAX_CONTENT_LENGTH"],
        proxies=settings.env.trusted_proxies,
    )


def create_app(parts: Parts, settings: Settings, serials: Serials) -> Flask:
    """Return the application that serves every face of these parts."""
    app = Flask("gateway", static_folder=None)
    pages.install(app, parts, proxies=settings.env.trusted_proxies)
    gate = views.Gate(
        channels=parts.channels,
        secrets=serials.secrets,
        doors=_doors(parts),
        count=parts.count,
        clock=parts.clock,
        down=_down(parts),
    )
    app.register_blueprint(views.blueprint(gate))
    app.register_blueprint(health.blueprint(parts))
    app.register_blueprint(console.blueprint(parts))
    app.register_blueprint(admin.blueprint(parts))
    app.register_blueprint(
        phone.blueprint(
            parts,
            serials.secrets,
            on=settings.phone_is_on,
            outages=open_outages(settings, parts.channels),
            menus=settings.env.gateway_menus_dir,
            guarded=settings.has_account or parts.reaches_real_phones,
        )
    )
    return app


def _down(parts: Parts) -> str:
    """Return the last words for a hop that not even the turn could answer; no language is known there."""
    loaded = parts.versions.loaded()
    menu = parts.versions.live(min(loaded))[1] if loaded else None
    return fallback.words(menu, "en", parts.line.for_engine().values, parts.clock.now().date())


def _doors(parts: Parts) -> Doors:
    return Doors(
        turn=lambda inbound: turn.take(parts, inbound),
        text=lambda inbound: text.TEXTS.take(parts, inbound),
        ended=lambda event: ended.take(parts, event),
        opt_out=lambda event: ended.opt_out(parts, event),
        delivery=lambda delivery: deliveries.take(parts, delivery),
        thread=lambda asked: trial.texts(parts, asked),
        missed=lambda call: missed.RINGS.take(parts, call),
        seen=lambda event: watch.seen(parts, event),
        call=lambda event: call_steps.take(parts, event),
    )
