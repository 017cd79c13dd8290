"""Settings: wrong ones are named, one line each."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bot.domain.errors import ConfigError
from bot.domain.keeping import Keep
from bot.settings import Settings, misspelt

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32)).private_bytes(
    Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
)
PEM = KEY.decode().strip().replace("\n", "\\n")


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
    assert settings.github_private_key.get_secret_value() == KEY.decode().strip()


def test_a_key_that_is_no_file_either_is_refused() -> None:
    [line] = mistakes(GITHUB_PRIVATE_KEY="/nowhere/app.pem")
    assert "neither PEM text nor the path of a readable file" in line


def test_a_malformed_key_is_one_line_that_tells_nothing_of_it(tmp_path: Path) -> None:
    path = tmp_path / "app.pem"
    middle = KEY.decode().splitlines()[1]
    for text in (
        "no key at all",
        middle,
        f"-----BEGIN PRIVATE KEY-----\n{middle[:-9]}\n-----END PRIVATE KEY-----",
        f"-----BEGIN PRIVATE KEY-----\n{middle}",
    ):
        path.write_text(text)
        for given in (str(path), text):
            [line] = mistakes(GITHUB_PRIVATE_KEY=given)
            assert line.startswith("GITHUB_PRIVATE_KEY: ")
            assert middle[:12] not in line
            assert "no key at all" not in line
    path.write_bytes(b"\xff\xfe")
    assert len(mistakes(GITHUB_PRIVATE_KEY=str(path))) == 1


def test_an_address_of_redis_has_a_scheme() -> None:
    for wrong in ("localhost:6379", "http://localhost", "redis://:pass@host:port/0"):
        [line] = mistakes(REDIS_URL=wrong)
        assert line.startswith("REDIS_URL: wants redis://, rediss:// or unix://")
        assert wrong not in line
    for right in ("redis://localhost:6379/0", "rediss://:pass@host:1/0", "unix:///tmp/redis"):
        assert Settings.load({"REDIS_URL": right}).redis_url == right


def test_a_name_that_is_nearly_one_of_ours_is_told() -> None:
    assert misspelt({"GITHUB_APPID": "1", "SLACK_SIGNING_SECRETS": "x", "GITHUB_APP_ID": "1"}) == [
        "GITHUB_APPID: GITHUB_APP_ID?",
        "SLACK_SIGNING_SECRETS: SLACK_SIGNING_SECRET?",
    ]
    assert misspelt({"HOME": "/", "GITHUB_TOKEN": "x", "GITHUB_ACTIONS": "1"}) == []


def test_things_that_go_together_go_together() -> None:
    assert "go together" in mistakes(SLACK_BOT_TOKEN="xoxb-1")[0]
    app = {"SLACK_CLIENT_ID": "1.2", "SLACK_CLIENT_SECRET": "s"}
    assert "SOULCASTER_PUBLIC_URL" in mistakes(**app, SLACK_SIGNING_SECRET="s")[0]
    app |= {"SOULCASTER_PUBLIC_URL": "https://app.example"}
    assert "go together" in mistakes(**app)[0]
    assert Settings.load({**app, "SLACK_SIGNING_SECRET": "s"}).slack_client_id == "1.2"
    assert "go together" in mistakes(UPSTASH_VECTOR_REST_URL="https://x")[0]


def test_lists_are_read() -> None:
    settings = Settings.load(
        {
            "SOULCASTER_LINKS": "T1/U1=ana, T1/U2=bo",
            "SOULCASTER_TRUSTED_REPOSITORIES": "a/b,c/d",
        }
    )
    assert settings.soulcaster_links == {"T1/U1": "ana", "T1/U2": "bo"}
    assert settings.soulcaster_trusted_repositories == {"a/b", "c/d"}


def test_secrets_do_not_print() -> None:
    shown = repr(Settings.load({"GEMINI_API_KEY": "AIza-very-secret"}))
    assert "very-secret" not in shown


def test_how_long_things_are_kept_is_read_and_said() -> None:
    keep = Settings.load({"SOULCASTER_KEEP": "removed=90m  logs=48h evidence=30s"}).soulcaster_keep
    assert (keep.removed, keep.logs) == (timedelta(minutes=90), timedelta(days=2))
    assert keep.parked == Keep().parked
    assert str(keep) == (
        "hours=90d evidence=30s commands=90d cards=90d logs=2d parked=30d unreadable=1d removed=90m"
        " interviews=1h"
    )
    assert Keep.read(str(keep)) == keep


@pytest.mark.parametrize(
    "words",
    [
        *(
            "logs",
            "logs=",
            "logs=30",
            "logs=0d",
            "logs=-1d",
            "logs=1w",
            "logs=1.5d",
            "logs=999999d",
        ),
        *("hours=8d", "commands=7d parked=1d", "parked=91d", "items=1d", "logs=1d;parked=2d"),
    ],
)
def test_how_long_things_are_kept_is_checked(words: str) -> None:
    with pytest.raises(ConfigError) as error:
        Settings.load({"SOULCASTER_KEEP": words})
    assert str(error.value).startswith("SOULCASTER_KEEP: ")
    assert "\n" not in str(error.value)
