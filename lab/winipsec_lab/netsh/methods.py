"""The lists of main-mode and quick-mode methods (spec: ipsec-policy 1.6).

main   = conf "-" hash "-" group
offer  = proto [ ":" life ]
proto  = "ESP[" conf "," auth "]" | "AH[" hash "]" | "AH[" hash "]+ESP[" conf "," auth "]"
life   = kilobytes "k" "/" seconds "s" | seconds "s" | kilobytes "k"
"""

from __future__ import annotations

import re
from typing import Final

from winipsec_lab.netsh.errors import Refusal
from winipsec_lab.store.framing import Switches
from winipsec_lab.store.values import Algorithm, MainMethod, Offer

_MAIN: Final = re.compile(r"(3?DES)-(MD5|SHA1)-([123])", re.IGNORECASE)
_AH: Final = r"AH\[(?P<ah>MD5|SHA1)\]"
_ESP: Final = r"ESP\[(?P<conf>3DES|DES|None),(?P<auth>MD5|SHA1|None)\]"
_LIFE: Final = r"(?::(?:(?P<k>\d+)k)?(?P<both>/)?(?:(?P<s>\d+)s)?)?"
_OFFERS: Final = tuple(re.compile(proto + _LIFE, re.IGNORECASE | re.ASCII) for proto in (_ESP, _AH, rf"{_AH}\+{_ESP}"))
_MOST: Final = 0xFFFFFFFF
_LEAST_KILOBYTES: Final = 20480
_LEAST_SECONDS: Final = 300
_COMMON_LIFETIME: Final = (100000, 3600)

# the defaults of netsh are not public: those of current consoles, or those of Windows 2000 (spec: ipsec-policy 1.6, 5.5)
_MAIN_DEFAULTS: Final = {"mmc": "3DES-SHA1-2", "windows2000": "3DES-SHA1-2 3DES-MD5-2 DES-SHA1-1 DES-MD5-1"}
_QUICK_DEFAULTS: Final = {
    "mmc": "ESP[3DES,SHA1] AH[SHA1]",
    "windows2000": "ESP[3DES,SHA1] ESP[3DES,MD5] ESP[DES,SHA1] ESP[DES,MD5]",
}


def main_methods(text: str | None, switches: Switches) -> tuple[MainMethod, ...]:
    """The main-mode methods a value lists, or netsh's own defaults for None."""
    words = (_MAIN_DEFAULTS[switches["netsh.main_mode_defaults"]] if text is None else text).split()
    matches = [_MAIN.fullmatch(word) for word in words]
    if not words or not all(matches):
        raise Refusal("bad_method", tag="mmsecmethods")
    return tuple(MainMethod(match[1].upper(), match[2].upper(), int(match[3])) for match in matches if match)


def offers(text: str | None, switches: Switches, *, pfs: bool) -> tuple[Offer, ...]:
    """The quick-mode offers a value lists, or netsh's own defaults for None."""
    words = (_QUICK_DEFAULTS[switches["netsh.quick_mode_defaults"]] if text is None else text).split()
    if not words:
        raise Refusal("bad_method", tag="qmsecmethods")
    return tuple(_offer(word, switches, pfs=pfs) for word in words)


def _offer(word: str, switches: Switches, *, pfs: bool) -> Offer:
    match = next((found for pattern in _OFFERS if (found := pattern.fullmatch(word))), None)
    if match is None:
        raise Refusal("bad_method", tag="qmsecmethods")
    parts = match.groupdict()
    algorithms = []
    if parts.get("ah"):
        algorithms.append(Algorithm("AH", "none", parts["ah"].upper()))
    if parts.get("conf"):
        algorithms.append(Algorithm("ESP", _spelled(parts["conf"]), _spelled(parts["auth"])))
    null = Algorithm("ESP", "none", "none") in algorithms
    if null and switches["netsh.esp_none"] == "refused":
        raise Refusal("bad_method", tag="qmsecmethods")
    if len(algorithms) > 1 and switches["netsh.ah_esp_order"] == "esp_first":
        algorithms.reverse()
    kilobytes, seconds = _lifetime(parts, ":" in word, switches)
    return Offer(tuple(algorithms), seconds, kilobytes, pfs)


def _spelled(word: str) -> str:
    return "none" if word.lower() == "none" else word.upper()


def _lifetime(parts: dict[str, str | None], given: bool, switches: Switches) -> tuple[int, int]:
    if not given:
        return (0, 0) if switches["netsh.offer_lifetime"] == "zero" else _COMMON_LIFETIME
    if bool(parts["both"]) != bool(parts["k"] and parts["s"]) or not (parts["k"] or parts["s"]):
        raise Refusal("bad_method", tag="qmsecmethods")
    kilobytes, seconds = int(parts["k"] or 0), int(parts["s"] or 0)
    if kilobytes > _MOST or seconds > _MOST:
        raise Refusal("bad_lifetime")
    if switches["netsh.lifetime_limits"] == "enforced" and (
        (parts["k"] and kilobytes < _LEAST_KILOBYTES) or (parts["s"] and seconds < _LEAST_SECONDS)
    ):
        raise Refusal("bad_lifetime")
    return kilobytes, seconds


def with_pfs(methods: tuple[Offer, ...], pfs: bool) -> tuple[Offer, ...]:
    """The same offers with session-key PFS on or off; the empty offer of `soft` has none."""
    return tuple(
        Offer(
            each.algorithms, each.lifetime_seconds, each.lifetime_kilobytes, pfs and bool(each.algorithms), each.flags
        )
        for each in methods
    )
