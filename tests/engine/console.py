"""Somebody at the console of a lab host: what changes behind our back, and what the store holds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from winipsec_lab.store.entries import Entry, identity, removed
from winipsec_lab.store.filter_blob import decode_filter_list, encode_filter_list
from winipsec_lab.store.registry_store import LOCAL, Store
from winipsec_lab.store.values import ACTION, FILTER_LIST, POLICY, RULE
from winipsec_lab.testing import Host

BATCH_FOLDER = r"C:\Windows\winipsec"


def netsh(host: Host, *commands: str) -> None:
    """Give commands of `netsh ipsec static`; they must succeed."""
    for command in commands:
        code, output, errors = host.run(f"netsh ipsec static {command}")
        assert (code, output.strip(), errors.strip()) == (0, "", ""), f"netsh ipsec static {command}: {output}{errors}"


def local_store(host: Host) -> Store:
    """The local policy store of a host."""
    return Store(host.registry, LOCAL, host.machine.guesses, host.machine.clock.timestamp)


def named(host: Host, kind: str, name: str) -> Entry:
    """The one object of a kind and name."""
    found = [entry for entry in local_store(host).entries(kind) if (entry.name or "") == name]
    assert len(found) == 1, f"{len(found)} objects {kind} named {name!r}"
    return found[0]


def guid_of(host: Host, kind: str, name: str) -> str:
    """The GUID of the one object of a kind and name, as ids have it."""
    return named(host, kind, name).guid.lower()


def names(host: Host) -> dict[str, list[str]]:
    """The names of all objects that have one, by kind, sorted."""
    entries = local_store(host).entries()
    return {
        kind: sorted(entry.name for entry in entries if entry.kind == kind and entry.name)
        for kind in (POLICY, RULE, ACTION, FILTER_LIST)
    }


def filters(host: Host, filter_list: str) -> list[str]:
    """The filters of a list as text, sorted."""
    decoded = decode_filter_list(named(host, FILTER_LIST, filter_list).data)
    return sorted(
        f"{item.protocol} {item.source.text()}:{item.source_ports.text()} "
        f"{'<->' if item.mirrored else '->'} {item.destination.text()}:{item.destination_ports.text()}"
        for item in (*decoded.v1, *decoded.v2)
    )


def filter_guid(host: Host, filter_list: str, index: int = 0) -> str:
    """The GUID of one filter of a list."""
    decoded = decode_filter_list(named(host, FILTER_LIST, filter_list).data)
    return f"{{{(*decoded.v1, *decoded.v2)[index].guid}}}"


def edit_filter(host: Host, filter_list: str, **changes: Any) -> None:
    """Edit the first filter of a list in place, as the console does; its GUID stays."""
    entry = named(host, FILTER_LIST, filter_list)
    decoded = decode_filter_list(entry.data)
    edited = replace(decoded, v1=(replace(decoded.v1[0], **changes), *decoded.v1[1:]))
    local_store(host).write(entry.changed_to(data=encode_filter_list(edited, host.machine.guesses)))


def move_rule(host: Host, rule: str, policy: str) -> None:
    """Take a rule from its policy and give it to another one."""
    store = local_store(host)
    entry = named(host, RULE, rule)
    for owner in store.entries(POLICY):
        if entry.identity in map(identity, owner.rules):
            store.write(owner.changed_to(rules=removed(owner.rules, entry.identity)))
    store.write(entry.changed_to(owners=()))
    store.relate(named(host, POLICY, policy), named(host, RULE, rule))


def content(host: Host) -> dict[str, dict[str, Any]]:
    """Every object of the store with all its values, but for the times of change; the store's own values too."""
    registry = host.registry
    with registry.lock:
        return {
            path: {name: value for name, value in values if name != "whenChanged"}
            for path, values in registry.walk(LOCAL)
        }


def left_behind(host: Host) -> list[str]:
    """The files that batches left on the host."""
    code, output, _ = host.run(f'dir /b "{BATCH_FOLDER}"')
    return output.split() if code == 0 else []


def is_clean(host: Host) -> bool:
    """Whether no file, shell or task of ours is on the host."""
    return not left_behind(host) and host.shells == 0 and not host.machine.tasks.tasks()
