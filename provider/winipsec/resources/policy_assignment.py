"""`PolicyAssignment`: which policy is active; one per host, assigned last (design 2.2, item 6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

from winipsec.errors import Ambiguous, Refused, TimedOut, Unreachable, UserError, WinipsecError
from winipsec.formats import netsh
from winipsec.host.change import Change as Wish
from winipsec.host.change import Plan
from winipsec.host.host import Host
from winipsec.host.leftovers import Intent
from winipsec.host.snapshot import Snapshot
from winipsec.model.invalid import Fault
from winipsec.model.names import as_guid, folded
from winipsec.model.properties import reference
from winipsec.model.store import Store
from winipsec.resources.addressing import addressable
from winipsec.resources.declaration import Flag, Property, Record, Text
from winipsec.resources.fields import CONNECTION_PROPERTY
from winipsec.resources.fields import reference as read_reference
from winipsec.resources.resource import Call, Diff, PartialFailure
from winipsec.resources.store_resource import MACHINE, Properties, Sight, StoreResource
from winipsec.resources.traffic_preview import tell_traffic
from winipsec.resources.values import contains_unknown
from winipsec.resources.wish import resolve, same_machine

KIND = "assignment"
ID = "active"
PREVIOUS, POLICY_GUID = "previousPolicy", "policyGuid"
ASSIGNED, CUT_ALLOWED = "assigned policy", "management cut allowed"
RESTING, ASSIGNED_APART = "policy that says it is not assigned", "policy assigned by another resource"

RECORD = Record(
    "PolicyAssignment",
    "The active policy.",
    {
        "policy": Property(
            Text(read_reference, names=True), "Name or GUID of the policy that is to be active.", required=True
        ),
        "allowOverridden": Property(
            Flag(),
            "Assign although a domain policy overrides every local one, so that nothing changes in effect.",
            default=False,
        ),
        "allowManagementCut": Property(
            Flag(), "Allow changes on this host that close the way in over which it is managed.", default=False
        ),
        "connection": CONNECTION_PROPERTY,
    },
)


class PolicyAssignmentResource(StoreResource):
    """The assignment of a policy."""

    token = "winipsec:index:PolicyAssignment"
    kind = KIND
    description = (
        "Which policy is active on a host. There is one for each host. Destroying it makes the policy active again "
        "that was before."
    )
    record = RECORD
    assigns = True
    untold = ("allowOverridden", "allowManagementCut")
    outputs: Mapping[str, str] = {
        POLICY_GUID: "GUID of the active policy.",
        PREVIOUS: "GUID of the policy that was active before, empty if none was or it is not known.",
    }

    def claimed(self, inputs: Properties, call: Call) -> list[Fault]:
        """One for each host, and of no policy that says that it rests."""
        claims, address = call.provider.claims, call.provider.address(inputs.get("connection"))
        if inputs["allowManagementCut"]:
            claims.make(CUT_ALLOWED, address, "", call.urn)
        else:
            claims.drop(CUT_ALLOWED, address, "", call.urn)
        claims.make(ASSIGNED_APART, address, inputs["policy"], call.urn)
        resting = claims.others(RESTING, address, inputs["policy"])
        if resting:
            return [Fault("policy", f"is that of {resting[0]}, which says assigned: false; say assigned: true there")]
        return claim_assignment(inputs, call, "policy")

    def diff(self, id: str, state: Properties, old_inputs: Properties, news: Properties, call: Call) -> Diff:
        """As everywhere; in a preview, what the changes before it do to traffic is told here."""
        self._tell(news, call)
        return super().diff(id, state, old_inputs, news, call)

    def foresee(self, inputs: Properties, call: Call, id: str = "", state: Properties | None = None) -> None:
        """As everywhere; then the sum of all changes is known."""
        super().foresee(inputs, call, id, state)
        self._tell(inputs, call)

    def _tell(self, inputs: Properties, call: Call) -> None:
        if contains_unknown(inputs):
            return
        with suppress(UserError):  # no host is named; the update will say so
            tell_traffic(self.host(inputs, call), inputs, call)

    def find(self, snapshot: Snapshot, id: str, call: Call, state: Properties | None = None) -> Sight | None:
        """The active policy, whichever it is; what no host can tell is as it was."""
        guid = snapshot.store.active
        if not guid:
            return None
        known = state or {}
        untold = {name: known[name] for name in self.untold if name in known}
        properties = {"policy": reference(guid, snapshot.store.policies), **untold}
        outputs = {POLICY_GUID: guid, **({PREVIOUS: known[PREVIOUS]} if PREVIOUS in known else {})}
        return Sight(ID, properties, outputs, {"policy": guid})

    def identify(self, snapshot: Snapshot, reference: str) -> str:
        """By `active`, or by the policy that is."""
        policy = snapshot.store.active_policy
        known = {ID, snapshot.store.active, *([folded(policy.name)] if policy is not None else [])}
        return ID if folded(reference) in known or as_guid(reference) == snapshot.store.active else ""

    def alternatives(self, snapshot: Snapshot) -> Sequence[str]:
        """The one word, where there is something to import."""
        return [f"the id {ID}"] if snapshot.store.active else []

    def making(
        self, host: str, inputs: Properties, call: Call, id: str = "", state: Properties | None = None
    ) -> Assigning:
        """The policy active."""
        return Assigning(host, call, inputs, state)

    def removing(self, host: str, id: str, state: Properties, call: Call) -> Unassigning:
        """What was active before, active again."""
        return Unassigning(host, call, state)

    def made(self, wish: Wish, snapshot: Snapshot, call: Call) -> Sight | None:
        """The assignment as it is now."""
        sight = self.find(snapshot, ID, call)
        if sight is None or not isinstance(wish, Assigning) or not wish.began:
            return None
        if sight.outputs[POLICY_GUID] != wish.policy:
            return None
        before = {PREVIOUS: wish.previous} if wish.previous is not None else {}
        return sight._replace(outputs={**sight.outputs, **before})

    def _say_not_in_force(self, host: Host, snapshot: Snapshot, call: Call) -> None:
        """Of the service as everywhere; a domain policy suspends the local one (design 2.2, item 6)."""
        super()._say_not_in_force(host, snapshot, call)
        say_overridden(host.name, snapshot, call)

    def _partial(
        self,
        host: Host,
        wish: Wish,
        inputs: Properties,
        error: WinipsecError,
        call: Call,
        id: str = "",
        state: Properties | None = None,
    ) -> None:
        """As everywhere; what was allowed to cut our way in cannot be read back, and is recorded as it was sent.

        Raises:
            PartialFailure: the policy was sent, or is active though not as wanted.
        """
        silent = isinstance(error, Ambiguous | TimedOut | Unreachable) and error.may_have_run
        if silent and isinstance(wish, Assigning) and wish.allow_cut and wish.policy and wish.sent:
            outputs = {**inputs, POLICY_GUID: wish.policy, PREVIOUS: wish.previous, MACHINE: wish.machine}
            told = f"{host.name}: the policy was sent, and nobody reaches the host any more, as allowManagementCut allows. {error}"
            raise PartialFailure(ID, outputs, inputs, [told]) from error
        super()._partial(host, wish, inputs, error, call, id, state)


def claim_assignment(inputs: Properties, call: Call, path: str) -> list[Fault]:
    """Claim the host's assignment for a resource; where another one has it, that is a mistake at `path`."""
    claims, address = call.provider.claims, call.provider.address(inputs.get("connection"))
    others = claims.make(ASSIGNED, address, "", call.urn)
    if not others:
        return []
    claims.drop(ASSIGNED, address, "", call.urn)
    return [Fault(path, f"one policy is active per host, and {others[0]} assigns one here already")]


