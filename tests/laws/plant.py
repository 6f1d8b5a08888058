"""Plants faults in a copy of the tree, one at a time, and runs the one test that must turn red for each.

python -m tests.laws.plant            # all of them, as a table; exit 1 when one stays green
python -m tests.laws.plant WORD …     # those with one of these words in their name, file or test
"""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.laws import trees


@dataclass(frozen=True)
class Fault:
    """One thing done wrong: a text of a file and what it becomes, and the test that must see it."""

    name: str
    path: str
    right: str
    wrong: str
    test: str


FAULTS = (
    Fault(
        "an effect is dropped",
        "gateway/menus/engine/choices.py",
        "effects = (make_effect(answered_session, deed, choice),) if deed else ()",
        "effects = ()",
        "tests/menus/engine/test_step.py::test_keys_ask_for",
    ),
    Fault(
        "the deed of one refusal is dropped",
        "gateway/helpdesk/requests/refuse.py",
        "    if effect.how == STOP:\n        stop_texts(tx, caller, now)\n",
        '    if effect.how == "said":\n        return Noted()\n',
        "tests/conversations/test_refusal_machine.py::test_after_a_refusal_nobody_is_rung_until_she_asks_again",
    ),
    Fault(
        "UCS-2 is counted as characters",
        "gateway/menus/engine/text_size.py",
        'return len(text.encode("utf-16-le", "surrogatepass")) // 2',
        "return len(text)",
        "tests/menus/engine/test_text_size.py::test_sizes",
    ),
    Fault(
        "the turn key is skipped",
        "gateway/conversations/commit.py",
        "if begun is None:",
        "begun = begun or callers.upsert_caller_row(tx, turn.number, now=turn.now, trial=turn.trial)\n    if not turn.key:",
        "tests/conversations/test_commit.py::test_a_repeat_is_told_what_came_of_the_first",
    ),
    Fault(
        "a replay drops what the ledger would refuse by now",
        "gateway/helpdesk/requests/accept.py",
        "    if new.promise is not None and not free:\n",
        "    if False:\n",
        "tests/conversations/test_told_machine.py::test_told_means_kept[sqlite]",
    ),
    Fault(
        "requests end although the clock is not trusted",
        "gateway/helpdesk/queue/timers.py",
        "        if not clock_guard.is_trusted(parts, tx, now):\n            return 0",
        "        if False:\n            return 0",
        "tests/helpdesk/test_wrong_clock.py::test_whatever_the_clock_does_no_request_ends_and_none_is_lost",
    ),
    Fault(
        "a line that reaches real phones offers what nobody reviewed",
        "gateway/storage/live_menus.py",
        "    if not line.contract.real:\n",
        "    if line.contract.real:\n",
        "tests/operations/publishing/test_doors.py::test_real_phones_read_only_what_was_reviewed",
    ),
    Fault(
        "the token is dropped from the result's WHERE",
        "gateway/storage/outbox_claims.py",
        '.where(_HELD, outbox.c.id == bindparam("_id"), outbox.c.token == bindparam("_token"))',
        '.where(_HELD, outbox.c.id == bindparam("_id"))',
        "tests/delivery/test_crashes.py::test_a_result_under_another_token_is_refused",
    ),
    Fault(
        "a text is sent inside the transaction",
        "gateway/delivery/send.py",
        "        result = _send_message(parts, row.channel, claimed.message)\n",
        "        with parts.store.write():\n            result = _send_message(parts, row.channel, claimed.message)\n",
        "tests/delivery/test_no_waiting.py::test_others_write_while_the_provider_takes_its_time",
    ),
    Fault(
        "the number is logged",
        "gateway/delivery/send.py",
        "    now = parts.clock.now()\n    match message:\n",
        '    now = parts.clock.now()\n    _log.info("to %s", getattr(message, "number", ""))\n    match message:\n',
        "tests/delivery/test_send.py::test_the_number_is_in_no_row_and_no_log",
    ),
    Fault(
        "a counsellor is shown the people page",
        "gateway/domain/permissions.py",
        "Role.COUNSELLOR: frozenset({Permission.WORK_QUEUE}),",
        "Role.COUNSELLOR: frozenset({Permission.WORK_QUEUE, Permission.SEE_DUTY}),",
        "tests/web/shared/test_people_page.py::test_a_counsellor_never_sees_the_people_page",
    ),
    Fault(
        "a form loses its token",
        "gateway/web/console/templates/console/_call.html",
        '<form method="post" action="/callbacks/{{ row.id }}/call">{{ token() }}<button class="{{ "" if',
        '<form method="post" action="/callbacks/{{ row.id }}/call"><button class="{{ "" if',
        "tests/web/shared/test_tokens.py::test_each_form_that_posts_has_its_token",
    ),
    Fault(
        "no form is asked for its token",
        "gateway/web/shared/forms.py",
        "            csrf.protect()\n",
        "            pass\n",
        "tests/web/console/test_roles.py::test_every_form_needs_its_token_and_our_own_page",
    ),
    Fault(
        "a worker imports Flask",
        "workers/jobs.py",
        "import logging\n",
        "import flask\nimport logging\n",
        "tests/laws/test_imports.py::test_the_tree_keeps_every_law",
    ),
    Fault(
        "the engine reads the clock",
        "gateway/menus/engine/wording.py",
        "    if names and due_at - now < WEEK:\n",
        "    now = datetime.now(now.tzinfo)\n    if names and due_at - now < WEEK:\n",
        "tests/laws/test_house_rules.py::test_the_tree_keeps_the_rule[6:time_is_read_in_the_clock]",
    ),
    Fault(
        "a supervisor comes in by the password alone",
        "gateway/helpdesk/staff/two_factor.py",
        "return parts.asks_second_factor and person.role in WANTED and not person.second_factor",
        "return False",
        "tests/helpdesk/staff/test_two_factor.py::test_without_one_a_supervisor_is_in_and_may_nothing",
    ),
    Fault(
        "an export asks nobody",
        "gateway/helpdesk/queue/search.py",
        "    two_factor.ask_fresh(parts, actor)\n",
        "",
        "tests/helpdesk/queue/test_queue.py::test_nothing_leaves_unless_it_was_shown_just_now_who_asks",
    ),
    Fault(
        "a digit from any phone takes a request",
        "gateway/helpdesk/alerts/alert_answers.py",
        "    recent = staff_devices.list_marked(tx, people.find_ids_by_number(tx, number), since=now - REMEMBERED)\n"
        "    known = {one: people.by_id(tx, one) for one in {link.person_id for link in recent}}\n"
        "    senders = {id_: one for id_, one in known.items() if one is not None and _answers_from(one, number)}\n",
        '    everyone = [one.id for one in people.list_everyone(tx, "main")]\n'
        "    recent = staff_devices.list_marked(tx, everyone, since=now - REMEMBERED)\n"
        "    known = {one: people.by_id(tx, one) for one in everyone}\n"
        "    senders = {id_: one for id_, one in known.items() if one is not None}\n",
        "tests/helpdesk/alerts/test_sms_reply.py::test_from_another_phone_it_is_a_callers_text",
    ),
    Fault(
        "a digit is good for ever",
        "gateway/helpdesk/alerts/alert_answers.py",
        "return link.answered_at is None and now < link.expires_at",
        "return link.answered_at is None",
        "tests/helpdesk/alerts/test_sms_reply.py::test_it_ends_with_the_alert_and_is_told_so_for_a_day",
    ),
    Fault(
        "a second key dials her again",
        "gateway/domain/callbacks/bridged_call.py",
        "    BridgeState.CALLING_HER: {\n",
        "    BridgeState.CALLING_HER: {\n        BridgeEvent.PRESSED: BridgeState.CALLING_HER,\n",
        "tests/domain/callbacks/test_bridged_call.py::test_her_phone_is_dialled_out_of_one_state_by_one_event",
    ),
    Fault(
        "nobody asks at the dial whether she may still be called",
        "gateway/helpdesk/calls/bridge_events.py",
        "return BridgeEvent.PRESSED if _still_wanted(parts, tx, callback, bridge) else BridgeEvent.WITHDRAWN",
        "return BridgeEvent.PRESSED",
        "tests/helpdesk/calls/test_bridged_calls.py::test_what_happens_before_she_presses_one_keeps_her_phone_silent",
    ),
    Fault(
        "a call that never rang her rests her number",
        "gateway/storage/attempts.py",
        '.where(text(RUNG), attempts.c.caller_id == bindparam("_caller"))',
        '.where(attempts.c.caller_id == bindparam("_caller"))',
        "tests/helpdesk/calls/test_bridged_calls.py::test_ten_times_not_dialled_costs_her_neither_window_nor_tries_nor_place",
    ),
    Fault(
        "the database is put out of order beside an account",
        "gateway/bootstrap.py",
        """return Outages(settings.data_dir / "outages") if settings.may_try_outages and not real else None""",
        """return Outages(settings.data_dir / "outages")""",
        "tests/config/test_trials.py::test_beside_an_account_files_in_the_folder_move_nothing",
    ),
    Fault(
        "time is moved beside an account that the file holds",
        "config/settings.py",
        'values.get("gateway_test_clock") == "1" and _has_secret(accounts)',
        'values.get("gateway_test_clock") == "1" and _has_secret([values])',
        "tests/config/test_settings.py::test_an_account_in_the_file_is_one_too",
    ),
)


