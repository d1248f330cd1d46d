"""Policy stores as plain rows, and random changes to them: somebody at work who does not think of the way in.

A `Book` is a store: filter lists, actions, rules of several policies, and which policy is active. A change is another
book. `Site` is the host that the book is for and the controller that manages it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_address, ip_network
from typing import Final, NamedTuple

from lockout_matcher import ANY_PORT, DOES, TCP, WORDS, Address, InForce, Row

LISTS: Final = tuple(f"l{number}" for number in range(6))
ACTIONS: Final = tuple(f"a{number}" for number in range(5))
RULES: Final = tuple(f"r{number}" for number in range(9))
POLICIES: Final = ("p0", "p1", "p2")
TUNNELS: Final = ("192.0.2.9", "10.0.0.5")


class RuleRow(NamedTuple):
    """One rule of a policy, by the names of what it refers to."""

    policy: str
    filter_list: str
    action: str
    active: bool = True
    connection: str = "all"
    tunnel: str = ""


@dataclass(frozen=True)
class Book:
    """A policy store; `active` is empty where no policy is assigned."""

    lists: Mapping[str, tuple[Row, ...]] = field(default_factory=lambda: dict.fromkeys(LISTS, ()))
    actions: Mapping[str, str] = field(default_factory=lambda: dict.fromkeys(ACTIONS, "permit"))
    rules: Mapping[str, RuleRow] = field(default_factory=dict)
    active: str = ""

    def in_force(self) -> tuple[InForce, ...]:
        """The rules that count."""
        return tuple(
            InForce(self.lists[rule.filter_list], self.actions[rule.action], rule.connection, rule.tunnel)
            for rule in self.rules.values()
            if rule.active and rule.policy == self.active
        )

    def without_rule(self, name: str) -> Book:
        """This store without one rule."""
        return replace(self, rules={key: rule for key, rule in self.rules.items() if key != name})

    def with_rows(self, name: str, rows: tuple[Row, ...]) -> Book:
        """This store with other filters in one list."""
        return replace(self, lists={**self.lists, name: rows})

    def describe(self) -> Iterator[str]:
        """What is in force, a line for each rule."""
        yield f"active policy: {self.active or 'none'}"
        for name, rule in self.rules.items():
            if rule.active and rule.policy == self.active:
                extra = "".join(
                    [
                        f", {rule.connection} only" * (rule.connection != "all"),
                        f", tunnel {rule.tunnel}" * bool(rule.tunnel),
                    ]
                )
                yield f"  {name} ({self.actions[rule.action]}{extra}): {', '.join(map(spelled, self.lists[rule.filter_list]))}"


def spelled(row: Row) -> str:
    """One filter in words."""

    def side(text: str, ports: tuple[int, int]) -> str:
        return text if ports == ANY_PORT else f"{text}:{ports[0]}" + f"-{ports[1]}" * (ports[0] != ports[1])

    arrow = "<->" if row.mirrored else "->"
    return f"[{row.protocol or 'any'}] {side(row.source, row.source_ports)} {arrow} {side(row.destination, row.destination_ports)}"


@dataclass(frozen=True)
class Site:
    """A host and its controller.

    `port` is where WinRM listens on the host, `dialled` the port that the controller dials; `told` is whether the
    registry tells the host's listeners. `servers` are the host's own, of which the provider learns all but `wins`.
    """

    addresses: tuple[str, ...]
    client: str
    port: int
    https: bool
    dialled: int
    told: bool
    servers: Mapping[str, str]

    @property
    def remote(self) -> Address:
        """The controller's address."""
        return ip_address(self.client)

    @property
    def own(self) -> tuple[Address, ...]:
        """The addresses of the host at which the controller may arrive."""
        return tuple(a for a in map(ip_address, self.addresses) if a.version == self.remote.version)

    def describe(self) -> str:
        """The site in one line."""
        servers = ", ".join(f"{word} {address}" for word, address in self.servers.items())
        seen = "" if self.told else f", listeners not told, dialled at {self.dialled}"
        return f"host {', '.join(self.addresses)} ({servers or 'no servers'}), WinRM on {self.port}{seen}, client {self.client}"