def drop_assignment(inputs: Properties, call: Call) -> None:
    """Leave the host's assignment to other resources."""
    call.provider.claims.drop(ASSIGNED, call.provider.address(inputs.get("connection")), "", call.urn)


def say_overridden(host: str, snapshot: Snapshot, call: Call) -> None:
    """Tell the user where a domain policy makes every local one idle."""
    domain = snapshot.machine.domain_policy
    if domain:
        call.log.warning(f"{host}: the assigned policy has no effect while the domain policy {domain} lasts.")


class Assigning:
    """One policy active, and the one before it remembered."""

    def __init__(self, host: str, call: Call, inputs: Properties, state: Properties | None) -> None:
        self.host = host
        self.urn = call.urn
        self.call = call
        self.inputs = inputs
        self.state = state
        self.allow_cut = inputs["allowManagementCut"]
        self.machine: str = (state or {}).get("machine", "")
        self.previous: str | None = (state or {}).get(PREVIOUS)
        self.policy = ""
        self.began = state is not None
        self.sent = False

    def plan(self, store: Store, snapshot: Snapshot, attempt: int) -> Plan:
        """Assign, unless it is so already."""
        same_machine(self.host, self.machine, snapshot)
        text, known = self.inputs["policy"], (self.state or {}).get("policyGuid")
        policy = resolve(store.policies, text, path="policy", kind="policy", host=self.host, known=known)
        self._heed_domain(snapshot)
        self.begin(policy.guid, store, snapshot)
        if store.active == policy.guid:
            return Plan(store)
        commands, name = addressable(store.policies, policy, "policy")
        commands.append(netsh.assign_policy(name, assigned=True))
        self.sent = True
        self.machine = snapshot.machine.guid
        intent = Intent(self.urn, KIND, policy.name, previous=self.previous or "")
        return Plan(store.with_active(policy.guid), tuple(commands), (intent,), {"policy": "is not the active one"})

    def begin(self, policy: str, store: Store, snapshot: Snapshot) -> None:
        """It is to be the policy with this GUID; what is active before that is remembered the first time."""
        self.policy = policy
        if not self.began:
            self.previous = self._active_before(store, snapshot)
            self.began = True

    def _active_before(self, store: Store, snapshot: Snapshot) -> str:
        """What was active before we came; a run of ours that died may have recorded it."""
        for leftover in snapshot.leftovers:
            intent = leftover.intent(self.urn, KIND)
            if intent is not None and store.active == self.policy:
                return intent.previous
        return store.active if store.active != self.policy else ""

    def _heed_domain(self, snapshot: Snapshot) -> None:
        domain = snapshot.machine.domain_policy
        if not domain:
            return
        if not self.inputs["allowOverridden"]:
            raise Refused(
                f"a domain policy is assigned ({domain}); it overrides every local policy, so assigning one would "
                "change nothing.",
                code="assign.overridden",
                host=self.host,
                advice="Remove the assignment in Group Policy, or set allowOverridden to prepare for that.",
            )
        say_overridden(self.host, snapshot, self.call)


