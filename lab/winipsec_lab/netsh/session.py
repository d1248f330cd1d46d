"""One run of netsh: which context, which store, what has been said (spec: ipsec-policy 1.7, winrm 4.4).

`set store` and `set batch` last as long as the process. In batch mode the commands work on a copy of the store's keys;
leaving batch mode writes what differs from the state the copy started with.
"""

from __future__ import annotations

from winipsec_lab.machine.machine import Machine
from winipsec_lab.machine.process import Process
from winipsec_lab.machine.registry import Registry, RegistryValue
from winipsec_lab.netsh import volatile
from winipsec_lab.netsh.errors import STORE_CLOSED, Refusal
from winipsec_lab.netsh.names import addresses_of
from winipsec_lab.netsh.texts import Texts
from winipsec_lab.store.framing import Switches
from winipsec_lab.store.registry_store import LOCAL, PERSISTENT, Store

_Content = dict[str, dict[str, RegistryValue]]


class Session:
    """The state of one netsh process.

    Attributes:
        context: names of the contexts entered, outermost first.
        stack: contexts saved by `pushd`.
        failed: whether a command has failed.
        ended: whether `exit` was seen.
        location: the store that static commands work on.
        scripts: how many script files are open, one inside the other.
    """

    def __init__(self, process: Process) -> None:
        self.process = process
        self.machine: Machine = process.machine
        self.texts = Texts(self.machine.locale)
        self.context: tuple[str, ...] = ()
        self.stack: list[tuple[str, ...]] = []
        self.failed = False
        self.ended = False
        self.location = "local"
        self.scripts = 0
        self._batch: tuple[Registry, _Content] | None = None
        self._batch_assigns = False

    @property
    def switches(self) -> Switches:
        """The machine's guesses."""
        return self.machine.guesses

    @property
    def generation(self) -> str:
        """`current` or `2003`."""
        return self.machine.generation

    # ------------------------------------------------------------------ talking

    def say(self, text: str) -> None:
        """Write to standard output."""
        self.process.out(text)

    def complain(self, text: str) -> None:
        """Write a message about a failure, wherever such messages go."""
        self.failed = True
        (self.process.err if self.switches["netsh.error_stream"] == "stderr" else self.process.out)(text)

    def refuse(self, refusal: Refusal) -> None:
        """Report a refused command."""
        self.complain(f"{refusal.prefix}{self.texts(refusal.key, **refusal.fields)}\n\n")

    def resolve(self, name: str) -> tuple[str, ...]:
        """The addresses of a DNS name, as far as this host can know and use them."""
        found = addresses_of(self.machine, name)
        return tuple(each for each in found if self.generation != "2003" or ":" not in each)

    # ------------------------------------------------------------------ the store

    def check_service(self) -> None:
        """Refuse everything while the policy agent does not run."""
        if not volatile.agent_runs(self.machine):
            raise Refusal(STORE_CLOSED)

    @property
    def path(self) -> str:
        """The registry key of the chosen store."""
        return PERSISTENT if self.location == "persistent" else LOCAL

    @property
    def store(self) -> Store:
        """The chosen store, or its copy in batch mode."""
        if self.location == "domain":
            raise Refusal("no_domain")
        registry = self._batch[0] if self._batch else self.machine.registry
        return Store(registry, self.path, self.switches, self.machine.clock.timestamp)

    @property
    def batching(self) -> bool:
        """Whether batch mode is on."""
        return self._batch is not None

    def begin_batch(self) -> None:
        """Collect changes from here on."""
        if self._batch:
            raise Refusal("batch_state")
        content = _content(self.machine.registry, self.path)
        scratch = Registry()
        _apply(scratch, self.path, {}, content)
        self._batch, self._batch_assigns = (scratch, content), False

    def end_batch(self) -> None:
        """Write what was collected."""
        if self._batch is None:
            raise Refusal("batch_state")
        (scratch, before), self._batch = self._batch, None
        with self.machine.registry.lock:
            _apply(self.machine.registry, self.path, before, _content(scratch, self.path))

    def changed(self, *, assigned: bool) -> None:
        """A command has changed the store: the agent hears of it, in batch mode when the batch is written.

        Args:
            assigned: whether the command was about the assignment of a policy.
        """
        self._batch_assigns = self._batch_assigns or assigned
        if self._batch is None:
            volatile.changed(self.machine, assigned=self._batch_assigns)
            self._batch_assigns = False

    def close(self) -> None:
        """The process ends; whether an open batch counts is a guess."""
        if self._batch and self.switches["netsh.batch_at_end"] == "applied":
            with self.machine.registry.lock:
                self.end_batch()
                self.changed(assigned=False)


def _content(registry: Registry, path: str) -> _Content:
    with registry.lock:
        content = {"": registry.values(path)}
        content |= {name: registry.values(f"{path}\\{name}") for name in registry.subkeys(path)}
    return content


def _apply(registry: Registry, path: str, before: _Content, after: _Content) -> None:
    """Carry the difference between two contents into a store's key."""
    for name in before.keys() - after.keys():
        registry.delete_key(f"{path}\\{name}")
    for name, values in after.items():
        key = f"{path}\\{name}" if name else path
        old = before.get(name, {})
        for value_name in old.keys() - values.keys():
            registry.delete_value(key, value_name)
        for value_name, value in values.items():
            if old.get(value_name) != value:
                registry.set(key, value_name, value)
