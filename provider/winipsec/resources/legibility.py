"""Texts that a host keeps as they are and prints as others.

Stores are read with `reg query`. Which code page it prints in is not known for every Windows: the one that was asked
for, which has all characters, or the OEM page of the machine (spec: winrm 4.5, wine-oracle 3). There a name outside
ASCII comes back as another one, by which no later run would recognise the object. So it is refused once that shows,
and what was made is taken back: netsh, which was told the name, knows it by that.
"""

from __future__ import annotations

import re
import unicodedata

from winipsec.errors import Refused

CODE = "read.code-page"
_LOST = "\N{REPLACEMENT CHARACTER}"


def misread(wanted: str, found: str) -> bool:
    """Whether `found` can be what a code page without some characters of `wanted` makes of it.

    A character that it lacks comes back as a question mark or as the plain letter that looks like it; one that it has
    comes as bytes that mean nothing here, the second of which may look like a letter.
    """
    if wanted.isascii() or sum(map(_plain, found)) <= sum(map(_plain, wanted)):
        return False  # nothing was lost
    second_bytes = "@-~" if _LOST in found else ""
    pattern = "".join(
        re.escape(run)
        if run.isascii()
        else f"[?{_LOST}{second_bytes}{re.escape(run + _bases(run))}]{{1,{2 * len(run)}}}"
        for run in re.findall(r"[\x00-\x7f]+|[^\x00-\x7f]+", wanted)
    )
    return re.fullmatch(pattern, found) is not None


def _plain(letter: str) -> bool:
    return letter.isascii() or letter == _LOST


def _bases(run: str) -> str:
    """The letters without their marks."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", run) if letter.isascii())


def illegible(host: str, path: str, wanted: str, found: str, *, outcome: str) -> Refused:
    """The refusal of a text that came back as another one; `outcome` is what became of the change."""
    lost = "".join(dict.fromkeys(letter for letter in wanted if not letter.isascii()))
    return Refused(
        f"{path}: {wanted!r} cannot be read back, it comes as {found!r}: `reg query` on this host prints in a code page "
        f"without {lost!r}. {outcome}",
        code=CODE,
        host=host,
        advice="Write it in ASCII.",
    )
