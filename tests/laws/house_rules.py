"""The laws that neither the linter of imports nor ruff can say, each as a function that names the places which break it."""

import ast
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median

from tests.laws import names

SOURCE = ("gateway/", "workers/", "config/")
FACES = (
    "gateway/web/console/",
    "gateway/web/admin/",
    "gateway/web/simulator/",
    "gateway/web/webhooks/",
    "gateway/cli/",
    "gateway/web/shared/",
)
USE_CASES = (
    "gateway/helpdesk/",
    "gateway/operations/publishing/",
    "gateway/delivery/",
    "gateway/operations/reporting/",
    "gateway/operations/maintenance/",
)
LONGEST_FILE, LONGEST_FUNCTION = 400, 40
MEDIAN_FILE, MEDIAN_FUNCTION = 250, 8
TESTS_TO_SOURCE = 1.2
HERS = re.compile(
    r"^(number|numbers|e164|text|texts|words_of|body|payload|answers?|contact|path|code|note|secret|password|token)$"
)
NO_NAME = re.compile(r"handler|manager|utils|helper", re.IGNORECASE)
NETWORK = {
    "send",
    "place",
    "sleep",
    "urlopen",
    "request",
    "ping",
    "render_template",
    "verify_password",
    "check_password",
}
UNIQUE = (
    (
        "gateway/storage/tables/callers.py",
        r'Column\("lookup", LargeBinary\(32\), nullable=False, unique=True\)',
    ),
    (
        "gateway/storage/tables/callers.py",
        r'"turns",\s+metadata,\s+Column\("key", LargeBinary\(32\), primary_key=True\)',
    ),
    (
        "gateway/storage/tables/callbacks.py",
        r'"uq_callbacks_one_open", "caller_id", "slot", where=OPEN, unique=True',
    ),
    ("gateway/storage/tables/callbacks.py", r'Column\("form", String\(40\), nullable=False, unique=True\)'),
    ("gateway/storage/tables/callbacks.py", r'"uq_attempts_one_live", "caller_id", where=LIVE, unique=True'),
    (
        "gateway/storage/tables/callbacks.py",
        r'"uq_attempts_one_a_window", "caller_id", "window_from", "nth", where=RUNG, unique=True',
    ),
    ("gateway/storage/tables/callbacks.py", r'"uq_bridges_one_live", "person_id", where=LIVE, unique=True'),
    ("gateway/storage/tables/callbacks.py", r'"attempt_id", .+ nullable=False, unique=True'),
    ("gateway/storage/tables/callers.py", r'Column\("once", String\(80\), nullable=False, unique=True\)'),
)
"""What can be asked twice, and where the key that answers it is declared."""


@dataclass(frozen=True)
class House:
    """The texts of the repository by path, so that a violation can be planted without touching a file."""

    files: Mapping[str, str]

    @classmethod
    def read(cls, root: Path) -> "House":
        kinds = [
            ("gateway", "*.py"),
            ("workers", "*.py"),
            ("config", "*.py"),
            ("tests", "*.py"),
            ("tests", "*.yaml"),
            ("menus/tests", "*.yaml"),
        ]
        found = [path for folder, kind in kinds for path in sorted((root / folder).rglob(kind))]
        found += [root / "config" / "example.env", root / "pyproject.toml"]
        return cls({str(path.relative_to(root)): path.read_text(encoding="utf-8") for path in found})

    def planted(self, path: str, text: str) -> "House":
        """The house with this text at the end of a file, made if need be."""
        return House({**self.files, path: self.files.get(path, '"""A file that breaks a law."""\n') + text})

    def without(self, path: str, text: str) -> "House":
        """The house with this text taken out of a file."""
        assert text in self.files[path], f"{text!r} is not in {path}"
        return House({**self.files, path: self.files[path].replace(text, "", 1)})

    def source(self, *under: str, but: tuple[str, ...] = ()) -> Iterator[tuple[str, ast.Module]]:
        """Path and tree of each module of the product, migrations left out."""
        for path, text in self.files.items():
            wanted = path.startswith(under or SOURCE) and path.endswith(".py") and "/migrations/" not in path
            if wanted and not path.startswith(but or ("-",)):
                yield path, parsed(text)

    def nodes(self, *under: str, but: tuple[str, ...] = ()) -> Iterator[tuple[str, ast.AST]]:
        """Place and node of everything in these modules."""
        for path, _ in self.source(*under, but=but):
            for node in walked(self.files[path]):
                yield f"{path}:{getattr(node, 'lineno', 1)}", node


