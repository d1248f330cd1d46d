"""Random policy changes against the guard: no lock-out, and no refusal without cause.

A host of the lab, in this process, has a random policy store. Somebody changes it at random: filters, actions, rules,
tunnels, connection types, assignments, several at once. Each change is shown to the provider's guard first.

* The guard allows it: it is written into the host's registry. The lab's matcher reads the blobs there, and the matcher
  of this benchmark the rows they were made from. Neither may find a connection from the controller that works before and
  not afterwards, under any of the 48 orders in which Windows may weigh filters, at any address of the host, from any
  client port, on any connection type; nor if the host refuses some of the commands, where the writer would not have
  taken care of that. Otherwise it is a lock-out.
* The guard refuses it: under at least one order a connection has to close. Otherwise it is a false refusal. What the
  provider cannot know counts against it here as well: who a server word stands for that the registry does not tell, and
  the addresses of a host whose registry does not tell them.
* A refused change is forced now and then, with a revert window: the provider's own writer sends it as a confirmed commit,
  the way closes, the clock of the host goes on, and the host has to be what it was, byte for byte, with the way open.

    python bench/lockouts.py [--changes N] [--seed S] [--jobs N] [--site N]

Everything follows from the seed. A failure prints its site, which `--site` repeats alone, and the smallest pair of
policies that still shows it. The exit code is 1 if there was any.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, NamedTuple

from lockout_commits import force
from lockout_hosts import ASKED, KNOWN_TO_LAB, LabHost, as_store, possible_addresses
from lockout_matcher import ALL, ANY_PORT, SETTINGS, Flow, InForce, Place, Setting, span, works
from lockout_policies import Author, Book, random_site
from winipsec.host.caution import worst_cases
from winipsec.host.machine import Service
from winipsec.host.management import guard
from winipsec.host.snapshot import Snapshot

STEPS: Final = 250
"""Changes on one site."""
READ_EVERY: Final = 50
"""So often the provider reads the registry itself, and must find the store that the guard was shown."""
FORCE_EVERY: Final = 40
"""So many refusals of a site between two that are forced."""
STOPPED: Final = 0.02
"""How often the policy agent rests when a change comes."""
EPHEMERAL: Final = (32768, 65535)
CLIENT_PORTS: Final = (32768, 40000, 49152, 60999, 65535)


class Closing(NamedTuple):
    """A connection that works before a change and not afterwards, and the first setting under which that is so."""

    flow: Flow
    setting: Setting

    @classmethod
    def first(cls, flow: Flow, settings: int) -> Closing:
        """Under the first of some settings; one that the lab knows, if there is any."""
        some = settings & ASKED or settings
        return cls(flow, SETTINGS[(some & -some).bit_length() - 1])

    def __str__(self) -> str:
        words = ", ".join(f"{name} {word}" for name, word in zip(Setting._fields, self.setting, strict=True))
        flow = self.flow
        return f"{flow.remote}:{flow.client_port} > {flow.local}:{flow.port} on {flow.connection}, order: {words}"


@dataclass
class Tally:
    """What came of the changes; `failures` are descriptions."""

    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Count what another one counted."""
        self.counts.update(other.counts)
        self.failures += other.failures


