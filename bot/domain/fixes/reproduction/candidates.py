"""Every test that the reports offer, best first."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.domain.fixes.patch import Tree
from bot.domain.fixes.reproduction.commands import command_lines
from bot.domain.fixes.reproduction.examples import examples_in
from bot.domain.fixes.reproduction.quotes import in_double, uses_single
from bot.domain.fixes.reproduction.records import BugReport, Reproduction
from bot.domain.fixes.reproduction.resolving import NotPlain, Resolver
from bot.domain.fixes.reproduction.symbols import Symbols, symbols_of
from bot.domain.fixes.reproduction.writing import headed, write
from bot.domain.fixes.testplan import Style, how_to_test

MAX_CANDIDATES = 12


def candidates(reports: Sequence[BugReport], tree: Tree, *, name: str) -> list[Reproduction]:
    """Tests that should fail on ``tree``, best first; empty when no report shows an example.

    ``name`` is the cluster's (``C-12``); the file is named after it and lies among the tests.
    """
    symbols = symbols_of(tree)
    folder, style = _place(tree)
    path = _free_path(folder, name, tree)
    found: dict[tuple[str, str], tuple[int, Reproduction]] = {}
    for report in reports:
        for sure, one in _of_report(report, tree, symbols, path, style):
            # the same test from another report: one candidate, seen more often
            key = (one.says, one.source.partition('"""\n')[2])
            known = found.get(key)
            if known:
                one = one.model_copy(
                    update={
                        "items": tuple(sorted({*known[1].items, *one.items})),
                        "reason": known[1].reason if known[1].reason.actual else one.reason,
                    }
                )
                sure = max(sure, known[0])
            found[key] = (sure, one)
    ranked = sorted(
        found.values(),
        key=lambda pair: (-pair[0], -len(pair[1].items), len(pair[1].source), pair[1].source),
    )
    single = uses_single(tree)
    return [_finished(one, single) for _, one in ranked[:MAX_CANDIDATES]]


def _of_report(
    report: BugReport, tree: Tree, symbols: Symbols, path: str, style: Style
) -> list[tuple[int, Reproduction]]:
    found = []
    hints = _hints(report, symbols)
    try:
        examples = examples_in(report, symbols)
    except RecursionError:
        examples = []  # nested deeper than anything honest
    for example in examples:
        try:
            resolver = Resolver(symbols, hints)
            one = write(example, resolver, style=style, path=path, number=report.number)
        except (NotPlain, RecursionError):
            continue
        found.append((example.sure, one))
    return [*found, *command_lines(report, tree, symbols, style=style, path=path)]


def _finished(one: Reproduction, single: bool) -> Reproduction:
    """Its first line names every report it came from; quotes are the repository's."""
    source = headed(one.subject, one.items, one.source.partition("\n")[2])
    return one.model_copy(update={"source": source if single else in_double(source)})


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
