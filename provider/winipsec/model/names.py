"""Names and descriptions: what Windows can carry, what netsh can be told, when two are the same.

netsh has no escape for a double quote, reads `all` as "every one", and loses blanks at the edges and control
characters on the way; a backslash before the closing quote would take the quote with it (spec: ipsec-policy 1.2 and
1.3, winrm 4.4, wine-oracle 3). Such texts are refused before anything is sent.
"""

from __future__ import annotations

import re
import unicodedata

MAX_NAME = 255
MAX_DESCRIPTION = 1024
_GUID = re.compile(r"\{?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\}?", re.IGNORECASE)


def folded(name: str) -> str:
    """The form under which two names are the same: Windows compares without case (spec: ipsec-policy 1.3)."""
    return name.casefold()


def as_guid(text: str) -> str | None:
    """The normal form of a GUID, lower case in braces, or None where `text` is none."""
    match = _GUID.fullmatch(text.strip())
    return "{" + match.group(1).lower() + "}" if match else None


def text_fault(text: str, limit: int = MAX_DESCRIPTION) -> str | None:
    """Why `text` cannot be carried unchanged, or None where it can."""
    if '"' in text:
        return 'has a double quote ("), which netsh cannot be told'
    for character in text:
        if unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}:
            return f"has a control character (U+{ord(character):04X})"
    if "\N{REPLACEMENT CHARACTER}" in text:
        return "has the character U+FFFD, which stands for one that could not be read"
    if text != text.strip():
        return "begins or ends with a blank, which would be lost"
    if text.endswith("\\"):
        return "ends with a backslash, which would take the closing quote with it"
    if len(text) > limit:
        return f"is longer than {limit} characters"
    return None


def name_fault(name: str) -> str | None:
    """Why `name` cannot be the name of an object, or None where it can."""
    if not name:
        return "is empty"
    if folded(name) == "all":
        return "is the word that netsh takes for every object of the kind"
    if as_guid(name):
        return "looks like a GUID; references would not know which is meant"
    return text_fault(name, MAX_NAME)


def own_name(name: str, kind: str, guid: str) -> str:
    """The name we give an object that netsh cannot tell by its own: it has none, or an impossible or a shared one.

    Made of what it was called, or of what it is, and the beginning of its GUID, so that it is always the same.
    """
    return f"{name if name_fault(name) is None else kind} {guid[1:9]}"
