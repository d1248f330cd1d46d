"""Changes to the policy store, as the writer wants them: planned from any store, to the end they were made for.

`Making` leads to an object as its resource wants it, made new or changed in place; `Removing` leads to its absence.
What differs between kinds of object is in the resources' own subclasses.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Generic

from winipsec.errors import Conflict, Refused, WinipsecError
from winipsec.formats.netsh import Command, RegCommand
from winipsec.host.change import TWICE, Plan, Wait
from winipsec.host.leftovers import Intent
from winipsec.host.snapshot import Snapshot
from winipsec.model.invalid import Invalid, top
from winipsec.model.names import folded, name_fault, own_name
from winipsec.model.store import Named, Store, named
from winipsec.resources.addressing import deletion, renaming
from winipsec.resources.legibility import illegible, misread
from winipsec.resources.provenance import Proof, Provenance
from winipsec.resources.unreadable import require_free

Commands = list[Command | RegCommand]


def same_machine(host: str, expected: str, snapshot: Snapshot) -> None:
    """Refuse to write to a machine that took another one's address.

    Raises:
        Conflict: the machine is not the one the resource was made on.
    """
    found = snapshot.machine.guid
    if expected and found and expected != found:
        raise Conflict(
            f"this is another machine (MachineGuid {found}) than the one the resource was made on ({expected}).",
            code="machine.changed",
            host=host,
            advice="Run `pulumi refresh`: the resource then counts as gone and is made anew.",
        )


class Making(ABC, Generic[Named]):
    """One object as wanted. Without a `guid` it is to be made; with one it is to be changed in place."""

    kind: str
    """What the object is called in messages and leftovers."""
    inputs: Mapping[str, Any]

    def __init__(self, host: str, urn: str, name: str, *, guid: str = "", machine: str = "") -> None:
        self.host = host
        self.urn = urn
        self.name = name
        self.called = name
        """The name it gets on the host: `name`, unless that cannot be its alone."""
        self.guid = guid
        self.machine = machine
        self.adopted = False
        self.allow_cut = False
        self._creating = not guid
        self._twice = False
        self._before: Named | None = None
        self._misread = ""
        self._misread_at = 0
        self._provenance = Provenance(urn, self.kind, name)

    @abstractmethod
    def objects(self, store: Store) -> Mapping[str, Named]:
        """The objects among which names must be unique."""

    @abstractmethod
    def additions(self, store: Store) -> tuple[Commands, Store]:
        """The commands that make the object, and the store with it."""

    @abstractmethod
    def corrections(self, current: Named, store: Store, attempt: int) -> tuple[Commands, Store]:
        """The commands that turn `current` into what is wanted, and the store with it."""

    @abstractmethod
    def differences(self, current: Named, store: Store) -> dict[str, str]:
        """What is not as wanted, by property path."""

    @abstractmethod
    def proof(self, current: Named, store: Store) -> Sequence[Command | RegCommand]:
        """The commands that would have made `current` as it stands."""

    def doubts(self, store: Store) -> dict[str, str]:
        """What a host may refuse although documents allow it, by property path: named where it did refuse."""
        return {}

    def opening(self, current: Named, store: Store, attempt: int) -> Plan | None:
        """The part of the corrections that only adds, where it can come before the rest."""
        return None

    def prepare(self, store: Store) -> None:
        """Find what this object refers to.

        Raises:
            Wait: it is not there yet.
        """

    def plan(self, store: Store, snapshot: Snapshot, attempt: int) -> Plan:
        """Plan from `store` to the object as wanted."""
        same_machine(self.host, self.machine, snapshot)
        self.prepare(store)
        if attempt and (taken_back := self._taken_back(store, snapshot, attempt)) is not None:
            return taken_back
        current = self.locate(store, snapshot, attempt)
        intents = (Intent(self.urn, self.kind, self.name),) if self._creating else ()
        if current is None:
            commands, after = self.additions(store)
            missing = {"": f"the {self.kind} {self.name!r} is not there", **self.doubts(store)}
            return Plan(after, tuple(commands), intents, missing)
        self.called = self._name_for(current, store)
        seen = replace(current, name=self.name) if folded(current.name) == folded(self.called) else current
        unmet = self.differences(seen, store)
        if not unmet:
            return Plan(store, (), intents)
        if attempt:
            self._require_legible_description(current)
        else:
            self._before = current
        tops = {top(path) for path in unmet}
        unmet |= {path: why for path, why in self.doubts(store).items() if top(path) in tops}
        commands, after = self.corrections(current, store, attempt)
        return Plan(after, tuple(commands), intents, unmet, self.opening(current, store, attempt))

    def _taken_back(self, store: Store, snapshot: Snapshot, attempt: int) -> Plan | None:
        """Take a name back that the host does not print as it is: the old name again, or no object at all.

        Raises:
            Refused: that was done, or cannot be done.
        """
        if self._misread and attempt > self._misread_at:
            raise illegible(self.host, "name", self.called, self._misread, outcome="It was taken back.")
        here = self.objects(store).values()
        if named(here, self.called):
            return None
        found = [item for item in here if misread(self.called, item.name)]
        commands = self._old_name(found) if self.guid else self._no_object(found, store, snapshot)
        if not commands:
            return None
        self._misread, self._misread_at = found[0].name, attempt
        return Plan(store, tuple(commands), (), {"name": "cannot be read back"})

    def _old_name(self, misread: Sequence[Named]) -> Commands:
        old = self._before.name if self._before is not None else ""
        name = old if name_fault(old) is None else own_name(old, self.kind, self.guid)
        return [renaming(item, name) for item in misread if item.guid == self.guid and item.name != old]

    def _no_object(self, misread: Sequence[Named], store: Store, snapshot: Snapshot) -> Commands:
        held = snapshot.held or frozenset()
        new = [item for item in misread if self._provenance.is_new(item.guid) and item.guid not in held]
        if new and len(new) < len(misread):
            left = f"It may be one of {', '.join(item.guid for item in misread)}, or not there."
            raise illegible(self.host, "name", self.name, new[0].name, outcome=left)
        return deletion(replace(new[0], name=self.name), store) if new else []

    def _require_legible_description(self, current: Named) -> None:
        wanted, found = self.inputs.get("description") or "", current.description
        before = self._before.description if self._before is not None else ""
        if found != before and misread(wanted, found):
            raise illegible(self.host, "description", wanted, found, outcome=f"The {self.kind} has it all the same.")

    def locate(self, store: Store, snapshot: Snapshot, attempt: int) -> Named | None:
        """The object as it stands, if it is there.

        Raises:
            Conflict: it was to be changed, and is gone.
            NameTaken: it was to be made, and somebody else's has the name.
        """
        objects = self.objects(store)
        if self.guid in objects:
            return objects[self.guid]
        if not self._creating:
            raise Conflict(f"the {self.kind} {self.name!r} ({self.guid}) is not there any more.", host=self.host)
        taken = named(objects.values(), self.name)
        if not self._provenance.batch_ran(attempt):
            self._provenance.note(objects, snapshot)
            return self._existing(taken, store, snapshot)
        new = [item for item in taken if self._provenance.is_new(item.guid)]
        if not new:
            return None
        made = [item for item in new if self._provenance.is_made(item.guid, self._proof(item, store), snapshot)]
        if not made:
            raise exists(self.host, self.kind, self.name, [item.guid for item in new])
        self.guid = made[0].guid
        return made[0]

    def _existing(self, taken: Sequence[Named], store: Store, snapshot: Snapshot) -> Named | None:
        """An object of that name is there before we made one: ours from a run that died, or somebody else's."""
        if not taken:
            require_free(self.host, self.kind, self.name, store)
            return None
        if len(taken) == 1 and self._provenance.is_left(self._proof(taken[0], store), snapshot):
            self.guid = taken[0].guid
            self.adopted = True
            return taken[0]
        guids = [item.guid for item in taken]
        if any(guid.startswith("planned:") for guid in guids):
            self._twice = True
            raise Wait(exists(self.host, self.kind, self.name, guids))
        raise exists(self.host, self.kind, self.name, [] if self._twice else guids)

    def _proof(self, current: Named, store: Store) -> Proof:
        try:
            return self.proof(current, store)
        except Invalid:
            return None  # holds what no command of ours can make

    def _name_for(self, current: Named, store: Store) -> str:
        """The name that `current` is to have: an imported one may have none, or share it, until it is first changed.

        Raises:
            Wait: it is to be renamed, and the name is another object's, which may be about to lose it.
            Refused: the name is that of an object which cannot be read.
        """
        own = own_name(self.name, self.kind, current.guid)
        if name_fault(self.name) is not None or folded(current.name) == folded(own):
            return own
        others = [item for item in named(self.objects(store).values(), self.name) if item.guid != current.guid]
        if folded(current.name) == folded(self.name):
            return own if others else self.name
        if others:
            taken = exists(self.host, self.kind, self.name, [item.guid for item in others])
            taken.advice = (
                "To swap two names, give one of the two objects a third name in a run before. " + taken.advice
            )
            raise Wait(taken)
        require_free(self.host, self.kind, self.name, store)
        return self.name


