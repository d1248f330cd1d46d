"""What the simulated netsh says, in five languages. All of it is the lab's own wording, none of it Microsoft's."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Final

from winipsec_lab.machine.languages import LANGUAGES

_FILE: Final = "texts.json"


@cache
def _all() -> dict[str, list[str]]:
    loaded: dict[str, list[str]] = json.loads(resources.files(__package__).joinpath(_FILE).read_text("utf-8"))
    return loaded


class Texts:
    """The texts of one language; call it with a key and the text's fields."""

    def __init__(self, locale: str) -> None:
        self._place = LANGUAGES.index(locale)

    def __call__(self, key: str, **fields: object) -> str:
        """The text of a key; `KeyError` when there is none."""
        versions = _all()[key]
        return versions[self._place if len(versions) > 1 else 0].format(**fields)
