"""The house's own rules: the tree keeps them, and each names what is planted against it."""

from collections.abc import Callable, Iterable
from functools import cache

import pytest

from tests.laws import house_rules as rules
from tests.laws.house_rules import RULES, House, Rule
from tests.laws.trees import ROOT

HOUSE = House.read(ROOT)

# One worker parses the tree, once.
pytestmark = pytest.mark.xdist_group("tree")
PLANTED = (
    (rules.dialects_stay_in_their_folders, "gateway/delivery/x.py", "import africastalking\n"),
    (rules.dialects_stay_in_their_folders, "gateway/delivery/x.py", 'KNOWN = ["africastalking"]\n'),
    (rules.jobs_are_nudges, "gateway/delivery/x.py", "from rq import Retry\n"),
    (rules.jobs_are_nudges, "gateway/helpdesk/x.py", "def f(queue, row):\n    queue.enqueue(f, row)\n"),
    (
        rules.nothing_of_hers_is_logged,
        "gateway/helpdesk/x.py",
        "def f(row):\n    _log.info('to %s', row.number)\n",
    ),
    (
        rules.nothing_of_hers_is_logged,
        "gateway/helpdesk/x.py",
        "def f(text):\n    logging.warning(f'said {text}')\n",
    ),
    (rules.nothing_of_hers_is_logged, "workers/x.py", "def f():\n    _log.exception('failed')\n"),
    (rules.nothing_of_hers_is_logged, "workers/x.py", "def f():\n    _log.error('failed', exc_info=True)\n"),
    (
        rules.the_environment_is_read_in_config,
        "gateway/helpdesk/x.py",
        "import os\nX = os.environ.get('PORT')\n",
    ),
    (rules.the_environment_is_read_in_config, "workers/x.py", "from os import getenv\n"),
    (rules.every_variable_is_explained, "config/example.env", "\nNOBODY_READS=1\n"),
    (rules.every_module_stands_in_a_layer, "gateway/anywhere.py", "from gateway.web import app\n"),
    (
        rules.parts_are_put_together_once,
        "gateway/helpdesk/x.py",
        "def f(url):\n    return Store(url, master=b'')\n",
    ),
    (
        rules.time_is_read_in_the_clock,
        "gateway/menus/engine/x.py",
        "import datetime\nAT = datetime.datetime.now()\n",
    ),
    (rules.time_is_read_in_the_clock, "gateway/helpdesk/x.py", "from time import monotonic\nimport time\n"),
    (rules.chance_comes_from_ids, "gateway/storage/x.py", "import os\nNONCE = os.urandom(12)\n"),
    (rules.chance_comes_from_ids, "gateway/storage/x.py", "import random\n"),
    (rules.sql_is_written_in_the_store, "gateway/helpdesk/x.py", "ALL = 'SELECT id FROM callers'\n"),
    (rules.sql_is_written_in_the_store, "gateway/helpdesk/x.py", "def f(tx, what):\n    tx.execute(what)\n"),
    (
        rules.returning_answers_a_conditional_write,
        "gateway/storage/x.py",
        "def f(r):\n    return r.rowcount == 1\n",
    ),
    (
        rules.phones_are_told_by_the_menu,
        "gateway/helpdesk/x.py",
        'def f(tx, person):\n    add_alert(tx, person, "A request waits for you")\n',
    ),
    (
        rules.phones_are_told_by_the_menu,
        "gateway/delivery/x.py",
        'def f(row, code):\n    add_row(row, payload={"text": f"Your code is {code}"})\n',
    ),
    (rules.phones_are_told_by_the_menu, "workers/x.py", 'WORDS = {"lo": "ສະບາຍດີ"}\n'),
    (rules.phones_are_told_by_the_menu, "gateway/conversations/x.py", 'BYE = "Thank you. Goodbye"\n'),
    (
        rules.a_transaction_waits_for_nobody,
        "gateway/delivery/x.py",
        "def f(parts, line, text):\n    with parts.store.write() as tx:\n        line.send(text)\n",
    ),
    (
        rules.faces_do_not_decide_by_role,
        "gateway/web/console/x.py",
        "def f(actor):\n    return actor.role == Role.SUPERVISOR\n",
    ),
    (
        rules.use_cases_ask_who_acts,
        "gateway/helpdesk/x.py",
        "def close(parts, actor, row):\n    parts.close(row)\n",
    ),
    (rules.there_is_one_store, "gateway/storage/x.py", "class Rows(Protocol):\n    pass\n"),
    (rules.there_is_one_store, "gateway/helpdesk/x.py", "class MemoryStore:\n    pass\n"),
    (rules.no_test_is_left_out, "tests/x.py", "@pytest.mark." + "skip\ndef test_it() -> None: ...\n"),
    (rules.files_and_functions_are_short, "gateway/helpdesk/x.py", "x = 1\n" * 401),
    (rules.files_and_functions_are_short, "gateway/helpdesk/x.py", "def f():\n" + "    x = 1\n" * 41),
    (rules.tests_outweigh_the_source, "gateway/helpdesk/x.py", "x = 1\n" * 20_000),
    (rules.names_say_what_a_thing_is, "gateway/helpdesk/utils.py", ""),
    (rules.names_say_what_a_thing_is, "gateway/helpdesk/x.py", "class CallbackManager:\n    pass\n"),
    (rules.functions_are_a_verb_with_its_object, "gateway/helpdesk/x.py", "def window_of(tx): ...\n"),
    (rules.functions_are_a_verb_with_its_object, "gateway/helpdesk/x.py", "def take(tx): ...\n"),
    (rules.no_function_begins_with_a_participle, "workers/x.py", "def _asking_further(tx): ...\n"),
    (rules.no_function_begins_with_a_participle, "workers/x.py", "def told_reply(tx): ...\n"),
    (rules.names_hold_no_banned_word, "gateway/helpdesk/x.py", "def find_hers(tx): ...\n"),
    (rules.names_hold_no_banned_word, "gateway/helpdesk/x.py", "class HeldSession: ...\n"),
    (rules.names_hold_no_banned_word, "gateway/helpdesk/whose.py", ""),
    (rules.no_name_is_used_twice, "gateway/helpdesk/x.py", "class Store: ...\n"),
    (rules.no_name_is_used_twice, "gateway/helpdesk/queue.py", ""),
)


