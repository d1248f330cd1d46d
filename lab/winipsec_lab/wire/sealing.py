r"""Sealed messages: a SOAP envelope encrypted into `multipart/encrypted` (spec: winrm 2.4).

No MIME library can read this: there is no CRLF between ciphertext and closing boundary and no blank line before the
binary part. One part looks like this (CRLF at the line ends, tabs optional)::

    --Encrypted Boundary
        Content-Type: application/HTTP-SPNEGO-session-encrypted
        OriginalContent: type=application/soap+xml;charset=UTF-8;Length=1234
    --Encrypted Boundary
        Content-Type: application/octet-stream
    <int32 header length><header><ciphertext>--Encrypted Boundary--
"""

from __future__ import annotations

import re
import struct
from typing import Final, Protocol

BOUNDARY: Final = b"--Encrypted Boundary"
_END: Final = BOUNDARY + b"--\r\n"
_OCTETS: Final = b"Content-Type: application/octet-stream\r\n"
_LENGTH: Final = re.compile(rb"Length=(\d+)")
_PROTOCOL: Final = re.compile(r'protocol="application/(HTTP-(?:SPNEGO|Kerberos|CredSSP)-session-encrypted)"')
CREDSSP: Final = "HTTP-CredSSP-session-encrypted"
_CREDSSP_CHUNK: Final = 16384


class SealError(ValueError):
    """The sealed body could not be opened."""


class _Wrapped(Protocol):
    @property
    def header(self) -> bytes: ...
    @property
    def data(self) -> bytes: ...
    @property
    def padding_length(self) -> int: ...


class SecurityContext(Protocol):
    """What sealing needs of an established context."""

    def wrap_winrm(self, data: bytes) -> _Wrapped:
        """Encrypt."""
        ...

    def unwrap_winrm(self, header: bytes, data: bytes) -> bytes:
        """Decrypt and verify."""
        ...


def sealed_protocol(content_type: str) -> str | None:
    """The protocol string of a sealed body, None for any other content type."""
    if not content_type.lower().startswith(("multipart/encrypted", "multipart/x-multi-encrypted")):
        return None
    match = _PROTOCOL.search(content_type)
    return match.group(1) if match else None


def unseal(context: SecurityContext, body: bytes) -> bytes:
    """Open a sealed body of one or more parts.

    Raises:
        SealError: Malformed, or not sealed for this context in this order.
    """
    if not body.endswith(_END):
        raise SealError("no closing boundary")
    sections = body[: -len(_END)].split(BOUNDARY + b"\r\n")[1:]
    if not sections or len(sections) % 2:
        raise SealError("parts do not come in pairs")
    plain = b""
    for head, payload in zip(sections[::2], sections[1::2], strict=True):
        length = _LENGTH.search(head)
        _, octets, sealed = payload.partition(_OCTETS)
        if length is None or not octets or len(sealed) < 4:
            raise SealError("part without a length or content")
        header_length = struct.unpack("<i", sealed[:4])[0]
        if not 0 < header_length <= len(sealed) - 4:
            raise SealError("the signature is longer than the part")
        try:
            part = context.unwrap_winrm(sealed[4 : 4 + header_length], sealed[4 + header_length :])
        except Exception as error:  # noqa: BLE001 - the library raises whatever its backend does
            raise SealError(f"cannot be unsealed: {type(error).__name__}") from None
        plain += part
    return plain


def seal(context: SecurityContext, protocol: str, plain: bytes) -> tuple[str, bytes]:
    """Seal a reply: (content type, body). CredSSP is cut into pieces, the other protocols never are."""
    size = _CREDSSP_CHUNK if protocol == CREDSSP else max(len(plain), 1)
    pieces = [plain[start : start + size] for start in range(0, len(plain), size)] or [b""]
    body = b""
    for piece in pieces:
        wrapped = context.wrap_winrm(piece)
        body += (
            BOUNDARY + b"\r\n\tContent-Type: application/" + protocol.encode() + b"\r\n"
            b"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length="
            + str(len(piece) + wrapped.padding_length).encode()
            + b"\r\n"
            + BOUNDARY
            + b"\r\n\t"
            + _OCTETS
            + struct.pack("<i", len(wrapped.header))
            + wrapped.header
            + wrapped.data
        )
    kind = "multipart/x-multi-encrypted" if len(pieces) > 1 else "multipart/encrypted"
    return f'{kind};protocol="application/{protocol}";boundary="Encrypted Boundary"', body + _END
