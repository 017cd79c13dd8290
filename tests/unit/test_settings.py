"""Settings: wrong ones are named, one line each."""

import pytest

from bot.domain.errors import ConfigError
from bot.settings import Settings

PEM = "-----BEGIN RSA PRIVATE KEY-----\\nabc\\n-----END RSA PRIVATE KEY-----"


def mistakes(**environ: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        Settings.load(environ)
    return str(caught.value).splitlines()


def test_nothing_is_needed() -> None:
    settings = Settings.load({})
    assert settings.port == 8080
    assert settings.redis_url == ""


def test_an_empty_value_is_no_value() -> None:
    assert Settings.load({"PORT": "", "GEMINI_API_KEY": ""}).port == 8080


def test_an_unknown_name_of_ours_is_refused() -> None:
    [line] = mistakes(SOULCASTER_AGNET="x")
    assert line == "SOULCASTER_AGNET is no setting of ours: see .env.example"


def test_other_programs_variables_are_none_of_our_business() -> None:
    Settings.load({"HOME": "/root", "GITHUB_TOKEN": "x", "SLACK_THING": "y"})


def test_every_mistake_is_one_line() -> None:
    lines = mistakes(PORT="seventy", SOULCASTER_EMBEDDER="word2vec", SOULCASTER_TYPO="1")
    assert [line.split(":")[0].split()[0] for line in lines] == [
        "SOULCASTER_TYPO",
        "PORT",
        "SOULCASTER_EMBEDDER",
    ]


def test_an_app_without_its_key_or_secret_is_refused() -> None:
    assert "GITHUB_PRIVATE_KEY is missing" in mistakes(GITHUB_APP_ID="1")[0]
    assert (
        "GITHUB_WEBHOOK_SECRET is missing" in mistakes(GITHUB_APP_ID="1", GITHUB_PRIVATE_KEY=PEM)[0]
    )


def test_a_key_on_one_line_is_unfolded() -> None:
    settings = Settings.load(
        {"GITHUB_APP_ID": "1", "GITHUB_PRIVATE_KEY": PEM, "GITHUB_WEBHOOK_SECRET": "s"}
    )
    assert settings.github_private_key.get_secret_value().count("\n") == 2


def test_a_key_that_is_no_file_either_is_refused() -> None:
    [line] = mistakes(GITHUB_PRIVATE_KEY="/nowhere/app.pem")
    assert "neither PEM text nor a readable file" in line


def test_things_that_go_together_go_together() -> None:
    assert "go together" in mistakes(SLACK_BOT_TOKEN="xoxb-1")[0]
    assert "go together" in mistakes(UPSTASH_VECTOR_REST_URL="https://x")[0]


def test_lists_are_read() -> None:
    settings = Settings.load(
        {
            "SOULCASTER_LINKS": "U1=ana, U2=bo",
            "SOULCASTER_TRUSTED_REPOSITORIES": "a/b,c/d",
        }
    )
    assert settings.soulcaster_links == {"U1": "ana", "U2": "bo"}
    assert settings.soulcaster_trusted_repositories == {"a/b", "c/d"}


def test_secrets_do_not_print() -> None:
    shown = repr(Settings.load({"GEMINI_API_KEY": "AIza-very-secret"}))
    assert "very-secret" not in shown
