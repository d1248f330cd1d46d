"""What all six resources do alike: the order of things, and what is said to the user.

A resource's own file declares its inputs, checks the rules between them, finds its object in a snapshot and says how
to get from any store to what is wanted. The rest is here, in the order in which the engine calls it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from copy import copy
from typing import Any, NamedTuple

from winipsec.errors import Conflict, HostError, Refused, Unauthorized, Unreachable, UserError, WinipsecError
from winipsec.host.change import Change as Wish
from winipsec.host.host import Host
from winipsec.host.machine import Service
from winipsec.host.network_errors import NOBODY
from winipsec.host.snapshot import Snapshot
from winipsec.model.invalid import Fault, at, top
from winipsec.model.names import as_guid, folded, name_fault, own_name
from winipsec.resources.comparison import compare
from winipsec.resources.configuration import connection_faults
from winipsec.resources.declaration import Record, secret_paths
from winipsec.resources.foresight import MANAGED, foresee
from winipsec.resources.resource import (
    Autonaming,
    Call,
    Checked,
    Diff,
    Failure,
    Found,
    Identified,
    PartialFailure,
    chosen_name,
)
from winipsec.resources.unreadable import not_found
from winipsec.resources.values import UNKNOWN, came_up, contains_unknown, unchanged
from winipsec.resources.wish import whose

CONNECTION = "connection"
MACHINE = "machine"
_REFERRED = {"policy": "policy", "filterList": "filter list", "filterAction": "filter action"}
"""The kind of object that a property refers to."""
Properties = dict[str, Any]


class Sight(NamedTuple):
    """An object as a snapshot has it: its id, all its input properties, and its further outputs.

    `references` are the GUIDs of other objects by the property that means them, however it is spelled.
    """

    id: str
    properties: Properties
    outputs: Properties
    references: Mapping[str, str] = {}


class StoreResource(ABC):
    """One resource type over the policy store of a host."""

    token: str
    kind: str
    description: str
    record: Record
    outputs: Mapping[str, str] = {}
    """Further outputs with their descriptions."""
    untold: tuple[str, ...] = ()
    """Inputs that no host can tell, beside the connection."""
    assigns = False
    """Whether it puts a policy into force, so that a preview knows enough to ask whether our way in stays open."""
    whole = False
    """Whether its changes are all there is to a policy, removals too."""
    listed: tuple[str, ...] = ()
    """Further outputs that are lists of texts."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """The paths of secret properties."""
        return secret_paths(self.record)

    @property
    def derived(self) -> tuple[str, ...]:
        """The properties that users see and do not set."""
        return tuple(name for name, declared in self.record.properties.items() if declared.computed)

    # What differs between resources.

    def filled(self, inputs: Properties, olds: Properties, call: Call) -> Properties:
        """Inputs with what is absent and has no fixed default, given what the run knows."""
        return self.completed(inputs, olds)

    def completed(self, inputs: Properties, olds: Properties) -> Properties:
        """Inputs with what is absent and has no fixed default."""
        return inputs

    def imported(self, inputs: Properties, call: Call) -> Properties:
        """Inputs as an import gives them to the user's program."""
        return inputs

    def contradictions(self, inputs: Properties, call: Call) -> list[Fault]:
        """What is wrong between the properties, each of which is right by itself. Claims nothing."""
        return []

    def claimed(self, inputs: Properties, call: Call) -> list[Fault]:
        """Claim what only one resource of a run may have; what another one has is a mistake."""
        return []

    @abstractmethod
    def find(self, snapshot: Snapshot, id: str, call: Call, state: Properties | None = None) -> Sight | None:
        """The object with this id, as `state` knew it; None where there is none."""

    @abstractmethod
    def identify(self, snapshot: Snapshot, reference: str) -> str:
        """The id of the object that an import id means, empty where there is none."""

    def alternatives(self, snapshot: Snapshot) -> Sequence[str]:
        """Ids that an import could mean, for who asked for one that is not there."""
        return ()

    @abstractmethod
    def making(self, host: str, inputs: Properties, call: Call, id: str = "", state: Properties | None = None) -> Wish:
        """The wish to have the object as the inputs say."""

    @abstractmethod
    def removing(self, host: str, id: str, state: Properties, call: Call) -> Wish:
        """The wish to have it gone."""

    @abstractmethod
    def made(self, wish: Wish, snapshot: Snapshot, call: Call) -> Sight | None:
        """What a wish made, as read back."""

    # What the engine calls.

    def check(self, news: Properties, olds: Properties, autonaming: Autonaming | None, call: Call) -> Checked:
        """Bring inputs into normal form, or say what is wrong with them."""
        faults: list[Fault] = []
        given = {name: item for name, item in news.items() if item is not None}
        if "name" in self.record.properties and "name" not in given:
            chosen = chosen_name(olds.get("name"), autonaming, call.name)
            if chosen is None:
                faults.append(Fault("name", "is missing, and automatic naming is switched off"))
            else:
                given["name"] = chosen
        inputs = self.filled(self.record.normal(given, "", faults), olds, call)
        name = inputs.get("name")
        if isinstance(name, str) and (reason := name_fault(name)) is not None:
            faults.append(Fault("name", f"{name!r} {reason}" if name else reason))
        connection = inputs.get(CONNECTION)
        known = not contains_unknown(inputs)
        faults = [fault for fault in faults if not unchanged(fault, inputs, olds)]
        if not faults and known:
            wrong = self.contradictions(inputs, call)
            if wrong and olds and not contains_unknown(olds):
                before = self.filled(self.record.normal(dict(olds), "", []), {}, call)
                wrong = came_up(wrong, self.contradictions(before, call), inputs, olds)
            faults.extend([*wrong, *self.claimed(inputs, call)])
        if isinstance(connection, dict) and not any(fault.path.startswith(CONNECTION) for fault in faults):
            wrong = at(CONNECTION, connection_faults(connection, call.provider.configuration))
            faults.extend(fault for fault in wrong if not unchanged(fault, inputs, olds))
        return Checked(inputs, [Failure(fault.path, fault.reason) for fault in faults])

    def diff(self, id: str, state: Properties, old_inputs: Properties, news: Properties, call: Call) -> Diff:
        """Compare the recorded state with checked inputs."""
        call.provider.claims.make(MANAGED, "", id, call.urn)
        changes = compare(self.record, state, news)
        kept = {path: kind for path, kind in changes.items() if top(path) != CONNECTION}
        if not kept:
            self._leave(news, call)
        return Diff(kept, stables=(MACHINE,))

    def create(self, inputs: Properties, call: Call) -> Identified:
        """Make the object; in a preview say what will be refused, as far as the host answers."""
        if call.preview:
            self.foresee(inputs, call)
            return Identified("", dict(inputs))
        host = self.host(inputs, call)
        wish = self.making(host.name, inputs, call)
        try:
            snapshot = self.apply(host, wish, inputs, call)
        except WinipsecError as error:
            self._partial(host, wish, inputs, error, call)
            if isinstance(error, Refused):
                self.settle(host, call)  # nothing there is ours, so no file has anything to prove
            raise whose(error, lambda guid: call.provider.claims.others(MANAGED, "", guid, call.urn)) from None
        self.settle(host, call)
        sight = self.made(wish, snapshot, call)
        if sight is None:
            raise Conflict(f"the {self.kind} was made, and is gone already.", host=host.name)
        call.provider.claims.make(MANAGED, "", sight.id, call.urn)
        return Identified(sight.id, self._outputs(inputs, sight, snapshot))

    def foresee(self, inputs: Properties, call: Call, id: str = "", state: Properties | None = None) -> None:
        """Plan in a preview what an update would do, on top of what it would have done before.

        Raises:
            WinipsecError: it would be refused.
        """
        foresee(self, inputs, call, id, state)

    def read(self, id: str, state: Properties | None, inputs: Properties | None, call: Call) -> Found | None:
        """Find the object: by its id in a refresh, by any id that users may write in an import."""
        olds = inputs or {}
        importing = not state
        if importing and id.startswith("//"):
            named_host, _, id = id[2:].partition("/")
            olds = {**olds, CONNECTION: {**(olds.get(CONNECTION) or {}), "host": named_host}}
        host = self.host(olds, call)
        try:
            snapshot = host.read(call.provider.cancelled, call.urn, call.log)
        except (Unauthorized, Unreachable) as error:
            raise error if importing else _of_a_refresh(error) from error
        if _other_machine(state, snapshot):
            self._say_gone(host, snapshot, state, call)
            return None
        key = self.identify(snapshot, id) if importing else id
        sight = self.find(snapshot, key, call, state) if key else None
        if sight is None:
            if importing:
                call.log.error(not_found(host.name, self.kind, id, self.alternatives(snapshot), snapshot.store))
            return None
        self.settle(host, call)
        if not importing:
            call.provider.claims.make(MANAGED, "", sight.id, call.urn)
        self._say_not_in_force(host, snapshot, call)
        found = self._inputs(sight, None if importing else olds)
        if importing:
            found = self.imported(found, call)
        if CONNECTION in olds:
            found[CONNECTION] = olds[CONNECTION]
        return Found(sight.id, self._outputs({**sight.properties, **found}, sight, snapshot, only=found), found)

    def update(self, id: str, state: Properties, old_inputs: Properties, news: Properties, call: Call) -> Properties:
        """Change the object in place."""
        if call.preview:
            self.foresee(news, call, id, state)
            return {**news, **self._kept(state, news)}
        host = self.host(news, call)
        wish = self.making(host.name, news, call, id, state)
        try:
            snapshot = self.apply(host, wish, news, call)
        except WinipsecError as error:
            self._partial(host, wish, old_inputs, error, call, id, state)
            raise
        self.settle(host, call)
        sight = self.made(wish, snapshot, call)
        if sight is None:
            raise Conflict(f"the {self.kind} is not there any more.", host=host.name)
        called, wanted = sight.properties.get("name"), news.get("name")
        if called is not None and wanted is not None and folded(called) != folded(wanted):
            call.log.warning(
                f"{host.name}: netsh cannot tell a {self.kind} by {wanted!r}; it is called {called!r} from now on."
            )
        return self._outputs(news, sight, snapshot)

    def delete(self, id: str, state: Properties, old_inputs: Properties, call: Call) -> None:
        """Remove the object."""
        host = self.host(old_inputs or state, call)
        try:
            snapshot = host.read(call.provider.cancelled, call.urn, call.log, updating=True)
        except Unreachable as error:
            if error.code not in NOBODY or not call.provider.configuration.treat_unreachable_as_deleted:
                raise
            call.log.warning(f"{error} The {self.kind} counts as deleted, because treatUnreachableAsDeleted is set.")
            return
        if _other_machine(state, snapshot):
            self._say_gone(host, snapshot, state, call)
            return
        self.apply(host, self.removing(host.name, id, state, call), state, call)
        self.settle(host, call)

    # Shared steps.

    def apply(self, host: Host, wish: Wish, inputs: Properties, call: Call) -> Snapshot:
        """Make a wish true on its host.

        Raises:
            WinipsecError: it could not be made.
        """
        return host.apply(wish, call.provider.cancelled, call.timeout, log=call.log)

    def _leave(self, inputs: Properties, call: Call) -> None:
        """The engine knows the object and leaves it as it is: no batch file need prove any more whose it is."""
        connection = inputs.get(CONNECTION)
        if contains_unknown(connection):
            return
        with suppress(UserError):  # a host that cannot be named has no files of ours to remove
            self.settle(call.provider.host(connection), call)

    def settle(self, host: Host, call: Call) -> None:
        """The engine is about to hear the outcome: no file need prove any more what is ours."""
        host.settle(call.urn)

    def _kept(self, state: Properties, news: Properties) -> Properties:
        """Outputs that an update leaves alone; a GUID whose reference changes is not known before."""
        kept = {name: state[name] for name in (MACHINE, *self.outputs) if name in state}
        changed = [name for name in kept if news.get(name.removesuffix("Guid")) != state.get(name.removesuffix("Guid"))]
        return {name: UNKNOWN if name in changed and name.endswith("Guid") else item for name, item in kept.items()}

    def host(self, inputs: Mapping[str, Any], call: Call) -> Host:
        """The host that the inputs lead to."""
        return call.provider.host(inputs.get(CONNECTION))

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
        """Record what exists although something failed, so that nothing is orphaned.

        Raises:
            PartialFailure: the object exists, though not as wanted.
        """
        snapshot = host.last
        if snapshot is None or isinstance(error, Unreachable) or not snapshot.taken:
            return
        if _other_machine(state, snapshot):
            return
        sight = self.made(wish, snapshot, call) if not id else self.find(snapshot, id, call, state)
        if sight is not None and not (isinstance(error, Refused) and error.code.startswith("create.")):
            self.settle(host, call)
            told = {name: item for name, item in inputs.items() if name in (CONNECTION, *self.untold)}
            outputs = self._outputs({**told, **sight.properties}, sight, snapshot, only=inputs)
            raise PartialFailure(sight.id, outputs, inputs, [str(error)]) from error

    def _inputs(self, sight: Sight, olds: Properties | None) -> Properties:
        """The inputs that would make the object as it stands: what was managed before, and what is not default."""
        inputs: Properties = {}
        for name, declared in self.record.properties.items():
            value = sight.properties.get(name)
            if value is None:
                continue
            if olds is not None and name in olds:
                guid = sight.references.get(name)
                same = guid is not None and isinstance(olds[name], str) and as_guid(olds[name]) == guid
                told = value == own_name(str(olds[name]), _REFERRED.get(name, self.kind), guid or sight.id)
                ours = told and (name == "name" or (guid is not None and name_fault(str(olds[name])) is not None))
                inputs[name] = olds[name] if same or ours else self.aligned(name, olds[name], value)
            elif value not in (declared.default, []) and (olds is None or declared.managed):
                inputs[name] = value
        return inputs

    def aligned(self, name: str, old: Any, value: Any) -> Any:
        """`value` in the spelling and order in which the user knows it, where that means the same."""
        declared = self.record.properties[name].type
        return old if getattr(declared, "names", False) and folded(str(old)) == folded(str(value)) else value

    def _outputs(
        self, inputs: Properties, sight: Sight, snapshot: Snapshot, only: Mapping[str, Any] | None = None
    ) -> Properties:
        kept = inputs if only is None else {name: inputs[name] for name in inputs if name in only}
        return {**kept, **sight.outputs, MACHINE: snapshot.machine.guid}

    def _say_gone(self, host: Host, snapshot: Snapshot, state: Properties | None, call: Call) -> None:
        call.log.warning(
            f"{host.name} is another machine now: MachineGuid {snapshot.machine.guid}, and the {self.kind} was made "
            f"on {(state or {}).get(MACHINE)}. It counts as gone."
        )

    def _say_not_in_force(self, host: Host, snapshot: Snapshot, call: Call) -> None:
        if snapshot.machine.service is not Service.RUNNING and not call.provider.claims.make(
            "not in force", host.name, "", call.urn
        ):
            call.log.warning(
                f"{host.name}: the IPsec Policy Agent is {snapshot.machine.service.value}, so no policy is in force."
            )


def _of_a_refresh(error: HostError) -> HostError:
    """The same error, with what only a refresh suffers from: it talks to hosts as the state remembers them."""
    told = copy(error)
    told.advice += (
        " A refresh uses address and password as the state has them: after a change of a resource's connection leave "
        "it out once with --refresh=false, after one of the provider's configuration run it with --run-program."
    )
    return told


def _other_machine(state: Properties | None, snapshot: Snapshot) -> bool:
    """Whether the resource was made on another machine than the one that answers now (design 2.2, 8)."""
    recorded, found = (state or {}).get(MACHINE), snapshot.machine.guid
    return bool(recorded and found and recorded != found)
