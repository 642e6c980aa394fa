"""What looks like a secret, and what only looks a little like one."""

import pytest

from dsl.checks.secrets import secrets
from dsl.source import Source


def found(text: str) -> list[str]:
    files = {"domain.yml": Source("domain.yml", text)}
    return [said.message.removeprefix("this looks like ") for said in secrets(files)]


@pytest.mark.parametrize(("text", "what"), [
    ("from EAAGm0PX4ZCpsBAKZCd7Q" + "x" * 40, "an access token of Meta"),
    ("key AKIAIOSFODNN7EXAMPLE here", "an access key of AWS"),
    ("sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc", "a secret key of a payment service"),
    ("sk-ant-api03-abcdefghijklmnopqrstuv", "an API key"),
    ("ghp_" + "a1B2" * 9, "a token of GitHub"),
    ("glpat-abcdefghij0123456789", "a token of GitLab"),
    ("xoxb-123456789012-abcdef", "a token of Slack"),
    ("AIza" + "Sy0_-" * 7, "a key of Google"),
    ("SG." + "a" * 22 + "." + "b" * 43, "a key of SendGrid"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N", "a signed token"),
    ("-----BEGIN RSA PRIVATE KEY-----", "a private key"), ("-----BEGIN PRIVATE KEY-----", "a private key"),
    ('headers: {Authorization: "Bearer 8f14e45fceea167a5a36dedd"}', "credentials"),
    ('headers: {Authorization: "Basic dXNlcjpwYXNzd29yZA=="}', "credentials"),
    ("https://shop:hunter22@api.example/orders", "a password in an address"),
    ("X-Api-Key: 8f14e45fceea167a5a36dedd4bea2543", "a password or key"),
    ("https://api.example/x?access_token=8f14e45fceea167a5a36", "a password or key"),
    ('secret = "a1b2c3d4e5f6a7b8"', "a password or key"),
])
def test_a_secret_is_seen(text: str, what: str) -> None:
    assert found(text) == [what]


@pytest.mark.parametrize("text", [
    'Authorization: "Bearer ${CLINIC_TOKEN}"', "https://${USER}:${PASSWORD}@api.example",
    "https://api.example/?token={code}",
    'say "Your password must have eight letters."', 'ask token "What is your token?"', "token: text", "secret: true",
    "https://example.com/sk-and-ski-rental-in-norway", "secret: a_sentence_without_numbers",
    "api_key: 12345678901234567890", "Basic appointments are free", "the bearer of this letter",
    "https://example.com:8443/path@2", "AKIA is a name",
])
def test_what_is_no_secret_is_left_alone(text: str) -> None:
    assert found(text) == []


def test_it_is_shown_where_it_stands() -> None:
    text = "# old\nkey: AKIAIOSFODNN7EXAMPLE\n"
    said, = secrets({"domain.yml": Source("domain.yml", text)})

    assert text[said.span.start:said.span.end] == "AKIAIOSFODNN7EXAMPLE"
    assert said.code == "F720"


def test_a_long_file_of_nearly_secrets_is_read_in_linear_time() -> None:
    assert found("token=" * 50_000 + "https://a:" * 20_000 + "eyJ" * 50_000) == []
