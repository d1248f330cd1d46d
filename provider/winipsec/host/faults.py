"""A SOAP fault as a value, and as the error it becomes. spec: winrm 1.9."""

from __future__ import annotations

from typing import NamedTuple

from winipsec.errors import Forbidden, HostError, Quota, TimedOut, UserError
from winipsec.host.fault_codes import FaultCode, Meaning, lookup

# What a fault without a number means: some Windows versions leave it out. Matched by the local part of the subcode.
_BY_SUBCODE = {
    "TimedOut": Meaning.QUIET,
    "InvalidSelectors": Meaning.GONE,
    "QuotaLimit": Meaning.QUOTA,
    "AccessDenied": Meaning.FORBIDDEN,
}

_CLASSES: dict[Meaning, type[HostError]] = {
    Meaning.QUIET: TimedOut,
    Meaning.QUOTA: Quota,
    Meaning.FORBIDDEN: Forbidden,
}

_LONGEST_REASON = 300
_LONGEST_LINE = 120


class SoapFault(NamedTuple):
    """What a fault said.

    Attributes:
        number: `WSManFault/@Code` or, on 2012 and later for quotas, `MSFT_WmiError/error_Code`; None without either.
        value: `s:Sender`, `s:Receiver` or `s:MustUnderstand`.
        subcode: Such as `w:TimedOut`, empty when absent.
        reason: The host's own words, in its language; for people only.
    """

    number: int | None
    value: str
    subcode: str
    reason: str

    @property
    def row(self) -> FaultCode:
        """What we know of it."""
        if self.number is not None:
            return lookup(self.number)
        meaning = _BY_SUBCODE.get(self.subcode.rpartition(":")[2], Meaning.REFUSED)
        return FaultCode(0, "UNNUMBERED", meaning, "the host refused the message", "Look at the host's words above.")

    @property
    def meaning(self) -> Meaning:
        """What it says about the conversation."""
        return self.row.meaning

    def error(self, host: str, asked: str, *, may_have_run: bool = False) -> HostError:
        """The fault as an error that says what was asked, what the host answered and what to do next.

        Args:
            host: The host's name, for the message.
            asked: What we were doing, as in "opening a shell".
            may_have_run: Whether the command may have begun.
        """
        row = self.row
        words = " ".join(self.reason.split())[:_LONGEST_REASON]
        number = "no number" if self.number is None else f"{self.number} (0x{self.number & 0xFFFFFFFF:08X}, {row.name})"
        quoted = f' In its words: "{words}".' if words else ""
        return _CLASSES.get(row.meaning, HostError)(
            f"{asked} failed on {host}: {row.sentence}; WinRM fault {number}.{quoted}",
            code=f"fault.{self.number if self.number is not None else self.subcode or self.value}",
            host=host,
            advice=row.advice,
            fault=self.number,
            may_have_run=may_have_run,
        )


def shortened(line: str) -> str:
    """A command line as error messages quote it."""
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…"


def unusable(line: str, reason: str, host: str) -> UserError:
    """The error for a command line that cannot be sent at all."""
    return UserError(
        f"the command {shortened(line)!r} for {host} {reason}.",
        code="command.line",
        host=host,
        advice="Shorten the names and descriptions it is made of.",
    )
