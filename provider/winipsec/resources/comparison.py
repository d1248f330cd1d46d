"""What differs between what is and what is wanted, property path by property path.

Both sides are in normal form, so equal means equal. Lists whose order is preference are compared place by place;
lists that are sets are paired first, by name where their elements have one, else by the fewest changed fields, so that
one edited field is one path and a shuffled list is none (spec: design 2.2, 3).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from winipsec.model.invalid import joined
from winipsec.model.names import folded
from winipsec.model.property_path import ABSENT, find, parse
from winipsec.resources.declaration import Either, Items, Record, Text, Type
from winipsec.resources.resource import Change
from winipsec.resources.values import UNKNOWN, contains_unknown

MAX_PAIRINGS = 250_000


def compare(record: Record, old: Mapping[str, Any], new: Mapping[str, Any], prefix: str = "") -> dict[str, Change]:
    """Every changed path with its kind; a property that says so is changed by replacement."""
    changes: dict[str, Change] = {}
    for name, declared in record.properties.items():
        before, after = old.get(name), new.get(name)
        if after is None and not declared.managed:
            continue
        if before is None and after is not None and after == declared.default:
            continue
        found: dict[str, Change] = {}
        for path, kind in _changes(declared.type, before, after, joined(prefix, name)):
            found[path] = Change.UPDATE if path in found else kind  # gone from one element, new in another
        changes.update({path: kind.replacing() for path, kind in found.items()} if declared.replaces else found)
    return changes


def _changes(of: Type, old: Any, new: Any, path: str) -> Iterator[tuple[str, Change]]:
    if new is UNKNOWN:
        yield path, Change.ADD if old is None else Change.UPDATE
    elif old is None or new is None:
        if old is not new:
            yield path, Change.ADD if old is None else Change.DELETE
    elif isinstance(of, Either) and isinstance(old, dict) and isinstance(new, dict):
        yield from compare(of.record, old, new, path).items()
    elif isinstance(of, Record) and isinstance(old, dict) and isinstance(new, dict):
        yield from compare(of, old, new, path).items()
    elif isinstance(of, Items) and isinstance(old, list) and isinstance(new, list):
        yield from _list_changes(of, old, new, path)
    elif old != new and not (isinstance(of, Text) and of.names and folded(str(old)) == folded(str(new))):
        yield path, Change.UPDATE


def _list_changes(of: Items, old: Sequence[Any], new: Sequence[Any], path: str) -> Iterator[tuple[str, Change]]:
    if of.unordered and not contains_unknown(list(new)):
        pairs = paired(old, new, of.key)
    else:
        longer = max(len(old), len(new))
        pairs = [(i if i < len(old) else None, i if i < len(new) else None) for i in range(longer)]
    for before, after in pairs:
        if after is None:
            yield f"{path}[{before}]", Change.DELETE
        elif before is None:
            yield f"{path}[{after}]", Change.ADD
        elif before == after:
            yield from _changes(of.of, old[before], new[after], f"{path}[{after}]")
        else:
            for inner, kind in _changes(of.of, old[before], new[after], ""):
                yield _moved(old, before, after, path, inner, kind)


def _moved(old: Sequence[Any], before: int, after: int, path: str, inner: str, kind: Change) -> tuple[str, Change]:
    """A change inside an element that stands in another place now, as a path that is there to see.

    What goes is shown where it was; the rest where it is, against whatever stood there.
    """
    if kind is Change.DELETE:
        return joined(f"{path}[{before}]", inner), kind
    there = after < len(old) and find(old[after], parse(inner)) is not ABSENT
    return joined(f"{path}[{after}]", inner), Change.UPDATE if there else Change.ADD


def paired(old: Sequence[Any], new: Sequence[Any], key: str = "") -> list[tuple[int | None, int | None]]:
    """Which element of `old` became which element of `new`: equal ones first, then by the fewest changed fields.

    Where elements are known by a `key`, those of one name are the same, and others are not. Elements without a
    partner stand alone; the pairs come in the order of `new`, lone old ones last.
    """
    if key:
        return _namesakes(old, new, key)
    waiting: dict[Any, list[int]] = {}
    for index, item in enumerate(old):
        waiting.setdefault(_key(item), []).append(index)
    partner: dict[int, int] = {}
    for index, item in enumerate(new):
        same = waiting.get(_key(item))
        if same:
            partner[index] = same.pop(0)
    taken = set(partner.values())
    left_old = [index for index in range(len(old)) if index not in taken]
    left_new = [index for index in range(len(new)) if index not in partner]
    partner.update(_nearest(old, new, left_old, left_new))
    lone = sorted(set(range(len(old))) - set(partner.values()))
    return [*((partner.get(index), index) for index in range(len(new))), *((index, None) for index in lone)]


def _namesakes(old: Sequence[Any], new: Sequence[Any], key: str) -> list[tuple[int | None, int | None]]:
    places = {folded(str(item.get(key))): index for index, item in reversed(list(enumerate(old)))}
    pairs = [(places.pop(folded(str(item.get(key))), None), index) for index, item in enumerate(new)]
    left = set(range(len(old))) - {before for before, _ in pairs}
    return [*pairs, *((index, None) for index in sorted(left))]


def _nearest(old: Sequence[Any], new: Sequence[Any], left_old: list[int], left_new: list[int]) -> dict[int, int]:
    if len(left_old) * len(left_new) > MAX_PAIRINGS:
        return dict(zip(left_new, left_old, strict=False))
    costs = sorted((_distance(old[i], new[j]), abs(i - j), j, i) for i in left_old for j in left_new)
    partner: dict[int, int] = {}
    used: set[int] = set()
    for _, _, j, i in costs:
        if j not in partner and i not in used:
            partner[j] = i
            used.add(i)
    return partner


def _distance(one: Any, other: Any) -> int:
    if isinstance(one, dict) and isinstance(other, dict):
        return sum(one.get(name) != other.get(name) for name in one.keys() | other.keys())
    return 1


def _key(item: Any) -> Any:
    if isinstance(item, dict):
        return frozenset((name, _key(value)) for name, value in item.items())
    if isinstance(item, list):
        return tuple(_key(value) for value in item)
    return item


def in_order_of(old: Sequence[Any], found: Sequence[Any], key: str = "") -> list[Any]:
    """`found`, a set, in the order in which `old` knew it; new elements last."""
    places = {after: before for before, after in paired(old, found, key) if after is not None and before is not None}
    return [found[index] for index in sorted(range(len(found)), key=lambda index: places.get(index, len(old) + index))]
