r"""Model values in the words of `netsh ipsec static` (spec: ipsec-policy 1.5, 1.6).

Foreign stores hold values that netsh has no words for: unknown algorithms, masks with holes, ranges of ports. Those
raise `Invalid` with a sentence, so that nothing is ever written that says less, or more, than it should.

Two spellings are choices of ours. IPv4 subnets go as address and dotted mask; masks for IPv6 are nowhere documented
(prefixes are, from 1 to 32), so IPv6 subnets go as a range of addresses, which netsh takes without a mask.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network
from typing import TypeAlias

from winipsec.model.endpoint import NOBODY, Endpoint, Kind
from winipsec.model.filters import Ports, protocol_word
from winipsec.model.invalid import Invalid
from winipsec.model.methods import (
    AuthMethod,
    Esp,
    Kerberos,
    MainModeMethod,
    PresharedKey,
    RootCa,
    SecurityMethod,
    UnknownAuth,
)
from winipsec.model.names import text_fault

Tags: TypeAlias = list[tuple[str, str]]

_AH = {"md5": "MD5", "sha1": "SHA1"}
_ESP_ENCRYPTION = {"none": "None", "des": "DES", "3des": "3DES"}
_ESP_INTEGRITY = {"none": "None", **_AH}
_MAIN_MODE_ENCRYPTION = {"des": "DES", "3des": "3DES"}
_MAIN_MODE_INTEGRITY = _AH
_DH_GROUPS = {"group1": "1", "group2": "2", "group14": "3"}
# RAW is left to its number: no document ties the two together.
_PROTOCOL_WORDS = frozenset({"any", "icmp", "tcp", "udp"})


def yes_no(value: bool) -> str:
    """How netsh is told yes or no."""
    return "yes" if value else "no"


def minutes(seconds: int, what: str) -> str:
    """A time that netsh takes in minutes.

    Raises:
        Invalid: it is no whole number of them.
    """
    whole, rest = divmod(seconds, 60)
    if rest:
        raise Invalid(f"{what} of {seconds} seconds is no whole number of minutes, which is all that netsh takes")
    return str(whole)


def address_and_mask(side: Endpoint) -> tuple[str, str | None]:
    """One side of a filter: the address, and the mask where one belongs to it.

    Raises:
        Invalid: its mask has holes, or it is 0.0.0.0, which would be stored as this host.
    """
    if side == NOBODY:
        raise Invalid("0.0.0.0 cannot be written as an address: it would mean this host; write me or any")
    if side.kind is Kind.MASKED:
        raise Invalid(f"{side} cannot be written: the one-bits of its mask do not all come first")
    network = side.network
    if isinstance(network, IPv4Network):
        return str(network.network_address), str(network.netmask)
    if network is not None and not side.is_address:
        return f"{side.first}-{side.last}", None
    return str(side), None


def port(ports: Ports) -> str:
    """A port, 0 for any.

    Raises:
        Invalid: it is a range.
    """
    if not ports.single:
        raise Invalid(f"ports {ports} cannot be written: netsh takes one port or any")
    return str(ports.first)


def protocol(number: int) -> str:
    """A protocol: the word where netsh documents one, else the number.

    Raises:
        Invalid: it is no protocol.
    """
    if not 0 <= number <= 255:
        raise Invalid(f"protocol {number} cannot be written: protocols end at 255")
    word = protocol_word(number)
    return word if word in _PROTOCOL_WORDS else str(number)


def security_methods(methods: Sequence[SecurityMethod]) -> str:
    """Quick-mode offers in order of preference, such as `AH[SHA1]+ESP[3DES,SHA1]:100000k/3600s`.

    Raises:
        Invalid: there are none, or one says something that netsh cannot be told.
    """
    if not methods:
        raise Invalid("negotiation needs at least one security method")
    return " ".join(_security_method(method) for method in methods)


def _security_method(method: SecurityMethod) -> str:
    faults = method.faults()
    if faults:
        raise Invalid(f"a security method {faults[0].reason}")
    parts = []
    if method.ah is not None:
        parts.append(f"AH[{_word(_AH, method.ah, 'AH')}]")
    if method.esp is not None:
        parts.append(_esp(method.esp))
    lives = []
    if method.lifetime_kilobytes:
        lives.append(f"{method.lifetime_kilobytes}k")
    if method.lifetime_seconds:
        lives.append(f"{method.lifetime_seconds}s")
    return "+".join(parts) + (":" + "/".join(lives) if lives else "")


def _esp(esp: Esp) -> str:
    encryption = _word(_ESP_ENCRYPTION, esp.encryption, "ESP encryption")
    return f"ESP[{encryption},{_word(_ESP_INTEGRITY, esp.integrity, 'ESP integrity')}]"


def main_mode_methods(methods: Sequence[MainModeMethod]) -> str:
    """Main-mode methods in order of preference, such as `3DES-SHA1-3`.

    Raises:
        Invalid: there are none, or one says something that netsh cannot be told.
    """
    if not methods:
        raise Invalid("a policy needs at least one main-mode method")
    return " ".join(
        "-".join(
            (
                _word(_MAIN_MODE_ENCRYPTION, method.encryption, "main-mode encryption"),
                _word(_MAIN_MODE_INTEGRITY, method.integrity, "main-mode integrity"),
                _word(_DH_GROUPS, method.dh_group, "Diffie-Hellman group"),
            )
        )
        for method in methods
    )


def auth_methods(methods: Iterable[AuthMethod]) -> Tags:
    """Authentication tags in order of preference, which is that of the line; whether Kerberos counts is always said.

    Raises:
        Invalid: there are none, one comes twice where netsh takes one, or one cannot be written.
    """
    tags = [_auth_method(method) for method in methods]
    if not tags:
        raise Invalid("a rule needs at least one authentication method")
    for tag, what in (("kerberos", "Kerberos"), ("psk", "a pre-shared key")):
        if sum(name == tag for name, _ in tags) > 1:
            raise Invalid(f"{what} can be given only once in a rule")
    if all(name != "kerberos" for name, _ in tags):
        tags.insert(0, ("kerberos", "no"))
    return tags


def _auth_method(method: AuthMethod) -> tuple[str, str]:
    if isinstance(method, Kerberos):
        return "kerberos", "yes"
    if isinstance(method, UnknownAuth):
        raise Invalid(f"an authentication method of type {method.type} cannot be written: no document names it")
    if isinstance(method, PresharedKey):
        fault = "is empty" if not method.key else text_fault(method.key)
        if fault:
            raise Invalid(f"the pre-shared key {fault}")
        return "psk", method.key
    return "rootca", _root_ca(method)


def _root_ca(ca: RootCa) -> str:
    """A certification authority; netsh takes a backslash and a single quote for a double quote inside its name."""
    name = ca.name.replace('"', r"\'")
    return f"{name} certmap:{yes_no(ca.certificate_mapping)} excludecaname:{yes_no(ca.exclude_ca_name)}"


def _word(words: dict[str, str], value: str, what: str) -> str:
    if value not in words:
        raise Invalid(f"{what} {value!r} cannot be written: netsh knows {', '.join(words)}")
    return words[value]