@cache
def parsed(text: str) -> ast.Module:
    return ast.parse(text)


_SAYS_NOTHING = (
    ast.expr_context,
    ast.operator,
    ast.cmpop,
    ast.boolop,
    ast.unaryop,
    ast.arguments,
    ast.arg,
    ast.Tuple,
)
"""Half of all nodes, about which no rule asks."""


@cache
def walked(text: str) -> tuple[ast.AST, ...]:
    """Every node of a module that a rule may ask about."""
    return tuple(node for node in ast.walk(parsed(text)) if not isinstance(node, _SAYS_NOTHING))


def dotted(node: ast.AST) -> str:
    """`a.b.c` of a name or an attribute; else nothing."""
    if isinstance(node, ast.Name):
        return node.id
    return f"{dotted(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else ""


def imported(node: ast.AST) -> set[str]:
    """The modules that a statement imports, and the names it takes out of them."""
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    if isinstance(node, ast.ImportFrom) and node.module:
        return {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return set()


def dialects_stay_in_their_folders(house: House) -> Iterator[str]:
    for place, node in house.nodes("gateway/", "workers/"):
        named = {name for name in imported(node) if name.startswith("africastalking")}
        if named and not place.startswith("gateway/channels/africastalking/"):
            yield f"{place}: the provider's library is for its own folder"
        if (
            isinstance(node, ast.Constant)
            and node.value == "africastalking"
            and "/africastalking/" not in place
        ):
            yield f"{place}: a provider is found by its folder's name, never by a list"


def jobs_are_nudges(house: House) -> Iterator[str]:
    for place, node in house.nodes("gateway/", "workers/"):
        if {"rq.Retry", "rq.Repeat", "rq.decorators", "rq_scheduler", "rq.cron"} & imported(node):
            yield f"{place}: a job is a nudge: no retry, no schedule"
        if isinstance(node, ast.Call) and dotted(node.func).endswith(
            (".enqueue_in", ".enqueue_at", ".enqueue")
        ):
            yield f"{place}: a job is a nudge: it is given by sending.nudge only, at once"


def nothing_of_hers_is_logged(house: House) -> Iterator[str]:
    for place, node in house.nodes():
        if not (isinstance(node, ast.Call) and re.match(r"(_?log(ger)?|logging)\.\w+$", dotted(node.func))):
            continue
        if dotted(node.func).endswith(".exception") or any(word.arg == "exc_info" for word in node.keywords):
            yield f"{place}: a traceback may quote her"
        values = [*node.args, *(word.value for word in node.keywords)]
        for name in (part for value in values for part in ast.walk(value)):
            last = dotted(name).rpartition(".")[2]
            if HERS.match(last):
                yield f"{place}: {dotted(name)} goes into the log"


TO_A_PHONE = frozenset(
    {"Piece", "Reply", "Outgoing", "OutgoingPush", "Sms", "add_alert", "add_row", "send_text"}
)
"""What carries words towards a phone; HTTP answers go to providers."""

LAST_WORDS = frozenset({"gateway/conversations/ussd_session.py:_LAST", "gateway/web/webhooks/views.py:DOWN"})
"""What is said where no menu can be read: the only words in code, plain English without a number of any country."""

OF_LETTERS = (
    "gateway/menus/keywords/",
    "gateway/menus/engine/text_breaks.py",
    "gateway/menus/engine/screens.py",
    "gateway/menus/authoring/",
    "gateway/helpdesk/staff/passwords.py",
    "gateway/web/shared/languages.py",
)
"""Where letters of Lao and Thai are grammar, examples to authors, easy passwords, or names of the pages' languages."""

_ANOTHER_SCRIPT = re.compile("[\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff]{3}")
_SENTENCE = re.compile(r"[A-Za-z]+[,.!?]? [A-Za-z{]")


def phones_are_told_by_the_menu(house: House) -> Iterator[str]:
    """Texts that go to phones stand in the menu folder, where a person reviews them; pages have their catalogues."""
    for path, tree in house.source("gateway/", "workers/"):
        docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in walked(house.files[path]):
            said = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
            if (
                _ANOTHER_SCRIPT.search(said)
                and id(node) not in docstrings
                and not path.startswith(OF_LETTERS)
            ):
                yield f"{path}:{node.lineno}: words of a language stand in code"
            if isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] in TO_A_PHONE:
                yield from (
                    f"{path}:{node.lineno}: {words!r} goes to a phone" for words in _sentences_in(node)
                )
        for node in tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                name = f"{path}:{dotted(node.targets[0])}"
                words = str(node.value.value)
                spoken = words.startswith(("Sorry", "Hello", "Dear", "Please", "Thank"))
                if spoken and name not in LAST_WORDS:
                    yield f"{path}:{node.lineno}: {words!r} speaks to somebody, outside the menu folder"


