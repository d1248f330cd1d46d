"""What a batch heeds because a host may refuse parts of it, or put them into force later.

A batch is planned as if all of it succeeded, and so it is asked whether our way in stays open (`management`). But

* a host may refuse a single command. Then a permit that was to come with a block is missing, or a filter was deleted
  whose successor was refused. Where the worst that may come of it would close the way in, what opens goes first and
  is read back, and what closes comes in a batch of its own (`worst_cases`);
* netsh may stop at the first line of a script that it refuses. Whoever came after was never tried, and must not be
  judged for that (`next_turn`);
* changes of the active policy may take effect only when it is assigned again (`into_force`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import Protocol, TypeVar

from winipsec.formats.netsh import Command, RegCommand, assign_policy
from winipsec.host.management import same_in_force
from winipsec.model.filters import Filter, FilterList, Match
from winipsec.model.names import as_guid
from winipsec.model.policies import FilterAction, Rule
from winipsec.model.store import Store


class Trying(Protocol):
    """A change on its way; `attempt` counts the batches it was part of."""

    attempt: int


T = TypeVar("T", bound=Trying)
Named = TypeVar("Named", FilterList, FilterAction)


def next_turn(changes: Sequence[T]) -> tuple[list[T], list[T]]:
    """Which changes go into the next batch, and which wait.

    A second try puts last what may have been refused, so that the others are reached; a third goes alone.
    """
    alone = next((change for change in changes if change.attempt > 1), None)
    if alone is not None:
        return [alone], [change for change in changes if change is not alone]
    first, *rest = changes
    return ([*rest, first] if first.attempt else [first, *rest]), []


def into_force(before: Store, after: Store, commands: Sequence[Command | RegCommand]) -> list[Command]:
    """The command that assigns the active policy again, where it was changed (spec: ipsec-policy 1.7)."""
    policy = after.active_policy
    last = commands[-1] if commands else None
    if policy is None or same_in_force(before, after):
        return []
    if isinstance(last, Command) and ("assign", "yes") in last.tags:
        return []
    return [assign_policy(as_guid(policy.guid) or policy.name, assigned=True)]


def worst_cases(verified: Store, planned: Store) -> Iterator[Store]:
    """The most closed stores that may come of going from `verified` to `planned`: one for each policy that may be
    active then, because an assignment can be refused as well.
    """
    yield worst_case(verified, planned)
    if verified.active_policy is not None and verified.active != planned.active:
        yield worst_case(verified, replace(planned, active=verified.active))


def worst_case(verified: Store, planned: Store) -> Store:
    """The most closed store that may come of it while the active policy is that of `planned`.

    Of what lets traffic through only that remains which is there whatever is refused; of what stops it, all that may
    be there. A rule may stay as it is while its list and its action change, and the other way round.
    """
    worst = replace(planned, rules={}, filter_lists={}, filter_actions={})
    rules = {rule.guid: rule for rule in verified.rules_of(planned.active)}
    rules.update({rule.guid: rule for rule in planned.rules_of(planned.active)})
    for guid in rules:
        for rule, action, filters in filter(itemgetter(2), _at_worst(guid, verified, planned)):
            name = f"worst:{len(worst.rules)}"
            worst = (
                worst.with_rule(replace(rule, filter_list=name, filter_action=name, guid=name))
                .with_filter_list(FilterList(name, filters, guid=name))
                .with_filter_action(replace(action, guid=name))
            )
    return worst


_Part = tuple[Rule, FilterAction, tuple[Filter, ...]]


def _at_worst(guid: str, verified: Store, planned: Store) -> Iterator[_Part]:
    """What may become of one rule, as far as it counts at the worst."""
    versions = list(dict.fromkeys(store.rules.get(guid) for store in (verified, planned)))
    active = [rule for rule in versions if rule is not None and rule.active and rule.policy == planned.active]
    parts = [
        (rule, action, filters)
        for rule in active
        for action in _both(verified.filter_actions, planned.filter_actions, rule.filter_action)
        for filters in _both(verified.filter_lists, planned.filter_lists, rule.filter_list)
    ]
    if not parts:
        return
    sure: set[Match] = set()
    whatever = all(any(rule is version for rule, *_ in parts) for version in versions)
    if whatever and all(_alike(rule, active[0]) for rule in active):
        sure = set.intersection(*({item.match for item in filters.filters} for _, _, filters in parts))
        rule, _, filters = parts[-1]
        yield rule, _least_open(action for _, action, _ in parts), tuple(f for f in filters.filters if f.match in sure)
    for rule in active:
        own = [(action, filters) for other, action, filters in parts if other is rule]
        action = _least_open(action for action, _ in own)
        if not _passes_all(action):
            unsure = {f.match: f for _, filters in own for f in filters.filters if f.match not in sure}
            yield rule, replace(action, inbound_pass_through=False, soft_fallback=False), tuple(unsure.values())


def _both(verified: Mapping[str, Named], planned: Mapping[str, Named], guid: str) -> list[Named]:
    """The versions of one object, once where it stays as it is."""
    found = (objects.get(guid) for objects in (verified, planned))
    return list(dict.fromkeys(item for item in found if item is not None))


def _alike(one: Rule, other: Rule) -> bool:
    return (one.connection_type, one.tunnel_endpoint) == (other.connection_type, other.tunnel_endpoint)


def _least_open(actions: Iterable[FilterAction]) -> FilterAction:
    """An action that lets through only what all of them do, in each direction."""
    found = list(dict.fromkeys(actions))
    closed = next((action for action in found if action.action == "block"), None)
    if closed is not None:
        return closed
    negotiating = [action for action in found if action.action != "permit"]
    if not negotiating:
        return found[0]
    return replace(
        negotiating[0],
        inbound_pass_through=all(action.inbound_pass_through for action in negotiating),
        soft_fallback=all(action.soft_fallback for action in negotiating),
    )


def _passes_all(action: FilterAction) -> bool:
    """Whether packets of a peer without IPsec pass in both directions."""
    return action.action == "permit" or (action.inbound_pass_through and action.soft_fallback)
