"""Names of the WS-Management protocol: XML namespaces, actions and resources (spec: winrm 1.1 to 1.8)."""

from __future__ import annotations

from typing import Final

# prefix -> namespace, in the order in which replies declare them (spec: winrm 1.1, first table)
NAMESPACES: Final = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "x": "http://schemas.xmlsoap.org/ws/2004/09/transfer",
    "w": "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd",
    "p": "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd",
    "rsp": "http://schemas.microsoft.com/wbem/wsman/1/windows/shell",
    "f": "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault",
    "cfg": "http://schemas.microsoft.com/wbem/wsman/1/config",
}
IDENTITY_NAMESPACE: Final = "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"
WMI_ERROR_NAMESPACE: Final = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/MSFT_WmiError"
XML_LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"

ANONYMOUS: Final = "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"

TRANSFER: Final = "http://schemas.xmlsoap.org/ws/2004/09/transfer/"
SHELL: Final = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/"
FAULT_ACTION: Final = "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault"
ADDRESSING_FAULT_ACTION: Final = "http://schemas.xmlsoap.org/ws/2004/08/addressing/fault"
FAULT_DETAIL: Final = "http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/"

# action URI -> the short name used by the dispatcher, the transcript and the fault injector (spec: winrm 1.3 to 1.8)
ACTIONS: Final = {
    TRANSFER + "Create": "Create",
    TRANSFER + "Delete": "Delete",
    TRANSFER + "Get": "Get",
    SHELL + "Command": "Command",
    SHELL + "Send": "Send",
    SHELL + "Receive": "Receive",
    SHELL + "Signal": "Signal",
}

SHELL_RESOURCE: Final = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd"
SHELL_STATE_RESOURCE: Final = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
CONFIG_RESOURCE: Final = "http://schemas.microsoft.com/wbem/wsman/1/config"

COMMAND_STATE: Final = SHELL + "CommandState/"
SIGNAL: Final = SHELL + "signal/"

SOAP_CONTENT_TYPE: Final = "application/soap+xml;charset=UTF-8"


def qualified(prefix: str, name: str) -> str:
    """The ElementTree form `{namespace}name` of a prefixed name."""
    return f"{{{NAMESPACES[prefix]}}}{name}"
