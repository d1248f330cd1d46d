"""Sets of numbers as intervals, and sets of addresses made of them.

`Intervals` are in normal form: sorted, neither overlapping nor touching, both ends included. So equal sets are equal
values, and may be keys.
"""

from __future__ import annotations

import ipaddress
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeAlias

from winipsec.model.endpoint import Address

Interval: TypeAlias = tuple[int, int]
Intervals: TypeAlias = tuple[Interval, ...]

LAST_ADDRESS = {4: (1 << 32) - 1, 6: (1 << 128) - 1}
"""The highest address of each family, as a number."""


def joined(pieces: Iterable[Interval]) -> Intervals:
    """The union of any intervals."""
    ordered = sorted(pieces)
    if not ordered:
        return ()
    low, high = ordered[0]
    result = []
    for start, end in ordered:
        if start > high + 1:
            result.append((low, high))
            low, high = start, end
        elif end > high:
            high = end
    result.append((low, high))
    return tuple(result)


def complement(given: Intervals, last: int) -> Intervals:
    """What of 0 to `last` is not in `given`."""
    result = []
    start = 0
    for low, high in given:
        if start < low:
            result.append((start, low - 1))
        start = high + 1
    if start <= last:
        result.append((start, last))
    return tuple(result)


def shared(left: Intervals, right: Intervals) -> Intervals:
    """What is in both."""
    result = []
    i = j = 0
    while i < len(left) and j < len(right):
        low, high = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if low <= high:
            result.append((low, high))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return tuple(result)


def without(left: Intervals, right: Intervals) -> Intervals:
    """What is in `left` and not in `right`."""
    return shared(left, complement(right, left[-1][1])) if left else ()


def holds(given: Intervals, number: int) -> bool:
    """Whether `number` is in the set."""
    place = bisect_right(given, (number, LAST_ADDRESS[6])) - 1
    return place >= 0 and number <= given[place][1]


def meets(given: Intervals, low: int, high: int) -> bool:
    """Whether the set has a number from `low` to `high`."""
    place = bisect_right(given, (high, LAST_ADDRESS[6])) - 1
    return place >= 0 and low <= given[place][1]


def size(given: Intervals) -> int:
    """How many numbers are in the set."""
    return sum(high - low + 1 for low, high in given)


def cidrs(low: int, high: int) -> Iterator[Interval]:
    """The fewest prefixes that make up one interval of addresses."""
    while low <= high:
        room = (low & -low) or (high + 1)
        length = min(room, 1 << ((high - low + 1).bit_length() - 1))
        yield low, low + length - 1
        low += length


def as_address(number: int, family: int) -> Address:
    """The address with this number."""
    return ipaddress.IPv4Address(number) if family == 4 else ipaddress.IPv6Address(number)


class AddressSet(NamedTuple):
    """Addresses of both families."""

    v4: Intervals = ()
    v6: Intervals = ()

    def of(self, family: int) -> Intervals:
        """The addresses of one family."""
        return self.v4 if family == 4 else self.v6

    def holds(self, address: Address) -> bool:
        """Whether `address` is in the set."""
        return holds(self.of(address.version), int(address))

    def joined(self, other: AddressSet) -> AddressSet:
        """What is in either."""
        return AddressSet(joined(self.v4 + other.v4), joined(self.v6 + other.v6))


def address_set(family: int, given: Intervals) -> AddressSet:
    """The set of some addresses of one family."""
    return AddressSet(given, ()) if family == 4 else AddressSet((), given)
