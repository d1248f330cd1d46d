"""The inputs that several resources share, declared once."""

from __future__ import annotations

import re
from typing import Any

from winipsec.model.endpoint import parse_endpoint
from winipsec.model.filters import parse_protocol, protocol_word
from winipsec.model.invalid import Fault, Invalid
from winipsec.model.methods import (
    AH_INTEGRITY,
    DEFAULT_LIFETIME_KILOBYTES,
    DEFAULT_LIFETIME_SECONDS,
    DH_GROUPS,
    ESP_ENCRYPTION,
    ESP_INTEGRITY,
    MAIN_MODE_ENCRYPTION,
    MAIN_MODE_INTEGRITY,
    MAX_LIFETIME,
)
from winipsec.model.names import MAX_NAME, text_fault
from winipsec.resources.configuration import CONNECTION
from winipsec.resources.declaration import Choice, Flag, Items, Number, Property, Record, Text
from winipsec.resources.desired import filter_of, security_method_of

_SIDES = "`any`, `me`, an address, a subnet (`10.0.0.0/8`), a range (`10.0.0.1-10.0.0.9`), `dns`, `wins`, `dhcp` or `gateway`"


def plain_text(value: str) -> str:
    """A text that Windows and netsh carry unchanged.

    Raises:
        Invalid: it would be changed or lost on the way.
    """
    reason = text_fault(value)
    if reason is not None:
        raise Invalid(reason)
    return value


def reference(value: str) -> str:
    """The name or the GUID of another object.

    Raises:
        Invalid: no object can have that name.
    """
    reason = "is empty" if not value else text_fault(value, MAX_NAME)
    if reason is not None:
        raise Invalid(f"{reason}; refer to the object by its GUID, or by a name that it has been given since")
    return value


def _endpoint(value: str) -> str:
    return str(parse_endpoint(value))


def _protocol(value: str) -> str:
    return protocol_word(parse_protocol(value))


def name_property(what: str) -> Property:
    """The name of an object; its rules are checked with the old inputs at hand."""
    return Property(
        Text(names=True),
        f"Name of the {what} on the host. The resource's own name when left out. Windows ignores its case.",
    )


DESCRIPTION = Property(Text(plain_text, optional=True), "Description, shown by Windows' own tools.")
CONNECTION_PROPERTY = Property(CONNECTION, "How the host is reached, where it differs from the provider's settings.")

FILTER_FIELDS: dict[str, Property] = {
    "source": Property(Text(_endpoint), f"Where the traffic comes from: {_SIDES}.", required=True),
    "destination": Property(Text(_endpoint), f"Where the traffic goes to: {_SIDES}.", required=True),
    "protocol": Property(
        Text(_protocol, numbers=True), "`any`, `icmp`, `tcp`, `udp`, `raw` or a protocol number.", default="any"
    ),
    "sourcePort": Property(Number(0, 65_535), "Source port, 0 for any; needs TCP or UDP.", default=0),
    "destinationPort": Property(Number(0, 65_535), "Destination port, 0 for any; needs TCP or UDP.", default=0),
    "mirrored": Property(
        Flag(), "Whether the filter also matches the opposite direction, addresses and ports exchanged.", default=True
    ),
    "description": Property(Text(plain_text, optional=True), "Description of this one filter."),
}


def filter_faults(properties: dict[str, Any]) -> list[Fault]:
    """Rules between the fields of a filter."""
    return filter_of(properties).faults()


FILTER = Record("Filter", "One filter of a filter list.", FILTER_FIELDS, filter_faults)

_ESP = Record(
    "Esp",
    "ESP: encryption and integrity of the payload.",
    {
        "encryption": Property(Choice(ESP_ENCRYPTION), "`none`, `des` or `3des`.", required=True),
        "integrity": Property(Choice(ESP_INTEGRITY), "`none`, `md5` or `sha1`.", required=True),
    },
)


def _method_faults(properties: dict[str, Any]) -> list[Fault]:
    return security_method_of(properties).faults()


SECURITY_METHOD = Record(
    "SecurityMethod",
    "One quick-mode offer: `ah`, `esp` or both, and when its keys are renewed.",
    {
        "ah": Property(Choice(AH_INTEGRITY), "AH: integrity of the whole packet, `md5` or `sha1`."),
        "esp": Property(_ESP, "ESP: encryption and integrity of the payload."),
        "lifetimeKilobytes": Property(
            Number(0, MAX_LIFETIME),
            "Kilobytes after which keys are renewed; 0 for the system's default.",
            default=DEFAULT_LIFETIME_KILOBYTES,
        ),
        "lifetimeSeconds": Property(
            Number(0, MAX_LIFETIME),
            "Seconds after which keys are renewed; 0 for the system's default.",
            default=DEFAULT_LIFETIME_SECONDS,
        ),
    },
    _method_faults,
)