class Walk:
    """One site and the changes to it.

    Args:
        seed: The run's.
        number: The site's.
    """

    def __init__(self, seed: str, number: int) -> None:
        self.name = f"--seed {seed} --site {number}"
        self.tally = Tally()
        self._dice = random.Random(f"{seed}/{number}")  # noqa: S311 - policies, not keys
        self.site = random_site(self._dice)
        self._author = Author(self.site, self._dice)
        self._host = LabHost(self.site)
        self._place = self._host.place
        self._book = self._author.book()
        if self._dice.random() < 0.25:  # a host on which part of the way is closed already
            for _ in range(10):
                self._book = self._author.change(self._book)
        self._host.hold(self._book)
        self._snapshot = self._host.read()
        self._until_forced = self._dice.randrange(FORCE_EVERY)

    def close(self) -> None:
        """Take the host away."""
        self._host.close()

    def step(self) -> None:
        """One change."""
        before, after = self._book, self._author.change(self._book)
        rests = self._dice.random() < STOPPED
        machine = replace(self._snapshot.machine, service=Service.STOPPED if rests else Service.RUNNING)
        snapshot = replace(self._snapshot, store=as_store(before), machine=machine)
        started = time.perf_counter()
        refused = guard(snapshot, self._host.settings, snapshot.store, as_store(after))
        self.tally.counts["guard microseconds"] += round((time.perf_counter() - started) * 1e6)
        self.tally.counts["changes"] += 1
        if refused is None:
            self._allowed(before, after, rests=rests)
        else:
            self._refused(before, after, str(refused), snapshot)
        if self._dice.random() < 1 / READ_EVERY:
            self._check_store()

    # Allowed

    def _allowed(self, before: Book, after: Book, *, rests: bool) -> None:
        self.tally.counts["allowed"] += 1
        old = () if rests else before.in_force()
        new = after.in_force()
        changed = old != new
        self.tally.counts["allowed, in force"] += changed
        closing = next(self._closings(old, new, self._place, self.site.port), None) if changed else None
        if closing is not None:
            self._fail("lock-outs", before, after, f"closes {closing}")
        if rests:
            self._host.agent(running=False)
        self._host.hold(after)
        if rests:
            self._host.agent(running=True)
        if changed:
            self._ask_lab(old, new, before, after)
            self._ask_mixture(before, after, rests=rests)
        self._book = after

    def _ask_lab(self, old: tuple[InForce, ...], new: tuple[InForce, ...], before: Book, after: Book) -> None:
        """The lab decides a new connection under every setting, and agrees with the matcher here."""
        flow = self._dice.choice(list(self._flows((*old, *new), self._place, self.site.port)))
        open_before, said, found = works(old, flow, self._place), works(new, flow, self._place), self._host.works(flow)
        if found != said & ASKED:
            self._fail(
                "disagreements", before, after, f"the two matchers, of {Closing.first(flow, found ^ said & ASKED)}"
            )
        lost = open_before & ASKED & ~found
        if lost:
            self._fail("lock-outs", before, after, f"the lab closes {Closing.first(flow, lost)}")

    def _ask_mixture(self, before: Book, after: Book, *, rests: bool) -> None:
        """Where the writer sees no risk in commands that the host refuses, there must be none."""
        if rests:
            return
        store, planned = as_store(before), as_store(after)
        worst = worst_cases(store, planned)
        if any(guard(self._snapshot, self._host.settings, store, each) is not None for each in worst):
            self.tally.counts["sent in two parts"] += 1
            return
        self.tally.counts["mixtures"] += 1
        mixed = self._author.mixture(before, after)
        closing = next(self._closings(before.in_force(), mixed.in_force(), self._place, self.site.port), None)
        if closing is not None:
            self._fail("lock-outs", before, mixed, f"a batch that the host takes in part closes {closing}")

    # Refused

    def _refused(self, before: Book, after: Book, why: str, snapshot: Snapshot) -> None:
        self.tally.counts["refused"] += 1
        old = () if snapshot.machine.service is Service.STOPPED else before.in_force()
        closing = next(self._possible_closings(old, after.in_force()), None)
        if closing is None:
            self._fail("false refusals", before, after, why)
            return
        self.tally.counts["refused, closed by some orders only"] += closing.setting != SETTINGS[0]
        self._until_forced -= 1
        if self._until_forced > 0 or old != before.in_force():
            return
        certain = next(self._closings(old, after.in_force(), self._place, self.site.port), None)
        if certain is not None and certain.setting in KNOWN_TO_LAB and self._force(before, after, certain):
            self._until_forced = FORCE_EVERY

    def _force(self, before: Book, after: Book, closing: Closing) -> bool:
        """Make a change that closes the way, under a window; whether it could be made at all."""
        self._host.order(closing.setting)
        outcome = force(self._host, before, after, closing.flow)
        if outcome is None:
            return False
        self.tally.counts["forced"] += 1
        if outcome:
            self._fail("not taken back", before, after, outcome)
        return True

    # What closes

    def _flows(self, rules: tuple[InForce, ...], place: Place, port: int) -> Iterator[Flow]:
        """Every connection that some filter can tell from the others, and some more."""
        ports = {
            edge
            for rule in rules
            for row in rule.rows
            for span_ in (row.source_ports, row.destination_ports)
            if span_ != ANY_PORT
            for edge in (span_[0] - 1, span_[0], span_[1], span_[1] + 1)
        }
        usable = [*CLIENT_PORTS, *sorted(edge for edge in ports if EPHEMERAL[0] <= edge <= EPHEMERAL[1])]
        own = sorted((a for a in place.own if a.version == self.site.remote.version), key=int)
        for local, client_port, connection in itertools.product(own, dict.fromkeys(usable), ("lan", "dialup")):
            yield Flow(local, self.site.remote, port, client_port, connection)

    def _closings(
        self, old: tuple[InForce, ...], new: tuple[InForce, ...], place: Place, port: int
    ) -> Iterator[Closing]:
        for flow in self._flows((*old, *new), place, port):
            after = works(new, flow, place)
            lost = ALL & ~after and works(old, flow, place) & ~after
            if lost:
                yield Closing.first(flow, lost)

    def _possible_closings(self, old: tuple[InForce, ...], new: tuple[InForce, ...]) -> Iterator[Closing]:
        """What would close on any host that this one may be, as far as its registry tells."""
        ports = {self.site.port} if self.site.told else {self.site.dialled, 5986 if self.site.https else 5985}
        for place, port in itertools.product(self._possible_places((*old, *new)), sorted(ports)):
            yield from self._closings(old, new, place, port)

    def _possible_places(self, rules: tuple[InForce, ...]) -> Iterator[Place]:
        known = {word: who for word, who in self._place.servers.items() if word != "wins"}
        sides = dict.fromkeys(side for rule in rules for row in rule.rows for side in (row.source, row.destination))
        unknown = sorted(({"dns", "gateway", "dhcp", "wins"} - known.keys()) & sides.keys())
        own = [self._place.own]
        if self.site.remote.version == 6:  # the registry that the provider reads tells IPv4 addresses only
            literals = [found for side in sides if (found := span(side))]
            ours = frozenset(address for address in self._place.own if address.version == 4)
            own += [ours | {address} for address in possible_addresses(self.site, literals)]
        for count in range(len(unknown) + 1):
            for words in itertools.combinations(unknown, count):
                servers = {**known, **dict.fromkeys(words, frozenset({self.site.remote}))}
                yield from (Place(addresses, servers) for addresses in own)

    # What went wrong

    def _check_store(self) -> None:
        """The provider reads the host and finds what the guard was shown."""
        self.tally.counts["read"] += 1
        if self._host.read().store != as_store(self._book):
            self._fail("disagreements", self._book, self._book, "the provider reads another store")

    def _fail(self, kind: str, before: Book, after: Book, what: str) -> None:
        self.tally.counts[kind] += 1
        if self.tally.counts[kind] < 3:
            before, after = self._smallest(kind, before, after)
            lines = [
                f"{kind}: {self.name}",
                self.site.describe(),
                what,
                "before:",
                *before.describe(),
                "after:",
                *after.describe(),
            ]
            self.tally.failures.append("\n  ".join(lines))

    def _smallest(self, kind: str, before: Book, after: Book) -> tuple[Book, Book]:
        """The pair of books with every rule and filter gone that the failure does not need."""
        still = partial(self._still, kind)
        if not still(before, after):
            return before, after
        for name in [*before.rules, *after.rules]:
            less = before.without_rule(name), after.without_rule(name)
            before, after = less if still(*less) else (before, after)
        for name, rows in [*before.lists.items(), *after.lists.items()]:
            for row in rows:
                less = _without_row(before, name, row), _without_row(after, name, row)
                before, after = less if still(*less) else (before, after)
        return before, after

    def _still(self, kind: str, before: Book, after: Book) -> bool:
        """Whether guard and matcher still contradict each other."""
        old, new = before.in_force(), after.in_force()
        refused = guard(self._snapshot, self._host.settings, as_store(before), as_store(after))
        if kind == "lock-outs":
            return refused is None and any(self._closings(old, new, self._place, self.site.port))
        return kind == "false refusals" and refused is not None and not any(self._possible_closings(old, new))


