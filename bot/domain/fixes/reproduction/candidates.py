"""Every test that the reports offer, best first."""

import ast
import re
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from bot.domain.fixes.patch import Tree
from bot.domain.fixes.python import expression, literal, parsed
from bot.domain.fixes.reproduction.answers import UNCHANGED, said_in, sentence_at
from bot.domain.fixes.reproduction.commands import command_lines
from bot.domain.fixes.reproduction.examples import examples_in
from bot.domain.fixes.reproduction.keeping import with_kept
from bot.domain.fixes.reproduction.reading import passages
from bot.domain.fixes.reproduction.records import BugReport, Example, Raised, Reproduction, Shown
from bot.domain.fixes.reproduction.resolving import NotPlain, Resolver
from bot.domain.fixes.reproduction.symbols import Symbols, symbols_of
from bot.domain.fixes.reproduction.wording import ALSO, TICKED
from bot.domain.fixes.reproduction.writing import Place, headed, write
from bot.domain.fixes.testplan import Style, how_to_test

MAX_CANDIDATES = 20
MAX_OBSERVED = 3


@dataclass(frozen=True, slots=True)
class Attempts:
    """What reports offer: tests, best first, what became none and why, a line each; and of what
    they say that comes, tests that hold while the bug is there. ``exact`` ask for the message of
    the error that should come, too, which many write in their own words. ``beyond`` has of a
    report, by its number, a value that should come, or what is said to do it as well, that no test
    asks for."""

    tests: list[Reproduction]
    dropped: list[str]
    observed: list[Reproduction]
    exact: list[Reproduction]
    beyond: dict[int, str]

    @property
    def advice(self) -> str:
        """What the reports lack; for a person."""
        if self.dropped:
            return f"No example can be run: {self.dropped[0]}."
        return (
            "The reports hold no example that can be run: a call with its values, and what it "
            "should give. Add one, such as: f(1) returns 2, expected 3."
        )


def confirmed(one: Reproduction) -> str:
    """What to tell when what a report says that comes does come, and no test came of it."""
    return (
        f"Confirmed: {one.says}, as reported. What it should give is not said in a form that can "
        f"be read: add a line such as: {one.says.replace('` gives', '` returns', 1)}, expected ..."
    )


def attempts(reports: Sequence[BugReport], tree: Tree, *, name: str) -> Attempts:
    """Tests that should fail on ``tree``, best first; empty when no report shows an example.

    ``name`` is the cluster's (``C-12``); the file is named after it and lies among the tests.
    """
    symbols = symbols_of(tree)
    folder, style = _place(tree)
    path = _free_path(folder, name, tree)
    found: dict[tuple[str, str, int], tuple[int, Reproduction]] = {}
    dropped: list[str] = []
    exact: list[Reproduction] = []
    for report in reports:
        place = Place(path, style, report.number)
        offered = list(command_lines(report, tree, symbols, place))
        hints = _hints(report, symbols)
        examples: list[Example] = []
        with suppress(RecursionError):  # nested deeper than anything honest
            examples += examples_in(report, symbols)
            wrong = {ast.dump(each.question) for each in examples if each.sure > 2}
            for example in examples:
                if example.sure < 0 and ast.dump(example.question) in wrong:
                    continue
                for each in (example, *_without_text(example)):
                    try:
                        offered.append((each.sure, write(each, Resolver(symbols, hints), place)))
                        if (
                            each.sure > 0
                            and isinstance(each.expected, Raised)
                            and each.expected.message
                        ):
                            told = write(replace(each, exact=True), Resolver(symbols, hints), place)
                            exact.append(_finished(told))
                        break
                    except NotPlain as error:
                        code = " ".join(ast.unparse(each.question).split())
                        dropped.append(f"of {textwrap.shorten(code, 80)}, {error}")
        for sure, one in offered:
            # the same test from another report: one candidate, seen more often
            key = (one.test, one.source.partition('"""\n')[2], (sure > 0) - (sure < 0))
            known = found.get(key, (sure, one))
            plainer = known[1] if known[1].reason.actual or known[1].reason.exception else one
            items = tuple(sorted({*known[1].items, *one.items}))
            found[key] = max(sure, known[0]), plainer.model_copy(update={"items": items})
    ranked = sorted(
        found.values(),
        key=lambda pair: (-pair[0], -len(pair[1].items), len(pair[1].source), pair[1].source),
    )
    tests = [_finished(one) for sure, one in ranked if sure > 0]
    seen = [_finished(one) for sure, one in ranked if sure == 0]
    right = [_finished(one) for sure, one in ranked if sure < 0]
    dropped = list(dict.fromkeys(dropped))[:MAX_CANDIDATES]
    tests = [
        with_kept(one, [each for each in right if set(each.items) <= set(one.items)])
        for one in tests[:MAX_CANDIDATES]
    ]
    beyond = {report.number: _beyond(report, symbols, tests) for report in reports if tests}
    return Attempts(tests, dropped, seen[-MAX_OBSERVED:], exact[:MAX_OBSERVED], beyond)


