"""From the bytes of a task file to its text (spec: winrm 5.3).

`schtasks` hands the parser text in UTF-16; a declaration that names another encoding is then an error.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

from winipsec_lab.machine.guesses import Guesses

_DECLARATION: Final = re.compile(r"\s*<\?xml\b(.*?)\?>", re.DOTALL)
_ENCODING: Final = re.compile(r"""encoding\s*=\s*["']([^"']*)["']""")


class TaskXmlError(Exception):
    """The XML is no task.

    Attributes:
        kind: `unexpected_node`, `namespace`, `bad_value`, `missing_node`, `malformed` or `not_simulated`.
        detail: the element, or what the parser says.
    """

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = detail


def decode(data: bytes, guesses: Guesses) -> str:
    """The text of a task file.

    Raises:
        TaskXmlError: the file is in an encoding that the parser refuses.
    """
    if data.startswith(codecs.BOM_UTF16_LE):
        text = data[2:].decode("utf-16-le", "surrogatepass")
        if _declared(text) not in ("", "utf-16"):
            raise TaskXmlError("malformed", "(1,40)::ERROR: unable to switch the encoding")
        return text
    if b"\0" in data[:4] or data.startswith(codecs.BOM_UTF16_BE):
        raise TaskXmlError("malformed", "(1,2)::ERROR: incorrect document syntax")
    declaration = _DECLARATION.match(data[:200].decode("latin-1"))
    plain = not declaration and data.isascii()
    marked = data.startswith(codecs.BOM_UTF8) or (declaration and _declared(declaration.group()) in ("", "utf-8"))
    allowed = (plain and guesses["tasks.ascii_xml"] == "accepted") or (
        marked and guesses["tasks.utf8_xml"] == "accepted"
    )
    if not allowed:
        raise TaskXmlError("malformed", "(1,40)::ERROR: unable to switch the encoding")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise TaskXmlError("malformed", "(1,1)::ERROR: an invalid character was found in text content") from None


def _declared(text: str) -> str:
    """The encoding that an XML declaration names, lower case; empty when there is none."""
    declaration = _DECLARATION.match(text)
    found = _ENCODING.search(declaration.group(1)) if declaration else None
    return found.group(1).lower() if found else ""


def without_declaration(text: str) -> str:
    """A document without its XML declaration."""
    declaration = _DECLARATION.match(text)
    return text[declaration.end() :] if declaration else text
