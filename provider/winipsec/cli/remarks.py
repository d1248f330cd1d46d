"""What a reader of a policy store should know about the machine."""

from __future__ import annotations

from winipsec.host.machine import Machine, Service


def remarks(machine: Machine) -> list[str]:
    """What keeps the local store from being in force."""
    found = []
    if machine.service is not Service.RUNNING:
        found.append(f"the IPsec Policy Agent is {machine.service.value}: no policy is in force")
    if machine.domain_policy:
        found.append(overruled(machine.domain_policy))
    return found


def overruled(policy: str) -> str:
    """What to tell of a machine on which a domain has assigned this policy."""
    return f"a domain policy is in force instead of the local one: {policy}"
