"""A project's file stands above its organisation's, part by part; every value says whose it is."""

from __future__ import annotations

import pytest

from bot.domain.errors import ConfigError
from bot.project_config import _flat, _over
from bot.repo_config import RepoConfig, read_repo_config, said_in

OWN = b"fix:\n  max_files: 3\nlabels: {critical: S1}\n"
OF_OWNER = b"cluster: eager\nfix:\n  max_files: 5\n  max_lines: 50\nlabels: {minor: S4}\n"


def test_parts_are_merged_and_lists_taken_whole() -> None:
    above, below = (
        read_repo_config(file).model_dump(exclude_unset=True) for file in (OWN, OF_OWNER)
    )
    merged = RepoConfig.model_validate(_over(above, below))
    assert merged.cluster == "eager"
    assert (merged.fix.max_files, merged.fix.max_lines) == (3, 50)
    assert list(merged.labels) == ["critical"]


def test_every_key_has_its_line() -> None:
    assert said_in(OF_OWNER) == {
        "cluster": 1,
        "fix": 2,
        "fix.max_files": 3,
        "fix.max_lines": 4,
        "labels": 5,
        "labels.minor": 5,
    }
    assert said_in(b"") == {}
    with pytest.raises(ConfigError, match=r"soulcaster.yml:2: this is no YAML"):
        said_in(b"fix: [")
    assert "fix.tests.command" in _flat(RepoConfig().model_dump())


def test_a_schedule_that_nobody_understands_is_refused_with_its_line() -> None:
    with pytest.raises(ConfigError, match=r"soulcaster.yml:2: digest.schedule .*everyday"):
        read_repo_config(b"digest:\n  schedule: everyday\n")
    for words in ("off", "daily 07:30 Asia/Tokyo"):
        assert read_repo_config(f"digest: {{schedule: {words}}}".encode()).digest.schedule == words