def _without_row(book: Book, name: str, row: object) -> Book:
    return book.with_rows(name, tuple(each for each in book.lists[name] if each != row))


FAILURES: Final = ("lock-outs", "false refusals", "not taken back", "disagreements")


def walk(seed: str, work: tuple[int, int]) -> Tally:
    """Make so many changes on one site."""
    number, steps = work
    walked = Walk(seed, number)
    try:
        for _ in range(steps):
            walked.step()
    finally:
        walked.close()
    return walked.tally


def shares(changes: int) -> list[tuple[int, int]]:
    """Sites, and how many changes each gets."""
    return [(number, min(STEPS, changes - first)) for number, first in enumerate(range(0, changes, STEPS))]


def report(tally: Tally, seed: str, seconds: float) -> str:
    """All numbers, a line each."""
    counts = tally.counts
    changes = max(1, counts["changes"])
    lines = [
        f"{counts['changes']:,} random changes, seed {seed}, {len(SETTINGS)} orders of filters",
        f"  allowed         {counts['allowed']:9,}   of them {counts['allowed, in force']:,} of what is in force",
        f"  refused         {counts['refused']:9,}   of them {counts['refused, closed by some orders only']:,} not by the default order",
        f"  taken in part   {counts['mixtures']:9,}   and {counts['sent in two parts']:,} that the writer would send in two parts",
        f"  forced          {counts['forced']:9,}   under a window that closed the way",
        *(f"  {name:15} {counts[name]:9,}" for name in FAILURES),
        f"  {seconds / changes * 1e3:.2f} ms a change in all, {counts['guard microseconds'] / changes:.0f} us of the guard's; {seconds:.0f} s",
    ]
    return "\n".join(lines)


def main() -> None:
    """Walks, prints the numbers, and fails on any failure."""
    parser = argparse.ArgumentParser(description="Look for lock-outs and false refusals among random changes.")
    parser.add_argument("--changes", type=int, default=100_000)
    parser.add_argument("--seed", default="winipsec")
    parser.add_argument("--jobs", type=int, default=multiprocessing.cpu_count())
    parser.add_argument("--site", type=int, help="only this one")
    arguments = parser.parse_args()
    work = shares(arguments.changes) if arguments.site is None else [(arguments.site, STEPS)]
    tally, started = Tally(), time.perf_counter()
    with multiprocessing.get_context("spawn").Pool(arguments.jobs) as pool:
        for done in pool.imap_unordered(partial(walk, arguments.seed), work):
            tally.add(done)
    print(report(tally, arguments.seed, time.perf_counter() - started))
    for failure in tally.failures[:5]:
        print(failure)
    sys.exit(any(tally.counts[name] for name in FAILURES))


if __name__ == "__main__":
    main()
