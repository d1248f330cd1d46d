"""The numbers a host answers with, what they mean for us, and what a person should do about them.

A fault carries a number (`f:WSManFault/@Code`, or `error_Code` of an `MSFT_WmiError`) and a text. The text is in the
host's language and never looked at; the number decides. spec: winrm 1.9.

Sources of the numbers and names: spec winrm 1.9 (seen in recorded traffic or used by other clients) and the Windows
SDK headers wsmerror.h (0x8033xxxx) and winerror.h (Win32 numbers). A Win32 number also travels as the HRESULT
0x8007xxxx; `lookup` treats both alike.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Meaning(Enum):
    """What a fault says about the conversation; `shell.TRANSITIONS` says what follows from it."""

    QUIET = "the host found nothing to report in the time we allowed; ask again"
    GONE = "the shell or the command is no longer there"
    QUOTA = "the host has no room left for this account"
    BUSY = "the host is still at the previous message; wait a moment"
    SMALLER = "the host will not promise replies of the size we allowed"
    FORBIDDEN = "the account may not do this"
    REFUSED = "the host will not do this, however often we ask"


class FaultCode(NamedTuple):
    """One number with everything we know of it."""

    number: int
    name: str
    meaning: Meaning
    sentence: str
    advice: str


_REPORT = "This should not happen; please report it with the number."
_ROOM = (
    "Close sessions that nobody needs, wait for the idle time-out, or raise the quota "
    "(winrm get winrm/config/winrs shows it)."
)
_ADMIN = (
    "Use an account in the host's Administrators group; a local account other than the built-in Administrator also needs "
    "LocalAccountTokenFilterPolicy=1 on the host."
)
_SERVICE = "Look at the Windows Remote Management event log on the host; restarting the WinRM service often helps."
_LOGON = "Check user name, password and transport; a local account may need the form HOST\\user."
_RERUN = "Run it again; refresh first if it was a change."
_PLUGIN = "The WinRM shell plug-in on the host is damaged or disabled; `winrm invoke Restore winrm/Config` restores it."
_POLICY = "Ask whoever manages the host's Group Policy for WinRM (Windows Components > Windows Remote Management)."
_DISK = "Free space on the host's system drive."

_Q, _G, _QU, _B, _S, _F, _R = (
    Meaning.QUIET,
    Meaning.GONE,
    Meaning.QUOTA,
    Meaning.BUSY,
    Meaning.SMALLER,
    Meaning.FORBIDDEN,
    Meaning.REFUSED,
)

# WS-Management faults, 0x80338000 and up: wsmerror.h, spec winrm 1.9 where marked.
_WSMAN: tuple[FaultCode, ...] = (
    FaultCode(2150858752, "RESOURCE_NOT_FOUND", _R, "the host knows no such resource", _PLUGIN),
    FaultCode(2150858753, "INVALID_ACTIONURI", _R, "the host does not know the action", _REPORT),
    FaultCode(2150858754, "INVALID_URI", _R, "the host does not accept the resource address", _REPORT),
    FaultCode(2150858755, "PROVIDER_FAILURE", _R, "the host's shell plug-in failed", _SERVICE),
    FaultCode(2150858764, "UNSUPPORTED_TIMEOUT", _R, "the host does not accept the time-out", _REPORT),
    FaultCode(2150858765, "SOAP_VERSION_MISMATCH", _R, "the host speaks another version of SOAP", _REPORT),
    FaultCode(2150858766, "SOAP_DATA_ENCODING_UNKNOWN", _R, "the host cannot read the encoding", _REPORT),
    # spec winrm 1.9: invalid header, e.g. `PT-1S`
    FaultCode(2150858767, "INVALID_MESSAGE_INFORMATION_HEADER", _R, "the host found a header invalid", _REPORT),
    FaultCode(2150858768, "SOAP_FAULT_MUST_UNDERSTAND", _R, "the host does not understand a header", _REPORT),
    FaultCode(2150858769, "MESSAGE_INFORMATION_HEADER_REQUIRED", _R, "the host misses a header", _REPORT),
    FaultCode(2150858773, "INVALID_REPRESENTATION", _R, "the host found the message's content invalid", _REPORT),
    FaultCode(2150858790, "ENVELOPE_TOO_LARGE", _R, "the answer does not fit into one message", _REPORT),
    FaultCode(2150858791, "INVALID_SOAP_BODY", _R, "the host found the message's body invalid", _REPORT),
    # spec winrm 1.9: Receive found no output in time; on Send the data may have been accepted (1.5)
    FaultCode(2150858793, "OPERATION_TIMEDOUT", _Q, "the host did not finish in the time allowed", _RERUN),
    FaultCode(2150858796, "UNSUPPORTED_ENCODING", _R, "the host does not support the encoding", _REPORT),
    FaultCode(2150858801, "ACTION_MISMATCH", _R, "the host's answer does not fit the question", _REPORT),
    FaultCode(2150858803, "ALREADY_EXISTS", _R, "the host has such an object already", _RERUN),
    FaultCode(2150858805, "ENCODING_LIMIT", _R, "the message is larger than the host accepts", "Raise MaxEnvelopeSizekb."),
    FaultCode(2150858806, "FAILED_AUTHENTICATION", _F, "the host did not accept the logon", _LOGON),
    FaultCode(2150858809, "INVALID_OPTIONS", _R, "the host does not accept an option", _REPORT),
    FaultCode(2150858810, "INVALID_PARAMETER", _R, "the host does not accept a parameter", _REPORT),
    FaultCode(2150858811, "INVALID_RESOURCE_URI", _R, "the host does not accept the resource address", _REPORT),
    FaultCode(2150858813, "INVALID_SELECTORS", _G, "the host does not find the shell", _RERUN),
    FaultCode(2150858815, "QUOTA_LIMIT", _QU, "the host is busy with other requests", _ROOM),
    # spec winrm 1.9: bad IdleTimeOut, bad element
    FaultCode(2150858817, "SCHEMA_VALIDATION_ERROR", _R, "the host found an element invalid", _REPORT),
    FaultCode(2150858818, "UNSUPPORTED_FEATURE", _R, "the host does not support the feature", _REPORT),
    FaultCode(2150858819, "INVALID_XML", _R, "the host could not read the message", _REPORT),
    FaultCode(2150858823, "MAX_ENVELOPE_SIZE", _R, "the message is larger than the host accepts", "Raise MaxEnvelopeSizekb."),
    FaultCode(2150858824, "MAX_ENVELOPE_SIZE_EXCEEDED", _R, "the answer is larger than allowed", "Raise MaxEnvelopeSizekb."),
    FaultCode(2150858825, "SERVER_ENVELOPE_LIMIT", _R, "the message is larger than the host accepts", "Raise MaxEnvelopeSizekb."),
    FaultCode(2150858833, "OPTIONS_NOT_SUPPORTED", _R, "the host does not support an option", _REPORT),
    FaultCode(2150858842, "INSUFFCIENT_SELECTORS", _R, "the message does not name the shell", _REPORT),
    # spec winrm 1.9: shell id unknown, command id unknown
    FaultCode(2150858843, "UNEXPECTED_SELECTORS", _G, "the shell or the command no longer exists on the host", _RERUN),
    FaultCode(2150858854, "OPERATION_TIMEOUT_NOT_SUPPORTED", _R, "the host does not accept the time-out", _REPORT),
    FaultCode(2150858862, "MAXENVELOPE_SIZE_NOT_SUPPORTED", _S, "the host does not accept the reply size", _REPORT),
    FaultCode(2150858863, "MAXENVELOPE_POLICY_NOT_SUPPORTED", _S, "the host does not accept the reply size policy", _REPORT),
    FaultCode(2150858881, "INVALID_TIMEOUT_HEADER", _R, "the host does not accept the time-out header", _REPORT),
    FaultCode(2150858883, "PLUGIN_FAILED", _R, "the host's shell plug-in failed", _SERVICE),
    FaultCode(2150858888, "POLICY_CORRUPTED", _R, "the host's WinRM policy is damaged", _POLICY),
    FaultCode(2150858906, "PROVIDER_LOAD_FAILED", _R, "the host could not load its shell plug-in", _PLUGIN),
    FaultCode(2150858909, "SECURITY_UNMAPPED", _F, "the certificate is mapped to no account", "Map it (winrm/config/service/certmapping)."),
    FaultCode(2150859026, "HTTP_SERVICE_UNAVAILABLE_STATUS", _B, "the WinRM service is not available", _SERVICE),
    FaultCode(2150859046, "NETWORK_TIMEDOUT", _R, "the host gave up waiting for the network", _RERUN),
    FaultCode(2150859064, "REQUEST_NOT_SUPPORTED_AT_SERVICE", _R, "the host does not support the request", _REPORT),
    FaultCode(2150859082, "SHELL_ALREADY_CLOSED", _G, "the shell has been closed", _RERUN),
    FaultCode(2150859084, "SHELL_INVALID_SHELL_HANDLE", _G, "the host does not know the shell", _RERUN),
    FaultCode(2150859085, "SHELL_INVALID_COMMAND_HANDLE", _G, "the host does not know the command", _RERUN),
    FaultCode(2150859100, "INVALID_SECURITY_DESCRIPTOR", _R, "the host's WinRM access list is damaged", "Check RootSDDL in winrm/config/service."),
    FaultCode(2150859102, "POLICY_CANNOT_COMPLY", _R, "the host's policy forbids it", _POLICY),
    FaultCode(2150859117, "INVALID_PROVIDER_RESPONSE", _R, "the host's shell plug-in answered nonsense", _SERVICE),
    FaultCode(2150859118, "SHELL_NOT_INITIALIZED", _G, "the shell never came up", _SERVICE),
    FaultCode(2150859120, "HTTP_STATUS_SERVER_ERROR", _R, "the WinRM service failed", _SERVICE),
    FaultCode(2150859121, "HTTP_STATUS_BAD_REQUEST", _R, "the WinRM service could not read the request", _REPORT),
    FaultCode(2150859140, "INVALID_OPTIONSET", _R, "the host does not accept the options", _REPORT),
    FaultCode(2150859141, "NO_COMMANDID", _R, "the message does not name the command", _REPORT),
    FaultCode(2150859147, "SHELL_INVALID_INPUT_STREAM", _R, "the command takes no input", _REPORT),
    FaultCode(2150859149, "SHELL_INVALID_DESIRED_STREAMS", _R, "the host does not know the output stream", _REPORT),
    FaultCode(2150859152, "PLUGIN_CONFIGURATION_CORRUPTED", _R, "the host's shell plug-in is misconfigured", _PLUGIN),
    # spec winrm 1.9, 4.1
    FaultCode(2150859173, "QUOTA_MAX_SHELLS", _QU, "this account has as many shells on the host as it may", _ROOM),
    FaultCode(2150859174, "QUOTA_MAX_OPERATIONS", _QU, "this account has as many operations on the host as it may", _ROOM),
    FaultCode(2150859175, "QUOTA_USER", _QU, "this account's load quota on the host is used up", _ROOM),
    FaultCode(2150859176, "QUOTA_SYSTEM", _QU, "the host's load quota is used up", _ROOM),
    FaultCode(2150859179, "QUOTA_MAX_SHELLUSERS", _QU, "as many users have shells on the host as may", _ROOM),
    FaultCode(2150859180, "REMOTESHELLS_NOT_ALLOWED", _F, "the host allows no remote shells", "Set AllowRemoteShellAccess=true in winrm/config/winrs."),
    FaultCode(2150859228, "SEMANTICCALLBACK_TIMEDOUT", _R, "the host's shell plug-in did not answer", _SERVICE),
    FaultCode(2150859229, "SERVICE_REMOTE_ACCESS_DISABLED", _F, "the host refuses remote WinRM", "Run Enable-PSRemoting or winrm quickconfig on it."),
    FaultCode(2150859230, "SERVICE_STREAM_DISCONNECTED", _G, "the host closed the shell's stream", _RERUN),
    FaultCode(2150859235, "REMOTE_CONNECTION_NOT_ALLOWED", _F, "the host allows only local connections", _POLICY),
    FaultCode(2150859236, "QUOTA_MAX_SHELLS_PPQ", _QU, "the shell plug-in has as many shells as it may", _ROOM),
    FaultCode(2150859237, "QUOTA_MAX_USERS_PPQ", _QU, "the shell plug-in has as many users as it may", _ROOM),
    FaultCode(2150859238, "QUOTA_MAX_PLUGINSHELLS_PPQ", _QU, "the shell plug-in has as many shells in all as it may", _ROOM),
    FaultCode(2150859239, "QUOTA_MAX_PLUGINOPERATIONS_PPQ", _QU, "the shell plug-in has as many operations as it may", _ROOM),
    FaultCode(2150859240, "QUOTA_MAX_OPERATIONS_USER_PPQ", _QU, "this account has as many operations as it may", _ROOM),
    FaultCode(2150859241, "QUOTA_MAX_COMMANDS_PER_SHELL_PPQ", _QU, "the shell has run as many commands as it may", _ROOM),
    FaultCode(2150859242, "QUOTA_MIN_REQUIREMENT_NOT_AVAILABLE_PPQ", _QU, "the host lacks the resources for a shell", _ROOM),
)  # fmt: skip

# Win32 numbers: winerror.h, spec winrm 1.9 where marked. They arrive bare or as HRESULT 0x8007xxxx.
_WIN32: tuple[FaultCode, ...] = (
    FaultCode(2, "FILE_NOT_FOUND", _R, "the program or file does not exist on the host", _REPORT),  # spec winrm 1.4
    FaultCode(3, "PATH_NOT_FOUND", _R, "the path does not exist on the host", _REPORT),
    FaultCode(5, "ACCESS_DENIED", _F, "access is denied", _ADMIN),  # spec winrm 1.9
    FaultCode(6, "INVALID_HANDLE", _G, "the host lost hold of the shell", _RERUN),
    FaultCode(8, "NOT_ENOUGH_MEMORY", _QU, "the host is out of memory", _ROOM),
    FaultCode(14, "OUTOFMEMORY", _QU, "the host is out of memory", _ROOM),
    FaultCode(87, "INVALID_PARAMETER", _R, "the host does not accept a parameter", _REPORT),  # spec winrm 1.9
    FaultCode(109, "BROKEN_PIPE", _G, "the command closed its input", _RERUN),
    FaultCode(112, "DISK_FULL", _R, "the host's disk is full", _DISK),
    FaultCode(170, "BUSY", _B, "the host is still busy with the previous input", _RERUN),  # spec winrm 1.5, 1.9
    FaultCode(232, "NO_DATA", _G, "the command closed its input", _RERUN),
    FaultCode(995, "OPERATION_ABORTED", _G, "the host tore the shell down", _RERUN),  # spec winrm 1.9
    FaultCode(1018, "KEY_DELETED", _G, "the account's profile was unloaded", _RERUN),  # spec winrm 1.9: 0x800703FA
    FaultCode(1115, "SHUTDOWN_IN_PROGRESS", _R, "the host is shutting down", "Run it again when the host is back."),
    FaultCode(1314, "PRIVILEGE_NOT_HELD", _F, "the account lacks a privilege", _ADMIN),
    FaultCode(1326, "LOGON_FAILURE", _F, "the host did not accept the logon", _LOGON),
    FaultCode(1327, "ACCOUNT_RESTRICTION", _F, "the account may not log on this way", "Blank passwords and logon hours are common causes."),
    FaultCode(1330, "PASSWORD_EXPIRED", _F, "the password has expired", "Change the password, then update the connection."),
    FaultCode(1331, "ACCOUNT_DISABLED", _F, "the account is disabled", "Enable the account or use another one."),
    FaultCode(1385, "LOGON_TYPE_NOT_GRANTED", _F, "the account may not log on over the network", "Check 'Access this computer from the network' on the host."),
    FaultCode(1450, "NO_SYSTEM_RESOURCES", _QU, "the host is out of resources", _ROOM),
    FaultCode(1455, "COMMITMENT_LIMIT", _QU, "the host's paging file is too small", _ROOM),
    FaultCode(1722, "RPC_S_SERVER_UNAVAILABLE", _R, "a service the host needs does not answer", _SERVICE),
    FaultCode(1909, "ACCOUNT_LOCKED_OUT", _F, "the account is locked out", "Unlock the account before the next run."),
)  # fmt: skip

CODES: dict[int, FaultCode] = {row.number: row for row in (*_WSMAN, *_WIN32)}
"""All known numbers, bare Win32 numbers among them."""

_WIN32_HRESULT = 0x80070000


def lookup(number: int) -> FaultCode:
    """Everything known of a fault's number.

    Args:
        number: The number as the host printed it: unsigned, or signed as some hosts print HRESULTs.

    Returns:
        The row; for a number nobody listed, a row that means REFUSED and says the number is unknown.
    """
    unsigned = number & 0xFFFFFFFF
    if unsigned & 0xFFFF0000 == _WIN32_HRESULT:
        unsigned &= 0xFFFF
    known = CODES.get(unsigned)
    if known is not None:
        return known
    return FaultCode(number, "UNKNOWN", Meaning.REFUSED, "the host answered with a fault that we do not know", _SERVICE)
