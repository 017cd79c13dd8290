"""The calls in the lines of a traceback."""

import ast
import builtins
from collections.abc import Iterator
from dataclasses import replace

from bot.domain.fixes.python import literal, names_in
from bot.domain.fixes.reproduction import answers, completing, reading, sentences
from bot.domain.fixes.reproduction.reading import Spot
from bot.domain.fixes.reproduction.records import Answer, Example, Raised, Shown
from bot.domain.fixes.reproduction.standard import STANDARD
from bot.domain.fixes.reproduction.symbols import Symbols


def called(
    code: str, error: Raised, spot: Spot, wanted: Answer | None, path: str
) -> Iterator[Example]:
    """The call in a line of ``path``, with each value that is told where nothing defines a name of
    it. What a module of the checkout does not have is a variable in its line."""
    steps = reading.steps_of(code.strip().removeprefix("return ").removeprefix("await "))
    asked = sentences.asked_in(steps[0].node) if len(steps) == 1 else None
    if asked is None or not any(isinstance(part, ast.Call) for part in ast.walk(asked[0])):
        return
    told = [each for text in spot.prose for each in answers.said_in(text, spot.symbols)]
    should = (each.answer for each in told if each.about == "expected")
    expected: Answer | None = next((one for one in should if isinstance(one, Raised)), None)
    defined = completing.definitions(spot.parts, spot.symbols)
    known = {name for node in defined for name in completing.bound_in(node)}
    question = asked[0]
    own = spot.symbols.at(path)
    if own and names_in(question) & spot.symbols.names.keys() - known - own:
        return
    wanted = answers.resolved(wanted, question)
    if isinstance(question, ast.JoinedStr):
        question = next(part for part in ast.walk(question) if isinstance(part, ast.Call))
    _made(question, known, spot.symbols)
    if expected is None and isinstance(wanted, Shown) and wanted.node is not None:
        # what is printed may be a number or a text that shows one
        expected = None if asked[1] and isinstance(literal(wanted.node), int) else wanted
    one = Example("traceback", (), question, expected, error, 2)
    needed = names_in(question) - known
    heads = {part for module in spot.symbols.modules for part in module.split(".")}
    missing = sorted(needed - heads - STANDARD - spot.symbols.names.keys() - vars(builtins).keys())
    assigned = [node for node in defined if isinstance(node, ast.Assign)]
    values = [node.value for node in assigned if literal(node.value) is not ...]
    if len(missing) != 1 or not error.message or not values:
        yield one
        return
    for value in values[:3]:
        given = ast.parse(f"{missing[0]} = {ast.unparse(value)}").body[0]
        yield replace(one, setup=(given,))


def _made(question: ast.expr, known: set[str], symbols: Symbols) -> None:
    """``engine.ordinal(1)`` of an ``engine`` that nothing defines: an instance of its class."""
    modules = {part for module in symbols.modules for part in module.split(".")}
    for part in ast.walk(question):
        match part:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method) as asked):
                classes = symbols.methods.get(method, set())
                if len(classes) == 1 and name not in known | modules:
                    asked.value = ast.Call(ast.Name(min(classes), ast.Load()), [], [])
            case _:
                pass
