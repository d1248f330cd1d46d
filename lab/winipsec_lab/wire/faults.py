"""The SOAP faults a Windows host answers with, as one table (spec: winrm 1.9).

A fault is an exception inside the lab and a SOAP body with HTTP status 500 on the wire. The table holds what never
changes; the text is a template filled by whoever raises it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from winipsec_lab.wire.names import ADDRESSING_FAULT_ACTION, FAULT_ACTION, FAULT_DETAIL, WMI_ERROR_NAMESPACE


@dataclass(frozen=True)
class FaultKind:
    """One row of the fault table."""

    code: int | None
    value: str
    subcode: str
    text: str
    detail: str = ""
    provider: bool = False
    action: str = FAULT_ACTION
    wmi: bool = False


_SERVICE = "The WS-Management service cannot process the request. "

FAULTS: Final = {
    "operation_timeout": FaultKind(
        2150858793,
        "s:Receiver",
        "w:TimedOut",
        "The WS-Management service cannot complete the operation within the time specified in OperationTimeout.  ",
    ),
    "shell_not_found": FaultKind(
        2150858843,
        "s:Sender",
        "w:InvalidSelectors",
        "The request for the Windows Remote Shell with ShellId {shell} failed because the shell was not found on the "
        "server. Possible causes are: the specified ShellId is incorrect or the shell no longer exists on the server. "
        "Provide the correct ShellId or create a new shell and retry the operation. ",
        detail="UnexpectedSelectors",
    ),
    "command_not_found": FaultKind(
        2150858843,
        "s:Sender",
        "w:InvalidSelectors",
        "The Windows Remote Shell received a request to perform an operation on a command identifier that does not "
        "exist. Either the command has completed execution or the client specified an invalid command identifier. ",
        detail="UnexpectedSelectors",
    ),
    "quota_shells": FaultKind(
        2150859173,
        "s:Sender",
        "w:QuotaLimit",
        _SERVICE + "This user is allowed a maximum number of {limit} concurrent shells, which has been exceeded. "
        "Close existing shells or raise the quota for this user. ",
        wmi=True,
    ),
    "quota_operations": FaultKind(
        2150859174,
        "s:Sender",
        "w:QuotaLimit",
        _SERVICE + "The maximum number of concurrent operations for this user has been exceeded. Close existing "
        "operations for this user, or raise the quota for this user. ",
        wmi=True,
    ),
    # The code of a full shell is not in the spec; it is answered like the operations quota, with a text of its own.
    "quota_processes": FaultKind(
        2150859174,
        "s:Sender",
        "w:QuotaLimit",
        _SERVICE + "The maximum number of {limit} concurrent processes for this shell has been exceeded. ",
        wmi=True,
    ),
    "quota_users": FaultKind(
        2150859179,
        "s:Sender",
        "w:QuotaLimit",
        _SERVICE + "The maximum number of {limit} users executing shell operations has been exceeded. ",
        wmi=True,
    ),
    "access_denied": FaultKind(5, "s:Sender", "w:AccessDenied", "Access is denied. "),
    "schema": FaultKind(
        2150858817,
        "s:Sender",
        "w:SchemaValidationError",
        "The SOAP XML in the message does not match the corresponding XML schema definition. Change the XML and "
        "retry. ",
    ),
    "invalid_header": FaultKind(
        2150858767,
        "s:Sender",
        "a:InvalidMessageInformationHeader",
        _SERVICE + "The message header {header} is invalid. ",
        action=ADDRESSING_FAULT_ACTION,
    ),
    "invalid_parameter": FaultKind(
        87, "s:Sender", "w:InvalidParameter", "The parameter is incorrect. ", detail="InvalidValue", provider=True
    ),
    "program_not_found": FaultKind(
        2147942402,
        "s:Receiver",
        "w:InternalError",
        "The system cannot find the file specified. ",
        provider=True,
    ),
    "aborted": FaultKind(
        995,
        "s:Receiver",
        "w:InternalError",
        "The I/O operation has been aborted because of either a thread exit or an application request. ",
    ),
    "busy": FaultKind(170, "s:Receiver", "w:InternalError", "The requested resource is in use. ", provider=True),
    "profile_gone": FaultKind(
        2147943418,
        "s:Receiver",
        "w:InternalError",
        "Illegal operation attempted on a registry key that has been marked for deletion. ",
        provider=True,
    ),
    "must_understand": FaultKind(
        None,
        "s:MustUnderstand",
        "",
        "The WS-Management service does not understand a header that it must understand. ",
    ),
    "envelope_size": FaultKind(
        None,  # no number is known: the spec confirms subcode and detail only
        "s:Sender",
        "w:EncodingLimit",
        _SERVICE + "The request is larger than the configured envelope size of {limit} bytes. ",
        detail="MaxEnvelopeSizeExceeded",
    ),
    "action_not_supported": FaultKind(
        None,
        "s:Sender",
        "a:ActionNotSupported",
        _SERVICE + "The action {action} is not supported for this resource. ",
        action=ADDRESSING_FAULT_ACTION,
    ),
    "resource_not_found": FaultKind(
        2150858752,
        "s:Sender",
        "a:DestinationUnreachable",
        _SERVICE + "The service cannot find the resource identified by the resource URI and selectors. ",
        detail="InvalidResourceURI",
        action=ADDRESSING_FAULT_ACTION,
    ),
}

# Texts of hosts without English ones, for whoever parses texts where codes would do. Only German exists; the word
# OperationTimeout stays, because clients look for it (spec: winrm 1.9, first row).
_GERMAN_SERVICE = "Der WS-Verwaltungsdienst kann die Anforderung nicht verarbeiten. "
_GERMAN: Final = {
    "operation_timeout": "Der WS-Verwaltungsdienst kann den Vorgang nicht innerhalb der in OperationTimeout angegebenen "
    "Zeit abschließen. ",
    "shell_not_found": 'Fehler bei der Anforderung für die Windows-Remoteshell mit der ShellId "{shell}", da die Shell '
    "auf dem Server nicht gefunden wurde. ",
    "command_not_found": "Die Windows-Remoteshell hat eine Anforderung erhalten, einen Vorgang für einen nicht "
    "vorhandenen Befehlsbezeichner auszuführen. ",
    "quota_shells": _GERMAN_SERVICE + "Die maximale Anzahl von {limit} gleichzeitigen Shells für diesen Benutzer wurde "
    "überschritten. ",
    "quota_operations": _GERMAN_SERVICE + "Die maximale Anzahl gleichzeitiger Vorgänge für diesen Benutzer wurde "
    "überschritten. ",
    "access_denied": "Zugriff verweigert ",
    "aborted": "Der E/A-Vorgang wurde wegen eines Threadendes oder einer Anwendungsanforderung abgebrochen. ",
    "busy": "Die angeforderte Ressource wird bereits verwendet. ",
}
_LANGUAGES: Final = {"de-DE": _GERMAN}


class SoapFault(Exception):  # noqa: N818 - SOAP's own word
    """A SOAP fault on its way to the client.

    Args:
        name: The row of `FAULTS`.
        more_headers: XML that joins the reply's headers (`s:NotUnderstood`).
        **words: What the row's text leaves open.
    """

    def __init__(self, name: str, *, more_headers: str = "", **words: object) -> None:
        self.name = name
        self.kind = FAULTS[name]
        self.more_headers = more_headers
        self._words = words
        super().__init__(self._text("en-US"))

    @property
    def has_relates_to(self) -> bool:
        """Whether the reply names the request; the recorded quota faults do not (spec: winrm 1.9)."""
        return not self.kind.wmi

    def body(self, machine: str, language: str = "en-US") -> str:
        """The `s:Fault` element; `machine` is the address under which the client reached the host."""
        kind = self.kind
        if self.name not in _LANGUAGES.get(language, {}):
            language = "en-US"
        text = self._text(language)
        subcode = f"<s:Subcode><s:Value>{kind.subcode}</s:Value></s:Subcode>" if kind.subcode else ""
        return (
            f"<s:Fault><s:Code><s:Value>{kind.value}</s:Value>{subcode}</s:Code>"
            f'<s:Reason><s:Text xml:lang="{language}">{escape(text)}</s:Text></s:Reason>'
            f"{_detail(kind, machine, text)}</s:Fault>"
        )

    def _text(self, language: str) -> str:
        return _LANGUAGES.get(language, {}).get(self.name, self.kind.text).format(**self._words)


def _detail(kind: FaultKind, machine: str, text: str) -> str:
    detail = f"<w:FaultDetail>{FAULT_DETAIL}{kind.detail}</w:FaultDetail>" if kind.detail else ""
    if kind.code is None:
        return f"<s:Detail>{detail}</s:Detail>" if detail else ""
    if kind.wmi:
        return f"<s:Detail>{_wmi_error(kind.code, text)}</s:Detail>"
    message = escape(text)
    if kind.provider:
        message = (
            '<f:ProviderFault provider="Shell cmd plugin" path="%systemroot%\\system32\\winrscmd.dll">'
            f'<f:WSManFault Code="{kind.code}" Machine={quoteattr(machine)}><f:Message>{message}</f:Message>'
            "</f:WSManFault></f:ProviderFault>"
        )
    return (
        f'<s:Detail>{detail}<f:WSManFault Code="{kind.code}" Machine={quoteattr(machine)}>'
        f"<f:Message>{message}</f:Message></f:WSManFault></s:Detail>"
    )


def _wmi_error(code: int, text: str) -> str:
    fields = {
        "CIMStatusCode": 27,
        "CIMStatusCodeDescription": "",
        "ErrorType": 0,
        "ErrorTypeDescription": "",
        "Message": text,
        "MessageID": f"HRESULT {code:#010x}",
        "OwningEntity": "",
        "PerceivedSeverity": 0,
        "ProbableCause": 0,
        "error_Category": 30,
        "error_Code": code,
        "error_Type": "HRESULT",
        "error_WindowsErrorMessage": text,
    }
    inside = "".join(f"<e:{name}>{escape(str(value))}</e:{name}>" for name, value in fields.items())
    return f'<e:MSFT_WmiError xmlns:e="{WMI_ERROR_NAMESPACE}">{inside}</e:MSFT_WmiError>'
