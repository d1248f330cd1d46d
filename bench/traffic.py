"""What a traffic difference costs, and the same question put to z3, side by side in one run.

Budgets: 10,000 filters that are equal or locally changed 0.4 s, 100,000 filters 6 s (1 s and 10 s where every prefix
was split), unrelated policies of 10,000 filters 3 s, one packet among 100,000 mirrored filters 20 microseconds. z3 (of the PyPI package z3-solver) proves that
a policy is the same after every prefix was split in two: each filter a formula, the stronger before the weaker.
"""

from __future__ import annotations

import argparse
import gc
import random
import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterable
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import z3
from winipsec.model.endpoint import ANY, ME, subnet
from winipsec.model.filters import TCP, UDP, Filter, FilterList, port
from winipsec.model.policies import FilterAction, Policy, Rule
from winipsec.model.store import Store
from winipsec.traffic.difference import difference
from winipsec.traffic.facts import HostFacts, State
from winipsec.traffic.lookup import Lookup
from winipsec.traffic.packet import Direction, Packet
from winipsec.traffic.readings import Reading, readings
from winipsec.traffic.specificity import DEFAULT, key

RUNS = 5
LOCAL = IPv4Address("10.0.0.5")
HOST = HostFacts(addresses=frozenset({LOCAL}))
NOTHING = State(Store(), no_default_exempt=3)

Lists = dict[str, list[Filter]]


# ---- policies ----


def state(lists: Lists) -> State:
    """A policy with one rule per action."""
    return State(
        Store(
            policies={"{p}": Policy("bench", guid="{p}")},
            rules={word: Rule(word, "{p}", word, word, guid=word) for word in lists},
            filter_lists={word: FilterList(word, tuple(filters), guid=word) for word, filters in lists.items()},
            filter_actions={word: FilterAction(word, action=word, guid=word) for word in lists},
            active="{p}",
        ),
        no_default_exempt=3,
    )


def random_lists(count: int, seed: int, *, mirrored: bool) -> Lists:
    """Prefixes of /8 to /30, TCP or UDP, nine in ten with a port, permitted or blocked."""
    dice = random.Random(seed)  # noqa: S311 - policies, not keys
    lists: Lists = {"permit": [], "block": []}
    for _ in range(count):
        length = dice.randint(8, 30)
        source = subnet(IPv4Network((dice.getrandbits(length) << (32 - length), length)))
        ports = port(dice.randint(1, 65535) if dice.random() < 0.9 else 0)
        item = Filter(source, ME, dice.choice([TCP, UDP]), destination_ports=ports, mirrored=mirrored)
        lists[dice.choice(["permit", "block"])].append(item)
    return lists


def split(lists: Lists) -> Lists:
    """Every prefix in two halves, shuffled: the same policy."""
    dice = random.Random(2)  # noqa: S311 - an order
    halves = {
        word: [replace(item, source=subnet(half)) for item in filters for half in item.source.network.subnets()]
        for word, filters in lists.items()
        if all(item.source.network for item in filters)
    }
    return {word: dice.sample(filters, len(filters)) for word, filters in halves.items()}


def again(lists: Lists) -> Lists:
    """The same policy, read a second time."""
    return {word: [replace(item) for item in filters] for word, filters in lists.items()}


def bans(count: int) -> Lists:
    """Single addresses that are blocked."""
    dice = random.Random(3)  # noqa: S311 - policies, not keys
    return {"block": [Filter(subnet(IPv4Network((dice.getrandbits(32), 32))), ME) for _ in range(count)]}


def with_more(lists: Lists, *items: Filter) -> Lists:
    """One policy with some more blocks."""
    return {**lists, "block": [*lists["block"], *items]}


# ---- measures ----


def seconds(measured: Callable[[], object], runs: int = RUNS) -> float:
    """The median time of some runs."""
    times = []
    for _ in range(runs):
        gc.collect()
        started = time.perf_counter()
        measured()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def row(name: str, before: State, after: State, budget: float | None = None, runs: int = RUNS) -> float:
    """Measures one difference and prints a line; gives its seconds."""
    classes = len(difference(before, after, HOST).classes)
    took = seconds(lambda: difference(before, after, HOST), runs)
    limit = "" if budget is None else f"   budget {budget} s"
    print(f"  {name:44} {took:8.3f} s {classes:7,} classes{limit}")
    return took


def differences(count: int, runs: int) -> None:
    """The rows of one size."""
    print(f"{count:,} filters, mirrored; median of {runs}")
    lists = random_lists(count, 1, mirrored=True)
    policy = state(lists)
    budget, budget_split = {10_000: (0.4, 1.0), 100_000: (6.0, 10.0)}.get(count, (None, None))
    one = Filter(subnet(IPv4Network("192.0.2.77/32")), ME, TCP, destination_ports=port(445))
    row("equal", policy, state(again(lists)), budget, runs)
    row("every prefix split in two, shuffled", policy, state(split(lists)), budget_split, runs)
    row("one filter more", policy, state(with_more(again(lists), one)), budget, runs)
    banned = bans(count)
    row("ban list: one more", state(banned), state(with_more(banned, one)), budget, runs)
    everywhere = Filter(ANY, ME, TCP, destination_ports=port(445))
    row("ban list: TCP 445 blocked for all", state(banned), state(with_more(banned, everywhere)), None, runs)
    if count <= 10_000:
        row("against no policy", NOTHING, policy, None, runs)
        unrelated = state(random_lists(count, 9, mirrored=True))
        row("against an unrelated policy", policy, unrelated, 3.0 if count == 10_000 else None, runs)


