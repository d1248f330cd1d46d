"""Languages a simulated host speaks: code pages, date formats, and the texts of its programs (spec: winrm 4.5).

Each program's texts stand in a table of their own in `texts/`: a key and one text per language in the order of
`LANGUAGES`. Inserts are written `%1`, `%2`, as in Windows message tables. What programs match on (service states,
type names, exit codes, bracketed numbers) is the same in every language.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

#: The languages; every table of texts keeps this order.
LANGUAGES = ("en-US", "de-DE", "ru-RU", "ja-JP", "zh-CN")

_TABLES = ("command", "errors", "files", "network", "registry", "services", "system", "tasks", "text_tools")
_INSERT = re.compile(r"%(\d)")


@dataclass(frozen=True)
class Language:
    """What depends on the language besides texts.

    Attributes:
        name: one of `LANGUAGES`.
        ansi, oem: numbers of the two code pages.
        lcid: Windows language number.
        date: `strftime` form of a short date.
        date_letters: that form as Windows spells it.
    """

    name: str
    ansi: int
    oem: int
    lcid: int
    date: str
    date_letters: str


LANGUAGE = {
    language.name: language
    for language in (
        Language("en-US", 1252, 437, 0x0409, "%m/%d/%Y", "mm-dd-yy"),
        Language("de-DE", 1252, 850, 0x0407, "%d.%m.%Y", "TT-MM-JJ"),
        Language("ru-RU", 1251, 866, 0x0419, "%d.%m.%Y", "дд-мм-гг"),
        Language("ja-JP", 932, 932, 0x0411, "%Y/%m/%d", "yy-mm-dd"),
        Language("zh-CN", 936, 936, 0x0804, "%Y/%m/%d", "年月日"),
    )
}


def _load() -> Mapping[str, tuple[str, ...]]:
    texts: dict[str, tuple[str, ...]] = {}
    for table in _TABLES:
        found: dict[str, tuple[str, ...]] = importlib.import_module(f"winipsec_lab.machine.texts.{table}").TEXTS
        texts.update(found)
    return texts


_TEXTS: dict[str, tuple[str, ...]] = {}


def text(language: str, key: str, *inserts: object) -> str:
    """A text of the tables in a language, with its inserts filled in; `KeyError` when there is no such text."""
    if not _TEXTS:
        _TEXTS.update(_load())
    versions = _TEXTS[key]
    template = versions[LANGUAGES.index(language)] if len(versions) > 1 else versions[0]
    return _INSERT.sub(lambda found: str(inserts[int(found.group(1)) - 1]), template) if inserts else template
