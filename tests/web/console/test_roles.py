"""Who may do what on which page: the table is written by hand, the addresses come from the app."""

import pytest

from gateway.domain.permissions import Role
from tests.support.web_surroundings import Browser

C, S, A, R, T = Role.COUNSELLOR, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.READER, Role.TRANSLATOR
EVERYBODY = {C, S, A, R, T}
ANYONE = "anyone"
# (method, rule) → who gets further than a refusal. "/" shows nobody a refusal: it leads everybody to their first page.
TABLE = {
    ("GET", "/static/<path:filename>"): ANYONE,
    ("GET", "/sign-in"): ANYONE,
    ("POST", "/sign-in"): ANYONE,
    ("POST", "/language"): ANYONE,
    ("GET", "/invitation/<token>"): ANYONE,
    ("POST", "/invitation/<token>"): ANYONE,
    ("GET", "/t/<token>"): ANYONE,
    ("POST", "/t/<token>"): ANYONE,
    ("GET", "/tapped"): ANYONE,
    ("POST", "/tapped/call"): ANYONE,
    ("POST", "/tapped/outcome"): ANYONE,
    ("POST", "/tapped/sheet"): ANYONE,
    ("POST", "/tapped/sheet/keep"): ANYONE,
    ("GET", "/sign-in/code"): ANYONE,
    ("POST", "/sign-in/code"): ANYONE,
    ("GET", "/form-token"): EVERYBODY,
    ("GET", "/me/second-factor"): EVERYBODY,
    ("POST", "/me/second-factor"): EVERYBODY,
    ("POST", "/me/second-factor/confirm"): EVERYBODY,
    ("POST", "/me/second-factor/off"): EVERYBODY,
    ("GET", "/me/sign-ins"): EVERYBODY,
    ("POST", "/me/sign-ins/<listed_id>/end"): EVERYBODY,
    ("GET", "/prove"): EVERYBODY,
    ("POST", "/prove"): EVERYBODY,
    ("GET", "/unlock"): EVERYBODY,
    ("POST", "/unlock"): EVERYBODY,
    ("POST", "/sign-out"): EVERYBODY,
    ("GET", "/me"): EVERYBODY,
    ("POST", "/me/duty"): EVERYBODY,
    ("POST", "/me/push"): {C, S},
    ("POST", "/me/push/<subscription_id>/off"): EVERYBODY,
    ("POST", "/me/push/test"): EVERYBODY,
    ("GET", "/sw.js"): ANYONE,
    ("GET", "/manifest.webmanifest"): ANYONE,
    ("GET", "/offline"): ANYONE,
    ("POST", "/me/number"): EVERYBODY,
    ("POST", "/me/password"): EVERYBODY,
    ("POST", "/me/sign-out-everywhere"): EVERYBODY,
    ("GET", "/"): EVERYBODY,
    ("GET", "/<any(mine, later, review, closed):tab>"): {C, S},
    ("GET", "/look/<any(queue, mine, later, review, closed):tab>"): {C, S},
    ("GET", "/search"): {C, S},
    ("POST", "/search"): {C, S},
    ("GET", "/ringing"): {C, S},
    ("POST", "/ringing"): {C, S},
    ("GET", "/add"): {C, S},
    ("POST", "/hand-over"): {C, S},
    ("POST", "/add"): {C, S},
    ("GET", "/hand-over"): {C, S},
    ("GET", "/texts"): {C, S},
    ("POST", "/texts/<text_id>/read"): {C, S},
    ("POST", "/texts/<text_id>/answer"): {C, S},
    ("POST", "/texts/<text_id>/attach"): {C, S},
    ("GET", "/lines"): {C, S},
    ("GET", "/bar"): {C, S},
    ("POST", "/take-next"): {C, S},
    ("GET", "/callbacks/<callback_id>"): {C, S},
    ("GET", "/callbacks/<callback_id>/look"): {C, S},
    ("GET", "/callbacks/<callback_id>/late"): {C, S},
    ("POST", "/promises/<promise>/seen"): {C, S},
    ("POST", "/callbacks/<callback_id>/claim"): {C, S},
    ("POST", "/callbacks/<callback_id>/release"): {C, S},
    ("POST", "/callbacks/<callback_id>/here"): EVERYBODY,
    ("POST", "/callbacks/<callback_id>/call"): {C, S},
    ("POST", "/callbacks/<callback_id>/bridge"): {C, S},
    ("POST", "/callbacks/<callback_id>/outcome"): {C, S},
    ("POST", "/callbacks/<callback_id>/note"): {C, S},
    ("POST", "/callbacks/<callback_id>/draft"): {C, S},
    ("POST", "/callbacks/<callback_id>/sheet"): {C, S},
    ("POST", "/callbacks/<callback_id>/talking"): {C, S},
    ("POST", "/callbacks/<callback_id>/rang"): {C, S},
    ("POST", "/callbacks/<callback_id>/undo"): {C, S},
    ("POST", "/callbacks/<callback_id>/reopen"): {S},
    ("POST", "/callbacks/<callback_id>/pass-on"): {C, S},
    ("POST", "/callbacks/<callback_id>/close"): {C, S},
    ("POST", "/callbacks/<callback_id>/decide"): {S},
    ("POST", "/callbacks/<callback_id>/figures"): {C, S},
    ("POST", "/callbacks/<callback_id>/send-number"): {C, S},
    ("POST", "/callbacks/<callback_id>/minor"): {C, S},
    ("POST", "/callbacks/<callback_id>/follow-up"): {C, S},
    ("GET", "/admin/"): {S, A, R},
    ("GET", "/admin/watch"): {S, A, R},
    ("GET", "/admin/figures.<any(csv, xlsx):kind>"): {S, A, R},
    ("POST", "/export"): {S},
    ("GET", "/admin/channels"): {A},
    ("GET", "/admin/settings"): {A},
    ("GET", "/admin/state"): {A},
    ("POST", "/admin/settings/<path:key>"): {A},
    ("POST", "/admin/channels/notices"): {A},
    ("POST", "/admin/channels/<name>/look"): {A},
    ("POST", "/admin/channels/<name>/addresses"): {A},
    ("POST", "/admin/channels/<name>/secret"): {A},
    ("POST", "/admin/channels/<name>/old-secret"): {A},
    ("POST", "/admin/channels/<name>/try/<event>"): {A},
    ("GET", "/admin/people"): {S, A},
    ("GET", "/admin/shifts/people"): {C, S, A},
    ("POST", "/admin/people"): {A},
    ("POST", "/admin/people/<person_id>/role"): {A},
    ("POST", "/admin/people/<person_id>/details"): {A},
    ("POST", "/admin/people/<person_id>/number"): {A},
    ("POST", "/admin/people/<person_id>/duty"): {S, A},
    ("POST", "/admin/people/<person_id>/sign-out"): {A},
    ("POST", "/admin/people/<person_id>/remove"): {A},
    ("POST", "/admin/people/<person_id>/link"): {A},
    ("POST", "/admin/people/<person_id>/test"): {S, A},
    ("POST", "/admin/people/<person_id>/work"): {S, A},
    ("POST", "/admin/people/<person_id>/second-factor-off"): {A},
    ("GET", "/admin/referrals"): {C, S, A},
    ("GET", "/admin/referrals/made"): {C, S},
    ("POST", "/admin/referrals/made/<made_id>"): {C, S},
    ("POST", "/admin/referrals"): {S, A},
    ("POST", "/admin/referrals/<referral_id>"): {S, A},
    ("POST", "/admin/referrals/<referral_id>/drop"): {S, A},
    ("GET", "/admin/begin"): {S, A},
    ("POST", "/admin/begin/samples/in"): {A},
    ("POST", "/admin/begin/samples/out"): {A},
    ("GET", "/admin/how-we-work"): {S, A},
    ("POST", "/admin/how-we-work/policy"): {S, A},
    ("POST", "/admin/how-we-work/roads"): {S, A},
    ("GET", "/admin/facts"): {S, A},
    ("GET", "/admin/facts/<fact>"): {S, A},
    ("POST", "/admin/facts/<fact>"): {A},
    ("GET", "/admin/menus"): {S, A},
    ("POST", "/admin/menus/approval"): {S},
    ("POST", "/admin/menus/<menu>/<int:number>/back"): {A},
    ("POST", "/admin/drafts"): {A},
    ("GET", "/admin/drafts/<draft_id>"): {S, A},
    ("POST", "/admin/drafts/<draft_id>/approve"): {S},
    ("POST", "/admin/drafts/<draft_id>/look"): {S},
    ("POST", "/admin/drafts/<draft_id>/drop"): {A},
    ("POST", "/admin/drafts/<draft_id>/publish"): {A},
    ("POST", "/admin/drafts/<draft_id>/take-up"): {A},
    ("GET", "/admin/menus/<menu>/<int:number>/folder.zip"): {S, A},
    ("GET", "/admin/drafts/<draft_id>/folder.zip"): {S, A},
    ("GET", "/admin/drafts/<draft_id>/files"): {S, A},
    ("GET", "/admin/drafts/<draft_id>/files/<path:file>"): {S, A},
    ("POST", "/admin/drafts/<draft_id>/files/<path:file>"): {A},
    ("POST", "/admin/drafts/<draft_id>/check/<path:file>"): {A},
    ("POST", "/admin/drafts/<draft_id>/unsent/<path:file>/drop"): {A},
    ("POST", "/admin/drafts/<draft_id>/upload"): {A},
    ("GET", "/admin/drafts/<draft_id>/drawing"): {S, A},
    ("GET", "/admin/drafts/<draft_id>/parts"): {S, A},
    ("POST", "/admin/drafts/<draft_id>/parts"): {A},
    ("GET", "/admin/drafts/<draft_id>/parts/<section>/<path:name>"): {S, A},
    ("POST", "/admin/drafts/<draft_id>/parts/<section>/<path:name>"): {A},
    ("POST", "/admin/drafts/<draft_id>/preview/<name>"): {S, A},
    ("POST", "/admin/drafts/<draft_id>/look/<section>/<path:name>"): {S, A},
    ("GET", "/admin/drafts/<draft_id>/shelves/<shelf>"): {S, A},
    ("POST", "/admin/drafts/<draft_id>/shelves/<shelf>"): {A},
    ("POST", "/admin/drafts/<draft_id>/shelves/<shelf>/drop"): {A},
    ("POST", "/admin/drafts/<draft_id>/choices/<name>/add"): {A},
    ("POST", "/admin/drafts/<draft_id>/choices/<name>/<int:place>/down"): {A},
    ("POST", "/admin/drafts/<draft_id>/choices/<name>/<int:place>/drop"): {A},
    ("GET", "/admin/texts"): {S, A, T},
    ("GET", "/admin/drafts/<draft_id>/book/<language>"): {S, A, T},
    ("GET", "/admin/drafts/<draft_id>/texts/<language>"): {S, A, T},
    ("GET", "/admin/drafts/<draft_id>/texts/<language>/<path:name>"): {S, A, T},
    ("POST", "/admin/drafts/<draft_id>/texts/<language>/<path:name>"): {S, A, T},
    ("GET", "/admin/drafts/<draft_id>/translations"): {S, A, T},
    ("GET", "/admin/drafts/<draft_id>/translations/<language>.<any(po, xlsx):kind>"): {S, A, T},
    ("POST", "/admin/drafts/<draft_id>/translations/<language>"): {A, T},
    ("GET", "/admin/record"): {S, A},
    ("POST", "/admin/record/export"): {S},
    ("GET", "/admin/shifts"): {C, S, A},
    ("POST", "/admin/shifts/<person_id>/week"): {S, A},
    ("POST", "/admin/shifts/<person_id>/away"): {S, A},
    ("POST", "/admin/shifts/<person_id>/back"): {S, A},
    ("POST", "/admin/holidays"): {S, A},
    ("POST", "/admin/holidays/drop"): {S, A},
    ("POST", "/admin/help-list"): {S, A},
}
VALUES = {
    "<path:filename>": "app.css",
    "<token>": "made-up",
    "<text_id>": "no-such",
    "<promise>": "unclear",
    "<subscription_id>": "nobody",
    "<listed_id>": "00",
    "<any(mine, later, review, closed):tab>": "later",
    "<any(queue, mine, later, review, closed):tab>": "queue",
    "<person_id>": "nobody",
    "<referral_id>": "nobody",
    "<made_id>": "nobody",
    "<int:number>": "1",
    "<int:place>": "0",
    "<path:file>": "pay.yaml",
    "<path:name>": "pay",
    "<section>": "screens",
    "<shelf>": "words",
    "<any(po, xlsx):kind>": "po",
    "<any(csv, xlsx):kind>": "csv",
}
FORMS = {
    "outcome": {"outcome": "reached"},
    "note": {"text": "words"},
    "close": {"reason": "other"},
    "decide": {"decision": "closed", "reason": "other"},
    "role": {"role": "reader"},
    "follow-up": {"on": "2026-12-01"},
    "away": {"first": "2026-12-01", "last": "2026-12-02"},
    "back": {"first": "2026-12-01"},
    "holidays": {"day": "2026-12-02", "name": "National Day"},
    "drop": {"day": "2026-12-02"},
    "people": {"name": "New One", "role": "reader"},
}


