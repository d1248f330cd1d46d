"""Large policies: traffic-engine 5 and 12. The matcher's place is taken by one-packet look-ups."""

import random
import tracemalloc
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest
from traffic_scene import ACTIONS, HOST
from winipsec.model.endpoint import ANY, ME, between, subnet
from winipsec.model.filters import TCP, UDP, Filter, FilterList, port
from winipsec.model.policies import FilterAction, Policy, Rule
from winipsec.model.store import Store
from winipsec.traffic.classes import Change
from winipsec.traffic.difference import difference
from winipsec.traffic.facts import State
from winipsec.traffic.intervals import AddressSet
from winipsec.traffic.lookup import Lookup
from winipsec.traffic.packet import Direction, Packet
from winipsec.traffic.work import TooComplex


def as_state(**lists):
    """One rule per action."""
    return State(
        Store(
            policies={"{p}": Policy("P", guid="{p}")},
            rules={word: Rule(word, "{p}", word, word, guid=word) for word in lists},
            filter_lists={word: FilterList(word, tuple(filters), guid=word) for word, filters in lists.items()},
            filter_actions={word: FilterAction(word, guid=word, **ACTIONS[word]) for word in lists},
            active="{p}",
        ),
        no_default_exempt=3,
    )


def random_filters(dice, count):
    """Prefixes of /8 to /30, TCP or UDP, nine in ten with a port."""
    found = []
    for _ in range(count):
        length = dice.randint(8, 30)
        network = IPv4Network((dice.getrandbits(length) << (32 - length), length))
        number = dice.randint(1, 65535) if dice.random() < 0.9 else 0
        found.append(Filter(subnet(network), ME, dice.choice([TCP, UDP]), destination_ports=port(number)))
    return found


def split(dice, filters):
    """Every prefix in two halves, shuffled."""
    halves = [replace(item, source=subnet(half)) for item in filters for half in item.source.network.subnets()]
    return dice.sample(halves, len(halves))


def test_split_and_shuffled_is_no_change(dice):
    """The same policy in twice as many filters."""
    lists = {"permit": random_filters(dice, 1000), "block": random_filters(dice, 1000), "require": [Filter(ANY, ME)]}
    halves = {word: split(dice, filters) if word != "require" else filters for word, filters in lists.items()}
    assert difference(as_state(**lists), as_state(**halves), HOST).classes == ()


@pytest.fixture(scope="module")
def many():
    """Ten thousand filters."""
    return random_filters(random.Random("many"), 10_000)  # noqa: S311 - policies, not keys


def test_one_filter_of_ten_thousand(many):
    """Exactly its class: the host that is now blocked on one port, and nothing else."""
    added = Filter(subnet(IPv4Network("192.0.2.77/32")), ME, TCP, destination_ports=port(445), mirrored=False)
    found = difference(as_state(permit=many), as_state(permit=many, block=[added]), HOST)
    (one,) = found.classes
    (service,) = one.services
    address = int(IPv4Address("192.0.2.77"))
    assert (one.change, one.directions) == (Change.CUT, (Direction.IN,))
    assert one.remote == AddressSet(((address, address),), ())
    assert service == (((6, 6),), ((445, 445),), ((0, 65535),))


def test_large_classes_agree_with_lookups(dice, many):
    """Packets on and beside the ends of filters: in a class exactly when two look-ups differ."""
    others = random_filters(dice, 1500)
    before, after = as_state(block=many[:2000], permit=others[:300]), as_state(block=many[500:2000], permit=others)
    found = difference(before, after, HOST)
    was, will_be = Lookup(before, HOST), Lookup(after, HOST)
    (local,) = HOST.addresses
    changed = 0
    for _ in range(1500):
        item = dice.choice(many[:2000] + others)
        remote = IPv4Address(int(dice.choice([item.source.first, item.source.last])) + dice.choice([-1, 0, 1]))
        if remote.is_multicast or remote.is_loopback:
            continue
        ports = [item.destination_ports.first + dice.choice([0, 0, 1]), dice.randrange(1, 60000)]
        packet = Packet(dice.choice(list(Direction)), local, remote, item.protocol, *(min(p, 65535) for p in ports))
        outcomes = was.decide(packet).outcome, will_be.decide(packet).outcome
        one = found.contains(packet)
        changed += one is not None
        assert (one and (one.before, one.after)) == (outcomes if outcomes[0] != outcomes[1] else None)
    assert changed > 50


def grid(count):
    """Half single local ports, half single remote ports."""
    local = [Filter(ANY, ME, TCP, destination_ports=port(2 * i + 1), mirrored=False) for i in range(count)]
    remote = [Filter(ANY, ME, TCP, source_ports=port(2 * i + 1), mirrored=False) for i in range(count)]
    return as_state(permit=local, block=remote, require=[Filter(ANY, ME)])


def test_too_complex_is_refused_within_its_budget():
    """The worst case that nobody writes: counted, refused in bounded memory, and nothing of an answer."""
    before, after = as_state(require=[Filter(ANY, ME)]), grid(2000)
    tracemalloc.start()
    with pytest.raises(TooComplex) as caught:
        difference(before, after, HOST, limit=60_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50e6
    assert caught.value.code == "traffic.complex"
    assert "60,000" in str(caught.value)


def test_the_limit_is_counted_not_timed():
    """The same question under the same limit ends alike; a larger limit answers it."""
    before, after = as_state(require=[Filter(ANY, ME)]), grid(30)
    for _ in range(2):
        with pytest.raises(TooComplex):
            difference(before, after, HOST, limit=1000)
    assert difference(before, after, HOST).classes


def test_a_port_each_on_crossing_ranges_is_tried_by_service():
    """Deep stacks everywhere, but one filter per port: the second way finds it."""
    filters = [
        Filter(
            between(IPv4Address((10 << 24) + 1000 * i + 1), IPv4Address((10 << 24) + 1000 * i + 400_000)),
            ME,
            TCP,
            destination_ports=port(i + 1),
            mirrored=False,
        )
        for i in range(400)
    ]
    found = difference(as_state(permit=[Filter()]), as_state(permit=[Filter()], block=filters), HOST, limit=60_000)
    assert found.method == "service"
    assert len(found.classes) == 400
