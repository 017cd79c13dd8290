"""What calls gave before and after, and what of it is worse. Values only."""

import json
from collections.abc import Collection, Mapping

from bot.domain.ports import Differing
from bot.domain.secrets import redact

# By a call's source: how it ended (gave, raised, slow, died), and the value or the exception.
Answers = Mapping[str, tuple[str, str]]
_SHOWN = 80


def answers_of(output: str) -> Answers:
    """From the lines that were printed; what is no answer is none."""
    found: dict[str, tuple[str, str]] = {}
    for line in output.splitlines():
        try:
            code, kind, text = json.loads(line)
        except (ValueError, TypeError):
            continue
        found[str(code)] = str(kind), str(text)
    return found


def broken_calls(before: Answers, after: Answers, allowed: Collection[str] = ()) -> list[str]:
    """Calls that gave a value, and give none nor raise what is ``allowed``, a line each."""
    return [
        f"`{code}` gave {_words(was)}, now {_words(now)}"
        for code, was in before.items()
        for now in [after.get(code, ("died", ""))]
        if was[0] == "gave" != now[0] and not (now[0] == "raised" and now[1] in allowed)
    ]


def changed_calls(before: Answers, after: Answers) -> list[Differing]:
    """Calls that have another answer now, and are no worse."""
    return [
        Differing(code, _words(was), _words(after[code]))
        for code, was in before.items()
        if was[0] in ("gave", "raised") and after.get(code, was) != was
        if after[code][0] == "gave" or (was[0], after[code][0]) == ("gave", "raised")
    ]


def _words(answer: tuple[str, str]) -> str:
    kind, text = answer
    others = {"gave": text, "raised": f"raises {text}", "slow": "does not end"}
    words = redact(others.get(kind, "ends the process"))
    return words if len(words) <= _SHOWN else f"{words[: _SHOWN - 1]}…"