OF_THE_WHOLE = {rules.every_variable_is_explained, rules.files_and_functions_are_short}
"""Rules that read other files, or a median, and cannot look at a file alone."""


@cache
def look_at_tree(look: Callable[[House], Iterable[str]]) -> tuple[str, ...]:
    """What a rule finds in the tree as it is, which is asked for again beside each planted violation."""
    return tuple(look(HOUSE))


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_the_tree_keeps_the_rule(rule: Rule) -> None:
    assert look_at_tree(rule.look) == ()


@pytest.mark.parametrize(
    ("look", "path", "text"), PLANTED, ids=[f"{look.__name__} {n}" for n, (look, _, _) in enumerate(PLANTED)]
)
def test_what_is_planted_is_named(look, path: str, text: str) -> None:
    named = set() if look in OF_THE_WHOLE else look_at_one(look, path, text) - look_at_one(look, path, "")
    if not any(path in place for place in named):  # the rule compares it with others
        named = set(look(HOUSE.planted(path, text))) - set(look_at_tree(look))
    assert named
    assert any(path in place for place in named) or look is rules.tests_outweigh_the_source


def look_at_one(look: Callable[[House], Iterable[str]], path: str, text: str) -> set[str]:
    """What a rule finds where this file is all that there is, with the text at its end or without: a thousandth of the work."""
    beside = {name: HOUSE.files[name] for name in ("pyproject.toml", "config/example.env")}
    return set(look(House({**beside, path: f'"""A file that breaks a law."""\n{text}'})))


def test_a_module_without_its_sentence_is_named() -> None:
    house = House({**HOUSE.files, "gateway/helpdesk/x.py": "X = 1\n"})
    assert list(rules.every_module_says_why_it_exists(house)) == [
        "gateway/helpdesk/x.py: no opening sentence"
    ]


def test_a_variable_that_nobody_explains_is_named() -> None:
    house = HOUSE.without("config/example.env", "REDIS_URL=\n")
    assert list(rules.every_variable_is_explained(house)) == [
        "config/example.env: REDIS_URL is not explained"
    ]


@pytest.mark.parametrize(
    "declared", ['"uq_callbacks_one_open", ', '"uq_attempts_one_live", ', '"window_from", ']
)
def test_a_key_that_is_taken_away_is_named(declared: str) -> None:
    house = HOUSE.without("gateway/storage/tables/callbacks.py", declared)
    (named,) = rules.what_can_be_asked_twice_has_a_key(house)
    assert named.startswith("gateway/storage/tables/callbacks.py: no unique key any more")


def test_every_rule_has_something_planted_against_it() -> None:
    planted = {look for look, _, _ in PLANTED}
    by_hand = {rules.every_module_says_why_it_exists, rules.what_can_be_asked_twice_has_a_key}
    assert {rule.look for rule in RULES} == planted | by_hand
