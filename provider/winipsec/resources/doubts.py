"""What a host may refuse although documents allow it, or do not say (spec: ipsec-policy 1.5, 1.6; the marks [I*]).

netsh tells in its own language why it refuses a command, if at all. So that the user reads which property it may have
been, the error of a refused change lists the values that are known to be doubtful, each at its path.
"""

from __future__ import annotations

from collections.abc import Iterable

from winipsec.model.endpoint import parse_address
from winipsec.model.filters import Filter
from winipsec.model.invalid import Invalid
from winipsec.model.methods import AuthMethod, RootCa, SecurityMethod
from winipsec.model.policies import Rule

LEAST_KILOBYTES = 20_480
LEAST_SECONDS = 300


def lifetime_doubts(methods: Iterable[SecurityMethod], path: str) -> dict[str, str]:
    """The limits that are commonly named for lifetimes; no document states them (spec: ipsec-policy 1.6)."""
    found: dict[str, str] = {}
    for index, method in enumerate(methods):
        for name, value, least in (
            ("lifetimeKilobytes", method.lifetime_kilobytes, LEAST_KILOBYTES),
            ("lifetimeSeconds", method.lifetime_seconds, LEAST_SECONDS),
        ):
            if 0 < value < least:
                found[f"{path}[{index}].{name}"] = f"is {value}, and some systems may refuse less than {least}"
    return found


def authentication_doubts(methods: Iterable[AuthMethod], path: str) -> dict[str, str]:
    """Certificates: the form of names, and accounts on a host without a domain (spec: ipsec-policy 1.5 rule, 5.4)."""
    found: dict[str, str] = {}
    for index, method in enumerate(methods):
        if not isinstance(method, RootCa):
            continue
        if "=" not in method.name:
            found[f"{path}[{index}].rootCa.name"] = "is no distinguished name, such as CN=Example Root CA, O=Example"
        if method.certificate_mapping:
            found[f"{path}[{index}].rootCa.certificateMapping"] = "may be refused on a host that is in no domain"
    return found


def tunnel_doubts(rule: Rule, filters: Iterable[Filter]) -> dict[str, str]:
    """Tunnels: a name that the host must resolve; filters of both directions (spec: ipsec-policy 1.5 rule)."""
    if not rule.tunnel_endpoint:
        return {}
    reasons = []
    try:
        parse_address(rule.tunnel_endpoint)
    except Invalid:
        reasons.append("is a name, which the host must be able to resolve")
    if any(item.mirrored for item in filters):
        reasons.append("may need a filter list without mirrored filters")
    return {"tunnelEndpoint": " and ".join(reasons)} if reasons else {}
