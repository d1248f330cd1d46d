"""Faults become errors that say what was asked, what the host answered and what to do next."""

import pytest
from winipsec.errors import Forbidden, HostError, Quota, TimedOut
from winipsec.host.fault_codes import CODES, Meaning, lookup
from winipsec.host.faults import SoapFault

# The table of spec winrm 1.9.
SPEC_ROWS = {
    2150858793: Meaning.QUIET,
    2150858843: Meaning.GONE,
    2150859173: Meaning.QUOTA,
    2150859174: Meaning.QUOTA,
    5: Meaning.FORBIDDEN,
    2150858817: Meaning.REFUSED,
    2150858767: Meaning.REFUSED,
    87: Meaning.REFUSED,
    2147942402: Meaning.REFUSED,
    995: Meaning.GONE,
    170: Meaning.BUSY,
    2147943418: Meaning.GONE,
}
HEXADECIMAL = {2150858793: 0x80338029, 2150858843: 0x8033805B, 2150859173: 0x803381A5, 2150859174: 0x803381A6}


def test_table_is_large_enough():
    """At least 60 numbers have words of their own."""
    assert len(CODES) >= 60


@pytest.mark.parametrize(("number", "meaning"), SPEC_ROWS.items())
def test_rows_of_the_spec(number, meaning):
    """Every row of spec winrm 1.9 means what it says there."""
    assert lookup(number).meaning is meaning


@pytest.mark.parametrize(("number", "hexadecimal"), HEXADECIMAL.items())
def test_hexadecimal_forms(number, hexadecimal):
    """The decimal and hexadecimal numbers of the spec are the same numbers."""
    assert lookup(hexadecimal) is CODES[number]


@pytest.mark.parametrize("number", sorted(CODES))
def test_every_error_says_enough(number):
    """Host, question, number in both forms, name, the host's words and the next step."""
    error = SoapFault(number, "s:Receiver", "w:InternalError", "Zugriff\n verweigert").error("web1", "opening a shell")
    text = str(error)
    row = CODES[number]
    for part in ("web1", "opening a shell", str(number), f"0x{number:08X}", row.name, "Zugriff verweigert", row.advice):
        assert part in text
    assert (error.host, error.fault, error.code) == ("web1", number, f"fault.{number}")
    assert len(error.advice) > 10


@pytest.mark.parametrize("number", sorted(CODES))
def test_sentences_and_names_are_their_own(number):
    """A sentence begins small (it stands inside another), an advice is a sentence, and the number is the row's."""
    row = CODES[number]
    assert row.number == number
    assert row.sentence[0].islower()
    assert row.advice.endswith((".", ")"))


@pytest.mark.parametrize(
    ("number", "kind"),
    [(5, Forbidden), (2150859173, Quota), (2150858793, TimedOut), (87, HostError), (4711, HostError)],
)
def test_classes(number, kind):
    """The class says what a program can do about it."""
    assert type(SoapFault(number, "", "", "").error("web1", "x")) is kind


@pytest.mark.parametrize("number", [0x80070005, -2147024891, 5])
def test_hresult_forms_of_a_win32_number(number):
    """Bare, as HRESULT, and as a signed HRESULT."""
    assert lookup(number).name == "ACCESS_DENIED"


def test_unknown_number_is_shown():
    """A number that nobody listed is final, and stands in the message."""
    error = SoapFault(2150899999, "s:Sender", "", "").error("web1", "x")
    assert lookup(2150899999).meaning is Meaning.REFUSED
    assert "2150899999" in str(error)


@pytest.mark.parametrize(
    ("subcode", "meaning"),
    [
        ("w:TimedOut", Meaning.QUIET),
        ("w:InvalidSelectors", Meaning.GONE),
        ("wsman:QuotaLimit", Meaning.QUOTA),
        ("AccessDenied", Meaning.FORBIDDEN),
        ("w:EncodingLimit", Meaning.REFUSED),
        ("", Meaning.REFUSED),
    ],
)
def test_fault_without_a_number(subcode, meaning):
    """Then the subcode speaks, whatever its prefix; a header not understood has neither."""
    fault = SoapFault(None, "s:MustUnderstand", subcode, "")
    assert fault.meaning is meaning
    assert "no number" in str(fault.error("web1", "x"))


def test_the_language_of_the_host_decides_nothing():
    """The same number with other words is the same error."""
    words = ("Access is denied.", "Zugriff verweigert", "Отказано в доступе", "アクセスが拒否されました")
    assert {SoapFault(5, "", "", text).meaning for text in words} == {Meaning.FORBIDDEN}