def _sentences_in(call: ast.Call) -> Iterator[str]:
    for given in (*call.args, *(word.value for word in call.keywords)):
        for part in ast.walk(given):
            if (
                isinstance(part, ast.Constant)
                and isinstance(part.value, str)
                and _SENTENCE.search(part.value)
            ):
                yield part.value


def the_environment_is_read_in_config(house: House) -> Iterator[str]:
    for place, node in house.nodes("gateway/", "workers/"):
        if dotted(node) in {"os.environ", "os.getenv", "os.environb"} or imported(node) & {
            "os.environ",
            "os.getenv",
        }:
            yield f"{place}: the environment is read in config/ only"


def parts_are_put_together_once(house: House) -> Iterator[str]:
    for place, node in house.nodes("gateway/", "workers/", but=("gateway/bootstrap.py",)):
        if isinstance(node, ast.Call) and dotted(node.func) in {
            "Parts",
            "Store",
            "Versions",
            "Sessions",
            "Spool",
        }:
            yield f"{place}: {dotted(node.func)} is built in gateway/bootstrap.py only"


def time_is_read_in_the_clock(house: House) -> Iterator[str]:
    for place, node in house.nodes("gateway/", "workers/", but=("gateway/foundation/time_and_chance.py",)):
        asked = re.search(r"(^|\.)(datetime\.(now|utcnow|today)|date\.today)$", dotted(node))
        if asked or imported(node) & {"time", "time.time", "time.monotonic", "time.sleep", "sched"}:
            yield f"{place}: time is read in gateway/foundation/time_and_chance.py only"


def chance_comes_from_ids(house: House) -> Iterator[str]:
    for place, node in house.nodes("gateway/", "workers/", but=("gateway/foundation/time_and_chance.py",)):
        if imported(node) & {"random", "secrets", "uuid", "os.urandom"} or dotted(node) == "os.urandom":
            yield f"{place}: chance comes from gateway/foundation/time_and_chance.py only"


SQL = re.compile(r"\s*(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM)\s", re.DOTALL)


def sql_is_written_in_the_store(house: House) -> Iterator[str]:
    for place, node in house.nodes("gateway/", "workers/", but=("gateway/storage/",)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value):
            yield f"{place}: SQL lives in gateway/storage only"
        if isinstance(node, ast.Call) and dotted(node.func).endswith("tx.execute"):
            yield f"{place}: SQL lives in gateway/storage only"


def returning_answers_a_conditional_write(house: House) -> Iterator[str]:
    for place, node in house.nodes():
        if isinstance(node, ast.Attribute) and node.attr == "rowcount":
            yield f"{place}: rowcount is -1 for ON CONFLICT on PostgreSQL; RETURNING answers on both"


