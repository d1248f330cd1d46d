"""`HostPolicy`: a whole policy, its rules, lists, actions and the assignment as one transaction (design 2, 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from copy import copy
from typing import Any

from winipsec.errors import Ambiguous, Interrupted, Refused, UserError, WinipsecError
from winipsec.host.change import Change as Wish
from winipsec.host.change import Transaction, Wait
from winipsec.host.host import Host
from winipsec.host.management import guard
from winipsec.host.settings import REVERT_AFTER as USUAL
from winipsec.host.settings import SHORTEST_REVERT, possible_ports
from winipsec.host.snapshot import Snapshot
from winipsec.model.invalid import Fault
from winipsec.resources import host_policy_check
from winipsec.resources.fields import left_out
from winipsec.resources.host_policy_record import NONE, RECORD
from winipsec.resources.import_ids import identified
from winipsec.resources.policy import KIND, policy_settings
from winipsec.resources.policy_assignment import (
    ASSIGNED_APART,
    PREVIOUS,
    RESTING,
    claim_assignment,
    drop_assignment,
    say_overridden,
)
from winipsec.resources.policy_parts import RULES
from winipsec.resources.policy_sight import alone, respelled, rules_seen
from winipsec.resources.references import announce
from winipsec.resources.resource import Call, Diff
from winipsec.resources.stand_in import left_behind
from winipsec.resources.store_resource import CONNECTION, MACHINE, Properties, Sight, StoreResource
from winipsec.resources.traffic_preview import tell_traffic
from winipsec.resources.values import UNKNOWN, contains_unknown
from winipsec.resources.whole_policy import ASSIGNED, OWNED, WholePolicyMaking, WholePolicyRemoving

REVERT_AFTER = "revertAfter"
_OF_THE_WAY = ("port", "https")
"""Properties of a connection that say on which port the host listens."""


class HostPolicyResource(StoreResource):
    """Whole policies."""

    token = "winipsec:index:HostPolicy"
    kind = KIND
    description = (
        "A whole policy of one host: what it blocks, serves and isolates, further rules, and whether it is the active "
        "one. It is applied as a whole or not at all, and taken back by the host where the change cut it off."
    )
    record = RECORD
    assigns = True
    whole = True
    untold = ("block", "allowOnly", "isolate", "management", "allowOverridden", REVERT_AFTER)
    outputs: Mapping[str, str] = {
        PREVIOUS: "GUID of the policy that was active before, empty if none was; absent if it is not known.",
        OWNED: "GUIDs of the filter lists and filter actions that it made or imported.",
    }
    listed = (OWNED,)

    def filled(self, inputs: Properties, olds: Properties, call: Call) -> Properties:
        """With default methods, and with the rules that the scenario blocks come to."""
        connection = inputs.get(CONNECTION)
        filled = host_policy_check.completed(inputs, olds, self._ports(connection, call))
        if connection is UNKNOWN or (
            isinstance(connection, dict) and any(contains_unknown(connection.get(name)) for name in _OF_THE_WAY)
        ):
            return {**filled, host_policy_check.EXPANDED: UNKNOWN}
        return filled

    def contradictions(self, inputs: Properties, call: Call) -> list[Fault]:
        """What contradicts itself."""
        return host_policy_check.faults(inputs, self._ports(inputs.get(CONNECTION), call))

    def claimed(self, inputs: Properties, call: Call) -> list[Fault]:
        """One assignment for each host, and none apart from this resource."""
        claims, address, name = call.provider.claims, call.provider.address(inputs.get(CONNECTION)), inputs["name"]
        if inputs[ASSIGNED]:
            claims.drop(RESTING, address, name, call.urn)
            return claim_assignment(inputs, call, ASSIGNED)
        drop_assignment(inputs, call)
        claims.make(RESTING, address, name, call.urn)
        apart = claims.others(ASSIGNED_APART, address, name)
        return [Fault(ASSIGNED, f"is false, and {apart[0]} assigns it; say true, and leave that out")] if apart else []

    def diff(self, id: str, state: Properties, old_inputs: Properties, news: Properties, call: Call) -> Diff:
        """As everywhere; rules of their own hear of a new name."""
        announce(call, news, KIND, id)
        return super().diff(id, state, old_inputs, news, call)

    def foresee(self, inputs: Properties, call: Call, id: str = "", state: Properties | None = None) -> None:
        """As everywhere; then what it does to traffic, and to our own way in, is told.

        Raises:
            WinipsecError: it would be refused.
        """
        self._warn(inputs, call)
        try:
            super().foresee(inputs, call, id, state)
        except Refused as refused:
            raise _advised(refused) from None
        if contains_unknown(inputs):
            call.log.info("Traffic: not computed, since inputs of this resource are not known yet.")
            return
        with suppress(UserError):  # no host is named; the update will say so
            host = self.host(inputs, call)
            cut = host.foreseen_cut() if inputs[REVERT_AFTER] else None
            if cut is not None:
                call.log.warning(
                    f"{host.name}: {cut.problem} The host then stays silent for up to {inputs[REVERT_AFTER]} seconds, "
                    "and goes back to its former policy by itself."
                )
            tell_traffic(host, inputs, call)

    def apply(self, host: Host, wish: Wish, inputs: Properties, call: Call) -> Snapshot:
        """All of it or nothing, under a confirmed commit.

        Raises:
            WinipsecError: it could not be made; the host is as it was, or takes the change back by itself.
        """
        assigns = isinstance(wish, WholePolicyMaking) and bool(inputs[ASSIGNED])
        transaction = Transaction(inputs.get(REVERT_AFTER, USUAL), assigns=assigns)
        try:
            if isinstance(wish, WholePolicyMaking) and not wish.allow_cut:
                self._require_open(host, wish, call)
            return host.apply(wish, call.provider.cancelled, call.timeout, transaction=transaction, log=call.log)
        except Refused as refused:
            raise _advised(refused) from refused

    def find(self, snapshot: Snapshot, id: str, call: Call, state: Properties | None = None) -> Sight | None:
        """The policy with this GUID, and everything in it."""
        store = snapshot.store
        policy = store.policies.get(id)
        if policy is None:
            return None
        known = state or {}
        properties = {
            **policy_settings(policy),
            **rules_seen(store, id, known),
            **{name: known[name] for name in self.untold if name in known},
            ASSIGNED: store.active == id,
        }
        owned = [item for item in known.get(OWNED, ()) if item in store.filter_lists or item in store.filter_actions]
        outputs: Properties = {OWNED: owned if known else alone(store, id)}
        if PREVIOUS in known:
            outputs[PREVIOUS] = known[PREVIOUS]
        return Sight(id, properties, outputs)

    def identify(self, snapshot: Snapshot, reference: str) -> str:
        """By GUID or name."""
        return identified(snapshot.store.policies, reference, KIND, snapshot.host)

    def aligned(self, name: str, old: Any, value: Any) -> Any:
        """Of the default rule, what was managed before; rules in the spelling of the program."""
        if name in RULES and isinstance(old, list):
            return respelled(value, old)
        if name == "defaultRule" and isinstance(old, dict) and isinstance(value, dict):
            return {key: item for key, item in value.items() if key in old}
        return super().aligned(name, old, value)

    def imported(self, inputs: Properties, call: Call) -> Properties:
        """All rules as they are written out; keys stay out of inputs and of generated code."""
        rules = [_without_keys(item, f"rule {item['name']!r}", call) for item in inputs.get("rules", [])]
        found = {**inputs, "management": NONE, host_policy_check.EXPANDED: [], **({"rules": rules} if rules else {})}
        if "defaultRule" in found:
            found["defaultRule"] = _without_keys(found["defaultRule"], "policy's default rule", call)
        return found

    def alternatives(self, snapshot: Snapshot) -> Sequence[str]:
        """Names, or GUIDs where there is none."""
        return [item.name or item.guid for item in snapshot.store.policies.values()]

    def making(
        self, host: str, inputs: Properties, call: Call, id: str = "", state: Properties | None = None
    ) -> WholePolicyMaking:
        """The policy as the inputs say."""
        return WholePolicyMaking(host, call, inputs, id, state)

    def removing(self, host: str, id: str, state: Properties, call: Call) -> WholePolicyRemoving:
        """The policy gone."""
        return WholePolicyRemoving(host, call, id, state)

    def made(self, wish: Wish, snapshot: Snapshot, call: Call) -> Sight | None:
        """The policy that was made or changed."""
        if not isinstance(wish, WholePolicyMaking):
            return None
        known = {**wish.inputs, OWNED: wish.owned(snapshot.store)}
        if wish.previous is not None:
            known[PREVIOUS] = wish.previous
        return self.find(snapshot, wish.guid, call, known)

    def settle(self, host: Host, call: Call) -> None:
        """As everywhere, once no stand-in is left that only a file proves to be ours."""
        last = host.last
        if last is None or not any(left_behind(last.store, last, call.urn)):
            super().settle(host, call)

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
        """As everywhere, where no host takes back what failed; else the state stays as it was.

        Raises:
            PartialFailure: the policy exists, though not as wanted.
        """
        takes_back = wish.allow_cut and (id or isinstance(error, Ambiguous | Interrupted))
        if not takes_back:
            super()._partial(host, wish, inputs, error, call, id, state)

    def _kept(self, state: Properties, news: Properties) -> Properties:
        """What an update leaves alone; with other rules or names, what it owns is not known before."""
        kept = {name: state[name] for name in (MACHINE, OWNED) if name in state}
        if any(news.get(name) != state.get(name) for name in ("name", *RULES)):
            kept[OWNED] = UNKNOWN
        if news[ASSIGNED] is UNKNOWN:
            kept[PREVIOUS] = UNKNOWN
        elif news[ASSIGNED] and (PREVIOUS in state or not state.get(ASSIGNED)):
            kept[PREVIOUS] = state.get(PREVIOUS, UNKNOWN)
        return kept

    def _say_not_in_force(self, host: Host, snapshot: Snapshot, call: Call) -> None:
        """Of the service as everywhere; a domain policy suspends the local one (design 2.2, item 6)."""
        super()._say_not_in_force(host, snapshot, call)
        say_overridden(host.name, snapshot, call)
        for _, item in left_behind(snapshot.store, snapshot, call.urn):
            call.log.warning(
                f"{host.name}: {item.name!r} is left of a change that was cut short; the next one removes it."
            )

    def _require_open(self, host: Host, wish: WholePolicyMaking, call: Call) -> None:
        """Refuse what will close our way in before its first batch is sent; the writer asks for one batch at a time.

        Raises:
            Refused: it will.
        """
        snapshot = host.read(call.provider.cancelled, call.urn, call.log, updating=True)
        with suppress(Wait):
            after = wish.foretold().plan(snapshot.store, snapshot, 0).after
            refused = guard(snapshot, host.connection.settings, snapshot.store, after)
            if refused is not None:
                raise refused

    def _warn(self, inputs: Properties, call: Call) -> None:
        if not contains_unknown(inputs):
            for text in host_policy_check.warnings(inputs):
                call.log.warning(text)

    def _ports(self, connection: Any, call: Call) -> list[int]:
        """The ports on which the host may see us come: one that is not WinRM's own may be forwarded to that."""
        known = connection if isinstance(connection, dict) else {}
        values = {**call.provider.configuration.values, **known}
        port = values.get("port")
        return possible_ports(port if isinstance(port, int) else None, https=values.get("https") is True)


def _advised(refused: Refused) -> Refused:
    """The same refusal, with what users of a whole policy can do about it."""
    if refused.code != "management.cut":
        return refused
    told = copy(refused)
    told.advice = (
        f"Nothing was changed. Let management keep the way open, or set revertAfter to {SHORTEST_REVERT} or more: the "
        "host then takes the change back by itself."
    )
    return told


def _without_keys(properties: Properties, what: str, call: Call) -> Properties:
    why = left_out(properties.get("authMethods", []), what)
    if not why:
        return properties
    call.log.warning(why)
    return {name: item for name, item in properties.items() if name != "authMethods"}
