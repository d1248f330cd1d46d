"""SOAP envelopes: requests as values, replies as bytes (spec: winrm 1.1).

Clients differ in prefixes, order, attribute forms and case; the reader accepts all forms listed under "compatibility
notes" and nothing that XML itself forbids. Replies are written as text: that is faster than a tree and keeps
`a:RelatesTo` byte for byte as it came.
"""

from __future__ import annotations

import re
import uuid
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from typing import Final
from xml.sax.saxutils import escape

from winipsec_lab.wire.faults import SoapFault
from winipsec_lab.wire.names import ACTIONS, ANONYMOUS, IDENTITY_NAMESPACE, NAMESPACES, qualified

# Headers the service understands; any other one with mustUnderstand is refused (spec: winrm 1.9, last rows).
_UNDERSTOOD: Final = frozenset(
    qualified(prefix, name)
    for prefix, name in (
        ("a", "To"), ("a", "ReplyTo"), ("a", "MessageID"), ("a", "Action"), ("a", "From"), ("a", "FaultTo"),
        ("a", "RelatesTo"), ("w", "MaxEnvelopeSize"), ("w", "Locale"), ("w", "OperationTimeout"), ("w", "ResourceURI"),
        ("w", "OptionSet"), ("w", "SelectorSet"), ("p", "DataLocale"), ("p", "SessionId"), ("p", "OperationID"),
        ("p", "SequenceId"), ("p", "ActivityId"), ("p", "CompressionType"),
    )
)  # fmt: skip

_DURATION: Final = re.compile(
    r"P(?:(?P<d>\d+(?:\.\d+)?)D)?(?:T(?:(?P<h>\d+(?:\.\d+)?)H)?(?:(?P<m>\d+(?:\.\d+)?)M)?(?:(?P<s>\d+(?:\.\d+)?)S)?)?"
)
DEFAULT_ENVELOPE_SIZE: Final = 153600


class BadXmlError(ValueError):
    """The body is not well-formed XML, or carries a document type."""


@dataclass(frozen=True)
class Request:
    """One WS-Management request."""

    action: str
    """Short name (`Create`, `Command`, ..., `Identify`), or the whole URI when the service does not know it."""
    action_uri: str = ""
    message_id: str = ""
    resource_uri: str = ""
    timeout: float | None = None
    """Requested OperationTimeout in seconds."""
    max_envelope_size: int = DEFAULT_ENVELOPE_SIZE
    options: dict[str, str] = field(default_factory=dict)
    selectors: dict[str, str] = field(default_factory=dict)
    body: ET.Element | None = None
    size: int = 0
    not_understood: tuple[str, ...] = ()

    def option_is_true(self, name: str, *, default: bool) -> bool:
        """A boolean option in any spelling (`TRUE`, `True`, `1`)."""
        text = self.options.get(name.upper())
        return default if text is None else text.strip().lower() in {"true", "1"}

    @property
    def shell_id(self) -> str:
        """The `ShellId` selector, empty when absent."""
        return self.selectors.get("SHELLID", "")

    @property
    def payload(self) -> ET.Element | None:
        """The first element inside `s:Body`."""
        return self.body[0] if self.body is not None and len(self.body) else None


def seconds(duration: str) -> float:
    """The length of an ISO 8601 duration such as `PT20S` or `P0DT2H`.

    Raises:
        ValueError: The text is no duration, or a negative one.
    """
    match = _DURATION.fullmatch(duration.strip())
    if match is None or not any(match.groupdict().values()):
        raise ValueError(f"not a duration: {duration!r}")
    factors = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0}
    return sum(float(match[unit] or 0) * factor for unit, factor in factors.items())