def a_transaction_waits_for_nobody(house: House) -> Iterator[str]:
    for place, node in house.nodes("gateway/", "workers/"):
        opens = isinstance(node, ast.With) and any(
            isinstance(item.context_expr, ast.Call) and dotted(item.context_expr.func).endswith("store.write")
            for item in node.items
        )
        for inner in ast.walk(node) if opens else ():
            if isinstance(inner, ast.Call) and dotted(inner.func).rpartition(".")[2] in NETWORK:
                yield f"{place}: {dotted(inner.func)} inside a write transaction"


def faces_do_not_decide_by_role(house: House) -> Iterator[str]:
    for place, node in house.nodes(*FACES):
        if isinstance(node, ast.Compare):
            sides = [dotted(side) for side in (node.left, *node.comparators)]
            if any(side.startswith("Role.") for side in sides) and any(".role" in side for side in sides):
                yield f"{place}: who may do what is asked of access, not compared"


def use_cases_ask_who_acts(house: House) -> Iterator[str]:
    for place, node in house.nodes(*USE_CASES):
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            named = {arg.arg for arg in (*node.args.args, *node.args.kwonlyargs)}
            used = {name.id for part in node.body for name in ast.walk(part) if isinstance(name, ast.Name)}
            if "actor" in named - used:
                yield f"{place}: {node.name} is told who acts and does not ask"


def what_can_be_asked_twice_has_a_key(house: House) -> Iterator[str]:
    for path, declared in UNIQUE:
        if not re.search(declared, house.files[path]):
            yield f"{path}: no unique key any more: {declared}"


def there_is_one_store(house: House) -> Iterator[str]:
    for place, node in house.nodes("gateway/", "workers/"):
        if isinstance(node, ast.ClassDef):
            bases = {dotted(base) for base in node.bases}
            if place.startswith("gateway/storage/") and bases & {"Protocol", "ABC", "abc.ABC"}:
                yield f"{place}: the store has no ports: {node.name}"
            if node.name.endswith("Store") and not place.startswith("gateway/storage/database.py"):
                yield f"{place}: a second store: {node.name}"


def every_module_stands_in_a_layer(house: House) -> Iterator[str]:
    layers = tomllib.loads(house.files["pyproject.toml"])["tool"]["importlinter"]["contracts"][0]["layers"]
    named = {module.strip() for layer in layers for module in layer.split("|")}
    for path, _ in house.source("gateway/"):
        module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        above = {layer for layer in named if f"{module}.".startswith(f"{layer}.")}
        inside = path.endswith("/__init__.py") and any(layer.startswith(f"{module}.") for layer in named)
        if not above and not inside and module != "gateway":
            yield f"{path}: {module} stands in no layer, so no arrow of it is looked at"


def names_say_what_a_thing_is(house: House) -> Iterator[str]:
    for path, _ in house.source():
        if NO_NAME.search(Path(path).stem):
            yield f"{path}: this name says nothing"
    for place, node in house.nodes():
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef) and NO_NAME.search(
            node.name
        ):
            yield f"{place}: {node.name} says nothing"


def functions_are_a_verb_with_its_object(house: House) -> Iterator[str]:
    for path, tree in house.source(but=(names.PROOFS,)):
        for node in names.list_functions(tree):
            if not node.name.startswith("_") and (fault := names.find_fault(node.name)):
                yield f"{path}:{node.lineno}: {node.name} {fault}"


def no_function_begins_with_a_participle(house: House) -> Iterator[str]:
    for path, tree in house.source():
        for node in names.list_functions(tree):
            if names.is_participle(node.name.strip("_").split("_")[0]):
                yield f"{path}:{node.lineno}: {node.name} says what was done, not what it does"


def names_hold_no_banned_word(house: House) -> Iterator[str]:
    for path, tree in house.source(but=(names.PROOFS,)):
        for word in names.find_banned_words(Path(path).stem):
            yield f"{path}: the name holds {word}"
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                for word in names.find_banned_words(node.name):
                    yield f"{path}:{node.lineno}: {node.name} holds {word}"


def no_name_is_used_twice(house: House) -> Iterator[str]:
    seen: dict[str, str] = {}
    for place, node in house.nodes():
        if isinstance(node, ast.ClassDef):
            if node.name in seen:
                yield f"{place}: {node.name} is the name of a class in {seen[node.name]}"
            seen.setdefault(node.name, place)
    for upper, lower in names.list_twins([path for path, _ in house.source()]):
        yield f"{lower}: has the name of {upper}"


