"""The matrix as one HTML page that needs nothing else: no network, no fonts, no libraries.

Each service has a panel with a map and a table; one more has them all. The panels are chosen by radio buttons and CSS,
so the page works without its script, from a mail or a file share. Every answer stands in the table as text: colour and
map only repeat it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import NamedTuple

from winipsec.cli.matrix_map import Link, arrowheads, drawn, markup, sample
from winipsec.cli.matrix_table import by_reason
from winipsec.cli.meetings import KINDS, Kind, kind_of, told
from winipsec.traffic.matrix import Asked, Exchange, Meeting, Station
from winipsec.traffic.properties import service_word
from winipsec.traffic.question import own_addresses

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
_QUIET = "Point at a cell or an arrow, or walk the table with the arrow keys, to see why."
_LEAD = "Each conversation under the IPsec policies of both ends; rows start it, columns are asked."
_LONGEST = 22
_FEW = 4
_COLUMN = 6.6  # rem
Pairs = Mapping[tuple[int, int], Sequence[Meeting]]


class _Panel(NamedTuple):
    """One choice: its heading, and the meetings of each pair of hosts, by their places."""

    title: str
    pairs: Pairs


def page(
    stations: Sequence[Station], services: Sequence[Asked], meetings: Sequence[Meeting], remarks: Sequence[str]
) -> str:
    """The whole page."""
    panels = _panels(stations, services, meetings)
    words = [panel.title for panel in panels]
    chosen = ", ".join(f"body:has(#choice-{n}:checked) #panel-{n}" for n in range(len(panels)))
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            "<title>Who can talk to whom</title>",
            f"<style>\n{_asset('matrix.css')}{chosen} {{ display: block; }}\n</style>",
            "</head>",
            "<body>",
            "<header>",
            "<h1>Who can talk to whom</h1>",
            f'<p class="lead">{_counted(stations, "host")}, {_counted(services, "service")}. {_LEAD}</p>',
            "</header>",
            arrowheads(),
            _legend(_used(meetings, len(panels) > 1)),
            "<main>",
            _choices(words),
            *(_panel(number, panel, stations) for number, panel in enumerate(panels)),
            _notes(remarks),
            "</main>",
            "<footer>Computed from the policies by winipsec matrix; nothing was sent between the hosts.</footer>",
            f"<script>\n{_asset('matrix.js')}</script>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _counted(items: Sequence[object], word: str) -> str:
    return f"{len(items)} {word}{'' if len(items) == 1 else 's'}"


def _asset(name: str) -> str:
    return files("winipsec.cli").joinpath("page").joinpath(name).read_text(encoding="utf-8")


def _panels(stations: Sequence[Station], services: Sequence[Asked], meetings: Sequence[Meeting]) -> list[_Panel]:
    """All services together, if there are several, and each alone."""
    places = {station.name: place for place, station in enumerate(stations)}
    by_pair: dict[tuple[int, int], list[Meeting]] = {}
    for meeting in meetings:
        by_pair.setdefault((places[meeting.starter], places[meeting.other]), []).append(meeting)
    single = [
        _Panel(service_word(service), {pair: [m for m in of if m.asked == service] for pair, of in by_pair.items()})
        for service in services
    ]
    return single if len(single) == 1 else [_Panel("all services", by_pair), *single]


def _exchanges(meetings: Sequence[Meeting]) -> list[Exchange]:
    return [exchange for meeting in meetings for exchange in meeting.exchanges]


def _used(meetings: Sequence[Meeting], together: bool) -> list[Kind]:
    """The sorts of answers that the page shows."""
    shown = {kind_of(meeting.exchanges).key for meeting in meetings}
    if together and len(shown) > 1:
        shown.add("mixed")
    return [kind for kind in KINDS.values() if kind.key in shown]


def _legend(kinds: Sequence[Kind]) -> str:
    items = "".join(
        f'<li>{sample(kind)}<b class="k-{kind.key}">{kind.sign} {kind.word}</b> <span>{kind.meaning}</span></li>'
        for kind in kinds
    )
    return f'<ul class="legend" aria-label="Legend">{items}</ul>'


def _choices(words: Sequence[str]) -> str:
    if len(words) == 1:
        return '<input class="hidden" type="radio" id="choice-0" checked tabindex="-1" aria-hidden="true">'
    labels = "".join(
        f'<label><input type="radio" name="service" id="choice-{number}"{" checked" if not number else ""}>{markup(word)}'
        "</label>"
        for number, word in enumerate(words)
    )
    return f'<fieldset class="services"><legend>Service</legend>{labels}</fieldset>'


def _panel(number: int, panel: _Panel, stations: Sequence[Station]) -> str:
    hosts = [(_short(station.name), _address(station)) for station in stations]
    links = {pair: Link(kind_of(_exchanges(of)), _sentence(of)) for pair, of in panel.pairs.items()}
    together = any(len(of) > 1 for of in panel.pairs.values())
    return "".join(
        [
            f'<section class="panel" id="panel-{number}" aria-labelledby="head-{number}">',
            f'<h2 id="head-{number}">{markup(panel.title)}</h2>',
            '<div class="sides">' if len(stations) <= _FEW and not together else '<div class="sides wide">',
            drawn(f"map-{number}", f"Who can talk to whom: {panel.title}", hosts, links),
            f'<div class="scroll">{_table(panel, stations)}</div>',
            "</div>",
            f'<p class="detail" aria-live="polite">{_QUIET}</p>',
            _reasons(panel),
            "</section>",
        ]
    )


def _table(panel: _Panel, stations: Sequence[Station]) -> str:
    heads = "".join(f'<th scope="col">{markup(station.name)}</th>' for station in stations)
    rows = []
    for row, station in enumerate(stations):
        cells = "".join(
            '<td class="self" aria-label="itself"></td>'
            if row == column
            else f"<td>{_cell((row, column), panel.pairs[row, column])}</td>"
            for column in range(len(stations))
        )
        rows.append(f'<tr><th scope="row">{markup(station.name)}</th>{cells}</tr>')
    return (
        f'<table style="min-width: {_COLUMN * (len(stations) + 1):.1f}rem"><caption class="hidden">Who can talk to whom: {markup(panel.title)}. Rows start, columns are asked.'
        f"</caption><thead><tr><td>from \\ to</td>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _cell(pair: tuple[int, int], meetings: Sequence[Meeting]) -> str:
    sentence = markup(_sentence(meetings))
    by_kind: dict[Kind, list[str]] = {}
    for meeting in meetings:
        by_kind.setdefault(kind_of(meeting.exchanges), []).append(service_word(meeting.asked))
    many = len(by_kind) > 1
    inside = "".join(
        f'<span class="{"chip " if many else ""}k-{kind.key}"><span aria-hidden="true">{kind.sign}</span> '
        f"{markup(', '.join(by_kind[kind])) if many else kind.word}</span>"
        for kind in KINDS.values()
        if kind in by_kind
    )
    look = "many" if many else f"k-{kind_of(_exchanges(meetings)).key}"
    return (
        f'<button type="button" class="cell {look}" data-pair="{pair[0]}-{pair[1]}" data-told="{sentence}" '
        f'aria-label="{sentence}">{inside}</button>'
    )


def _sentence(meetings: Sequence[Meeting]) -> str:
    """`web1 to db1. tcp/445, icmp: no: db1, rule 'rest': blocked`; services with one answer share it."""
    found: dict[str, list[str]] = {}
    for meeting in meetings:
        found.setdefault(told(meeting), []).append(service_word(meeting.asked))
    answers = [f"{', '.join(words)}: {answer}." for answer, words in found.items()]
    return " ".join([f"{meetings[0].starter} to {meetings[0].other}.", *answers])


def _reasons(panel: _Panel) -> str:
    reasons = by_reason([meeting for of in panel.pairs.values() for meeting in of])
    if not reasons:
        return ""
    items = "".join(
        f"<li>{markup(text)} <span>({markup(', '.join(where))})</span></li>" for text, where in reasons.items()
    )
    return f"<details><summary>Reasons ({len(reasons)})</summary><ul>{items}</ul></details>"


def _notes(remarks: Sequence[str]) -> str:
    items = "".join(f"<li>{markup(remark)}</li>" for remark in remarks)
    return f'<ul class="notes" aria-label="Notes">{items}</ul>' if items else ""


def _address(station: Station) -> str:
    own = [str(address) for family in (4, 6) for address in own_addresses(station.host, family)]
    return own[0] + (f" (+{len(own) - 1})" if len(own) > 1 else "")


def _short(name: str) -> str:
    """A name that fits the map."""
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