class Unassigning:
    """The policy that was active before, active again; only if ours still is."""

    def __init__(self, host: str, call: Call, state: Properties) -> None:
        self.host = host
        self.urn = call.urn
        self.call = call
        self.state = state
        address = call.provider.address(state.get("connection"))
        allowed = call.provider.claims.others(CUT_ALLOWED, address, "")
        self.allow_cut = bool(state.get("allowManagementCut") or allowed)
        self._told = False

    def plan(self, store: Store, snapshot: Snapshot, attempt: int) -> Plan:
        """Assign the policy before, or none."""
        ours, before = self.state.get(POLICY_GUID, ""), self.state.get(PREVIOUS)
        if not store.active or store.active != ours:
            return Plan(store)
        policy = store.policies.get(ours)
        restored = store.policies.get(before or "")
        if restored is None:
            why = "nothing was active before"
            if before is None:
                why = "the assignment was imported, so what was active before is not known"
            elif before:
                why = "the policy that was active before is gone"
            self._say(f"{self.host}: {why}. No policy is active now.", loudly=before != "")
            if policy is None:
                return Plan(store)
            commands, name = addressable(store.policies, policy, "policy")
            commands.append(netsh.assign_policy(name, assigned=False))
            return Plan(store.with_active(""), tuple(commands), (), {"policy": "is still active"})
        commands, name = addressable(store.policies, restored, "policy")
        commands.append(netsh.assign_policy(name, assigned=True))
        self._say(f"{self.host}: the policy {restored.name!r} is active again.", loudly=False)
        return Plan(store.with_active(restored.guid), tuple(commands), (), {"policy": "is still active"})

    def _say(self, message: str, *, loudly: bool) -> None:
        if self._told:
            return
        self._told = True
        if loudly:
            self.call.log.warning(message)
        else:
            self.call.log.debug(message)
