"""The policy pack under the real engine: what it stops, what it only says, and where it says so."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pulumi_environment import CHECKOUT

PACK = CHECKOUT / "policy" / "run-pack"
DES = {"action": "negotiate", "securityMethods": [{"esp": {"encryption": "des", "integrity": "sha1"}}]}
SOFT = {"action": "negotiate", "softFallback": True}
KEY = "not a key, only an example"


def _filter(**fields: Any) -> dict[str, Any]:
    return {"source": "any", "destination": "me", **fields}


def _references(filter_list: str, action: str) -> dict[str, str]:
    return {"policy": "${policy.name}", "filterList": f"${{{filter_list}.name}}", "filterAction": f"${{{action}.name}}"}


def program(**changes: Any) -> dict[str, Any]:
    """A web server without errors or warnings; `changes` replace properties of the resource of that name."""
    services = [_filter(protocol="tcp", destinationPort=number) for number in (80, 5985)]
    resources: dict[str, tuple[str, dict[str, Any]]] = {
        "policy": ("Policy", {"description": "Web server"}),
        "permit": ("FilterAction", {"action": "permit"}),
        "block": ("FilterAction", {"action": "block"}),
        "services": ("FilterList", {"filters": services}),
        "everything": ("FilterList", {"filters": [_filter()]}),
        "let": ("Rule", _references("services", "permit")),
        "stop": ("Rule", _references("everything", "block")),
        "active": ("PolicyAssignment", {"policy": "${policy.name}"}),
    }
    return {
        name: {"type": kind, "properties": {**properties, **changes.get(name, {})}}
        for name, (kind, properties) in resources.items()
    }


@pytest.fixture
def judged(stack_for, tmp_path):
    """Previews a program with the pack and gives what was printed; no host needs to answer."""
    stack = stack_for()
    stack.variables.update(WINIPSEC_HOST="127.77.0.250", WINIPSEC_USERNAME="deploy", WINIPSEC_PASSWORD="none")

    def preview(resources: dict[str, Any], *, fails: bool = False, config: dict[str, Any] | None = None) -> str:
        stack.program(resources)
        flags = ["--policy-pack", str(PACK)]
        if config is not None:
            levels = tmp_path / "levels.json"
            levels.write_text(json.dumps(config), encoding="utf-8")
            flags += ["--policy-pack-config", str(levels)]
        return stack.preview(*flags, fails=fails).output

    return preview


def entries(output: str) -> list[str]:
    """Level, policy and resource of every violation."""
    lines = (line.split() for line in output.splitlines() if line.strip().startswith("- ["))
    return sorted(f"{words[1]} {words[4]} {words[-1].rstrip(')')}" for words in lines)


def test_a_good_program_passes_in_silence(judged):
    """Not a word beyond the name of the pack; notes are off."""
    output = judged(program())
    assert "winipsec@v" in output
    assert entries(output) == []


def test_an_error_about_an_object_stops_the_preview(judged):
    """The violation stands at the resource, with the property and the reason."""
    output = judged(program(block=DES), fails=True)
    assert "[mandatory] WIP101-des-encryption block" in entries(output)
    assert "securityMethods[0].esp.encryption: offers DES" in output
    assert "Offer 3DES" in output


def test_an_error_about_the_policy_as_a_whole_stops_the_preview(judged):
    """Without a permit for WinRM the block locks the administrators out, and the list that blocks is named."""
    output = judged(program(services={"filters": [_filter(protocol="tcp", destinationPort=80)]}), fails=True)
    assert entries(output) == ["[mandatory] WIP501-no-management everything"]
    assert "filters[0]: any any <-> me leaves no way in for WinRM" in output


def test_a_warning_is_said_and_stops_nothing(judged):
    """Advisory, exit code 0."""
    assert "[advisory] WIP406-soft-fallback permit" in entries(judged(program(permit=SOFT)))


def test_levels_are_changed_by_a_file(judged):
    """An error becomes advice, a warning is switched off, a note is switched on."""
    levels = {
        "WIP101-des-encryption": {"enforcementLevel": "advisory"},
        "WIP207-kerberos-without-controllers": {"enforcementLevel": "disabled"},
        "WIP409-ipv6-uncovered": {"enforcementLevel": "advisory"},
    }
    output = judged(program(block=DES), config=levels)
    assert entries(output) == [
        "[advisory] WIP101-des-encryption block",
        "[advisory] WIP409-ipv6-uncovered everything",
    ]


def test_references_by_id_are_followed_in_a_preview(judged):
    """No id is known before anything is made; the dependency says which object is meant."""
    by_id = {"policy": "${policy.id}", "filterList": "${services.id}", "filterAction": "${permit.id}"}
    assert entries(judged(program(let=by_id))) == []
    services = {"filters": [_filter(protocol="tcp", destinationPort=80)]}
    assert entries(judged(program(let=by_id, services=services), fails=True)) == [
        "[mandatory] WIP501-no-management everything"
    ]


def test_a_single_filter_counts_and_is_named(judged):
    """A filter of its own closes the hole in the list, or is itself at fault."""
    resources = program(services={"filters": None})
    resources["winrm"] = {
        "type": "Filter",
        "properties": _filter(filterList="${services.name}", protocol="tcp", destinationPort=5985),
    }
    assert entries(judged(resources)) == []
    hole = {"source": "me", "destination": "any", "protocol": "udp", "destinationPort": 53}
    resources["names"] = {"type": "Filter", "properties": {"filterList": "${services.name}", **hole}}
    assert entries(judged(resources, fails=True)) == ["[mandatory] WIP401-source-port-hole names"]


def test_what_lies_outside_of_the_stack_is_not_judged(judged):
    """A rule for a list nobody knows may be the permit that saves the day: only single objects are judged."""
    outside = {"filterList": "made by hand"}
    assert (
        entries(judged(program(let=outside, services={"filters": [_filter(protocol="tcp", destinationPort=80)]}))) == []
    )
    assert entries(judged(program(let=outside, policy={"mainModeLifetimeMinutes": 10_080}))) == [
        "[advisory] WIP114-long-main-mode policy"
    ]


def test_keys_are_judged_and_never_shown(judged):
    """A pre-shared key is found at its rule; its text reaches nobody."""
    secret = {"authMethods": [{"presharedKey": {"fn::secret": KEY}}]}
    output = judged(program(permit={"action": "negotiate"}, let=secret))
    assert "[advisory] WIP201-preshared-key let" in entries(output)
    assert KEY not in output
