"""Whether a red test is red for the reason that was reported."""

from __future__ import annotations

import re

from bot.domain.fixes.reproduction.records import Reason, Reproduction

# What fails before the question is asked.
_BROKEN = re.compile(
    r"ImportError while (importing|loading)|ModuleNotFoundError|SyntaxError"
    r"|fixture '[^']*' not found"
    r"|no tests ran|collected 0 items|Ran 0 tests|_FailedTest|INTERNALERROR|NameError: name"
    r"|usage: |file or directory not found"
)
# A call that does not fit its function says more about the report than about the function.
_MISFIT = re.compile(
    r"TypeError: .*\(\) (takes |missing \d|got an unexpected|got multiple|got some)"
    r"|has no attribute"
)
_PYTEST_LINE = re.compile(r"^E(?:   +(.*))?$", re.MULTILINE)
_RAISED = re.compile(r"^(?:[A-Za-z_]\w*\.)*([A-Z]\w*)(?::|$)", re.MULTILINE)
PREFIX = 40  # characters of a shown value that must be found again


def fails_for_the_reason(output: str, reproduction: Reproduction) -> bool:
    """Whether the log of the red run shows the failure that was reported.

    ``output`` is what pytest or unittest printed, both streams.
    """
    return fails_as_told(output, reproduction.test, reproduction.reason)


def fails_as_told(output: str, test: str, reason: Reason) -> bool:
    """The same for the function ``test`` alone."""
    if test not in output:
        return False
    broken = _BROKEN.search(output)
    if broken and reason.exception not in output[broken.start() : broken.end() + 40]:
        return False
    shown = "\n".join(match[1] or "" for match in _PYTEST_LINE.finditer(output)) or output
    if _MISFIT.search(shown) and reason.exception not in ("TypeError", "AttributeError"):
        return False
    raised = {match[1] for match in _RAISED.finditer(shown)}
    if re.search(r"^assert ", shown, re.MULTILINE):
        raised.add("AssertionError")
    if "DID NOT RAISE" in shown or re.search(r"AssertionError: \w+ not raised", shown):
        raised.add("DID NOT RAISE")
    if reason.exception not in raised:
        return False
    return not reason.actual or _found(reason.actual, shown)


def _found(actual: str, shown: str) -> bool:
    """Quotes and spaces may differ between a report and a log."""

    def plain(text: str) -> str:
        return re.sub(r"[\s'\"`]+", "", text)

    wanted = plain(actual)[:PREFIX]
    if re.fullmatch(r"-?[\w.]{1,12}", wanted):
        return re.search(rf"(?<![\w.]){re.escape(wanted)}(?![\w]|\.\d)", shown) is not None
    return wanted in plain(shown)