def routes(app):
    return [
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    ]


def address(rule, callback_id="no-such"):
    for placeholder, value in VALUES.items():
        rule = rule.replace(placeholder, value)
    return rule.replace("<callback_id>", callback_id)


def asked(browser, method, rule, callback_id="no-such"):
    where = address(rule, callback_id)
    if method == "GET":
        with browser.client.get(where) as answer:
            status = answer.status_code
    else:
        status = browser.post(where, **FORMS.get(where.rsplit("/", 1)[-1], {})).status_code
    assert status < 500, where
    return status


def test_the_table_names_every_address(app):
    assert sorted(routes(app)) == sorted(TABLE)


def test_the_anonymous_get_nothing(app, line):
    callback_id = line.requested()
    for route, allowed in TABLE.items():
        browser = Browser(app.test_client())
        browser.get("/sign-in")
        status = asked(browser, *route, callback_id=callback_id)
        if allowed == ANYONE:
            assert status not in {401, 403}, route
            # No sign-in waits for its code.
            assert status != 302 or route == ("GET", "/sign-in/code"), route
        else:
            assert status == (302 if route[0] == "GET" else 401), route


@pytest.mark.parametrize("role", list(Role))
def test_every_role_gets_what_the_table_says(signed, line, role):
    wanted, found = {}, {}
    for route, allowed in TABLE.items():
        if route[1] in {"/sign-out", "/me/sign-out-everywhere"}:
            continue
        wanted[route] = allowed == ANYONE or role in allowed
    browser = signed("Noy", role)
    for route in wanted:
        callback_id = line.requested(f"+85620555{len(found):05}")
        found[route] = asked(browser, *route, callback_id=callback_id) != 403
    if role is C:
        # Her request waits and is nobody's: a counsellor writes and closes only what is theirs.
        for own in ("note", "draft", "close", "figures", "send-number", "minor"):
            wanted["POST", f"/callbacks/<callback_id>/{own}"] = False
    assert found == wanted