def every_module_says_why_it_exists(house: House) -> Iterator[str]:
    for path, tree in house.source():
        if house.files[path].strip() and not ast.get_docstring(tree):
            yield f"{path}: no opening sentence"


def files_and_functions_are_short(house: House) -> Iterator[str]:
    files, functions = [], []
    for path, tree in house.source():
        files.append(lines := house.files[path].count("\n"))
        if lines > LONGEST_FILE:
            yield f"{path}: {lines} lines"
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                functions.append(long := (node.end_lineno or 0) - node.lineno + 1)
                if long > LONGEST_FUNCTION:
                    yield f"{path}:{node.lineno}: {node.name} has {long} lines"
    if median(files) > MEDIAN_FILE or median(functions) > MEDIAN_FUNCTION:
        yield f"medians: {median(files)} lines a file, {median(functions)} a function"


def tests_outweigh_the_source(house: House) -> Iterator[str]:
    source = sum(house.files[path].count("\n") for path, _ in house.source())
    tests = sum(
        text.count("\n") for path, text in house.files.items() if path.startswith(("tests/", "menus/tests/"))
    )
    if tests < TESTS_TO_SOURCE * source:
        yield f"tests: {tests} lines for {source} of source, {tests / source:.2f} and not {TESTS_TO_SOURCE}"


def no_test_is_left_out(house: House) -> Iterator[str]:
    for path, text in house.files.items():
        for number, line in enumerate(text.splitlines(), 1):
            if path.startswith("tests/") and re.match(r"\s*(@pytest\.mark|pytest)\.(skip|xfail)\b", line):
                yield f"{path}:{number}: a test that does not run proves nothing"


def every_variable_is_explained(house: House) -> Iterator[str]:
    explained = set(re.findall(r"^([A-Z_]+)=", house.files["config/example.env"], re.MULTILINE))
    read = {
        part.target.id.upper()
        for node in parsed(house.files["config/settings.py"]).body
        if isinstance(node, ast.ClassDef) and node.name == "Environment"
        for part in node.body
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name)
    }
    yield from (f"config/example.env: {name} is not explained" for name in sorted(read - explained))
    yield from (f"config/example.env: {name} is read by nobody" for name in sorted(explained - read))


@dataclass(frozen=True)
class Rule:
    """A law by its number in the design, or `size` and `shape`, and the function that finds what breaks it."""

    law: str
    look: Callable[[House], Iterator[str]]

    def __str__(self) -> str:
        return f"{self.law}:{self.look.__name__}"


RULES = (
    Rule("2", dialects_stay_in_their_folders),
    Rule("3", jobs_are_nudges),
    Rule("3", nothing_of_hers_is_logged),
    Rule("texts", phones_are_told_by_the_menu),
    Rule("4", the_environment_is_read_in_config),
    Rule("4", every_variable_is_explained),
    Rule("5", every_module_stands_in_a_layer),
    Rule("5", parts_are_put_together_once),
    Rule("6", time_is_read_in_the_clock),
    Rule("6", chance_comes_from_ids),
    Rule("7", sql_is_written_in_the_store),
    Rule("7", returning_answers_a_conditional_write),
    Rule("7", a_transaction_waits_for_nobody),
    Rule("8", faces_do_not_decide_by_role),
    Rule("8", use_cases_ask_who_acts),
    Rule("9", what_can_be_asked_twice_has_a_key),
    Rule("10", there_is_one_store),
    Rule("10", no_test_is_left_out),
    Rule("size", files_and_functions_are_short),
    Rule("size", tests_outweigh_the_source),
    Rule("shape", every_module_says_why_it_exists),
    Rule("shape", names_say_what_a_thing_is),
    Rule("names", functions_are_a_verb_with_its_object),
    Rule("names", no_function_begins_with_a_participle),
    Rule("names", names_hold_no_banned_word),
    Rule("names", no_name_is_used_twice),
)