class NotThere(Exception):
    """The text to spoil is not in the file, once, any more: mend the table."""


@dataclass(frozen=True)
class Ran:
    """What the test said of a fault."""

    fault: Fault
    red: bool
    said: str


def plant(folder: Path, fault: Fault) -> str:
    """Spoil the file and return its text as it was.

    Raises:
        NotThere: there is nothing to spoil.
    """
    path = folder / fault.path
    text = path.read_text(encoding="utf-8")
    if text.count(fault.right) != 1:
        raise NotThere(
            f"{fault.name}: {fault.right!r} stands {text.count(fault.right)} times in {fault.path}"
        )
    path.write_text(text.replace(fault.right, fault.wrong), encoding="utf-8")
    return text


def run(folder: Path, *tests: str) -> tuple[bool, str]:
    """Run tests of the copy; True where they pass. A test that is not found is nobody's pass."""
    code, said = trees.run(folder, "pytest", "-q", "-x", "-p", "no:xdist", "--no-header", "--tb=line", *tests)
    if code not in {0, 1}:
        raise NotThere(f"{' '.join(tests)} cannot be run:\n{said[-2000:]}")
    return code == 0, said


def all_of(folder: Path, faults: Sequence[Fault] = FAULTS) -> Iterator[Ran]:
    """Plant each fault in the copy, run its test, and mend it again; first see that all of them are green without.

    Raises:
        NotThere: a text or a test of the table is gone, or a test is red by itself.
    """
    green, said = run(folder, *(fault.test for fault in faults))
    if not green:
        raise NotThere(f"a test of the table is red without any fault:\n{said[-2000:]}")
    for fault in faults:
        was = plant(folder, fault)
        green, said = run(folder, fault.test)
        (folder / fault.path).write_text(was, encoding="utf-8")
        yield Ran(fault, not green, said)


def choose(words: Sequence[str]) -> list[Fault]:
    """Return the faults whose name, file or test has one of these words; all without any."""
    return [
        fault
        for fault in FAULTS
        if not words or any(word in f"{fault.name} {fault.path} {fault.test}" for word in words)
    ]


def main(*words: str) -> int:
    """Print the table; 1 when a fault went unseen, 2 where none has such a word."""
    unseen, faults = 0, choose(words)
    if not faults:
        print("no fault has such a word")
        return 2
    with tempfile.TemporaryDirectory() as temporary:
        folder = trees.copied(Path(temporary) / "tree")
        for ran in all_of(folder, faults):
            unseen += not ran.red
            print(f"{'red  ' if ran.red else 'GREEN'}  {ran.fault.name:<46} {ran.fault.test}", flush=True)
    print(f"{len(faults)} faults planted, {unseen} unseen")
    return 1 if unseen else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
