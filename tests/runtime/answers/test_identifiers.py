import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.answers.identifiers import CHECKS, is_card, is_iban, is_national_id, is_postcode


@pytest.mark.parametrize("iban", [
    "GB82 WEST 1234 5698 7654 32", "DE89370400440532013000", "es91 2100 0418 4502 0005 1332",
    "FR1420041010050500013M02606",
    "BR1800360305000010009795493C1", "NO93 8601 1117 947", "MT84MALT011000012345MTLCAST001S",
])
def test_an_iban_has_the_length_of_its_country_and_a_right_remainder(iban):
    assert is_iban(iban)
    assert not is_iban(iban[:-1])
    assert not is_iban(iban[:4] + ("9" if iban[4] != "9" else "8") + iban[5:])


@pytest.mark.parametrize("text", ["", "GB", "XX82WEST12345698765432", "hello", "GB82" + "1" * 100_000])
def test_what_is_no_iban_is_refused(text):
    assert not is_iban(text)


def test_a_card_is_right_by_luhn():
    assert is_card("4111-1111-1111-1111")
    assert is_card("378282246310005")
    assert not is_card("4111 1111 1111 1112")
    assert not is_card("4111")
    assert not is_card("card")


@pytest.mark.parametrize(("country", "right", "wrong"), [
    ("AR", "30.123.456", "123"), ("BR", "529.982.247-25", "529.982.247-24"), ("BR", "11144477735", "111.111.111-11"),
    ("CL", "12.345.678-5", "12.345.678-6"), ("CL", "10.000.013-K", "10.000.013-1"), ("CO", "1.020.304.050", "12345"),
    ("EC", "1710034065", "1710034066"), ("EC", "1710034065", "9910034065"), ("ES", "12345678Z", "12345678A"),
    ("ES", "x1234567l", "X1234567M"), ("ES", "12345678z", "1234567"),
    ("MX", "HEGG560427MVZRRL04", "HEGG560427MVZRRL05"),
    ("MX", "HEGG560427MVZRRL04", "HEGG560427"), ("PE", "12345678", "1234567"), ("PT", "123456789", "123456788"),
    ("PT", "123456789", "023456789"), ("US", "078-05-1120", "666-05-1120"), ("UY", "1.234.567-2", "1.234.567-3"),
    ("UY", "1.234.567-2", "x"), ("CL", "12.345.678-5", "x"), ("BR", "52998224725", "x"),
])
def test_an_identity_number_is_right_by_its_country(country, right, wrong):
    assert is_national_id(right, country)
    assert not is_national_id(wrong, country)


def test_of_a_country_that_is_not_known_any_plausible_identity_number_is_taken():
    assert is_national_id("AB-12345", "ZZ")
    assert is_national_id("AB-12345", None)
    assert not is_national_id("no idea, sorry", "ZZ")


@pytest.mark.parametrize(("country", "right", "wrong"), [
    ("GB", "SW1A 1AA", "28001"), ("US", "94105-1234", "9410"), ("CA", "k1a 0b1", "K1A"), ("ES", "28001", "2800"),
    ("CO", "110111", "11011"), ("BR", "01310-100", "01310"), ("NL", "1012 AB", "1012"), ("AR", "C1425DKF", "X"),
    ("PT", "1000-001", "100"), ("IE", "D02 AF30", "D02"), ("IL", "9614303", "961"), ("ZZ", "AB 123", "?"),
])
def test_a_postcode_has_the_form_of_its_country(country, right, wrong):
    assert is_postcode(right, country)
    assert not is_postcode(wrong, country)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40), st.sampled_from([None, "", "co", "ES", "BR", "CL", "EC", "UY", "MX", "PT", "US", "ZZ"]))
def test_any_text_is_right_or_wrong(text, country):
    assert all(check(text, country) in (True, False) for check in CHECKS.values())
