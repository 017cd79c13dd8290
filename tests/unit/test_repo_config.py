"""``.github/soulcaster.yml``: mistakes are named with their line."""

import pytest

from bot.domain.errors import ConfigError
from bot.repo_config import RepoConfig, read_repo_config


def test_nothing_means_the_defaults() -> None:
    assert read_repo_config("") == RepoConfig()
    assert read_repo_config("# only a comment\n") == RepoConfig()


def test_what_is_written_counts() -> None:
    config = read_repo_config("slack:\n  channel: C1\nfix:\n  allow: [setup.cfg]\n")
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
        read_repo_config(text)
    assert ".github/soulcaster.yml" + line in str(caught.value)
