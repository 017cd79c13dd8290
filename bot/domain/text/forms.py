"""What a repository's issue forms require, and what of it an issue leaves out.

GitHub holds people to it in public repositories only, and not once an issue is edited:
https://docs.github.com/en/communities/using-templates-to-encourage-useful-issues-and-pull-requests/syntax-for-githubs-form-schema
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# What GitHub writes above each answer.
HEADING = re.compile(r"^### +(.+?)\s*$", re.MULTILINE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_BUG = re.compile(r"\b(?:bugs?|crash|defects?|problem|regression|incident)(?:\b|_)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Form:
    """``for_bugs`` by its name or the labels it gives; ``blanks`` are, of each of its headings, the
    texts below that nobody has changed."""

    for_bugs: bool
    blanks: Mapping[str, Sequence[str]]
    required: Sequence[str]


def read_form(name: str, data: object) -> Form:
    """A form, from what its YAML holds; what is none asks for nothing."""
    blanks, required, form = dict[str, Sequence[str]](), list[str](), _mapping(data)
    parts = form.get("body")
    for asked in map(_mapping, parts if isinstance(parts, list) else ()):
        how, rules = _mapping(asked.get("attributes")), _mapping(asked.get("validations"))
        label = str(how.get("label") or "").strip()
        if label and asked.get("type") in ("input", "textarea", "dropdown"):
            blanks[_plain(label)] = [
                _plain(str(how.get(k) or "")) for k in ("placeholder", "value")
            ]
            required += [label] * (rules.get("required") is True)
    called = " ".join(str(form.get(key) or "") for key in ("name", "labels", "type", "title"))
    return Form(bool(_BUG.search(f"{name} {called}")), blanks, required)


def lacking(forms: Sequence[Form], body: str) -> list[str]:
    """What an issue leaves out of the form for bugs that it follows, as that calls it."""
    parts = HEADING.split(body)
    there = {
        _plain(heading): _plain(below)
        for heading, below in zip(parts[1::2], parts[2::2], strict=True)
    }
    form = max(forms, key=lambda one: len(one.blanks.keys() & there.keys()), default=None)
    if form is None or not form.for_bugs:
        return []
    empty = ("", "_no response_")
    left = {k for k in form.blanks.keys() & there.keys() if there[k] in (*empty, *form.blanks[k])}
    return [label for label in form.required if _plain(label) in left]


def _plain(text: str) -> str:
    return " ".join(_COMMENT.sub(" ", text).lower().split())


def _mapping(found: object) -> Mapping[str, Any]:
    return found if isinstance(found, dict) else {}
