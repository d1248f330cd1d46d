"""What a preview says about traffic: the planned changes of one host, put together, as a difference of packets.

The engine announces creations and updates one by one, and never deletions (spec: traffic-engine, design 6). Each is
planned on top of those before it; the assignment of a policy, which comes last, tells the sum. The traffic engine is
loaded for that and not before.
"""

from __future__ import annotations

from typing import Any

from winipsec.host.host import Host
from winipsec.host.machine import Service
from winipsec.resources.foresight import IN_PARTS, not_known, without
from winipsec.resources.resource import Call

NOT_COUNTED = "Removals are not counted: the engine does not announce them in a preview."


def tell_traffic(host: Host, inputs: dict[str, Any], call: Call) -> None:
    """Log what the changes foreseen so far do to the traffic of a host; nothing where nothing was foreseen."""
    in_parts = bool(call.provider.claims.others(IN_PARTS, host.name, ""))
    text = foreseen_traffic(host, counted=not in_parts)
    missing = not_known(inputs, call)
    if text:
        call.log.info(f"{text}\n{without(missing)}" if missing else text)


def foreseen_traffic(host: Host, *, counted: bool = False) -> str:
    """The report, empty where no change is foreseen; a difference beyond the engine's limits is said to be one.

    `counted` says that removals are among what is foreseen: a whole policy knows what goes.
    """
    snapshot, foreseen = host.last, host.foreseen
    if snapshot is None or foreseen is None or foreseen == snapshot.store:
        return ""
    from winipsec.host.management import facts
    from winipsec.traffic.difference import difference
    from winipsec.traffic.facts import State
    from winipsec.traffic.reach import guesses
    from winipsec.traffic.report import report
    from winipsec.traffic.work import TooComplex

    machine = snapshot.machine
    local = not machine.domain_policy
    before = State(snapshot.store, machine.no_default_exempt, assigned=local and machine.service is Service.RUNNING)
    after = State(foreseen, machine.no_default_exempt, assigned=local)
    known = facts(machine)
    try:
        found = difference(before, after, known)
        text = report(found, before, after, guesses=guesses(after, known) if found.classes else ())
    except TooComplex as error:
        return f"Traffic: not computed. {error}"
    return f"{text}\n{NOT_COUNTED}" if found.classes and not counted else text
