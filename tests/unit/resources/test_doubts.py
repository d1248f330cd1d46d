"""What a host may refuse is named at its path, and nothing else is (spec: ipsec-policy 1.5, 1.6)."""

import pytest
from winipsec.model.endpoint import ANY, ME
from winipsec.model.filters import Filter
from winipsec.model.methods import Esp, Kerberos, PresharedKey, RootCa, SecurityMethod
from winipsec.model.policies import Rule
from winipsec.resources.doubts import authentication_doubts, lifetime_doubts, tunnel_doubts

ESP = Esp("3des", "sha1")


@pytest.mark.parametrize(
    ("kilobytes", "seconds", "paths"),
    [
        (100_000, 3600, set()),
        (0, 0, set()),
        (20_480, 300, set()),
        (20_479, 300, {"m[1].lifetimeKilobytes"}),
        (20_480, 299, {"m[1].lifetimeSeconds"}),
        (1, 1, {"m[1].lifetimeKilobytes", "m[1].lifetimeSeconds"}),
    ],
)
def test_lifetimes(kilobytes, seconds, paths):
    """Below the limits that are commonly named; 0 is the system's own."""
    methods = [SecurityMethod(esp=ESP), SecurityMethod("sha1", None, kilobytes, seconds)]
    assert set(lifetime_doubts(methods, "m")) == paths


def test_authentication():
    """A name that is none, and mapping to accounts."""
    methods = [Kerberos(), RootCa("Example Root"), PresharedKey("x"), RootCa("CN=Root", certificate_mapping=True)]
    assert set(authentication_doubts(methods, "a")) == {"a[1].rootCa.name", "a[3].rootCa.certificateMapping"}
    assert authentication_doubts([Kerberos(), RootCa("CN=Root")], "a") == {}


@pytest.mark.parametrize(
    ("tunnel", "mirrored", "words"),
    [
        ("", True, []),
        ("192.0.2.1", False, []),
        ("2001:db8::1", False, []),
        ("192.0.2.1", True, ["mirrored"]),
        ("gw.example.com", False, ["resolve"]),
        ("gw.example.com", True, ["resolve", "mirrored"]),
    ],
)
def test_tunnels(tunnel, mirrored, words):
    """A name that the host may not know, filters of both directions."""
    rule = Rule("r", "p", "l", "a", tunnel_endpoint=tunnel)
    found = tunnel_doubts(rule, [Filter(ANY, ME, mirrored=mirrored)])
    assert list(found) == (["tunnelEndpoint"] if words else [])
    assert all(word in found["tunnelEndpoint"] for word in words)