class Removing(ABC, Generic[Named]):
    """One object gone. What is not there, or was another machine's, counts as gone."""

    kind: str

    def __init__(self, host: str, urn: str, guid: str, *, machine: str = "") -> None:
        self.host = host
        self.urn = urn
        self.guid = guid
        self.machine = machine
        self.allow_cut = False

    @abstractmethod
    def find(self, store: Store) -> Named | None:
        """The object, if it is there."""

    @abstractmethod
    def removals(self, current: Named, store: Store) -> Commands:
        """The commands that remove it."""

    def blockers(self, current: Named, store: Store) -> list[str]:
        """What still uses it, each as words for a message."""
        return []

    def after(self, current: Named, store: Store) -> Store:
        """The store without it."""
        return store.without(current.guid)

    def plan(self, store: Store, snapshot: Snapshot, attempt: int) -> Plan:
        """Plan from `store` to the object's absence."""
        same_machine(self.host, self.machine, snapshot)
        current = self.find(store)
        if current is None:
            return Plan(store)
        users = self.blockers(current, store)
        if users:
            raise Wait(
                Refused(
                    f"the {self.kind} {current.name!r} is still in use by {', '.join(users)}.",
                    code="delete.in-use",
                    host=self.host,
                    advice="Remove those first, or let them go in the same run.",
                )
            )
        unmet = {"": f"the {self.kind} {current.name!r} is still there"}
        return Plan(self.after(current, store), tuple(self.removals(current, store)), (), unmet)


