"""Worms, and the port by which each finds its next victim: the ports that block lists name."""

from __future__ import annotations

from collections.abc import Mapping

from winipsec.model.filters import TCP, UDP

WORMS: Mapping[tuple[int, int], str] = {
    (UDP, 1434): "SQL Slammer",
    (TCP, 1433): "Spida",
    (TCP, 135): "Blaster",
    (TCP, 139): "Sasser and Conficker",
    (TCP, 445): "Sasser, Conficker and WannaCry",
    (TCP, 2745): "Bagle",
    (TCP, 3127): "MyDoom",
    (TCP, 4444): "Blaster",
    (TCP, 5554): "Sasser",
    (TCP, 9996): "Sasser",
    (UDP, 69): "Blaster",
}
