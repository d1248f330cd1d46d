"""The map of the matrix: hosts on a circle, and an arrow from each to each that says what comes of it.

An arrow bends to its right, so that both ways between two hosts can be told apart. Colour is never alone: the sorts
differ in dashes and width too, and what does not work has a cross and no head.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import NamedTuple

from winipsec.cli.meetings import KINDS, Kind
from winipsec.cli.terminal import plain

_WIDTH, _LEAST_HEIGHT = 640, 460
_NODE = 11
_MARGIN = 86
_BEND = 0.16
_CROWDED = 8


class Point(NamedTuple):
    """A place on the map."""

    x: float
    y: float


class Link(NamedTuple):
    """What comes of one host asking another, and what the map says about it."""

    kind: Kind
    text: str


def markup(words: str) -> str:
    """Foreign words as they are, for elements and attributes: nothing in them is markup or turns the line."""
    return escape(plain(words).plain)


def arrowheads() -> str:
    """What all maps of a page share."""
    heads = "".join(
        f'<marker id="head-{key}" class="k-{key}" viewBox="0 0 10 10" refX="8" refY="5" markerUnits="userSpaceOnUse" '
        'markerWidth="13" markerHeight="13" orient="auto"><path class="arrow" d="M0 0 10 5 0 10z"/></marker>'
        for key in KINDS
    )
    return f'<svg class="hidden" width="0" height="0" aria-hidden="true"><defs>{heads}</defs></svg>'


def sample(kind: Kind) -> str:
    """A piece of an arrow, for the legend."""
    head = "" if kind.key in {"no", "none"} else f' marker-end="url(#head-{kind.key})"'
    return f'<svg class="k-{kind.key}" width="44" height="14" aria-hidden="true"><path class="line" d="M1 7H40"{head}/></svg>'


def drawn(name: str, title: str, hosts: Sequence[tuple[str, str]], links: Mapping[tuple[int, int], Link]) -> str:
    """One map. `hosts` are names and addresses, `links` go from and to their places; `name` is unique in the page."""
    height = max(_LEAST_HEIGHT, 26 * len(hosts))
    places = _circle(len(hosts), height)
    crowded = len(hosts) > _CROWDED
    says = f"{len(hosts)} hosts on a circle, an arrow from each to each it can talk to."
    if crowded:
        says += " What does not work is left out."
    labels = f'aria-labelledby="{name}-title" aria-describedby="{name}-desc"'
    parts = [
        f'<svg class="map" role="img" viewBox="0 0 {_WIDTH} {height}" {labels}>',
        f'<title id="{name}-title">{markup(title)}</title>',
        f'<desc id="{name}-desc">{says} The table has the same answers.</desc>',
    ]
    for (start, stop), link in links.items():
        if link.kind.key != "none" and not (crowded and link.kind.key == "no"):
            parts.append(_arrow(f"{start}-{stop}", places[start], places[stop], link))
    for (label, address), place in zip(hosts, places, strict=True):
        parts += _node(label, address, place, Point(_WIDTH / 2, height / 2))
    return "".join([*parts, "</svg>"])


def _circle(count: int, height: int) -> list[Point]:
    """Two side by side, more from the top."""
    begin = math.pi if count == 2 else -math.pi / 2
    across, down = _WIDTH / 2 - _MARGIN - 54, height / 2 - _MARGIN / 1.6
    angles = [begin + 2 * math.pi * place / count for place in range(count)]
    return [Point(_WIDTH / 2 + across * math.cos(angle), height / 2 + down * math.sin(angle)) for angle in angles]


def _arrow(pair: str, start: Point, stop: Point, link: Link) -> str:
    length = math.hypot(stop.x - start.x, stop.y - start.y)
    along = Point((stop.x - start.x) / length, (stop.y - start.y) / length)
    bend = _BEND * length
    control = Point((start.x + stop.x) / 2 - along.y * bend, (start.y + stop.y) / 2 + along.x * bend)
    begin, end = _towards(start, control, _NODE + 4), _towards(stop, control, _NODE + 6)
    path = f"M{begin.x:.1f} {begin.y:.1f}Q{control.x:.1f} {control.y:.1f} {end.x:.1f} {end.y:.1f}"
    stopped = link.kind.key == "no"
    head = "" if stopped else f' marker-end="url(#head-{link.kind.key})"'
    middle = Point((begin.x + 2 * control.x + end.x) / 4, (begin.y + 2 * control.y + end.y) / 4)
    cross = f'<text class="cross" x="{middle.x:.1f}" y="{middle.y + 5:.1f}">{link.kind.sign}</text>' if stopped else ""
    return (
        f'<g class="link k-{link.kind.key}" data-pair="{pair}"><title>{markup(link.text)}</title>'
        f'<path class="line" d="{path}"{head}/>{cross}<path class="hit" d="{path}"/></g>'
    )


def _towards(place: Point, other: Point, by: float) -> Point:
    length = math.hypot(other.x - place.x, other.y - place.y)
    return Point(place.x + (other.x - place.x) / length * by, place.y + (other.y - place.y) / length * by)


def _node(label: str, address: str, place: Point, centre: Point) -> Iterator[str]:
    """A dot, and outside the circle its name and address."""
    aside = place.x - centre.x
    above = abs(aside) < 40
    anchor = "middle" if above else "start" if aside > 0 else "end"
    x = place.x if above else place.x + math.copysign(_NODE + 8, aside)
    y = place.y + (-1 if not above else _NODE + 23 if place.y > centre.y else -_NODE - 24)
    yield f'<circle cx="{place.x:.1f}" cy="{place.y:.1f}" r="{_NODE}"/>'
    yield f'<circle class="dot" cx="{place.x:.1f}" cy="{place.y:.1f}" r="4"/>'
    where = f'x="{x:.1f}"'
    below = f'<tspan class="address" {where} dy="1.15em">{markup(address)}</tspan>'
    yield f'<text {where} y="{y:.1f}" text-anchor="{anchor}">{markup(label)}{below}</text>'
