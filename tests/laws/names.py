"""The rules on names: a function is a verb with its object, and no name is a pronoun, a participle or a banned word."""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path


def split_words(text: str) -> frozenset[str]:
    """The words of a table."""
    return frozenset(text.split())


VERBS = split_words(
    """
    accept add allow amend announce answer apply approve ask attach begin bring build call cancel catch
    change check choose claim clean clear close collect commit compare compile complete compose compute
    confirm copy
    count create cut decide derive describe detect disable drain draw drop dump empty end ensure enter
    erase escalate expire explain export fill find finish fit flash fold follow forget fork
    format freeze gather get give go group hand handle hash hide hold identify import
    insert install interpret invite join keep lay lease
    lift link list load lock log look make mark mask match measure merge miss mount move name narrow
    note open opt order park parse part permit pick place plan point prepare preview promise prove
    publish purge put quote read record refuse release remember remove render renew reopen replace
    replay report reseal reserve reset resolve restart restore resume retry revoke roll rotate run save
    say seal send serve set settle show sign skip sort spawn spend split spread
    stand start stay step stop strip suggest summarise sweep take tell tidy tighten touch
    trip turn understand undo unpark unwind update
    upgrade upsert use verify walk warn widen withdraw withhold write
    """
)
"""The verbs of the product, in the imperative."""

QUESTIONS = split_words(
    """
    begins can did does ends fits goes has is knows matches may needs speaks waits was
    """
)
"""How a function begins that answers with yes or no: a question, or a statement as `matches_password`."""

PREFIXES: Mapping[str, str] = {
    "by": "a lookup by a key, read behind its module: `outbox.by_id(tx, …)`",
    "as": "a view of the same value in another form",
    "to": "a conversion, as `to_e164`",
    "from": "a constructor of another form, as `from_process`",
    "new": "a value that did not exist before: `new_id`, `new_token`",
}
"""What may stand in place of a verb, and why."""

ONE_WORD: Mapping[str, str] = {
    "build": "the contract of a provider's folder",
    "install": "the usual name of what adds itself to a Flask app, read behind its module",
    "create": "the address that a WSGI server is pointed at",
    "upgrade": "the verb of Alembic",
    "nudge": "the name that jobs bear in the queue",
    "later": "a keyword of gettext, by which the extraction finds texts",
    "anyone": "a decorator of views",
    "main": "the entry point of a program",
}
"""Names of one word, and why each of them says enough."""

DECORATORS = frozenset(["anyone", "reads_once", "without_second_factor"])
"""Adjectives that stand above a view."""

PROOFS = "gateway/menus/authoring/checks/"
"""A check is named by the code of the problem that it finds, so that one search finds both."""

IRREGULAR = split_words(
    """
    begun borne bound broken brought built chosen done drawn fallen felt found given gone heard held
    hidden hung kept known laid left lost made meant met paid risen said seen sent shown slept sold
    sought spent spoken stood stuck sworn taken thought thrown told torn understood woken written
    """
)
"""Participles that do not end in -ed or -ing."""

NO_PARTICIPLES = split_words(
    """
    bring deed embed exceed feed need ping proceed ring seed sing speed string
    """
)
"""Words that end like a participle and are none."""

PRONOUNS = split_words(
    """
    he her hers his it ours she theirs them they who whoever whom whose
    """
)

FORBIDDEN: Mapping[str, str] = {
    "told": "reply, report or label",
    "kept": "saved or stored",
    "held": "saved or claimed",
    "hers": "of the caller",
    "ours": "outgoing or staff",
    "stuff": "what it is",
    "road": "route or channel",
    "house": "product",
    "trouble": "fault or problem",
    "whoever": "the role",
    "nobody": "not, or none",
    "thing": "what it is",
}
"""Words that once meant several things each, and what is written instead; the others are in the glossary."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def is_participle(word: str) -> bool:
    """Whether a name that begins with this word says what was done instead of what it does."""
    return word in IRREGULAR or (word.endswith(("ed", "ing")) and word not in NO_PARTICIPLES)


def find_fault(name: str) -> str:
    """What is wrong with the name of a public function; empty where it is a verb with its object."""
    words = name.split("_")
    if name in ONE_WORD or name in DECORATORS:
        return ""
    if words[0] in PREFIXES or words[0] in QUESTIONS:
        return "" if len(words) > 1 else "has no object"
    if words[0] not in VERBS:
        return f"does not begin with a verb ({words[0]})"
    return "" if len(words) > 1 else "has no object"


def find_banned_words(name: str) -> list[str]:
    """Pronouns and forbidden words in a name, with what is written instead."""
    words = "".join(f"_{sign.lower()}" if sign.isupper() else sign for sign in name).strip("_").split("_")
    return [
        f"{word} ({FORBIDDEN.get(word, 'a pronoun')})"
        for word in words
        if word in FORBIDDEN or word in PRONOUNS
    ]


def list_functions(tree: ast.Module) -> Iterator[Function]:
    """The functions right below a module that no decorator makes something else."""
    for node in tree.body:
        if isinstance(node, Function) and not node.decorator_list:
            yield node


def list_twins(paths: list[str]) -> Iterator[tuple[str, str]]:
    """Modules of one name, one of which lies in a folder above the other.

    Folders side by side may mirror each other (`console/queue.py`, `admin/people.py`); a module that has its name from
    its own folder, and the tables of a store beside the functions that use them, are meant so.
    """
    by_name = defaultdict(list)
    for path in paths:
        if Path(path).stem != "__init__" and "/tables/" not in path:
            by_name[Path(path).stem].append(path)
    for same in by_name.values():
        for upper in same:
            folder = str(Path(upper).parent) + "/"
            yield from ((upper, lower) for lower in same if lower != upper and lower.startswith(folder))
