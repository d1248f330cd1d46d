"""Which of two methods is plainly the weaker one (spec: ipsec-policy 1.6)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from winipsec.model.methods import DH_GROUPS, ESP_ENCRYPTION, ESP_INTEGRITY, MainModeMethod, SecurityMethod

Strength = tuple[int, ...]


def offer_strength(method: SecurityMethod) -> Strength:
    """Cipher and integrity of one quick-mode offer, larger for stronger; unknown algorithms are taken for weakest."""
    encryption, integrity = (
        (method.esp.encryption, method.esp.integrity) if method.esp is not None else ("none", "none")
    )
    return _rank(encryption, ESP_ENCRYPTION), max(
        _rank(integrity, ESP_INTEGRITY), _rank(method.ah or "", ESP_INTEGRITY)
    )


def main_mode_strength(method: MainModeMethod) -> Strength:
    """Cipher, hash and group of one main-mode method, larger for stronger."""
    return (
        _rank(method.encryption, ESP_ENCRYPTION),
        _rank(method.integrity, ESP_INTEGRITY),
        _rank(method.dh_group, DH_GROUPS),
    )


def weaker_first(strengths: Sequence[Strength]) -> Iterator[tuple[int, int]]:
    """Each place that is preferred to a later one which is at least as strong in everything and stronger in something."""
    for index, weak in enumerate(strengths):
        for later, strong in enumerate(strengths[index + 1 :], index + 1):
            if strong != weak and all(more >= less for more, less in zip(strong, weak, strict=True)):
                yield index, later
                break


def _rank(word: str, weakest_first: Sequence[str]) -> int:
    return weakest_first.index(word) if word in weakest_first else -1
