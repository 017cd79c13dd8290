"""Whether a red test is red for the reason that was reported, and how much that says."""

import re

from bot.domain.fixes.python import literal
from bot.domain.fixes.reproduction.keeping import lost
from bot.domain.fixes.reproduction.records import Grade, Reason

# What fails before the question is asked.
_BROKEN = re.compile(
    r"ImportError while (importing|loading)|ModuleNotFoundError|(?<!\w)SyntaxError"
    r"|fixture '[^']*' not found"
    r"|no tests ran|collected 0 items|Ran 0 tests|_FailedTest|INTERNALERROR|(?<!\w)NameError: name"
    r"|UnboundLocalError|usage: |file or directory not found"
)
# A call that does not fit its function says more about the report than about the function.
_MISFIT = re.compile(
    r"TypeError: .*\(\) (takes |missing \d|got an unexpected|got multiple|got some)"
    r"|has no attribute"
)
_PYTEST_LINE = re.compile(r"^E(?:   +(.*))?$", re.MULTILINE)
_RAISED = re.compile(r"^(?:[A-Za-z_]\w*\.)*([A-Z]\w*)(?::|$)", re.MULTILINE)
_COMPARED = re.compile(
    r"^(?:AssertionError: )?(?:assert )?(?P<left>.+?) (?:==|is|!=) (?P<right>.+)$", re.MULTILINE
)
_AT_INDEX = re.compile(r"At index (?P<at>\d+) diff: (?P<left>.+) != .+$", re.MULTILINE)
# A long value in pytest's first line, its middle left out.
_SHORTENED = re.compile(
    r"^(?:AssertionError: )?assert (\S.{9,}?)\.\.\.(.{9,}?\S) == ", re.MULTILINE
)
_HOLDERS = {"list", "tuple", "dict", "set"}
PREFIX = 40  # characters of a shown value that must be found again


def graded(output: str, test: str, reason: Reason) -> Grade | None:
    """How much the log of a red run says; None where it fails for another reason.

    ``output`` is what pytest or unittest printed, both streams; ``test`` is the function.
    """
    if test not in output or lost(output):
        return None
    broken = _BROKEN.search(output)
    told = reason.exception and reason.exception in (
        output[broken.start() : broken.end() + 40] if broken else ""
    )
    if broken and not told:
        return None
    shown = "\n".join(match[1] or "" for match in _PYTEST_LINE.finditer(output)) or output
    if _MISFIT.search(shown) and reason.exception not in ("TypeError", "AttributeError"):
        return None
    raised = {match[1] for match in _RAISED.finditer(shown)}
    if re.search(r"^assert ", shown, re.MULTILINE):
        raised.add("AssertionError")
    if "DID NOT RAISE" in shown or re.search(r"AssertionError: \w+ not raised", shown):
        raised.add("DID NOT RAISE")
    if reason.exception and reason.exception not in raised:
        return None
    if not raised or not _satisfiable(shown, reason.actual):
        return None
    if reason.actual:
        return "as reported" if _found(reason.actual, shown) else None
    if reason.exception in ("", "AssertionError", "DID NOT RAISE") and not reason.message:
        return "fails"
    if reason.exception == "RecursionError":  # its words tell where the depth was reached
        return "as reported"
    return "as reported" if _found(reason.message, shown) else None


def _satisfiable(shown: str, actual: str) -> bool:
    """Whether what came is of the kind of what should come, or the report says to the letter that
    it is not: a repair seldom turns a text into a number."""
    match = _COMPARED.search(shown)
    left, right, told = map(_kind, (match["left"], match["right"], actual) if match else ("",) * 3)
    if {left, right} & {"number"} and {left, right} & _HOLDERS:
        return False  # "the parts have 3 instead of 2" is said of a list, and is none
    return left in (right, "", told) or not right or "NoneType" in (left, right)


def _kind(text: str) -> str:
    """The type of the value that a text shows; empty where it is no literal and no time."""
    if moment := re.match(r"datetime\.\w+(?=\()", text.strip()):
        return moment[0]
    value = literal(text)
    if value is ...:
        return ""
    return "number" if isinstance(value, int | float | complex) else type(value).__name__


def _found(actual: str, shown: str) -> bool:
    """Quotes and spaces may differ between a report and a log, and how it writes a line break."""

    def plain(text: str) -> str:
        return re.sub(r"[\s'\"`]+|\\n", "", text)

    compared = _COMPARED.search(shown)
    if _kind(actual) == "str" and compared and re.match(r"<|[A-Z]\w*\(", compared["left"]):
        return False  # an object, in which it may stand as an argument
    if _kind(actual) == "str" and repr(literal(actual)) in shown:
        return True
    # unittest leaves what both have out of its first line, and shows both by lines below.
    rows = [row.lstrip() for row in shown.splitlines()]
    came = "".join(row.removeprefix("- ") for row in rows if row[:2] not in ("+ ", "? "))
    in_rows = " differ: " in shown or re.search(r"^- ", shown, re.MULTILINE)
    if in_rows and plain(actual) in plain(came):
        return True
    if actual.startswith("[") and (differs := _AT_INDEX.search(shown)):  # the rest is left out
        lines, came = literal(actual), plain(differs["left"])[:PREFIX]
        rest = lines[int(differs["at"]) :][:1] if isinstance(lines, list) else []
        if rest == [literal(differs["left"])] or (lines is ... and came in plain(actual)):
            return True
    # The order of a dict or set is nobody's report.
    words = set(re.findall(r"\w+", actual)) if _kind(actual) in ("dict", "set") else None
    for head, tail in _SHORTENED.findall(shown):
        if plain(actual).startswith(plain(head)) and plain(actual).endswith(plain(tail)):
            return True
        if words and words.issuperset(re.findall(r"\w+", f"{head} {tail}")):
            return True
    if words and compared and literal(compared["left"]) == literal(actual):
        return True
    wanted = plain(actual)[:PREFIX]
    if re.fullmatch(r"-?[\w.]{1,12}", actual.strip()):
        return re.search(rf"(?<![\w.]){re.escape(wanted)}(?![\w]|\.\d)", shown) is not None
    return wanted in plain(shown)