class NameTaken(Refused):
    """The name that is wanted is another object's; `guids` are those of all that have it."""

    default_code = "create.exists"
    guids: Sequence[str] = ()


def exists(host: str, kind: str, name: str, guids: Sequence[str]) -> WinipsecError:
    """Somebody else's object has the name that is wanted."""
    known = [guid for guid in guids if not guid.startswith("planned:")]
    if not known:
        return Refused(
            f"another resource of this program makes a {kind} of the name {name!r} on the same host.",
            code=TWICE,
            host=host,
            advice="Give one of the two another name; capitals make no difference.",
        )
    taken = NameTaken(
        f"a {kind} of the name {name!r} exists already ({', '.join(known)}).",
        host=host,
        advice=f"To take it over, import it: `pulumi import` with the id {known[0]}, or the resource option import. "
        "Or choose another name.",
    )
    taken.guids = known
    return taken


def whose(error: WinipsecError, others: Callable[[str], Sequence[str]]) -> WinipsecError:
    """The same error, but for a name that another resource of this program has; `others` are those of a GUID."""
    if isinstance(error, NameTaken) and (urns := [urn for guid in error.guids for urn in others(guid)]):
        return Refused(
            f"{error.problem.rstrip('.')}: another resource of this program has it, {urns[0]}.",
            code=TWICE,
            host=error.host,
            advice="Give one of the two another name; capitals make no difference.",
        )
    return error


def resolve(
    objects: Mapping[str, Named], text: str, *, path: str, kind: str, host: str, known: str | None = None
) -> Named:
    """The object that a reference means.

    `known` is the GUID of the object that it meant so far: one whose name netsh cannot be told has got another since.

    Raises:
        Wait: there is none yet; the error says so if none comes.
        Refused: several have that name, or nothing is referred to.
    """
    found = named(objects.values(), text)
    if len(found) == 1:
        return found[0]
    meant = objects.get(known) if known and not found and name_fault(text) is not None else None
    if meant is not None:
        return meant
    if not text:
        raise Refused(
            f"{path}: the {kind} is not there any more.",
            code="reference.missing",
            host=host,
            advice=f"Set {path} to the name or the GUID of another {kind}.",
        )
    if not found:
        raise Wait(
            Refused(
                f"{path}: there is no {kind} {text!r}.",
                code="reference.missing",
                host=host,
                advice="Create it first: refer to the resource's name output, so that the order is known.",
            )
        )
    guids = ", ".join(item.guid for item in found)
    raise Refused(
        f"{path}: there are {len(found)} {kind}s of the name {text!r}: {guids}.",
        code="reference.ambiguous",
        host=host,
        advice="Refer to one of them by its GUID.",
    )


def unmet(paths: Mapping[str, Any]) -> dict[str, str]:
    """Changed paths in words, without any value: some are secret."""
    return dict.fromkeys(paths, "is not stored as asked")