def random_site(dice: random.Random) -> Site:
    """Hosts of one to three addresses; controllers near and far, among them the host's own servers."""
    known = {"dns": "10.0.0.1", "gateway": "10.0.0.254", "dhcp": "10.0.0.2", "wins": "10.0.0.20"}
    servers = {word: address for word, address in known.items() if dice.random() < (0.8 if word != "dhcp" else 0.4)}
    port, https = dice.choice([(5985, False), (5985, False), (5986, True), (8080, False), (443, True)])
    told = dice.random() < 0.9
    # A port that is forwarded, and told nowhere, can only be taken for that of the protocol.
    dialled = dice.choice([port, 15985]) if not told and port in (5985, 5986) else port
    if dice.random() < 0.12:
        addresses = dice.choice([("10.0.0.5", "2001:db8::5"), ("10.0.0.5", "2001:db8::5", "2001:db8:1::5")])
        client = dice.choice(["2001:db8::7", "2001:db8:9::1"])
        return Site(addresses, client, port, https, dialled, told, servers)
    addresses = dice.choice(
        [
            ("10.0.0.5",),
            ("10.0.0.5",),
            ("10.0.0.5", "10.0.0.9"),
            ("10.0.0.5", "192.168.7.5"),
            ("10.0.0.5", "10.1.2.3", "172.16.0.9"),
        ]
    )
    client = dice.choice(["10.0.0.7", "10.0.9.1", "192.0.2.10", "203.0.113.77", *known.values()])
    return Site(addresses, client, port, https, dialled, told, servers)


