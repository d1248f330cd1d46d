"""Names and descriptions that Windows and netsh can carry (spec: ipsec-policy 1.2, 1.3)."""

from __future__ import annotations

import pytest
from winipsec.model.names import MAX_DESCRIPTION, MAX_NAME, as_guid, folded, name_fault, text_fault

GUID = "{11e6e97e-0031-49f5-ac7d-5f2fe99babaf}"


@pytest.mark.parametrize(
    "text",
    [
        "Block SMB",
        "默认策略名称",
        "50% off & more",
        "a;b,c=d|e>f<g^h!",
        "it's",
        "\\\\server\\share",
        "😀",
        "a" * MAX_NAME,
        "alls",
    ],
)
def test_names_that_travel(text):
    """Any script, and everything that a shell would trip over inside quotes."""
    assert name_fault(text) is None
    assert text_fault(text) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("all", "is the word that netsh takes for every object"),
        ("ALL", "is the word that netsh takes for every object"),
        (GUID, "looks like a GUID"),
        (GUID.upper().strip("{}"), "looks like a GUID"),
        ('a"b', "has a double quote"),
        ("a\nb", "has a control character (U+000A)"),
        ("a\0b", "has a control character (U+0000)"),
        ("a\u2028b", "has a control character (U+2028)"),
        ("a\ud800b", "has a control character (U+D800)"),
        (" a", "begins or ends with a blank"),
        ("a ", "begins or ends with a blank"),
        ("a\u00a0", "begins or ends with a blank"),
        ("a\N{REPLACEMENT CHARACTER}", "stands for one that could not be read"),
        ("a\\", "ends with a backslash"),
        ("a" * (MAX_NAME + 1), f"is longer than {MAX_NAME} characters"),
    ],
)
def test_names_that_do_not(text, reason):
    """Each refusal says why, as the rest of a sentence."""
    assert reason in (name_fault(text) or "")


def test_descriptions_may_be_what_names_may_not():
    """An empty description, the word all and a GUID are texts like any other."""
    assert [text_fault(text) for text in ("", "all", GUID, "a" * MAX_DESCRIPTION)] == [None] * 4
    assert text_fault("a" * (MAX_DESCRIPTION + 1)) == f"is longer than {MAX_DESCRIPTION} characters"


def test_guids_have_one_form():
    """Lower case, in braces; anything else is none."""
    assert as_guid(" 11E6E97E-0031-49F5-AC7D-5F2FE99BABAF ") == GUID
    assert as_guid(GUID) == GUID
    assert [as_guid(text) for text in ("", "{}", GUID[:-1] + "g}", GUID + "x", "planned:rule:x")] == [None] * 5


def test_names_compare_without_case():
    """Windows compares names without case."""
    assert folded("Ä Liste") == folded("ä LISTE")
    assert folded("a") != folded("b")
