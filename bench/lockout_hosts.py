"""The same store three times: as rows, as the provider knows it, and as blobs in the registry of a host of the lab.

`Ledger` turns a `Book` into the provider's `Store`. `LabHost` writes it into a simulated machine with the lab's own
encoders, object by object, so that the lab's decoder and matcher judge what a real host would have in its registry; and
now and then the provider reads that registry with its one remote command, to prove that both speak of the same store.
"""

from __future__ import annotations

import uuid
from functools import cache, lru_cache
from ipaddress import ip_address, ip_network
from typing import Final

from lockout_matcher import SETTINGS, WORDS, Address, Flow, Place, Row, Setting
from lockout_policies import LISTS, POLICIES, Book, RuleRow, Site
from winipsec.host.settings import ConnectionSettings
from winipsec.host.snapshot import READ_LINE, Snapshot, read_snapshot
from winipsec.model.endpoint import parse_endpoint
from winipsec.model.filters import Filter, FilterList, Ports
from winipsec.model.methods import Esp, SecurityMethod
from winipsec.model.policies import FilterAction, Policy, Rule
from winipsec.model.store import Store
from winipsec_lab.machine.machine import Machine
from winipsec_lab.machine.registry import RegistryValue
from winipsec_lab.matcher import Packet, decide
from winipsec_lab.store import values as lab
from winipsec_lab.store.action_blob import encode_action
from winipsec_lab.store.entries import Entry
from winipsec_lab.store.filter_blob import encode_filter_list
from winipsec_lab.store.policy_blob import encode_main_mode, encode_policy
from winipsec_lab.store.registry_store import LOCAL
from winipsec_lab.store.registry_store import Store as LabStore
from winipsec_lab.store.rule_blob import encode_rule

AGENT: Final = "PolicyAgent"
_LISTENERS: Final = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WSMAN\Listener"
LAB_WORDS: Final = {
    "tunnel": {"first": "first", "last": "last"},
    "address": {"classes": "classes", "bits": "bits"},
    "bits": {"after": "after", "both before": "before"},
    "tie": {"restrictive": "restrictive", "permissive": "permissive"},
    "family": {"ipv4": "ipv4", "both": "both"},
}
"""What the lab calls the settings that it knows; under `before` it moves row 8 as well."""
KNOWN_TO_LAB: Final = tuple(setting for setting in SETTINGS if setting.bits in LAB_WORDS["bits"])
ASKED: Final = sum(1 << SETTINGS.index(setting) for setting in KNOWN_TO_LAB)
"""These settings as bits."""
_SPACE: Final = uuid.UUID(int=7)
# The quick-mode offer of an action, and its two ways back to clear traffic: inbound and soft.
_CIPHER, _HASH = ("3DES", "SHA1"), ("none", "SHA1")
_NEGOTIATE: Final = {
    "encrypt": (_CIPHER, False, False),
    "require": (_HASH, False, False),
    "inpass": (_HASH, True, False),
    "soft": (_HASH, False, True),
    "soft encrypt": (_CIPHER, False, True),
    "request": (_HASH, True, True),
}


@cache
def guid(kind: str, name: str) -> str:
    """The GUID of an object, the same every time."""
    return f"{{{uuid.uuid5(_SPACE, f'{kind} {name}')}}}"


def _needs_new_form(row: Row) -> bool:
    """Whether netsh's old form of a filter has no room for it: ranges of addresses or ports, and IPv6."""
    ranges = any(first != last for first, last in (row.source_ports, row.destination_ports))
    return ranges or any("-" in side or ":" in side for side in (row.source, row.destination))


