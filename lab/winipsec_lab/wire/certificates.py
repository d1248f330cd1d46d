"""A certification authority for the lab, server certificates for hosts and client certificates for users."""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_UPN: Final = x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
_LIFETIME: Final = dt.timedelta(days=3650)
_SHA256: Final = hashes.SHA256()


@dataclass(frozen=True)
class Issued:
    """A certificate and its key, as PEM files."""

    certificate: Path
    key: Path


class CertificateAuthority:
    """The lab's authority; kept in a directory and taken from there when it exists already."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.file = directory / "ca.pem"
        self._key_file = directory / "ca.key"
        directory.mkdir(parents=True, exist_ok=True)
        if self.file.exists() and self._key_file.exists():
            self._certificate = x509.load_pem_x509_certificate(self.file.read_bytes())
            key = serialization.load_pem_private_key(self._key_file.read_bytes(), None)
            if not isinstance(key, ec.EllipticCurvePrivateKey):
                raise ValueError(f"{self._key_file} is not a key of this lab; delete it and {self.file}")
            self._key = key
        else:
            self._key = ec.generate_private_key(ec.SECP256R1())
            name = _name("winipsec lab CA")
            builder = _builder(name, name, self._key.public_key())
            builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            builder = builder.add_extension(_key_usage(authority=True), critical=True)
            self._certificate = builder.sign(self._key, _SHA256)
            _write_private(self._key_file, _pem(self._key))
            self.file.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    def server(self, name: str, addresses: tuple[str, ...], dns_names: tuple[str, ...]) -> Issued:
        """A certificate for a host's HTTPS listener."""
        names: list[x509.GeneralName] = [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
        names += [x509.DNSName(dns_name) for dns_name in dns_names]
        return self._issue(f"host-{name}", dns_names[0], names, ExtendedKeyUsageOID.SERVER_AUTH)

    def client(self, user: str) -> Issued:
        """A certificate with which a user logs on; the subject alternative name carries the UPN `user@localhost`."""
        upn = user if "@" in user else f"{user}@localhost"
        text = upn.encode()
        names: list[x509.GeneralName] = [x509.OtherName(_UPN, bytes((0x0C, len(text))) + text)]
        return self._issue(f"user-{user}", user, names, ExtendedKeyUsageOID.CLIENT_AUTH)

    def _issue(
        self, stem: str, common_name: str, names: list[x509.GeneralName], usage: x509.ObjectIdentifier
    ) -> Issued:
        issued = Issued(self.directory / f"{stem}.pem", self.directory / f"{stem}.key")
        if issued.certificate.exists() and issued.key.exists():
            return issued
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name(common_name), self._certificate.subject, key.public_key())
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
        )
        certificate = builder.sign(self._key, _SHA256)
        _write_private(issued.key, _pem(key))
        issued.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return issued


def user_of(certificate: bytes) -> str:
    """The user a client certificate (DER) speaks for: its UPN without the domain, else its common name."""
    parsed = x509.load_der_x509_certificate(certificate)
    try:
        names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        names = None
    for other in names.get_values_for_type(x509.OtherName) if names else ():
        if other.type_id == _UPN:
            return other.value[2:].decode("utf-8", "replace").partition("@")[0]
    common = parsed.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(common[0].value) if common else ""


def channel_binding(certificate: Path) -> bytes:
    """`tls-server-end-point` data of a server certificate; the lab's own are all signed with SHA-256 (spec: winrm 2.3)."""
    der = x509.load_pem_x509_certificate(certificate.read_bytes()).public_bytes(serialization.Encoding.DER)
    return b"tls-server-end-point:" + hashlib.sha256(der).digest()


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + _LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write_private(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
