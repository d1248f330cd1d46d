"""The three scenarios lint clean, and each mistake people make in them is found by the rule for it."""

from __future__ import annotations

import ipaddress
from dataclasses import replace

import pytest
from winipsec.lint.catalog import lint
from winipsec.lint.example import BLOCK, ENCRYPT, PERMIT, POLICY, REQUIRE, example, sketch
from winipsec.lint.finding import Severity
from winipsec.model.endpoint import Kind
from winipsec.model.methods import MainModeMethod, PresharedKey
from winipsec.traffic.facts import HostFacts

HOST = HostFacts(
    addresses=frozenset({ipaddress.ip_address("10.0.0.5")}),
    servers={word: frozenset({ipaddress.ip_address("10.0.0.1")}) for word in (Kind.DNS, Kind.DHCP, Kind.GATEWAY)},
)
WINRM = sketch("Management", PERMIT, "tcp any <-> me port 5985")
OWN_SERVERS = sketch("Own servers", PERMIT, "udp me <-> dns port 53", "udp me port 68 <-> dhcp port 67")
REST = sketch("Rest", BLOCK, "any any <-> me", "any ::/0 <-> me")

WORM = [sketch("Slammer", BLOCK, "udp any -> me port 1434", "udp me -> any port 1434")]
WEB_SERVER = [
    sketch("Web", PERMIT, "tcp any <-> me port 80", "tcp any <-> me port 443"),
    WINRM,
    OWN_SERVERS,
    REST,
]
ISOLATION = [
    sketch("Members only", REQUIRE, "any any <-> me", "any ::/0 <-> me"),
    sketch("Domain controllers", PERMIT, "any me <-> 10.0.0.1", "any me <-> 10.0.0.2"),
]
SCENARIOS = {"worm": WORM, "web server": WEB_SERVER, "isolation": ISOLATION}


def found(*sketches, **facts):
    """The ids of the rules that find something."""
    return {report.rule.id for report in lint(example(*sketches, **facts))}


@pytest.mark.parametrize("facts", [{}, {"host": HOST, "no_default_exempt": 3}], ids=["file", "host"])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenarios_are_clean(scenario, facts):
    """Not even a note, on a host and in a file."""
    assert found(*SCENARIOS[scenario], **facts) == set()


def test_all_three_in_one_policy_are_clean():
    """The worm stopped on an isolated web server."""
    members = sketch("Members only", REQUIRE, "tcp any <-> me port 5986")
    controllers = sketch("Domain controllers", PERMIT, "any me <-> 10.0.0.2", "any me <-> 10.0.0.3")
    assert found(*WORM, *WEB_SERVER, members, controllers, host=HOST) == set()


def test_permits_may_lie_one_in_the_other():
    """The name server is a controller: without its own permit it passes all the same, and both are exceptions."""
    names = sketch("Names", PERMIT, "udp me <-> dns port 53")
    assert found(*ISOLATION, names, host=HOST, no_default_exempt=3) == set()
    assert found(ISOLATION[1], names, host=HOST, no_default_exempt=3) == {"WIP316"}


def test_the_quickstart_has_neither_errors_nor_warnings():
    """Web and WinRM permitted, the rest blocked, over IPv4 only: a note says so, and nothing else is found."""
    services = sketch("Web and WinRM", PERMIT, *(f"tcp any <-> me port {port}" for port in (80, 443, 5985)))
    subject = example(*WORM, services, sketch("Everything", BLOCK, "any any <-> me"))
    reports = lint(subject)
    assert [(report.rule.id, report.rule.severity) for report in reports] == [("WIP409", Severity.NOTE)]


@pytest.mark.parametrize(
    ("mistake", "rules"),
    [
        ([sketch("Slammer", BLOCK, "udp any -> me port 1434")], {"WIP402"}),
        ([sketch("Slammer", BLOCK, "udp me -> any port 1434")], {"WIP402"}),
        ([sketch("Slammer", BLOCK, "udp any <-> me port 1434")], {"WIP402"}),
        ([WEB_SERVER[0], OWN_SERVERS, REST], {"WIP501"}),
        ([WEB_SERVER[0], WINRM, REST], {"WIP502", "WIP503"}),
        ([*WEB_SERVER[:3], sketch("Rest", BLOCK, "any any <-> me")], {"WIP409"}),
        ([*WEB_SERVER, sketch("Surf", PERMIT, "tcp me <-> any port 80")], {"WIP401"}),
        ([WEB_SERVER[0], WINRM], {"WIP316"}),
        ([*WEB_SERVER, sketch("Web off", BLOCK, "tcp any <-> me port 80")], {"WIP306", "WIP301"}),
        ([sketch("Members only", REQUIRE, "any any <-> me", "any ::/0 <-> me")], {"WIP207"}),
        (
            [sketch("Members only", replace(REQUIRE, soft_fallback=True), "any any <-> me", "any ::/0 <-> me")],
            {"WIP406"},
        ),
    ],
    ids=lambda value: None if isinstance(value, list) else "+".join(sorted(value)),
)
def test_mistakes_in_scenarios_are_found(mistake, rules):
    """On a host whose servers are known."""
    assert found(*mistake, host=HOST, no_default_exempt=3) == rules


def test_exemptions_count_on_the_web_server():
    """Left at 0, whoever sends from port 88 gets past the block; the host, not a list, is at fault."""
    (report,) = lint(example(*WEB_SERVER, host=HOST, no_default_exempt=0))
    assert (report.rule.id, report.finding.kind, report.finding.path) == ("WIP403", "Host", "NoDefaultExempt")


def test_weak_points_of_one_policy_are_all_named():
    """Each fault by its own rule, side by side."""
    subject = example(
        sketch("Database", ENCRYPT, "tcp 10.0.0.0/8 <-> me port 1433", auth_methods=(PresharedKey("x" * 20),)),
        policy=replace(POLICY, main_mode_methods=(MainModeMethod("des", "md5", "group1"),)),
    )
    assert [report.rule.id for report in lint(subject)] == ["WIP103", "WIP105", "WIP104", "WIP201"]