class Author:
    """Draws books and changes for one site.

    Args:
        site: The host.
        dice: Where chance comes from.
    """

    def __init__(self, site: Site, dice: random.Random) -> None:
        self._dice = dice
        self._site = site
        self._remote = [*self._around(site.client), "any", "any", "any", "192.0.2.1", "192.0.2.0/24"]
        self._local = ["any", "any", "me", "me", "me", *(text for a in site.addresses for text in self._around(a))]
        client_ports = [40000, 49152, 32768, 65535, 60999, site.port]
        self._client_ports = [*[(p, p) for p in client_ports], (32768, 60999), (40000, 50000), (50000, 65535)]
        host_ports = [site.port, site.port, site.port, 5985, 5986, 80, 445]
        self._host_ports = [*[(p, p) for p in host_ports], (5000, 6000), (1, 65535)]

    @staticmethod
    def _around(address: str) -> list[str]:
        """Sides that hold an address, or just miss it."""
        one = ip_address(address)
        lengths = (30, 24, 16, 8) if one.version == 4 else (126, 64, 32, 16)
        networks = [str(ip_network(f"{address}/{length}", strict=False)) for length in lengths]
        return [address, address, *networks, f"{one - 1}-{one + 3}", f"{one}-{one + 2}", f"{one + 1}-{one + 4}"]

    def row(self) -> Row:
        """One filter that netsh, or a foreign tool, could store."""
        dice = self._dice
        if dice.random() < 0.2:
            return Row("any", "me", TCP, ANY_PORT, (self._site.port, self._site.port), dice.random() < 0.9)
        remote, local = dice.choice(self._remote), dice.choice(self._local)
        if dice.random() < 0.12:
            remote, local = dice.choice(WORDS), "me"
        families = {
            ip_address(text.replace("/", "-").split("-")[0]).version for text in (remote, local) if text[0].isdigit()
        }
        if len(families) > 1:
            local = "me"
        protocol = dice.choice([0, 0, TCP, TCP, TCP, 17, 1])
        theirs = ours = ANY_PORT
        if protocol in (TCP, 17):
            theirs = dice.choice(self._client_ports) if dice.random() < 0.3 else ANY_PORT
            ours = dice.choice(self._host_ports) if dice.random() < 0.6 else ANY_PORT
        if not families and self._site.remote.version == 6:
            # Old and new form of a filter of words tell of different families; only netsh's own form is meant here.
            theirs, ours = (ports if ports[0] == ports[1] else ANY_PORT for ports in (theirs, ours))
        mirrored = dice.random() < 0.6
        if dice.random() < 0.6:
            return Row(remote, local, protocol, theirs, ours, mirrored)
        return Row(local, remote, protocol, ours, theirs, mirrored)

    def rows(self) -> tuple[Row, ...]:
        """Up to four filters, no two alike."""
        return tuple(dict.fromkeys(self.row() for _ in range(self._dice.choice([0, 1, 1, 1, 2, 2, 3, 4]))))

    def rule(self, policy: str) -> RuleRow:
        """One rule of a policy."""
        dice = self._dice
        return RuleRow(
            policy,
            dice.choice(LISTS),
            dice.choice(ACTIONS),
            dice.random() < 0.9,
            dice.choice(["all", "all", "all", "all", "lan", "dialup"]),
            dice.choice(TUNNELS) if dice.random() < 0.12 else "",
        )

    def action(self) -> str:
        """What an action may do; half of them let traffic through."""
        return self._dice.choice([*DOES, "permit", "permit", "request"])

    def book(self) -> Book:
        """A store full of everything, nothing of it in force."""
        return Book(
            {name: self.rows() for name in LISTS},
            {name: self.action() for name in ACTIONS},
            {name: self.rule(self._dice.choice(POLICIES)) for name in RULES[:6]},
        )

    def change(self, book: Book) -> Book:
        """One to three edits made at once."""
        changed = book
        while changed == book:
            for _ in range(self._dice.choice([1, 1, 1, 1, 2, 3])):
                changed = self._edit(changed)
        return changed

    def _edit(self, book: Book) -> Book:
        dice = self._dice
        kind = dice.choice(
            ["rows", "rows", "rows", "action", "rule", "rule", "rule", "rule", "toggle", "gone", "assign", "assign"]
        )
        if kind == "rows":
            return self._edit_rows(book)
        if kind == "action":
            return replace(book, actions={**book.actions, dice.choice(ACTIONS): self.action()})
        if kind == "assign":
            return replace(book, active=dice.choice([*POLICIES, *POLICIES, ""]))
        name = dice.choice(RULES)
        known = book.rules.get(name)
        if kind == "gone":
            return book.without_rule(name)
        if known is not None and kind == "toggle":
            return replace(book, rules={**book.rules, name: known._replace(active=not known.active)})
        policy = known.policy if known is not None else dice.choice([*POLICIES, book.active or "p0"])
        return replace(book, rules={**book.rules, name: self.rule(policy)})

    def _edit_rows(self, book: Book) -> Book:
        dice, name = self._dice, self._dice.choice(LISTS)
        rows = list(book.lists[name])
        if dice.random() < 0.3:
            return book.with_rows(name, self.rows())
        if rows and dice.random() < 0.5:
            rows.pop(dice.randrange(len(rows)))
        if len(rows) < 5 and dice.random() < 0.7:
            rows.append(self.row())
        return book.with_rows(name, tuple(dict.fromkeys(rows)))

    def mixture(self, before: Book, after: Book) -> Book:
        """What may come of a change of which the host refused some commands."""
        dice = self._dice

        def either() -> bool:
            return dice.random() < 0.5

        lists = {
            name: tuple(
                row
                for row in dict.fromkeys((*before.lists[name], *after.lists[name]))
                if (row in before.lists[name] and row in after.lists[name]) or either()
            )
            for name in LISTS
        }
        rules = {
            name: rule
            for name in dict.fromkeys((*before.rules, *after.rules))
            if (rule := (before if either() else after).rules.get(name)) is not None
        }
        actions = {name: (before if either() else after).actions[name] for name in ACTIONS}
        return Book(lists, actions, rules, (before if either() else after).active)
