"""What a batch heeds because a host may refuse parts of it, or put them into force later.

A batch is planned as if all of it succeeded, and so it is asked whether our way in stays open (`management`). But

* a host may refuse a single command. Then a permit that was to come with a block is missing, or a filter was deleted
  whose successor was refused. Where the worst that may come of it would close the way in, what opens goes first and
  is read back, and what closes comes in a batch of its own (`worst_case`);
* netsh may stop at the first line of a script that it refuses. Whoever came after was never tried, and must not be
  judged for that (`next_turn`);
* changes of the active policy may take effect only when it is assigned again (`into_force`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from winipsec.formats.netsh import Command, RegCommand, assign_policy
from winipsec.host.management import same_in_force
from winipsec.model.filters import Filter, FilterList
from winipsec.model.names import as_guid
from winipsec.model.policies import FilterAction, Rule
from winipsec.model.store import Store


class Trying(Protocol):
    """A change on its way; `attempt` counts the batches it was part of."""

    attempt: int


T = TypeVar("T", bound=Trying)


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


def worst_case(verified: Store, planned: Store) -> Store:
    """The most closed store that may come of going from `verified` to `planned`.

    Of what lets traffic through only that remains which both have; of what stops it, all that either has.
    """
    worst = replace(planned, rules={}, filter_lists={}, filter_actions={})
    rules = {rule.guid: rule for rule in verified.rules_of(planned.active)}
    rules.update({rule.guid: rule for rule in planned.rules_of(planned.active)})
    for guid in rules:
        for rule, action, filters in _halves(guid, verified, planned):
            name = f"worst:{len(worst.rules)}"
            worst = (
                worst.with_rule(replace(rule, filter_list=name, filter_action=name, guid=name))
                .with_filter_list(FilterList(name, tuple(filters), guid=name))
                .with_filter_action(replace(action, guid=name))
            )
    return worst


_Part = tuple[Rule, FilterAction, Sequence[Filter]]


def _halves(guid: str, verified: Store, planned: Store) -> list[_Part]:
    """A rule as it is and as it will be, as far as it counts at the worst."""
    old, new = _part(guid, verified), _part(guid, planned)
    found = [part for part in (old, new) if part is not None and not _opens(part[1])]
    if old is not None and new is not None and _opens(old[1]) and _opens(new[1]) and _alike(old[0], new[0]):
        both = [item for item in old[2] if item.match in {other.match for other in new[2]}]
        found.append((new[0], min(old[1], new[1], key=_openness), both))
    return found


def _part(guid: str, store: Store) -> _Part | None:
    rule = store.rules.get(guid)
    if rule is None or not rule.active:
        return None
    action, filters = store.filter_actions.get(rule.filter_action), store.filter_lists.get(rule.filter_list)
    return (rule, action, filters.filters) if action is not None and filters is not None else None


def _alike(old: Rule, new: Rule) -> bool:
    return (old.connection_type, old.tunnel_endpoint) == (new.connection_type, new.tunnel_endpoint)


def _opens(action: FilterAction) -> bool:
    return action.action == "permit" or action.inbound_pass_through or action.soft_fallback


def _openness(action: FilterAction) -> tuple[bool, int]:
    return action.action == "permit", action.inbound_pass_through + action.soft_fallback
