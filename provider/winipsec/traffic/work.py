"""How much work an answer may cost: counted, not timed, so that equal questions end alike on every machine."""

from __future__ import annotations

from winipsec.traffic.packet import TrafficError


class TooComplex(TrafficError):  # noqa: N818 - read as what it is
    """The exact answer would take too long or too much memory; there is no part of it either (traffic-engine 5)."""

    default_code = "traffic.complex"
    default_advice = "Single packets can still be asked about."


class Work:
    """Counts units of 0.3 to 1 microsecond each, up to a limit."""

    __slots__ = ("done", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.done = 0

    def spend(self, units: int) -> None:
        """Count some units.

        Raises:
            TooComplex: the limit is reached.
        """
        self.done += units
        if self.done > self.limit:
            raise TooComplex(f"what the filters do to all traffic takes more than {self.limit:,} steps to compute.")
