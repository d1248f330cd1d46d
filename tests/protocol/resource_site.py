"""One simulated Windows host, the real provider in this process, and an engine in small between the two.

    program ──▶ MiniEngine ──gRPC──▶ provider ──WinRM──▶ lab host ◀── console: somebody else at work

A `Site` is all of that for one test. What the provider did is looked at on the host's own console (`dump`), which
shares no code with the provider; what somebody else did there is seen by a new look (`refresh`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from fake_engine import FakeEngine, fake_engine
from mini_engine import MiniEngine
from protocol_values import Secret
from records import State, StepFailed
from winipsec.plugin import server
from winipsec.plugin.servicer import Servicer
from winipsec.plugin.session import Session, built_in
from winipsec_lab.machine.registry import RegistryValue
from winipsec_lab.testing import Host, Lab

FILTER_LIST, FILTER = "winipsec:index:FilterList", "winipsec:index:Filter"
FILTER_ACTION, POLICY = "winipsec:index:FilterAction", "winipsec:index:Policy"
RULE, ASSIGNMENT = "winipsec:index:Rule", "winipsec:index:PolicyAssignment"

LOCAL = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\IPSec\Policy\Local"
CLASSES = {
    FILTER_LIST: "ipsecFilter",
    FILTER_ACTION: "ipsecNegotiationPolicy",
    POLICY: "ipsecPolicy",
    RULE: "ipsecNFA",
}
Properties = dict[str, Any]


@dataclass
class Site:
    """A host and the provider that manages it."""

    host: Host
    engine: MiniEngine
    service: FakeEngine
    session: Session
    impossible: list[str] = field(default_factory=list)

    # -- the host

    def console(self, *lines: str) -> None:
        """Somebody else types commands of `netsh ipsec static` on the host, which must succeed."""
        for line in lines:
            answer = self.host.run(f"netsh ipsec static {line}")
            assert answer == (0, "", ""), (line, answer)
        self.forget()

    def dump(self, start: str = "") -> list[str]:
        """The store as the host's own tool prints it, as far as lines begin like this."""
        code, text, _ = self.host.run("netsh ipsec dump")
        assert code == 0
        return [line for line in text.splitlines() if line.startswith(start) and not line.startswith("#")]

    def content(self) -> dict[str, Any]:
        """Every value of the store."""
        registry = self.host.registry
        return (
            {path: dict(registry.values(path)) for path, _ in registry.walk(LOCAL)} if registry.has_key(LOCAL) else {}
        )

    def value(self, kind: str, guid: str, name: str) -> Any:
        """One value of one object in the registry, None where it is missing."""
        value = self.host.registry.get(f"{LOCAL}\\{CLASSES[kind]}{guid}", name)
        return value.data if value is not None else None

    def write(self, kind: str, guid: str, name: str, text: str | None) -> None:
        """Somebody else sets or deletes a text value of one object in the registry."""
        key = f"{LOCAL}\\{CLASSES[kind]}{guid}"
        if text is None:
            self.host.registry.delete_value(key, name)
        else:
            self.host.registry.set(key, name, RegistryValue("REG_SZ", text))
        self.forget()

    def guess(self, name: str) -> str:
        """How the host is set where nobody knows how Windows behaves."""
        return self.host.machine.guesses[name]

    @contextmanager
    def impossible_under(self, name: str, setting: str, path: str) -> Iterator[None]:
        """What is inside cannot be had under one setting of a guess: there the provider must name the property.

        Under any other setting it must work.
        """
        if self.guess(name) != setting:
            yield
            return
        with pytest.raises(StepFailed) as failed:
            yield
        assert path in failed.value.text, failed.value.text
        self.impossible.append(f"{path} under {name}={setting}")

    # -- the provider

    @property
    def configuration(self) -> Properties:
        """The provider's configuration for this host."""
        host = self.host
        return {
            "host": host.address,
            "port": str(host.port),
            "username": host.username,
            "password": Secret(host.password),
        }

    def again(self) -> None:
        """Another run: what the last one knew is forgotten."""
        self.engine.cancel()
        self.engine.start(self.configuration)

    def forget(self) -> None:
        """The next look at the host is a new one, as in another run, which costs a logon more."""
        for host in self.session.provider._hosts.values():
            host._reader.forget()

    def up(self, kind: str, name: str, program: Properties, state: State | None = None) -> State:
        """Bring one resource to what the program says."""
        return self.engine.up(kind, name, program, state)

    def refresh(self, state: State) -> State:
        """Read a resource anew; it must be there."""
        self.forget()
        found = self.engine.refresh(state)
        assert found is not None, f"{state.urn} is gone"
        return found

    def settled(self, state: State) -> State:
        """A resource that a new look finds exactly as it was left."""
        found = self.refresh(state)
        assert found.inputs == state.inputs
        assert found.outputs == state.outputs, (found.outputs, state.outputs)
        return found

    def drift(self, state: State) -> tuple[State, dict[str, str]]:
        """What a new look finds, and what a preview would then change."""
        found = self.refresh(state)
        return found, self.engine.diff(found, state.inputs).changes

    def imported(self, kind: str, name: str, id: str) -> State:
        """Import an object, which must be there; the engine checks that its program changes nothing."""
        self.forget()
        state = self.engine.import_(kind, name, id)
        assert state is not None, f"nothing to import as {id}"
        return state

    def gone(self, state: State) -> None:
        """Delete a resource; a new look must not find it."""
        self.engine.destroy(state)
        self.forget()
        assert self.engine.refresh(state) is None

    # -- something to refer to

    def furnish(self) -> tuple[State, State, State]:
        """A policy `web`, a list `ports` with TCP 80 and an action `stop` that blocks."""
        return (
            self.up(POLICY, "web", {}),
            self.up(FILTER_LIST, "ports", {"filters": [TCP_80]}),
            self.up(FILTER_ACTION, "stop", {"action": "block"}),
        )


TCP_80: Properties = {"source": "any", "destination": "me", "protocol": "tcp", "destinationPort": 80}
RULE_OF_SITE: Properties = {"policy": "web", "filterList": "ports", "filterAction": "stop"}


@contextmanager
def standing(**options: Any) -> Iterator[Site]:
    """A site that stands for the tests of one module."""
    session = Session(built_in)
    plugin, port = server.start(Servicer(session))
    try:
        with Lab() as lab, fake_engine() as service, MiniEngine(f"127.0.0.1:{port}", service) as engine:
            yield Site(lab.create("web1", **options), engine, service, session)
    finally:
        session.close()
        plugin.stop(None)


def cleared(site: Site) -> Site:
    """The same site with an empty host and a new run."""
    site.engine.cancel()
    site.host.reset()
    site.service.messages.clear()
    site.impossible.clear()
    site.engine.secrets.clear()
    site.engine.start(site.configuration)
    return site
