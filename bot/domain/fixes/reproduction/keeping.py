"""What a report shows beside the bug as right: a repair must leave it as it is."""

import ast
import re
from collections.abc import Iterator, Sequence

from bot.domain.fixes.reproduction import answers, sentences
from bot.domain.fixes.reproduction.importing import import_block, imports_of
from bot.domain.fixes.reproduction.reading import Step
from bot.domain.fixes.reproduction.records import Example, Reproduction
from bot.domain.fixes.reproduction.symbols import Symbols
from bot.domain.secrets import redact

MAX_KEPT = 5
_NAME = "as_before"
_CODE = re.compile(r"^(?:def|class) ", re.MULTILINE)
_NAMED = re.compile(rf"\w+_{_NAME}_\d$")
_FAILS = re.compile(rf"^(?:FAILED|ERROR|FAIL:|ERROR:) \S*{_NAME}", re.MULTILINE)


def kept_in(steps: Sequence[Step], symbols: Symbols) -> Iterator[Example]:
    """Of lines with comments those that are called right; all that are not called wrong, where
    others are."""
    said = [answers.said_in(step.comment, symbols) for step in steps]
    wrong = [any(each.about == "expected" for each in told) for told in said]
    for n, step in enumerate(steps):
        asked = sentences.asked_in(step.node)
        value, remark = answers.leading(step.comment, symbols)
        right = sentences.is_fine(step.comment) or (any(wrong) and not remark)
        if asked and right and not (wrong[n] or step.shown):
            before = [each.node for each in steps[:n]]
            setup = (node for node in before if not isinstance(node, ast.Expr | ast.Assert))
            one = Example("snippet", tuple(setup), asked[0], value, None, -1, asked[1])
            yield from sentences.as_is(one)


def with_kept(one: Reproduction, others: Sequence[Reproduction]) -> Reproduction:
    """``one``; in its ``kept`` the same file with tests of ``others`` behind its own."""
    stem = one.test.removesuffix("as_reported")
    kept = _beside(one, others[:MAX_KEPT], f"{stem}{_NAME}_", 1)
    return one if kept == one.source else one.model_copy(update={"kept": kept})


def with_more(one: Reproduction, others: Sequence[Reproduction]) -> Reproduction:
    """``one`` with tests of ``others`` behind its own: a repair must turn all of them green."""
    return one.model_copy(update={"source": _beside(one, others, f"{one.test}_", 2)})


def is_of(source: str, one: Reproduction) -> bool:
    """Whether a test file was made of ``one``."""
    return redact(f"{_parts(one.source)[1].rstrip()}\n") in source


def _beside(one: Reproduction, others: Sequence[Reproduction], stem: str, first: int) -> str:
    """The file of ``one`` with the tests of ``others``, named by ``stem`` and numbers."""
    known, (above, code) = imports_of(ast.parse(one.source)), _parts(one.source)
    for number, other in enumerate(others, first):
        imports, test = imports_of(ast.parse(other.source)), _parts(other.source)[1]
        if any(known.get(name, where) != where for name, where in imports.items()):
            continue  # two things of one name
        known |= imports
        test = test.partition("\n\n")[2] if test.startswith("class ") else f"\n{test}"
        code += f"\n{test.replace(f'def {other.test}(', f'def {stem}{number}(', 1)}"
    return f"{above.partition(chr(10))[0]}\n\n{import_block(known)}\n\n{code}"


def lost(output: str) -> bool:
    """Whether a log of a test says that something else than the bug fails."""
    return _FAILS.search(output) is not None


def without_kept(module: ast.Module | None) -> ast.Module:
    """What the report calls wrong alone; of no module an empty one."""
    module = module or ast.Module([], [])
    for node in ast.walk(module):
        if isinstance(node, ast.Module | ast.ClassDef):
            node.body = [each for each in node.body if not _is_kept(each)]
    return module


def _is_kept(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef) and _NAMED.match(node.name) is not None


def _parts(source: str) -> tuple[str, str]:
    """What stands above the tests, and the tests."""
    start = _CODE.search(source)
    at = start.start() if start else len(source)
    return source[:at], source[at:]