MAIN_MODE_METHOD = Record(
    "MainModeMethod",
    "One way for two hosts to agree on keys.",
    {
        "encryption": Property(Choice(MAIN_MODE_ENCRYPTION), "`des` or `3des`.", required=True),
        "integrity": Property(Choice(MAIN_MODE_INTEGRITY), "`md5` or `sha1`.", required=True),
        "dhGroup": Property(
            Choice(DH_GROUPS),
            "Diffie-Hellman group: `group1` (768 bits), `group2` (1024) or `group14` (2048).",
            required=True,
        ),
    },
)


def _preshared_key(value: str) -> str:
    reason = "must not be empty" if not value else text_fault(value)
    if reason is not None:
        raise Invalid(reason)
    if not value.isascii():
        raise Invalid("has characters outside ASCII, which script files cannot carry; keys are never on a command line")
    return value


_CA_OPTION = re.compile(r"\s(?:certmap|excludecaname):", re.IGNORECASE)


def _authority(value: str) -> str:
    reason = "is empty" if not value else text_fault(value.replace('"', ""), MAX_NAME * 4)
    if reason is None and "=" not in value:
        reason = "is not a distinguished name, such as CN=Corp Root, O=Corp"
    if reason is not None:
        raise Invalid(reason)
    option = _CA_OPTION.search(value)
    if option:
        raise Invalid(f"has {option[0].strip()!r} in it, which netsh takes for an option")
    if "\\'" in value:
        raise Invalid("has a backslash before a single quote, which netsh takes for a double quote")
    return value


_ROOT_CA = Record(
    "RootCa",
    "Certificates below one root authority.",
    {
        "name": Property(Text(_authority), "Distinguished name of the root authority.", required=True),
        "certificateMapping": Property(
            Flag(), "Whether the certificate must map to an account of the domain.", default=False
        ),
        "excludeCaName": Property(
            Flag(), "Whether the authority's name is left out of certificate requests.", default=False
        ),
    },
)


def _one_method(properties: dict[str, Any]) -> list[Fault]:
    given = [name for name in ("kerberos", "presharedKey", "rootCa") if name in properties]
    if len(given) != 1:
        return [Fault("", "must say exactly one of kerberos, presharedKey and rootCa")]
    if properties.get("kerberos") is False:
        return [Fault("kerberos", "must be true; leave the method out instead of saying false")]
    return []


AUTH_METHOD = Record(
    "AuthMethod",
    "One way to authenticate: exactly one of its properties.",
    {
        "kerberos": Property(Flag(), "Kerberos: both hosts belong to a domain. Only `true` makes sense."),
        "presharedKey": Property(
            Text(_preshared_key),
            "A text that both hosts know. Windows keeps it in clear in the registry.",
            secret=True,
        ),
        "rootCa": Property(_ROOT_CA, "Certificates below one root authority."),
    },
    _one_method,
)

SECURITY_METHODS = Property(
    Items(SECURITY_METHOD), "Quick-mode offers in order of preference; for action `negotiate` only."
)
AUTH_METHODS = Property(
    Items(AUTH_METHOD, least=1),
    "Ways to authenticate in order of preference; Kerberos alone when left out.",
    managed=False,
)


def left_out(methods: list[dict[str, Any]], what: str) -> str:
    """What to tell the user where an import leaves methods out of the program; empty where it need not.

    Keys stay out of inputs and of generated code (design 2.2, 10); a method of unknown type has no words there.
    """
    if any("presharedKey" in item for item in methods):
        how, advice = "with a pre-shared key", "; add authMethods with the key as a secret to manage them"
    elif any("unknown" in item for item in methods):
        how, advice = "in a way that no document names", ""
    else:
        return ""
    return f"the {what} authenticates {how}. Its authMethods are left out of the program, and left alone on the host{advice}."


def auth_faults(methods: list[dict[str, Any]], path: str, texts: dict[str, str]) -> list[Fault]:
    """Rules between the methods of one rule, and the `texts` that travel in the same command.

    netsh takes Kerberos and a key once each (spec: ipsec-policy 1.5). A key travels in a script file only, and script
    files carry ASCII only (design 2.2, 9).
    """
    roots = {f"{path}[{at}].rootCa": item["rootCa"]["name"] for at, item in enumerate(methods) if "rootCa" in item}
    foreign = [name for name, text in {**texts, **roots}.items() if not text.isascii()]
    faults: list[Fault] = []
    seen: set[str] = set()
    for index, method in enumerate(methods):
        word = next(iter(method), "")
        if word in seen and word != "rootCa":
            faults.append(Fault(f"{path}[{index}]", f"says {word} a second time; a rule takes it once"))
        seen.add(word)
        if word == "presharedKey" and foreign:
            reason = (
                f"cannot travel together with {foreign[0]}, which has characters outside ASCII; write that in ASCII"
            )
            faults.append(Fault(f"{path}[{index}].{word}", reason))
    return faults
