"""What `make live` says: which service answered as its contract has it, which was not tried."""

from __future__ import annotations

from collections import defaultdict

import pytest

from bot.domain.secrets import redact


def say(reporter: pytest.TerminalReporter) -> None:
    """A line a service, and one for each thing that is wrong; never a key."""
    told: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in reporter.stats.get(outcome, ()):
            service = dict(getattr(report, "user_properties", ())).get("service", report.nodeid)
            why = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
            crash = getattr(getattr(report.longrepr, "reprcrash", None), "message", "")
            # What an assertion compared is shown in parts, of which none looks like a key any more.
            crash = "another answer" if crash.startswith("AssertionError") else crash
            words = why.removeprefix("Skipped: ") or crash.partition("\n")[0]
            name = report.nodeid.rpartition("::")[2]
            told[service][outcome].append(redact(f"{name}: {words}" if crash else words))
    reporter.section("hosted services")
    for service, by in sorted(told.items()):
        wrong = [*by["failed"], *by["error"]]
        ran = f"{len(by['passed'])} of {len(by['passed']) + len(wrong)} as the contract has it"
        not_tried = f"not tried: {by['skipped'][0]}" if by["skipped"] else ""
        parts = [ran] if by["passed"] or wrong else []
        reporter.line(f"{service}: {'; '.join([*parts, not_tried][: 2 if not_tried else 1])}")
        for line in wrong:
            reporter.line(f"  {line}")
