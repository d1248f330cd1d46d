"""The matrix in a terminal: a row for each pair of hosts, a column for each service, and below it why not."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.table import Table

from winipsec.cli.meetings import KINDS, kind_of
from winipsec.cli.terminal import console, plain
from winipsec.traffic.matrix import Asked, Meeting, Station
from winipsec.traffic.properties import service_word

_SHOWN = 4


def print_matrix(
    stations: Sequence[Station], services: Sequence[Asked], meetings: Sequence[Meeting], remarks: Sequence[str]
) -> None:
    """Print everything."""
    screen = console()
    screen.print(table(stations, services, meetings))
    reasons = by_reason(meetings)
    if reasons:
        screen.print(plain("why", "bold"))
    for reason, where in reasons.items():
        more = f" (+{len(where) - _SHOWN} more)" if len(where) > _SHOWN else ""
        line = plain(f"  {reason}")
        line.append_text(plain(f"  {', '.join(where[:_SHOWN])}{more}", "dim"))
        screen.print(line)
    for remark in remarks:
        screen.print(plain(f"note: {remark}", "yellow"))


def table(stations: Sequence[Station], services: Sequence[Asked], meetings: Sequence[Meeting]) -> Table:
    """The table alone."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    made.add_column("from")
    made.add_column("to")
    for service in services:
        made.add_column(plain(service_word(service)))
    found = {(meeting.starter, meeting.other, meeting.asked): meeting for meeting in meetings}
    for one in stations:
        others = [other for other in stations if other is not one]
        for other in others:
            kinds = [kind_of(found[one.name, other.name, service].exchanges) for service in services]
            cells = [plain(kind.word, kind.style) for kind in kinds]
            made.add_row(plain(one.name, "bold"), plain(other.name), *cells, end_section=other is others[-1])
    return made


def by_reason(meetings: Sequence[Meeting]) -> dict[str, list[str]]:
    """What is in the way, and of what: `db1, rule 'rest': blocked` -> `web1 > db1 tcp/445`."""
    found: dict[str, list[str]] = {}
    for meeting in meetings:
        for exchange in meeting.exchanges:
            if exchange.reason:
                text = f"{KINDS[exchange.result.value].word}: {exchange.reason}"
                place = f"{meeting.starter} > {meeting.other} {service_word(meeting.asked)}"
                found.setdefault(text, []).append(place)
    return found
