"""What people read: text from foreign machines that cannot steer the terminal, and lines that stay whole in files."""

from __future__ import annotations

import sys
import unicodedata

from rich.console import Console
from rich.text import Text

_ENDLESS = 100_000


def plain(words: str, style: str = "") -> Text:
    """Text without markup, its control and direction characters made visible."""
    shown = "".join(f"\\u{ord(c):04x}" if unicodedata.category(c) in {"Cc", "Cf", "Cs"} else c for c in words)
    return Text(shown, style=style, end="")


def console() -> Console:
    """Standard output: lines are wrapped for a terminal, and left whole for files and other programs."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else _ENDLESS)
