"""Lists the acts of the audit: what each says, and the modules that name it."""

import ast
from collections import defaultdict
from pathlib import Path

from gateway.domain.permissions import AuditAct

ROOT = Path(__file__).resolve().parents[3]

CALLBACK, CALLER_SIDE, STAFF, MENUS, MACHINE = (
    "callbacks",
    "callers",
    "staff and access",
    "menus",
    "the machine",
)

MEANING = {
    "asked": (CALLER_SIDE, "a callback was accepted"),
    "asked again": (CALLER_SIDE, "the caller asked again; the open callback stands, with the newer answers"),
    "added to": (CALLER_SIDE, "the caller answered a further question"),
    "moved": (CALLER_SIDE, "the caller chose another window"),
    "cancelled": (CALLER_SIDE, "the caller cancelled by her code"),
    "refused": (CALLER_SIDE, "the caller said not to call; the detail says how it was read"),
    "stopped": (CALLER_SIDE, "a number wants no more texts; the detail says by whom"),
    "erased": (CALLER_SIDE, "everything that identifies a caller was removed"),
    "told while away": (
        CALLER_SIDE,
        "a callback was confirmed while the database was away and cannot stand as it was confirmed",
    ),
    "added": (CALLBACK, "a member of staff added a callback"),
    "attached": (CALLBACK, "a text was put to a callback"),
    "answered": (CALLBACK, "a text that no word matched was answered"),
    "read": (CALLBACK, "a text that no word matched was read"),
    "claimed": (CALLBACK, "claimed on the page or the command line"),
    "by link": (CALLBACK, "claimed by a one-tap link"),
    "by reply": (CALLBACK, "claimed by answering an alert"),
    "cannot": (CALLBACK, "an alert was answered with no"),
    "released": (CALLBACK, "given back by its holder"),
    "taken over": (CALLBACK, "taken from its holder by a supervisor"),
    "handed over": (CALLBACK, "passed to another person"),
    "claim ran out": (CALLBACK, "the lease of a claim ended"),
    "bridge": (CALLBACK, "an attempt began as a bridged call: no number was shown"),
    "reveal": (CALLBACK, "a number was shown; the detail holds the reason"),
    "sent a number": (CALLBACK, "the number of another organisation was sent to the caller"),
    "outcome": (CALLBACK, "the outcome of an attempt"),
    "not_dialled": (CALLBACK, "an attempt that surely did not ring the caller's phone was made void"),
    "unclear": (CALLBACK, "the lease of an attempt ended without an outcome"),
    "one more try": (CALLBACK, "a supervisor allowed one more attempt"),
    "closed": (CALLBACK, "closed, with the reason"),
    "given_up": (CALLBACK, "given up by a supervisor"),
    "acknowledged": (
        CALLBACK,
        "a person read that a promise to the caller was not kept; the detail says which",
    ),
    "expired": (CALLBACK, "its safety answers, or its window for *now*, ran out"),
    "follow-up": (CALLBACK, "another call was agreed: a new callback follows the closed one"),
    "may be under 18": (CALLBACK, "a counsellor marked that the caller may be under 18"),
    "is of age": (CALLBACK, "that mark was taken away"),
    "talked": (CALLBACK, "the caller rang the helpline, and a counsellor talked with her"),
    "she rang": (CALLBACK, "the caller rang while a colleague had the request"),
    "undone": (CALLBACK, "an outcome or a closing was taken back within a minute"),
    "reopened": (CALLBACK, "a supervisor reopened a request that was over"),
    "exported": (STAFF, "callbacks, or a month of the audit, were taken out as a table"),
    "searched": (STAFF, "a search for a number or code"),
    "held back": (STAFF, "a person has been shown the hourly limit of numbers"),
    "page refused": (STAFF, "a page that the role may not see was asked for"),
    "signed in": (STAFF, "a sign-in began"),
    "signed out": (STAFF, "a sign-in was ended by its person"),
    "password wrong": (STAFF, "a wrong password"),
    "password right": (STAFF, "a right password, before the second factor"),
    "code refused": (STAFF, "a wrong code of the second factor"),
    "proved": (STAFF, "a person proved again who they are, for an act that asks for it"),
    "second factor on": (STAFF, "turned on"),
    "second factor off": (STAFF, "turned off"),
    "person.add": (STAFF, "a person was added"),
    "person.invite": (STAFF, "a link for a first or new password was made"),
    "person.password": (STAFF, "a password was chosen"),
    "person.role": (STAFF, "a role was changed"),
    "person.remove": (STAFF, "a person was removed"),
    "person.sign-out": (STAFF, "every sign-in of a person was ended"),
    "person.details": (STAFF, "name, languages or other details were changed"),
    "person.capacity": (STAFF, "how many callbacks a person takes was changed"),
    "person.number": (STAFF, "a helpline phone was entered or taken away"),
    "person.by-text": (STAFF, "whether alerts come by text was changed"),
    "person.duty": (STAFF, "on or off duty by hand"),
    "person.shifts": (STAFF, "the week of a person was changed"),
    "person.away": (STAFF, "days away were entered"),
    "person.back": (STAFF, "days away were taken back"),
    "person.push-on": (STAFF, "alerts were switched on for a browser"),
    "person.push-off": (STAFF, "alerts were switched off for a browser"),
    "person.test": (STAFF, "a test alert was sent"),
    "holiday": (STAFF, "a day was made a holiday of the centre"),
    "no holiday": (STAFF, "a holiday was made a working day again"),
    "help list": (STAFF, "the order of those who are alerted was changed"),
    "set": (STAFF, "a rule of the centre was set"),
    "samples.in": (STAFF, "sample requests were put into the queue"),
    "samples.out": (STAFF, "sample requests were taken out, with all that was written about them"),
    "written": (STAFF, "an entry of the referral book was written"),
    "taken out": (STAFF, "an entry of the referral book was taken out"),
    "menu.publish": (MENUS, "a version went live"),
    "menu.rollback": (MENUS, "an earlier version went live again"),
    "menu.withdraw": (MENUS, "a version was withdrawn; sessions on it end"),
    "draft.open": (MENUS, "a draft of a menu was begun"),
    "draft.approve": (MENUS, "a second person approved a draft as it was"),
    "draft.drop": (MENUS, "a draft was given up"),
    "draft.take-up": (MENUS, "a draft took up the version that had gone live meanwhile"),
    "draft.urgent": (MENUS, "one person published the change of one fact without an approval"),
    "draft.look": (MENUS, "a second person looked at it afterwards"),
    "outbox.settle": (MACHINE, "a person decided an unclear text"),
    "channel.addresses": (MACHINE, "the addresses of a channel, which hold its secret, were shown"),
    "channel.secret": (MACHINE, "a channel got a new secret in its addresses"),
    "channel.secret-ended": (MACHINE, "the secret before it was ended before the next renewal"),
    "clock_guard.on": (MACHINE, "the machine's clock is not trusted"),
    "clock_guard.confirm": (MACHINE, "a person confirmed the clock"),
    "clock set right": (MACHINE, "times that were taken under a wrong clock were set right"),
    "ending.held": (MACHINE, "more rows would end at once than may; it waits for a person"),
    "ending.let": (MACHINE, "a person let them end"),
    "restored": (MACHINE, "a backup was restored"),
}
COMPUTED = {AuditAct.CLOSED, AuditAct.GIVEN_UP, AuditAct.BRIDGE}
"""Acts that are read from a state that a person chose, or from how an attempt is made."""


def find_acts() -> dict[str, set[str]]:
    """Return each act that a module names, with the modules that do."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for path in (ROOT / "gateway").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "AuditAct":
                found[AuditAct[node.attr].value].add(path.relative_to(ROOT).as_posix())
    return dict(found)


def list_acts() -> str:
    found = find_acts()
    lines: list[str] = []
    for group in (CALLER_SIDE, CALLBACK, STAFF, MENUS, MACHINE):
        lines += [
            f"### {group[0].upper()}{group[1:]}",
            "",
            "| act | says that | named in |",
            "|---|---|---|",
        ]
        lines += [
            f"| `{act}` | {meaning} | {', '.join(f'`{path}`' for path in sorted(found.get(act, ())))} |"
            for act, (of, meaning) in sorted(MEANING.items())
            if of == group
        ]
        lines.append("")
    return "\n".join(lines)