def as_stored(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """The rows in the order in which a list holds them: the old form first."""
    return tuple(sorted(rows, key=_needs_new_form))


# ---- the provider's side ----


@lru_cache(maxsize=8192)
def as_filter(row: Row) -> Filter:
    """A row as the provider's filter."""
    return Filter(
        parse_endpoint(row.source),
        parse_endpoint(row.destination),
        row.protocol,
        Ports(*row.source_ports),
        Ports(*row.destination_ports),
        row.mirrored,
    )


@cache
def as_action(name: str, word: str) -> FilterAction:
    """An action as the provider's filter action."""
    if word not in _NEGOTIATE:
        return FilterAction(name, word, guid=guid("action", name))
    (cipher, integrity), inbound, soft = _NEGOTIATE[word]
    offer = SecurityMethod(esp=Esp(cipher.lower(), integrity.lower()), lifetime_kilobytes=0, lifetime_seconds=0)
    return FilterAction(
        name, "negotiate", (offer,), inbound_pass_through=inbound, soft_fallback=soft, guid=guid("action", name)
    )


def as_rule(name: str, row: RuleRow) -> Rule:
    """A rule as the provider's."""
    return Rule(
        name,
        guid("policy", row.policy),
        guid("list", row.filter_list),
        guid("action", row.action),
        row.active,
        row.connection,
        row.tunnel,
        guid=guid("rule", name),
    )


def as_store(book: Book) -> Store:
    """A book as the provider's store."""
    return Store(
        policies={guid("policy", name): _policy(name) for name in POLICIES},
        rules={guid("rule", name): as_rule(name, row) for name, row in book.rules.items()},
        filter_lists={
            guid("list", name): FilterList(name, tuple(map(as_filter, as_stored(rows))), guid=guid("list", name))
            for name, rows in book.lists.items()
        },
        filter_actions={guid("action", name): as_action(name, word) for name, word in book.actions.items()},
        active=guid("policy", book.active) if book.active else "",
    )


@cache
def _policy(name: str) -> Policy:
    return Policy(name, default_rule=None, guid=guid("policy", name))


# ---- the lab's side ----


@lru_cache(maxsize=4096)
def _lab_address(text: str, *, v6: bool) -> lab.Address:
    if text in ("any", "me"):
        return lab.Address(text, version=6 if v6 else 4)
    if text in WORDS:
        return lab.Address(text, 0, lab.ALL_ONES)
    if "-" in text:
        low, high = map(ip_address, text.split("-"))
        return lab.Address("range", int(low), int(high), low.version)
    network = ip_network(text)
    if network.prefixlen == network.max_prefixlen:
        return lab.Address("single", int(network.network_address), 0, network.version)
    return lab.Address("subnet", int(network.network_address), int(network.netmask), network.version)


@lru_cache(maxsize=8192)
def _lab_filter(row: Row) -> lab.Filter:
    v6 = ":" in row.source + row.destination
    return lab.Filter(
        _lab_address(row.source, v6=v6),
        _lab_address(row.destination, v6=v6),
        uuid.uuid5(_SPACE, repr(row)),
        row.mirrored,
        row.protocol,
        lab.Ports(*row.source_ports),
        lab.Ports(*row.destination_ports),
        version=2 if _needs_new_form(row) else 1,
    )


class LabHost:
    """One simulated machine with a policy store that follows a book.

    Args:
        site: What machine it is.
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        self.machine = Machine("bench", addresses=site.addresses)
        servers = site.servers
        self.machine.network.configure(
            site.addresses,
            gateway=servers.get("gateway", ""),
            dns_servers=(servers["dns"],) if "dns" in servers else (),
            dhcp_server=servers.get("dhcp", ""),
            wins_servers=(servers["wins"],) if "wins" in servers else (),
        )
        self._listen()
        self.store = LabStore(self.machine.registry, LOCAL, self.machine.guesses, self.machine.clock.timestamp)
        self._entries: dict[str, Entry] = {}
        self._active: str | None = None
        self._setting = SETTINGS[0]

    def _listen(self) -> None:
        registry = self.machine.registry
        if not self.site.told:
            registry.delete_key(_LISTENERS)
            return
        registry.delete_key(rf"{_LISTENERS}\*+{'HTTP' if self.site.https else 'HTTPS'}")
        listener = rf"{_LISTENERS}\*+{'HTTPS' if self.site.https else 'HTTP'}"
        registry.set(listener, "Port", RegistryValue("REG_DWORD", self.site.port))

    def close(self) -> None:
        """Take it away."""
        self.machine.close()

    # What it holds

    def hold(self, book: Book) -> None:
        """Write into its store what differs from the book."""
        wanted = {entry.identity: entry for entry in self._written(book)}
        with self.machine.registry.lock:
            for identity in self._entries.keys() - wanted.keys():
                self.store.remove(self._entries[identity])
            for identity, entry in wanted.items():
                if self._entries.get(identity) != entry:
                    self.store.write(entry)
            if book.active != self._active:
                self.store.assign(Entry(lab.POLICY, guid("policy", book.active)) if book.active else None)
        self._entries, self._active = wanted, book.active

    def _written(self, book: Book) -> list[Entry]:
        switches, reference = self.machine.guesses, self.store.reference

        def named(kind: str, sort: str, name: str) -> str:
            return reference(Entry(kind, guid(sort, name)))

        entries: list[Entry] = []
        users: dict[str, list[str]] = {}
        for name, row in book.rules.items():
            own = named(lab.RULE, "rule", name)
            users.setdefault(row.filter_list, []).append(own)
            users.setdefault(row.action, []).append(own)
            tunnel = int(ip_address(row.tunnel)) if row.tunnel else 0
            rule = lab.Rule(
                interface=row.connection, tunnel_address=tunnel, is_tunnel=bool(row.tunnel), active=row.active
            )
            entry = Entry(lab.RULE, guid("rule", name), encode_rule(rule, switches), name=name)
            entries.append(
                entry.changed_to(
                    action=named(lab.ACTION, "action", row.action),
                    filter_lists=(named(lab.FILTER_LIST, "list", row.filter_list),),
                    owners=(named(lab.POLICY, "policy", row.policy),),
                )
            )
        for name in LISTS:
            filters = [_lab_filter(row) for row in as_stored(book.lists[name])]
            content = lab.FilterList(*(tuple(each for each in filters if each.version == form) for form in (1, 2)))
            entry = Entry(lab.FILTER_LIST, guid("list", name), encode_filter_list(content, switches), name=name)
            entries.append(entry.changed_to(owners=tuple(users.get(name, ()))))
        entries += [
            _lab_action(name, word).changed_to(owners=tuple(users.get(name, ()))) for name, word in book.actions.items()
        ]
        main_mode = lab.MainMode((lab.MainMethod("3DES", "SHA1", 3, lifetime_seconds=28800),), lifetime_seconds=28800)
        for name in POLICIES:
            rules = tuple(named(lab.RULE, "rule", each) for each, row in book.rules.items() if row.policy == name)
            part = Entry(lab.MAIN_MODE, guid("main mode", name), encode_main_mode(main_mode, switches))
            own = named(lab.POLICY, "policy", name)
            entries.append(part.changed_to(owners=(own,)))
            entry = Entry(lab.POLICY, guid("policy", name), encode_policy(10800), name=name)
            entries.append(entry.changed_to(main_mode=reference(part), rules=rules))
        return entries

    # What it does

    def agent(self, *, running: bool) -> None:
        """Start or stop the policy agent."""
        (self.machine.services.start if running else self.machine.services.stop)(AGENT)

    def order(self, setting: Setting) -> None:
        """Order filters in one of the ways in which Windows may do it."""
        for name, old, new in zip(Setting._fields, self._setting, setting, strict=True):
            if old != new:
                self.machine.guesses.set(f"traffic.{'any_family' if name == 'family' else name}", LAB_WORDS[name][new])
        self._setting = setting

    def works_now(self, flow: Flow) -> bool:
        """Whether a new connection works under the present setting."""
        packet = Packet("in", str(flow.local), str(flow.remote), 6, flow.port, flow.client_port, flow.connection)
        return all(decide(self.machine, each).passes_in_clear for each in (packet, packet.answer()))

    def works(self, flow: Flow) -> int:
        """Of the settings that the lab knows, those under which a new connection works, as bits of `SETTINGS`."""
        found = 0
        for setting in KNOWN_TO_LAB:
            self.order(setting)
            found |= self.works_now(flow) << SETTINGS.index(setting)
        return found

    def read(self) -> Snapshot:
        """The host as the provider reads it: one command line, run here instead of over WinRM."""
        _, output, _ = self.machine.console(READ_LINE)
        return read_snapshot("bench", output, client_address=self.site.client, taken=1.0)

    @property
    def settings(self) -> ConnectionSettings:
        """How the provider is told to reach it."""
        return ConnectionSettings("bench", "user", "password", port=self.site.dialled, https=self.site.https)

    # What is true of it

    @property
    def place(self) -> Place:
        """What holds for filters."""
        servers = {word: frozenset({ip_address(text)}) for word, text in self.site.servers.items()}
        return Place(frozenset(map(ip_address, self.site.addresses)), servers)


@cache
def _lab_action(name: str, word: str) -> Entry:
    offers: tuple[lab.Offer, ...] = ()
    action = lab.BLOCK if word == "block" else lab.PERMIT
    if word in _NEGOTIATE:
        algorithm, inbound, soft = _NEGOTIATE[word]
        offers = (lab.Offer((lab.Algorithm("ESP", *algorithm),)), *[lab.Offer()] * soft)
        action = lab.PASSTHROUGH if inbound else lab.NEGOTIATE
    entry = Entry(lab.ACTION, guid("action", name), encode_action(offers), name=name)
    return entry.changed_to(action_guid=action, type_guid=lab.ORDINARY_TYPE)


def possible_addresses(site: Site, literals: list[tuple[Address, Address]]) -> list[Address]:
    """What the host's address may be where the registry does not tell: one on each side of every edge of a filter."""
    version, client = site.remote.version, site.remote
    found = set(site.own)
    for first, last in literals:
        if first.version == version:
            found |= {first, last, first - 1, last + 1}
    return sorted((address for address in found if address != client), key=int)
