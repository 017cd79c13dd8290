"""Every shape of a credential is taken out of what is shown; what only looks similar stays."""

import pytest

from bot.domain import secrets
from bot.domain.secrets import redact, tokens

HEX, MIXED = "0f" * 32, "aB3" * 30  # nobody's
BODY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nBKcwggSjAgEAAoIBAQ+/=="

TOKENS = [
    ("a GitHub token", "ghs_" + MIXED[:36]),
    ("a GitHub token", "gho_" + MIXED[:20]),
    ("a GitHub token", "github_pat_" + "11AAA_bbb"),
    ("a GitLab token", "glpat-" + "g" * 20),
    ("a GitLab token", "glrt-" + MIXED[:20]),
    ("an AWS access key", "AKIA" + "ABCDEFGHIJKLMNOP"),
    ("an AWS access key", "ASIA" + "ABCDEFGHIJKLMNOP"),
    ("a Soulcaster token", "sct_1234_" + "aB3-_" * 8 + "xyz"),
    ("a Slack token", "xoxb-" + "123456789012-abcdefABCDEF"),
    ("a Slack token", "xoxe.xoxp-" + "1-abcdef"),
    ("a Slack token", "xapp-" + "1-A012-345-" + HEX),
    ("a Slack webhook", "hooks.slack.com/services/" + "T000/B000/" + MIXED[:24]),
    ("a Google API key", "AIza" + "Sy" * 16),
    ("a Google API key", "AQ." + "Ab8RN6" + "d" * 30),
    ("a Google OAuth secret", "GOCSPX-" + MIXED[:28]),
    ("a Google OAuth secret", "ya29." + MIXED),
    ("a Stripe key", "sk_live_" + MIXED[:24]),
    ("a Stripe key", "whsec_" + MIXED[:32]),
    ("an Anthropic key", "sk-ant-" + "api03-" + MIXED),
    ("an OpenAI key", "sk-" + MIXED[:48]),
    ("an OpenAI key", "sk-proj-" + "f" * 40),
    ("an npm token", "npm_" + MIXED[:36]),
    ("a PyPI token", "pypi-AgEI" + MIXED),
    ("a SendGrid key", "SG." + MIXED[:22] + "." + MIXED[:43]),
    ("a Sentry token", "sntrys_" + "eyJpYXQiOjE2"),
    ("an E2B key", "e2b_" + "0f" * 20),
    ("a Twilio key", "SK" + HEX[:32]),
    ("a Discord webhook", "discord.com/api/webhooks/" + "123456/" + MIXED[:60]),
    ("a Telegram bot token", "123456789:" + "AA" + MIXED[:33]),
    ("a Hugging Face token", "hf_" + MIXED[:34]),
    ("a DigitalOcean token", "dop_v1_" + HEX),
    ("a private key", f"-----BEGIN PRIVATE KEY-----\n{BODY}\n-----END PRIVATE KEY-----"),
    ("a private key", f"-----BEGIN RSA PRIVATE KEY-----\n{BODY}\n-----END RSA PRIVATE KEY-----"),
    ("a JSON web token", "eyJhbGciOiJSUzI1NiJ9" + ".eyJpc3MiOjF9.c2lnbmF0dXJl"),
    ("a JSON web token", "eyJhbGciOi" + ".eyJhbGci.sig"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "secret"), TOKENS)
def test_a_credential_is_known_by_its_shape_and_taken_out(what, secret):
    assert redact(f"before {secret} after") == "before [redacted] after"
    assert list(tokens(f"key = '{secret}'")) == [(what, secret)]


@pytest.mark.parametrize(
    ("words", "shown", "what"),
    [
        ("redis://user:pa55@host:6379/0", "redis://[redacted]@host:6379/0", "a password in a URL"),
        ("redis://:pa55@host/0", "redis://[redacted]@host/0", "a password in a URL"),
        ("https://me:p@ss@host/x", "https://[redacted]@host/x", "a password in a URL"),
        (
            f"aws_secret_access_key = {MIXED[:40]}",
            "aws_secret_access_key = [redacted]",
            "an AWS secret key",
        ),
        (
            f'"SecretAccessKey": "{MIXED[:38]}/+"',
            '"SecretAccessKey": "[redacted]"',
            "an AWS secret key",
        ),
        ("-----BEGIN EC PRIVATE KEY-----\nMIIE… cut", "[redacted]… cut", "a private key"),
        (f"AccountKey={MIXED}==;x", "AccountKey=[redacted];x", "an Azure storage key"),
    ],
)
def test_what_stands_around_a_credential_is_kept(words, shown, what):
    assert redact(words) == shown
    assert [found for found, _ in tokens(words)] == [what]


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("Authorization: Bearer abcdefghij", "Authorization: [redacted]"),
        ("Basic dXNlcjpwYXNzd29yZA==", "[redacted]"),
        ("X-Soulcaster-Token: " + "h" * 43, "X-Soulcaster-Token: [redacted]"),
        ("POST /hooks/x?secret=abc&y=1", "POST /hooks/x?secret=[redacted]&y=1"),
        ("/cb?a=1&access_token=abc", "/cb?a=1&access_token=[redacted]"),
    ],
)
def test_what_is_sent_with_a_request_is_taken_out(words, shown):
    assert redact(words) == shown
    assert not list(tokens(words))


def test_every_shape_has_an_example():
    context = {"an AWS secret key", "an Azure storage key", "a password in a URL"}
    assert {what for what, _ in TOKENS} | context == set(secrets._TOKENS)


@pytest.mark.parametrize(
    "words",
    [
        "GET /repos/acme/shop/issues/3 200; the bearer of bad news; a basic understanding",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709 6f1c9a0e-8f0e-4d3b-9b1a-0c2d9b3a7e11",
        "postgres://{user}:{password}@{host}/shop, pg://$USER:${PASSWORD}@db, git@host:x",
        "https://shop.example.org:8080/a/b?c=d, mailto:ana@example.org, http://[::1]:80/@me",
        "task-ant-colony-optimisation-in-parallel, sk-loading-indicator-with-a-long-name",
        "shelf_" + "a" * 40,
        "MSG.some_long_attribute_name.another_long_attribute",
        "AKIA is how such a key begins; eyJ. too; xoxb-your-token; glpat-xxx; npm_config_registry",
        "aws_secret_access_key = os.environ['AWS_SECRET_ACCESS_KEY']",
        "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
        "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7",
        "?page_token=3&tokens=7, x-access-token:<installation token>, ?token={ticket}",
    ],
)
def test_innocent_look_alikes_stay(words):
    assert redact(words) == words
    assert not list(tokens(words))


@pytest.mark.parametrize(
    "unit", ["-----BEGIN PRIVATE KEY-----\n", "://a:", "x-", "eyJ", "eyJaaaaaaa.", "basic ", "SG."]
)
def test_hostile_text_cannot_keep_it_busy(unit):
    words = unit * (600_000 // len(unit))
    assert len(redact(words)) <= len(words)
