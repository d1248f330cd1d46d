"""Every error this package raises on purpose.

    WinipsecError            code, host, message, advice
    ├── UserError            the program asks for what cannot be; carries the property's path
    ├── HostError            what the host answered, or that it did not; carries fault and exit code
    │   ├── Unreachable      no conversation: name unknown, refused, silent, TLS. No command was sent
    │   ├── Unauthorized     the logon was rejected (401). Never tried again
    │   ├── Forbidden        logged on, but not allowed
    │   ├── Quota            too many shells, operations or users on the host
    │   ├── TimedOut         our own deadline passed
    │   ├── Interrupted      somebody cancelled
    │   ├── Ambiguous        the connection broke: not known whether the command ran
    │   ├── Refused          we will not: it would lock us out, it exists already, it is in use
    │   └── Conflict         the host is not as we left it
    └── InternalError        our own mistake

Rules. A message says what was asked, what the host answered (with its number, never only its text) and what to do next.
It names the host. It never holds a secret: whoever raises passes no password, key or stdin text. Decisions rest on the
class, on `code` and on `may_have_run`, never on the words, which may change.

Codes are short and stable, `area.what`: `connect.refused`, `auth.rejected`, `fault.2150859174`, `quoting.quote`.
"""

from __future__ import annotations

from typing import ClassVar

__all__ = [
    "Ambiguous",
    "Conflict",
    "Forbidden",
    "HostError",
    "InternalError",
    "Interrupted",
    "Quota",
    "Refused",
    "TimedOut",
    "Unauthorized",
    "Unreachable",
    "UserError",
    "WinipsecError",
]


class WinipsecError(Exception):
    """Base of all errors of this package.

    Attributes:
        problem: What was asked and what came of it, as one or more sentences.
        code: Short stable identifier for programs.
        host: Name or address of the Windows host, empty where none is involved.
        advice: What to do next.
    """

    default_code: ClassVar[str] = "error"
    default_advice: ClassVar[str] = ""

    def __init__(self, problem: str, *, code: str = "", host: str = "", advice: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.code = code or self.default_code
        self.host = host
        self.advice = advice or self.default_advice

    @property
    def message(self) -> str:
        """The whole text for a person: host, problem, next step."""
        head = f"{self.host}: {self.problem}" if self.host and self.host not in self.problem else self.problem
        return f"{head} {self.advice}".strip()

    def __str__(self) -> str:
        return self.message


class UserError(WinipsecError):
    """The user's program asks for something that cannot be.

    Attributes:
        path: The property at fault, such as `filters[2].destinationPort`; empty when it is not one property.
    """

    default_code = "input"

    def __init__(self, problem: str, *, path: str = "", code: str = "", host: str = "", advice: str = "") -> None:
        super().__init__(problem, code=code, host=host, advice=advice)
        self.path = path

    @property
    def message(self) -> str:
        """The whole text for a person, led by the property's path."""
        return f"{self.path}: {super().message}" if self.path else super().message


class HostError(WinipsecError):
    """The host said no, or said nothing.

    Attributes:
        fault: The number in the host's fault (WSMan, Win32 or HRESULT), if it sent one.
        exit_code: The exit code of the remote program, if one ran to its end.
        may_have_run: Whether the command may have begun on the host. When true, only reading back tells.
    """

    default_code = "host"
    default_advice = "Look at the host's Windows Remote Management event log and try again."

    def __init__(
        self,
        problem: str,
        *,
        code: str = "",
        host: str = "",
        advice: str = "",
        fault: int | None = None,
        exit_code: int | None = None,
        may_have_run: bool = False,
    ) -> None:
        super().__init__(problem, code=code, host=host, advice=advice)
        self.fault = fault
        self.exit_code = exit_code
        self.may_have_run = may_have_run


class Unreachable(HostError):  # noqa: N818 - read as a predicate: the host is unreachable
    """No conversation with the host came about; no command was sent."""

    default_code = "connect"
    default_advice = "Check the host's name, the port, the network between here and there, and that WinRM is enabled."


class Unauthorized(HostError):  # noqa: N818
    """The host rejected the logon. It is never tried again: a second wrong password may lock the account."""

    default_code = "auth.rejected"
    default_advice = (
        "Check user name and password; the logon is not tried again in this run, to keep the account usable."
    )


class Forbidden(HostError):  # noqa: N818
    """The logon was accepted, but the account may not do this."""

    default_code = "access.denied"
    default_advice = (
        "The account must be a member of the host's Administrators; for a local account other than the built-in "
        "Administrator, LocalAccountTokenFilterPolicy must be 1 as well."
    )


class Quota(HostError):  # noqa: N818
    """The host has no room left: shells, operations or users."""

    default_code = "quota"
    default_advice = "Wait until other sessions end, or raise the WinRM quotas of the host (winrm get winrm/config)."


class TimedOut(HostError):  # noqa: N818
    """A deadline of ours passed."""

    default_code = "timeout"
    default_advice = "Raise commandTimeout or totalTimeout if the host is merely slow."


class Interrupted(HostError):  # noqa: N818
    """The run was cancelled."""

    default_code = "cancelled"
    default_advice = "Run `pulumi refresh` to see what had been done by then."


class Ambiguous(HostError):  # noqa: N818
    """The connection broke after a message was sent: nobody knows whether the host acted on it."""

    default_code = "connect.lost"
    default_advice = "Run `pulumi refresh` to see whether it was done; running it again is safe after that."


class Refused(HostError):  # noqa: N818
    """We could, but will not: it would cut off management, overwrite what exists, or remove what is in use."""

    default_code = "refused"
    default_advice = "Nothing was changed."


class Conflict(HostError):  # noqa: N818
    """The host is not as it was left: somebody else changed it, or it is another machine."""

    default_code = "conflict"
    default_advice = "Run `pulumi refresh` to see the host as it is now."


class InternalError(WinipsecError):
    """Our own mistake."""

    default_code = "internal"
    default_advice = "This is a bug in pulumi-winipsec; please report it with the message above."
