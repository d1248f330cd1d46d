"""A whole policy as one wish: its settings, its rules, their lists and actions, and whether it is the active one.

    nothing there yet     lists, actions, the policy, its rules; read back; assigned, so that all counts at once
    there, not in force   changed in place, in any order; read back; assigned
    there and in force    one command that counts: changed in place
                          more of them: changed behind a stand-in (`stand_in`), so that the traffic of every moment is
                          that of before or that of after

The policy keeps its GUID. A rule is known by its name within the policy. Lists and actions are known by theirs, and are
changed or deleted only where they are ours alone (`policy_objects`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from winipsec.errors import Refused
from winipsec.host.change import Plan
from winipsec.host.snapshot import Snapshot
from winipsec.model.invalid import Invalid
from winipsec.model.names import folded
from winipsec.model.policies import Rule
from winipsec.model.properties import rule_properties
from winipsec.model.store import Store, planned_guid
from winipsec.resources import policy as policies
from winipsec.resources.comparison import compare
from winipsec.resources.course import Course
from winipsec.resources.policy_assignment import POLICY_GUID, PREVIOUS, Assigning, Unassigning
from winipsec.resources.policy_objects import ACTIONS, LISTS, Possessions, by_name
from winipsec.resources.policy_parts import ACTION, LIST, Part, Properties, parts, wanted
from winipsec.resources.resource import Call
from winipsec.resources.rule import RECORD as RULE
from winipsec.resources.rule import RuleRemoving
from winipsec.resources.stand_in import StandIn, tells, weight
from winipsec.resources.whole_settings import PolicyWithSettings, RuleInPolicy, settings_of
from winipsec.resources.wish import same_machine

OWNED, ASSIGNED = "owned", "assigned"
LAST = 2
"""The attempt after which there is no further one: what a stand-in has proven comes into force without another look."""


class WholePolicyMaking:
    """A policy with everything in it, as wanted."""

    def __init__(self, host: str, call: Call, inputs: Properties, id: str, state: Properties | None) -> None:
        self.host = host
        self.urn = call.urn
        self.inputs = inputs
        self.allow_cut = inputs["revertAfter"] > 0
        self.machine: str = (state or {}).get("machine", "")
        self._call = call
        self._state = state or {}
        self._parts = list(parts(inputs))
        self._policy = PolicyWithSettings(host, call.urn, settings_of(inputs), id, "")
        owned = self._state.get(OWNED, ())
        self._lists = Possessions(LISTS, host, call.urn, owned)
        self._actions = Possessions(ACTIONS, host, call.urn, owned)
        self._assigning = self._assignment()
        self._told = False
        self._at_once = call.preview
        self._stand_in: StandIn | None = None
        self._changed: int | None = None
        """The attempt that changed the policy behind its stand-in."""

    def foretold(self) -> WholePolicyMaking:
        """The same wish as a preview plans it: all of it in one batch, so that its end is known before it begins."""
        return WholePolicyMaking(
            self.host, replace(self._call, preview=True), self.inputs, self.guid, self._state or None
        )

    @property
    def guid(self) -> str:
        """The policy's GUID, once it has one."""
        return self._policy.guid

    @property
    def previous(self) -> str | None:
        """The policy that was active before this one, where that is known and this one is."""
        return self._assigning.previous if self.inputs[ASSIGNED] else None

    def owned(self, store: Store) -> list[str]:
        """GUIDs of the lists and actions on the host that are ours."""
        return sorted(
            [guid for guid in self._lists.ours if guid in store.filter_lists]
            + [guid for guid in self._actions.ours if guid in store.filter_actions]
        )

    def plan(self, store: Store, snapshot: Snapshot, attempt: int) -> Plan:
        """The next batch: what is to come into force is read back before it does."""
        same_machine(self.host, self.machine, snapshot)
        guid = self._policy.guid or planned_guid(policies.KIND, self._policy.name)
        stand_in = self._stand_in_of(guid)
        course = Course(store, snapshot, attempt)
        remains = stand_in.remains(store, snapshot)
        if store.active not in remains and stand_in.begun in {None, attempt}:
            stand_in.clear(course)
        if not self.inputs[ASSIGNED]:
            self._unassign(course, [guid, *remains])
        self._choose(course, guid)
        self._lists.add(course)
        self._actions.add(course)
        trial = course.onward()
        changing = self._change(trial)
        in_force = self.inputs[ASSIGNED] and store.active == guid
        if self._at_once:
            course.join(trial)
            seen = True
        elif in_force and self._changed in {None, attempt} and weight(trial.steps) > 1:
            seen = self._change_behind(stand_in, course, trial, changing)
        else:
            course.join(trial)
            proven = attempt >= LAST and self._changed is not None
            seen = proven or not tells(course.steps, self._guid_in(course.store))
        if seen:
            self._finish(course, stand_in)
        elif self.inputs[ASSIGNED]:
            # A stopped agent starts without the policy that is active now.
            self._assigning.begin(self._guid_in(course.store), store, snapshot)
        return course.plan()

    def _stand_in_of(self, guid: str) -> StandIn:
        fresh = StandIn(self.host, self.urn, guid)
        if self._stand_in is None or self._stand_in.name != fresh.name:
            self._stand_in = fresh
        return self._stand_in

    def _guid_in(self, store: Store) -> str:
        """The policy's GUID in a store, which may be a planned one."""
        guid = self._policy.guid
        return guid if guid in store.policies else planned_guid(policies.KIND, self._policy.name)

    def _choose(self, course: Course, guid: str) -> None:
        rules = by_name(course.store.rules_of(guid), [part.name for part in self._parts])
        self._lists.choose(course, guid, wanted(self._parts, LIST), rules)
        self._actions.choose(course, guid, wanted(self._parts, ACTION), rules)

    def _change(self, course: Course) -> tuple[set[str], set[str]]:
        """Everything but what is added before and the assignment; returns which lists and actions changed."""
        changing = self._lists.change(course), self._actions.change(course)
        course.make(self._policy)
        guid = self._guid_in(course.store)
        present = course.store.rules_of(guid)
        found = by_name(present, [part.name for part in self._parts])
        for part in self._parts:
            self._rule(course, part, guid, found.get(folded(part.name)))
        kept = {rule.guid for rule in found.values()}
        for rule in present:
            if rule.guid not in kept:
                course.make(RuleRemoving(self.host, self.urn, rule.guid))
        self._lists.clear(course)
        self._actions.clear(course)
        return changing

    def _change_behind(
        self, stand_in: StandIn, course: Course, trial: Course, changing: tuple[set[str], set[str]]
    ) -> bool:
        """Build the stand-in; once it stands, change the policy while it has its place. In the open without one.

        Returns whether the rest may follow in the same batch.
        """
        rules = by_name(course.store.rules_of(self._policy.guid), [part.name for part in self._parts])
        known = [(part, rules.get(folded(part.name))) for part in self._parts]
        building = course.onward()
        try:
            stand_in.build(building, settings_of(self.inputs), known, (self._lists, self._actions), changing)
        except Invalid as mistake:
            self._warn(f"the policy is changed step by step while it is in force, for netsh cannot copy it: {mistake}.")
            course.join(trial)
            return True
        course.join(building)
        if course.steps:
            return False
        stand_in.assign(course)
        self._change(course)
        self._changed = course.attempt
        return course.attempt >= LAST

    def _finish(self, course: Course, stand_in: StandIn) -> None:
        """Put the policy into force, if it is to be, and take the stand-in away."""
        if self.inputs[ASSIGNED]:
            self._assign(course)
        stand_in.clear(course)

    def _rule(self, course: Course, part: Part, policy: str, current: Rule | None) -> None:
        lists, actions = self._lists.holding(part), self._actions.holding(part)
        inputs = {
            **part.rule,
            "policy": policy
            if policy in course.store.policies and not policy.startswith("planned:")
            else self._policy.name,
            LIST: lists.reference,
            ACTION: actions.reference,
        }
        if self._lists.lacks(part) or self._actions.lacks(part):
            self._require_untouched(course, part, inputs, current)
            return
        if current is not None and current.tunnel_endpoint and "tunnelEndpoint" not in inputs:
            # netsh has no word for "no tunnel any more".
            course.make(RuleRemoving(self.host, self.urn, current.guid), part.path)
            if "authMethods" not in inputs:
                kept = rule_properties(current, course.store)["authMethods"]
                inputs["authMethods"] = kept
            current = None
        making = RuleInPolicy(self.host, self.urn, inputs, current.guid if current is not None else "", "")
        course.make(making, part.path, announced=False)

    def _require_untouched(self, course: Course, part: Part, inputs: Properties, current: Rule | None) -> None:
        """An imported rule whose list or action is not there stays as it is."""
        if current is not None:
            found = {**rule_properties(current, course.store), "name": inputs["name"], "policy": inputs["policy"]}
            if not compare(RULE, {**found, LIST: current.filter_list, ACTION: current.filter_action}, inputs):
                return
        raise Refused(
            f"{part.path}: the rule {part.name!r} refers to a filter list or a filter action that is not on the host.",
            code="reference.missing",
            host=self.host,
            advice="Give its filterList and its filterAction names and contents, or remove the rule.",
        )

    def _assignment(self) -> Assigning:
        state = self._state
        known = PREVIOUS in state or bool(state.get(ASSIGNED))
        inputs = {
            "policy": "",
            "allowOverridden": self.inputs["allowOverridden"],
            "allowManagementCut": self.allow_cut,
        }
        return Assigning(self.host, self._call, inputs, {PREVIOUS: state.get(PREVIOUS)} if known else None)

    def _assign(self, course: Course) -> None:
        guid = self._policy.guid
        self._assigning.inputs["policy"] = guid if guid in course.store.policies else self._policy.name
        plan = self._assigning.plan(course.store, course.snapshot, course.attempt)
        course.take(
            Plan(plan.after, plan.commands, plan.intents, dict.fromkeys(plan.unmet and [ASSIGNED], "is not so"))
        )

    def _unassign(self, course: Course, ours: Sequence[str]) -> None:
        state = {name: self._state[name] for name in (PREVIOUS,) if name in self._state}
        for guid in ours:
            course.make(Unassigning(self.host, self._call, {POLICY_GUID: guid, **state}), ASSIGNED)

    def _warn(self, message: str) -> None:
        if not self._told:
            self._told = True
            self._call.log.warning(f"{self.host}: {message}")