def parse(data: bytes) -> Request:
    """Read a request.

    Raises:
        BadXmlError: The bytes are no XML.
    """
    if b"<!DOCTYPE" in data:
        raise BadXmlError("document types are not allowed in SOAP")
    try:
        root = ET.fromstring(data)  # noqa: S314 - entities need a document type, refused above
    except ET.ParseError as error:
        raise BadXmlError(str(error)) from None
    header = root.find(qualified("s", "Header"))
    body = root.find(qualified("s", "Body"))
    if body is not None and len(body) and body[0].tag == f"{{{IDENTITY_NAMESPACE}}}Identify":
        return Request("Identify", body=body, size=len(data))
    uri = _text(header, "a", "Action")
    return Request(
        action=ACTIONS.get(uri, uri),
        action_uri=uri,
        message_id=_text(header, "a", "MessageID"),
        resource_uri=_text(header, "w", "ResourceURI"),
        timeout=_operation_timeout(header),
        max_envelope_size=_envelope_size(header),
        options=_named(header, "OptionSet", "Option"),
        selectors=_named(header, "SelectorSet", "Selector"),
        body=body,
        size=len(data),
        not_understood=_not_understood(header),
    )


def _text(header: ET.Element | None, prefix: str, name: str) -> str:
    element = None if header is None else header.find(qualified(prefix, name))
    return "" if element is None or element.text is None else element.text.strip()


def _named(header: ET.Element | None, outer: str, inner: str) -> dict[str, str]:
    if header is None:
        return {}
    found = header.iterfind(f"{qualified('w', outer)}/{qualified('w', inner)}")
    return {element.get("Name", "").upper(): element.text or "" for element in found}


def _operation_timeout(header: ET.Element | None) -> float | None:
    text = _text(header, "w", "OperationTimeout")
    if not text:
        return None
    try:
        return seconds(text)
    except ValueError:
        return -1.0


def _envelope_size(header: ET.Element | None) -> int:
    text = _text(header, "w", "MaxEnvelopeSize")
    return int(text) if text.isdigit() else DEFAULT_ENVELOPE_SIZE


def _not_understood(header: ET.Element | None) -> tuple[str, ...]:
    """Headers that must be understood and are not; the attribute comes with and without a prefix."""
    if header is None:
        return ()
    return tuple(
        element.tag
        for element in header
        if element.tag not in _UNDERSTOOD
        and (element.get(qualified("s", "mustUnderstand")) or element.get("mustUnderstand") or "").lower()
        in {"true", "1"}
    )


def new_id() -> str:
    """A GUID in upper case, as the service prints them."""
    return str(uuid.uuid4()).upper()


_DECLARATIONS: Final = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())


def reply(request: Request, body: str) -> bytes:
    """The answer to a request, with the given XML inside `s:Body`."""
    return _envelope(request.action_uri + "Response", request.message_id, "", body)


def fault_reply(request: Request, fault: SoapFault, machine: str, language: str) -> bytes:
    """The SOAP fault for a request, naming the machine and in the given language if the fault knows it."""
    relates_to = request.message_id if fault.has_relates_to else ""
    return _envelope(fault.kind.action, relates_to, fault.more_headers, fault.body(machine, language))


def _envelope(action: str, relates_to: str, header: str, body: str) -> bytes:
    relation = f"<a:RelatesTo>{escape(relates_to)}</a:RelatesTo>" if relates_to else ""
    return (
        f'<s:Envelope xml:lang="en-US" {_DECLARATIONS}><s:Header><a:Action>{escape(action)}</a:Action>'
        f"<a:MessageID>uuid:{new_id()}</a:MessageID><p:ActivityId>{new_id()}</p:ActivityId><a:To>{ANONYMOUS}</a:To>"
        f"{relation}{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def identify_reply(product: str) -> bytes:
    """The answer to Identify; `product` is the `ProductVersion` text (spec: winrm 1.2)."""
    return (
        f'<s:Envelope xml:lang="en-US" xmlns:s="{NAMESPACES["s"]}"><s:Header/><s:Body>'
        f'<wsmid:IdentifyResponse xmlns:wsmid="{IDENTITY_NAMESPACE}">'
        f"<wsmid:ProtocolVersion>{NAMESPACES['w']}</wsmid:ProtocolVersion>"
        "<wsmid:ProductVendor>Microsoft Corporation</wsmid:ProductVendor>"
        f"<wsmid:ProductVersion>{escape(product)}</wsmid:ProductVersion></wsmid:IdentifyResponse></s:Body></s:Envelope>"
    ).encode()
