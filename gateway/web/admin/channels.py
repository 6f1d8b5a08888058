"""Serves the page of channels, and says of every setting what it does and where it is changed."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from flask import Blueprint, flash, redirect, render_template

from gateway.operations import channel_desk, line_settings
from gateway.operations.channel_desk import Reached, WebhookLinks
from gateway.operations.publishing.menu_drafts import APPROVAL
from gateway.operations.refresh import KEPT
from gateway.web.shared.auth import get_actor
from gateway.web.shared.forms import flash_saved, read_whole
from gateway.web.shared.i18n import _, later

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from werkzeug.wrappers import Response

    from gateway.foundation.services import Services, StatedSetting

SEE_OTHER = 303
HERE = "/admin/channels"
_CURRENCY = re.compile(r"[A-Z]{3}")
_HUNDREDTHS_OF_A_CENT = 10_000


def add_to(pages: Blueprint, parts: Services, links: WebhookLinks) -> None:
    """Register the page and its presses."""

    @pages.get("/channels")
    def show_channels() -> str:
        return _render_page(parts, links)

    @pages.post("/channels/notices")
    def read_channel_notices() -> Response:
        channel_desk.list_notices(parts, get_actor(), mark=True)
        flash_saved(parts)
        return redirect(f"{HERE}#notices", SEE_OTHER)

    _add_addresses(pages, parts, links)
    _add_secrets(pages, parts, links)

    @pages.post("/channels/<name>/look")
    def ask_channel(name: str) -> Response:
        if channel_desk.ask_channel(parts, get_actor(), name):
            flash(_("%(channel)s answers.", channel=name))
        else:
            flash(_("%(channel)s does not answer. Its guide says what to look at.", channel=name), "bad")
        return redirect(f"{HERE}#{name}", SEE_OTHER)


def _add_addresses(pages: Blueprint, parts: Services, links: WebhookLinks) -> None:
    @pages.post("/channels/<name>/addresses")
    def show_addresses(name: str) -> str:
        shown = channel_desk.show_addresses(parts, get_actor(), links, name)
        return _render_page(parts, links, opened=name, shown=shown)

    @pages.post("/channels/<name>/try/<event>")
    def ask_address(name: str, event: str) -> Response:
        found = channel_desk.ask_address(parts, get_actor(), links, name, event)
        words = {
            Reached.HERE: _("The address %(event)s of %(channel)s leads here.", event=event, channel=name),
            Reached.REFUSED: _(
                "Something answers at the address %(event)s of %(channel)s, but refuses it: another gateway, or an old "
                "secret.",
                event=event,
                channel=name,
            ),
            Reached.ELSEWHERE: _(
                "The address %(event)s of %(channel)s leads to another server: look at PUBLIC_URL and the proxy.",
                event=event,
                channel=name,
            ),
            Reached.NOWHERE: _(
                "Nobody answers at the address %(event)s of %(channel)s: look at PUBLIC_URL, the proxy and the "
                "certificate.",
                event=event,
                channel=name,
            ),
        }[found]
        flash(words, "good" if found is Reached.HERE else "bad")
        return redirect(f"{HERE}#{name}", SEE_OTHER)


def _add_secrets(pages: Blueprint, parts: Services, links: WebhookLinks) -> None:
    @pages.post("/channels/<name>/secret")
    def renew_secret(name: str) -> str:
        shown = channel_desk.renew_secret(parts, get_actor(), links, name, seen=read_whole("seen"))
        if not shown and name in parts.channels:
            flash(
                _("The secret was renewed already, so nothing was changed. Show the addresses below."), "bad"
            )
        return _render_page(parts, links, opened=name, shown=shown, is_new=True)

    @pages.post("/channels/<name>/old-secret")
    def end_old_secret(name: str) -> Response:
        if channel_desk.end_old_secret(parts, get_actor(), links, name, seen=read_whole("seen")):
            flash(_("The old addresses of %(channel)s are refused from now on.", channel=name))
        else:
            words = _("There is no old secret of %(channel)s any more, so nothing was changed.", channel=name)
            flash(words, "bad")
        return redirect(f"{HERE}#{name}", SEE_OTHER)


def _render_page(
    parts: Services,
    links: WebhookLinks,
    *,
    opened: str = "",
    shown: Mapping[str, str] | None = None,
    is_new: bool = False,
) -> str:
    return render_template(
        "admin/channels.html",
        cards=channel_desk.show_channels(parts, get_actor(), links),
        notices=channel_desk.list_notices(parts, get_actor()),
        line=parts.line,
        opened=opened,
        shown=shown or {},
        is_new=is_new,
        money=_show_money,
    )


def _show_money(amount: int, price: str) -> str:
    """Return an amount in hundredths of a cent, with the currency of a price like ``0.06 USD``."""
    found = _CURRENCY.search(price)
    return f"{amount / _HUNDREDTHS_OF_A_CENT:.2f}" + (f" {found[0]}" if found else "")


class SettingsGroup(NamedTuple):
    """One card of settings: title, a page that belongs to it, what each does, and why some stay where they are."""

    title: Any
    link: tuple[str, Any] | None
    says: Mapping[str, Any]
    stays: Any = ""


GROUPS = (
    SettingsGroup(
        later("Spending and limits"),
        ("/admin/channels", later("Channels: what was spent today")),
        {
            "channels.day_spend": later(
                "Most money that texts may cost in a day; then nothing leaves by this channel until tomorrow."
            ),
            "channels.part_price": later(
                "What one part of a text costs, where the provider does not report it."
            ),
            "channels.rate": later("How many texts leave in a second at most."),
            "options.calls_a_day": later("How many calls of the bridge may be begun in a day."),
            "options.call_minutes": later("How long one call of the bridge may last, in minutes."),
            "options.day_limit": later("How many parts of texts may leave in a day."),
            "answers.equal_texts": later(
                "How often one and the same text of a number is answered in half an hour; more come from a machine."
            ),
            "answers.number_a_day": later("How many answers one number gets in a day."),
            "answers.strangers_an_hour": later(
                "How many answers a channel gives in an hour to numbers that nobody knows."
            ),
            "answers.known_an_hour": later(
                "Answers in an hour that are kept for numbers that agreed to be called before."
            ),
            "answers.code_an_hour": later(
                "Answers in an hour that are kept for texts that ask for a call or hold its code."
            ),
            "answers.danger_an_hour": later("Answers in an hour that are kept for words of danger."),
            "answers.ours_an_hour": later("Answers in an hour that are kept for our own people."),
            "line.reveals": later(
                "How many numbers one person may be shown in an hour; above it supervisors are told and the next waits."
            ),
        },
    ),
    SettingsGroup(
        later("How long things are kept, in days"),
        None,
        {
            "line.days": later("How long a closed request is kept."),
            "kept.callbacks": later("How long a closed request is kept, in place of the file."),
            "kept.texts": later("How long texts of callers are kept."),
            "kept.turns": later("How long the steps of a call to the menu are kept."),
            "kept.messages": later("How long the words of a message that was sent are kept."),
            "kept.callers": later("How long a number is kept after nothing needs it any more."),
            "kept.stopped": later("How long a number that wants no more texts is remembered."),
            "kept.operator_notices": later("How long texts of operators are kept."),
            "kept.people": later(
                "After how long the phone and the second factor of a removed person are erased."
            ),
            "kept.push_subscriptions": later("How long a browser that takes alerts is kept."),
            "kept.audit": later("How long the record is kept."),
        },
    ),
    SettingsGroup(
        later("The line"),
        ("/admin/shifts#try", later("Try what a caller would be offered")),
        {
            "line.zone": later("The time zone in which hours are read and facts begin and end."),
            "line.regions": later(
                "The countries by which numbers without a country code are read, in this order."
            ),
            "line.helpline": later(
                "The number that callers are sent to where we cannot help; while it is empty no real phone is reached."
            ),
            "line.mrc": later("The number of the centre, for texts of the menu that name it."),
            "line.embassy": later("How to reach the embassy, as callers read it."),
            "line.price": later("What a dial costs, as callers read it; empty says nothing."),
            "hours.hours": later("When somebody is here; where shifts are entered, only those count."),
        },
        later(
            "The time zone and the countries stay in gateway.toml: times that were promised to callers, and the days "
            "of figures, were counted by them."
        ),
    ),
    SettingsGroup(
        later("Set on pages"),
        ("/admin/how-we-work", later("How we work")),
        {
            "stored.policy-under-18": later("What is done when somebody may be under 18: How we work."),
            "stored.alert-roads": later("By which channels we are told, in this order: How we work."),
            "stored.menus.approval": later(
                "Whether a second person must approve a draft before it is published: Menu."
            ),
        },
    ),
    SettingsGroup(
        later("Channels"),
        ("/admin/channels", later("Channels: addresses, health and tests")),
        {
            "channels.provider": later("Who carries the channel."),
            "channels.menu": later("Which menu the channel speaks."),
            "channels.service_codes": later("What callers dial."),
            "channels.sms_number": later("Where callers text to."),
            "channels.prefixes": later("Which of our own people's numbers get their alerts by this channel."),
            "channels.fallback": later("The channels for those alerts while this one stands still."),
            "channels.caller_prefixes": later("Which callers get by this channel what we start."),
            "channels.caller_fallback": later("The channels for that while this one stands still."),
            "options.*": later("What only this provider knows, its account among it; its guide explains it."),
        },
        later(
            "They stay in gateway.toml, and accounts in the environment: who could change them on a page could lead "
            "callers and texts to another provider."
        ),
    ),
    SettingsGroup(
        later("Lists of the desk"),
        None,
        {
            "desk.languages": later("What people and places may speak, beside the languages of the menus."),
            "desk.country": later("The countries of the figures form."),
            "desk.sector": later("The kinds of work of the figures form."),
            "desk.complaint": later("The complaints of the figures form."),
            "desk.lodged": later("Where a complaint was lodged, on the figures form."),
            "desk.currency": later("The currencies of the figures form."),
            "desk.outcomes": later(
                "Buttons of our own under “What happened?”, each with the meaning of one that is there."
            ),
        },
        later("They stay in gateway.toml: reports of earlier months are read by their words."),
    ),
    SettingsGroup(
        later("The server"),
        None,
        {
            "env.PORT": later("The port at which the web server listens."),
            "env.HOST": later("The address at which the web server listens."),
            "env.WEB_WORKERS": later("How many web processes run."),
            "env.WEB_THREADS": later("How many threads each room of a web process has."),
            "env.PUBLIC_URL": later(
                "Where we are reached from outside; with https:// cookies are sent over HTTPS only."
            ),
            "env.TRUSTED_PROXIES": later("How many proxies of ours stand before the web server."),
            "env.GATEWAY_DATA_DIR": later(
                "The folder with the database, the keys and what waits for the database."
            ),
            "env.GATEWAY_SECRET_KEY": later(
                "The master key; where it is not set, one is made and kept in the data folder."
            ),
            "env.DATABASE_URL": later(
                "Where the database is; where it is not set, SQLite in the data folder."
            ),
            "env.REDIS_URL": later("Where Valkey is; where it is not set, the product starts its own."),
            "env.GATEWAY_MENUS_DIR": later("The folder of menus that the first start publishes."),
            "env.GATEWAY_CONFIG": later("The file with the line, its hours and its channels."),
            "env.GATEWAY_PHONE": later(
                "Whether the phone page is there: on, off, or auto, which is on while no account is set."
            ),
            "env.GATEWAY_SECOND_FACTOR": later(
                "Whether a code is asked for beside the password; off is for trials and refused beside an account."
            ),
            "env.GATEWAY_OUTBOX_LEASE": later(
                "Seconds that a message may be on its way before it counts as unclear."
            ),
            "env.GATEWAY_TEST_CLOCK": later("Whether tests may move the time; refused beside an account."),
        },
        later(
            "They stay in the environment: they say where the database and the keys are, so they must be known before "
            "anything can be read there."
        ),
    ),
    SettingsGroup(
        later("Accounts at providers"),
        None,
        {
            "env.AFRICASTALKING_USERNAME": later("The name of the account at Africa's Talking."),
            "env.AFRICASTALKING_API_KEY": later("The key of the account at Africa's Talking."),
            "env.AFRICASTALKING_SENDER_ID": later(
                "Whom texts by Africa's Talking come from; it stays on her phone."
            ),
            "env.AFRICASTALKING_VOICE_NUMBER": later("The number that calls of the bridge come from."),
            "env.AFRICASTALKING_API_URL": later("A proxy or a stand-in for Africa's Talking."),
            "env.ANDROID_API_URL": later("Where the app on the Android phone listens."),
            "env.ANDROID_USERNAME": later("The name that the app on the Android phone shows."),
            "env.ANDROID_PASSWORD": later("The password that the app on the Android phone shows."),
            "env.ANDROID_SIGNING_KEY": later(
                "The key by which the app on the Android phone signs what it posts."
            ),
        },
        later(
            "They stay in the environment, out of reach of pages, backups and whoever takes over a sign-in."
        ),
    ),
)
"""Block and name of every setting → what it does, spending and retention first; ``*`` stands for all others."""

_SOURCES = {
    "environment": later("environment of the server"),
    "file": later("gateway.toml"),
    "page": later("changed here"),
    "database": later("in the database"),
    "default": later("default"),
}


class ShownValue(NamedTuple):
    """A value now: the channel, what may be shown of it, where it is set, and the key by which a page changes it."""

    owner: str
    value: str
    source: str
    key: str


class ShownSetting(NamedTuple):
    """A setting as the page shows it."""

    name: str
    says: str
    values: tuple[ShownValue, ...]


def list_groups(found: Sequence[StatedSetting]) -> list[tuple[SettingsGroup, list[ShownSetting]]]:
    """Return the cards of the page, each with its settings that are there."""
    known = {key for group in GROUPS for key in group.says}
    by_key = defaultdict[str, list["StatedSetting"]](list)
    for one in found:
        key = f"{one.block}.{one.name}"
        by_key[key if key in known else f"{one.block}.*"].append(one)
    return [
        (group, [_show_setting(key, says, by_key[key]) for key, says in group.says.items() if by_key[key]])
        for group in GROUPS
    ]


def name_setting(key: str) -> str:
    """Return a setting as it is written where it is set; empty for one that only a page names."""
    block, _dot, name = key.partition(".")
    places = {"channels": "[channels.NAME]", "options": "[channels.NAME.options]", "hours": "[hours]"}
    place = places.get(block, f"[{block}]")
    if block in {"env", KEPT}:
        return name
    return {line_settings.STORED: "", "hours": place}.get(block, place if name == "*" else f"{place} {name}")


def _show_setting(key: str, says: Any, found: Sequence[StatedSetting]) -> ShownSetting:
    values = tuple(
        ShownValue(
            f"{one.owner} {one.name}" if key.endswith("*") else one.owner,
            _show_value(one),
            str(_SOURCES[one.source]),
            line_settings.name_key(one),
        )
        for one in found
    )
    return ShownSetting(name_setting(key), str(says), values)


def _show_value(one: StatedSetting) -> str:
    """Return a value, or whether there is one: secrets are not among the values, and long texts stand elsewhere."""
    if one.value and one.is_set:
        return one.value
    if one.name == APPROVAL:
        return _("on") if one.is_set else _("off")
    return _("set") if one.is_set else _("not set")
