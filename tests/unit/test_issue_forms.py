"""What an issue leaves out of what the repository's form requires."""

from __future__ import annotations

import pytest
import yaml

from bot.domain.text.forms import Form, lacking, read_form

FORM = """
name: Bug report
labels: [bug]
body:
  - {type: markdown, attributes: {value: Thank you}}
  - type: input
    attributes: {label: Version, placeholder: 1.2.3}
    validations: {required: true}
  - type: textarea
    attributes: {label: Steps to reproduce, value: "1. Go to\\n2. See"}
    validations: {required: true}
  - type: textarea
    attributes: {label: What you wanted}
    validations: {required: true}
  - type: input
    attributes: {label: Anything else}
"""
WISH = FORM.replace("Bug report", "Wish").replace("[bug]", "[feature]").replace("Version", "Idea")


def forms(*texts: str) -> list[Form]:
    return [read_form("form", yaml.safe_load(text)) for text in texts]


def body(version: str = "2.1", steps: str = "1. Open it", wanted: str = "A total") -> str:
    told = {"Version": version, "Steps to reproduce": steps, "What you wanted": wanted}
    return "\n\n".join(f"### {label}\n\n{said}" for label, said in told.items())


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (body(), []),
        (body(version="_No response_"), ["Version"]),
        (body(version="1.2.3"), ["Version"]),
        (body(steps="1. Go to\r\n2. See "), ["Steps to reproduce"]),
        (body(steps="", wanted="<!-- say -->"), ["Steps to reproduce", "What you wanted"]),
        ("### Version\n\n", ["Version"]),
        ("It crashes, and follows no form.", []),
        ("", []),
    ],
)
def test_what_is_empty_or_unchanged_is_missing(text: str, left: list[str]) -> None:
    assert lacking(forms(WISH, FORM), text) == left


def test_only_the_form_that_it_follows_and_that_is_for_bugs_counts() -> None:
    wish = "### Idea\n\n\n\n### Steps to reproduce\n\n\n\n### What you wanted\n\n"
    assert lacking(forms(FORM, WISH), wish) == []


def test_nothing_is_known_without_a_form_that_requires_something() -> None:
    none_required = FORM.replace("required: true", "required: false")
    assert lacking(forms(none_required), body(version="")) == []
    assert lacking([], body(version="")) == []


@pytest.mark.parametrize("data", [None, [], "x", {"body": 3}, {"body": ["x", {"type": "input"}]}])
def test_nonsense_asks_for_nothing(data: object) -> None:
    assert read_form("bug", data).required == []