class WholePolicyRemoving:
    """A policy gone with everything that is its alone, and active again what was before."""

    def __init__(self, host: str, call: Call, id: str, state: Properties) -> None:
        self.host = host
        self.urn = call.urn
        self.guid = id
        self.allow_cut = state.get("revertAfter", 0) > 0
        self._call = call
        self._state = state
        self._unassigning: dict[str, Unassigning] = {}

    def plan(self, store: Store, snapshot: Snapshot, attempt: int) -> Plan:
        """Unassign, delete the policy with its rules, then what only they used."""
        same_machine(self.host, self._state.get("machine", ""), snapshot)
        course = Course(store, snapshot, attempt)
        stand_in = StandIn(self.host, self.urn, self.guid)
        before = {PREVIOUS: self._state[PREVIOUS]} if PREVIOUS in self._state else {}
        for guid in (self.guid, *stand_in.remains(store, snapshot)):
            if guid not in self._unassigning:
                self._unassigning[guid] = Unassigning(self.host, self._call, {POLICY_GUID: guid, **before})
            course.make(self._unassigning[guid], ASSIGNED)
        self._tell_of_strangers(store)
        course.make(policies.PolicyRemoving(self.host, self.urn, self.guid, "", lambda _: None))
        for sort in (LISTS, ACTIONS):
            Possessions[Any](sort, self.host, self.urn, self._state.get(OWNED, ())).clear(course)
        stand_in.clear(course)
        return course.plan()

    def _tell_of_strangers(self, store: Store) -> None:
        known = {folded(part.name) for part in parts({"rules": [], **self._state})} if "name" in self._state else set()
        rules = store.rules_of(self.guid)
        mine = {rule.guid for rule in by_name(rules, known).values()}
        others = [repr(rule.name or rule.guid) for rule in rules if rule.guid not in mine]
        if others and self.guid in store.policies:
            name = store.policies[self.guid].name
            self._call.log.warning(
                f"{self.host}: the policy {name!r} goes with rules that others put into it: {', '.join(others)}."
            )
