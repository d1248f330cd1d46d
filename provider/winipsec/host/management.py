"""The guard: no change closes the way over which the host is managed, unless its owner says so (design 2.2, 12)."""

from __future__ import annotations

from collections.abc import Mapping

from winipsec.errors import Refused, WinipsecError
from winipsec.host.machine import Machine, Service
from winipsec.host.settings import ConnectionSettings, possible_ports
from winipsec.host.snapshot import Snapshot
from winipsec.model.endpoint import Address, Kind, parse_address
from winipsec.model.invalid import Invalid
from winipsec.model.store import Store
from winipsec.traffic.facts import Generation, HostFacts, State
from winipsec.traffic.management import ManagementPath, cut

SOMEBODY = parse_address("203.0.113.10")
"""Stands for a client whose address the host did not tell: an address that filters do not name by chance."""


def guard(snapshot: Snapshot, settings: ConnectionSettings, before: Store, after: Store) -> WinipsecError | None:
    """Why the change from `before` to `after` must not be made, or None where our way in stays open."""
    machine = snapshot.machine
    if machine.service is Service.RUNNING and same_in_force(before, after):
        return None  # a service that does not run is started by a write, and then the policy comes into force
    old = State(before, machine.no_default_exempt, assigned=machine.service is Service.RUNNING)
    new = State(after, machine.no_default_exempt)
    host, client = facts(machine), _client(snapshot)
    for port in listening_ports(machine, settings):
        found = cut(old, new, host, ManagementPath(client, local_port=port))
        if found is not None:
            return Refused(
                f"the change would close the way over which this host is managed: {found}.",
                code="management.cut",
                host=snapshot.host,
                advice=f"Nothing was changed. Permit TCP from any to me, port {port}, in the same policy, or set "
                "allowManagementCut on the host's PolicyAssignment.",
            )
    return None


def listening_ports(machine: Machine, settings: ConnectionSettings) -> list[int]:
    """The port on which WinRM listens, as the host sees it; more than one where that is not known.

    Something on the way may forward another port to it. The host's own listeners decide; a host that does not tell
    them, reached on a port of its own, may see that port or the usual one: then both must stay open.
    """
    port = settings.effective_port
    if machine.listeners:
        listening = machine.listeners.get("https" if settings.https else "http", port)
        return [port if port in machine.listeners.values() else listening]
    return possible_ports(port, https=settings.https)


def in_force(snapshot: Snapshot) -> State:
    """What a host is told to do now; its policy counts for nothing while the agent rests or a domain has its own."""
    machine = snapshot.machine
    assigned = machine.service is Service.RUNNING and not machine.domain_policy
    return State(snapshot.store, machine.no_default_exempt, assigned=assigned)


def facts(machine: Machine) -> HostFacts:
    """What the traffic engine needs to know of a machine. Addresses that the registry does not tell are unknown."""
    servers: Mapping[Kind, tuple[Address, ...]] = {
        Kind.DNS: machine.dns_servers,
        Kind.DHCP: machine.dhcp_servers,
        Kind.GATEWAY: machine.gateways,
    }
    return HostFacts(
        addresses=frozenset(machine.addresses) or None,
        servers={kind: frozenset(found) for kind, found in servers.items() if found},
        generation=Generation.VISTA if machine.is_current else Generation.SERVER_2003,
    )


def _client(snapshot: Snapshot) -> Address:
    try:
        return parse_address(snapshot.client_address)
    except Invalid:
        return SOMEBODY


def same_in_force(before: Store, after: Store) -> bool:
    """Whether the active policy is the same in everything that decides traffic; most batches are about others."""
    if before.active != after.active:
        return False
    if not after.active:
        return True
    old, new = before.rules_of(before.active), after.rules_of(after.active)
    return (
        before.active_policy == after.active_policy
        and before.lost_rules_of(before.active) == after.lost_rules_of(after.active)
        and old == new
        and all(
            before.filter_lists.get(rule.filter_list) == after.filter_lists.get(rule.filter_list)
            and before.filter_actions.get(rule.filter_action) == after.filter_actions.get(rule.filter_action)
            for rule in new
        )
    )
