"""What changes between two states: exactly, or refused (spec: traffic-engine 5).

First everything is walked by address: at each stretch of remote addresses the stacks of filters of both sides are
compared as functions of protocol and ports. Where many filters for single ports overlap on many addresses, that is too
much work, and it is tried once more by service: one walk for each single port, where only few filters count, and one
for the rest. Beyond the limit of that as well there is no answer, and no part of one.
"""

from __future__ import annotations

from winipsec.traffic.assembly import classes
from winipsec.traffic.classes import Difference
from winipsec.traffic.expand import LINES
from winipsec.traffic.facts import HostFacts, State
from winipsec.traffic.merge import merged
from winipsec.traffic.problem import Problem, problem
from winipsec.traffic.regions import Calculation, has_groups, localised, regions
from winipsec.traffic.slices import regions_by_slices
from winipsec.traffic.specificity import DEFAULT, Switches
from winipsec.traffic.work import TooComplex

_BASE_LIMIT = 2_000_000
_LIMIT_PER_FILTER = 300


def difference(
    before: State,
    after: State,
    host: HostFacts,
    switches: Switches = DEFAULT,
    *,
    afterwards: Switches | None = None,
    limit: int | None = None,
) -> Difference:
    """All packets whose outcomes differ, as few disjoint classes.

    `afterwards` reads `after` under other switches than `before`: with one state, it tells what hangs on a guess.
    `limit` is how many units of work each of the two ways may take.

    Raises:
        TooComplex: neither way stays within the limit.
    """
    given = problem(before, after, host, switches, switches if afterwards is None else afterwards)
    allowed = allowance(given.filters) if limit is None else limit
    try:
        return _answer(given, "address", allowed)
    except TooComplex:
        return _answer(given, "service", allowed)


def by_service(before: State, after: State, host: HostFacts, switches: Switches = DEFAULT) -> Difference:
    """The same answer, found the second way at once.

    Raises:
        TooComplex: it does not stay within the limit.
    """
    given = problem(before, after, host, switches, switches)
    return _answer(given, "service", allowance(given.filters))


def allowance(filters: int) -> int:
    """How many units of work an answer about so many filters may take."""
    return _BASE_LIMIT + _LIMIT_PER_FILTER * filters


def _answer(given: Problem, method: str, limit: int) -> Difference:
    calculation = Calculation(given.tables, limit)
    found = {}
    for line in LINES:
        sides = [rows[line] for rows in given.sides]
        if any(sides):
            local = localised(line, sides, given.host, calculation, groups=has_groups(given.exempt))
            if method == "address":
                pieces = regions(line[1], local, calculation, calculation.change)
            else:
                pieces = regions_by_slices(line[1], local, calculation)
            found[line] = local.atoms, merged(pieces, calculation.diagrams, calculation.work)
    changed = classes(found, list(given.tables.outcomes), given.host, given.exempt, calculation.diagrams)
    return Difference(given.host, changed, given.exempt, given.unresolved, given.notes, method)