def memory(count: int) -> None:
    """The most memory that a difference takes beyond the policies."""
    lists = random_lists(count, 1, mirrored=True)
    before, after = state(lists), state(split(lists))
    tracemalloc.start()
    difference(before, after, HOST)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"  {count:7,} filters, split in two: {peak / 2**20:.0f} MiB at most")


def lookups(count: int) -> None:
    """Building, size and the mean of many look-ups."""
    policy = state(random_lists(count, 1, mirrored=True))
    tracemalloc.start()
    lookup = Lookup(policy, HOST)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    building = seconds(lambda: Lookup(policy, HOST), 1)
    dice = random.Random(4)  # noqa: S311 - packets
    packets = [
        Packet(
            dice.choice(list(Direction)),
            LOCAL,
            IPv4Address((1 << 24) + dice.getrandbits(30)),
            dice.choice([TCP, UDP]),
            dice.randrange(1, 65536),
            dice.randrange(1, 65536),
        )
        for _ in range(20_000)
    ]

    def decide_all() -> None:
        for packet in packets:
            lookup.decide(packet)

    each = seconds(decide_all) / len(packets)
    print(
        f"  {count:7,} filters: {each * 1e6:5.1f} us a packet (budget 20), built in {building:.1f} s, "
        f"{size / 2**20:.0f} MiB"
    )


# ---- z3 ----


def blocked(packet: tuple[z3.BitVecRef, ...], inbound: Iterable[Reading]) -> z3.BoolRef:
    """Whether a policy blocks a packet, as a formula: the strongest filter that matches decides."""
    remote, protocol, local_port = packet
    formula = z3.BoolVal(False)
    for reading in sorted(inbound, key=lambda item: key(item, 4, DEFAULT)):
        low, high = int(reading.remote.first), int(reading.remote.last)
        left_open = (low ^ high).bit_length()
        matches = [z3.Extract(31, left_open, remote) == low >> left_open, protocol == reading.protocol]
        if not reading.local_ports.any:
            matches.append(local_port == reading.local_ports.first)
        formula = z3.If(z3.And(*matches), z3.BoolVal(reading.rule.name == "block"), formula)
    return formula


def against_z3(count: int, runs: int) -> None:
    """One-way filters, split in two and shuffled: our time and z3's for the same proof."""
    lists = random_lists(count, 1, mirrored=False)
    before, after = state(lists), state(split(lists))
    assert not difference(before, after, HOST).classes
    ours = seconds(lambda: difference(before, after, HOST))

    def prove() -> tuple[float, float]:
        started = time.perf_counter()
        packet = z3.BitVec("remote", 32), z3.BitVec("protocol", 8), z3.BitVec("local_port", 16)
        sides = [blocked(packet, readings(given, HOST, DEFAULT).certain) for given in (before, after)]
        solver = z3.Solver()
        solver.add(sides[0] != sides[1])
        encoded = time.perf_counter()
        assert solver.check() == z3.unsat, "z3 finds a difference where there is none"
        return encoded - started, time.perf_counter() - encoded

    proofs = [prove() for _ in range(runs)]
    encoding, solving = (statistics.median(column) for column in zip(*proofs, strict=True))
    print(
        f"  {count:7,} filters: {ours:.3f} s; z3 {solving:.1f} s and {encoding:.1f} s to encode: "
        f"{(solving + encoding) / ours:,.0f} times as long"
    )


def main() -> None:
    """Prints all measures; z3 takes some minutes."""
    parser = argparse.ArgumentParser(description="Measure traffic differences and look-ups, against z3.")
    parser.add_argument("--largest", type=int, default=100_000, help="leave out larger policies")
    parser.add_argument("--z3-largest", type=int, default=10_000, help="leave out larger policies for z3")
    arguments = parser.parse_args()
    for count, runs in ((1_000, RUNS), (10_000, RUNS), (100_000, 3)):
        if count <= arguments.largest:
            differences(count, runs)
    print("memory")
    for count in (10_000, 100_000):
        if count <= arguments.largest:
            memory(count)
    print("one packet")
    for count in (1_000, 10_000, 100_000):
        if count <= arguments.largest:
            lookups(count)
    print(f"against z3 {z3.get_version_string()}: one-way filters, split in two and shuffled, proved equal")
    for count, runs in ((1_000, 3), (10_000, 1)):
        if count <= arguments.z3_largest:
            against_z3(count, runs)


if __name__ == "__main__":
    main()
