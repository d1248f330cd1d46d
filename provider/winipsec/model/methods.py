"""How peers protect and authenticate: quick-mode offers, main-mode methods, authentication (spec: ipsec-policy 1.5, 1.6).

Order is preference everywhere here. An algorithm that a foreign store names by an unknown number reads as
`unknown:N`: it can be shown, not written.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from winipsec.model.invalid import Fault

ESP_ENCRYPTION = ("none", "des", "3des")
ESP_INTEGRITY = ("none", "md5", "sha1")
AH_INTEGRITY = ("md5", "sha1")
MAIN_MODE_ENCRYPTION = ("des", "3des")
MAIN_MODE_INTEGRITY = ("md5", "sha1")
DH_GROUPS = ("group1", "group2", "group14")

DEFAULT_LIFETIME_KILOBYTES = 100_000
DEFAULT_LIFETIME_SECONDS = 3_600
MAX_LIFETIME = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Esp:
    """ESP with a cipher and an integrity check, either of which may be `none`, not both."""

    encryption: str
    integrity: str


@dataclass(frozen=True, slots=True)
class SecurityMethod:
    """One quick-mode offer: AH, ESP or both, and when keys are renewed. A lifetime of 0 is the system's default."""

    ah: str | None = None
    esp: Esp | None = None
    lifetime_kilobytes: int = DEFAULT_LIFETIME_KILOBYTES
    lifetime_seconds: int = DEFAULT_LIFETIME_SECONDS

    @property
    def encrypts(self) -> bool:
        """Whether traffic under this offer is unreadable on the wire."""
        return self.esp is not None and self.esp.encryption != "none"

    def faults(self) -> list[Fault]:
        """The rules of the grammar that this offer breaks, each with its field."""
        if self.ah is None and self.esp is None:
            return [Fault("", "says neither ah nor esp; give at least one of them")]
        if self.esp == Esp("none", "none"):
            return [Fault("esp", "has neither encryption nor integrity; give at least one of them")]
        return []


DEFAULT_SECURITY_METHODS = (SecurityMethod(esp=Esp("3des", "sha1")),)


@dataclass(frozen=True, slots=True)
class MainModeMethod:
    """One way for two hosts to agree on keys: cipher, hash and Diffie-Hellman group."""

    encryption: str
    integrity: str
    dh_group: str


DEFAULT_MAIN_MODE_METHODS = (MainModeMethod("3des", "sha1", "group14"),)


@dataclass(frozen=True, slots=True)
class Kerberos:
    """Both hosts are members of a domain that trusts the other."""


@dataclass(frozen=True, slots=True)
class PresharedKey:
    """Both hosts know the same text. Windows keeps it in clear in its registry (spec: ipsec-policy 5.4)."""

    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RootCa:
    """Both hosts have a certificate below the same root."""

    name: str
    certificate_mapping: bool = False
    exclude_ca_name: bool = False


@dataclass(frozen=True, slots=True)
class UnknownAuth:
    """A method of a type that no document names; kept so that a rule can be shown."""

    type: int


AuthMethod = Kerberos | PresharedKey | RootCa | UnknownAuth
DEFAULT_AUTH_METHODS: tuple[AuthMethod, ...] = (Kerberos(),)
