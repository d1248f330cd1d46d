"""Rules of `netsh ipsec static`, keys and quotes on the way, and what only the registry can be told."""

from __future__ import annotations

import pytest
from netsh_syntax import line, quoted, rest
from winipsec.formats import netsh, quoting
from winipsec.formats.command import RegCommand
from winipsec.model.invalid import Invalid
from winipsec.model.methods import Kerberos, PresharedKey, RootCa, UnknownAuth
from winipsec.model.policies import DefaultRule, Rule

GUID = "{11e6e97e-0031-49f5-ac7d-5f2fe99babaf}"

# --- rules --------------------------------------------------------------------------------------------------------

NAMES = {"policy": "P", "filter_list": "L", "filter_action": "A"}


def rule(**values: object) -> Rule:
    """A rule with some values."""
    return Rule(**{"name": "R", "policy": "p", "filter_list": "l", "filter_action": "a", **values})


def test_rules_are_told_in_full():
    """All of a rule; Kerberos is always said."""
    assert line(netsh.add_rule(rule(), **NAMES)) == (
        'ipsec static add rule name="R" policy="P" filterlist="L" filteraction="A" conntype="all" activate="yes" '
        'kerberos="yes"'
    )
    full = rule(active=False, connection_type="lan", tunnel_endpoint="192.0.2.1", description="d")
    assert line(netsh.add_rule(full, **NAMES)) == (
        'ipsec static add rule name="R" policy="P" filterlist="L" filteraction="A" tunnel="192.0.2.1" conntype="lan" '
        'activate="no" description="d" kerberos="yes"'
    )
    assert line(netsh.set_rule("old", full, **NAMES)) == (
        'ipsec static set rule name="old" policy="P" newname="R" description="d" filterlist="L" filteraction="A" '
        'tunnel="192.0.2.1" conntype="lan" activate="no" kerberos="yes"'
    )
    assert "newname" not in rest(netsh.set_rule("R", rule(), **NAMES))
    assert rest(netsh.set_rule("R", rule(), **NAMES), "description") == {"description": ""}
    assert line(netsh.delete_rule("R", "P")) == 'ipsec static delete rule name="R" policy="P"'


def test_authentication_in_order_of_preference():
    """The order on the line is the order of preference; several authorities may follow each other."""
    methods = (
        RootCa('CN=Example, O="Example, Inc."', certificate_mapping=True),
        PresharedKey("key"),
        Kerberos(),
        RootCa("CN=Other", exclude_ca_name=True),
    )
    command = netsh.add_rule(rule(auth_methods=methods), **NAMES)
    line(command)
    assert list(command.tags[-4:]) == [
        ("rootca", r"CN=Example, O=\'Example, Inc.\' certmap:yes excludecaname:no"),
        ("psk", "key"),
        ("kerberos", "yes"),
        ("rootca", "CN=Other certmap:no excludecaname:yes"),
    ]


def test_no_kerberos_is_said():
    """Without Kerberos the line says so, before the methods there are."""
    command = netsh.add_rule(rule(auth_methods=(PresharedKey("key"),)), **NAMES)
    assert command.tags[-2:] == (("kerberos", "no"), ("psk", "key"))


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"auth_methods": ()}, "at least one authentication method"),
        ({"auth_methods": (Kerberos(), Kerberos())}, "Kerberos can be given only once"),
        ({"auth_methods": (PresharedKey("a"), PresharedKey("b"))}, "a pre-shared key can be given only once"),
        ({"auth_methods": (UnknownAuth(9),)}, "type 9 cannot be written"),
        ({"auth_methods": (PresharedKey(""),)}, "the pre-shared key is empty"),
        ({"auth_methods": (PresharedKey('Secret"'),)}, "the pre-shared key has a double quote"),
        ({"auth_methods": (PresharedKey("Secret\n"),)}, "the pre-shared key has a control character"),
        ({"connection_type": "unknown:7"}, "connection type 'unknown:7'"),
    ],
)
def test_rules_without_words(values, reason):
    """What netsh cannot be told is refused, without showing a key."""
    for build in (
        lambda item: netsh.add_rule(item, **NAMES),
        lambda item: netsh.set_rule("R", item, **NAMES),
    ):
        with pytest.raises(Invalid, match=reason) as caught:
            build(rule(**values))
        assert "Secret" not in str(caught.value)


# --- commands -----------------------------------------------------------------------------------------------------


def test_keys_travel_in_scripts_only():
    """A command with a key says so, hides it, and refuses to become a command line."""
    command = netsh.add_rule(rule(auth_methods=(PresharedKey("Secret-123"),)), **NAMES)
    assert command.secret
    assert 'psk="Secret-123"' in command.script_line(quoted)
    assert "Secret" not in repr(command)
    assert "Secret" not in str([command])
    with pytest.raises(Invalid, match="must not stand on a command line") as caught:
        command.argument_line(quoted)
    assert "Secret" not in str(caught.value)
    masked = command.masked()
    assert not masked.secret
    assert 'psk="***"' in masked.script_line(quoted)
    assert not netsh.add_rule(rule(), **NAMES).secret
    assert netsh.set_default_rule("P", DefaultRule(auth_methods=(PresharedKey("x"),))).secret


def test_the_two_ways_of_a_command():
    """A script line begins with the context, a command line with netsh; the caller's function quotes."""
    command = netsh.add_filter_list("100% naïve \\")
    assert not command.is_ascii
    assert netsh.add_filter_list("plain").is_ascii
    assert command.argument_line(quoting.argument) == ('netsh ipsec static add filterlist name="100"%" naïve \\\\"')
    assert netsh.add_filter_list("a b").script_line(quoting.script_value) == 'ipsec static add filterlist name="a b"'


# --- what netsh cannot say ----------------------------------------------------------------------------------------

KEY = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\IPSec\Policy\Local"


def test_registry_commands():
    """Values are set and deleted with `reg`, the path in quotes."""
    assert netsh.set_rule_name(GUID, "A rule").argument_line(quoted) == (
        f'reg add "{KEY}\\ipsecNFA{GUID}" /v ipsecName /t REG_SZ /d "A rule" /f'
    )
    assert netsh.set_description("ipsecFilter", GUID, "why").argument_line(quoted) == (
        f'reg add "{KEY}\\ipsecFilter{GUID}" /v description /t REG_SZ /d "why" /f'
    )
    assert netsh.set_description("ipsecFilter", GUID, "").argument_line(quoted) == (
        f'reg delete "{KEY}\\ipsecFilter{GUID}" /v description /f'
    )
    assert netsh.set_rule_name(GUID, "50%") == RegCommand(f"{KEY}\\ipsecNFA{GUID}", "ipsecName", "REG_SZ", "50%")
    assert netsh.set_rule_name(GUID, "50%").argument_line(quoting.argument).endswith('/d "50"%"" /f')