def test_every_form_needs_its_token_and_our_own_page(signed):
    browser = signed("Noy", A)
    foreign = {"Origin": "https://evil.example"}
    data = {"csrf_token": browser.csrf}
    for where in (address(rule) for method, rule in TABLE if method == "POST"):
        assert browser.client.post(where, data={}).status_code == 400, where
        assert browser.client.post(where, data=data, headers=foreign).status_code == 403, where


def test_nothing_is_changed_by_looking(app):
    assert {method for method, _ in routes(app)} == {"GET", "POST"}


def test_another_team_is_another_world(app, line, parts):
    from sqlalchemy import update

    from gateway.storage.tables import callbacks, people
    from tests.support.web_surroundings import token_of

    callback_id = line.requested()
    line.person("Far", S)
    with parts.store.write() as tx:
        tx.execute(update(people).where(people.c.name == "Far").values(team="elsewhere"))
        tx.execute(update(callbacks).values(team="main"))
    browser = Browser(app.test_client()).carry(token_of(parts, "Far"))
    browser.get("/me")
    assert callback_id not in browser.get("/later").get_data(as_text=True)
    for method, rule in TABLE:
        if "<callback_id>" in rule and not rule.endswith("/here"):
            assert asked(browser, method, rule, callback_id) == 404, rule