def _without_text(one: Example) -> Iterator[Example]:
    """What should come where it is told in a form that is no value: no error, at least."""
    if isinstance(one.actual, Raised) and isinstance(one.expected, Shown):
        yield replace(one, expected=None, sure=1)


def _beyond(report: BugReport, symbols: Symbols, tests: Sequence[Reproduction]) -> str:
    nodes = [node for one in tests for node in ast.walk(ast.parse(one.source))]
    asked = {ast.unparse(node) for node in nodes if isinstance(node, ast.expr)}
    asked |= {str(node.value).strip() for node in nodes if isinstance(node, ast.Constant)}
    asked |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    for text in (part.text for part in passages(report.title, report.body) if not part.code):
        told = [(e, e.answer) for e in said_in(text, symbols) if isinstance(e.answer, Shown)]
        came = {shown.text for each, shown in told if each.about != "expected"}
        wanted = [(e.at, shown) for e, shown in told if e.about == "expected"]
        beside = [value for at, _ in wanted for value in _values_in(sentence_at(text, at))]
        plain = [shown for _, shown in wanted if shown is not UNCHANGED]
        for shown in (*plain, *beside, *_said_of_others(text, symbols)):
            ways = {ast.unparse(node), str(literal(node))} if (node := shown.node) else set[str]()
            ways |= {way.removeprefix("datetime.") for way in ways}  # as it may be imported
            if (asked | came).isdisjoint({way.strip() for way in (*ways, shown.text)}):
                return shown.text
    return ""


def _values_in(sentence: str) -> Iterator[Shown]:
    """Values between backticks, of names or not: "`a` to be `1`, `b` to be `(2, c)`". What an
    article stands before, "a `None` key", is no answer."""
    for match in re.finditer(
        rf"(\b(?:an?|the|this|that|no)\s+)?({TICKED})(?=(\s+[a-z]+)?)", sentence
    ):
        if match[1] and match[3]:
            continue
        node = expression(text := match[2].strip("`"))
        if isinstance(node, ast.Constant | ast.List | ast.Tuple | ast.Set | ast.Dict):
            yield Shown(text, node)


def _said_of_others(text: str, symbols: Symbols) -> Iterator[Shown]:
    """What is said to do it as well: "`search('b')` ends the same way", "`filter`, too"."""
    for match in re.finditer(TICKED, text):
        node = expression(span := re.sub(r"^print\((.+)\)$", r"\1", match[0].strip("`")))
        head = node.func if isinstance(node, ast.Call) else node
        name = getattr(head, "id", getattr(head, "attr", ""))
        known = name in symbols.functions or name in symbols.methods
        ours = known or (isinstance(node, ast.Call) and name in symbols.names)
        if ours and ALSO.search(sentence_at(text, match.start())):
            yield Shown(span, node)


def _finished(one: Reproduction) -> Reproduction:
    """Its first line names every report it came from; quotes are double where they can be."""
    source = headed(one.subject, one.items, one.source.partition("\n")[2])
    double = parsed(doubled := re.sub(r"'([^'\"\\\n]*)'", r'"\1"', source))
    same = double is not None and ast.dump(double) == ast.dump(ast.parse(source))
    return one.model_copy(update={"source": doubled if same else source})


def _hints(report: BugReport, symbols: Symbols) -> list[str]:
    """Modules that the report's text and frames speak of."""
    text = f"{report.title}\n{report.body}"
    paths = {frame.path for frame in report.frames}
    return [
        module
        for module, path in symbols.modules.items()
        if re.search(rf"(?<![\w.]){re.escape(module)}\b", text)
        or path in text
        or any(shown.endswith(path) or path.endswith(shown) for shown in paths if shown)
    ]


def _place(tree: Tree) -> tuple[str, Style]:
    """Where the repository's Python tests live, and how they are written."""
    plan = how_to_test(
        {path: tree[path] for path in tree if path.endswith((".py", ".ini", ".toml", ".cfg"))}
    )
    if plan is None or plan.style == "other":
        return "tests", "pytest"
    return plan.folder, plan.style


def _free_path(folder: str, name: str, tree: Tree) -> str:
    stem = re.sub(r"[^a-z0-9]", "", name.lower())
    prefix = f"{folder}/" if folder else ""
    path, number = f"{prefix}test_soulcaster_{stem}.py", 2
    while path in tree:
        path, number = f"{prefix}test_soulcaster_{stem}_{number}.py", number + 1
    return path
