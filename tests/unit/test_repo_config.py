"""``.github/soulcaster.yml``: mistakes are named with their line."""

import pytest

from bot.domain.errors import ConfigError
from bot.repo_config import RepoConfig, read_repo_config


def test_nothing_means_the_defaults() -> None:
    assert read_repo_config(b"") == RepoConfig()
    assert read_repo_config(b"# only a comment\n") == RepoConfig()


def test_what_is_written_counts() -> None:
    config = read_repo_config(b"slack:\n  channel: C1\nfix:\n  allow: [setup.cfg]\n")
    assert config.slack.channel == "C1"
    assert config.fix.allow == ("setup.cfg",)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("slak:\n  channel: C1\n", ":1: slak is no key of ours."),
        ("slack:\n  chanel: C1\n", ":2: slack.chanel is no key of ours."),
        ("fix:\n  enabled: true\n  tests:\n    comand: make\n", ":4: fix.tests.comand is no key"),
        ("fix:\n  max_files: many\n", ":2: fix.max_files"),
        ("fix:\n  egress:\n    - a\n    - {}\n", ":4: fix.egress.1"),
        ("a: [\n", ":2: this is no YAML."),
        ("- a list\n", ":1: "),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str, line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_repo_config(text.encode())
    assert ".github/soulcaster.yml" + line in str(caught.value)


@pytest.mark.parametrize(
    "file",
    [
        b"x" * 64_001,
        b"\xff\xfe",
        b"slack:\n  channel: \xe9\n",
        b"fix: {allow: " + b"[" * 3_000 + b"]" * 3_000 + b"}\n",
        b"fix: {allow: " + b"[" * 21 + b"]" * 21 + b"}\n",
        b"fix:\n  allow: &a [x]\n  egress: *a\n",
        b"fix:\n  allow: [" + b"a," * 25_000 + b"]\n",
        b"? [a]\n: b\n",
        b"!!python/object/apply:os.system [id]\n",
        b"a: \x00\n",
        b"2026-13-45: 1\n",
        b"a: 0b\n---\nb: 1\n",
        b"{}: 1\n",
        b'a: !!int ""\n',
        b"a: !!bool x\n",
        b"a: !!timestamp x\n",
    ],
    ids=lambda file: repr(file[:20]),
)
def test_nonsense_is_one_line_for_a_person(file: bytes) -> None:
    with pytest.raises(ConfigError, match=r"^\.github/soulcaster\.yml:"):
        read_repo_config(file)
