import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.answers.contacts import read_email, read_phone, read_url


@pytest.mark.parametrize(("said", "region", "phone"), [
    ("300 123 4567", "CO", "+573001234567"), ("(601) 234-5678", "CO", "+576012345678"),
    ("+34 600 123 456", "CO", "+34600123456"),
    ("573001234567", "CO", "+573001234567"), ("573001234567", None, "+573001234567"),
    ("0034600123456", "ES", "+34600123456"),
    ("٣٠٠١٢٣٤٥٦٧", "CO", "+573001234567"), ("my number is 3001234567", "CO", "+573001234567"),
])
def test_a_phone_number_becomes_e164(said, region, phone):
    assert read_phone(said, region) == phone


@pytest.mark.parametrize("said", ["", "12345", "hello", "+57", "123456789012345678", "3" * 100_000, "300 123 456"])
def test_what_nobody_can_be_called_at_is_refused(said):
    assert read_phone(said, "CO") is None


@pytest.mark.parametrize(("said", "email"), [
    ("ana@example.com", "ana@example.com"), ("Ana.Lima+bot@Example.COM", "Ana.Lima+bot@example.com"),
    ("it is <ana@example.com>.", "ana@example.com"), ("mailto:ana@example.com", "ana@example.com"),
    ("ana@bücher.de", "ana@bücher.de"),
])
def test_an_address_is_found_in_what_is_said(said, email):
    assert read_email(said) == email


@pytest.mark.parametrize("said", ["", "ana", "ana@", "@example.com", "ana@example", "a@b.co c@d.co", "a@b@c.co",
                                  "a@" + "b" * 400 + ".co", "@" * 100_000])
def test_what_is_no_address_or_two_is_refused(said):
    assert read_email(said) is None


@pytest.mark.parametrize(("said", "url"), [
    ("https://example.com", "https://example.com"), ("HTTP://Example.com/A?b=1#c", "HTTP://Example.com/A?b=1#c"),
    ("www.example.com", "https://www.example.com"), (" example.co ", "https://example.co"),
    ("https://bücher.example:8080/ñ", "https://bücher.example:8080/ñ"),
])
def test_a_web_address_is_completed(said, url):
    assert read_url(said) == url


@pytest.mark.parametrize("said", [
    "", "hello", "javascript:alert(1)", "ftp://example.com", "https://", "https://localhost", "https://a b.com",
    "https://user:pass@example.com", "https://example.com:99999", "https://exa\0mple.com", "https://[::1", "a." * 2000,
    "https://example.com:0",
])
def test_what_leads_nowhere_is_no_web_address(said):
    assert read_url(said) is None


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=70) | st.text("+0123456789 ()-@.:/ab", max_size=40))
def test_any_text_is_read_or_refused(said):
    for found in (read_phone(said, "CO"), read_phone(said, None), read_email(said), read_url(said)):
        assert found is None or found
